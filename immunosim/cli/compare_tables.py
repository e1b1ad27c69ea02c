"""A comparison on the terminal: what goes in, what comes out, and why. Scenarios are lettered; A is the reference."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from immunosim.cli.printing import show, show_table
from immunosim.formatting import number
from immunosim.units import DAYS_PER_MONTH

if TYPE_CHECKING:
    from immunosim.attribution.comparison import Comparison

LETTERS = "ABCDEF"

TOP = 8
"""Processes that are shown; the others are added up."""

SMALLEST = 1e-3
"""A contribution below this share of the largest is not shown on its own."""

SAME = "same"
"""Stands where a difference is within the accuracy of the solver."""

UNTREATED = "untreated_level"
"""The row that is not a process; it is always shown."""


def show_comparison(comparison: "Comparison", record: dict[str, Any]) -> None:
    """Print a comparison: scenarios, inputs, largest differences, differences at visits, attributions."""
    for letter, scenario in zip(LETTERS, record["scenarios"], strict=False):
        title = f": {scenario['title']}" if scenario["title"] else ""
        show(f"{letter}  {scenario['name']}{' (reference)' if letter == 'A' else ''}{title}")
    cut = ", where the shortest scenario ends" if comparison.is_cut else ""
    show(
        f"Compared from day {record['from_day']:.0f} to day {record['to_day']:.0f}{cut}; day 0 is each scenario's own."
    )
    for cause in record.get("counterfactuals", ()):
        show(*cause["sentences"])
    _show_inputs(record)
    differing = [row for row in record["largest_differences"] if row["differs"]]
    if not differing:
        show("", "No difference in any of the read-outs, within the accuracy of the solver.")
    _show_largest(comparison, differing)
    _show_visits(comparison, record, {(row["readout"], row["scenario"]) for row in differing})
    for cause in record.get("counterfactuals", ()):
        _show_causes(comparison, cause)
    for attribution in record["attributions"]:
        _show_attribution(comparison, attribution)
    show("", record["intended_use"])


def _show_inputs(record: dict[str, Any]) -> None:
    names = [scenario["name"] for scenario in record["scenarios"]]
    rows = [(entry["key"], *(entry["values"][name] for name in names)) for entry in record["inputs"]]
    if not rows:
        show("", "The scenarios do not differ in anything that changes a course.")
    show_table("What differs in the scenarios", ("key", *LETTERS[: len(names)]), rows, align="<" * (len(names) + 1))


def _show_largest(comparison: "Comparison", differing: list[dict[str, Any]]) -> None:
    rows = [
        (
            row["readout"],
            _unit(row),
            _pair(comparison, row),
            f"{row['month']:.1f}",
            number(row["reference_value"]),
            number(row["value"]),
            *_change(row),
        )
        for row in differing
    ]
    headers = ("read-out", "unit", "between", "month", "reference", "other", "difference", "percent")
    show_table("Largest differences", headers, rows, align="<<<")


def _show_visits(comparison: "Comparison", record: dict[str, Any], differing: set[tuple[str, str]]) -> None:
    rows = list(_visit_rows(comparison, record, {readout for readout, _ in differing}))
    letters = LETTERS[: len(comparison.names)]
    pairs = [f"{letter} - A" for letter in letters[1:]]
    show_table("Read-outs at visits", ("read-out", "unit", "month", *letters, *pairs), rows, align="<<")
    if rows:
        show("Left out: read-outs and visits at which nothing differs.")


def _visit_rows(comparison: "Comparison", record: dict[str, Any], readouts: set[str]) -> Iterator[tuple[str, ...]]:
    groups: dict[tuple[str, float], list[dict[str, Any]]] = {}
    for row in record["differences"]:
        groups.setdefault((row["readout"], row["day"]), []).append(row)
    for (readout, _), rows in groups.items():
        changes = [_visit_change(comparison, row) for row in rows]
        if readout in readouts and any(change != SAME for change in changes):
            values = (number(value) for value in (rows[0]["reference_value"], *(row["value"] for row in rows)))
            yield readout, _unit(rows[0]), f"{rows[0]['month']:.1f}", *values, *changes


def _visit_change(comparison: "Comparison", row: dict[str, Any]) -> str:
    if abs(row["difference"]) <= comparison.noise(comparison.names.index(row["scenario"]), row["readout"]):
        return SAME
    return "{} ({})".format(*_change(row))


def _show_causes(comparison: "Comparison", cause: dict[str, Any]) -> None:
    """Print what each key does: the other scenario with the key of A, and A with its key."""
    unit = f" [{_unit(cause)}]" if _unit(cause) else ""
    other = LETTERS[comparison.names.index(cause["scenario"])]
    rows = [
        (
            key["key"] if key["reference_key_value"] else f"{key['key']}: all that differ",
            number(key["with_key_of_reference"]),
            _percent(key["share_taken_away"]),
            number(key["reference_with_key"]),
            _percent(key["share_brought"]),
        )
        for key in cause["keys"]
    ]
    title = f"{cause['label']}{unit} with one key of the other scenario, month {cause['at_day'] / DAYS_PER_MONTH:.1f}"
    headers = ("key", f"{other} as A", "takes away", f"A as {other}", "brings")
    show_table(title, headers, rows)


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{round(100.0 * share)} %"


def _show_attribution(comparison: "Comparison", attribution: dict[str, Any]) -> None:
    unit = f" [{_unit(attribution)}]" if _unit(attribution) else ""
    when = f"month {attribution['at_day'] / DAYS_PER_MONTH:.1f}"
    title = f"Why {_pair(comparison, attribution)} in {attribution['label']}{unit}, {when}"
    labels = {item["name"]: item["label"] for item in attribution["by_mechanism"]}
    mechanisms = [(label, _signed(value)) for label, _, value in _shortened(attribution["by_mechanism"], {})]
    show_table(f"{title}, by mechanism", ("mechanism", "contribution"), mechanisms)
    rows = [(label, group, _signed(value)) for label, group, value in _shortened(attribution["contributions"], labels)]
    rows.append(("sum", "", _signed(attribution["sum"])))
    rows.append(("not accounted for", "", f"{attribution['residual']:+.1e}"))
    rows.append(("difference", "", _signed(attribution["difference"])))
    show_table(f"{title}, by process", ("process", "mechanism", "contribution"), rows, align="<<")


def _shortened(items: list[dict[str, Any]], groups: dict[str, str]) -> Iterator[tuple[str, str, float]]:
    """Yield label, group and value of the contributions that matter and of the untreated level; the rest added up."""
    least = SMALLEST * max(abs(item["contribution"]) for item in items)
    is_main = [i < TOP and abs(item["contribution"]) >= least for i, item in enumerate(items)]
    others = []
    for item, is_shown in zip(items, is_main, strict=True):
        if is_shown or item["name"] == UNTREATED:
            group = "" if item["name"] == UNTREATED else groups.get(item["mechanism"], "")
            yield item["label"], group, item["contribution"]
        else:
            others.append(item)
    if others:
        label = others[0]["label"] if len(others) == 1 else f"{len(others)} others"
        yield label, "", sum(item["contribution"] for item in others)


def _pair(comparison: "Comparison", row: dict[str, Any]) -> str:
    return f"{LETTERS[comparison.names.index(row['scenario'])]} - A"


def _change(row: dict[str, Any]) -> tuple[str, str]:
    """Return a difference, and what it is in percent of the reference or, where it is huge, as a multiple of it."""
    percent = row["percent"]
    if percent is None:
        relative = "-"
    else:
        relative = f"{percent:+.1f} %" if abs(percent) < 1000 else f"{1 + percent / 100:.0f} times"
    return _signed(row["difference"]), relative


def _signed(value: float) -> str:
    return ("+" if value > 0.0 else "") + number(value)


def _unit(row: dict[str, Any]) -> str:
    return "" if row["unit"] == "1" else str(row["unit"])
