"""Measure work and precision of the integrator's methods: time of a trajectory in lanes against its error.

The population of ``lanes.py``. A patient's error is the largest of |y - ref| / (|ref| + 1e-3 of the pool's peak) over
pools and weekly outputs; the reference is Rodas5P at a relative tolerance of 1e-11. Rounds alternate between all lines,
so that their ratios also hold on a busy machine.

    python benchmarks/methods.py [--rows 32] [--rounds 5] [--methods rodas5p,rodas6p] [--tolerances 1e-4,1e-6]
"""

import argparse
from collections.abc import Callable
from dataclasses import replace
from time import perf_counter

import numpy as np
import numpy.typing as npt
from lanes import Population, draw_population

from immunosim.numerics import METHODS, Ensemble, SolverOptions, solve_ensemble

REFERENCE = 1e-11
FLOOR = 1e-3
TOLERANCES = "1e-2,1e-3,1e-4,1e-5,1e-6,1e-7,1e-8,1e-9"

Array = npt.NDArray[np.float64]


def options_at(population: Population, method: str, rtol: float) -> SolverOptions:
    """Return the options of a scenario that asks for this method and tolerance."""
    given = population.problem.options
    return replace(given, method=method, rtol=rtol, atol=given.atol * rtol / given.rtol)


def solve(population: Population, options: SolverOptions) -> Ensemble:
    """Solve all patients in lanes, on one thread."""
    problem = population.problem
    kernels = problem.model.ensemble_kernels
    return solve_ensemble(kernels, population.states, population.vectors, problem.segments, population.times, options)


def errors_of(states: Array, reference: Array) -> Array:
    """Return the error of each patient."""
    peaks = np.abs(reference).max(axis=1, keepdims=True)
    # A pool that is zero throughout has no error to speak of, only a quotient without meaning.
    scale = np.abs(reference) + FLOOR * np.where(peaks > 0.0, peaks, np.inf)
    errors: Array = np.max(np.abs(states - reference) / scale, axis=(1, 2))
    return errors


def main(announce: Callable[[str], None] = print) -> None:
    """Read the arguments and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--tolerances", default=TOLERANCES)
    arguments = parser.parse_args()
    population = draw_population(arguments.rows)
    reference = solve(population, options_at(population, "rodas5p", REFERENCE)).states
    lines = [
        (method, float(rtol)) for method in arguments.methods.split(",") for rtol in arguments.tolerances.split(",")
    ]
    seconds: dict[tuple[str, float], list[float]] = {line: [] for line in lines}
    found: dict[tuple[str, float], Ensemble] = {}
    for _ in range(arguments.rounds):
        for line in lines:
            started = perf_counter()
            found[line] = solve(population, options_at(population, *line))
            seconds[line].append((perf_counter() - started) / arguments.rows)
    announce(f"{arguments.rows} patients, {arguments.rounds} rounds, milliseconds of one trajectory on one core")
    announce("  method     rtol    best  median   steps  rejected  median error  worst patient  failed")
    for method, rtol in lines:
        ensemble, times = found[method, rtol], np.array(seconds[method, rtol]) * 1e3
        is_ok = ensemble.status == 0
        errors = errors_of(ensemble.states[is_ok], reference[is_ok])
        announce(
            f"{method:>8} {rtol:8.0e} {times.min():7.3f} {np.median(times):7.3f} {ensemble.n_steps.mean():7.0f} "
            f"{ensemble.n_rejected.mean():9.1f} {np.median(errors):13.1e} {errors.max():14.1e} {(~is_ok).sum():7d}"
        )


if __name__ == "__main__":
    main()
