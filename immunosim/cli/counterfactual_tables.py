"""Counterfactuals on the terminal: the answer in sentences, then a table of treatments and one of mechanisms."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from immunosim.cli.printing import show, show_table
from immunosim.formatting import number
from immunosim.units import DAYS_PER_MONTH

if TYPE_CHECKING:
    from immunosim.attribution import Counterfactual, Counterfactuals


def show_counterfactuals(result: "Counterfactuals", top: int) -> None:
    """Print counterfactuals; of each table `top` rows, the largest differences at the time of the question."""
    show(*result.sentences())
    _show_effects(result, "Treatments", result.treatments, top)
    _show_effects(result, "Mechanisms", result.mechanisms, top)
    _show_through(result)


def _show_effects(result: "Counterfactuals", title: str, effects: "Sequence[Counterfactual]", top: int) -> None:
    unit = "" if result.unit == "1" else f" [{result.unit}]"
    rows = [
        (
            effect.left_out.label,
            result.written(effect.with_it),
            result.written(effect.without_it),
            _signed(effect.difference),
            _signed(effect.largest),
            f"{effect.largest_at / DAYS_PER_MONTH:.1f}",
        )
        for effect in effects[:top]
    ]
    headers = (title.lower().removesuffix("s"), "with", "without", "difference", "largest", "in month")
    more = f", the {top} largest of {len(effects)}" if len(effects) > top else ""
    show_table(f"{title}{unit}{more}", headers, rows)


def _show_through(result: "Counterfactuals") -> None:
    main = result.main
    if main is None:
        return
    rows = list(_through_rows(result, main))
    title = f"Effect of {main.left_out.label} where a mechanism stops when it begins"
    show_table(title, ("mechanism", "with", "without", "share of the effect that disappears"), rows)


def _through_rows(result: "Counterfactuals", main: "Counterfactual") -> Iterator[tuple[str, ...]]:
    for item in main.through:
        if result.is_worth_saying(item):
            values = (result.written(item.with_treatment), result.written(item.without_treatment))
            yield item.label, *values, f"{100.0 * item.share:.0f} %"


def _signed(value: float) -> str:
    return ("+" if value > 0.0 else "") + number(value)
