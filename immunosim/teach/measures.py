"""What is measured in a run: an endpoint of the package, or the value of a read-out at a time.

The same record is what the page computes from: kind, read-out, threshold and window in internal units.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from immunosim.codegen.loader import Model
from immunosim.ensembles.endpoints import Endpoint, measured
from immunosim.errors import DataError, did_you_mean
from immunosim.units import parse_quantity, shown

VALUE = "value"
"""Kind of a measure that is the value of a read-out at a time."""

_VALUE = re.compile(r"value\s+(?:of\s+)?(?P<readout>\w+)\s+at\s+(?P<time>\S.{0,60})")
_CURE = 'write for example "value of cd4 at 6 months" or "nadir of cd4 from 12 months to 14 months"'


@dataclass(frozen=True)
class Measure:
    """One number of a run.

    Attributes
    ----------
    text : str
        As the lesson has it.
    readout : str
        Of a value, a pool as well.
    at : float or None
        Of a value: its time, day.
    endpoint : Endpoint or None
        Of everything else.
    """

    text: str
    readout: str
    at: float | None = None
    endpoint: Endpoint | None = None

    @classmethod
    def of(cls, text: str) -> Measure:
        """Return the measure that a text describes.

        Raises
        ------
        DataError
            If it has another form.
        """
        words = text.strip()
        if match := _VALUE.fullmatch(words):
            return cls(text, match["readout"], at=parse_quantity(match["time"], "day"))
        if words.split()[:1] == [VALUE]:
            raise DataError(f"{shown(text)} is not a measure", cure=_CURE)
        endpoint = Endpoint.of(words)
        if endpoint.name:
            raise DataError("has a name", cure=f'leave out "as {endpoint.name}"')
        return cls(text, endpoint.readout, endpoint=endpoint)

    def named(self, name: str) -> Endpoint | None:
        """Return the endpoint under a name of its own; None of a value."""
        return None if self.endpoint is None else replace(self.endpoint, name=name)

    def described(self, model: Model, start: float, horizon: float) -> dict[str, Any]:
        """Return what is measured in internal units: kind, readout, unit, and ``at`` or threshold and window.

        Raises
        ------
        DataError
            If the model has no such read-out, a unit does not fit, or the time is not simulated.
        """
        if self.endpoint is None:
            return self._value(model, start, horizon)
        if self.readout not in model.readouts:
            reason = f'unknown read-out "{self.readout}"'
            cure = did_you_mean(self.readout, model.readouts)
            if self.readout in model.pools:
                reason, cure = f'"{self.readout}" is a pool', "of pools only values are measured: value of POOL at TIME"
            raise DataError(reason, cure=cure)
        measure = measured(self.endpoint, model, start, horizon)
        about: dict[str, Any] = {
            "kind": measure.summary.kind.name.lower(),
            "readout": self.readout,
            "unit": measure.unit,
        }
        if self.endpoint.kind in ("risk", "cumulative_hazard"):
            about["kind"] = self.endpoint.kind
        if self.endpoint.threshold is not None:
            about["threshold"] = float(measure.summary.threshold)
        return about | {"start": float(measure.summary.start), "end": float(measure.summary.end)}

    def _value(self, model: Model, start: float, horizon: float) -> dict[str, Any]:
        if self.readout not in model.units:
            cure = did_you_mean(self.readout, model.units)
            raise DataError(f'unknown read-out or pool "{self.readout}"', cure=cure)
        if self.at is None or not start <= self.at <= horizon:
            cure = f"choose from day {start:g} to {horizon:g}"
            raise DataError(f"day {self.at:g} is outside the simulated time span", cure=cure)
        about = {"kind": VALUE, "readout": self.readout, "unit": model.units[self.readout], "at": self.at}
        return about | {"is_pool": self.readout in model.pools}
