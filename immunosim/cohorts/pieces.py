"""Summaries of a course that was simulated piece by piece: which to ask of each piece, and how to join them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.numerics import Kind, Summary

_EXTREME = {
    Kind.MINIMUM: np.fmin,
    Kind.MAXIMUM: np.fmax,
    Kind.FIRST_BELOW: np.fmin,
    Kind.FIRST_ABOVE: np.fmin,
    Kind.LAST_BELOW: np.fmax,
    Kind.LAST_ABOVE: np.fmax,
}
"""How to join the values of two pieces of which one may have none; all other kinds add up."""

_COMPANION = {Kind.TIME_OF_MINIMUM: Kind.MINIMUM, Kind.TIME_OF_MAXIMUM: Kind.MAXIMUM, Kind.MEAN: Kind.AREA}
"""Kinds that cannot be joined alone, and what is asked of every piece with them."""


@dataclass(frozen=True)
class JoinedSummaries:
    """Summaries of whole courses.

    Attributes
    ----------
    asked : tuple of Summary
        What is asked of whole courses.
    """

    asked: tuple[Summary, ...]

    @property
    def of_piece(self) -> tuple[Summary, ...]:
        """The summaries of each piece: those asked, then their companions."""
        companions = [replace(summary, kind=_COMPANION[summary.kind]) for summary in self._with_companion()]
        return (*self.asked, *companions)

    def start(self, n: int) -> Array:
        """Return the values before the first piece, shape (n, number of summaries of a piece)."""
        return np.full((n, len(self.of_piece)), np.nan)

    def join(self, before: Array, piece: Array) -> Array:
        """Return the values of courses with one more piece; both of shape (n, number of summaries of a piece)."""
        joined, companions = np.empty_like(before), self._companions()
        for j, summary in enumerate(self.of_piece):
            old, new = before[:, j], piece[:, j]
            if summary.kind in (Kind.TIME_OF_MINIMUM, Kind.TIME_OF_MAXIMUM):
                old_value, new_value = before[:, companions[j]], piece[:, companions[j]]
                lower = new_value < old_value if summary.kind == Kind.TIME_OF_MINIMUM else new_value > old_value
                joined[:, j] = np.where(lower | np.isnan(old_value), new, old)
            elif summary.kind in _EXTREME:
                joined[:, j] = _EXTREME[summary.kind](old, new)
            else:
                joined[:, j] = np.where(np.isnan(old), new, np.where(np.isnan(new), old, old + new))
        return joined

    def finish(self, values: Array, start: Array, end: Array) -> Array:
        """Return the summaries asked of courses from ``start`` to ``end``, shape (n, number asked)."""
        finished, companions = values[:, : len(self.asked)].copy(), self._companions()
        for j, summary in enumerate(self.asked):
            if summary.kind == Kind.MEAN:
                seen = np.minimum(end, summary.end) - np.maximum(start, summary.start)
                finished[:, j] = values[:, companions[j]] / seen
        return finished

    def _companions(self) -> dict[int, int]:
        """Return the index of the companion of each summary that has one."""
        indices = [j for j, summary in enumerate(self.asked) if summary.kind in _COMPANION]
        return {j: len(self.asked) + k for k, j in enumerate(indices)}

    def _with_companion(self) -> list[Summary]:
        return [summary for summary in self.asked if summary.kind in _COMPANION]
