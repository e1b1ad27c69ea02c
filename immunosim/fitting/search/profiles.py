"""Profiles: how much worse the fit becomes when one parameter is held at another value and all others follow.

Where the others follow to does not depend on the prior of the parameter that is held. So one walk gives two curves:
with that prior, whose interval is that of the best value, and without it, which shows what the data (and the priors of
the others) say by themselves. A limit of an interval is where the curve rises by half the quantile of chi-squared with
one degree.

A profile walks outwards from the best point. Every step starts where the quadratic of the last one says that the
others follow to, and is as long as the curve was steep: a fixed grid spent most of its simulations far outside of the
interval.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.fitting.likelihood.posterior import Posterior
from immunosim.fitting.search.estimation import Estimate
from immunosim.fitting.search.multistart import Ask, Search, search_from, work_together

CONFIDENCE = 0.9
N_POINTS = 3
"""Points between the best value and the end of its interval."""

STOP = 2.0
"""Rise at which a walk ends, in rises at the end of the interval."""

MOST_STEPS = 40

TOLERANCE = 0.03
"""Norm of the gradient at which a point of a profile is good enough: ends of intervals keep five digits."""

WIDEST_STEP = 1.0
"""Coordinates between two points of a profile at most."""

MAX_COORDINATE = 4.0
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
        Of minus the logarithm of the likelihood above its least value, without the parameter's own prior; NaN where it
        could not be computed.
    rise_with_prior : ndarray, shape (n,)
        The same of the posterior, with that prior.
    best : float
        The value with the greatest likelihood.
    threshold : float
        Rise at the ends of the interval.
    low, high : float
        Ends of the interval by the data, without the parameter's own prior; NaN where the profile does not rise that
        far before the limit of the search.
    low_with_prior, high_with_prior : float
        Ends of the interval of the posterior; NaN likewise.
    lower, upper : float
        Limits of the search.
    others : ndarray, shape (n, n_unknowns)
        Where the unknowns are along the profile, in their own units.
    """

    name: str
    unit: str
    values: Array
    rise: Array
    rise_with_prior: Array
    best: float
    threshold: float
    low: float
    high: float
    low_with_prior: float
    high_with_prior: float
    lower: float
    upper: float
    others: Array

    @property
    def is_closed(self) -> tuple[bool, bool]:
        """Whether the interval by the data ends below and above."""
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
        By default all that are reported.
    confidence : float
    n_points : int
        Between the best value and each end of its interval.
    report : callable, optional
        Receives the number of finished sides of profiles, and the total.
    """
    from scipy.stats import chi2

    coordinates = estimate.posterior.coordinates
    chosen = [coordinates.names.index(name) for name in names or coordinates.reported]
    threshold = 0.5 * float(chi2.ppf(confidence, 1))
    walks = work_together(
        estimate.posterior.evaluate,
        [
            partial(_walk, estimate=estimate, j=j, side=side, threshold=threshold, n_points=n_points)
            for j in chosen
            for side in (-1, 1)
        ],
        report,
    )
    sides = zip(chosen, walks[::2], walks[1::2], strict=True)
    return {coordinates.names[j]: _profile(estimate, j, below, above, threshold) for j, below, above in sides}


def _walk(ask: Ask, estimate: Estimate, j: int, side: int, threshold: float, n_points: int) -> list[Search]:
    """Return the searches with one unknown held ever farther to one side of its best value."""
    prior, best = _OwnPrior(estimate.posterior, j), estimate.best
    wanted = np.sqrt(threshold) / n_points  # of the root of the rise, which is straight where the curve is a parabola
    step = float(np.clip(wanted * np.sqrt(2.0) * _sd(best.hessian, j), 1e-3, WIDEST_STEP))
    walked, last, at = list[Search](), best, float(np.clip(best.end[j], -MAX_COORDINATE, MAX_COORDINATE))
    least, before = prior.without(best), (0.0, 0.0)
    while len(walked) < MOST_STEPS and side * at < MAX_COORDINATE:
        at = side * min(side * at + step, MAX_COORDINATE)
        last = search_from(ask, _moved(last, j, at), j, TOLERANCE)
        if not np.isfinite(last.value):
            break
        walked.append(last)
        least = min(least, prior.without(last))
        rises = (max(prior.without(last) - least, 0.0), max(last.value - best.value, 0.0))
        if rises[0] > STOP * threshold and rises[1] > threshold:
            break
        # With the prior the curve is steep where the data are flat: beyond its interval it no longer counts.
        followed = 2 if rises[1] < STOP * threshold else 1
        grown = max(abs(np.sqrt(now) - np.sqrt(then)) for now, then in zip(rises[:followed], before, strict=False))
        step = min(step * float(np.clip(wanted / max(grown, 1e-9), 0.5, 2.0)), WIDEST_STEP)
        before = rises
    return walked


class _OwnPrior:
    """The prior of one unknown, to be taken out of a posterior."""

    def __init__(self, posterior: Posterior, j: int) -> None:
        self._posterior, self._j = posterior, j

    def without(self, search: Search) -> float:
        """Return minus the logarithm of the posterior where a search ended, without the prior."""
        return search.value + float(self._posterior.log_priors(search.end)[self._j])


def _sd(hessian: Array, j: int) -> float:
    """Return the standard deviation of an unknown by the normal approximation."""
    return float(np.sqrt(max(np.linalg.pinv(hessian, rcond=1e-10, hermitian=True)[j, j], 1e-12)))


def _moved(last: Search, j: int, at: float) -> Array:
    """Return a start for the others: where the quadratic says that they follow to."""
    others = np.array([k for k in range(len(last.end)) if k != j])
    start = last.end.copy()
    if others.size:
        inner = last.hessian[np.ix_(others, others)]
        follow = -np.linalg.pinv(inner, rcond=1e-8, hermitian=True) @ last.hessian[others, j] * (at - last.end[j])
        start[others] = np.clip(last.end[others] + np.clip(follow, -1.5, 1.5), -MAX_COORDINATE, MAX_COORDINATE)
    start[j] = at
    return start


def _profile(estimate: Estimate, j: int, below: list[Search], above: list[Search], threshold: float) -> Profile:
    posterior, prior = estimate.posterior, _OwnPrior(estimate.posterior, j)
    points = [*reversed(below), estimate.best, *above]
    at = np.array([point.end[j] for point in points])
    natural = posterior.natural(np.array([point.end for point in points]))
    data = np.array([prior.without(point) for point in points])
    least, best = _lowest(at, data, 0.25 * threshold)
    rise, whole = np.maximum(data - least, 0.0), np.array([point.value for point in points]) - estimate.best.value
    parameter = posterior.coordinates.parameters[j]

    def value(coordinate: float) -> float:
        if not np.isfinite(coordinate):
            return float("nan")
        point = estimate.best.end[: len(posterior.coordinates)].copy()
        point[j] = coordinate
        return float(posterior.coordinates.values_at(point)[j])

    low, high = (value(end) for end in _crossings(at, rise, threshold))
    low_with_prior, high_with_prior = (value(end) for end in _crossings(at, whole, threshold))
    return Profile(
        name=parameter.name,
        unit=parameter.unit,
        values=natural[:, j],
        rise=rise,
        rise_with_prior=whole,
        best=value(best),
        threshold=threshold,
        low=low,
        high=high,
        low_with_prior=low_with_prior,
        high_with_prior=high_with_prior,
        lower=parameter.lower,
        upper=parameter.upper,
        others=natural,
    )


def _lowest(at: Array, values: Array, most: float) -> tuple[float, float]:
    """Return the least value of a curve and where it is, by the parabola through the three lowest neighbours.

    A parabola that lies farther below them than ``most`` is not that of the curve, and is not believed.
    """
    k = int(np.argmin(values))
    if k in (0, len(values) - 1):
        return float(values[k]), float(at[k])
    curvature, slope, value = np.polyfit(at[k - 1 : k + 2] - at[k], values[k - 1 : k + 2], 2)
    step = -0.5 * slope / curvature if curvature > 0.0 else 0.0
    least = float(value + slope * step + curvature * step**2)
    return (least, float(at[k] + step)) if 0.0 <= values[k] - least <= most else (float(values[k]), float(at[k]))


def _crossings(at: Array, rise: Array, threshold: float) -> tuple[float, float]:
    """Return where the rise passes the threshold below and above its least place; NaN where it does not."""
    least = int(np.argmin(rise))
    ends = []
    for places in (range(least - 1, -1, -1), range(least + 1, len(at))):
        crossing, previous = np.nan, least
        for index in places:
            if rise[index] > threshold:
                # The square root of the rise is nearly straight.
                low, high = np.sqrt(max(rise[previous], 0.0)), np.sqrt(rise[index])
                share = (np.sqrt(threshold) - low) / (high - low)
                crossing = float(at[previous] + share * (at[index] - at[previous]))
                break
            previous = index
        ends.append(crossing)
    return ends[0], ends[1]
