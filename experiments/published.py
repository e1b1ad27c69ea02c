"""Published numbers of target files beside the cohorts that they were measured in.

Experiments name files; cohorts, times and read-outs follow from their targets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

import immunosim as ims
from experiments.scorecard import ASSUMED
from immunosim.cohorts.intervals import Bootstrap
from immunosim.cohorts.target_report import TargetReport, evaluate
from immunosim.cohorts.targets import PublishedTarget, located_targets, needs
from immunosim.problem import prepare
from immunosim.units import DAYS_PER_MONTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from immunosim.cohorts.target_records import Target

MODEL = "alemtuzumab"
CONFIGS = Path(__file__).parents[1] / "configs"
NO_INTERVALS = Bootstrap(n=0)
SIGNIFICANT = 6


@dataclass(frozen=True)
class Trial:
    """How a cohort is simulated.

    Attributes
    ----------
    scenario : str
    months : float
        That read-outs are kept for.
    every : float, month
        Between the times at which they are kept, beside those of the targets.
    n : int
        Patients.
    overrides : tuple of str
    population : str, optional
        By default that of the scenario.
    """

    scenario: str
    months: float
    every: float = 1.0
    n: int = 512
    overrides: tuple[str, ...] = ()
    population: str | None = None


def targets_of(*files: str) -> list[PublishedTarget]:
    """Return the targets of files that come with the model."""
    return located_targets(list(files), MODEL)


def simulated(
    cohort: str, trial: Trial, targets: Sequence[PublishedTarget], readouts: Sequence[str] = ()
) -> xr.Dataset:
    """Simulate a cohort and keep what its targets need, and further read-outs."""
    wanted = needs(targets, cohort, _readouts())
    grid = [index * trial.every * DAYS_PER_MONTH for index in range(int(trial.months / trial.every) + 1)]
    return ims.cohort(
        trial.scenario,
        trial.n,
        population=trial.population,
        cohort=cohort,
        overrides=trial.overrides,
        readouts=tuple(dict.fromkeys([*wanted.readouts, *readouts])),
        endpoints=wanted.endpoints,
        at=[f"{day!r} days" for day in sorted({*grid, *wanted.times})],
    ).dataset.load()


def at_month(data: xr.Dataset, month: float) -> int:
    """Return the place of the time that is closest to a month."""
    return int(np.abs(np.asarray(data["time"]) - month * DAYS_PER_MONTH).argmin())


def draw_tolerated(ax: Axes, x: float, record: Target, **style: Any) -> None:
    """Draw a published number at x with what is tolerated about it."""
    low, high = record.tolerated()
    ax.errorbar(x, record.value, [[record.value - low], [high - record.value]], markersize=4, capsize=2, **style)


@cache
def _readouts() -> tuple[str, ...]:
    """Return the names of the read-outs of the model."""
    return tuple(prepare(ims.load_scenario(CONFIGS / "two_courses.toml")).model.readouts)


def compared(targets: Sequence[PublishedTarget], cohorts: Mapping[str, xr.Dataset]) -> TargetReport:
    """Compare targets with cohorts, without intervals."""
    return evaluate(targets, cohorts, NO_INTERVALS)


def numbers_of(report: TargetReport) -> dict[str, float]:
    """Return what was simulated for each target by the name of its row."""
    return {name_of_row(result.target): result.simulated.value for result in report.results}


def name_of_row(target: PublishedTarget) -> str:
    """Return the name of a target as the name of a row."""
    return target.record.name.replace(" ", "_")


def row_of(target: PublishedTarget) -> dict[str, Any]:
    """Return the row of expected.json that a target stands for.

    A number that was not read in its source, or that takes an assumption to be compared, is marked as assumed.
    """
    record, file = target.record, Path(target.file).stem
    low, high = (float(f"{limit:.{SIGNIFICANT}g}") for limit in record.tolerated())
    takes_assumption = record.grade != "A" or "assum" in record.note or file.startswith(ASSUMED)
    source = [] if file.startswith(ASSUMED) else [target.reference or file]
    tolerated = "two standard errors" if record.tolerance == "|z| <= 2" else record.tolerance
    return {
        "name": name_of_row(target),
        "what": record.name[0].upper() + record.name[1:],
        "unit": record.unit,
        "expected": None,
        "tolerance": {"range": [low, high]},
        "source": [*source, *([ASSUMED] if takes_assumption else [])],
        "why": f"Published {record.value:g}; {tolerated}, in the target file {file}. {record.note}".strip(),
        "fitted": record.use == "fitted",
    }
