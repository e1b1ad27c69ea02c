"""Measure what the second version of the model costs: its processor time a trajectory over that of the first.

The same patients, who differ in age and weight, under two courses for five years, without output (steps alone) and with
CD4 counts at the output times of the scenario. Both versions run in turn on one thread, for every number of lanes; the
ratio is the median over the rounds.

    python -m benchmarks.versions [--rows 512] [--rounds 7]
"""

import argparse
from dataclasses import replace
from functools import partial
from statistics import median

import numpy as np

from benchmarks.retreatment import timed
from immunosim.codegen.vector.build import lane_functions
from immunosim.codegen.vector.processor import host
from immunosim.ensembles.rows import Rows, vary
from immunosim.numerics import Ensemble, Kernels, Request, solve_ensemble
from immunosim.problem import Problem, prepare
from immunosim.scenario import load_scenario
from immunosim.scenario.examples import located

GOAL = 1.4
VERSIONS = (1, 2)
OUTPUTS = {"steps alone": (), "with CD4 counts": ("cd4",)}


def prepared(version: int, n_rows: int) -> tuple[Problem, Rows]:
    """Return the problem of a version of the model and its patients, the same for both versions."""
    problem = prepare(load_scenario(located("two_courses"), (f"model_version={version}", "horizon=5 years")))
    generator = np.random.default_rng(1)
    columns = {"age": generator.uniform(20.0, 55.0, n_rows), "weight": generator.uniform(50.0, 100.0, n_rows)}
    return problem, vary(problem, columns, slice(0, n_rows))


def solved(problem: Problem, rows: Rows, width: int, readouts: tuple[str, ...]) -> Ensemble:
    """Solve the patients on one thread, with lanes of a width, and report read-outs at the output times."""
    request = Request(states=False, readouts=[problem.model.readouts.index(name) for name in readouts])
    kernels: Kernels = replace(problem.model.kernels, lanes=lane_functions(problem.model.module, width))
    inputs = rows.states, rows.vectors, rows.segments, rows.times, problem.options
    return solve_ensemble(kernels, *inputs, request=request, n_threads=1)


def main() -> None:
    """Read the arguments and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    problems = {version: prepared(version, arguments.rows) for version in VERSIONS}
    for version, (problem, _) in problems.items():
        print(f"version {version}: {len(problem.model.pools)} pools")
    for width in sorted({4, host().width}):
        for output, readouts in OUTPUTS.items():
            steps = {v: solved(*inputs, width, readouts).n_steps.mean() for v, inputs in problems.items()}
            rounds = [
                {v: timed(partial(solved, *inputs, width, readouts))[0] for v, inputs in problems.items()}
                for _ in range(arguments.rounds)
            ]
            first, second = (median(seconds[v] for seconds in rounds) / arguments.rows for v in VERSIONS)
            ratio = median(seconds[2] / seconds[1] for seconds in rounds)
            print(
                f"{width} lanes, {output}: {1e3 * first:.3f} and {1e3 * second:.3f} ms a trajectory, "
                f"{steps[1]:.0f} and {steps[2]:.0f} steps, ratio {ratio:.2f}, goal {GOAL}: "
                f"{'met' if ratio <= GOAL else 'missed'}"
            )


if __name__ == "__main__":
    main()
