"""The tables of the page: courses, counts, observations, hair, autoimmunity, mechanisms, solver.

Reads a scenario and the summary of its run; computes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from immunosim.formatting import (
    calendar,
    difference,
    number,
    quantity,
    recovery,
    score,
    seen,
    unit_text,
)
from immunosim.problem import Problem
from immunosim.report.courses import course_before, course_windows
from immunosim.report.doses import deviations, dose_headers, dose_rows
from immunosim.scenario import Relapse, Scenario
from immunosim.units import DAYS_PER_MONTH

SummaryView = Mapping[str, Any]
TextRow = Sequence[str]


@dataclass(frozen=True)
class PageTable:
    """A table: the first cell of a row names it; `align` has "<" for a column of text, and ">" follows its end."""

    caption: str
    headers: TextRow
    rows: Sequence[TextRow]
    align: str = "<"
    note: str = ""

    def is_text(self, column: int) -> bool:
        """Return whether a column holds text, not numbers."""
        return self.align[column : column + 1] == "<"


def doses(scenario: Scenario) -> PageTable:
    """Return the doses, as ``immunosim check`` shows them."""
    return PageTable("Doses", dose_headers(scenario), list(dose_rows(scenario)), "<<", " ".join(deviations(scenario)))


def events(scenario: Scenario) -> PageTable:
    """Return the numbered notes and relapses in the order of time."""
    notes = [(note.time, str(number), "note", note.text) for number, note in enumerate(scenario.note, 1)]
    relapses = [
        (event.time, f"R{number}", "relapse", _relapse_text(event)) for number, event in enumerate(scenario.relapse, 1)
    ]
    rows = [
        (mark, kind, f"{time:.0f}", calendar(scenario, time), _after(scenario, time), text)
        for time, mark, kind, text in sorted(notes + relapses)
    ]
    headers = ("no.", "kind", "day", _calendar_header(scenario), "months after a course", "what was noted")
    note = "Notes carry the same numbers in the figure. They do not change the simulation."
    return PageTable("Notes and relapses", headers, rows, "<<>><<", note)


def counts(summary: SummaryView) -> Iterator[PageTable]:
    """Yield a table of counts for each course, or one of the nadirs without a course."""
    counts = list(summary["counts"].values())
    courses = counts[0]["after_course"] if counts else []
    first = ("count", "unit", "untreated", "lowest", "on day")
    if counts and not courses:
        yield PageTable("Counts", (*first, "LLN"), [_lowest(count) for count in counts], "<<", _LLN)
    for i, course in enumerate(courses):
        months = (f"month {month}" for month in course["at_months"])
        headers = (*first, *months, "LLN", "months to LLN")
        rows = [_counted(count, count["after_course"][i]) for count in counts]
        caption = f"Counts after {course['course']} (day {course['start_day']:.0f})"
        yield PageTable(caption, headers, rows, "<<", f"Days and months since the start of the course. {_LLN}")


def observed(summary: SummaryView) -> PageTable:
    """Return observed and simulated values."""
    headers = ("when", "day", "read-out", "unit", "observed", "simulated", "residual", "in percent", "remark")
    note = (
        "Residual: simulated minus observed, from the nearest end of a range, and in percent of it. "
        "Inside a range it is zero."
    )
    return PageTable(
        "Observed and simulated",
        headers,
        [_observed(observation) for observation in summary["observed"]],
        "<><<>>>><",
        note,
    )


def drug_levels(summary: SummaryView) -> Iterator[PageTable]:
    """Yield the concentrations of detected drugs by course."""
    for level in filter(itemgetter("after_course"), summary["drug_levels"].values()):
        unit, limit = unit_text(level["unit"]), level["detection_limit"]
        headers = ["course", f"peak, {unit}", "peak, days after start"]
        headers += [] if limit is None else [f"below {limit:g} {unit}, days after start"]
        rows = [
            (
                course["course"],
                number(course["peak"]),
                f"{course['peak_days_after_start']:.2f}",
                number(course["undetectable_days_after_start"], "still detectable"),
            )[: len(headers)]
            for course in level["after_course"]
        ]
        yield PageTable(level["label"][:1].upper() + level["label"][1:], headers, rows)


def hair(summary: SummaryView) -> Iterator[PageTable]:
    """Yield the SALT score after each course and each pulse."""
    salt = summary["salt"]
    if salt is None:
        return
    visits = [course["at_months"] for course in salt["after_course"]]
    if visits:
        headers = ("SALT score after", *(f"month {month}" for month in visits[0]))
        rows = [(course["course"], *map(score, course["at_months"].values())) for course in salt["after_course"]]
        yield PageTable("Hair loss by course", headers, rows, note="SALT: percent of the scalp without hair, 0 to 100.")
    if salt["after_pulse"]:
        headers = ("SALT score after", "on day", "at the start", "after 4 weeks", "after 4 months")
        keys = ("at_start", "after_4_weeks", "after_4_months")
        rows = [
            (pulse["pulse"], f"{pulse['start_day']:.0f}", *(score(pulse[key]) for key in keys))
            for pulse in salt["after_pulse"]
        ]
        yield PageTable("Hair loss and pulses", headers, rows)


def autoimmunity(summary: SummaryView) -> Iterator[PageTable]:
    """Yield the cumulative hazard of autoimmunity of each organ, and the onset in this patient."""
    autoimmunity = summary["autoimmunity"]
    if autoimmunity is None:
        return
    rows = [
        (
            organ["name"],
            number(organ["cumulative_hazard"]),
            number(organ["draw"]),
            number(organ["onset_day"], "no onset simulated"),
        )
        for organ in autoimmunity["organs"].values()
    ]
    extremes = "; ".join(map(_extreme, autoimmunity["extremes"].values()))
    rule = "Disease of an organ begins on the day on which its cumulative hazard reaches the draw of the patient."
    note = f"{extremes[:1].upper()}{extremes[1:]}. {rule}" if extremes else rule
    headers = ("organ", "cumulative hazard", "draw", "onset on day")
    yield PageTable("Secondary autoimmunity", headers, rows, note=note)


def relapses(summary: SummaryView) -> Iterator[PageTable]:
    """Yield the relapse hazard."""
    relapse = summary["relapse"]
    if relapse is None:
        return
    rows = [
        ("untreated hazard, per year", number(relapse["untreated_per_year"])),
        ("mean hazard from day 0 to the end, per year", number(relapse["mean_per_year"])),
        ("relapses reported in the scenario", str(relapse["reported_relapses"])),
    ]
    yield PageTable("Relapses of multiple sclerosis", ("quantity", "value"), rows)


def mechanisms(problem: Problem) -> PageTable:
    """Return every mechanism, its state, and the effect of switching it off."""
    off = problem.scenario.mechanisms.off
    described = problem.model.module.MECHANISMS.items()
    rows = [(label, name, "OFF" if name in off else "on", meaning) for name, (label, meaning) in described]
    headers = ("mechanism", "key", "state", "effect of switching it off")
    return PageTable("Mechanisms of the model", headers, rows, "<<<<")


def solver(summary: SummaryView) -> PageTable:
    """Return the settings and statistics of the integration."""
    rows = [(name.replace("_", " "), f"{value}") for name, value in summary["solver"].items()]
    return PageTable("Solver", ("setting or count", "value"), rows)


def software(summary: SummaryView) -> PageTable:
    """Return the model and the versions of the software."""
    model = summary["model"]
    rows = [
        ("model", model["name"]),
        ("key of its compiled kernels", model["key"]),
        ("parameter set", model["parameter_set"]),
        *summary["software"].items(),
    ]
    return PageTable("Versions", ("what", "version"), rows, "<<")


_LLN = "LLN: lower limit of normal; never: not before the next course or the end; above: never below it."


def _relapse_text(relapse: Relapse) -> str:
    severity = "" if relapse.severity is None else f"severity {relapse.severity:g}"
    return ". ".join(filter(None, (severity, relapse.note)))


def _calendar_header(scenario: Scenario) -> str:
    return "month" if scenario.start_date is None else "date"


def _after(scenario: Scenario, time: float) -> str:
    course = course_before(course_windows(scenario), time)
    return "" if course is None else f"{course.label} + {(time - course.start) / DAYS_PER_MONTH:.1f}"


def _counted(count: SummaryView, after: SummaryView) -> TextRow:
    first = (count["name"], unit_text(count["unit"]), number(count["untreated"]), number(after["nadir"]))
    months = (number(value) for value in after["at_months"].values())
    day, limit = f"{after['nadir_days_after_start']:.1f}", _limit(count)
    return *first, day, *months, limit, recovery(count, after)


def _lowest(count: SummaryView) -> TextRow:
    values = number(count["untreated"]), number(count["lowest"]), f"{count['lowest_day']:.1f}"
    return count["name"], unit_text(count["unit"]), *values, _limit(count)


def _limit(count: SummaryView) -> str:
    limit = count["lower_limit_of_normal"]
    return "-" if limit is None else f"{limit:g}"


def _observed(point: SummaryView) -> TextRow:
    simulated, low, high = point["simulated"], point["observed_low"], point["observed_high"]
    residual = "-" if simulated is None else _signed(simulated - min(max(simulated, low), high))
    when = (
        "before treatment" if point["course"] is None else f"{point['course']} + {point['months_after_course']:.1f} mo"
    )
    remark = "; ".join(text for text in (point["note"], point["source"]) if text)
    values = (seen(point), number(simulated, "failed"), residual, difference(point))
    return when, f"{point['day']:.1f}", point["label"], unit_text(point["unit"]), *values, remark


def _extreme(extreme: SummaryView) -> str:
    is_relative = extreme["unit"] == "1"
    value = (
        f"{number(extreme['value'])} times untreated" if is_relative else quantity(extreme["value"], extreme["unit"])
    )
    return f"{extreme['extreme']} {extreme['name']} {value} (day {extreme['day']:.0f})"


def _signed(value: float) -> str:
    return f"{'+' if value > 0 else ''}{number(value)}" if value else "0"
