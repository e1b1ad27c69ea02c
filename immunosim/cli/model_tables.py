"""The model as tables and as plain records: an overview, one mechanism, or one kind of quantity."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from immunosim.cli.model_text import arrow
from immunosim.cli.printing import say, show, show_table
from immunosim.formatting import number

if TYPE_CHECKING:
    from immunosim.codegen.equations import Description, ModelQuantity, PoolText, ProcessText

KINDS = ("mechanisms", "inputs", "constants", "pools", "signals", "processes", "readouts")
"""What a description holds, in the order in which a reader needs it."""

TITLES = {"readouts": "read-outs"}
"""What a reader calls a kind, where that is not its name."""


def records(part: Description, topic: str = "") -> dict[str, Any]:
    """Return a description as plain data, or the records of one kind by name."""
    kinds = (topic,) if topic else KINDS
    tables = {kind: {item.name: asdict(item) for item in getattr(part, kind)} for kind in kinds}
    if tables.get("pools"):
        untreated = untreated_values(part.name)
        tables["pools"] = {name: pool | {"untreated_value": untreated[name]} for name, pool in tables["pools"].items()}
    return tables[topic] if topic else {"model": part.name, **tables}


def untreated_values(name: str) -> dict[str, float]:
    """Return the untreated value of every pool of a model for its default parameters, in the pool's unit."""
    from immunosim.codegen.loader import load_model
    from immunosim.models import find_model

    package = find_model(name)
    parameters = package.parameters()
    model = load_model(parameters.units(), say, package)
    state = model.baseline(model.close(parameters.values()))
    return dict(zip(model.pools, state.tolist(), strict=True))


def show_overview(everything: Description) -> None:
    """Print what the model consists of, its mechanisms, and what to ask next."""
    from immunosim.models import load_parameters

    sizes = [(len(getattr(everything, kind)), TITLES.get(kind, kind)) for kind in KINDS[1:] if kind != "constants"]
    counts = [
        *sizes,
        (len(load_parameters(model=everything.name)), "parameters"),
        (len(everything.mechanisms), "mechanisms"),
    ]
    show(f'Model "{everything.name}": {", ".join(f"{size} {kind}" for size, kind in counts)}')
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


def show_part(part: Description) -> None:
    """Print what belongs to one mechanism."""
    (about,) = part.mechanisms
    show(f"{about.name}: {about.label}")
    show(f"switched off: {about.off_means}")
    for topic in ("inputs", "pools", "processes", "signals", "readouts"):
        if getattr(part, topic):
            show_kind(part, topic)
    show()
    show(f"Next:  immunosim model equations --mechanism {about.name}")


def show_kind(part: Description, topic: str) -> None:
    """Print one kind of quantity as a table."""
    items, title = getattr(part, topic), TITLES.get(topic, topic).capitalize()
    if not items:
        show(f"{title}: none")
        return
    headers, row, align = _LAYOUTS[topic](part.name)
    owner = ("mechanism",) if len(part.mechanisms) != 1 else ()
    rows = [(item.name, *((item.mechanism or "-",) if owner else ()), *row(item)) for item in items]
    show_table(f"{title} ({len(rows)})", ("name", *owner, *headers), rows, align="<<" + align if owner else "<" + align)


Row = Callable[[Any], Sequence[str]]
Layout = tuple[tuple[str, ...], Row, str]


def _pools(model: str) -> Layout:
    untreated = untreated_values(model)

    def row(item: PoolText) -> Sequence[str]:
        return item.label, item.unit, number(untreated[item.name])

    return ("what it is", "unit", "untreated"), row, "<<>"


def _processes(_: str) -> Layout:
    def row(item: ProcessText) -> Sequence[str]:
        return arrow(item), item.formula

    return ("from -> to", "rate"), row, "<<"


def _inputs(_: str) -> Layout:
    def row(item: ModelQuantity) -> Sequence[str]:
        return item.label, item.unit

    return ("what it is", "unit"), row, "<<"


def _formulas(_: str) -> Layout:
    def row(item: ModelQuantity) -> Sequence[str]:
        return item.label, item.unit, item.formula

    return ("what it is", "unit", "formula"), row, "<<<"


_LAYOUTS: dict[str, Callable[[str], Layout]] = {
    "pools": _pools,
    "processes": _processes,
    "inputs": _inputs,
    "signals": _formulas,
    "readouts": _formulas,
    "constants": _formulas,
}
