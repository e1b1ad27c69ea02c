"""Profile likelihood: the best fit with one parameter fixed at a value, as a function of that value.

The prior of the profiled parameter itself is left out, so that the profile shows the information in the data (and in
the priors of the others). The interval ends where the profile increases by half the chi-squared quantile with one
degree of freedom.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.fitting.likelihood.posterior import Posterior
from immunosim.fitting.likelihood.transforms import Coordinates
from immunosim.fitting.search.estimation import Estimate
from immunosim.fitting.search.multistart import search_together

CONFIDENCE = 0.9
N_POINTS = 10
MIN_DISTANCE, MAX_DISTANCE = 0.25, 8.0
"""Smallest and largest distance of a point from the optimum, in standard deviations, with geometric spacing."""

MAX_GAP = 1.0
"""Largest distance of neighbouring points of a profile, in coordinates."""

MAX_COORDINATE = 4.0
"""Largest coordinate of a point: 1.8 % of the range from a limit."""


@dataclass(frozen=True, eq=False)
class Profile:
    """The profile of one parameter.

    Attributes
    ----------
    name, unit : str
    values : ndarray, shape (n,)
        Of the parameter, rising.
    rise : ndarray, shape (n,)
        Increase of the negative log likelihood above its minimum; NaN where it could not be computed.
    best : float
        The value with the largest likelihood.
    threshold : float
        Increase at the bounds of the interval.
    low, high : float
        Bounds of the interval; NaN where the profile stays below the threshold up to the limit of the search.
    lower, upper : float
        Limits of the search.
    others : ndarray, shape (n, n_unknowns)
        Unknowns along the profile, in their own units.
    """

    name: str
    unit: str
    values: Array
    rise: Array
    best: float
    threshold: float
    low: float
    high: float
    lower: float
    upper: float
    others: Array

    @property
    def is_closed(self) -> tuple[bool, bool]:
        """Whether the interval is bounded below and above."""
        return bool(np.isfinite(self.low)), bool(np.isfinite(self.high))


def profiles(
    estimate: Estimate,
    names: Sequence[str] = (),
    confidence: float = CONFIDENCE,
    n_points: int = N_POINTS,
    report: Callable[[int, int], None] | None = None,
) -> dict[str, Profile]:
    """Return the profiles of parameters by name.

    Parameters
    ----------
    estimate : Estimate
    names : sequence of str
        By default all.
    confidence : float
    n_points : int
        To each side.
    report : callable, optional
        Receives the number of finished searches, and the total.
    """
    from scipy.stats import chi2

    coordinates = estimate.posterior.coordinates
    chosen = [coordinates.names.index(name) for name in names or coordinates.names]
    threshold = 0.5 * float(chi2.ppf(confidence, 1))
    return {coordinates.names[j]: _profile(estimate, j, threshold, n_points, report) for j in chosen}


def _profile(
    estimate: Estimate, j: int, threshold: float, n_points: int, report: Callable[[int, int], None] | None
) -> Profile:
    # With its own prior every profile closes, and says of the prior what the data are asked for (decision 13).
    posterior = _without_own_prior(estimate.posterior, j)
    (free,) = search_together(posterior.evaluate, estimate.best.end[np.newaxis])
    starts = np.stack([_moved(free.end, free.hessian, j, at) for at in _grid(free.end[j], free.hessian, j, n_points)])
    searches = search_together(posterior.evaluate, starts, [j] * len(starts), report=report)
    ends = np.array([search.end for search in searches] + [free.end])
    values = np.array([search.value for search in searches] + [free.value])
    order = np.argsort(ends[:, j])
    ends, values = ends[order], np.where(np.isfinite(values[order]), values[order], np.nan)
    rise = values - np.nanmin(values)
    natural = posterior.natural(ends)
    parameter = posterior.coordinates.parameters[j]
    low, high = _crossings(ends[:, j], rise, threshold)
    limits = (
        posterior.coordinates.values_at(_only(free.end, j, at, len(posterior.coordinates)))[j] for at in (low, high)
    )
    below, above = (value if np.isfinite(at) else np.nan for value, at in zip(limits, (low, high), strict=True))
    best = float(natural[np.nanargmin(values), j])
    about = (parameter.name, parameter.unit, natural[:, j], rise, best, threshold, float(below), float(above))
    return Profile(*about, parameter.lower, parameter.upper, natural)


def _without_own_prior(posterior: Posterior, j: int) -> Posterior:
    parameters = list(posterior.coordinates.parameters)
    parameters[j] = parameters[j].without_prior()
    return replace(posterior, coordinates=Coordinates(tuple(parameters)))


def _grid(at: float, hessian: Array, j: int, n_points: int) -> list[float]:
    """Return coordinates on both sides of the optimum, spaced by the information."""
    # Without its prior the data may say nothing of a parameter, and the information has no inverse.
    inverse = np.linalg.pinv(hessian, rcond=1e-10)
    sd = float(np.clip(np.sqrt(max(inverse[j, j], 1e-12)), 0.01, 4.0))
    middle = float(np.clip(at, -MAX_COORDINATE, MAX_COORDINATE))
    places = [
        middle + side * step * sd for side in (-1, 1) for step in np.geomspace(MIN_DISTANCE, MAX_DISTANCE, n_points)
    ]
    known = sorted(
        {
            *(position for position in places if -MAX_COORDINATE < position < MAX_COORDINATE),
            -MAX_COORDINATE,
            MAX_COORDINATE,
        }
    )
    between = [
        float(position)
        for low, high in pairwise(known)
        for position in np.linspace(low, high, 1 + int(np.ceil((high - low) / MAX_GAP)))[1:-1]
    ]
    return sorted([*known, *between])


def _moved(best: Array, hessian: Array, j: int, at: float) -> Array:
    """Return a start for the other unknowns from the quadratic approximation."""
    others = np.array([k for k in range(len(best)) if k != j])
    start = best.copy()
    if others.size:
        inner = hessian[np.ix_(others, others)]
        follow = -np.linalg.pinv(inner, rcond=1e-8) @ hessian[others, j] * (at - best[j])
        # Ridges bend: where the quadratic sends the others far, the search would begin where nothing can be simulated.
        start[others] = np.clip(best[others] + np.clip(follow, -1.5, 1.5), -MAX_COORDINATE, MAX_COORDINATE)
    start[j] = at
    return start


def _crossings(at: Array, rise: Array, threshold: float) -> tuple[float, float]:
    """Return the crossings of the threshold below and above the minimum; NaN where there is none."""
    least = int(np.nanargmin(rise))
    crossings = []
    for places in (range(least, -1, -1), range(least, len(at))):
        crossing = np.nan
        previous = least
        for position in places:
            if np.isnan(rise[position]):
                continue
            if rise[position] > threshold:
                # The square root of the rise is nearly straight.
                low, high = np.sqrt(rise[previous]), np.sqrt(rise[position])
                share = (np.sqrt(threshold) - low) / (high - low)
                crossing = float(at[previous] + share * (at[position] - at[previous]))
                break
            previous = position
        crossings.append(crossing)
    return crossings[0], crossings[1]


def _only(best: Array, j: int, at: float, n: int) -> Array:
    point = best[:n].copy()
    point[j] = at if np.isfinite(at) else 0.0
    return point
