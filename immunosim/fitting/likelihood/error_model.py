"""Residual error of measurements, and their likelihood including censored values (M3).

Every measurement gets a standardised residual z. For a censored value the likelihood is the probability that the
measurement falls below its limit, above it, or into its interval (``censoring``). A total and its subsets, drawn from
one sample, share an error: a subset is a share of the counted total, so that its standardised error is
sqrt(r) u + sqrt(1 - r) e, with u that of the total and e its own. Student's distribution has the same scale and heavier
tails: an outlier moves a fit less.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from immunosim.codegen.loader import Array
from immunosim.errors import DataError, QuantityError
from immunosim.fitting.likelihood.censored_samples import CensoredSample, alone, censored_sample
from immunosim.observations import Measurement
from immunosim.units import parse_quantity

STUDENT_DEGREES = 4.0
"""Degrees of freedom that data of ordinary quality call for (Lange, Little and Taylor 1989); assumed."""

KINDS = ("proportional", "additive", "combined", "lognormal")

USUAL_SD = 0.132
"""Default relative standard deviation: repeated counts from week to week (ajcp1978)."""

USUAL_SHARED = 0.5
"""Fraction of a subset's error variance shared with the total count; assumed."""

Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]

CERTAIN = 40.0
"""Standardised distance from which a value is below a limit for certain, to the last bit."""


MAX_RELATIVE_SD = 5.0
"""Largest relative error that is taken for one and not for percent: a geometric standard deviation of 150."""


@dataclass(frozen=True)
class ErrorModel:
    """The error model of one analyte.

    Attributes
    ----------
    kind : str
        ``lognormal``: the logarithm has standard deviation ``relative``. ``proportional``: the value has ``relative``
        times the prediction, ``additive``: ``absolute``, ``combined``: the root of the sum of both squares.
    relative : float
    absolute : float
        In the unit of the analyte.
    is_estimated : bool
        Whether a common factor on both is fitted.
    degrees : float
        Degrees of freedom of Student's distribution; infinite for the normal one.
    """

    kind: str = "lognormal"
    relative: float = USUAL_SD
    absolute: float = 0.0
    is_estimated: bool = False
    degrees: float = np.inf

    def __post_init__(self) -> None:
        """Refuse unknown error models.

        Raises
        ------
        DataError
            If the kind is unknown or its size is not positive.
        """
        if self.kind not in KINDS:
            raise DataError(f'unknown error model "{self.kind}"', key="noise", cure=f"choose from {', '.join(KINDS)}")
        needed = {"additive": (self.absolute,), "combined": (self.relative, self.absolute)}
        if not all(0.0 < size < np.inf for size in needed.get(self.kind, (self.relative,))):
            raise DataError(f"{self.kind} noise needs a positive size", key="noise", cure="write cd4=lognormal:0.15")
        if self.relative > MAX_RELATIVE_SD:
            reason = f"{self.kind} noise of {self.relative:g} is {100.0 * self.relative:g} %"
            raise DataError(reason, key="noise", cure="write a fraction, such as 0.15 for 15 %")

    @property
    def allows_zero(self) -> bool:
        """Whether a value of zero has a density."""
        return self.kind != "lognormal"

    @classmethod
    def parse(cls, text: str, unit: str = "1") -> ErrorModel:
        """Parse an error model such as ``lognormal:0.15``, ``combined:0.1:20`` or ``lognormal:0.15:student``.

        Parameters
        ----------
        text : str
        unit : str, optional
            Of the analyte, the unit of an absolute size without one.

        Raises
        ------
        DataError
            If the text has another form.
        """
        kind, *parts = [part.strip() for part in text.split(":")]
        is_estimated, degrees = "estimated" in parts, STUDENT_DEGREES if "student" in parts else np.inf
        sizes = [part for part in parts if part not in ("estimated", "student")]
        units = {"additive": [unit], "combined": ["1", unit]}.get(kind, ["1"])
        cure = "write for example lognormal:0.15 or combined:0.1:20"
        if len(sizes) > len(units):
            raise DataError(f'unknown error model "{text}"', key="noise", cure=cure)
        try:
            read = [parse_quantity(size, of, bare=True) for size, of in zip(sizes, units, strict=False)]
        except QuantityError as error:
            if error.reason.endswith("is not a quantity"):
                raise DataError(f'unknown error model "{text}"', key="noise", cure=cure) from error
            raise DataError(error.reason, key="noise", cure=error.cure) from error
        if kind == "additive":
            return cls(kind, 0.0, read[0] if read else 0.0, is_estimated, degrees)
        return cls(kind, read[0] if read else USUAL_SD, read[1] if len(read) > 1 else 0.0, is_estimated, degrees)


@dataclass(frozen=True, eq=False)
class Scatter:
    """The noise of all measurements of a patient, in the order of the measurements.

    Attributes
    ----------
    is_log : ndarray of bool, shape (n,)
    relative, absolute : ndarray, shape (n,)
    factor_of : ndarray of int, shape (n,)
        Index of the estimated factor on the standard deviation; -1 where it is fixed.
    whitening : ndarray, shape (n, n)
        Transforms correlated residuals of quantified measurements into independent ones.
    log_determinant : float
        Of the correlations.
    mixing : ndarray, shape (n, n)
        Transforms independent errors into those of simulated measurements before censoring.
    samples : tuple of CensoredSample
        Those with censored values.
    lower : ndarray, shape (n,)
        Lower ends of the intervals that values lie in; 0 where there is none.
    degrees : ndarray, shape (n,)
        Of freedom of Student's distribution; infinite for the normal one.
    noise : mapping of str to ErrorModel
        From which all of it follows, by analyte.
    shared : float
    """

    is_log: Flags
    relative: Array
    absolute: Array
    factor_of: Integers
    whitening: Array
    log_determinant: float
    mixing: Array
    samples: tuple[CensoredSample, ...]
    lower: Array
    degrees: Array
    noise: Mapping[str, ErrorModel]
    shared: float


def scatter_of(
    measurements: Sequence[Measurement],
    noise: Mapping[str, ErrorModel],
    factors: Sequence[str],
    shared: float,
    totals: Collection[str],
) -> Scatter:
    """Return the noise of measurements.

    Parameters
    ----------
    measurements : sequence of Measurement
        Measurements at one time share an error.
    noise : mapping of str to Noise
        By analyte.
    factors : sequence of str
        Analytes whose noise is estimated.
    shared : float
        Fraction of a subset's error variance shared with the total count.
    totals : collection of str
        Total counts of which the others are subsets.

    Raises
    ------
    DataError
        If the share leaves a subset no error of its own, or is none.
    """
    if not 0.0 <= shared < 1.0:
        cure = "give a fraction from 0 to 0.99"
        raise DataError(f"a subset cannot share {shared:g} of its error variance", key="shared", cure=cure)
    chosen = [noise[measurement.analyte] for measurement in measurements]
    spread = np.array([measurement.spread for measurement in measurements])
    whitening, log_determinant = _whitening(measurements, shared, totals)
    relative = np.array([0.0 if error_model.kind == "additive" else error_model.relative for error_model in chosen])
    return Scatter(
        is_log=np.array([error_model.kind == "lognormal" for error_model in chosen]),
        relative=np.hypot(relative, spread),
        absolute=np.array(
            [error_model.absolute if error_model.kind in ("additive", "combined") else 0.0 for error_model in chosen]
        ),
        factor_of=np.array(
            [
                factors.index(measurement.analyte) if measurement.analyte in factors else -1
                for measurement in measurements
            ]
        ),
        whitening=whitening,
        log_determinant=log_determinant,
        mixing=mixing_of(measurements, shared, totals),
        samples=tuple(_censored_samples(measurements, noise, shared, totals)),
        lower=np.array([seen.lower if seen.is_between else 0.0 for seen in measurements]),
        degrees=np.array([model.degrees for model in chosen]),
        noise=dict(noise),
        shared=shared,
    )


def _censored_samples(
    measurements: Sequence[Measurement], noise: Mapping[str, ErrorModel], shared: float, totals: Collection[str]
) -> Iterator[CensoredSample]:
    """Yield what was drawn at one time, where some of it is censored.

    A second total is alone, and so is all of a sample with heavy tails, whose joint distribution has no such integral.
    """
    above = frozenset(k for k, seen in enumerate(measurements) if seen.is_above)
    between = frozenset(k for k, seen in enumerate(measurements) if seen.is_between)
    for time in dict.fromkeys(seen.time for seen in measurements if seen.is_censored):
        drawn = [k for k, seen in enumerate(measurements) if seen.time == time]
        counted = [k for k in drawn if measurements[k].analyte in totals]
        together = [k for k in drawn if k not in counted[1:]]
        censored = [k for k in together if measurements[k].is_censored]
        known = [k for k in together if not measurements[k].is_censored]
        degrees = {k: noise[measurements[k].analyte].degrees for k in drawn}
        if shared == 0.0 or len(together) == 1 or min(degrees.values()) < np.inf:
            yield from (alone(k, degrees[k], k in above, k in between) for k in censored)
        elif censored:
            total = counted[0] if counted else None
            yield censored_sample(censored, known, total, shared, above, between)
        yield from (alone(k, degrees[k], k in above, k in between) for k in counted[1:] if measurements[k].is_censored)


def mixing_of(measurements: Sequence[Measurement], shared: float, totals: Collection[str]) -> Array:
    """Return the Cholesky factor of the correlations of the errors, as if all were quantified, shape (n, n).

    A subset's error has the share ``shared`` from the total of its sample; a second total is another sample.
    """
    correlation = np.eye(len(measurements))
    first: dict[float, int] = {}
    for i, measurement in enumerate(measurements):
        if measurement.analyte in totals:
            first.setdefault(measurement.time, i)
    for i, measurement in enumerate(measurements):
        for j, other in enumerate(measurements[:i]):
            n_totals = (measurement.analyte in totals) + (other.analyte in totals)
            if measurement.time != other.time:
                continue
            if n_totals == 0:
                correlation[i, j] = correlation[j, i] = shared
            elif n_totals == 1 and first[measurement.time] in (i, j):
                correlation[i, j] = correlation[j, i] = np.sqrt(shared)
    return np.asarray(np.linalg.cholesky(correlation), np.float64)


def _whitening(measurements: Sequence[Measurement], shared: float, totals: Collection[str]) -> tuple[Array, float]:
    """Return the whitening matrix of the quantified values, and the log determinant of their correlations."""
    known = [i for i, measurement in enumerate(measurements) if not measurement.is_censored]
    factor = np.eye(len(measurements))
    # The triangular root and not the symmetric one: a residual is then that of a measurement given those before it, so
    # that likelihoods of single measurements add up.
    factor[np.ix_(known, known)] = mixing_of([measurements[i] for i in known], shared, totals)
    return np.asarray(np.linalg.inv(factor), np.float64), float(2.0 * np.log(np.diag(factor)).sum())


def spread_at(scatter: Scatter, predicted: Array, log_factors: Array) -> Array:
    """Return standard deviations at predictions, the same shape (..., n): of logarithms where noise is lognormal.

    Parameters
    ----------
    scatter : Scatter
    predicted : ndarray, shape (..., n)
    log_factors : ndarray, shape (..., n_factors)
    """
    plain = np.sqrt((scatter.relative * predicted) ** 2 + scatter.absolute**2)
    sd = np.where(scatter.is_log, scatter.relative, plain)
    if log_factors.shape[-1]:
        chosen = log_factors[..., np.maximum(scatter.factor_of, 0)]
        sd = sd * np.exp(np.where(scatter.factor_of >= 0, chosen, 0.0))
    return sd


def standardised(
    scatter: Scatter, values: Array, is_censored: Flags, predicted: Array, log_factors: Array
) -> tuple[Array, Array, Array, Array]:
    """Return standardised residuals and their derivatives.

    Parameters
    ----------
    scatter : Scatter
    values, is_censored : ndarray, shape (n,)
    predicted : ndarray, shape (n,)
        Not negative. Of a prediction of 0 with lognormal or proportional noise, values are below any limit for certain,
        and anything else is impossible.
    log_factors : ndarray, shape (n_factors,)
        Logarithms of the estimated factors.

    Returns
    -------
    z : ndarray, shape (n,)
        (value - prediction) / sd; of the logarithms where the noise is lognormal.
    by_prediction, by_log_factor : ndarray, shape (n,)
        Derivatives of z.
    log_sd : ndarray, shape (n, 2)
        Logarithm of the standard deviation of the value's density, and its derivative by the prediction.
    """
    scale = np.exp(np.where(scatter.factor_of >= 0, _chosen(log_factors, scatter.factor_of), 0.0))
    variance = (scatter.relative * predicted) ** 2 + scatter.absolute**2
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        sd = scale * np.where(scatter.is_log, scatter.relative, np.sqrt(variance))
        distance = np.where(scatter.is_log, np.log(values / predicted), values - predicted)
        z = distance / sd
        sd_slope = np.where(scatter.is_log, 0.0, scatter.relative**2 * predicted / variance)  # d log sd / d prediction
        by_prediction = -np.where(scatter.is_log, 1.0 / predicted, 1.0) / sd - z * sd_slope
        # The limit of the formulas where nothing is predicted and nothing scatters.
        is_certain = is_censored & is_certainly_zero(scatter, predicted)
        z, sd_slope = np.where(is_certain, CERTAIN, z), np.where(is_certain, 0.0, sd_slope)
        by_prediction, sd = np.where(is_certain, 0.0, by_prediction), np.where(is_certain, 1.0, sd)
        # Of the value and not of its logarithm: else lognormal and additive errors could not be compared by likelihood.
        log_density_sd = np.log(sd) + np.where(scatter.is_log & ~is_censored, np.log(values), 0.0)
    return z, by_prediction, -z, np.stack([log_density_sd, sd_slope], axis=-1)


def is_certainly_zero(scatter: Scatter, predicted: Array) -> Flags:
    """Return whether each measurement can be nothing but zero: none is predicted, and the error is relative to it."""
    return np.asarray((predicted == 0.0) & (scatter.is_log | (scatter.absolute == 0.0)), np.bool_)


def _chosen(log_factors: Array, places: Integers) -> Array:
    return log_factors[np.maximum(places, 0)] if log_factors.size else np.zeros(len(places))
