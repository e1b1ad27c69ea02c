"""The summary of a run as a few short tables and sentences on the terminal."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from immunosim.cli.printing import number, show, show_table

Summary = dict[str, Any]

NAMES = {"lymphocytes": "lymphocytes", "cd4": "CD4", "cd8": "CD8", "cd19": "CD19 (B)", "nk": "NK"}
"""What a blood count calls the read-outs of a summary."""

ORGANS = {"thyroid": "thyroid", "platelet": "platelets", "gbm": "kidney (anti-GBM)"}
"""What a reader calls the organs of a summary."""

VISIBLE = 0.5
"""SALT score below which nobody sees hair loss."""


def show_summary(summary: Summary, folder: Path, following: str) -> None:
    """Print a summary, where its files are, and the one command to run next."""
    show(summary["title"] or "Untitled scenario")
    span = f"day {summary['start_day']:.0f} to day {summary['horizon_day']:.0f}"
    show(f"Simulated from {span} in {summary['solver']['accepted_steps']} steps: {summary['status']['name']}")
    if summary["counts"] is not None:
        show_counts(summary)
    show_observed(summary["observed"])
    show()
    if summary["counts"] is not None:
        for sentence in (*antibody_sentences(summary), *hair_sentences(summary["salt"]), *risk_sentences(summary)):
            show(sentence)
    show_patient(summary["patient"])
    show()
    show(summary["intended_use"])
    show(f"Files: {folder}/ (figure.png, summary.json, trajectory.csv, trajectory.nc, scenario.toml)")
    show(f"Next:  {following}")


def show_counts(summary: Summary) -> None:
    """Print untreated counts and what became of them, a table for each course; without courses only the lowest."""
    counts = summary["counts"]
    if not counts["lymphocytes"]["after_course"]:
        show_table(
            "Counts", ("count", "untreated", "lowest", "day"), [_lowest_row(name, counts[name]) for name in NAMES]
        )
    for i, course in enumerate(counts["lymphocytes"]["after_course"]):
        first, *others = course["at_months"]
        headers = ("count", "untreated", "lowest", "day", f"month {first}", *others, "to LLN")
        rows = [_count_row(name, counts[name], counts[name]["after_course"][i]) for name in NAMES]
        show_table(f"Counts after {course['course']} (day {course['start_day']:.0f})", headers, rows)
        show("to LLN: months to the lower limit of normal")


def show_observed(observed: list[dict[str, Any]]) -> None:
    """Print every observed value beside the simulated one."""
    headers = ("time", "read-out", "unit", "observed", "simulated", "difference")
    rows = [
        (_when(point), point["readout"], point["unit"], _seen(point), number(point["simulated"]), _difference(point))
        for point in observed
    ]
    show_table("Observed and simulated", headers, rows, align="<<<")


def show_patient(patient: dict[str, Any]) -> None:
    """Print the parameters in which the patient differs from the default, and what that means."""
    rows = [
        (entry["set_by"], f"{entry['value']:.4g}", f"{entry['default']:.4g}", entry["unit"])
        for entry in patient["differs_from_default"]
    ]
    show_table("This patient differs from the default parameter set in", ("key", "value", "default", "unit"), rows)
    if patient["individual_sentence"]:
        show(patient["individual_sentence"])


def antibody_sentences(summary: Summary) -> Iterator[str]:
    """Yield the peak serum level of alemtuzumab in each course and when it is gone."""
    for course in summary["alemtuzumab"]:
        gone = course["undetectable_days_after_start"]
        until = "still detectable at the end" if gone is None else f"undetectable from day {gone:.0f} after its start"
        yield f"Alemtuzumab, {course['course']}: peak {number(course['peak'])} ug/mL, {until}."


def hair_sentences(salt: dict[str, Any]) -> Iterator[str]:
    """Yield when hair loss was worst and how it ended."""
    if salt["peak"] < VISIBLE:
        yield "Hair: no visible loss (SALT below 0.5 throughout)."
        return
    course, months = salt["peak_course"], salt["peak_months_after_course"]
    after = f", {months:.1f} months after {course}" if course else ""
    at_end = "near zero" if salt["at_end"] < VISIBLE else number(salt["at_end"])
    yield f"Hair: SALT peaks at {number(salt['peak'])} on day {salt['peak_day']:.0f}{after}; at the end it is {at_end}."
    for pulse in salt["after_pulse"]:
        scores = [number(pulse[key]) for key in ("at_start", "after_4_weeks", "after_4_months")]
        change = f"{scores[0]} at its start, {scores[1]} after 4 weeks, {scores[2]} after 4 months"
        yield f"      SALT and {pulse['pulse']}: {change}."


def risk_sentences(summary: Summary) -> Iterator[str]:
    """Yield the probabilities of secondary autoimmunity and the relapse hazard."""
    organs = summary["autoimmunity"]["organs"]
    risks = ", ".join(f"{ORGANS[organ]} {_percent(found['probability'])}" for organ, found in organs.items())
    yield f"Probability of autoimmunity by the end: {risks}."
    for organ, found in organs.items():
        if found["onset_day"] is not None:
            yield f"      {ORGANS[organ]}: disease begins on day {found['onset_day']:.0f} for the draw of this patient."
    relapse = summary["relapse"]
    untreated = f"untreated {number(relapse['untreated_per_year'])}"
    yield f"Relapse hazard: mean {number(relapse['mean_per_year'])} a year ({untreated})."


def _count_row(name: str, count: dict[str, Any], after: dict[str, Any]) -> tuple[str, ...]:
    what = f"{NAMES[name]}, {count['unit']}"
    lowest, day = number(after["nadir"]), f"{after['nadir_days_after_start']:.0f}"
    months = (number(value) for value in after["at_months"].values())
    return what, number(count["untreated"]), lowest, day, *months, _recovery(count, after)


def _lowest_row(name: str, count: dict[str, Any]) -> tuple[str, ...]:
    what = f"{NAMES[name]}, {count['unit']}"
    return what, number(count["untreated"]), number(count["lowest"]), f"{count['lowest_day']:.1f}"


def _percent(probability: float) -> str:
    if probability > 0.99:
        return "above 99 %"
    return f"{100 * probability:.2g} %" if probability >= 1e-5 else "below 0.001 %"


def _recovery(count: dict[str, Any], after: dict[str, Any]) -> str:
    if count["lower_limit_of_normal"] is None:
        return "-"
    if not after["fell_below_limit"]:
        return "above"
    return number(after["months_to_limit"], "never")


def _when(point: dict[str, Any]) -> str:
    if point["course"] is None:
        return f"day {point['day']:.0f}"
    return f"{point['course']} + {point['months_after_course']:.1f} mo"


def _seen(point: dict[str, Any]) -> str:
    low, high = point["observed_low"], point["observed_high"]
    if point["is_below_limit"]:
        return f"<{high:g}"
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def _difference(point: dict[str, Any]) -> str:
    outside = point["outside_percent"]
    if outside is None:
        return "-"
    is_inside = outside == 0.0 and point["observed_low"] != point["observed_high"]
    return "inside" if is_inside else f"{outside:+.1f} %"
