"""How numbers, units, days and findings of a summary are written for a reader.

Turns plain data into words; computes nothing that a summary does not hold.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from immunosim.units import DAYS_PER_MONTH

if TYPE_CHECKING:
    from immunosim.scenario import Scenario

VISIBLE = 0.5
"""SALT score below which nobody sees hair loss."""

MEDIAN_HAZARD = "Cumulative hazard of autoimmunity of the median patient by the end (not a risk)"
"""What the hazard of one simulated patient is: risks are means over patients, who differ."""

_UNITS = (("1e9/L", "10⁹/L"), ("uL", "µL"), ("ug/", "µg/"))


def number(value: float | None, none: str = "-") -> str:
    """Return a number with three digits that count, or what to write where there is none, as NaN is."""
    if value is None or math.isnan(value):
        return none
    size = abs(value)
    # By what is shown: 99.96 is written as 100, not as 100.0.
    decimals = 0 if size >= 99.95 else 1 if size >= 9.995 else 2 if size >= 0.9995 else 3
    return f"{value + 0.0:.{decimals}f}" if size >= 0.01 or not value else f"{value:.2g}"


def percent(probability: float) -> str:
    """Return a probability in percent, without digits that a model of few data cannot have."""
    if math.isnan(probability):
        return "-"
    if probability > 0.99:
        return "above 99 %"
    return f"{100 * probability:.2g} %" if probability >= 1e-5 else "below 0.001 %"


def percentage(fraction: float) -> str:
    """Return a fraction in percent with three digits; a dash where it is not known."""
    return "-" if math.isnan(fraction) else f"{100.0 * fraction:.3g} %"


def unit_text(unit: str) -> str:
    """Return a unit as print shows it; empty for numbers without dimension."""
    for plain, printed in _UNITS:
        unit = unit.replace(plain, printed)
    return "" if unit == "1" else unit


def quantity(value: float, unit: str) -> str:
    """Return a number with its unit as a sentence has it: "0.056 × 10⁹/L", "42.0 cells/µL"."""
    return f"{number(value)} {unit_text(unit).replace('10⁹', '× 10⁹')}"


def is_or_are(label: str) -> str:
    """Return the verb that goes with the label of a read-out: "are" for CD4 T cells in blood, "is" for a SALT score."""
    noun = re.split(r" in | \(|,", label)[0]
    return "are" if re.search(r"[^siu]s$", noun) else "is"


def score(value: float | None) -> str:
    """Return a SALT score, which nobody reads finer than a tenth."""
    return "-" if value is None else f"{value:.1f}"


def calendar(scenario: Scenario, day: float) -> str:
    """Return a day as a date where the scenario has one, else as the month that it falls in."""
    if scenario.start_date is None:
        return f"{day / DAYS_PER_MONTH:.1f}"
    return str(scenario.start_date + datetime.timedelta(days=day))


def seen(point: Mapping[str, Any]) -> str:
    """Return an observed value, a range, or the limit below which it lies."""
    low, high = point["observed_low"], point["observed_high"]
    if point["is_below_limit"]:
        return f"<{high:g}"
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def difference(point: Mapping[str, Any]) -> str:
    """Return how far the simulated value lies from the observed one, in percent."""
    outside = point["outside_percent"]
    if outside is None:
        return "-"
    is_inside = outside == 0.0 and point["observed_low"] != point["observed_high"]
    return "inside" if is_inside else f"{outside:+.1f} %"


def recovery(count: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Return the months that a count took to its lower limit of normal after a course."""
    if count["lower_limit_of_normal"] is None:
        return "-"
    return number(after["months_to_limit"], "never") if after["fell_below_limit"] else "above"


def hair_sentences(salt: Mapping[str, Any] | None) -> Iterator[str]:
    """Yield when hair loss was worst and how it ended, then what each pulse did."""
    if salt is None:
        return
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
        yield f"SALT and {pulse['pulse']}: {change}."


def risk_sentences(summary: Mapping[str, Any]) -> Iterator[str]:
    """Yield the hazards of secondary autoimmunity, risks where there are any, onsets of disease, the relapse hazard."""
    if summary["autoimmunity"] is not None:
        organs = summary["autoimmunity"]["organs"].values()
        hazards = ", ".join(f"{organ['name']} {number(organ['cumulative_hazard'])}" for organ in organs)
        yield f"{MEDIAN_HAZARD}: {hazards}."
        yield summary["autoimmunity"]["risk"]
        yield from map(_onset, (organ for organ in organs if organ["onset_day"] is not None))
    if summary["relapse"] is not None:
        relapse = summary["relapse"]
        untreated = f"untreated {number(relapse['untreated_per_year'])}"
        yield f"Relapse hazard: mean {number(relapse['mean_per_year'])} a year ({untreated})."


def _onset(organ: Mapping[str, Any]) -> str:
    name = organ["name"].capitalize()
    return f"{name}: disease begins on day {organ['onset_day']:.0f} for the draw of this patient."


def duration(seconds: float) -> str:
    """Return a time as a person says it: ``8 s``, ``4 min 40 s``, ``3 h 5 min``, ``2 days 4 h``."""
    whole = round(seconds)
    for size, unit, smaller, small_unit in ((86400, "days", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            rest = whole % size // smaller
            name = "day" if unit == "days" and whole // size == 1 else unit
            return f"{whole // size} {name} {rest} {small_unit}" if rest else f"{whole // size} {name}"
    return f"{whole} s" if seconds >= 1 else f"{seconds:.1f} s"


def size(n_bytes: float) -> str:
    """Return a size as a person says it: ``620 kB``, ``62 MB``, ``1.3 GB``."""
    units = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"))
    factor, unit = next((step for step in units if n_bytes >= 0.9995 * step[0]), units[-1])
    value = n_bytes / factor
    return f"{value:,.0f} {unit}" if value >= 100.0 else f"{value:.3g} {unit}"
