"""Free parameters with their limits and priors, and the unconstrained coordinates of the search.

A coordinate is any real number: the logit of the relative position between the limits, on a logarithmic scale where
the lower limit is positive. Knows neither data nor the model's equations.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.errors import DataError, did_you_mean
from immunosim.parameters import ParameterSet

FARTHEST = 30.0
"""Largest coordinate: beyond it a parameter equals its limit to rounding."""

RANGE_FACTOR = 10.0
"""Within its limits, a parameter is searched from a tenth to ten times its value."""


@dataclass(frozen=True)
class FreeParameter:
    """A free parameter of a fit.

    Attributes
    ----------
    name, label, unit : str
    value : float
        Value before the fit.
    lower, upper : float
        Limits of the search.
    prior_median, prior_sd : float
        Lognormal prior: its median in the parameter's unit and the standard deviation of its logarithm; NaN for none.
    is_nuisance : bool
        Whether it is free under its prior alone, so that its uncertainty counts, and is not reported.
    """

    name: str
    label: str
    unit: str
    value: float
    lower: float
    upper: float
    prior_median: float = math.nan
    prior_sd: float = math.nan
    is_nuisance: bool = False

    @property
    def has_prior(self) -> bool:
        """Whether it has a prior."""
        return math.isfinite(self.prior_sd)

    @property
    def is_log(self) -> bool:
        """Whether it is searched on a logarithmic scale."""
        return self.lower > 0.0

    def without_prior(self) -> FreeParameter:
        """Return the parameter without its prior."""
        return replace(self, prior_median=math.nan, prior_sd=math.nan)


@dataclass(frozen=True, eq=False)
class Coordinates:
    """The coordinates of several parameters.

    Attributes
    ----------
    parameters : tuple of FreeParameter
    """

    parameters: tuple[FreeParameter, ...]

    def __len__(self) -> int:
        """Return the number of parameters."""
        return len(self.parameters)

    @property
    def names(self) -> list[str]:
        """Names of the parameters."""
        return [parameter.name for parameter in self.parameters]

    @property
    def reported(self) -> list[str]:
        """Names of the parameters whose values are asked for."""
        return [parameter.name for parameter in self.parameters if not parameter.is_nuisance]

    @property
    def nuisance(self) -> list[str]:
        """Names of the parameters that are free under their priors alone."""
        return [parameter.name for parameter in self.parameters if parameter.is_nuisance]

    def only_reported(self) -> Coordinates:
        """Return the coordinates of the reported parameters."""
        return Coordinates(tuple(parameter for parameter in self.parameters if not parameter.is_nuisance))

    @property
    def have_priors(self) -> bool:
        """Whether every parameter has a prior."""
        return all(parameter.has_prior for parameter in self.parameters)

    @property
    def _ends(self) -> tuple[Array, Array]:
        ends = [(parameter.lower, parameter.upper) for parameter in self.parameters]
        low, high = np.array(ends).T
        is_log = self._is_log
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(is_log, np.log(low), low), np.where(is_log, np.log(high), high)

    @property
    def _is_log(self) -> Array:
        return np.array([parameter.is_log for parameter in self.parameters])

    def values_at(self, coordinates: Array) -> Array:
        """Return parameters, the same shape (..., n), in their own units."""
        low, high = self._ends
        share = 1.0 / (1.0 + np.exp(-np.clip(coordinates, -FARTHEST, FARTHEST)))
        plain = low + (high - low) * share
        return np.where(self._is_log, np.exp(plain), plain)

    def slopes_at(self, coordinates: Array) -> Array:
        """Return the derivatives of the parameters by their coordinates, the same shape."""
        low, high = self._ends
        share = 1.0 / (1.0 + np.exp(-np.clip(coordinates, -FARTHEST, FARTHEST)))
        plain = (high - low) * share * (1.0 - share)
        return np.where(self._is_log, self.values_at(coordinates) * plain, plain)

    def of(self, values: Array) -> Array:
        """Return the coordinates of parameters, the same shape (..., n)."""
        low, high = self._ends
        with np.errstate(divide="ignore"):
            plain = np.where(self._is_log, np.log(values), values)
        # At a limit the logit is infinite, and a search that starts there could never move.
        share = np.clip((plain - low) / (high - low), 1e-13, 1.0 - 1e-13)
        positions: Array = np.log(share) - np.log1p(-share)
        return positions

    def log_priors(self, values: Array) -> Array:
        """Return the logarithm of each prior's density (without constants), the same shape (..., n); 0 for none."""
        medians, precision = self._priors
        with np.errstate(divide="ignore"):
            distance = np.where(precision > 0.0, np.log(values / medians), 0.0)
        density: Array = -0.5 * precision * distance**2
        return density

    @property
    def _priors(self) -> tuple[Array, Array]:
        medians = np.array([free.prior_median if free.has_prior else 1.0 for free in self.parameters])
        return medians, np.array([free.prior_sd**-2 if free.has_prior else 0.0 for free in self.parameters])

    def log_prior(self, values: Array) -> tuple[Array, Array, Array]:
        """Return the logarithm of the priors' density (without constants) and its derivatives by log parameters.

        Parameters
        ----------
        values : ndarray, shape (..., n)

        Returns
        -------
        value : ndarray, shape (...)
        slope, curvature : ndarray, shape (..., n)
            First derivative by the logarithm of each parameter, and minus the second.
        """
        medians, precision = self._priors
        with np.errstate(divide="ignore"):
            distance = np.where(precision > 0.0, np.log(values / medians), 0.0)
        slope = -precision * distance
        return -0.5 * (precision * distance**2).sum(axis=-1), slope, np.broadcast_to(precision, slope.shape)


def plain_name(parameters: ParameterSet, name: str) -> str:
    """Return the name of a parameter that may be written as its key in a scenario."""
    return parameters.set_by(name) or name.removeprefix("parameters.")


def free_parameter(parameters: ParameterSet, name: str, value: float, priors: bool = True) -> FreeParameter:
    """Return a parameter to fit, with the limits and the prior of its set.

    Parameters
    ----------
    parameters : ParameterSet
    name : str
        Of a primary parameter, or its key in the scenario.
    value : float
        Of the patient before the fit.
    priors : bool
        Whether the set's priors are kept.

    Raises
    ------
    DataError
        If the parameter is unknown, or cannot be searched.
    """
    plain = plain_name(parameters, name)
    if plain not in parameters:
        raise DataError("is not a parameter", key=f"free {name}", cure=did_you_mean(plain, parameters))
    about = parameters[plain]
    if not value > 0.0:
        cure = "give it a positive value in the scenario"
        reason = f"has the value {value:g}, which cannot be searched on a logarithmic scale"
        raise DataError(reason, key=f"free {name}", cure=cure)
    lower, upper = max(about.lower, value / RANGE_FACTOR), min(about.upper, value * RANGE_FACTOR)
    parameter = FreeParameter(plain, about.label, about.unit, value, lower, upper)
    prior = about.prior_of_patients
    if priors and prior is not None:
        parameter = replace(parameter, prior_median=prior.median, prior_sd=prior.sd)
    return parameter


def coordinates_of(
    parameters: ParameterSet,
    values: dict[str, float],
    names: Sequence[str],
    priors: bool = True,
    nuisance: Collection[str] = (),
) -> Coordinates:
    """Return the coordinates of parameters by name.

    Parameters
    ----------
    parameters : ParameterSet
    values : dict of str to float
        Before the fit.
    names : sequence of str
    priors : bool
        Whether the set's priors are kept.
    nuisance : collection of str
        Those among them that are not reported.

    Raises
    ------
    DataError
        If a name is unknown or given twice.
    """
    chosen: list[FreeParameter] = []
    for name in names:
        plain = plain_name(parameters, name)
        parameter = free_parameter(parameters, name, values.get(plain, math.nan), priors)
        parameter = replace(parameter, is_nuisance=plain in nuisance)
        if parameter.name in [other.name for other in chosen]:
            raise DataError("is named twice", key=f"free {name}", cure="leave one out")
        chosen.append(parameter)
    if not chosen:
        raise DataError("there is nothing to fit", key="free", cure="name at least one parameter")
    return Coordinates(tuple(chosen))
