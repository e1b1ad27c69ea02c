"""Which runs and measures answer a task, and how their numbers become one.

A number is that of a run, or its difference, ratio or change in percent from another run or measure.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from immunosim.teach.faults import LessonError, placed
from immunosim.teach.lesson import Fact, LessonTask, Option, TaskVariant
from immunosim.teach.marking import TaskAnswer, answer_of
from immunosim.teach.runs import LessonRuns, Number
from immunosim.units import check_unit

PERCENT = "%"

Settings = Mapping[str, object]
_Later = Callable[[], Number]

_ENTRIES = {"number": "wrong", "choice": "option", "order": "item", "state": "wrong"}
"""What the variants of a task of each kind are."""


@dataclass(frozen=True)
class Asked:
    """A task or a fact whose numbers are noted, and known once the runs are solved."""

    runs: LessonRuns
    fact: Fact
    key: str
    direct: _Later | None
    variants: dict[str, _Later]
    solved: _Later | None = None

    def answer(self) -> TaskAnswer:
        """Return its answer.

        Raises
        ------
        LessonError
            If a unit does not fit.
        """
        measured = {} if self.direct is None else {"": self.direct()}
        measured |= {name: number() for name, number in self.variants.items()}
        units = sorted({number.unit for number in measured.values()})
        if len(units) > 1:
            reason, cure = f"answers have different units ({', '.join(units)})", "measure the same quantity"
            raise LessonError(reason, file=self.runs.file, key=self.key, cure=cure)
        others = {name: self._in_unit(number) for name, number in measured.items()}
        unit = next(iter(others.values())).unit
        direct = others.pop("", None)
        value = math.nan if direct is None else direct.value
        if not isinstance(self.fact, LessonTask):
            return TaskAnswer("number", value, unit)
        solved = math.nan if self.solved is None else self._in_unit(self.solved()).value
        with placed(self.runs.file, self.key):
            return answer_of(self.fact, value, unit, {name: n.value for name, n in others.items()}, solved)

    def _in_unit(self, number: Number) -> Number:
        """Return a number in the unit in which it is asked."""
        unit, file, key = self.fact.unit, self.runs.file, f"{self.key}.unit"
        if not unit or unit == number.unit:
            return number
        if self.fact.comparison == "percent":
            raise LessonError("is the unit of a change in percent", file=file, key=key, cure="leave it out")
        with placed(file, key):
            check_unit(unit)
            return number.to(unit)


def asked(runs: LessonRuns, fact: Fact, key: str) -> Asked:
    """Note what a task or a fact needs.

    Raises
    ------
    LessonError
        If a run or a measure is impossible.
    """
    if not isinstance(fact, LessonTask):
        return Asked(runs, fact, key, _number(runs, fact, None, key), {})
    has_direct = fact.kind in ("number", "state") or fact.is_of_ranges
    direct = _number(runs, fact, None, key) if has_direct else None
    later = {
        variant.id: _number(runs, fact, variant, f"{key}.{_ENTRIES[fact.kind]}[{number}]", key)
        for number, variant in enumerate(fact.variants, 1)
        if not (isinstance(variant, Option) and variant.is_range)
    }
    solved = None
    if fact.kind == "state":
        solution = fact.model_copy(update={"set": {**fact.set, **(fact.solution or {})}})
        solved = _number(runs, solution, None, key, set_key="solution")
    return Asked(runs, fact, key, direct, later, solved)


def settings_of(fact: Fact, variant: TaskVariant | None = None) -> Settings:
    """Return the changes of the run that answers."""
    return fact.set if variant is None or variant.set is None else variant.set


def measure_of(fact: Fact, variant: TaskVariant | None = None) -> str:
    """Return what is measured in it."""
    return (variant.measure if variant else None) or fact.measure or ""


def against_of(fact: Fact, variant: TaskVariant | None = None) -> tuple[Settings, str]:
    """Return the changes and the measure with which the run is compared; its own where nothing else is given."""
    against = fact.against if variant is None or variant.against is None else variant.against
    measure = (variant.against_measure if variant else None) or fact.against_measure or measure_of(fact, variant)
    return settings_of(fact, variant) if against is None else against, measure


def _number(
    runs: LessonRuns, fact: Fact, variant: TaskVariant | None, key: str, of: str = "", set_key: str = "set"
) -> _Later:
    """Note a measure in a run, and the one that it is compared with; keys are those of the entry that has them."""
    has = [
        name for name in ("set", "measure", "against", "against_measure") if getattr(variant, name, None) is not None
    ]

    def place(name: str) -> str:
        return f"{key if variant is None or name in has else of}.{name}"

    set_place = place("set") if set_key == "set" else f"{key}.{set_key}"
    first = runs.ask(settings_of(fact, variant), measure_of(fact, variant), set_place, place("measure"))
    if fact.comparison is None:
        return first
    settings, measure = against_of(fact, variant)
    has_measure = fact.against_measure is not None or "against_measure" in has
    second = runs.ask(settings, measure, place("against"), place("against_measure" if has_measure else "measure"))

    def compared() -> Number:
        a, b = first(), second()
        if a.unit != b.unit:
            reason, cure = f"is in {b.unit}, the other measure in {a.unit}", "compare quantities of one unit"
            raise LessonError(reason, file=runs.file, key=place("against_measure"), cure=cure)
        if fact.comparison == "difference":
            return Number(a.value - b.value, a.unit)
        if b.value == 0.0:
            raise LessonError("is divided by zero", file=runs.file, key=key, cure='use as = "difference"')
        ratio = a.value / b.value
        return Number(ratio, "1") if fact.comparison == "ratio" else Number(100.0 * (ratio - 1.0), PERCENT)

    return compared
