"""The conformance set for dosing: scenario files and expected curves, and how far simulations are from them.

Knows how curves are stored and compared, not how they were made (see README.md beside this file).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.errors import DataError
from immunosim.numerics import Request, solve_ensemble
from immunosim.problem import prepare
from immunosim.scenario import Scenario, load_scenario
from immunosim.simulation import simulate

FOLDER = Path(__file__).parent / "cases"

SAME_TIME = 1e-9
"""Times that differ by less (day) differ by rounding."""

EMPTY = 1e-12
"""What a curve that is zero throughout may reach, in its own unit."""

_HEADER = re.compile(r"# (origin|tolerance): (.+)")


@dataclass(frozen=True)
class ConformanceCase:
    """One regimen and the curves that it must give.

    Attributes
    ----------
    number : int
    name : str
        Name of its files, which begins with the number.
    scenario_file : Path
    origin : str
        "algebra", or the independent solver with its tolerance.
    tolerance : float
        Largest error that passes, as a share of the largest value of a curve.
    columns : tuple of str
        Pools and read-outs.
    times : ndarray, shape (n_times,), day
        A value at the time of a dose is that before the dose.
    values : ndarray, shape (n_times, n_columns)
    """

    number: int
    name: str
    scenario_file: Path
    origin: str
    tolerance: float
    columns: tuple[str, ...]
    times: Array
    values: Array

    @cached_property
    def scenario(self) -> Scenario:
        """The regimen."""
        return load_scenario(self.scenario_file)

    @property
    def is_algebra(self) -> bool:
        """Whether the curves are closed forms."""
        return self.origin.startswith("algebra")


@dataclass(frozen=True)
class CurveComparison:
    """The largest error of a simulated case.

    Attributes
    ----------
    case : ConformanceCase
    core : str
        "single" or "ensemble".
    error : float
        As a share of the largest value of the curve; NaN where the simulation failed.
    where : str
        Curve and day of the largest error.
    """

    case: ConformanceCase
    core: str
    error: float
    where: str

    @property
    def passed(self) -> bool:
        """Whether the error keeps the tolerance; NaN does not."""
        return self.error <= self.case.tolerance


def cases(folder: Path = FOLDER) -> tuple[ConformanceCase, ...]:
    """Return every case in the order of its number.

    Raises
    ------
    DataError
        If a file is missing or not what it should be.
    """
    return tuple(map(_read, sorted(folder.glob("*.csv"))))


def compare(case: ConformanceCase) -> CurveComparison:
    """Simulate a case alone, as ``immunosim run`` does, and compare."""
    trajectory = simulate(case.scenario, str(case.scenario_file))
    values = np.column_stack([trajectory[name] for name in case.columns])
    return _compared(case, "single", trajectory.time, values)


def compare_all(chosen: Sequence[ConformanceCase]) -> Iterator[CurveComparison]:
    """Simulate cases by the core of ensembles, as ``immunosim sweep`` does, and compare."""
    for case in chosen:
        problem = prepare(case.scenario, str(case.scenario_file))
        model = problem.model
        row = problem.initial_state[np.newaxis], problem.vector[np.newaxis]
        request = Request(states=True, readouts=tuple(range(len(model.readouts))))
        solved = solve_ensemble(
            model.ensemble_kernels, *row, problem.segments, problem.times, problem.options, request=request
        )
        states, readouts = solved.states[0], solved.readouts[0]
        places = {name: readouts[:, i] for i, name in enumerate(model.readouts)}
        places |= {name: states[:, i] for i, name in enumerate(model.pools)}
        yield _compared(case, "ensemble", problem.times, np.column_stack([places[name] for name in case.columns]))


def _compared(case: ConformanceCase, core: str, times: Array, values: Array) -> CurveComparison:
    if times.shape != case.times.shape or np.abs(times - case.times).max() > SAME_TIME:
        raise DataError(
            f"{case.scenario_file} reports {times.size} times that are not the {case.times.size} of the expected curve",
            file=str(case.scenario_file.with_suffix(".csv")),
            cure="install immunosim again",
        )
    largest = np.abs(case.values).max(axis=0)
    # A curve that is zero throughout has no size: what it may reach is absolute.
    size = np.where(largest > 0.0, largest, EMPTY / case.tolerance)
    errors = np.abs(values - case.values) / size
    if np.isnan(errors).any():
        return CurveComparison(case, core, float("nan"), "the simulation failed")
    row, column = np.unravel_index(int(np.argmax(errors)), errors.shape)
    return CurveComparison(case, core, float(errors[row, column]), f"{case.columns[column]} on day {times[row]:.6g}")


def _read(path: Path) -> ConformanceCase:
    file = str(path)
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        about = {match[1]: match[2] for line in lines if (match := _HEADER.fullmatch(line))}
        header, *rows = list(csv.reader(line for line in lines if not line.startswith("#")))
        table = np.array(rows, dtype=np.float64)
        number, tolerance = int(path.name.partition("_")[0]), float(about["tolerance"].split()[0])
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"is not an expected curve ({error})", file=file, cure="install immunosim again") from error
    if table.ndim != 2 or table.shape[1] != len(header) or header[0] != "time" or not np.isfinite(table).all():
        raise DataError("is not a table of numbers that begins with time", file=file, cure="install immunosim again")
    scenario = path.with_suffix(".toml")
    return ConformanceCase(
        number, path.stem, scenario, about["origin"], tolerance, tuple(header[1:]), table[:, 0], table[:, 1:]
    )
