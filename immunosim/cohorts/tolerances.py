"""Tolerances of published numbers, in the words in which they are asked for.

"within 15 %", "within 10" (in the unit of the number), "within 15 % or 10" (whichever is wider), "3 to 30" and
"|z| <= 2". Knows no target.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

from immunosim.errors import QuantityError
from immunosim.units import shown

DEFAULT_TOLERANCE = "|z| <= 2"

ROUNDING = 1e-9
"""A number at the edge of its tolerance is within it."""

_NUMBER = r"(\d+(?:\.\d+)?)"
_FORMS = {
    "percent or absolute": re.compile(rf"within {_NUMBER} ?% or {_NUMBER}"),
    "percent": re.compile(rf"within {_NUMBER} ?%"),
    "absolute": re.compile(rf"within {_NUMBER}"),
    "range": re.compile(rf"(-?\d+(?:\.\d+)?) to {_NUMBER}"),
    "z": re.compile(rf"\|z\| ?<= ?{_NUMBER}"),
}


@dataclass(frozen=True)
class Tolerance:
    """How far a simulated number may be from a published one.

    Attributes
    ----------
    text : str
        As it was written.
    kind : str
        Of ``percent``, ``absolute``, ``percent or absolute``, ``range`` and ``z``.
    numbers : tuple of float
    """

    text: str
    kind: Literal["percent", "absolute", "percent or absolute", "range", "z"]
    numbers: tuple[float, ...]

    @classmethod
    def of(cls, text: str) -> Tolerance:
        """Read a tolerance.

        Raises
        ------
        QuantityError
            If the text has another form, or a range ends before it begins.
        """
        words = " ".join(text.split())
        for kind, pattern in _FORMS.items():
            match = pattern.fullmatch(words)
            if match:
                numbers = tuple(float(number) for number in match.groups())
                if kind == "range" and numbers[0] >= numbers[1]:
                    raise QuantityError(f"{shown(text)} ends before it begins", cure="write the lower number first")
                return cls(words, kind, numbers)  # type: ignore[arg-type]
        cure = 'write "within 15 %", "within 10", "within 15 % or 10", "3 to 30" or "|z| <= 2"'
        raise QuantityError(f"{shown(text)} is not a tolerance", cure=cure)

    def bounds(self, published: float) -> tuple[float, float]:
        """Return the lowest and the highest simulated number within; infinite for a tolerance of z."""
        if self.kind == "range":
            return self.numbers[0], self.numbers[1]
        if self.kind == "z":
            return -math.inf, math.inf
        widths = [abs(published) * self.numbers[0] / 100.0 if "percent" in self.kind else self.numbers[0]]
        if self.kind == "percent or absolute":
            widths.append(self.numbers[1])
        return published - max(widths), published + max(widths)

    def contains(self, simulated: float, published: float, z: float) -> bool:
        """Whether a simulated number is within; NaN is not."""
        if self.kind == "z":
            return abs(z) <= self.numbers[0] + ROUNDING
        low, high = self.bounds(published)
        slack = ROUNDING * max(abs(low), abs(high))
        return low - slack <= simulated <= high + slack
