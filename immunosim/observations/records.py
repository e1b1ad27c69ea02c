"""What was measured, in the model's units. Knows neither files nor the model's equations."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Measurement:
    """One value that a laboratory or a clinic reported.

    Attributes
    ----------
    patient : str
    time : float, day
        After day 0.
    analyte : str
        A read-out of the model, or ``cd3``.
    value : float
        In the analyte's unit: 1e9/L for lymphocytes, cells/uL for subsets. Where ``is_below``, the limit of
        quantification.
    is_below : bool
        Whether it was below that limit.
    spread : float
        Standard deviation of the logarithm of what was reported as a range, beyond the noise of a measurement.
    """

    patient: str
    time: float
    analyte: str
    value: float
    is_below: bool = False
    spread: float = 0.0
