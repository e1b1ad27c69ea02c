"""Endpoints: one number per patient, computed from the whole course of a read-out during integration.

Translates requests with names and units into summaries of the integrator, and back into labelled numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from immunosim.codegen.loader import Array, Model
from immunosim.errors import DataError, QuantityError, did_you_mean
from immunosim.numerics import Kind, Summary
from immunosim.numerics.request import WITHOUT_THRESHOLD
from immunosim.units import convert, parse_quantity, shown

KINDS = {
    "minimum": Kind.MINIMUM,
    "nadir": Kind.MINIMUM,
    "time_of_minimum": Kind.TIME_OF_MINIMUM,
    "time_of_nadir": Kind.TIME_OF_MINIMUM,
    "maximum": Kind.MAXIMUM,
    "peak": Kind.MAXIMUM,
    "time_of_maximum": Kind.TIME_OF_MAXIMUM,
    "time_of_peak": Kind.TIME_OF_MAXIMUM,
    "area": Kind.AREA,
    "mean": Kind.MEAN,
    "time_below": Kind.TIME_BELOW,
    "time_above": Kind.TIME_ABOVE,
    "first_below": Kind.FIRST_BELOW,
    "first_above": Kind.FIRST_ABOVE,
    "last_below": Kind.LAST_BELOW,
    "last_above": Kind.LAST_ABOVE,
    "cumulative_hazard": Kind.AREA,
    "risk": Kind.AREA,
}
"""Kinds of endpoints and their summaries; times are days after day 0, durations days."""

OF_VALUE = frozenset({"minimum", "nadir", "maximum", "peak", "mean"})
OF_HAZARD = frozenset({"cumulative_hazard", "risk"})

EVENTS = {
    "first_below": "first below",
    "first_above": "first above",
    "last_below": "for good above",
    "last_above": "for good below",
}
"""Kinds that are times to an event, and the event; an event that has not happened by the end of the window is censored.

The last time below a level is the time from which the read-out stays above it.
"""

AT_END = 1e-6
"""Days before the end of the window within which a last time is the end itself: the read-out is still there."""

LONGEST_TEXT = 300
"""Largest number of characters of an endpoint."""

_TEXT = re.compile(
    r"(?P<kind>\w+)\s+(?:of\s+)?(?P<readout>(?!of\b)\w+)(?:\s+(?P<threshold>(?!(?:from|to|as)\b)\S.*?))?"
    r"(?:\s+from\s+(?P<start>.+?))?(?:\s+to\s+(?P<end>.+?))?(?:\s+as\s+(?P<name>\w+))?"
)


@dataclass(frozen=True)
class Endpoint:
    """One number per patient.

    Attributes
    ----------
    kind : str
        A key of ``KINDS``. The area under a hazard is its ``cumulative_hazard``, and ``risk`` the probability
        1 - exp(-cumulative hazard).
    readout : str
        Name of a read-out.
    threshold : float or str, optional
        For kinds with a threshold: text with a unit, or a number in the unit of the read-out.
    start, end : float or str, optional
        Window after day 0: text with a unit, or numbers in days; by default the whole course.
    name : str, optional
        Name of the result; by default kind, read-out and threshold.
    """

    kind: str
    readout: str
    threshold: float | str | None = None
    start: float | str | None = None
    end: float | str | None = None
    name: str = ""

    @classmethod
    def of(cls, text: str) -> Endpoint:
        """Parse an endpoint such as ``time_below cd4 0.2e9/L from 1 month to 2 years as low``.

        Raises
        ------
        DataError
            If the text has another form.
        """
        match = _TEXT.fullmatch(text.strip()) if len(text) <= LONGEST_TEXT else None
        if match is None:
            cure = 'write for example "nadir of cd4" or "time_below cd4 0.2e9/L from 1 month to 2 years as low"'
            raise DataError("is not an endpoint", key=f"endpoint {shown(text)}", cure=cure)
        return cls(**{name: part for name, part in match.groupdict().items() if part is not None})

    @property
    def label(self) -> str:
        """Return the name of the result."""
        if self.name:
            return self.name
        level = "" if self.threshold is None else f"_{self.threshold}"
        return f"{self.kind}_{self.readout}{level}".replace(" ", "_").replace("/", "_per_")


@dataclass(frozen=True)
class Measured:
    """The summary of an endpoint in the integrator, and the conversion of its value.

    ``event`` is what happens at a time to an event, such as "CD4 T cells first above 400 cells/uL"; empty for others.
    """

    endpoint: Endpoint
    label: str
    description: str
    unit: str
    summary: Summary
    convert: Callable[[Array], Array]
    event: str = ""

    @property
    def attributes(self) -> dict[str, float | str]:
        """Attributes of the values in a data set."""
        about: dict[str, float | str] = {"units": self.unit, "long_name": self.description, "kind": "endpoint"}
        about |= {"readout": self.endpoint.readout, "measure": self.endpoint.kind}
        if self.event:
            about |= {"event": self.event, "window_start": self.summary.start, "window_end": self.summary.end}
        return about


def measured(endpoint: Endpoint, model: Model, start: float, horizon: float) -> Measured:
    """Return the summary and conversion of an endpoint.

    Parameters
    ----------
    endpoint : Endpoint
    model : Model
    start, horizon : float
        First and last time of the course, day.

    Raises
    ------
    DataError
        If the kind or the read-out is unknown, a unit does not fit, or the window is outside the simulated time span.
    """
    key = f"endpoint {endpoint.label}"
    if endpoint.kind not in KINDS:
        raise DataError(
            f'"{endpoint.kind}" is not a kind of endpoint', key=key, cure=did_you_mean(endpoint.kind, KINDS)
        )
    if endpoint.readout not in model.readouts:
        cure = did_you_mean(endpoint.readout, model.readouts)
        raise DataError(f'unknown read-out "{endpoint.readout}"', key=key, cure=cure)
    unit = model.units[endpoint.readout]
    if (KINDS[endpoint.kind] in WITHOUT_THRESHOLD) != (endpoint.threshold is None):
        needs = endpoint.threshold is None
        cure = f'write for example "{endpoint.kind} {endpoint.readout} 1 {unit}"' if needs else "leave it out"
        raise DataError(f"{endpoint.kind} {'needs a' if needs else 'takes no'} threshold", key=key, cure=cure)
    try:
        threshold = np.nan if endpoint.threshold is None else _quantity(endpoint.threshold, unit)
        window = (
            start if endpoint.start is None else _quantity(endpoint.start, "day"),
            horizon if endpoint.end is None else _quantity(endpoint.end, "day"),
        )
    except QuantityError as error:
        raise DataError(error.reason, key=key, cure=error.cure) from error
    if not start <= window[0] < window[1] <= horizon:
        reason = f"its window from day {window[0]:g} to {window[1]:g} is outside the simulated time span"
        raise DataError(reason, key=key, cure=f"choose from day {start:g} to {horizon:g}")
    try:
        result_unit, conversion = _result(endpoint, unit)
    except QuantityError as error:
        cure = "choose a read-out in 1/year, such as relapse_rate"
        raise DataError(f"{endpoint.readout} is not a hazard, its unit is {unit}", key=key, cure=cure) from error
    summary = Summary(KINDS[endpoint.kind], model.readouts.index(endpoint.readout), threshold, *window)
    label = model.module.READOUTS[endpoint.readout][0]
    level = "" if endpoint.threshold is None else f", threshold {threshold:g} {unit}"
    description = f"{endpoint.kind.replace('_', ' ')} of {label}{level}, day {window[0]:g} to {window[1]:g}"
    kind = EVENTS.get(endpoint.kind)
    event = f"{label} {kind} {threshold:g} {unit}" if kind else ""
    return Measured(endpoint, endpoint.label, description, result_unit, summary, conversion, event)


def are_event_times(about: Mapping[Any, Any]) -> bool:
    """Return whether the attributes of a result are those of a time to an event whose window is known."""
    return about.get("measure") in EVENTS and {"window_start", "window_end"} <= set(about)


def observed_events(kind: str, values: Array, start: float, end: float) -> tuple[Array, NDArray[np.bool_]]:
    """Return the day of each event or of its censoring, and which of them are events.

    Parameters
    ----------
    kind : str
        A key of ``EVENTS``.
    values : ndarray, shape (n,), day
        As the integrator reports them of patients who did not fail.
    start, end : float, day
        Of the window.
    """
    if kind.startswith("first"):
        is_observed = np.isfinite(values)
    else:
        # A read-out that never was there has left from the start; one that still is there at the end has not.
        values = np.where(np.isnan(values), start, values)
        is_observed = values < end - AT_END
    return np.where(is_observed, values, end), is_observed


def _quantity(value: float | str, unit: str) -> float:
    """Return a quantity; a number is already in the unit, a text carries its own."""
    return parse_quantity(value, unit, bare=not isinstance(value, str))


def _result(endpoint: Endpoint, unit: str) -> tuple[str, Callable[[Array], Array]]:
    """Return the unit of the result and its conversion from the summary."""
    if endpoint.kind in OF_HAZARD:
        per_day = convert(1.0, unit, "1/day")
        if endpoint.kind == "risk":
            return "1", lambda area: -np.expm1(-per_day * area)
        return "1", lambda area: per_day * area
    if endpoint.kind in OF_VALUE:
        return unit, _same
    return ("day" if unit == "1" else f"{unit} day") if endpoint.kind == "area" else "day", _same


def _same(values: Array) -> Array:
    return values
