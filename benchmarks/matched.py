"""How much faster one tool is than another at the same error, read off their work-precision curves.

Between two tolerances the logarithm of the speed is interpolated over that of the error. Beyond its tolerances a tool
has no speed: nothing is extrapolated.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from benchmarks.errors import DIVERGED


@dataclass(frozen=True)
class Point:
    """One tolerance of a tool: its error and its speed."""

    error: float
    speed: float


@dataclass(frozen=True)
class Target:
    """A ratio of speeds that the project wants to reach on its default model."""

    peer: str
    ratio: float


MATCHED_ERROR = 1e-4
MATCHED_TARGETS = (
    Target("numbalsoda", 20.0),
    Target("cyrk", 20.0),
    Target("sundae", 100.0),
    Target("scipy-lsoda", 200.0),
    Target("scipy-lsoda-python", 1000.0),
)
EQUAL_RTOL = 1e-6
EQUAL_TARGET = Target("numbalsoda", 12.0)
LIMIT_TARGET = 0.45


def speed_at(error: float, curve: Sequence[Point]) -> float:
    """Return the speed at an error, NaN where the curve does not reach it.

    Parameters
    ----------
    error : float
    curve : sequence of Point
        In the order of the tolerances. Where it reaches the error more than once, the fastest counts; where most rows
        diverged there is nothing to interpolate.
    """
    points = [point for point in curve if 0.0 < point.error <= DIVERGED]
    speeds = [point.speed for point in points if point.error == error]
    for a, b in pairwise(points):
        if min(a.error, b.error) < error < max(a.error, b.error):
            share = np.log(error / a.error) / np.log(b.error / a.error)
            speeds.append(float(a.speed * (b.speed / a.speed) ** share))
    return max(speeds, default=float("nan"))
