"""The main results first: counts, hair and hazards, in a few numbers and sentences.

Reads a summary; computes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from immunosim.formatting import hair_sentences, number, quantity, risk_sentences, score

SummaryView = Mapping[str, Any]


def key_numbers(summary: SummaryView, counts: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Yield name, value and remark of the main results; none for a failed run.

    Parameters
    ----------
    summary : mapping
    counts : iterable of str
        Counts whose nadir is shown.
    """
    if summary["counts"] is None:
        return
    for name in counts:
        count = summary["counts"][name]
        remark = f"day {count['lowest_day']:.0f}; untreated {number(count['untreated'])}"
        yield f"Lowest {count['name']}", quantity(count["lowest"], count["unit"]), remark
    if (salt := summary["salt"]) is not None:
        remark = f"day {salt['peak_day']:.0f}; at the end {score(salt['at_end'])}"
        yield "Worst hair loss", f"SALT {score(salt['peak'])}", remark
    if summary["autoimmunity"] is not None:
        commonest = next(iter(summary["autoimmunity"]["organs"].values()))
        name = f"{commonest['name'].capitalize()} autoimmunity"
        yield name, number(commonest["cumulative_hazard"]), "cumulative hazard of the median patient, not a risk"
    if (relapse := summary["relapse"]) is not None:
        remark = f"a year, mean; untreated {number(relapse['untreated_per_year'])}"
        yield "Relapse hazard", number(relapse["mean_per_year"]), remark


def sentences(summary: SummaryView) -> Iterator[str]:
    """Yield the findings; none for a failed run."""
    if summary["counts"] is None:
        return
    yield from _count_sentences(summary["counts"])
    yield from hair_sentences(summary["salt"])
    yield from risk_sentences(summary)
    yield from _agreement(summary["observed"])


def _count_sentences(counts: SummaryView) -> Iterator[str]:
    if not counts:
        return
    total = next(iter(counts.values()))
    name = total["name"][:1].upper() + total["name"][1:]
    yield (
        f"{name} fall from {quantity(total['untreated'], total['unit'])} to {number(total['lowest'])} "
        f"at the lowest (day {total['lowest_day']:.0f})."
    )
    judged = [count for count in counts.values() if count["lower_limit_of_normal"] is not None]
    for i, course in enumerate(total["after_course"]):
        returns = ", ".join(_return(count, count["after_course"][i]) for count in judged)
        yield f"Return to the lower limit of normal after {course['course']}: {returns}."


def _return(count: SummaryView, after: SummaryView) -> str:
    limit = f"{count['name']} ({quantity(count['lower_limit_of_normal'], count['unit'])})"
    if not after["fell_below_limit"]:
        return f"{limit} never below"
    months = after["months_to_limit"]
    return f"{limit} not reached" if months is None else f"{limit} after {number(months)} months"


def _agreement(observed: list[SummaryView]) -> Iterator[str]:
    """Yield the differences between simulation and observations."""
    off = [abs(point["outside_percent"]) for point in observed if point["outside_percent"] is not None]
    if off:
        ranges = [point for point in observed if point["observed_low"] != point["observed_high"]]
        inside = sum(point["outside_percent"] == 0.0 for point in ranges)
        within = f"{inside} of {len(ranges)} observed ranges contain the simulated value; " if ranges else ""
        yield f"Observed values compared: {len(off)}; {within}the largest difference is {max(off):.1f} %."
