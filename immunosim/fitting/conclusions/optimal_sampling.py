"""Optimal sampling: rank further blood draws by how much they reduce the SD of a predicted read-out.

By linearisation at the best point: a measurement with sensitivities a and noise s reduces the variance c' V c of the
target by (c' V a)^2 / (a' V a + s^2), with V the covariance of the unknowns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.fitting.likelihood.error_model import ErrorModel
from immunosim.fitting.likelihood.prediction import differentiate
from immunosim.fitting.likelihood.subject import subject_of
from immunosim.fitting.search.estimation import Estimate
from immunosim.observations import Measurement


@dataclass(frozen=True)
class Draw:
    """A candidate measurement.

    Attributes
    ----------
    time : float, day
    analyte : str
    predicted : float
        Predicted value, in the analyte's unit.
    sd_before, sd_after : float
        Relative standard deviation of the target without and with it.
    """

    time: float
    analyte: str
    predicted: float
    sd_before: float
    sd_after: float

    @property
    def reduction(self) -> float:
        """Relative reduction of the standard deviation; 0 where nothing is uncertain before."""
        return 1.0 - self.sd_after / self.sd_before if self.sd_before else 0.0


def rank_draws(
    estimate: Estimate,
    index: int,
    times: Sequence[float],
    analytes: Sequence[str],
    wanted: str,
    at: float,
    noise: ErrorModel | None = None,
) -> list[Draw]:
    """Return candidate blood draws, the most informative first.

    Parameters
    ----------
    estimate : Estimate
    index : int
        Of the patient.
    times : sequence of float, day
    analytes : sequence of str
    wanted : str
        Target read-out.
    at : float, day
        Time of the target.
    noise : ErrorModel, optional
        Of the new measurement.
    """
    expected, subject = noise or ErrorModel(), estimate.posterior.subjects[index]
    candidates = [Measurement(subject.name, time, analyte, 1.0) for time in times for analyte in analytes]
    asked = [*candidates, Measurement(subject.name, at, wanted, 1.0)]
    names = {measurement.analyte for measurement in asked}
    other = subject_of(subject.name, subject.problem, subject.names, asked, dict.fromkeys(names, expected), shared=0.0)
    values, covariance = _of_patient(estimate, index)
    ((predicted, slopes),) = differentiate((other,), [values[np.newaxis]])
    by_log = slopes[0] * values / predicted[0][:, np.newaxis]  # relative, by log parameters
    target = by_log[-1]
    before = float(target @ covariance @ target)
    ranked = [
        _draw(measurement, float(predicted[0][i]), by_log[i], target, covariance, before, expected)
        for i, measurement in enumerate(candidates)
    ]
    return sorted(ranked, key=lambda draw: draw.sd_after)


def _of_patient(estimate: Estimate, index: int) -> tuple[Array, Array]:
    """Return the best parameters of a patient, and the covariance of their logarithms."""
    posterior = estimate.posterior
    n = len(posterior.coordinates)
    covariance = estimate.covariance[:n, :n]
    if posterior.designs:
        covariance = posterior.designs[index] @ covariance @ posterior.designs[index].T
    values: Array = posterior.of_patients(estimate.values[np.newaxis, :n])[index][0]
    return values, covariance


def _draw(
    measurement: Measurement,
    predicted: float,
    slopes: Array,
    target: Array,
    covariance: Array,
    before: float,
    noise: ErrorModel,
) -> Draw:
    absolute = noise.absolute / predicted if noise.kind in ("additive", "combined") else 0.0
    relative = 0.0 if noise.kind == "additive" else noise.relative
    variance = float(slopes @ covariance @ slopes) + relative**2 + absolute**2
    after = before - float(target @ covariance @ slopes) ** 2 / variance
    return Draw(
        measurement.time, measurement.analyte, predicted, float(np.sqrt(before)), float(np.sqrt(max(after, 0.0)))
    )
