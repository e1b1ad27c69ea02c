"""Setting a differing key back is a simulation with this key, and the sentence says its number."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from immunosim.attribution import Comparison, DifferenceCauses, compare, set_back
from immunosim.attribution.scenario_differences import input_differences, with_keys_of
from immunosim.problem import prepare
from immunosim.scenario import Scenario, build_scenario
from immunosim.simulation import simulate, solve
from immunosim.trajectory import Trajectory

DOSE = {"drug": "antibody", "start": "0 days", "dose": "30 mg", "infusion": "4 h"}
LATER = DOSE | {"start": "40 days"}
FIRST: dict[str, Any] = {"model": "teaching", "horizon": "90 days", "dose": [DOSE]}
SECOND: dict[str, Any] = FIRST | {
    "dose": [DOSE | {"dose": "10 mg"}, LATER],
    "parameters": {"division_boost": 1.2},
    "patient": {"weight": "60 kg"},
}


def built(**tables: Any) -> Scenario:
    return build_scenario(FIRST | tables)


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return compare({"first": simulate(built()), "second": simulate(built(**SECOND))}, [60.0])


@pytest.fixture(scope="module")
def causes(comparison: Comparison) -> DifferenceCauses:
    return set_back(comparison, 1, ["t_cells"], [60.0])[0]


def by_key(causes: DifferenceCauses) -> dict[str, Any]:
    return {key.key: key for key in causes.keys}


@pytest.mark.parametrize(
    ("key", "tables"),
    [
        ("dose.1.dose", SECOND | {"dose": [DOSE, LATER]}),
        ("dose.2", SECOND | {"dose": [DOSE | {"dose": "10 mg"}]}),
        ("parameters.division_boost", SECOND | {"parameters": {}}),
        ("dose", SECOND | {"dose": [DOSE]}),
    ],
)
def test_a_key_set_back_is_the_simulation_with_it_to_the_bit(
    causes: DifferenceCauses, key: str, tables: dict[str, Any]
) -> None:
    # At the same times: how many outputs a step holds decides how they are interpolated, which moves their last bits.
    problem = replace(prepare(built(**tables)), times=causes.times)
    alone = Trajectory.of(problem, solve(problem))
    assert np.array_equal(by_key(causes)[key].back, alone["t_cells"])


def test_a_key_is_brought_to_the_reference_as_well(causes: DifferenceCauses) -> None:
    alone = simulate(built(dose=[DOSE, LATER]))
    assert by_key(causes)["dose.2"].brought[causes.place] == alone.at("t_cells", 60.0)


def test_all_keys_together_make_the_other_scenario(comparison: Comparison) -> None:
    reference, other = (trajectory.problem for trajectory in comparison.trajectories)
    keys = [difference.key for difference in input_differences([reference, other])]
    back = with_keys_of(other.scenario, reference.scenario, keys)
    assert back == reference.scenario
    assert with_keys_of(reference.scenario, other.scenario, keys) == other.scenario


def test_the_sentence_says_the_values_and_what_the_key_gives(causes: DifferenceCauses) -> None:
    sentence = causes.sentence()
    assert sentence.startswith("T cells in blood at month 1.97 are ")
    assert "second would have " in sentence
    assert "without dose.2" in sentence
    assert causes.summary()["sentence"] == sentence


def test_a_key_without_effect_is_not_mentioned(causes: DifferenceCauses) -> None:
    assert "patient.weight" in by_key(causes)
    assert "patient.weight" not in set(causes.to_dataframe()["key"])
    assert "patient.weight" not in " ".join(causes.sentences())


def test_scenarios_without_a_difference_are_said_to_agree() -> None:
    same = compare({"first": simulate(built()), "second": simulate(built(patient={"weight": "60 kg"}))})
    [causes] = set_back(same, 1, ["t_cells"], [60.0])
    assert causes.notable == ()
    assert causes.sentence().endswith(" cells/µL in first and in second.")


def test_an_impossible_mixture_is_a_failure_that_is_named() -> None:
    early = built(horizon="30 days")
    late = built(dose=[DOSE | {"start": "50 days"}])
    pair = compare({"early": simulate(early), "late": simulate(late)})
    [causes] = set_back(pair, 1, ["t_cells"])
    assert list(causes.failures) == ["the reference with dose.1.start"]
    assert any(s.startswith("1 of 2 simulations failed and are left out (") for s in causes.sentences())
