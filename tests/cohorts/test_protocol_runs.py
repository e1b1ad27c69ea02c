"""Patients under rules: the same as with doses that were known, alone or in a cohort, whatever is reported."""

import tomllib
from dataclasses import replace

import numpy as np
import pytest

from immunosim.cohorts.protocol_runs import ProtocolPlan, run_protocol
from immunosim.cohorts.rules import Rule, placed
from immunosim.cohorts.schedules import Schedule
from immunosim.cohorts.visits import AssayErrors, Dropout, Visits
from immunosim.ensembles.rows import Rows, vary
from immunosim.numerics import Kind, Request, Summary, solve_ensemble
from immunosim.problem import prepare
from immunosim.scenario import build_scenario, load_scenario
from immunosim.scenario.drug_names import with_drugs_of

N = 24
READOUTS = ("t_cells",)
COURSE = {"drug": "antibody", "dose": "30 mg", "doses": 2, "every": "24 h", "premedication": True}
SUMMARIES = (
    Summary(Kind.MINIMUM, 0),
    Summary(Kind.TIME_OF_MINIMUM, 0),
    Summary(Kind.AREA, 0),
    Summary(Kind.FIRST_ABOVE, 0, 500.0, start=10.0),
    Summary(Kind.LAST_BELOW, 0, 500.0),
)


@pytest.fixture(scope="module")
def problem(configs):
    return prepare(load_scenario(configs / "teaching_course.toml"))


@pytest.fixture(scope="module")
def rows(problem):
    generator = np.random.default_rng(2)
    count = problem.parameters["t_cell_count"].value * generator.lognormal(sigma=0.3, size=N)
    lysis = problem.parameters["lysis_rate"].value * generator.lognormal(sigma=0.3, size=N)
    return vary(problem, {"t_cell_count": count, "lysis_rate": lysis}, slice(0, N))


def rule(problem, **changes):
    given = {"name": "again", "readout": "t_cells", "above": "600 cells/uL", "since_last": "3 months", "at_most": 2}
    with with_drugs_of(problem.scenario):
        return Rule.model_validate(given | {"dose": [COURSE]} | changes)


def plan_of(problem, *rules, **changes):
    triggers = placed(rules, READOUTS, problem.model)
    plan = ProtocolPlan(
        (problem,),
        triggers,
        READOUTS,
        summaries=SUMMARIES,
        visits=Visits(every="1 month"),
        times=np.array([0.0, 400.0]),
    )
    return replace(plan, **changes)


def taken(rows, chosen):
    return Rows(rows.vectors[chosen], rows.states[chosen], rows.segments, rows.times)


@pytest.fixture(scope="module")
def plan(problem):
    return plan_of(
        problem,
        rule(problem),
        visits=Visits(every="1 month", jitter="5 days", missed=0.1),
        assays=(AssayErrors("t_cells", cv=0.1),),
        seed=4,
    )


@pytest.fixture(scope="module")
def outcome(plan, rows):
    return run_protocol(plan, rows, np.arange(N))


def test_some_patients_are_treated_again_and_some_twice(outcome):
    numbers = np.bincount([decision.row for decision in outcome.decisions], minlength=N)
    assert set(numbers) == {0, 1, 2}
    assert len({decision.day for decision in outcome.decisions}) > 5


def test_courses_under_rules_are_those_with_known_doses_to_the_last_bit(problem, rows, outcome):
    segments = [schedule.segments for schedule in outcome.schedules]
    request = Request(states=False, readouts=[0], summaries=SUMMARIES)
    inputs = rows.states, rows.vectors, segments, [0.0, 400.0], problem.options
    known = solve_ensemble(problem.model.ensemble_kernels, *inputs, request=request)
    assert outcome.ensemble.end_state.tobytes() == known.end_state.tobytes()
    # What is interpolated in a step depends, within the tolerance, on what else is asked of it.
    np.testing.assert_allclose(outcome.ensemble.readouts, known.readouts, rtol=1e-6)
    assert outcome.ensemble.n_steps.tolist() == known.n_steps.tolist()
    np.testing.assert_allclose(outcome.ensemble.summaries, known.summaries, rtol=1e-13)


@pytest.mark.parametrize("chosen", [[11], [23, 0, 5]], ids=["alone", "another order"])
def test_a_patient_is_the_same_alone_and_in_the_cohort(plan, rows, outcome, chosen):
    alone = run_protocol(plan, taken(rows, chosen), np.array(chosen), n_threads=2)
    for name in ("readouts", "summaries", "end_state", "counts"):
        assert getattr(alone.ensemble, name).tobytes() == getattr(outcome.ensemble, name)[chosen].tobytes()
    assert alone.visits.tobytes() == outcome.visits[chosen].tobytes()
    assert alone.measured.tobytes() == outcome.measured[chosen].tobytes()
    days = [[one.day for one in outcome.decisions if one.row == row] for row in chosen]
    assert [[one.day for one in alone.decisions if one.row == k] for k in range(len(chosen))] == days


def test_a_rule_gives_the_course_that_a_scenario_writes(configs, problem, rows):
    plan = plan_of(
        problem, rule(problem, above=None, below="1e9 cells/uL", after="6 months", delay="2 weeks", at_most=1)
    )
    outcome = run_protocol(plan, taken(rows, [0]), np.array([0]))
    decided = outcome.decisions[0].day
    document = tomllib.loads((configs / "teaching_course.toml").read_text(encoding="utf-8"))
    document["course"].append(COURSE | {"start": f"{decided + 14.0!r} days"})
    written = build_scenario(document)
    given, expected = outcome.schedules[0].segments, prepare(written).segments
    assert given.boundaries.tobytes() == expected.boundaries.tobytes()
    assert given.inputs.tobytes() == expected.inputs.tobytes()


def test_a_rule_decides_at_the_first_visit_of_its_window(problem, rows):
    plan = plan_of(problem, rule(problem, above=None, below="1e9 cells/uL", after="6 months", until="7 months"))
    outcome = run_protocol(plan, taken(rows, [0, 1]), np.array([0, 1]))
    assert [decision.day for decision in outcome.decisions] == [6 * 30.4375] * 2


def test_a_rule_waits_for_as_many_visits_in_a_row_as_it_says(problem, rows):
    once, twice = (
        run_protocol(plan_of(problem, rule(problem, at_most=1, visits=n)), rows, np.arange(N)) for n in (1, 3)
    )
    first = {one.row: one.day for one in once.decisions}
    later = {one.row: one.day for one in twice.decisions}
    assert later
    assert all(later[row] >= first[row] + 2 * 30.4 for row in later)


def test_a_rule_that_replaces_cancels_the_planned_doses_that_follow(configs, rows):
    document = tomllib.loads((configs / "teaching_course.toml").read_text(encoding="utf-8"))
    document["course"].append(COURSE | {"start": "12 months"})
    problem = prepare(build_scenario(document))
    early = rule(problem, above=None, below="1e9 cells/uL", after="4 months", at_most=1, replaces=True)
    outcome = run_protocol(plan_of(problem, early), taken(rows, [0]), np.array([0]))
    assert outcome.schedules[0].order_days("antibody").tolist() == [0.0, 4 * 30.4375]
    kept = run_protocol(plan_of(problem, early.model_copy(update={"replaces": False})), taken(rows, [0]), np.array([0]))
    assert kept.schedules[0].order_days("antibody").tolist() == [0.0, 4 * 30.4375, 365.25]


def test_a_share_of_the_patients_follows_a_rule(problem, rows):
    always = rule(problem, above=None, below="1e9 cells/uL", at_most=1, share=0.5)
    outcome = run_protocol(plan_of(problem, always, seed=1), rows, np.arange(N))
    assert 0 < len(outcome.decisions) < N


def test_nobody_is_treated_or_seen_after_leaving(problem, rows):
    always = rule(problem, above=None, below="1e9 cells/uL")
    outcome = run_protocol(plan_of(problem, always, dropout=Dropout(rate="1/year")), rows, np.arange(N))
    assert outcome.decisions
    assert all(one.day <= outcome.dropout[one.row] for one in outcome.decisions)
    assert np.isnan(outcome.measured[outcome.visits > outcome.dropout[:, np.newaxis]]).all()
    assert np.isnan(outcome.visits).any()


def test_doses_that_do_not_fit_before_the_horizon_are_left_out(problem, rows):
    late = rule(problem, above=None, below="1e9 cells/uL", after="24 months", at_most=1, since_last=None)
    outcome = run_protocol(plan_of(problem, late), taken(rows, [0]), np.array([0]))
    assert len(outcome.decisions) == 1
    assert outcome.schedules[0].order_days("antibody").tolist() == [0.0]


def test_a_patient_that_fails_leaves_the_others_alone(plan, rows, outcome):
    vectors = rows.vectors.copy()
    vectors[3] = np.nan
    broken = run_protocol(plan, replace(rows, vectors=vectors), np.arange(N))
    others = np.arange(N) != 3
    assert broken.ensemble.status[3] != 0
    assert np.isnan(broken.ensemble.summaries[3]).all()
    assert np.isnan(broken.ensemble.readouts[3]).all()
    assert broken.ensemble.summaries[others].tobytes() == outcome.ensemble.summaries[others].tobytes()


def test_without_rules_the_course_is_that_of_an_ensemble(problem, rows):
    outcome = run_protocol(plan_of(problem), rows, np.arange(N))
    request = Request(states=False, summaries=SUMMARIES)
    inputs = rows.states, rows.vectors, problem.segments, [], problem.options
    known = solve_ensemble(problem.model.ensemble_kernels, *inputs, request=request)
    assert outcome.ensemble.summaries.tobytes() == known.summaries.tobytes()
    assert outcome.decisions == ()
    assert not outcome.discarded_steps.any()


def test_each_patient_has_its_regimen(configs, problem, rows):
    other = prepare(load_scenario(configs / "teaching_course.toml", ("course.1.dose=3 mg",)))
    plan = replace(plan_of(problem), problems=(problem, other))
    outcome = run_protocol(plan, taken(rows, [0, 0]), np.array([0, 0]), np.array([0, 1]))
    assert outcome.ensemble.summaries[0, 0] < outcome.ensemble.summaries[1, 0]
    assert outcome.schedules[1].segments.inputs.max() == Schedule.of(other).segments.inputs.max()


def test_random_challenges_belong_to_the_patient(configs, rows):
    document = tomllib.loads((configs / "teaching_course.toml").read_text(encoding="utf-8"))
    document["challenge"] = [{"pool": "t_cells_blood", "size": 50.0, "rate": "3/year"}]
    plan = plan_of(prepare(build_scenario(document)))
    outcome = run_protocol(plan, taken(rows, [0, 0]), np.array([4, 7]))
    alone = run_protocol(plan, taken(rows, [0]), np.array([7]))
    assert outcome.ensemble.end_state[0].tolist() != outcome.ensemble.end_state[1].tolist()
    assert alone.ensemble.end_state[0].tobytes() == outcome.ensemble.end_state[1].tobytes()
