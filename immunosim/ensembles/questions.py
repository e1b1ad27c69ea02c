"""The requested outputs of every patient, validated against model and time span, as a request to the integrator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from immunosim.codegen.loader import Array, Model
from immunosim.ensembles.endpoints import Endpoint, Measured, measured
from immunosim.errors import DataError, did_you_mean
from immunosim.numerics import Request

TAKEN = (
    *("sample", "time", "time_of_sample", "status", "fail_time", "fail_state", "failed_sample"),
    *("worst_pool", "n_steps", "n_rejected", "block_checksum"),
)
"""Reserved names of variables of a result."""


@dataclass(frozen=True, eq=False)
class Question:
    """The requested outputs of every patient.

    Attributes
    ----------
    model : Model
    readouts : tuple of str
        Reported at the output times.
    pools : tuple of str
        Reported at the output times as well.
    times : ndarray, shape (n_times,), day, or None
        Output times, or None for those of the scenario.
    measures : tuple of Measured
        The endpoints.
    """

    model: Model
    readouts: tuple[str, ...]
    pools: tuple[str, ...]
    times: Array | None
    measures: tuple[Measured, ...]

    @cached_property
    def request(self) -> Request:
        """The request to the integrator."""
        places = [self.model.readouts.index(name) for name in self.readouts]
        return Request(bool(self.pools), places, [measure.summary for measure in self.measures])


def question(
    model: Model,
    span: tuple[float, float],
    readouts: Sequence[str] = (),
    times: object = None,
    endpoints: Sequence[Endpoint] = (),
    states: bool = False,
    varied: Sequence[str] = (),
) -> Question:
    """Return the validated outputs.

    Parameters
    ----------
    model : Model
    span : (float, float)
        First and last day of the course.
    readouts, times, endpoints, states
        As ``simulate_ensemble`` takes them.
    varied : sequence of str
        Names that the result has already: of the parameters that vary.

    Raises
    ------
    DataError
        If a requested output does not exist.
    """
    unknown = [name for name in readouts if name not in (*model.readouts, *model.pools)]
    if unknown:
        cure = did_you_mean(unknown[0], [*model.readouts, *model.pools])
        raise DataError(f'unknown read-out "{unknown[0]}"', cure=cure)
    chosen = tuple(name for name in readouts if name not in model.readouts)
    measures = tuple(measured(endpoint, model, *span) for endpoint in endpoints)
    labels = [measure.label for measure in measures]
    _refuse_twice([*readouts, *labels, *TAKEN, *varied, *(model.pools if states else ())])
    pools = tuple(model.pools) if states else chosen
    given = None if times is None else _checked_times(times, *span)
    return Question(model, tuple(name for name in readouts if name in model.readouts), pools, given, measures)


def _checked_times(times: object, begin: float, horizon: float) -> Array:
    try:
        line = np.asarray(times, np.float64)
    except (TypeError, ValueError) as error:
        raise DataError("holds something that is not a number", key="times", cure="give days") from error
    if line.ndim != 1 or not np.isfinite(line).all() or (np.diff(line) < 0.0).any():
        raise DataError("times must be a vector of days that does not decrease", key="times")
    if line.size and not (begin <= line[0] and line[-1] <= horizon):
        cure = f"choose from day {begin:g} to {horizon:g}"
        raise DataError(f"days {line[0]:g} to {line[-1]:g} are outside the simulated time span", key="times", cure=cure)
    return line


def _refuse_twice(labels: Sequence[str]) -> None:
    for label in labels:
        if labels.count(label) > 1:
            raise DataError(f'two results are called "{label}"', cure="request it once, or rename an endpoint")
