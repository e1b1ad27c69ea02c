"""Published against simulated: residuals, tolerances and intervals of the targets of cohorts, as a table and as JSON.

Evaluates targets on the datasets of cohorts; prints and draws nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xarray as xr

from immunosim.codegen.loader import Array
from immunosim.cohorts.conditions import members
from immunosim.cohorts.intervals import Bootstrap, Interval
from immunosim.cohorts.registry import STATISTICS
from immunosim.cohorts.sample import CohortSample
from immunosim.cohorts.set_numbers import SetNumbers
from immunosim.cohorts.target_records import Target
from immunosim.cohorts.targets import PublishedTarget
from immunosim.cohorts.tolerances import Tolerance
from immunosim.errors import DataError, ImmunosimError, InputProblem, QuantityError, listed
from immunosim.files import write_file
from immunosim.result import Result
from immunosim.units import factor_to

if TYPE_CHECKING:
    import pandas as pd

COHORT = "cohort"
"""Attribute of a dataset with the name of its cohort."""

COLUMNS = (
    *("target", "statistic", "cohort", "group", "published", "unit", "simulated", "low", "high", "z", "tolerance"),
    *("is_within", "grade", "use", "source", "file"),
)
OF_SETS = ("sets_low", "sets_high")
"""Columns of intervals over plausible sets, where they were simulated."""


@dataclass(frozen=True, eq=False)
class TargetResult:
    """A target with its simulated number.

    Attributes
    ----------
    target : PublishedTarget
    simulated : Interval
        In the unit of the target, with the interval of finite patients; NaN where the cohort was not simulated.
    over_sets : Interval, optional
        The same number with its interval over plausible sets, which hold the doubt about values.
    """

    target: PublishedTarget
    simulated: Interval
    over_sets: Interval | None = None

    @property
    def record(self) -> Target:
        """The published number."""
        return self.target.record

    @property
    def z(self) -> float:
        """Standardised residual."""
        return self.record.residual(self.simulated.value)

    @property
    def z_interval(self) -> tuple[float, float]:
        """Residuals of the ends of the interval."""
        return self._residuals(self.simulated)

    @property
    def z_over_sets(self) -> tuple[float, float] | None:
        """Residuals of the ends of the interval over plausible sets."""
        return None if self.over_sets is None else self._residuals(self.over_sets)

    def _residuals(self, interval: Interval) -> tuple[float, float]:
        return self.record.residual(interval.low), self.record.residual(interval.high)

    @property
    def is_within(self) -> bool:
        """Whether the simulated number is within its tolerance."""
        return self.record.is_within(self.simulated.value)

    def tolerated_z(self) -> tuple[float, float]:
        """Return the residuals at the bounds of the tolerance."""
        tolerance = Tolerance.of(self.record.tolerance)
        if tolerance.kind == "z":
            return -tolerance.numbers[0], tolerance.numbers[0]
        low, high = tolerance.bounds(self.record.value)
        return self.record.residual(low), self.record.residual(high)

    def to_dict(self) -> dict[str, Any]:
        """Return the row of the table."""
        record, target = self.record, self.target
        values = (
            *(record.name, record.statistic, target.cohort, record.group, record.value, record.unit),
            *(self.simulated.value, self.simulated.low, self.simulated.high, self.z, record.tolerance),
            *(self.is_within, record.grade, record.use, target.source, target.file),
        )
        row = dict(zip(COLUMNS, values, strict=True))
        return row if self.over_sets is None else row | dict(zip(OF_SETS, self.over_sets.ends, strict=True))


@dataclass(frozen=True, eq=False, repr=False)
class TargetReport(Result):
    """Targets that were evaluated, and those of cohorts that were not simulated.

    Attributes
    ----------
    results : tuple of TargetResult
    not_simulated : tuple of PublishedTarget
    confidence : float
        Of the intervals.
    sets : SetNumbers, optional
        Plausible sets that the targets were simulated under.
    """

    results: tuple[TargetResult, ...]
    not_simulated: tuple[PublishedTarget, ...] = ()
    confidence: float = 0.9
    sets: SetNumbers | None = None

    def with_sets(self, sets: SetNumbers | None) -> TargetReport:
        """Return the report with intervals over plausible sets beside those of finite patients."""
        if sets is None:
            return self
        results = tuple(
            replace(entry, over_sets=sets.interval_of(entry.target, entry.simulated.value, self.confidence))
            for entry in self.results
        )
        return replace(self, results=results, sets=sets)

    @property
    def n_within(self) -> int:
        """Number of targets within tolerance."""
        return sum(result.is_within for result in self.results)

    @property
    def chi_square(self) -> float:
        """Sum of squared residuals."""
        return math.fsum(result.z**2 for result in self.results)

    def chosen(self, use: str) -> TargetReport:
        """Return the part of the targets that are fitted, or that are held out."""
        return TargetReport(
            tuple(result for result in self.results if result.record.use == use),
            tuple(target for target in self.not_simulated if target.record.use == use),
            self.confidence,
            self.sets,
        )

    def headline(self) -> str:
        """Return how many targets are within tolerance."""
        return f"{self.n_within} of {len(self.results)} targets within tolerance"

    def facts(self) -> dict[str, object]:
        """Return counts of fitted targets and of those held out, the sum of squares, and what was not simulated."""
        parts = {use: self.chosen(use) for use in ("fitted", "held out")}
        counts: dict[str, object] = {
            f"within tolerance, {use}": f"{part.n_within} of {len(part.results)}" for use, part in parts.items()
        }
        sets = {} if self.sets is None else {"plausible sets": self.sets.n}
        return counts | {"chi-square": round(self.chi_square, 1), "not simulated": len(self.not_simulated)} | sets

    def summary(self) -> dict[str, Any]:
        """Return counts, the sum of squares and every target as plain data."""
        parts = {use: self.chosen(use) for use in ("fitted", "held out")}
        return {
            "n_targets": len(self.results),
            "n_within": self.n_within,
            "chi_square": self.chi_square,
            "confidence": self.confidence,
            "by_use": {use: {"n": len(part.results), "n_within": part.n_within} for use, part in parts.items()},
            "not_simulated": [target.record.name for target in self.not_simulated],
            "targets": [result.to_dict() for result in self.results],
        } | ({} if self.sets is None else {"sets": self.sets.summary()})

    def to_dataframe(self) -> pd.DataFrame:
        """Return a row for each target."""
        import pandas as pd

        columns = COLUMNS if self.sets is None else (*COLUMNS, *OF_SETS)
        return pd.DataFrame([result.to_dict() for result in self.results], columns=list(columns))

    def to_csv(self, path: Path) -> Path:
        """Write a row for each target.

        Raises
        ------
        OutputError
            If the file cannot be written.
        """
        write_file(path, self.to_dataframe().to_csv(index=False).encode())
        return path


def evaluate(
    targets: Sequence[PublishedTarget],
    cohorts: xr.Dataset | Mapping[str, xr.Dataset],
    bootstrap: Bootstrap | None = None,
) -> TargetReport:
    """Compute the statistics of targets.

    Parameters
    ----------
    targets : sequence of PublishedTarget
    cohorts : xarray.Dataset or mapping of str to xarray.Dataset
        Datasets with the dimension ``patient``, by the name of their cohort. A single dataset is of the cohort that its
        attribute ``cohort`` names; without it, of every cohort.
    bootstrap : Bootstrap, optional
        For the intervals; 200 resampled cohorts by default.

    Raises
    ------
    DataError
        With file and key of each target whose read-out, time, group or unit the cohort does not have.
    """
    bootstrap = bootstrap or Bootstrap()
    results, left, problems = [], [], []
    for target in targets:
        dataset = _dataset_of(cohorts, target.cohort)
        if dataset is None:
            left.append(target)
            continue
        try:
            results.append(TargetResult(target, statistic_of(target.record, dataset, bootstrap)))
        except (DataError, QuantityError) as error:
            problems.append(problem_of(target, error))
    if problems:
        raise DataError(problems=problems)
    return TargetReport(tuple(results), tuple(left), bootstrap.confidence)


def evaluate_kept(
    targets: Sequence[PublishedTarget], parts: Sequence[Mapping[str, xr.Dataset]], bootstrap: Bootstrap
) -> list[TargetReport]:
    """Return a report of each of several simulations, of the targets that all have; others are not simulated."""
    kept, left = [], []
    for target in targets:
        try:
            reports = [evaluate([target], cohorts, bootstrap) for cohorts in parts]
        except DataError:
            reports = []
        results = [result for report in reports for result in report.results]
        if len(results) == len(parts):
            kept.append(results)
        else:
            left.append(target)
    columns = [tuple(results[index] for results in kept) for index in range(len(parts))]
    return [TargetReport(column, tuple(left), bootstrap.confidence) for column in columns]


def problem_of(target: PublishedTarget, error: ImmunosimError) -> InputProblem:
    """Return what is wrong with a target, named by its file and key."""
    problem = error.problems[0]
    key = target.key(problem.key if problem.key in type(target.record).model_fields else "")
    return InputProblem(problem.reason, target.file, key, problem.cure)


def refuse_unfit(targets: Sequence[PublishedTarget], dataset: xr.Dataset) -> None:
    """Refuse targets whose read-outs, columns, levels or units a cohort does not have, told by a few of its patients.

    Raises
    ------
    DataError
        With file and key of each.
    """
    problems = []
    everybody = CohortSample.of(dataset)
    for target in targets:
        try:
            members(dataset, target.record.group)
            _statistic(everybody, target.record)
        except (DataError, QuantityError) as error:
            problems.append(problem_of(target, error))
    if problems:
        raise DataError(problems=problems)


def applicable(targets: Sequence[PublishedTarget], dataset: xr.Dataset) -> list[PublishedTarget]:
    """Return the targets that are of a cohort and of what it keeps.

    Raises
    ------
    DataError
        If targets are of several cohorts and the dataset does not say which it is, or none is left.
    """
    name = str(dataset.attrs.get(COHORT, ""))
    named = sorted({target.cohort for target in targets if target.cohort})
    if len(named) > 1 and not name:
        reason = f"the targets are of the cohorts {listed(named)}, and the result does not say which it is"
        raise DataError(reason, key="targets", cure="name target files of one cohort")
    of_cohort = [target for target in targets if not name or target.cohort in ("", name)]
    kept = [target for target in of_cohort if _is_kept(target.record, dataset)]
    if targets and not kept:
        reason, cure = "none of the targets is of what the cohort keeps", "keep their read-outs, endpoints and times"
        raise DataError(reason, key="targets", cure=cure)
    return kept


def _is_kept(target: Target, dataset: xr.Dataset) -> bool:
    try:
        statistic_of(target, dataset, Bootstrap(n=0))
    except (DataError, QuantityError):
        return False
    return True


def statistic_of(target: Target, dataset: xr.Dataset, bootstrap: Bootstrap) -> Interval:
    """Return the statistic of a target and its interval, in the unit of the target.

    Raises
    ------
    DataError, QuantityError
        If the cohort does not have what the target asks for, or the units do not fit.
    """
    sample = CohortSample.of(dataset, target.group)
    if not sample.weight.any():
        cure = "simulate more patients, or name another group"
        raise DataError("the group has no patients who did not fail", key="group", cure=cure)
    return bootstrap.interval(_statistic(sample, target), sample.weight, sample.strata)


def simulated_value(target: Target, dataset: xr.Dataset) -> float:
    """Return the statistic of a target without its interval, in the unit of the target.

    NaN where nobody is in the group: who is in it may follow from values of the population, such as counts below a
    level, and there are sets of values under which nobody has them.

    Raises
    ------
    DataError, QuantityError
        If the cohort does not have what the target asks for, or the units do not fit.
    """
    sample = CohortSample.of(dataset, target.group)
    return _statistic(sample, target)(sample.weight) if sample.weight.any() else math.nan


def _statistic(sample: CohortSample, target: Target) -> Callable[[Array], float]:
    """Return the statistic of some patients in the unit of the target, as a function of their weights."""
    prepared = STATISTICS[target.statistic].prepare(sample, target)
    try:
        factor = factor_to(prepared.unit, target.unit)
    except QuantityError:
        reason, cure = f'the statistic is not in "{target.unit}"', f'write a unit such as "{prepared.unit}"'
        raise DataError(reason, key="unit", cure=cure) from None
    return lambda weight: factor * prepared.value(weight)


def _dataset_of(cohorts: xr.Dataset | Mapping[str, xr.Dataset], name: str) -> xr.Dataset | None:
    """Return the dataset of a cohort; None where it was not simulated."""
    if isinstance(cohorts, xr.Dataset):
        simulated = str(cohorts.attrs.get(COHORT, ""))
        return cohorts if not name or not simulated or simulated == name else None
    if name:
        return cohorts.get(name)
    return next(iter(cohorts.values())) if len(cohorts) == 1 else None
