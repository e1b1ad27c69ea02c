"""The model as tables: an overview, one mechanism, or one kind of quantity."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from immunosim.cli.printing import show, show_table
from immunosim.formatting import number

if TYPE_CHECKING:
    from immunosim.codegen.equations import ModelQuantity, PoolText, ProcessText
    from immunosim.door.models import ModelDescription

TITLES = {"readouts": "read-outs"}
"""What a reader calls a kind, where that is not its name."""


def show_overview(described: ModelDescription) -> None:
    """Print what the model consists of, its mechanisms, and what to ask next."""
    from immunosim.door.models import TABLES

    everything = described.everything
    sizes = [(len(getattr(everything, kind)), TITLES.get(kind, kind)) for kind in TABLES if kind != "constants"]
    counts = [
        *sizes,
        (described.n_parameters, "parameters"),
        (len(everything.mechanisms), "mechanisms"),
    ]
    show(f'Model "{everything.name}": {", ".join(f"{size} {kind}" for size, kind in counts)}')
    if described.versions:
        show(f"Versions: {described.versions}")
    headers = ("mechanism", "what it is", "when off", "pools", "processes")
    rows = [
        (about.name, about.label, about.off_means, str(len(part.pools)), str(len(part.processes)))
        for about in everything.mechanisms
        for part in [everything.of(about.name)]
    ]
    show_table("Mechanisms", headers, rows, align="<<<")
    show()
    show(f"Next:  immunosim model --mechanism {everything.mechanisms[1].name}     what belongs to one mechanism")
    show("       immunosim model equations                all equations as text (latex: as a document)")
    show("       immunosim model --diagram network.png    the network as a drawing")


def show_part(described: ModelDescription) -> None:
    """Print what belongs to one mechanism."""
    part = described.part
    (about,) = part.mechanisms
    show(f"{about.name}: {about.label}")
    show(f"switched off: {about.off_means}")
    for topic in ("inputs", "pools", "processes", "signals", "readouts"):
        if getattr(part, topic):
            show_kind(described, topic)
    show()
    show(f"Next:  immunosim model equations --mechanism {about.name}")


def show_kind(described: ModelDescription, topic: str) -> None:
    """Print one kind of quantity as a table."""
    part = described.part
    items, title = getattr(part, topic), TITLES.get(topic, topic).capitalize()
    if not items:
        show(f"{title}: none")
        return
    headers, row, align = _LAYOUTS[topic](described)
    owner = ("mechanism",) if len(part.mechanisms) != 1 else ()
    rows = [(item.name, *((item.mechanism or "-",) if owner else ()), *row(item)) for item in items]
    show_table(f"{title} ({len(rows)})", ("name", *owner, *headers), rows, align="<<" + align if owner else "<" + align)


Row = Callable[[Any], Sequence[str]]
Layout = tuple[tuple[str, ...], Row, str]


def _pools(described: ModelDescription) -> Layout:
    untreated = described.untreated

    def row(item: PoolText) -> Sequence[str]:
        return item.label, item.unit, number(untreated[item.name])

    return ("what it is", "unit", "untreated"), row, "<<>"


def _processes(_: ModelDescription) -> Layout:
    from immunosim.door.models import arrow

    def row(item: ProcessText) -> Sequence[str]:
        return arrow(item), item.formula

    return ("from -> to", "rate"), row, "<<"


def _inputs(_: ModelDescription) -> Layout:
    def row(item: ModelQuantity) -> Sequence[str]:
        return item.label, item.unit

    return ("what it is", "unit"), row, "<<"


def _formulas(_: ModelDescription) -> Layout:
    def row(item: ModelQuantity) -> Sequence[str]:
        return item.label, item.unit, item.formula

    return ("what it is", "unit", "formula"), row, "<<<"


_LAYOUTS: dict[str, Callable[[ModelDescription], Layout]] = {
    "pools": _pools,
    "processes": _processes,
    "inputs": _inputs,
    "signals": _formulas,
    "readouts": _formulas,
    "constants": _formulas,
}
