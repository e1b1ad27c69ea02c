"""A patient under a protocol is replayed with the doses that rules ordered, which its scenario holds as its own."""

import tomllib
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from immunosim.cohorts import CohortRequest, CohortResult, cohort_plan, open_cohort
from immunosim.door import stored as door
from immunosim.ensembles import replay
from immunosim.ensembles.rows import Rows, checked_parameters, vary
from immunosim.numerics import solve_ensemble
from immunosim.problem import Problem, prepare
from immunosim.scenario import Scenario, build_scenario, load_scenario
from immunosim.scenario.population import Population
from immunosim.sweeps import Base, RunOptions, run_sweep

N = 12
PROTOCOL = """
[visits]
every = "1 month"
jitter = "5 days"

[[assay]]
readout = "t_cells"
cv = 0.1

[[rule]]
name = "again"
readout = "t_cells"
above = "50 cells/uL"
after = "2 months"
until = "5 months"
since_last = "1 month"
delay = "1 week"
at_most = 2
share = 0.7

[[rule.dose]]
drug = "antibody"
dose = "1 mg"
doses = 2
every = "24 h"
premedication = true
"""
KEPT = CohortRequest(
    n=N, endpoints=("nadir of t_cells from 3 months", "first_above t_cells 60 cells/uL from 2 months as back")
)


@pytest.fixture(scope="module")
def cohort(base: Base, described: Callable[..., Population], tmp_path_factory: pytest.TempPathFactory) -> CohortResult:
    folder = tmp_path_factory.mktemp("replayed")
    (folder / "protocol.toml").write_text(PROTOCOL, encoding="utf-8")
    trait = {"name": "count", "multiplies": ["t_cell_count"], "sd": 0.3}
    plan = cohort_plan(described(protocol="protocol.toml", trait=[trait]), replace(base, folder=folder), KEPT)
    run_sweep(plan, folder / "cohort.nc", RunOptions(1))
    return open_cohort(folder / "cohort.nc")


@pytest.fixture(scope="module")
def treated(cohort: CohortResult) -> list[int]:
    """Return the patients to whom the rule applied, of whom some have been treated twice."""
    orders = cohort.dataset["again_orders"].values
    assert {0.0, 2.0} <= set(orders)
    return np.flatnonzero(orders).tolist()


def replayed(cohort: CohortResult, patient: int) -> tuple[Scenario, Problem, Rows]:
    """Return a patient with the doses that were given: as a scenario, and as numbers."""
    scenario = cohort.stored.given_scenario_of(patient)
    problem = prepare(scenario)
    columns = {name: [value] for name, value in cohort.stored.parameters_of(patient).items()}
    return scenario, problem, vary(problem, checked_parameters(problem, columns), slice(0, 1))


def test_endpoints_of_the_replayed_scenario_are_those_of_the_cohort_to_the_last_bit(cohort, treated):
    untreated = np.flatnonzero(cohort.dataset["again_orders"].values == 0)[0]
    for patient in [*treated, int(untreated)]:
        _, problem, rows = replayed(cohort, patient)
        given = rows.states, rows.vectors, problem.segments, [], problem.options
        request = cohort.stored.recipe.question.request
        again = solve_ensemble(problem.model.ensemble_kernels, *given, request=request).summaries[0]
        stored = [float(cohort.dataset[name][patient]) for name in ("nadir_t_cells", "back")]
        assert again.tobytes() == np.array(stored).tobytes()


def test_the_written_scenario_holds_the_orders_as_ordinary_doses(cohort, treated):
    for patient in treated:
        scenario = build_scenario(tomllib.loads(replay(cohort.stored, patient).scenario))
        first = float(cohort.dataset["again_day"][patient])
        assert [dose.label for dose in scenario.dose] == ["again"] * int(cohort.dataset["again_orders"][patient])
        assert scenario.dose[0].start == first + 7.0
        assert (scenario.dose[0].dose, scenario.dose[0].doses, scenario.dose[0].every) == (1.0, 2, 1.0)
        assert scenario.dose[0].premedication is not None


def test_the_written_scenario_is_the_patient_to_the_last_bit(cohort, treated, tmp_path):
    door.replay(cohort.stored, treated[0], path=tmp_path / "patient.toml")
    written = prepare(load_scenario(tmp_path / "patient.toml"))
    _, problem, rows = replayed(cohort, treated[0])
    assert written.vector.tobytes() == rows.vectors[0].tobytes()
    assert written.initial_state.tobytes() == rows.states[0].tobytes()
    assert written.segments.boundaries.tobytes() == problem.segments.boundaries.tobytes()
    assert written.segments.inputs.tobytes() == problem.segments.inputs.tobytes()


def test_a_replay_ends_as_in_the_cohort(cohort, treated):
    again = replay(cohort.stored, treated[0])
    assert again.is_reproduced
    assert again.status == "OK"


def test_the_planned_scenario_has_no_orders(cohort, treated):
    assert cohort.stored.scenario_of(treated[0]).dose == ()


def test_a_patient_without_a_protocol_is_given_what_is_planned(base, described, tmp_path):
    run_sweep(cohort_plan(described(), base, KEPT), tmp_path / "plain.nc", RunOptions(1))
    stored = open_cohort(tmp_path / "plain.nc").stored
    assert stored.given_scenario_of(3) == stored.scenario_of(3)


def test_random_challenges_are_those_of_the_patient_with_and_without_a_protocol(base, described, tmp_path):
    document = {**base.document, "challenge": [{"pool": "t_cells_blood", "size": 50.0, "rate": "8/year"}]}
    challenged = replace(base, document=document, problem=prepare(build_scenario(document)), folder=tmp_path)
    (tmp_path / "visits.toml").write_text('[visits]\nevery = "1 month"\n', encoding="utf-8")
    nadirs = []
    for tables in ({}, {"protocol": "visits.toml"}):
        plan = cohort_plan(described(**tables), challenged, KEPT)
        source, values = plan.recipe.population, plan.design.rows(0, 5)
        ensemble, _ = source.simulate(values, source.rows(values), plan.recipe.question, 1)
        nadirs.append(ensemble.summaries)
        days = [source.scenario_of(line).challenge for line in values]
        assert len({record[0].at for record in days if record}) == sum(map(bool, days)) > 2
        assert (
            source.scenario_of(values[3]).challenge
            == source.given_scenario_of(values[3], plan.recipe.question).challenge
        )
    assert len(np.unique(nadirs[0][:, 0])) > 2
    assert nadirs[0].tobytes() == nadirs[1].tobytes()
