"""A scenario as numbers: tolerances by pool, boundaries, and what a dose into a mechanism that is off moves."""

from types import SimpleNamespace

import numpy as np
import pytest

from immunosim.derivatives import Task
from immunosim.errors import ScenarioError
from immunosim.problem import NEGATIVE, NEGLIGIBLE, prepare, solver_options
from immunosim.scenario import Scenario, build_scenario

TEACHING = {"model": "teaching", "horizon": "60 days"}
COURSE = {"drug": "antibody", "start": "1 day", "dose": "30 mg", "doses": 2, "every": "24 h"}


def test_a_pool_is_resolved_at_its_scale_or_at_its_own_size_where_that_is_less():
    scenario, model = Scenario(horizon="1 day"), SimpleNamespace(scales=np.array([10.0, 10.0, 10.0]))
    options = solver_options(scenario, model, np.array([0.0, 1e-3, 500.0]))
    share = NEGLIGIBLE * scenario.solver.rtol
    np.testing.assert_allclose(options.atol, share * np.array([10.0, 1e-3, 10.0]), rtol=1e-15)
    np.testing.assert_allclose(options.negative_tolerance, NEGATIVE * model.scales, rtol=1e-15)
    assert (options.rtol, options.method) == (scenario.solver.rtol, scenario.solver.method)


def test_inputs_change_at_the_boundaries_of_infusions():
    problem = prepare(build_scenario(TEACHING | {"course": [COURSE]}))
    place = problem.model.inputs.index("antibody_infusion")
    rates, boundaries = problem.segments.inputs[:, place], problem.segments.boundaries
    assert (boundaries[0], boundaries[-1]) == (0.0, 60.0)
    given = (rates * np.diff(boundaries)).sum()
    assert given == pytest.approx(60.0, rel=1e-12)  # two doses of 30 mg, whatever the rate
    assert boundaries[np.flatnonzero(rates)] == pytest.approx([1.0, 2.0])
    assert not problem.segments.jumps.any()


BOLUS = {"horizon": "60 days", "prednisolone": [{"start": "3 days", "dose": "20 mg"}]}


@pytest.mark.parametrize("off", [[], ["corticosteroids"]])
def test_a_dose_into_a_mechanism_that_is_off_moves_nothing_nor_does_its_slope(off):
    problem = prepare(build_scenario(BOLUS | {"mechanisms": {"off": off}}))
    task = Task(problem, ("prednisolone[1].dose", "prednisolone[1].start"))
    place = problem.model.pools.index("prednisolone_gut")
    _, jumps, times = task.moved_segments
    if off:
        assert not problem.segments.jumps.any()
        assert not jumps.any()
    else:
        assert problem.segments.jumps[:, place].sum() == 20.0
        assert jumps[:, 0, place].sum() == 1.0  # a mg more is a mg more
        assert times[:, 1].sum() == 1.0  # a day later is a boundary a day later


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": "teeching"}, 's.toml: model: unknown model "teeching", did you mean "teaching"'),
        ({"parameter_set": "defalt"}, 's.toml: parameter_set: unknown parameter set "defalt", did you mean "default"'),
    ],
)
def test_a_model_or_set_that_is_not_there_is_named_with_file_and_key(change, message):
    with pytest.raises(ScenarioError) as caught:
        prepare(build_scenario(TEACHING | change, "s.toml"), "s.toml")
    assert str(caught.value).startswith(message)


def test_a_dose_below_what_the_solver_resolves_is_refused():
    course = COURSE | {"dose": "1e-12 mg", "implausible": True}
    with pytest.raises(ScenarioError) as caught:
        prepare(build_scenario(TEACHING | {"course": [course]}), "s.toml")
    assert "1e-12 mg is below what solver.rtol = 1e-05 resolves" in str(caught.value)
    assert "give 1e-09 mg or more, leave the dose out, or lower solver.rtol" in str(caught.value)
