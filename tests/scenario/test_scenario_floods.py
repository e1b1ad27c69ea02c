"""Files of nothing but mistakes end soon, with the first of them and the number of the others."""

import pytest

from immunosim import errors
from immunosim.errors import ScenarioError
from immunosim.scenario import build_scenario, check_names

N = 3000


@pytest.mark.parametrize("table", ["", "patient", "solver"])
def test_unknown_keys_are_counted_and_few_are_searched(table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[str] = []
    monkeypatch.setattr(errors, "_likeness", lambda name, _: searched.append(name) or (0.0, 0.0))
    keys = {f"k{i}": 1 for i in range(N)}
    with pytest.raises(ScenarioError) as caught:
        build_scenario({table: keys} if table else keys)
    assert str(caught.value).splitlines()[-1] == f"... and {N - 20:,} more"
    assert len(set(searched)) <= errors.MOST_SHOWN


def test_unknown_parameters_and_mechanisms_are_counted_and_few_are_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[str] = []
    monkeypatch.setattr(errors, "_likeness", lambda name, _: searched.append(name) or (0.0, 0.0))
    names = [f"k{i}" for i in range(N)]
    scenario = build_scenario({"parameters": dict.fromkeys(names, 1.0), "mechanisms": {"off": names}})
    with pytest.raises(ScenarioError) as caught:
        check_names(scenario, mechanisms=["a"], parameters=["b"], readouts=["c"])
    assert len(caught.value.problems) == 2 * N
    assert len(searched) <= errors.MOST_SEARCHED


@pytest.mark.parametrize("rtol", [0.9, 0.5, 0.0101, 1, 5])
def test_a_tolerance_above_a_hundredth_is_refused_with_the_cure(rtol: float) -> None:
    with pytest.raises(ScenarioError, match=r"solver.rtol: .* is too large for a relative tolerance, set it to 0.01"):
        build_scenario({"solver": {"rtol": rtol}})
    assert build_scenario({"solver": {"rtol": 0.01}}).solver.rtol == 0.01
