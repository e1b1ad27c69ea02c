"""The courses of a fit as they are drawn, with the names of what was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from immunosim.formatting import unit_text

if TYPE_CHECKING:
    from immunosim.fitting import Fitted, Subject
    from immunosim.plots.fit_courses import FittedCourse


def course_of(result: Fitted, index: int = 0) -> FittedCourse:
    """Return the course of a patient as it is drawn."""
    from immunosim.plots.fit_courses import FittedCourse

    subject = result.subjects[index]
    times, bands = result.course(index)
    about = subject.problem.scenario, result.fit_verdict.reason
    return FittedCourse(subject.name, subject.measurements, times, bands, *about)


def names_of(subject: Subject) -> dict[str, str]:
    """Return the name of every measurable quantity."""
    model = subject.problem.model
    return {
        name: " + ".join(model.about(part).heading or part for part in model.sums.get(name, (name,)))
        for name in subject.units
    }


def labels_of(subject: Subject) -> dict[str, str]:
    """Return name and unit of every measurable quantity, as an axis shows it."""
    return {name: axis_label(text, subject.units[name]) for name, text in names_of(subject).items()}


def axis_label(name: str, unit: str) -> str:
    """Return a name with its unit, if it has one."""
    return f"{name} ({unit_text(unit)})" if unit_text(unit) else name
