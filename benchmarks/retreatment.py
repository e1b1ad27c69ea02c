"""Measure what rules cost: patients under a protocol over the same patients with their doses known from the start.

Two yearly courses; from month 24 on a further course at the quarterly visit after a relapse, a year after the last
course at the earliest and twice at most; five years, endpoints only. Both sides run in turn in one process, chunk by
chunk, on one thread, and are compared by processor time. The rows of the core are those that the rules led to.

    python -m benchmarks.retreatment [--rows 10000] [--seed 1]
"""

import argparse
import time
from collections.abc import Callable

import numpy as np

from immunosim.cohorts.protocol_runs import ProtocolOutcome, ProtocolPlan, run_protocol
from immunosim.cohorts.rules import Rule, placed
from immunosim.cohorts.visits import Visits
from immunosim.ensembles import Endpoint
from immunosim.ensembles.endpoints import measured
from immunosim.ensembles.rows import Rows, vary
from immunosim.numerics import Ensemble, Request, solve_ensemble
from immunosim.problem import Problem, prepare
from immunosim.scenario import load_scenario
from immunosim.scenario.examples import located

GOAL = 1.5
ROWS_PER_CHUNK = 2048
READOUTS = ("relapse_rate",)
ENDPOINTS = ("nadir of cd4", "time_below cd4 0.2e9/L", "area relapse_rate", "peak of salt_score", "area thyroid_hazard")
SPREADS = {"cd4_scale": 0.27, "cd8_scale": 0.47, "thymic_export_rate": 0.37, "blood_lysis_rate": 0.41}


def plan_of(problem: Problem, seed: int) -> ProtocolPlan:
    """Return the protocol with its endpoints."""
    course = {"drug": "alemtuzumab", "dose": "12 mg", "doses": 3, "every": "24 h", "premedication": True}
    rule = Rule.model_validate(
        {
            "name": "retreatment",
            "readout": READOUTS[0],
            "event": True,
            "after": "24 months",
            "since_last": "12 months",
            "at_most": 2,
            "dose": [course],
        }
    )
    span = float(problem.segments.boundaries[0]), float(problem.segments.boundaries[-1])
    summaries = tuple(measured(Endpoint.of(text), problem.model, *span).summary for text in ENDPOINTS)
    visits = Visits.model_validate({"every": "3 months"})
    triggers = placed((rule,), READOUTS, problem.model)
    return ProtocolPlan((problem,), triggers, READOUTS, summaries=summaries, visits=visits, seed=seed)


def scattered(problem: Problem, n: int, seed: int) -> dict[str, np.ndarray]:
    """Return parameters of patients around the typical ones."""
    generator = np.random.default_rng(seed)
    typical = {name: problem.parameters[name].value for name in SPREADS}
    return {name: typical[name] * np.exp(sd * generator.standard_normal(n)) for name, sd in SPREADS.items()}


def timed(work: Callable[[], object]) -> tuple[float, object]:
    """Return the processor time of some work, s, and its result."""
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def known_doses(plan: ProtocolPlan, rows: Rows, outcome: ProtocolOutcome) -> Ensemble:
    """Solve the patients as the core does when their doses are known."""
    problem = plan.problems[0]
    segments = [schedule.segments for schedule in outcome.schedules]
    request = Request(states=False, summaries=plan.summaries)
    inputs = rows.states, rows.vectors, segments, [], problem.options
    return solve_ensemble(problem.model.ensemble_kernels, *inputs, request=request)


def main() -> None:
    """Read the arguments and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    problem = prepare(load_scenario(located("two_courses"), ("horizon=5 years",)))
    plan, columns = plan_of(problem, arguments.seed), scattered(problem, arguments.rows, arguments.seed)
    warm = vary(problem, columns, slice(0, 16))
    known_doses(plan, warm, run_protocol(plan, warm, np.arange(16)))
    by_rule, by_core, n_decisions, n_failed = 0.0, 0.0, 0, 0
    for start in range(0, arguments.rows, ROWS_PER_CHUNK):
        chunk = slice(start, min(start + ROWS_PER_CHUNK, arguments.rows))
        rows, patients = vary(problem, columns, chunk), np.arange(chunk.start, chunk.stop)
        seconds, outcome = timed(lambda rows=rows, patients=patients: run_protocol(plan, rows, patients))
        assert isinstance(outcome, ProtocolOutcome)
        by_rule += seconds
        seconds, ensemble = timed(lambda rows=rows, outcome=outcome: known_doses(plan, rows, outcome))
        assert isinstance(ensemble, Ensemble)
        by_core += seconds
        n_decisions += len(outcome.decisions)
        n_failed += int((ensemble.status != 0).sum())
        if not np.array_equal(ensemble.end_state, outcome.ensemble.end_state, equal_nan=True):
            raise SystemExit("a course under rules differs from that with known doses")
    ratio = by_rule / by_core
    print(f"{arguments.rows} patients, {n_decisions} courses by rule, {n_failed} failed, end states equal to the bit")
    print(f"by rules {by_rule:.2f} s, doses known {by_core:.2f} s of processor time")
    print(f"ratio {ratio:.3f}, goal {GOAL}: {'met' if ratio <= GOAL else 'missed'}")


if __name__ == "__main__":
    main()
