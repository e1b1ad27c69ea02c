"""What was drawn from a patient at one time, where limits alone are known of some of it; ready for ``censoring``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class CensoredSample:
    """The measurements of one sample of which some are censored.

    Attributes
    ----------
    censored, known : ndarray of int
        Indices of the censored measurements, a total first, and of those that were quantified and share their error.
    is_above, is_between : ndarray of bool, shape (n_censored,)
        Whether the value lies above its limit, or in an interval; below its limit where neither.
    loads, private : ndarray, shape (n_censored,)
        Part of each error that is shared, and its own: a and s of (C1); a censored total has 1 and 0.
    weights : ndarray, shape (n_known,)
        With which the quantified residuals make the mean m of the shared error.
    variance : float
        v of (C1); 0 where a total was quantified.
    degrees : float
        Of freedom of Student's distribution, which is that of a value by itself alone; infinite for the normal one.
    """

    censored: Integers
    known: Integers
    is_above: Flags
    is_between: Flags
    loads: Array
    private: Array
    weights: Array
    variance: float
    degrees: float = np.inf

    @cached_property
    def chain(self) -> Array:
        """Jacobian of limits, widths and mean of the shared error by what ``log_probability`` differentiates by."""
        n, n_known = len(self.censored), len(self.known)
        intervals = np.flatnonzero(self.is_between)
        chain = np.zeros((2 * n + 1, n + n_known + len(intervals)))
        chain[range(n), range(n)] = 1.0
        chain[2 * n, n : n + n_known] = self.weights
        chain[n + intervals, n + n_known + np.arange(len(intervals))] = 1.0
        return chain

    @property
    def has_total(self) -> bool:
        """Whether a total is censored, whose error is the shared one."""
        return bool(self.private[0] == 0.0)

    def first(self, n: int) -> CensoredSample:
        """Return the sample with the first censored values alone."""
        parts = ("censored", "is_above", "is_between", "loads", "private")
        return replace(self, **{name: getattr(self, name)[:n] for name in parts})


def censored_sample(
    censored: list[int],
    known: list[int],
    total: int | None,
    shared: float,
    above: frozenset[int] = frozenset(),
    between: frozenset[int] = frozenset(),
) -> CensoredSample:
    """Return a sample ready to be evaluated.

    Parameters
    ----------
    censored, known : list of int
        Indices of its measurements that share an error.
    total : int or None
        Which of them is the total.
    shared : float
        Fraction of a subset's variance that is the error of the total.
    above, between : frozenset of int
        Which are above their limit, and which in an interval; the other censored ones are below their limit.
    """
    root, left = np.sqrt(shared), np.sqrt(1.0 - shared)
    ordered = sorted(censored, key=lambda index: index != total)
    loads = np.array([1.0 if index == total else root for index in ordered])
    private = np.array([0.0 if index == total else left for index in ordered])
    if total in known:
        weights, variance = np.array([float(index == total) for index in known]), 0.0
    elif shared < 1.0:
        precision = 1.0 + len(known) * shared / (1.0 - shared)
        weights, variance = np.full(len(known), root / (1.0 - shared) / precision), 1.0 / precision
    else:  # every subset has the whole error of the total
        weights, variance = np.full(len(known), 1.0 / max(len(known), 1)), 0.0 if known else 1.0
    indices = np.array(ordered), np.array(known, np.int64)
    is_above, is_between = (np.array([index in kind for index in ordered], bool) for kind in (above, between))
    return CensoredSample(*indices, is_above, is_between, loads, private, weights, variance)


def alone(index: int, degrees: float = np.inf, is_above: bool = False, is_between: bool = False) -> CensoredSample:
    """Return a censored value whose error is all its own."""
    indices, kinds = (np.array([index]), np.zeros(0, np.int64)), (np.array([is_above]), np.array([is_between]))
    return CensoredSample(*indices, *kinds, np.zeros(1), np.ones(1), np.zeros(0), 0.0, degrees)
