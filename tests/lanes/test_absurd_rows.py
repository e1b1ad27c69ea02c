"""Parameters far outside of sense end as states or as a status, and are not silently wrong: a small stress run."""

import numpy as np
import pytest

from benchmarks import stress
from immunosim.numerics import Status


@pytest.mark.slow
def test_every_absurd_row_ends_with_states_or_a_status_and_scipy_agrees():
    report = stress.stress(4_000, 12, seed=7, announce=lambda message: None)
    assert report.n_broken == 0
    assert report.n_refused + sum(report.statuses.values()) == report.n_drawn
    assert report.statuses[Status.OK] > 100
    assert len({status for status, count in report.statuses.items() if count}) >= 4  # failures of several kinds
    assert report.wrong == []
    assert (
        len(report.unknown + report.disputed) <= 2
    )  # SciPy gives up on some; if it did on most, nothing would be checked


@pytest.mark.slow
def test_rows_that_make_no_sense_at_all_end_too():
    report = stress.stress(3_000, 0, seed=8, solve_all=True, announce=lambda message: None)
    assert report.n_refused == report.n_broken == 0
    assert report.statuses[Status.REFUSED_INPUT] > 0  # constants that are not finite
    assert sum(report.statuses.values()) == 3_000


def test_the_stress_run_notices_states_that_contradict_the_status(population):
    problem = stress.problem_of_the_benchmark(announce=lambda message: None)
    found, _ = stress.solve_rows(problem, population.parameters[:4])
    assert stress.keeps_the_contract(found, problem).all()
    found.states[1, -1, 0] = np.inf
    found.status[2] = Status.STEP_LIMIT
    assert stress.keeps_the_contract(found, problem).tolist() == [True, False, False, True]


def test_the_stress_run_notices_a_row_that_is_wrong(population, monkeypatch):
    monkeypatch.setattr(stress, "REFEREES", stress.REFEREES[:2])  # two that agree are enough, and soon there
    problem = stress.problem_of_the_benchmark(announce=lambda message: None)
    found, starts = stress.solve_rows(problem, population.parameters[:2])
    report = stress.Report(2, 0, {}, 0, 0, 0.0, [], [], [], [])
    found.states[1] *= 1.01
    rows = [(i, population.parameters[i], starts[i], found.states[i]) for i in range(2)]
    stress.check_sample(problem, rows, report)
    assert report.wrong == [1]
    assert report.errors[0] < 0.1  # ten tolerances
