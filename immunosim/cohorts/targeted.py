"""Cohorts with the targets that they were simulated for: published against simulated numbers, and the patients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from immunosim.cohorts.intervals import Bootstrap
from immunosim.cohorts.result import CohortResult
from immunosim.cohorts.target_report import TargetReport, evaluate
from immunosim.cohorts.targets import PublishedTarget
from immunosim.result import Result

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class TargetedCohorts(Result):
    """Cohorts, and their targets.

    Attributes
    ----------
    cohorts : mapping of str to CohortResult
    targets : TargetReport
    """

    cohorts: Mapping[str, CohortResult]
    targets: TargetReport

    @property
    def n_failed(self) -> int:
        """Number of patients who failed, in all cohorts."""
        counts = [cohort.stored.counts() for cohort in self.cohorts.values()]
        return sum(number for count in counts for status, number in count.items() if status != "OK")

    def headline(self) -> str:
        """Return how many targets are within tolerance."""
        return self.targets.headline()

    def facts(self) -> dict[str, object]:
        """Return the patients of each cohort, and what the targets come to."""
        patients = {f"cohort {name}".strip(): cohort.headline() for name, cohort in self.cohorts.items()}
        return {**patients, **self.targets.facts()}

    def summary(self) -> dict[str, Any]:
        """Return the targets as plain data."""
        return self.targets.summary()

    def to_dataframe(self) -> pd.DataFrame:
        """Return a row for each target."""
        return self.targets.to_dataframe()


def compared(
    cohorts: Mapping[str, CohortResult], targets: Sequence[PublishedTarget], bootstrap: Bootstrap | None = None
) -> TargetedCohorts:
    """Compare cohorts with published numbers; arguments and errors as of ``evaluate``."""
    report = evaluate(targets, {name: cohort.dataset for name, cohort in cohorts.items()}, bootstrap)
    return TargetedCohorts(cohorts, report)
