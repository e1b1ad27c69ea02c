"""The summary of a run as a few short tables and sentences on the terminal."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from immunosim.cli.printing import show, show_table
from immunosim.formatting import difference, hair_sentences, number, recovery, risk_sentences, seen

Summary = dict[str, Any]


def show_summary(summary: Summary) -> None:
    """Print what came of a run."""
    show(summary["title"] or "Untitled scenario")
    span = f"day {summary['start_day']:.0f} to day {summary['horizon_day']:.0f}"
    show(f"Simulated from {span} in {summary['solver']['accepted_steps']} steps: {summary['status']['name']}")
    if summary["counts"] is not None:
        show_counts(summary)
    show_observed(summary["observed"])
    show()
    if summary["counts"] is not None:
        for sentence in (*level_sentences(summary), *hair_sentences(summary["salt"]), *risk_sentences(summary)):
            show(sentence)
    show_patient(summary["patient"])


def show_files(summary: Summary, folder: Path, following: str) -> None:
    """Print what results may be used for, where their files are, and the one command to run next."""
    show()
    show(summary["intended_use"])
    show(f"Files: {folder}/ (figure.png, summary.json, trajectory.csv, trajectory.nc, scenario.toml)")
    show(f"Next:  {following}")


def show_counts(summary: Summary) -> None:
    """Print untreated counts and what became of them, a table for each course; without courses only the lowest."""
    counts = list(summary["counts"].values())
    courses = counts[0]["after_course"] if counts else []
    if counts and not courses:
        show_table("Counts", ("count", "untreated", "lowest", "day"), [_lowest_row(count) for count in counts])
    for i, course in enumerate(courses):
        first, *others = course["at_months"]
        headers = ("count", "untreated", "lowest", "day", f"month {first}", *others, "to LLN")
        rows = [_count_row(count, count["after_course"][i]) for count in counts]
        show_table(f"Counts after {course['course']} (day {course['start_day']:.0f})", headers, rows)
        show("to LLN: months to the lower limit of normal")


def show_observed(observed: list[dict[str, Any]]) -> None:
    """Print every observed value beside the simulated one."""
    headers = ("time", "read-out", "unit", "observed", "simulated", "difference")
    rows = [
        (_when(point), point["readout"], point["unit"], seen(point), number(point["simulated"]), difference(point))
        for point in observed
    ]
    show_table("Observed and simulated", headers, rows, align="<<<")


def show_patient(patient: dict[str, Any]) -> None:
    """Print the parameters in which the patient differs from the default, and what that means."""
    rows = [
        (entry["set_by"], f"{entry['value']:.4g}", f"{entry['default']:.4g}", entry["unit"])
        for entry in patient["differs_from_default"]
    ]
    show_table("Patient-specific values", ("key", "value", "default", "unit"), rows)
    if patient["individual_sentence"]:
        show(patient["individual_sentence"])


def level_sentences(summary: Summary) -> Iterator[str]:
    """Yield the peak concentration of each drug in each course and when it is gone."""
    for level in summary["drug_levels"].values():
        what = level["label"][:1].upper() + level["label"][1:]
        for course in level["after_course"]:
            peak = f"{what}, {course['course']}: peak {number(course['peak'])} {level['unit']}"
            yield f"{peak}, {_until(course)}." if level["detection_limit"] is not None else f"{peak}."


def _count_row(count: dict[str, Any], after: dict[str, Any]) -> tuple[str, ...]:
    what = f"{count['name']}, {count['unit']}"
    lowest, day = number(after["nadir"]), f"{after['nadir_days_after_start']:.0f}"
    months = (number(value) for value in after["at_months"].values())
    return what, number(count["untreated"]), lowest, day, *months, recovery(count, after)


def _lowest_row(count: dict[str, Any]) -> tuple[str, ...]:
    what = f"{count['name']}, {count['unit']}"
    return what, number(count["untreated"]), number(count["lowest"]), f"{count['lowest_day']:.1f}"


def _until(course: dict[str, Any]) -> str:
    gone = course["undetectable_days_after_start"]
    return "still detectable at the end" if gone is None else f"undetectable from day {gone:.0f} after its start"


def _when(point: dict[str, Any]) -> str:
    if point["course"] is None:
        return f"day {point['day']:.0f}"
    return f"{point['course']} + {point['months_after_course']:.1f} mo"
