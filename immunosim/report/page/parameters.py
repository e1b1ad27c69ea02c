"""The parameters of a run, group by group: value, source, and whether it is patient-specific.

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
"""Titles of groups that are not mechanisms."""


@dataclass(frozen=True)
class ParameterEntry:
    """A parameter as used, and the key that set a value other than the default."""

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
        """Return the number of values by evidence grade."""
        return grades(entry.parameter for entry in self.entries)

    @property
    def own(self) -> int:
        """Return the number of patient-specific values."""
        return sum(bool(entry.set_by) for entry in self.entries)


def groups(problem: Problem, summary: Mapping[str, Any]) -> Iterator[Group]:
    """Yield the parameters of the run, in the order of their file."""
    patient_values = {entry["parameter"]: entry for entry in summary["patient"]["differs_from_default"]}
    mechanisms = problem.model.module.MECHANISMS
    for name, members in problem.parameters.groups().items():
        title = mechanisms[name][0] if name in mechanisms else GROUPS.get(name, name.replace("_", " "))
        entries = tuple(_entry(parameter, patient_values.get(parameter.name)) for parameter in members)
        yield Group(name, title, name in problem.scenario.mechanisms.off, entries)


def grades(parameters: Iterable[Parameter]) -> str:
    """Return the number of parameters by evidence grade, as text."""
    by_evidence = Counter(parameter.evidence for parameter in parameters)
    return ", ".join(f"{by_evidence[grade]} {grade}" for grade in EVIDENCE if by_evidence[grade])


def number_text(value: float) -> str:
    """Return a value with its given digits, six at most."""
    return f"{value:.6g}"


def _entry(parameter: Parameter, patient_value: Mapping[str, Any] | None) -> ParameterEntry:
    bounds = f"{number_text(parameter.lower)} to {number_text(parameter.upper)}"
    value, set_by = (
        (parameter.value, "") if patient_value is None else (patient_value["value"], patient_value["set_by"])
    )
    return ParameterEntry(parameter, number_text(value), unit_text(parameter.unit), bounds, set_by)
