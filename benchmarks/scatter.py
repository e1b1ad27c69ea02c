"""Solve patients whose rates all scatter by 30 % and find how wrong the worst is, in units of the tolerance.

The patients of ``problems/default.py``, weekly output, default tolerance. The reference of a random sample is Rodas6P
at a relative tolerance of 1e-12; how far Rodas5P at 1e-12 is from it is printed too. A row's error is the largest over
pools and outputs of |y - ref| / (|ref| + 1e-4 of the pool's magnitude) over the tolerance, with the magnitude that
`immunosim verify` takes: the pool's maximum, or a hundredth of its scale if it starts empty and stays below that. The
largest of |y - ref| / (atol + rtol |ref|), by which the integrator itself measures, is printed too.

    python -m benchmarks.scatter [--rows 10000] [--compare 100]
"""

import argparse
from collections.abc import Callable
from dataclasses import replace
from time import perf_counter

import numpy as np
import numpy.typing as npt

from benchmarks.problems.default import Population, draw_population
from immunosim.machine import cores
from immunosim.numerics import Ensemble, SolverOptions, Status, solve_ensemble
from immunosim.problem import Problem
from immunosim.verification.reference import FLOOR, magnitudes_of

REFERENCE = 1e-12
ROWS_PER_CALL = 1_000

Array = npt.NDArray[np.float64]


def solve(population: Population, rows: Array | slice, options: SolverOptions) -> Ensemble:
    """Solve some rows in lanes on all threads."""
    problem, threads = population.problem, cores()
    inputs = population.states[rows], population.vectors[rows], problem.segments, population.times, options
    return solve_ensemble(problem.model.ensemble_kernels, *inputs, n_threads=threads)


def tight(options: SolverOptions, method: str) -> SolverOptions:
    """Return the options of a reference."""
    atol = options.atol * (REFERENCE / options.rtol)
    return replace(options, rtol=REFERENCE, atol=atol, method=method)


def in_tolerances(problem: Problem, states: Array, reference: Array) -> Array:
    """Return the error of each row and pool, shape (n, n_pools), in units of the tolerance."""
    # Which pools start empty is the same for every patient.
    magnitudes = np.array([magnitudes_of(problem, row) for row in reference])
    sizes = np.abs(reference) + FLOOR * magnitudes[:, np.newaxis]
    worst: Array = np.max(np.abs(states - reference) / sizes, axis=1) / problem.options.rtol
    return worst


def main(announce: Callable[[str], None] = print) -> None:
    """Read the arguments and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--compare", type=int, default=100)
    arguments = parser.parse_args()
    population = draw_population(arguments.rows)
    options, pools = population.problem.options, population.problem.model.pools
    sample = np.random.default_rng(2).permutation(arguments.rows)[: arguments.compare]
    found = np.empty((len(sample), population.times.size, len(pools)))
    failed = pivoted = 0
    started = perf_counter()
    for first in range(0, arguments.rows, ROWS_PER_CALL):
        solved = solve(population, slice(first, first + ROWS_PER_CALL), options)
        failed += int((solved.status != Status.OK).sum())
        pivoted += int(solved.n_pivoted.sum())
        inside = (sample >= first) & (sample < first + ROWS_PER_CALL)
        found[inside] = solved.states[sample[inside] - first]
    announce(f"{arguments.rows} patients in {perf_counter() - started:.1f} s, {failed} failed, {pivoted} steps pivoted")
    reference, other = (solve(population, sample, tight(options, name)).states for name in ("rodas6p", "rodas5p"))
    errors = in_tolerances(population.problem, found, reference)
    row, pool = np.unravel_index(int(np.argmax(errors)), errors.shape)
    announce(
        f"error of {len(sample)} patients in tolerances of {options.rtol:g}: median {np.median(errors.max(axis=1)):.2f}"
    )
    announce(f"worst {errors.max():.2f}, patient {sample[row]}, {pools[pool]}")
    own = np.abs(found - reference) / (options.atol + options.rtol * np.abs(reference))
    announce(f"worst in the integrator's own units {own.max():.2f}")
    announce(f"the two references differ by {in_tolerances(population.problem, other, reference).max():.1e} tolerances")


if __name__ == "__main__":
    main()
