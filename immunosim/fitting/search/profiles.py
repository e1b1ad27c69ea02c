"""Profile likelihood: how much worse the fit becomes when one parameter is held at another value and all others follow.

The prior of the profiled parameter itself is left out, so that the profile shows what the data (and the priors of the
others) say of it. A limit of the interval is where the profile rises by half the quantile of chi-squared with one
degree.
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
NEAREST, FARTHEST = 0.25, 8.0
"""Standard deviations between which a profile is computed, to both sides, ever farther apart; cut at the limits."""

WIDEST_GAP = 1.0
"""Coordinates that two points of a profile are apart at most."""

EDGE = 4.0
"""Coordinates of a limit that the search may not come closer to: a share of 0.018 from the end."""


@dataclass(frozen=True, eq=False)
class Profile:
    """The profile of one parameter.

    Attributes
    ----------
    name, unit : str
    values : ndarray, shape (n,)
        Of the parameter, rising.
    rise : ndarray, shape (n,)
        Of minus the logarithm of the likelihood above its least value; NaN where it could not be computed.
    best : float
        The value with the greatest likelihood.
    threshold : float
        Rise at the ends of the interval.
    low, high : float
        Ends of the interval; NaN where the profile does not rise that far before the limit of the search.
    lower, upper : float
        Limits of the search.
    others : ndarray, shape (n, n_unknowns)
        Where the unknowns are along the profile, in their own units.
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
        """Whether the interval ends below and above."""
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
        Told how many searches have ended, and of how many.
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
    own = _without_own_prior(estimate.posterior, j)
    (free,) = search_together(own.evaluate, estimate.best.end[np.newaxis])
    starts = np.stack([_moved(free.end, free.hessian, j, at) for at in _grid(free.end[j], free.hessian, j, n_points)])
    searches = search_together(own.evaluate, starts, [j] * len(starts), report=report)
    ends = np.array([one.end for one in searches] + [free.end])
    values = np.array([one.value for one in searches] + [free.value])
    order = np.argsort(ends[:, j])
    ends, values = ends[order], np.where(np.isfinite(values[order]), values[order], np.nan)
    rise = values - np.nanmin(values)
    natural = own.natural(ends)
    parameter = own.coordinates.parameters[j]
    low, high = _crossings(ends[:, j], rise, threshold)
    limits = (own.coordinates.values_at(_only(free.end, j, at, len(own.coordinates)))[j] for at in (low, high))
    below, above = (value if np.isfinite(at) else np.nan for value, at in zip(limits, (low, high), strict=True))
    best = float(natural[np.nanargmin(values), j])
    about = (parameter.name, parameter.unit, natural[:, j], rise, best, threshold, float(below), float(above))
    return Profile(*about, parameter.lower, parameter.upper, natural)


def _without_own_prior(posterior: Posterior, j: int) -> Posterior:
    parameters = list(posterior.coordinates.parameters)
    parameters[j] = parameters[j].without_prior()
    return replace(posterior, coordinates=Coordinates(tuple(parameters)))


def _grid(at: float, hessian: Array, j: int, n_points: int) -> list[float]:
    """Return coordinates to both sides of the best one, as far apart as the information suggests."""
    # Without its prior the data may say nothing of a parameter, and the information has no inverse.
    inverse = np.linalg.pinv(hessian, rcond=1e-10)
    sd = float(np.clip(np.sqrt(max(inverse[j, j], 1e-12)), 0.01, 4.0))
    middle = float(np.clip(at, -EDGE, EDGE))
    places = [middle + side * step * sd for side in (-1, 1) for step in np.geomspace(NEAREST, FARTHEST, n_points)]
    known = sorted({*(one for one in places if -EDGE < one < EDGE), -EDGE, EDGE})
    between = [
        float(one)
        for low, high in pairwise(known)
        for one in np.linspace(low, high, 1 + int(np.ceil((high - low) / WIDEST_GAP)))[1:-1]
    ]
    return sorted([*known, *between])


def _moved(best: Array, hessian: Array, j: int, at: float) -> Array:
    """Return a start for the others: where the quadratic says that they follow to."""
    others = np.array([k for k in range(len(best)) if k != j])
    start = best.copy()
    if others.size:
        inner = hessian[np.ix_(others, others)]
        follow = -np.linalg.pinv(inner, rcond=1e-8) @ hessian[others, j] * (at - best[j])
        # Ridges bend: where the quadratic sends the others far, the search would begin where nothing can be simulated.
        start[others] = np.clip(best[others] + np.clip(follow, -1.5, 1.5), -EDGE, EDGE)
    start[j] = at
    return start


def _crossings(at: Array, rise: Array, threshold: float) -> tuple[float, float]:
    """Return where the rise passes the threshold below and above its least place; NaN where it does not."""
    least = int(np.nanargmin(rise))
    found = []
    for places in (range(least, -1, -1), range(least, len(at))):
        crossing = np.nan
        previous = least
        for place in places:
            if np.isnan(rise[place]):
                continue
            if rise[place] > threshold:
                # The square root of the rise is nearly straight.
                low, high = np.sqrt(rise[previous]), np.sqrt(rise[place])
                share = (np.sqrt(threshold) - low) / (high - low)
                crossing = float(at[previous] + share * (at[place] - at[previous]))
                break
            previous = place
        found.append(crossing)
    return found[0], found[1]


def _only(best: Array, j: int, at: float, n: int) -> Array:
    point = best[:n].copy()
    point[j] = at if np.isfinite(at) else 0.0
    return point
