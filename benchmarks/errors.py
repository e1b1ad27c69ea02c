"""How wrong a tool is: per row the largest error over output times and pools, then median and maximum over rows.

Compared are the states of the pools, which every tool produces, not read-outs, which are formed from them. An error is

    |y - reference| / (|reference| + 1e-3 size),      size = max(peak of the pool in this row, 1e-2 scale)      (E1)

The scale is the size of the pool that matters by the model's own declaration; the absolute tolerances that tools are
given are a thousandth of the relative one of it. A pool that is practically empty throughout (a drug that is not given,
an antibody made by rounding only) is so judged against a hundredth of what matters in it, as ``immunosim verify`` does,
and not against its own rounding. A jump counts towards the peak only if an output time shows it.
"""

from dataclasses import dataclass

import numpy as np

from benchmarks.work import Array

FORGIVEN = 1e-3
# A row that is wrong by more than this, although its tool reports success, has diverged.
DIVERGED = 1.0
EMPTY = 1e-2


@dataclass(frozen=True)
class Errors:
    """Errors of a tool over rows; NaN where no row was solved."""

    median: float
    maximum: float
    worst_row: int
    failures: int
    diverged: int
    rows: int


def errors_of_rows(states: Array, reference: Array, scales: Array) -> Array:
    """Return the error of each row, equation (E1); NaN for a row that failed.

    Parameters
    ----------
    states : ndarray, shape (n, n_times, n_pools)
        NaN in rows that failed.
    reference : ndarray, shape (n or more, n_times, n_pools)
    scales : ndarray, shape (n_pools,)
    """
    reference = reference[: len(states)]
    size = np.maximum(np.abs(reference).max(axis=1), EMPTY * scales)[:, np.newaxis]
    errors: Array = (np.abs(states - reference) / (np.abs(reference) + FORGIVEN * size)).max(axis=(1, 2))
    return errors


def summarise(errors: Array) -> Errors:
    """Return median, maximum, failures and divergences of the errors of rows."""
    solved = np.isfinite(errors)
    failures = int(errors.size - solved.sum())
    if failures == errors.size:
        return Errors(float("nan"), float("nan"), -1, failures, 0, errors.size)
    worst = int(np.nanargmax(np.where(solved, errors, np.nan)))
    diverged = int((errors[solved] > DIVERGED).sum())
    return Errors(float(np.median(errors[solved])), float(errors[worst]), worst, failures, diverged, errors.size)
