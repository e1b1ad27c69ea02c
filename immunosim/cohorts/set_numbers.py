"""Numbers of targets under plausible sets of a population's values, and what the intervals over them rest on.

Holds what ``calibration`` simulates; simulates nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from immunosim.codegen.loader import Array
from immunosim.cohorts.intervals import Interval, percentile_interval
from immunosim.cohorts.targets import PublishedTarget
from immunosim.errors import listed

MOST_NAMED = 5
"""Sets with failed patients that a sentence names."""


@dataclass(frozen=True, eq=False)
class NumbersOfSets:
    """Numbers of a cohort under each of several sets, on the same patients.

    Attributes
    ----------
    numbers : ndarray, shape (n_sets, n_numbers)
        NaN where too many patients failed, nobody is in the group, or there is no such number.
    failed : ndarray of int, shape (n_sets,)
        Patients who failed.
    """

    numbers: Array
    failed: NDArray[np.int64]

    def interval(self, index: int, confidence: float) -> tuple[float, float]:
        """Return the quantiles of a number that enclose a fraction of the sets."""
        return percentile_interval(self.numbers[:, index], confidence)

    def n_with(self, index: int) -> int:
        """Return how many sets have a number."""
        return int((~np.isnan(self.numbers[:, index])).sum())


@dataclass(frozen=True, eq=False)
class SetNumbers:
    """Targets of cohorts under plausible sets.

    Attributes
    ----------
    n, patients : int
        Sets, and simulated patients of each cohort under each of them.
    targets : mapping of str to sequence of PublishedTarget
        Of each cohort, in the order of its numbers.
    cohorts : mapping of str to NumbersOfSets
    outside : tuple of str
        Quantities of which the cohort has a value that is below or above those of all sets.
    """

    n: int
    patients: int
    targets: Mapping[str, Sequence[PublishedTarget]]
    cohorts: Mapping[str, NumbersOfSets]
    outside: tuple[str, ...] = ()

    def interval_of(self, target: PublishedTarget, value: float, confidence: float) -> Interval:
        """Return a simulated number with its interval over the sets; ends are NaN where nothing is known of it."""
        for name, targets in self.targets.items():
            index = next((i for i, entry in enumerate(targets) if _key(entry) == _key(target)), None)
            if index is not None:
                return Interval(value, *self.cohorts[name].interval(index, confidence))
        return Interval(value, math.nan, math.nan)

    def sentences(self) -> Iterator[str]:
        """Yield what the intervals over the sets are of, failures, and values that they are not about."""
        yield (
            f"Intervals over sets: {self.n} plausible sets of the population, the same {self.patients:,} patients of "
            "each cohort under each. They hold the doubt about the values of the population; intervals of patients "
            "hold the chance of a finite number of them."
        )
        for name, cohort in self.cohorts.items():
            bad = np.flatnonzero(cohort.failed)
            if bad.size:
                each = [f"{cohort.failed[i]} under set {i + 1}" for i in bad[:MOST_NAMED]]
                more = f" and {bad.size - MOST_NAMED} more sets" if bad.size > MOST_NAMED else ""
                yield f"Failed patients of {name or 'the cohort'}: {', '.join(each)}{more}, of {self.patients:,}."
            left_out = int(np.isnan(cohort.numbers).all(axis=1).sum())
            if left_out:
                yield f"Left out of the intervals of {name or 'the cohort'}: {left_out} sets, too many patients failed."
            for index, target in enumerate(self.targets[name]):
                if lacking := self.n - left_out - cohort.n_with(index):
                    yield f"No number of {target.record.name} under {lacking} of {self.n} sets."
        if self.outside:
            yield f"Intervals over sets are not about the simulated values of {listed(self.outside)}: all sets differ."

    def summary(self) -> dict[str, Any]:
        """Return numbers of sets, patients and failures as plain data."""
        failed = {name: cohort.failed.tolist() for name, cohort in self.cohorts.items()}
        return {"n": self.n, "patients": self.patients, "failed_by_set": failed, "outside": list(self.outside)}


def _key(target: PublishedTarget) -> tuple[str, str]:
    return target.file, target.record.name
