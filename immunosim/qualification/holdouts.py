"""Published findings that no parameter was fitted to, simulated again: errors must be those of the scorecard.

Rows, tolerances and sources are those of the scorecard (README, experiments), copied into the package; scenarios are
the shipped ones. Missing the evidence is a property of the model; another number than at the release is a fault of
the installation.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from immunosim.errors import DataError
from immunosim.formatting import number
from immunosim.qualification.records import CheckOutcome, RequirementCheck, outcome
from immunosim.scenario import load_scenario
from immunosim.scenario.examples import shipped_folder
from immunosim.simulation import simulate
from immunosim.trajectory import Trajectory
from immunosim.units import DAYS_PER_MONTH

ROWS = Path(__file__).parent / "holdouts.json"

MOVED = 1e-3
"""Largest change since the release that passes, relative: a hundred times the solver's tolerance."""

FINE = ('output.every="6 min"', 'horizon="4 days"')
YEARS = ('horizon="84 months"',)


def holdout_checks() -> tuple[RequirementCheck, ...]:
    """Return one check for each published number that was not fitted.

    Raises
    ------
    DataError
        If the shipped rows cannot be read.
    """
    return tuple(_check(place, row) for place, row in enumerate(rows(), 1))


@cache
def rows() -> tuple[Mapping[str, Any], ...]:
    """Return the shipped rows.

    Raises
    ------
    DataError
        If they cannot be read.
    """
    try:
        held_out = tuple(json.loads(ROWS.read_text(encoding="utf-8")))
        limits = [limits_of(row) for row in held_out]
        is_whole = len(limits) == len(MEASURES) == len({row["name"] for row in held_out} & MEASURES.keys())
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"cannot be read ({error})", file=str(ROWS), cure="install immunosim again") from error
    if not is_whole:
        raise DataError("does not hold every number that is measured", file=str(ROWS), cure="install immunosim again")
    return held_out


def limits_of(row: Mapping[str, Any]) -> tuple[float, float]:
    """Return the lowest and the highest value that the evidence allows."""
    tolerance = row["tolerance"]
    if "range" in tolerance:
        low, high = tolerance["range"]
        return -math.inf if low is None else float(low), math.inf if high is None else float(high)
    expected = float(row["expected"])
    width = tolerance["absolute"] if "absolute" in tolerance else abs(expected) * tolerance["relative"]
    return expected - width, expected + width


def evidence(row: Mapping[str, Any]) -> str:
    """Return what is published, in words."""
    low, high = limits_of(row)
    unit = _unit(row)
    if math.isinf(low):
        return f"at most {high:g}{unit}"
    return f"at least {low:g}{unit}" if math.isinf(high) else f"{low:.3g} to {high:.3g}{unit}"


def judged(row: Mapping[str, Any], simulated: float) -> CheckOutcome:
    """Compare a number with the release, and say how it stands to the evidence."""
    low, high = limits_of(row)
    then, is_met, is_known = row["simulated_at_release"], low <= simulated <= high, bool(row.get("known_miss"))
    is_same = math.isclose(simulated, then, rel_tol=MOVED)
    stands = (
        "meets the evidence" if is_met else "misses the evidence, as published" if is_known else "misses the evidence"
    )
    notes = [] if is_same else [f"was {number(then)} at the release: the model, a parameter or a scenario differs here"]
    notes += [f"known miss: {row['known_miss']}"] if is_known else []
    value = f"{simulated:.6g}{_unit(row)} (released {then:.6g}); {stands}"
    return outcome(value, is_same and is_met != is_known, notes)


def _check(number: int, row: Mapping[str, Any]) -> RequirementCheck:
    sources = "; ".join(row["citations"])
    return RequirementCheck(
        f"PQ-{number:02d}",
        f"{row['what']}: {evidence(row)}",
        f"Simulate a regimen that was not used to choose parameters, and measure. Evidence: {sources}. {row['why']}",
        f"released value within {100 * MOVED:g} %, and met or missed as published",
        lambda tell: judged(row, MEASURES[row["name"]]()),
    )


def _unit(row: Mapping[str, Any]) -> str:
    return "" if row["unit"] == "1" else f" {row['unit']}"


@cache
def simulated(name: str, changes: tuple[str, ...] = ()) -> Trajectory:
    """Return the trajectory of a shipped scenario."""
    path = shipped_folder() / f"{name}.toml"
    return simulate(load_scenario(path, changes), str(path))


def regrown(name: str, pulse: float) -> float:
    """Return how much of the hair loss at a pulse has regrown six months later, percent; months after course 2."""
    trajectory = simulated(name)
    start = trajectory.scenario.course[1].start
    at_pulse, later = (trajectory.at("salt_score", start + month * DAYS_PER_MONTH) for month in (pulse, pulse + 6))
    return 100.0 * (1.0 - later / at_pulse)


def total_count(month: float) -> float:
    """Return the lymphocyte count of the standard patient at a month, 1e9/L."""
    return simulated("two_courses", YEARS).at("lymphocytes", month * DAYS_PER_MONTH)


def relapse_rate() -> float:
    """Return the mean hazard of a relapse in the seventh year, per year."""
    trajectory = simulated("two_courses", YEARS)
    days = np.linspace(72 * DAYS_PER_MONTH, 84 * DAYS_PER_MONTH, 2001)
    return float(np.interp(days, trajectory.time, trajectory["relapse_rate"]).mean())


def months_to_limit(readout: str) -> float:
    """Return the month from which a count stays at its lower limit of normal after one course; NaN if it never does.

    Raises
    ------
    DataError
        If the model has no lower limit of normal for it.
    """
    trajectory = simulated("one_course")
    limit = trajectory.problem.model.readout_info[readout].lower_limit
    if limit is None:
        raise DataError("has no lower limit of normal", key=readout, cure="declare one with the read-out")
    counts = trajectory[readout]
    below = np.flatnonzero(~(counts >= limit))
    if below.size == 0 or below[-1] == len(counts) - 1:
        return math.nan
    around = slice(below[-1], below[-1] + 2)
    return float(np.interp(limit, counts[around], trajectory.time[around])) / DAYS_PER_MONTH


def after_pulse(hour: float) -> float:
    """Return the lymphocyte count some hours after the start of 1 g of methylprednisolone, percent of untreated."""
    trajectory = simulated("healthy_steroid_pulse", FINE)
    since = (trajectory.time - trajectory.scenario.doses_of("methylprednisolone")[0].start) * 24.0
    total = trajectory["lymphocytes"]
    return float(np.interp(hour, since, 100.0 * total / total[0]))


MEASURES: Mapping[str, Callable[[], float]] = {
    "regrown_500mg_3d": lambda: regrown("case_report_pulse_500mg_3d", 6),
    "regrown_pulse_month_3": lambda: regrown("case_report_pulse_month_3", 3),
    "regrown_pulse_month_12": lambda: regrown("case_report_pulse_month_12", 12),
    "lymphocytes_month_18": lambda: total_count(18),
    "lymphocytes_month_24": lambda: total_count(24),
    "relapse_rate_year_7": relapse_rate,
    **{
        f"{readout}_months_to_limit": partial(months_to_limit, readout)
        for readout in ("cd19", "lymphocytes", "cd8", "cd4")
    },
    "count_at_2_h": lambda: after_pulse(2.0),
    "count_at_72_h": lambda: after_pulse(72.0),
}
"""How each number is measured, by its name in the scorecard."""
