"""The accounting of a change on the terminal: sentences, a table of mechanisms and one of processes that add up."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from immunosim.cli.printing import show, show_table
from immunosim.formatting import number

if TYPE_CHECKING:
    from immunosim.attribution import Contribution, Explanation


def show_accounting(explanation: "Explanation", top: int) -> None:
    """Print an accounting; of the processes `top` rows, the others added up."""
    for sentence in _sentences(explanation):
        show(sentence)
    unit = unit_of(explanation) or "contribution"
    mechanisms = [(item.label, *_amounts(explanation, item)) for item in explanation.by_mechanism()]
    show_table("By mechanism", ("mechanism", unit, "share"), mechanisms)
    labels = explanation.mechanisms
    rows = [
        (item.label, labels.get(item.mechanism, ""), *_amounts(explanation, item))
        for item in explanation.shortened(top)
    ]
    rows.append(("not accounted for", "", f"{explanation.residual:+.1e}", ""))
    rows.append(("sum: the change", "", f"{explanation.change:+.5g}", "100 %"))
    show_table("By process", ("process", "mechanism", unit, "share"), rows, align="<<")


def _sentences(explanation: "Explanation") -> Iterator[str]:
    before, after, unit = number(explanation.before), number(explanation.after), unit_of(explanation)
    start = "untreated" if explanation.is_from_start else _when(explanation.since)
    if abs(explanation.change) <= explanation.tolerance:
        yield (
            f"{explanation.label}: {after} {unit}".rstrip() + f" at {_when(explanation.at)}, as at the start, {start}."
        )
    else:
        moved = "rises" if explanation.change > 0.0 else "falls"
        values = f"{moved} from {before} to {after} {unit}".rstrip()
        yield f"{explanation.label}: {values} between {start} and {_when(explanation.at)}."
    found = [item for item in explanation.by_mechanism() if abs(item.value) > explanation.tolerance]
    for kind, sign in (("loss", -1.0), ("gain", 1.0)):
        item = next((item for item in found if sign * item.value > 0.0), None)
        if item is not None:
            yield f"Largest {kind}: {item.label} ({f'{_signed(item.value)} {unit}'.rstrip()})."
    if not explanation.is_gross:
        yield "Contributions are the excess over untreated: a loss that is smaller than untreated counts as a gain."


def _amounts(explanation: "Explanation", item: "Contribution") -> tuple[str, str]:
    share = explanation.share(item)
    return _signed(item.value), "-" if share is None else f"{100.0 * share:.1f} %"


def _signed(value: float) -> str:
    return ("+" if value > 0.0 else "") + number(value)


def _when(day: float) -> str:
    from immunosim.units import DAYS_PER_MONTH

    return f"month {day / DAYS_PER_MONTH:.3g}" if abs(day) > DAYS_PER_MONTH else f"day {day:.4g}"


def unit_of(explanation: "Explanation") -> str:
    """Return the unit of the read-out; empty for a number without one."""
    return "" if explanation.unit == "1" else explanation.unit
