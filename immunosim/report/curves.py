"""Properties of a single curve: its minimum, its crossings of a level, its mean.

A curve is a pair of arrays of shape (n_times,): times in days, strictly increasing, and values. It is linear between
its times. This module knows nothing of simulations.
"""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def within(time: Array, first: float, last: float) -> slice:
    """Return which times lie from `first` to `last`, both included, as a slice."""
    return slice(int(np.searchsorted(time, first, side="left")), int(np.searchsorted(time, last, side="right")))


def lowest(time: Array, values: Array, first: float, last: float) -> tuple[float, float]:
    """Return the lowest value from `first` to `last`, and its time."""
    value, when = highest(time, -values, first, last)
    return -value, when


def highest(time: Array, values: Array, first: float, last: float) -> tuple[float, float]:
    """Return the highest value from `first` to `last`, and its time."""
    part = within(time, first, last)
    i = part.start + int(np.argmax(values[part]))
    return float(values[i]), float(time[i])


def rise_to(time: Array, values: Array, level: float, first: float, last: float) -> float | None:
    """Return when a curve first reaches a level from below between `first` and `last`, or None if it does not.

    A curve that is at the level or above it at `first` has to fall below it first.
    """
    part = within(time, first, last)
    days, heights = time[part], values[part]
    crossings = np.flatnonzero((heights[:-1] < level) & (heights[1:] >= level))
    if not crossings.size:
        return None
    i = int(crossings[0])
    share = (level - heights[i]) / (heights[i + 1] - heights[i])
    return float(days[i] + share * (days[i + 1] - days[i]))


def fall_below(time: Array, values: Array, level: float, first: float, last: float) -> float | None:
    """Return when a curve first falls to a level from above between `first` and `last`, or None if it does not."""
    return rise_to(time, -values, -level, first, last)


def mean(time: Array, values: Array, first: float, last: float) -> float:
    """Return the mean over time from `first` to `last`; the curve must have at least two times there."""
    part = within(time, first, last)
    return float(np.trapezoid(values[part], time[part]) / (time[part][-1] - time[part][0]))
