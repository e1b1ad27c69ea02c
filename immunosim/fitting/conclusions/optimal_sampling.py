"""Optimal sampling: rank further blood draws by how much they reduce the SD of a predicted read-out.

By linearisation at the best point: a measurement with sensitivities a and noise s reduces the variance c' V c of the
wanted quantity by (c' V a)^2 / (a' V a + s^2), with V the covariance of the unknowns.
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
    """A measurement that could be made.

    Attributes
    ----------
    time : float, day
    analyte : str
    predicted : float
        What it would probably show, in the analyte's unit.
    sd_before, sd_after : float
        Relative standard deviation of the wanted quantity without and with it.
    """

    time: float
    analyte: str
    predicted: float
    sd_before: float
    sd_after: float

    @property
    def reduction(self) -> float:
        """Share by which the standard deviation falls; 0 where nothing is uncertain before."""
        return 1.0 - self.sd_after / self.sd_before if self.sd_before else 0.0


def rank_draws(
    estimate: Estimate,
    place: int,
    times: Sequence[float],
    analytes: Sequence[str],
    wanted: str,
    at: float,
    noise: ErrorModel | None = None,
) -> list[Draw]:
    """Return possible draws, the most telling first.

    Parameters
    ----------
    estimate : Estimate
    place : int
        Of the patient.
    times : sequence of float, day
    analytes : sequence of str
    wanted : str
        The read-out that one wants to know.
    at : float, day
        When.
    noise : ErrorModel, optional
        Of the new measurement.
    """
    expected, subject = noise or ErrorModel(), estimate.posterior.subjects[place]
    candidates = [Measurement(subject.name, time, analyte, 1.0) for time in times for analyte in analytes]
    asked = [*candidates, Measurement(subject.name, at, wanted, 1.0)]
    names = {one.analyte for one in asked}
    other = subject_of(subject.name, subject.problem, subject.names, asked, dict.fromkeys(names, expected), shared=0.0)
    values, covariance = _of_patient(estimate, place)
    ((predicted, slopes),) = differentiate((other,), [values[np.newaxis]])
    by_log = slopes[0] * values / predicted[0][:, np.newaxis]  # relative, by logarithms of the parameters
    target = by_log[-1]
    before = float(target @ covariance @ target)
    found = [
        _draw(one, float(predicted[0][i]), by_log[i], target, covariance, before, expected)
        for i, one in enumerate(candidates)
    ]
    return sorted(found, key=lambda draw: draw.sd_after)


def _of_patient(estimate: Estimate, place: int) -> tuple[Array, Array]:
    """Return the best parameters of a patient, and the covariance of their logarithms."""
    posterior = estimate.posterior
    n = len(posterior.coordinates)
    covariance = estimate.covariance[:n, :n]
    if posterior.designs:
        covariance = posterior.designs[place] @ covariance @ posterior.designs[place].T
    values: Array = posterior.of_patients(estimate.values[np.newaxis, :n])[place][0]
    return values, covariance


def _draw(
    one: Measurement,
    predicted: float,
    slopes: Array,
    target: Array,
    covariance: Array,
    before: float,
    noise: ErrorModel,
) -> Draw:
    absolute = noise.absolute / predicted if noise.kind in ("additive", "combined") else 0.0
    relative = 0.0 if noise.kind == "additive" else noise.relative
    own = float(slopes @ covariance @ slopes) + relative**2 + absolute**2
    after = before - float(target @ covariance @ slopes) ** 2 / own
    return Draw(one.time, one.analyte, predicted, float(np.sqrt(before)), float(np.sqrt(max(after, 0.0))))
