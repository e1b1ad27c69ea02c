"""Solve patients that cannot be: parameters multiplied by 10 to a power between -3 and 3, two courses, two years.

In half of the rows that is done to every parameter, which leaves few that make sense; in the other half to a share of
them, drawn for each row. Rows whose derived constants make no sense are refused before they are solved, as for a
scenario (--all solves them too). Checked of every row: an end with states that are finite, or a status, a time and no
states. Of those that end well, a random sample is solved again by SciPy's LSODA, and by Radau and BDF where that
disagrees or gives up.

    python -m benchmarks.stress [--rows 100000] [--check 200] [--seed 1] [--all]
"""

import argparse
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from time import perf_counter

import numpy as np
import numpy.typing as npt

from immunosim import load_scenario
from immunosim.errors import SolverError
from immunosim.numerics import Ensemble, Status, solve_ensemble
from immunosim.problem import Problem, prepare
from immunosim.simulation import solve
from immunosim.verification.reference import equations, magnitudes_of, pieces_of

SCENARIO = Path(__file__).parents[1] / "configs" / "two_courses.toml"
CHANGES = ("horizon=24 months",)
MONTH = 28.0

# Twenty times what an ordinary patient takes: a row that needs more is given up, with a status.
MAX_STEPS = 20_000
ROWS_PER_CALL = 2_000

# SciPy's methods and tolerances in turn, until one agrees, and how often each may ask for the right-hand side.
REFEREES = (("LSODA", 1e-9), ("Radau", 1e-9), ("BDF", 1e-9), ("Radau", 1e-12))
PATIENCE = 400_000

# An error, relative to a pool's own value plus 1e-4 of its maximum, that makes a row wrong: a hundred tolerances. Where
# a pool grows like exp(r t), a relative error of r is r t times as large in the pool: so often it is allowed there.
WRONG = 1e-3
FLOOR = 1e-4
# A pool that stays below this share of its scale is judged at this size.
LEAST = 1e-2

Array = npt.NDArray[np.float64]
Truths = npt.NDArray[np.bool_]


@dataclass
class Report:
    """What became of the rows.

    Attributes
    ----------
    n_drawn, n_refused : int
        Rows drawn, and those refused since their derived constants make no sense.
    statuses : dict of Status to int
        Of the rows that were handed to the integrator.
    n_broken : int
        Rows that break the contract between status and states.
    n_pivoted : int
        Rows that needed pivoting.
    slowest : float
        Longest call of ``ROWS_PER_CALL`` rows, s.
    errors : list of float
        Error of each row of the sample by SciPy, in units of ``WRONG``; NaN where it does not tell.
    wrong, disputed, unknown : list of int
        Rows of the draw that SciPy contradicts, on which its methods contradict one another, and on which it gave up.
    """

    n_drawn: int
    n_refused: int
    statuses: dict[Status, int]
    n_broken: int
    n_pivoted: int
    slowest: float
    errors: list[float]
    wrong: list[int]
    disputed: list[int]
    unknown: list[int]


def problem_of_the_benchmark(announce: Callable[[str], None] = print) -> Problem:
    """Return the regimen with monthly output."""
    problem = prepare(load_scenario(SCENARIO, CHANGES), announce=announce)
    return replace(
        problem,
        times=np.arange(0.0, problem.segments.boundaries[-1], MONTH),
        options=replace(problem.options, max_steps=MAX_STEPS),
    )


def draw(problem: Problem, n_rows: int, generator: np.random.Generator) -> tuple[Array, Truths]:
    """Return closed parameter vectors, and which of them make sense; odd rows have a share of parameters disturbed."""
    model = problem.model
    n = len(model.module.PARAMETERS)
    shares = np.where(np.arange(n_rows) % 2, generator.random(n_rows), 1.0)
    powers = generator.uniform(-3.0, 3.0, (n_rows, n)) * (generator.random((n_rows, n)) < shares[:, np.newaxis])
    vectors = np.tile(problem.vector, (n_rows, 1))
    vectors[:, :n] *= 10.0**powers
    for vector in vectors:
        model.module.close(vector)
    is_admissible: Truths = np.isfinite(vectors).all(axis=1)
    for name, least, _ in model.module.ADMISSIBLE:
        is_admissible &= vectors[:, model.position[name]] >= least
    return vectors, is_admissible


def keeps_the_contract(found: Ensemble, problem: Problem) -> Truths:
    """Return for each row whether states, status and time of failure go together."""
    is_ok = found.status == Status.OK
    finite, absent = np.isfinite(found.states).all(axis=(1, 2)), np.isnan(found.states).all(axis=(1, 2))
    known = np.isin(found.status, list(Status))
    timed = (found.fail_time >= problem.segments.boundaries[0]) & (found.fail_time <= problem.segments.boundaries[-1])
    kept: Truths = known & np.where(is_ok, finite, absent & timed)
    return kept


def solve_rows(problem: Problem, vectors: Array) -> tuple[Ensemble, Array]:
    """Solve rows in lanes on all threads; return what was found and the initial states."""
    model = problem.model
    with np.errstate(all="ignore"):
        states = np.array([model.baseline(vector) for vector in vectors]).reshape(-1, len(model.pools))
    threads = len(os.sched_getaffinity(0))
    found = solve_ensemble(
        model.ensemble_kernels, states, vectors, problem.segments, problem.times, problem.options, n_threads=threads
    )
    return found, states


def by_scipy(problem: Problem, magnitudes: Array, method: str, rtol: float) -> Array:
    """Return the states at the output times, segment by segment.

    Raises
    ------
    SolverError
        If SciPy fails or asks too often.
    """
    from scipy.integrate import solve_ivp

    left = PATIENCE
    states = np.empty((problem.times.size, magnitudes.size))
    state = states[0] = problem.initial_state
    for piece in pieces_of(problem, problem.times):
        rhs, jacobian = equations(problem, piece.inputs)

        def counted(t: float, y: Array, rhs: Callable[[float, Array], Array] = rhs) -> Array:
            nonlocal left
            left -= 1
            if left < 0:
                raise SolverError("SciPy asks for the right-hand side without end")
            return rhs(t, y)

        atol = FLOOR * rtol * magnitudes
        span, settings = (piece.start, piece.end), {"t_eval": piece.times, "rtol": rtol, "atol": atol}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = solve_ivp(counted, span, state + piece.jumps, method=method, jac=jacobian, **settings)
        if not found.success or not np.isfinite(found.y).all():
            raise SolverError(f"SciPy stopped: {found.message}")
        states[piece.rows] = found.y.T[: piece.rows.stop - piece.rows.start]
        state = found.y[:, -1]
    return states


def distance(problem: Problem, states: Array, reference: Array, magnitudes: Array) -> float:
    """Return the largest difference of a row from a reference, in units of what makes it wrong."""
    allowed = WRONG * np.maximum(1.0, np.log(np.max(magnitudes / problem.model.scales)))
    return float(np.max(np.abs(states - reference) / (np.abs(reference) + FLOOR * magnitudes)) / allowed)


def is_confirmed_by_ourselves(problem: Problem, states: Array, magnitudes: Array) -> bool:
    """Whether Rodas6P at a tolerance ten thousand times smaller comes to the same."""
    given = problem.options
    tight = replace(given, rtol=1e-4 * given.rtol, atol=1e-4 * given.atol, method="rodas6p", max_steps=50 * MAX_STEPS)
    found = solve(replace(problem, options=tight))
    return found.status == Status.OK and distance(problem, states, found.states, magnitudes) <= 1.0


def check_sample(problem: Problem, rows: list[tuple[int, Array, Array, Array]], report: Report) -> None:
    """Solve rows (number, vector, initial state, states) by SciPy, and note which it contradicts.

    Where solutions grow by forty decades SciPy's methods contradict one another as well: a row is wrong if two of them
    agree against it, or if one is alone and a far smaller tolerance of our own does not confirm the row either.
    """
    for number, vector, start, states in rows:
        row, references = replace(problem, vector=vector, initial_state=start), []
        magnitudes = np.maximum(magnitudes_of(row, states), LEAST * row.model.scales)
        error = np.nan
        for referee in REFEREES:
            try:
                references.append(by_scipy(row, magnitudes, *referee))
            except SolverError:
                continue
            error = np.fmin(error, distance(row, states, references[-1], magnitudes))
            if error <= 1.0:
                break
        if np.isnan(error):
            report.unknown.append(number)
        elif error > 1.0:
            pairs = combinations(references, 2)
            is_agreed = any(distance(row, one, other, magnitudes) <= 1.0 for one, other in pairs)
            is_wrong = is_agreed or not is_confirmed_by_ourselves(row, states, magnitudes)
            (report.wrong if is_wrong else report.disputed).append(number)
            error = error if is_wrong else np.nan
        report.errors.append(float(error))


def stress(
    n_rows: int,
    n_check: int,
    *,
    seed: int = 1,
    solve_all: bool = False,
    announce: Callable[[str], None] = print,
) -> Report:
    """Draw, solve and check rows."""
    problem = problem_of_the_benchmark(announce)
    generator = np.random.default_rng(seed)
    report = Report(n_rows, 0, dict.fromkeys(Status, 0), 0, 0, 0.0, [], [], [], [])
    ended_well: list[tuple[int, Array, Array, Array]] = []
    for first in range(0, n_rows, ROWS_PER_CALL):
        vectors, is_admissible = draw(problem, min(ROWS_PER_CALL, n_rows - first), generator)
        solved = np.flatnonzero(is_admissible | solve_all)
        report.n_refused += len(vectors) - solved.size
        started = perf_counter()
        found, starts = solve_rows(problem, vectors[solved])
        report.slowest = max(report.slowest, perf_counter() - started)
        for status in Status:
            report.statuses[status] += int((found.status == status).sum())
        report.n_broken += int((~keeps_the_contract(found, problem)).sum())
        report.n_pivoted += int((found.n_pivoted > 0).sum())
        ended_well += [
            (first + int(solved[i]), vectors[solved[i]], starts[i], found.states[i].copy())
            for i in np.flatnonzero(found.status == Status.OK)
        ]
    announce(f"{len(ended_well)} rows ended well, {min(n_check, len(ended_well))} of them are solved again by SciPy")
    sample = generator.permutation(len(ended_well))[:n_check]
    check_sample(problem, [ended_well[i] for i in sample], report)
    return report


def main(announce: Callable[[str], None] = print) -> None:
    """Read the arguments and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--check", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--all", action="store_true", help="solve rows that make no sense too")
    arguments = parser.parse_args()
    started = perf_counter()
    report = stress(arguments.rows, arguments.check, seed=arguments.seed, solve_all=arguments.all)
    announce(f"{report.n_drawn} rows drawn in {perf_counter() - started:.0f} s, {report.n_refused} make no sense")
    for status, count in report.statuses.items():
        announce(f"{status.name:>16} {count:7d}")
    announce(f"{report.n_broken} rows with states and status that contradict each other")
    announce(f"{report.n_pivoted} rows needed pivoting; slowest call {report.slowest:.1f} s")
    known = np.array([error for error in report.errors if not np.isnan(error)])
    if known.size:
        tolerances = WRONG / problem_of_the_benchmark().options.rtol
        median, largest = tolerances * np.median(known), tolerances * known.max()
        announce(f"errors against SciPy in tolerances: median {median:.1f}, largest {largest:.1f} of {known.size} rows")
    announce(f"wrong by more than {WRONG:g}: {report.wrong}")
    announce(f"SciPy contradicts itself on {report.disputed} and gave up on {report.unknown}")


if __name__ == "__main__":
    main()
