"""Factors of a sweep: a range or a list of values for one key of the scenario.

A factor maps the unit interval to values, so that any design of the unit cube can be used. Its values are numbers in
its unit; those of a factor with choices are indices. Knows neither designs nor the model.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from immunosim.codegen.loader import Array

LABEL = "id"
"""Key of the factor that names the patients of a table."""

LABELS = (LABEL, "patient", "weight")
"""Keys of factors that change nothing: names, numbers and weights of patients."""


@dataclass(frozen=True)
class Factor:
    """One key of the scenario and the values that it takes.

    Attributes
    ----------
    key : str
        Such as ``parameters.blood_lysis_rate``, ``patient.age``, ``course.1.dose`` or ``mechanisms.thymopoiesis``.
    label, unit : str
    parameter : str
        The primary parameter that it sets; empty where the scenario is rebuilt for each value.
    low, high : float
        Bounds of a range, both included.
    is_log, is_whole : bool
        Whether it is spaced logarithmically, and restricted to whole numbers.
    values : tuple of float
        Instead of a range.
    choices : tuple of str
        Names of the indices, for values that are not numbers.
    """

    key: str
    label: str
    unit: str
    parameter: str = ""
    low: float = 0.0
    high: float = 0.0
    is_log: bool = False
    is_whole: bool = False
    values: tuple[float, ...] = ()
    choices: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its name in results: the name of a parameter, otherwise the key."""
        return self.key.removeprefix("parameters.")

    @property
    def is_label(self) -> bool:
        """Whether it only names or weighs patients: it is kept with the result, and changes nothing."""
        return self.key in LABELS

    @property
    def scale(self) -> str:
        """``log`` or ``linear``."""
        return "log" if self.is_log else "linear"

    def at(self, unit: Array) -> Array:
        """Return the values at positions in the unit interval, the same shape.

        Every value of a list, and every whole number of a range, has an equal part of the interval.
        """
        position = np.asarray(unit, np.float64)
        if self.values:
            places = np.minimum((position * len(self.values)).astype(np.int64), len(self.values) - 1)
            return np.array(self.values)[places]
        if self.is_whole:
            count = self.high - self.low + 1.0
            return self.low + np.minimum(np.floor(position * count), count - 1.0)
        return self._between(position)

    def levels(self, n: int) -> Array:
        """Return the values of a grid: all of a list, else ``n`` of the range, its ends among them."""
        if self.values:
            return np.array(self.values)
        levels = self._between(np.linspace(0.0, 1.0, n) if n > 1 else np.array([0.5]))
        return np.unique(np.round(levels)) if self.is_whole else levels

    def _between(self, position: Array) -> Array:
        if self.is_log:
            values: Array = self.low * (self.high / self.low) ** position
        else:
            values = self.low + (self.high - self.low) * position
        return np.clip(values, self.low, self.high)

    def text(self, value: float) -> str:
        """Return a value as written in a scenario, such as ``12.5 mg``."""
        if self.choices:
            return self.choices[int(value)]
        number = str(int(value)) if self.is_whole else repr(float(value))
        return f"{number} {self.unit}" if self.unit not in ("", "1") else number

    @property
    def in_words(self) -> str:
        """The range or the values, such as ``3 to 24 mg, by the logarithm``."""
        unit = "" if self.unit in ("", "1") else f" {self.unit}"
        if self.values:
            return ", ".join(self.text(value) for value in self.values)
        kind = ", whole numbers" if self.is_whole else ", by the logarithm" if self.is_log else ""
        return f"{self.low:g} to {self.high:g}{unit}{kind}"

    def attributes(self) -> dict[str, Any]:
        """Return the attributes of the factor in a result."""
        about: dict[str, Any] = {"units": self.unit or "1", "long_name": self.label, "kind": "varied"}
        if self.is_label:
            about["kind"] = "label"
        if self.is_log:
            about["scale"] = "log"
        if self.choices:
            about["flag_values"] = list(range(len(self.choices)))
            about["flag_meanings"] = " ".join("_".join(choice.split()) or "_" for choice in self.choices)
        return about

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> Factor:
        """Return the factor that ``as_dict`` described."""
        return cls(**plain | {"values": tuple(plain["values"]), "choices": tuple(plain["choices"])})
