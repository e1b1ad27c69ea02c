"""The scorecard as text: what was predicted, what was fitted and what is assumed stand apart.

One-sided rows count apart: half of all numbers would meet them. Simulates and judges nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from experiments.scorecard import Judged, Kind, Verdict
from immunosim.cli.printing import plain_table
from immunosim.formatting import number

HEADERS = ("experiment", "what", "unit", "evidence", "version 1", "simulated", "verdict", "source")
TITLES = {Kind.PREDICTED: "Not fitted", Kind.FITTED: "Fitted", Kind.ASSUMED: "Assumed in part or whole"}

Results = Mapping[str, Sequence[Judged]]


def cells(name: str, judged: Judged) -> tuple[str, ...]:
    """Return a row of the scorecard."""
    row = judged.row
    moved = f" (was {number(row.simulated_at_release)} at release)" if judged.has_moved else ""
    before = "-" if row.simulated_by_version_1 is None else number(row.simulated_by_version_1)
    simulated = number(judged.simulated) + moved
    return name, row.what, row.unit, row.published, before, simulated, judged.verdict.value, ", ".join(row.source)


def as_text(results: Results) -> str:
    """Return the scorecard as plain columns, a table for each kind, known misses with their reasons below."""
    parts = [
        plain_table(f"{TITLES[kind]} ({tally(found)})", HEADERS, [cells(*one) for one in found], "<<<>>><<")
        for kind, found in _by_kind(results)
    ]
    reasons = [f"  {name}, {one.row.what}: {one.row.known_miss}" for name, one in _known(results)]
    return "\n".join([*parts, *(["", "Known misses", *reasons] if reasons else []), "", sentence(results)])


def as_markdown(results: Results) -> str:
    """Return the scorecard as a Markdown table for each kind, known misses with their reasons below."""
    lines = [sentence(results), ""]
    for kind, found in _by_kind(results):
        table = [HEADERS, ("---",) * len(HEADERS), *(cells(*one) for one in found)]
        lines += [f"## {TITLES[kind]}", "", f"{tally(found)[0].upper()}{tally(found)[1:]}.", ""]
        lines += [*(f"| {' | '.join(row)} |" for row in table), ""]
    reasons = [f"- {one.row.what} ({name}): {one.row.known_miss}" for name, one in _known(results)]
    return "\n".join([*lines, *(["## Misses and their reasons", "", *reasons] if reasons else [])]).rstrip()


def as_data(results: Results) -> dict[str, Any]:
    """Return the scorecard as plain data."""
    return {
        name: [
            {
                **one.row.model_dump(),
                "kind": one.row.kind.value,
                "limits": one.row.limits,
                "simulated": one.simulated,
                "verdict": one.verdict.value,
                "moved_since_release": one.has_moved,
            }
            for one in found
        ]
        for name, found in results.items()
    }


def tally(rows: Iterable[tuple[str, Judged]]) -> str:
    """Return how many numbers are met, and of how many one-sided bounds; what repeats another counts once."""
    counted = [one for _, one in rows if one.row.is_judged and not one.row.repeats]
    sides = {one_sided: [one for one in counted if one.row.is_one_sided == one_sided] for one_sided in (False, True)}
    numbers = f"{_met(sides[False])} of {len(sides[False])} numbers met"
    return f"{numbers}, {_met(sides[True])} of {len(sides[True])} one-sided bounds" if sides[True] else numbers


def sentence(results: Results) -> str:
    """Return the scorecard in a few sentences."""
    tallies = {kind: tally(found) for kind, found in _by_kind(results)}
    everything = [one for found in results.values() for one in found]
    parts = [f"{TITLES[kind]}: {text}" for kind, text in tallies.items()]
    failed = sum(one.has_failed for one in everything)
    parts += [*_beside_version_1(everything), f"{failed} of {len(everything)} rows fail this run"]
    return ". ".join(parts) + "."


def _beside_version_1(everything: Sequence[Judged]) -> list[str]:
    """Return how many published numbers each version meets, of those that both have."""
    both = [
        one
        for one in everything
        if one.row.simulated_by_version_1 is not None and one.row.kind != Kind.ASSUMED and not one.row.repeats
    ]
    before = sum(one.row.holds(one.row.simulated_by_version_1 or 0.0) for one in both)
    if not both:
        return []
    return [f"Of {len(both)} published numbers of both versions, version 1 met {before} and version 2 {_met(both)}"]


def _by_kind(results: Results) -> list[tuple[Kind, list[tuple[str, Judged]]]]:
    everything = [(name, one) for name, found in results.items() for one in found]
    kinds = [(kind, [one for one in everything if one[1].row.kind == kind]) for kind in Kind]
    return [(kind, found) for kind, found in kinds if found]


def _met(rows: Iterable[Judged]) -> int:
    return sum(one.verdict in (Verdict.MET, Verdict.OUTLIVED) for one in rows)


def _known(results: Results) -> Iterable[tuple[str, Judged]]:
    return ((name, one) for name, found in results.items() for one in found if one.verdict is Verdict.KNOWN)
