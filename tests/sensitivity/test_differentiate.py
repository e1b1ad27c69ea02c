"""Labelled derivatives of a scenario: read-outs, untreated counts, doses and their times, and what is refused."""

import re
from dataclasses import replace

import numpy as np
import pytest
from sensitivity.conftest import at_tolerance

from immunosim.codegen.loader import Core
from immunosim.derivatives import differentiate
from immunosim.errors import ParameterError, ScenarioError, SolverError
from immunosim.problem import prepare
from immunosim.scenario import load_scenario
from immunosim.simulation import solve
from immunosim.trajectory import Trajectory

CHANGES = (
    "horizon=8 months",
    'methylprednisolone=[{start = "5 months", dose = "1 g", doses = 2, every = "24 h"}]',
    'prednisolone=[{start = "6 months", dose = "30 mg", doses = 3, every = "24 h"}]',
    'triamcinolone=[{start = "3 months", dose = "20 mg"}]',
)
COUNTS = ("patient.baseline.cd4=700 cells/uL", "patient.baseline.nk=150 cells/uL")
RTOL = 1e-10
WATCHED = ("cd4", "cd8", "cd19", "lymphocytes", "naive_fraction_of_cd4", "alemtuzumab_serum", "memory_cd4_lymphoid")


def exact(configs, *changes):
    """Return a problem at a tight tolerance, reported at times no dose is near to."""
    made = prepare(load_scenario(configs / "one_course.toml", (*CHANGES, *changes)))
    times = np.array([0.0, 0.5, 3.1, 20.0, 60.0, 95.0, 140.0, 152.6, 165.0, 183.1, 185.3, 210.0, 243.0])
    return at_tolerance(replace(made, times=times), RTOL)


def course_of(problem):
    return Trajectory.of(problem, solve(problem))


def difference(configs, change, value, step, watched, *fixed):
    """Return the derivatives of read-outs by differences of fourth order."""
    courses = {k: course_of(exact(configs, *fixed, change.format(value + k * step))) for k in (-2, -1, 1, 2)}
    return {
        name: (8.0 * (courses[1][name] - courses[-1][name]) - (courses[2][name] - courses[-2][name])) / (12.0 * step)
        for name in watched
    }


def assert_agree(found, expected, plain, value):
    for name, slopes in expected.items():
        # What the solutions are exact to, divided by the step of the differences; 1e-5 is what is promised.
        noise = 1e-6 * np.abs(plain[name]).max() / max(abs(value), 1.0)
        allowed = 1e-5 * np.abs(slopes).max() + noise
        np.testing.assert_allclose(found[name], slopes, rtol=0.0, atol=allowed, err_msg=name)


PARAMETERS = {
    "thymic_export_rate": "parameters.thymic_export_rate={} 1/day",
    "naive_cd4_count": "parameters.naive_cd4_count={} cells/uL",
    "central_volume": "parameters.central_volume={} L",
    "egress_ic50": "parameters.egress_ic50={}",
    "age": "patient.age={} years",
}


@pytest.fixture(scope="module", params=[(), COUNTS], ids=["counts of the set", "counts given"])
def fixed(request):
    return request.param


@pytest.fixture(scope="module")
def by_parameters(configs, fixed):
    return differentiate(exact(configs, *fixed), list(PARAMETERS))


@pytest.mark.parametrize("name", PARAMETERS)
def test_read_outs_and_pools_agree_with_tight_differences(configs, fixed, by_parameters, name):
    plain = course_of(exact(configs, *fixed))
    found = by_parameters.sel(parameter=name)
    value = float(found.parameter_value)
    expected = difference(configs, PARAMETERS[name], value, 1e-3 * value, WATCHED, *fixed)
    assert_agree(found, expected, plain, value)


TREATMENT = {
    "course[1].dose": ("course.1.dose={!r} mg", 0.1),
    "course[1].infusion": ("course.1.infusion={!r} days", 1e-3),
    "course[1].every": ("course.1.every={!r} days", 1e-3),
    "methylprednisolone[1].start": ("methylprednisolone.1.start={!r} days", 1e-2),
    "methylprednisolone[1].dose": ("methylprednisolone.1.dose={!r} mg", 10.0),
    "prednisolone[1].start": ("prednisolone.1.start={!r} days", 1e-2),
    "prednisolone[1].dose": ("prednisolone.1.dose={!r} mg", 0.3),
    "triamcinolone[1].start": ("triamcinolone.1.start={!r} days", 1e-2),
    "triamcinolone[1].dose": ("triamcinolone.1.dose={!r} mg", 0.3),
}


@pytest.fixture(scope="module")
def by_treatment(configs):
    return differentiate(exact(configs), list(TREATMENT))


@pytest.mark.parametrize("name", TREATMENT)
def test_amounts_and_times_of_treatments_agree_with_tight_differences(configs, by_treatment, name):
    plain, found = course_of(exact(configs)), by_treatment.sel(parameter=name)
    change, step = TREATMENT[name]
    watched = (*WATCHED, "methylprednisolone", "prednisolone", "triamcinolone_depot", "dystrophic_follicles")
    assert max(float(np.abs(found[one]).max()) for one in watched) > 0.0
    expected = difference(configs, change, float(found.parameter_value), step, watched)
    assert_agree(found, expected, plain, float(found.parameter_value))


def test_a_first_dose_moves_from_the_untreated_state(configs):
    """Day 0 is the start of the simulation as well; what stands before it is at rest."""
    step, name = 1e-2, "course[1].start"
    plain, found = course_of(exact(configs)), differentiate(exact(configs), [name]).sel(parameter=name)
    later = [course_of(exact(configs, f"course.1.start={k * step} days")) for k in (1, 2)]
    for readout in ("cd4", "alemtuzumab_serum", "memory_cd4_lymphoid"):
        one_sided = (4.0 * later[0][readout] - later[1][readout] - 3.0 * plain[readout]) / (2.0 * step)
        # Second order in a hundredth of a day, of a drug that is eliminated in days.
        np.testing.assert_allclose(found[readout], one_sided, rtol=0.0, atol=2e-3 * np.abs(one_sided).max())


def test_scales_follow_from_given_counts_so_that_these_stay(configs):
    found = differentiate(exact(configs, *COUNTS), ["naive_cd4_count", "cd4_scale", "nk_count"])
    # To rounding of counts of some hundred.
    assert np.abs(found["cd4"].sel(time=0.0)).max() < 1e-12
    assert np.abs(found["nk"].sel(time=0.0)).max() < 1e-12
    assert np.abs(found["cd4"].sel(parameter="cd4_scale")).max() < 1e-12
    free = differentiate(exact(configs), ["nk_count"])
    assert float(free["nk"].sel(time=0.0, parameter="nk_count")) == pytest.approx(1.0, rel=1e-12)


def test_what_is_returned_is_labelled(configs):
    found = differentiate(exact(configs), ["thymic_export_rate", "course[1].dose"])
    assert found["cd4"].dims == ("parameter", "time")
    assert found["cd4"].attrs["units"] == "cells/uL per unit of parameter"
    assert list(found.parameter.values) == ["thymic_export_rate", "course[1].dose"]
    assert list(found.parameter_units.values) == ["1/day", "mg"]
    assert found.parameter_value.values[1] == 12.0
    assert int(found.status) == 0
    model = exact(configs).model
    assert {*model.readouts, *model.pools} <= set(found.data_vars)


def test_elasticities_are_relative_changes(configs):
    problem = exact(configs)
    names = ["thymic_export_rate", "course[1].dose"]
    absolute, relative = differentiate(problem, names), differentiate(problem, names, relative=True)
    plain = course_of(problem)
    expected = absolute["cd4"] * absolute.parameter_value / plain["cd4"]
    np.testing.assert_allclose(relative["cd4"], expected.transpose("parameter", "time"), rtol=1e-12)
    assert np.isnan(relative["alemtuzumab_serum"].sel(time=0.0)).all()
    assert relative["cd4"].attrs["units"] == "1"


def test_a_failed_integration_gives_no_derivatives_but_its_status(configs):
    problem = exact(configs)
    stopped = replace(problem, options=replace(problem.options, max_steps=3))
    found = differentiate(stopped, ["thymic_export_rate"])
    assert int(found.status) == 1
    assert np.isnan(found["cd4"]).all()


@pytest.mark.parametrize(
    ("names", "error", "message"),
    [
        ([], ParameterError, "no parameter"),
        (["thymic_export_rat"], ParameterError, "thymic_export_rate"),
        (["age", "age"], ParameterError, "named twice"),
        (["course[1].dos"], ScenarioError, '"dose"'),
        (["course[2].dose"], ScenarioError, "1 of them"),
        (["course[1].doses"], ScenarioError, "not an amount"),
        (["course[1]"], ScenarioError, "whole record"),
        (["patient.age"], ScenarioError, 'unknown key "patient"'),
        (["triamcinolone.dose"], ScenarioError, "triamcinolone\\[1\\]"),
    ],
)
def test_what_cannot_be_differentiated_by_is_refused_by_name(configs, names, error, message):
    with pytest.raises(error) as raised:
        differentiate(exact(configs), names)
    assert re.search(message, str(raised.value)), str(raised.value)


def test_doses_that_would_part_are_refused(configs):
    meeting = exact(configs, 'triamcinolone=[{start = "5 months", dose = "20 mg"}]')
    with pytest.raises(ScenarioError, match="moves one dose"):
        differentiate(meeting, ["triamcinolone[1].start"])
    assert int(differentiate(meeting, ["triamcinolone[1].dose"]).status) == 0


def test_a_machine_without_lanes_is_told_so(configs):
    problem = exact(configs)
    model = replace(problem.model)
    vars(model)["core"] = Core(None, "numba is switched off")
    with pytest.raises(SolverError, match="numba is switched off"):
        differentiate(replace(problem, model=model), ["age"])


def test_read_outs_of_all_times_at_once_are_those_of_each_time(configs):
    """Read-outs are differentiated over arrays of times, choices between branches included."""
    names = ["naive_cd4_count", "course[1].dose", "b_clone_capacity"]
    problem = exact(configs)
    together = differentiate(problem, names)
    for k in (0, 5, 12):
        alone = differentiate(replace(problem, times=problem.times[[k]]), names)
        for readout in problem.model.readouts:
            np.testing.assert_allclose(
                alone[readout].values[:, 0], together[readout].values[:, k], rtol=1e-13, err_msg=readout
            )


def test_a_method_that_cannot_be_differentiated_is_refused_by_its_key(configs):
    problem = prepare(load_scenario(configs / "one_course.toml", ("solver.method=rodas6p",)))
    with pytest.raises(ScenarioError, match=r'solver\.method: "rodas6p" cannot be differentiated') as error:
        differentiate(problem, ["thymic_export_rate"])
    assert "rodas5p" in error.value.cure
