"""What follows from the numbers of a task: which answer is right, and how far another number may lie from it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from immunosim.errors import QuantityError
from immunosim.teach.lesson import LessonTask, Option
from immunosim.units import parse_quantity

TOLERANCE = 0.1
"""Relative error of a number that is still right, where the task names none."""

SEPARATION = 0.02
"""Relative difference that options and items need at least, where the task names none."""


@dataclass(frozen=True)
class TaskAnswer:
    """The computed answer of a task or a fact.

    Attributes
    ----------
    kind : str
        Of the task; ``number`` of a fact.
    value : float
        The number; of a state, that before anything is changed; NaN of a choice of runs and of an order.
    unit : str
    tolerance : float
        Of a number: the largest absolute error that is right. Of a choice or an order: the relative separation.
    right : str or tuple of str
        Id of the right option, or ids in the right order; empty of numbers and states.
    variants : dict of str to float
        Values of wrong answers, options and items, in the same unit.
    solved : float
        Of a state: the value that the solution reaches.
    bounds : (float, float)
        Of a state: from where to where it is reached.
    """

    kind: str
    value: float
    unit: str
    tolerance: float = 0.0
    right: str | tuple[str, ...] = ""
    variants: dict[str, float] = field(default_factory=dict)
    solved: float = math.nan
    bounds: tuple[float, float] = (-math.inf, math.inf)

    def allows(self, value: float) -> bool:
        """Return whether a value lies within the bounds of a state."""
        return self.bounds[0] <= value <= self.bounds[1]

    def as_record(self) -> dict[str, Any]:
        """Return what is stored of it: enough to see whether it moved."""
        numbers = {"value": self.value, "solved": self.solved}
        right = list(self.right) if isinstance(self.right, tuple) else self.right
        about: dict[str, Any] = {"kind": self.kind, "unit": self.unit}
        about |= {name: _rounded(value) for name, value in numbers.items() if not math.isnan(value)}
        about |= {"right": right} if right else {}
        variants = {name: _rounded(value) for name, value in self.variants.items()}
        return about | ({"variants": variants} if variants else {})


def answer_of(task: LessonTask, value: float, unit: str, variants: dict[str, float], solved: float) -> TaskAnswer:
    """Return the answer of a task whose numbers are known.

    Parameters
    ----------
    task : LessonTask
    value : float
        Its own number; NaN where it has none.
    unit : str
    variants : dict of str to float
        The numbers of wrong answers, options or items.
    solved : float
        Of a state: what its solution reaches.

    Raises
    ------
    QuantityError
        If a tolerance or a bound has another unit, with its key.
    """
    about: dict[str, Any] = {"kind": task.kind, "value": value, "unit": unit, "variants": variants}
    if task.kind == "number":
        return TaskAnswer(**about, tolerance=tolerance_of(task.tolerance, value, unit))
    if task.kind == "state":
        return TaskAnswer(**about, solved=solved, bounds=bounds_of(task, unit))
    separation = task.tolerance if isinstance(task.tolerance, float) else SEPARATION
    if task.is_of_ranges:
        holding = [option.id for option in task.option if _holds(option, value, unit)]
        right: str | tuple[str, ...] = holding[0] if len(holding) == 1 else ""
        return TaskAnswer(**about, tolerance=separation, right=right)
    if task.kind == "choice":
        best = max if task.best == "largest" else min
        return TaskAnswer(**about, tolerance=separation, right=best(variants, key=lambda name: variants[name]))
    right = tuple(sorted(variants, key=lambda name: variants[name], reverse=task.by == "falling"))
    return TaskAnswer(**about, tolerance=separation, right=right)


def tolerance_of(tolerance: float | str | None, value: float, unit: str) -> float:
    """Return the largest absolute error of a number that is right: at least a unit in its second digit."""
    if isinstance(tolerance, str):
        absolute = _quantity(tolerance, unit, "tolerance")
        if absolute <= 0.0:
            raise QuantityError("is not positive", key="tolerance", cure='give for example "5 days"')
        return absolute
    relative = TOLERANCE if tolerance is None else tolerance
    if not math.isfinite(value) or value == 0.0:
        return 0.0
    digit = 10.0 ** (math.floor(math.log10(abs(value))) - 1)
    return max(relative * abs(value), digit)


def bounds_of(entry: LessonTask | Option, unit: str) -> tuple[float, float]:
    """Return the bounds of a state or of a range in the unit of the answer."""
    low = -math.inf if entry.at_least is None else _quantity(entry.at_least, unit, "at_least")
    high = math.inf if entry.at_most is None else _quantity(entry.at_most, unit, "at_most")
    if low > high:
        raise QuantityError("is more than at_most", key="at_least", cure="exchange them")
    return low, high


def _holds(option: Option, value: float, unit: str) -> bool:
    low, high = bounds_of(option, unit)
    return low <= value <= high


def _quantity(text: str, unit: str, key: str) -> float:
    try:
        return parse_quantity(text, unit)
    except QuantityError as error:
        raise QuantityError(error.reason, key=key, cure=error.cure) from None


def _rounded(value: float) -> float | str:
    """Return six digits of a number, which no machine's last bits change."""
    return float(f"{value:.6g}") if math.isfinite(value) else str(value)
