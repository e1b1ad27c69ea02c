"""What is reported of each patient over time: output times, visits and a grid for hazards, on one line per patient.

A line holds all times of a patient in order; courses are simulated piece by piece and fill it from the left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from immunosim.codegen.loader import Array

Rows = NDArray[np.int64]

HAZARD_INTERVAL = 14.0
"""Days between the times at which a hazard is integrated; it follows cells, which change over weeks."""


@dataclass(frozen=True, eq=False)
class TimeLines:
    """The times of each patient, and the values of the read-outs there.

    Attributes
    ----------
    days : ndarray, shape (n, n_days)
        In order; NaN at the end of a line where a visit was missed.
    values : ndarray, shape (n, n_days, n_readouts)
        NaN where the course has not come to.
    output : ndarray of int, shape (n, n_times)
        Positions of the output times on the line.
    visit : ndarray of int, shape (n, n_visits)
        Positions of the visits.
    clock : ndarray of int, shape (n, n_visits + n_grid)
        Positions, in order, of the times at which hazards are integrated: those of the grid and the visits. Output
        times are not among them, so that no event depends on what is reported.
    """

    days: Array
    values: Array
    output: Rows
    visit: Rows
    clock: Rows

    @classmethod
    def of(cls, times: Array, visits: Array, grid: Array, n_readouts: int) -> TimeLines:
        """Return empty lines.

        Parameters
        ----------
        times, grid : ndarray, shape (n_times,) and (n_grid,), day
            Output times, and the times at which hazards are integrated.
        visits : ndarray, shape (n, n_visits), day
        n_readouts : int
        """
        n = len(visits)
        given = np.concatenate([np.tile(times, (n, 1)), visits, np.tile(grid, (n, 1))], axis=1)
        order = np.argsort(given, axis=1, kind="stable")
        position = np.argsort(order, axis=1, kind="stable")
        to = times.size + visits.shape[1]
        values = np.full((*given.shape, n_readouts), np.nan)
        days = np.take_along_axis(given, order, axis=1)
        clock = np.sort(position[:, times.size :], axis=1)
        return cls(days, values, position[:, : times.size], position[:, times.size : to], clock)

    def between(self, rows: Rows, start: Array, end: Array, with_start: NDArray[np.bool_]) -> tuple[Rows, Array]:
        """Return where the times of a piece lie on the lines of some patients, and these times.

        Returns
        -------
        places : ndarray of int, shape (n, width)
        days : ndarray, shape (n, width)
            NaN where a piece has fewer times than another one.
        """
        lines = self.days[rows]
        first = np.where(
            with_start, (lines < start[:, np.newaxis]).sum(axis=1), (lines <= start[:, np.newaxis]).sum(axis=1)
        )
        stop = (lines <= end[:, np.newaxis]).sum(axis=1)
        width = int((stop - first).max(initial=0))
        places = first[:, np.newaxis] + np.arange(width)
        is_of_piece = places < stop[:, np.newaxis]
        places = np.minimum(places, max(lines.shape[1] - 1, 0))
        return places, np.where(is_of_piece, np.take_along_axis(lines, places, axis=1), np.nan)

    def fill(self, rows: Rows, places: Rows, days: Array, readouts: Array, decided: Array) -> None:
        """Write the read-outs of a piece, except those by which decisions were made.

        Parameters
        ----------
        rows, places, days
            As ``between`` takes and returns them.
        readouts : ndarray, shape (n_rows, width, n_readouts)
        decided : ndarray, shape (n_rows,), day
            Up to which rules were decided. A piece that is simulated again with further doses has the same course
            until then, but is interpolated from other steps.
        """
        is_known = np.isfinite(self.values[rows[:, np.newaxis], places]).any(axis=2)
        is_new = ~(is_known & (days <= decided[:, np.newaxis]))
        i, j = np.nonzero(np.isfinite(days) & is_new)
        self.values[rows[i], places[i, j]] = readouts[i, j]

    def at_visits(self, readout: int) -> Array:
        """Return a read-out at the visits, shape (n, n_visits)."""
        return np.asarray(np.take_along_axis(self.values[:, :, readout], self.visit, axis=1))

    def hazard(self, rows: Rows, readout: int, stop: Rows) -> tuple[Array, Array]:
        """Return the days at which hazards of some patients are known on the first parts of their lines.

        Returns
        -------
        days, hazard : ndarray, shape (n_rows, n_days)
            The last day of a line is repeated to its end.
        """
        places = self.clock[rows]
        last = np.maximum((places < stop[:, np.newaxis]).sum(axis=1), 1) - 1
        index = np.minimum(np.arange(places.shape[1]), last[:, np.newaxis])
        places = np.take_along_axis(places, index, axis=1)
        lines = rows[:, np.newaxis]
        return self.days[lines, places], self.values[lines, places, readout]

    def at_outputs(self) -> Array:
        """Return all read-outs at the output times, shape (n, n_times, n_readouts)."""
        return np.asarray(np.take_along_axis(self.values, self.output[:, :, np.newaxis], axis=1))


def hazard_grid(start: float, end: float) -> Array:
    """Return the times at which hazards are integrated, both ends included, day."""
    n = int(np.ceil((end - start) / HAZARD_INTERVAL))
    return np.append(start + HAZARD_INTERVAL * np.arange(n), end)


def cumulated(days: Array, hazard: Array) -> Array:
    """Return the cumulative hazard at each day, by the trapezoidal rule; all of shape (n, n_days)."""
    steps = 0.5 * (hazard[:, 1:] + hazard[:, :-1]) * (days[:, 1:] - days[:, :-1])
    return np.concatenate([np.zeros((len(days), 1)), np.cumsum(steps, axis=1)], axis=1)


def event_days(days: Array, cumulative_hazard: Array, levels: Array) -> Array:
    """Return when recurrent events happen: whenever the cumulative hazard reaches the next level.

    Parameters
    ----------
    days, cumulative_hazard : ndarray, shape (n, n_days)
    levels : ndarray, shape (n, n_events)
        Sums of standard exponential draws.

    Returns
    -------
    ndarray, shape (n, n_events), day
        NaN for events that do not happen by the last day.
    """
    happened = np.full(levels.shape, np.nan)
    for k in range(levels.shape[1]):
        rows = np.flatnonzero(levels[:, k] <= cumulative_hazard[:, -1])
        level, course = levels[rows, k], cumulative_hazard[rows]
        # The first day on which the hazard has reached the level: it has grown since the day before.
        after = np.maximum((course < level[:, np.newaxis]).sum(axis=1), 1)
        each = np.arange(rows.size)
        before, reached = course[each, after - 1], course[each, after]
        share = (level - before) / (reached - before)
        happened[rows, k] = days[rows, after - 1] + share * (days[rows, after] - days[rows, after - 1])
    return happened
