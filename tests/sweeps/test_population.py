"""A patient of a sweep is the patient whom the scenario describes, bit for bit; one who cannot be is refused."""

from dataclasses import replace

import numpy as np
import pytest

from immunosim.ensembles import simulate_ensemble, solving
from immunosim.numerics import Status
from immunosim.problem import prepare
from immunosim.scenario import load_scenario
from immunosim.sweeps import read_base, solve_rows

TIMES = (0.0, 40.0, 180.0)
READOUTS = ("cd4", "lymphocytes")
ENDPOINTS = ("nadir of cd4", "risk relapse_rate")


@pytest.fixture(scope="module")
def solved(make_plan):
    """Return what solves a plan of texts, read-outs at three times."""

    def solve(*varied, of, n=6, kind="latin_hypercube", n_threads=2):
        plan = make_plan(*varied, n=n, kind=kind, of=of, endpoints=ENDPOINTS, readouts=READOUTS, times=TIMES)
        values = plan.design.rows(0, plan.n)
        found = solve_rows(plan.recipe, values, n_threads)
        return plan, values, {name: array for name, (_, array, _) in found.items()}

    return solve


@pytest.fixture(scope="module")
def alone(make_plan):
    """Return what simulates scenarios as an ensemble that is asked for the same.

    All have the absolute tolerances of the first, as those of a sweep have the base's; else each has its own.
    """

    def simulate(scenarios, parameters=None):
        plan = make_plan("age=20:60", endpoints=ENDPOINTS)
        options = prepare(scenarios[0] if parameters is None else scenarios).options
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(solving, "prepare", lambda *about: replace(prepare(*about), options=options))
            return simulate_ensemble(
                scenarios, parameters, readouts=READOUTS, times=TIMES, endpoints=plan.recipe.outputs.endpoints
            )

    return simulate


def agree(found, expected, rows=slice(None), shift=0):
    """Assert that the outputs and the solver's account are the same, bit for bit."""
    for name in (*READOUTS, "nadir_cd4", "risk_relapse_rate", "status", "n_steps", "n_rejected", "fail_time"):
        np.testing.assert_array_equal(found[name][rows], expected[name][shift:][rows], err_msg=name)


def test_parameters_are_columns_of_an_ensemble(base, solved, alone):
    _, values, found = solved("blood_lysis_rate=x0.5:x2:log", "age=20:60", "smoker=true,false", of=base)
    columns = {"blood_lysis_rate": values[:, 0], "age": values[:, 1], "smoker": values[:, 2]}
    agree(found, alone(base.scenario, columns))
    assert len(np.unique(found["nadir_cd4"])) == 6


# Each with overrides that make the same scenario; {} stands for the value as text.
BUILT = [
    ("one_course.toml", "course.1.dose=6 mg:24 mg", "course.1.dose={}"),
    ("one_course.toml", "course.1.dose=0.1 mg/kg:0.3 mg/kg", "course.1.dose={}"),
    ("one_course.toml", "course.1.doses=3:5", "course.1.doses={}"),
    ("one_course.toml", "course.1.infusion=2 h:8 h", "course.1.infusion={}"),
    ("one_course.toml", "course.1.premedication=true,false", "course.1.premedication={}"),
    ("one_course.toml", "course.1.start=0 days:20 days", "course.1.start={}"),
    ("one_course.toml", "patient.baseline.cd4=600 cells/uL:1200 cells/uL", "patient.baseline.cd4={}"),
    ("one_course.toml", "patient.sex=female,male", "patient.sex={}"),
    ("two_courses.toml", "course.2.start=2 months:4 months", "course.2.start={}"),
]


@pytest.mark.parametrize(("name", "varied", "override"), BUILT, ids=[varied for _, varied, _ in BUILT])
def test_what_is_built_anew_is_the_scenario_with_an_override(configs, solved, alone, name, varied, override):
    changes = ["horizon=6 months", "course.2.start=3 months"][: 1 + name.startswith("two")]
    plan, values, found = solved(varied, of=read_base(configs / name, changes))
    (factor,) = plan.recipe.factors
    texts = [factor.text(value) for value in values[:, 0]]
    scenarios = [load_scenario(configs / name, [*changes, override.format(text)]) for text in texts]
    expected = alone([load_scenario(configs / name, changes), *scenarios])
    agree(found, expected, shift=1)
    assert len(set(texts)) > 1


def test_a_mechanism_that_is_off_is_off(configs, base, solved, alone):
    _, values, found = solved("mechanisms.thymopoiesis=on,off", "mechanisms.relapse=on,off", of=base, kind="grid")
    off = [[name for name, value in zip(("thymopoiesis", "relapse"), row, strict=True) if not value] for row in values]
    scenarios = [
        load_scenario(configs / "one_course.toml", ["horizon=6 months", f"mechanisms.off={names}"]) for names in off
    ]
    agree(found, alone([base.scenario, *scenarios]), shift=1)
    assert sorted(map(len, off)) == [0, 1, 1, 2]


def test_a_mechanism_that_the_scenario_has_off_can_be_on(configs, base, solved, alone):
    without = read_base(configs / "one_course.toml", ["horizon=6 months", "mechanisms.off=['thymopoiesis']"])
    _, values, found = solved("mechanisms.thymopoiesis=on,off", of=without, kind="grid")
    assert values.ravel().tolist() == [0.0, 1.0]
    agree(found, alone([without.scenario, without.scenario, base.scenario]), shift=1)


def test_doses_per_body_weight_follow_the_weight(configs, solved, alone):
    changes = ["horizon=6 months", "course.1.dose=0.2 mg/kg"]
    _, values, found = solved("weight=50:90 kg", of=read_base(configs / "one_course.toml", changes))
    scenarios = [
        load_scenario(configs / "one_course.toml", [*changes, f"patient.weight={weight!r} kg"])
        for weight in values[:, 0].tolist()
    ]
    agree(found, alone([load_scenario(configs / "one_course.toml", changes), *scenarios]), shift=1)
    assert len({scenario.course[0].dose for scenario in scenarios}) == 6


def test_a_weight_matters_where_doses_are_masses_too(base, solved):
    _, _, found = solved("weight=50:90 kg", of=base)
    assert len(np.unique(found["nadir_cd4"])) > 1  # the volumes of the antibody follow the weight


def test_parameters_and_what_is_built_vary_together(configs, base, solved, alone):
    plan, values, found = solved("blood_lysis_rate=x0.5:x2", "course.1.dose=6 mg:24 mg", "age=20:60", of=base)
    dose = plan.recipe.factors[1]
    scenarios = [
        load_scenario(
            configs / "one_course.toml",
            [
                "horizon=6 months",
                f"parameters.blood_lysis_rate={rate!r}",
                f"course.1.dose={dose.text(mass)}",
                f"patient.age={age!r}",
            ],
        )
        for rate, mass, age in values.tolist()
    ]
    agree(found, alone([base.scenario, *scenarios]), shift=1)


def test_times_relative_to_a_course_follow_it(configs, solved, alone):
    changes = ["horizon=8 months", "course.2.start=course 1 + 3 months"]
    _, values, found = solved("course.1.start=0 days:60 days", of=read_base(configs / "two_courses.toml", changes))
    starts = values[:, 0].tolist()
    scenarios = [
        load_scenario(configs / "two_courses.toml", [*changes, f"course.1.start={day!r} days"]) for day in starts
    ]
    assert [scenario.course[1].start for scenario in scenarios] == [day + 91.3125 for day in starts]
    agree(found, alone([load_scenario(configs / "two_courses.toml", changes), *scenarios]), shift=1)


@pytest.fixture(scope="module")
def courses(configs):
    """Return two courses two months apart, of which either can be moved over the other."""
    return read_base(
        configs / "two_courses.toml", ["horizon=6 months", "course.1.start=1 month", "course.2.start=3 months"]
    )


def test_courses_that_overlap_are_refused_and_the_others_stay_as_they_are(make_plan, courses):
    plan = make_plan("course.1.start=0 days:90 days", "course.2.start=35 days:150 days", n=16, of=courses)
    values = plan.design.rows(0, 16)
    found = {name: array for name, (_, array, _) in solve_rows(plan.recipe, values).items()}
    refused = found["status"] == Status.REFUSED_INPUT
    overlap = np.abs(values[:, 0] - values[:, 1]) < 3.0  # days; apart from these, either order is possible
    assert set(np.flatnonzero(overlap)) <= set(np.flatnonzero(refused))
    assert 0 < refused.sum() < 16
    assert np.isnan(found["nadir_cd4"][refused]).all()
    assert np.isfinite(found["nadir_cd4"][~refused]).all()
    others = solve_rows(plan.recipe, values[~refused])
    np.testing.assert_array_equal(others["nadir_cd4"][1], found["nadir_cd4"][~refused])


def test_a_value_out_of_bounds_is_refused_and_the_others_stay_as_they_are(make_plan, base):
    plan = make_plan("age=20:60", "course.1.dose=6 mg:24 mg", n=5)
    values = plan.design.rows(0, 5)
    wrong = values.copy()
    wrong[1, 0], wrong[3, 1], wrong[4, 0] = 500.0, -1.0, np.nan
    right, found = solve_rows(plan.recipe, values), solve_rows(plan.recipe, wrong)
    assert found["status"][1].tolist() == [0, Status.REFUSED_INPUT, 0, Status.REFUSED_INPUT, Status.REFUSED_INPUT]
    assert np.isnan(found["nadir_cd4"][1][[1, 3, 4]]).all()
    np.testing.assert_array_equal(found["nadir_cd4"][1][[0, 2]], right["nadir_cd4"][1][[0, 2]])


@pytest.mark.parametrize("n_threads", [1, 2, 4])
def test_threads_change_no_bit(make_plan, base, n_threads):
    plan = make_plan("blood_lysis_rate=x0.5:x2", "course.1.doses=3:5", n=40)
    values = plan.design.rows(0, 40)
    whole = solve_rows(plan.recipe, values, 1)
    parts = [solve_rows(plan.recipe, values[start : start + 9], n_threads) for start in range(0, 40, 9)]
    for name, (_, array, _) in whole.items():
        np.testing.assert_array_equal(np.concatenate([part[name][1] for part in parts]), array, err_msg=name)


def test_a_patient_can_be_made_again(make_plan, base):
    plan = make_plan("blood_lysis_rate=x0.5:x2", "course.1.dose=6 mg:24 mg", "patient.sex=female,male", n=3)
    values = plan.design.rows(2, 3)[0]
    scenario = plan.recipe.population.scenario_of(values)
    assert scenario.course[0].dose == values[1]
    assert scenario.patient.sex == ("female", "male")[int(values[2])]
    assert plan.recipe.population.columns_of(values) == {"blood_lysis_rate": values[0]}
