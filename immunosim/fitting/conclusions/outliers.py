"""Outliers: measurements that lie far from what all others predict, named by patient, analyte, day and line.

The residual of a measurement given all others needs no further fit in the linear approximation: with Q, the inverse of
the covariance of all residuals (error and uncertainty of the parameters), it is (Q z)_i / Q_ii, and its standard
deviation Q_ii^-1/2 (Cook and Weisberg 1982, chapter 2, for correlated errors and with priors).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.fitting.conclusions.hypotheses import Hypothesis
from immunosim.fitting.likelihood.pointwise import pointwise_likelihood
from immunosim.fitting.likelihood.posterior import Posterior
from immunosim.fitting.likelihood.prediction import differentiate
from immunosim.fitting.likelihood.subject import Subject
from immunosim.fitting.search.estimation import Estimate, inverse

LOG_SHARE = float(np.log(0.01))
"""Logarithm of the fraction of measurements that are wrong, before the data are seen; assumed."""

LOG_RANGE = 4.0
"""Logarithms over which a wrong value is spread evenly, a factor of about seven to both sides; assumed."""

LEAST_ALLOWED, MOST_SHARE = 2, 0.15
"""Outliers that are always allowed, and the largest fraction of the measurements: more than that are another model."""


@dataclass(frozen=True)
class Outlier:
    """A measurement that lies far from what all others predict.

    Attributes
    ----------
    patient, analyte : str
    time : float, day
    line : int
        Of its table; 0 where there is none.
    value, expected, low, high : float
        Measured, and predicted by the fit without the outliers, with the 90 % interval of a new measurement.
    unit : str
    studentised : float
        Residual by its own standard deviation: that of the error and of the prediction together.
    p_value : float
        Of the residual, times the number of measurements (Bonferroni).
    """

    patient: str
    analyte: str
    time: float
    line: int
    value: float
    expected: float
    low: float
    high: float
    unit: str
    studentised: float
    p_value: float

    def __str__(self) -> str:
        """Return it in words."""
        unit = "" if self.unit == "1" else f" {self.unit}"
        line = f" (line {self.line})" if self.line else ""
        expected = f"expected {self.low:.3g} to {self.high:.3g}"
        return f"{self.analyte} of {self.value:.3g}{unit} on day {self.time:g}{line}, {expected}"


@dataclass(frozen=True, eq=False)
class _Linear:
    """Residuals near a point: z + slopes d, with the covariance of the errors; quantified values alone."""

    index: list[tuple[int, int]]
    z: Array
    slopes: Array
    covariance: Array
    log_sd: Array
    log_wrong: Array
    rest: Array
    rest_slope: Array


def outlier_alternative(posterior: Posterior, near: Estimate) -> tuple[Hypothesis | None, list[tuple[int, int]]]:
    """Return the same model with the outliers left out, and the patient and index of each; None where there are none.

    Parameters
    ----------
    posterior : Posterior
    near : Estimate
        At whose best point the model is linearised, best of a fit with heavy tails, which outliers do not pull.
    """
    linear = _linearised(posterior, near.best.end[: posterior.n_unknowns])
    dropped = _dropped(linear)
    if not dropped:
        return None, []
    left_out = [linear.index[k] for k in dropped]
    subjects = []
    for s, subject in enumerate(posterior.subjects):
        kept = [i for i in range(len(subject.measurements)) if (s, i) not in left_out]
        if not kept:
            return None, []
        subjects.append(subject.keeping(kept, posterior.factors))
    constant = float(linear.log_wrong[dropped].sum())
    count = "one measurement is an outlier" if len(dropped) == 1 else f"{len(dropped)} measurements are outliers"
    cure = "check them; leave them out, or let noise such as cd4=lognormal:0.15:student weigh them less"
    changed = replace(posterior, subjects=tuple(subjects))
    return Hypothesis("outliers", "outliers", changed, lambda _: count, cure, constant), left_out


def outliers_of(posterior: Posterior, without: Estimate, left_out: list[tuple[int, int]]) -> list[Outlier]:
    """Return outliers with what the fit without them expects, the largest residual first.

    Parameters
    ----------
    posterior : Posterior
        With all measurements.
    without : Estimate
        Fit without the outliers.
    left_out : list of (int, int)
        Patient and index of each.
    """
    from scipy.stats import norm

    linear = _linearised(posterior, without.best.end)
    covariance = inverse(without.best.hessian)
    rows = []
    for s, i in left_out:
        k = linear.index.index((s, i))
        subject = posterior.subjects[s]
        seen, is_log = subject.measurements[i], bool(subject.scatter.is_log[i])
        spread = float(np.sqrt(1.0 + linear.slopes[k] @ covariance @ linear.slopes[k]))
        sd = float(np.exp(linear.log_sd[k])) / (seen.value if is_log else 1.0)
        middle = seen.value * np.exp(-sd * linear.z[k]) if is_log else seen.value - sd * linear.z[k]
        reach = float(norm.ppf(0.95)) * sd * spread
        low, high = (middle * np.exp([-reach, reach])) if is_log else (max(middle - reach, 0.0), middle + reach)
        t = float(linear.z[k]) / spread
        p_value = min(1.0, 2.0 * float(norm.sf(abs(t))) * len(linear.z))
        about = (seen.patient, seen.analyte, seen.time, seen.line, seen.value)
        rows.append(Outlier(*about, float(middle), float(low), float(high), subject.units[seen.analyte], t, p_value))
    return sorted(rows, key=lambda row: -abs(row.studentised))


def _dropped(linear: _Linear) -> list[int]:
    """Return the indices of outliers, dropped one by one while a wrong value explains the largest residual better.

    None where that would not end before there are too many.
    """
    kept, dropped = list(range(len(linear.z))), list[int]()
    while len(dropped) <= max(LEAST_ALLOWED, MOST_SHARE * len(linear.z)):
        precision = np.linalg.inv(linear.covariance[np.ix_(kept, kept)])
        slopes = precision @ linear.slopes[kept]
        information = linear.rest + linear.slopes[kept].T @ slopes
        step = np.linalg.solve(information, linear.rest_slope + slopes.T @ linear.z[kept])
        z = linear.z[kept] - linear.slopes[kept] @ step
        given = np.maximum(np.diag(precision - slopes @ np.linalg.solve(information, slopes.T)), 1e-12)
        squared = (precision @ z) ** 2 / given
        worst = int(np.argmax(squared))
        log_right = 0.5 * (np.log(given[worst] / (2.0 * np.pi)) - squared[worst]) - linear.log_sd[kept[worst]]
        if log_right > linear.log_wrong[kept[worst]]:
            return dropped
        dropped.append(kept.pop(worst))
    return []


def _linearised(posterior: Posterior, unknowns: Array) -> _Linear:
    """Return the residuals of all quantified values at a point, with their slopes by the unknowns."""
    from scipy.linalg import block_diag

    n = len(posterior.coordinates)
    point, factors = unknowns[np.newaxis], unknowns[n:]
    values = posterior.coordinates.values_at(point[:, :n])
    patient_values = posterior.of_patients(values)
    derivatives = differentiate(posterior.subjects, patient_values, posterior.n_threads)
    moved = np.ones(len(unknowns))
    moved[:n] = posterior.coordinates.slopes_at(unknowns[:n]) / values[0]
    index, z, slopes, log_sd, wrong, blocks = list[tuple[int, int]](), [], [], [], [], []
    for s, (subject, (predicted, by_value)) in enumerate(zip(posterior.subjects, derivatives, strict=True)):
        known = np.flatnonzero(~subject.is_censored)
        each = pointwise_likelihood(subject.scatter, subject.values, subject.is_censored, predicted[0], factors)
        by_log = np.concatenate(
            [
                each.by_prediction[:, np.newaxis] * by_value[0] * patient_values[s],
                _by_factor(subject, each.by_log_factor, len(factors)),
            ],
            axis=1,
        )
        index += [(s, int(i)) for i in known]
        z.append(each.z[known])
        slopes.append(by_log[known] @ posterior.patient_jacobian(s) * moved)
        log_sd.append(each.log_sd[known, 0])
        wrong.append(LOG_SHARE - np.log(LOG_RANGE * np.maximum(subject.values[known], np.exp(each.log_sd[known, 0]))))
        blocks.append((subject.scatter.mixing @ subject.scatter.mixing.T)[np.ix_(known, known)])
    covariance, stacked, residuals = block_diag(*blocks), np.concatenate(slopes), np.concatenate(z)
    _, gradient, hessian = posterior.evaluate(point)
    weighted = np.linalg.solve(covariance, stacked)
    rest, rest_slope = hessian[0] - stacked.T @ weighted, gradient[0] - weighted.T @ residuals
    return _Linear(
        index, residuals, stacked, covariance, np.concatenate(log_sd), np.concatenate(wrong), rest, rest_slope
    )


def _by_factor(subject: Subject, by_log_factor: Array, n_factors: int) -> Array:
    places = subject.scatter.factor_of
    slopes = np.zeros((len(places), n_factors))
    estimated = np.flatnonzero(places >= 0)
    slopes[estimated, places[estimated]] = by_log_factor[estimated]
    return slopes
