"""The identifiability of each parameter of a fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from immunosim.codegen.loader import Array
from immunosim.fitting.search.estimation import MIN_LOG_POSTERIOR_DIFFERENCE, Estimate, inverse
from immunosim.fitting.search.profiles import MAX_COORDINATE, Profile

MAX_CORRELATION = 0.95
"""Correlation above which a parameter is not identifiable on its own."""

NARROW_LOG_WIDTH = 1.0
"""Width of an interval (difference of logarithms) below which a parameter is identifiable despite correlations."""

MIN_LOG_MODE_DISTANCE = 0.25
"""Smallest difference of logarithms between distinct optima."""

MIN_BARRIER = 0.5
"""Smallest increase of the profile between distinct optima: a flat direction has none."""


@dataclass(frozen=True)
class ParameterVerdict:
    """The verdict on the identifiability of a parameter.

    Attributes
    ----------
    name, unit : str
    value, low, high : float
        Best value and bounds of its interval, both of the posterior; NaN where it is open.
    data_low, data_high : float
        Ends of the interval by the data, without the parameter's own prior; NaN where unbounded.
    kind : str
        ``identified``, ``one-sided``, ``flat``, ``multimodal`` or ``traded``.
    partner : str
        The parameter with which it is correlated.
    share_of_prior : float
        Posterior SD relative to prior SD; NaN without a prior.
    share_of_uninformed : float
        Fraction of its variance that would go if the parameters that are free but not reported were known.
    sentence : str
    is_at_limit : bool
        Whether the best value is at a limit of the search, which is then no result.
    """

    name: str
    unit: str
    value: float
    low: float
    high: float
    data_low: float
    data_high: float
    kind: str
    partner: str
    share_of_prior: float
    share_of_uninformed: float
    sentence: str
    is_at_limit: bool = False


def judge_parameters(estimate: Estimate, profile_by_name: Mapping[str, Profile]) -> list[ParameterVerdict]:
    """Return the verdict on every profiled parameter."""
    return [
        _judge(estimate, estimate.posterior.coordinates.names.index(name), profile)
        for name, profile in profile_by_name.items()
    ]


def _judge(estimate: Estimate, j: int, profile: Profile) -> ParameterVerdict:
    below, above = profile.is_closed
    partner, strength = _partner(estimate, j)
    parameter = estimate.posterior.coordinates.parameters[j]
    sd = float(np.sqrt(estimate.covariance[j, j]))
    share = min(sd / parameter.prior_sd, 1.0) if parameter.has_prior else float("nan")
    modes = _modes(estimate, j, profile)
    is_narrow = below and above and np.log(profile.high / profile.low) < NARROW_LOG_WIDTH
    if len(modes) > 1:
        kind = "multimodal"
    elif strength > MAX_CORRELATION and not is_narrow and _is_told_by_itself(estimate, j):
        kind = "traded"  # its interval may end because the partner is at a limit
    elif below and above:
        kind = "identified"
    else:
        kind = "one-sided" if below or above else "flat"
    is_at_limit = abs(float(estimate.best.end[j])) >= MAX_COORDINATE
    sentence = _sentence(kind, profile, partner, modes, parameter.has_prior)
    sentence += _at_a_limit(estimate, j) if is_at_limit else ""
    interval = (profile.low_with_prior, profile.high_with_prior, profile.low, profile.high)
    about = (parameter.name, parameter.unit, float(estimate.values[j]), *interval)
    shares = (share, share_of_uninformed(estimate, j))
    return ParameterVerdict(*about, kind, partner if kind == "traded" else "", *shares, sentence, is_at_limit)


def share_of_uninformed(estimate: Estimate, j: int) -> float:
    """Return the fraction of an unknown's variance that comes from the parameters that are free but not reported."""
    known = np.union1d(_of_interest(estimate), [j])
    alone = inverse(estimate.best.hessian[np.ix_(known, known)])
    whole = inverse(estimate.best.hessian)
    k = int(np.flatnonzero(known == j)[0])
    return float(np.clip(1.0 - alone[k, k] / whole[j, j], 0.0, 1.0))


def _of_interest(estimate: Estimate) -> NDArray[np.int64]:
    """Return the indices of the unknowns that are reported: parameters and factors on the noise."""
    parameters = estimate.posterior.coordinates.parameters
    nuisance = [parameter.is_nuisance for parameter in parameters] + [False] * len(estimate.posterior.factors)
    return np.flatnonzero(~np.array(nuisance))


def _at_a_limit(estimate: Estimate, j: int) -> str:
    """Return a sentence on the limit of the search at which the best value lies."""
    at, parameter = float(estimate.best.end[j]), estimate.posterior.coordinates.parameters[j]
    limit = parameter.lower if at < 0 else parameter.upper
    unit = "" if parameter.unit == "1" else f" {parameter.unit}"
    return f" The best value is at the limit of the search, {limit:.3g}{unit}, which `limits` widens."


def _sentence(kind: str, profile: Profile, partner: str, modes: list[float], has_prior: bool) -> str:
    # The interval of the table holds the parameter's own prior as well, and need not lie within these bounds.
    alone = "by the data alone " if has_prior else ""
    unit = "" if profile.unit == "1" else f" {profile.unit}"
    if kind == "identified":
        return f"Identifiable: {alone}between {profile.low:.3g} and {profile.high:.3g}{unit}."
    if kind == "multimodal":
        return f"Several values fit equally well: {', '.join(f'{mode:.3g}' for mode in modes)}{unit}."
    if kind == "traded":
        return f"Not identifiable on its own: strongly correlated with {partner}."
    if kind == "one-sided":
        if np.isfinite(profile.low):
            return f"Lower bound only: {alone}above {profile.low:.3g}{unit}."
        return f"Upper bound only: {alone}below {profile.high:.3g}{unit}."
    return f"Not identifiable: the profile is flat from {profile.lower:.3g} to {profile.upper:.3g}{unit}."


def _partner(estimate: Estimate, j: int) -> tuple[str, float]:
    """Return the parameter most correlated with this one, and the correlation, by the data without their own priors."""
    reported = [k for k, parameter in enumerate(estimate.posterior.coordinates.parameters) if not parameter.is_nuisance]
    if len(reported) < 2 or j not in reported:
        return "", 0.0
    covariance = inverse(_information(estimate)[np.ix_(reported, reported)], 1e-9)
    column = reported.index(j)
    sd = np.sqrt(np.diag(covariance))
    correlation = np.abs(covariance[column] / (sd[column] * sd))
    # A parameter without information is uncorrelated: only its own direction is flat.
    correlation[column] = 0.0
    k = int(np.argmax(correlation))
    return estimate.posterior.coordinates.names[reported[k]], float(correlation[k])


def _information(estimate: Estimate) -> Array:
    """Return the information of the data, shape (n_unknowns, n_unknowns), nuisance parameters taken out.

    These are known by their priors; the rows and columns that remain are without priors (a Schur complement), those of
    nuisance parameters are zero.
    """
    hessian, known = estimate.best.hessian, _of_interest(estimate)
    nuisance = np.setdiff1d(np.arange(len(hessian)), known)
    information = np.zeros_like(hessian)
    across = hessian[np.ix_(known, nuisance)]
    taken = across @ inverse(hessian[np.ix_(nuisance, nuisance)]) @ across.T if nuisance.size else 0.0
    precision = np.diag(estimate.posterior.prior_precision(estimate.best.end)[known])
    information[np.ix_(known, known)] = hessian[np.ix_(known, known)] - taken - precision
    return information


def _is_told_by_itself(estimate: Estimate, j: int) -> bool:
    """Return whether the data would identify a parameter within its limits if all others were known."""
    coordinates = estimate.posterior.coordinates
    information, parameter = _information(estimate)[j, j], coordinates.parameters[j]
    by_log = estimate.values[j] / coordinates.slopes_at(estimate.best.end[: len(coordinates)])[j]
    width = 2.0 * 1.645 / np.sqrt(max(information, 1e-300)) / by_log
    return bool(width < np.log(parameter.upper / parameter.lower))


def _modes(estimate: Estimate, j: int, profile: Profile) -> list[float]:
    """Return the distinct values of a parameter at equally good optima separated by worse values."""
    modes: list[float] = []
    for search in estimate.searches:
        # With few starts the best may be the only one, converged or not.
        if search is estimate.best or (
            search.is_converged and search.value - estimate.best.value < MIN_LOG_POSTERIOR_DIFFERENCE
        ):
            value = float(estimate.posterior.natural(search.end)[j])
            if all(abs(np.log(value / mode)) > MIN_LOG_MODE_DISTANCE for mode in modes):
                modes.append(value)
    modes.sort()
    between = (profile.values > modes[0]) & (profile.values < modes[-1]) & np.isfinite(profile.rise)
    has_barrier = bool(between.any()) and float(profile.rise[between].max()) > MIN_BARRIER
    return modes if has_barrier else modes[:1]
