"""Cautions for the reader of one run: only those that apply.

Each caution is a sentence or two.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from immunosim.formatting import number
from immunosim.models import find_model
from immunosim.problem import Problem
from immunosim.report.doses import assumed_effects, volumes_in_words
from immunosim.scenario.plausible import implausible_age
from immunosim.scenario.regimen import courses_of
from immunosim.units import DAYS_PER_MONTH

SummaryView = Mapping[str, Any]


def cautions(problem: Problem, summary: SummaryView) -> Iterator[str]:
    """Yield the cautions of a run."""
    yield from _version(problem)
    yield from _values(problem)
    yield from _individual(problem, summary)
    yield from _at_bounds(problem, summary)
    yield from _extrapolated(problem)
    yield from _mechanisms_off(summary)
    yield from assumed_effects(problem.scenario)
    yield from volumes_in_words(problem.scenario)
    yield from _onsets(summary)


def _version(problem: Problem) -> Iterator[str]:
    if version := find_model(problem.scenario.model).version_in_words():
        yield f"Computed with {version}."


def _values(problem: Problem) -> Iterator[str]:
    used = [problem.parameters[name] for name in problem.parameters]
    assumed = sum(parameter.evidence == "assumed" for parameter in used)
    share = f"{assumed} of the {len(used)} parameters of the set ({100 * assumed / len(used):.0f} %)"
    yield f"{share} are assumed: chosen without data that determine them."


def _individual(problem: Problem, summary: SummaryView) -> Iterator[str]:
    n_values, seen = summary["patient"]["individual_parameters"], len(summary["observed"])
    if not n_values:
        return
    sentence = summary["patient"]["individual_sentence"]
    yield f"Patient-specific values: {n_values}. {sentence} Other values may fit equally well."
    if 0 < seen <= n_values:
        reason = f"There are {n_values} individual values and {seen} observations"
        yield f"{reason}: agreement is not evidence for the model."


def _at_bounds(problem: Problem, summary: SummaryView) -> Iterator[str]:
    for entry in summary["patient"]["differs_from_default"]:
        name = entry["parameter"]
        parameter = problem.parameters[name]
        is_trait = (parameter.group, parameter.lower, parameter.upper) == (
            "patient",
            0.0,
            1.0,
        )  # yes or no, not a guess
        at = [bound for bound in (parameter.lower, parameter.upper) if math.isclose(entry["value"], bound)]
        if at and not is_trait:
            yield f"{name} is at its bound of {at[0]:g}: {parameter.label.lower()} could not go further."


def _extrapolated(problem: Problem) -> Iterator[str]:
    scenario, scope = problem.scenario, problem.model.scope
    courses = courses_of(scenario)
    if courses and scope.months is not None:
        months = (scenario.horizon - courses[0].dosing.start) / DAYS_PER_MONTH
        if months > scope.months:
            yield (
                f"The simulation ends {months:.0f} months after the first course; counts were fitted up to month "
                f"{scope.months}. Later times are extrapolated."
            )
    if scope.courses is not None and len(courses) > scope.courses:
        yield f"There are {len(courses)} courses; counts were fitted to {scope.courses}."
    age = scenario.patient.age
    if scope.ages is not None and not scope.ages[0] <= age <= scope.ages[1]:
        yield (
            f"The patient is {age:g} years old; T-cell counts were fitted to a trial of people from {scope.ages[0]} to "
            f"{scope.ages[1]} years."
        )
    if doubt := implausible_age(age, scenario.horizon):
        yield doubt


def _mechanisms_off(summary: SummaryView) -> Iterator[str]:
    off = summary["model"]["mechanisms_off"]
    if off:
        yield f"Mechanisms are switched off, so this is not a realistic patient: {'; '.join(off.values())}."


def _onsets(summary: SummaryView) -> Iterator[str]:
    for organ in ((summary["autoimmunity"] or {}).get("organs") or {}).values():
        if organ["onset_day"] is not None:
            yield (
                f"{organ['name'].capitalize()}: the onset follows from the draw of this patient "
                f"({number(organ['draw'])}), which is set, not predicted."
            )
