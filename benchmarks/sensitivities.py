"""Measure what derivatives cost: twelve of them over plain trajectories of the lane core, interleaved in one run.

The patients of ``problems/default.py``: two courses and a steroid pulse, five years, weekly
outputs, every rate scattered by 30 %. Errors are those of eight patients against a relative tolerance of 1e-11, the
largest of each parameter and pool as a share of its peak, where that parameter moves that pool by more than a
millionth of itself: of the patient in the middle, and of the worst.

    python -m benchmarks.sensitivities [--rows 64] [--rounds 7] [--widths 4,8]
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from benchmarks.problems.default import Population, draw_population
from immunosim.codegen.vector.build import lane_functions
from immunosim.codegen.vector.processor import host
from immunosim.derivatives import Task
from immunosim.numerics import Ensemble, Kernels, SolverOptions, solve_ensemble
from immunosim.numerics.tangents import Directions, solve_sensitivities
from immunosim.numerics.tangents.records import SensitivityFunctions

SETS = {
    # Every one of these moves all pools but those of the steroids: the most expensive twelve there can be of cells.
    "cells": (
        *("thymic_export_rate", "blood_lysis_rate", "naive_cd4_lysability", "il7_turnover_rate"),
        *("memory_cd4_turnover_rate", "naive_cd4_division_rate", "antibody_clearance", "lysis_ec50"),
        *("naive_b_turnover_rate", "nk_turnover_rate", "naive_cd4_count", "memory_cd8_turnover_rate"),
    ),
    # As a fit of the disease would have them: these move the clones and the follicles alone.
    "disease": (
        *("thymic_export_rate", "blood_lysis_rate", "il7_turnover_rate", "memory_cd4_turnover_rate"),
        *("naive_b_turnover_rate", "antibody_clearance", "clone_turnover_rate", "effector_loss_rate"),
        *("follicle_attack_rate", "privilege_collapse_rate", "catagen_duration", "autoantibody_rate"),
    ),
    "one": ("thymic_export_rate",),
}
TOLERANCES = (1e-4, 1e-5, 1e-6)
EXACT = 1e-11
NOTICEABLE = 1e-6
N_CHECKED = 8

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Differentiated:
    """A population with its directions, and arrays that receive results: fresh ones would be timed with the solve."""

    population: Population
    kernels: Kernels
    functions: SensitivityFunctions
    directions: Directions
    plain_result: Ensemble
    slopes: Array

    @classmethod
    def of(cls, population: Population, names: tuple[str, ...], width: int, n_rows: int) -> "Differentiated":
        """Compile and prepare."""
        problem = population.problem
        lanes = lane_functions(problem.model.module, width)
        tasks = [Task(replace(problem, vector=vector), names) for vector in population.vectors[:n_rows]]
        kernels, functions = tasks[0].compiled(lanes)
        directions = Directions(
            np.array([task.parameters for task in tasks]), np.array([task.initial_states for task in tasks])
        )
        rows = population.states[:n_rows], population.vectors[:n_rows], problem.segments
        first = solve_ensemble(kernels, *rows, population.times, problem.options)
        slopes = np.empty((n_rows, population.times.size, len(names), kernels.n_pools))
        return cls(population, kernels, functions, directions, first, slopes)

    def options(self, rtol: float) -> SolverOptions:
        """Return the problem's options at a relative tolerance, the absolute ones in proportion."""
        given = self.population.problem.options
        return replace(given, rtol=rtol, atol=given.atol * rtol / given.rtol)

    def plain(self, rtol: float) -> float:
        """Return the time of the trajectories alone."""
        started = time.perf_counter()
        solve_ensemble(self.kernels, *self._rows(), self.population.times, self.options(rtol), self.plain_result)
        return time.perf_counter() - started

    def differentiated(self, rtol: float) -> float:
        """Return the time of the trajectories with their derivatives."""
        started = time.perf_counter()
        found, _ = solve_sensitivities(
            self.kernels,
            self.functions,
            *self._rows(),
            self.directions,
            self.population.times,
            self.options(rtol),
            self.slopes,
        )
        elapsed = time.perf_counter() - started
        assert (found.status == 0).all()
        return elapsed

    def checked(self, rtol: float) -> tuple[Array, Array]:
        """Return the states and slopes of the first patients."""
        first = slice(0, N_CHECKED)
        directions = Directions(self.directions.parameters[first], self.directions.initial_states[first])
        states, vectors, segments = self._rows()
        found, slopes = solve_sensitivities(
            self.kernels,
            self.functions,
            states[first],
            vectors[first],
            segments,
            directions,
            self.population.times,
            self.options(rtol),
        )
        return found.states, slopes

    def _rows(self) -> tuple[Array, Array, object]:
        n_rows = len(self.slopes)
        return self.population.states[:n_rows], self.population.vectors[:n_rows], self.population.problem.segments


def errors_of(found: Array, exact: Array, states: Array, values: Array) -> Array:
    """Return the largest error of each patient, as a share of the peak of each parameter and pool worth speaking of."""
    peak = np.abs(exact).max(axis=1)
    noticed = peak * np.abs(values)[:, :, np.newaxis] > NOTICEABLE * np.abs(states).max(axis=1)[:, np.newaxis]
    shares = np.where(noticed, np.abs(found - exact).max(axis=1) / np.where(noticed, peak, 1.0), 0.0)
    errors: Array = shares.max(axis=(1, 2))
    return errors


def measure(name: str, width: int, case: Differentiated, n_rounds: int) -> None:
    """Print one line a tolerance."""
    model, names = case.population.problem.model, SETS[name]
    values = case.population.vectors[:N_CHECKED, [model.position[one] for one in names]]
    states, exact = case.checked(EXACT)
    for rtol in TOLERANCES:
        case.plain(rtol), case.differentiated(rtol)
        rounds = np.array([(case.plain(rtol), case.differentiated(rtol)) for _ in range(n_rounds)])
        ratio = float(np.median(rounds[:, 1] / rounds[:, 0]))
        plain, slopes = rounds.min(axis=0) / len(case.slopes) * 1e3
        errors = errors_of(case.checked(rtol)[1], exact, states, values)
        print(
            f"{name:>8} {width:6d} {rtol:8.0e} {plain:10.3f} {slopes:14.3f} {ratio:6.2f}"
            f" {np.median(errors):9.1e} {errors.max():9.1e}"
        )


def main(announce: Callable[[str], None] = print) -> None:
    """Read the arguments and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--widths", default=str(host().width), help="lanes, with commas between")
    parser.add_argument("--sets", default=",".join(SETS), help="sets of parameters, with commas between")
    arguments = parser.parse_args()
    population = draw_population(arguments.rows)
    announce(f"{host().name}: one core, {arguments.rows} rows, {arguments.rounds} rounds; ms a trajectory, best")
    announce("     set  lanes     rtol      plain    with slopes  ratio    middle     worst")
    for name in arguments.sets.split(","):
        for width in map(int, arguments.widths.split(",")):
            measure(name, width, Differentiated.of(population, SETS[name], width, arguments.rows), arguments.rounds)


if __name__ == "__main__":
    main()
