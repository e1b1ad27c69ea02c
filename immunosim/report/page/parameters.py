"""The parameters of a run, group by group: value, where it comes from, and whether it is the patient's own.

Reads a problem and the summary of its run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from immunosim.formatting import unit_text
from immunosim.parameters import EVIDENCE, Parameter
from immunosim.problem import Problem

GROUPS = {"patient": "patient", "lymphocytes": "untreated counts and distribution", "conversion": "conversion"}
"""What a reader calls groups that are not mechanisms; others are called by their name."""


@dataclass(frozen=True)
class ParameterEntry:
    """A parameter as it was used, and the key that set it where its value is not the default."""

    parameter: Parameter
    value: str
    unit: str
    bounds: str
    set_by: str = ""

    @property
    def default(self) -> str:
        """Return the default value."""
        return number_text(self.parameter.value)


@dataclass(frozen=True)
class Group:
    """The parameters of a mechanism, or of the patient."""

    name: str
    title: str
    is_off: bool
    entries: tuple[ParameterEntry, ...]

    @property
    def grades(self) -> str:
        """Return how many values there are of each grade of evidence."""
        return grades(entry.parameter for entry in self.entries)

    @property
    def own(self) -> int:
        """Return how many values are not the default."""
        return sum(bool(entry.set_by) for entry in self.entries)


def groups(problem: Problem, summary: Mapping[str, Any]) -> Iterator[Group]:
    """Yield the parameters that were used, in the order of their file."""
    own = {entry["parameter"]: entry for entry in summary["patient"]["differs_from_default"]}
    mechanisms = problem.model.module.MECHANISMS
    for name, members in problem.parameters.groups().items():
        title = mechanisms[name][0] if name in mechanisms else GROUPS.get(name, name.replace("_", " "))
        entries = tuple(_entry(parameter, own.get(parameter.name)) for parameter in members)
        yield Group(name, title, name in problem.scenario.mechanisms.off, entries)


def grades(parameters: Iterable[Parameter]) -> str:
    """Return how many parameters there are of each grade of evidence, in words."""
    found = Counter(parameter.evidence for parameter in parameters)
    return ", ".join(f"{found[grade]} {grade}" for grade in EVIDENCE if found[grade])


def number_text(value: float) -> str:
    """Return a value with the digits that it was given with, six at most."""
    return f"{value:.6g}"


def _entry(parameter: Parameter, own: Mapping[str, Any] | None) -> ParameterEntry:
    bounds = f"{number_text(parameter.lower)} to {number_text(parameter.upper)}"
    value, set_by = (parameter.value, "") if own is None else (own["value"], own["set_by"])
    return ParameterEntry(parameter, number_text(value), unit_text(parameter.unit), bounds, set_by)
