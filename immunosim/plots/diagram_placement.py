"""A place in the diagram for pools and a colour for mechanisms that a model's layout does not name.

What the layout says stays; what the network does not have is left out of it. The rest stands below in rows, a panel for
each mechanism.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import cycle
from typing import TYPE_CHECKING

from immunosim.model.diagram_layout import Box, Bus, DiagramLayout, Family, Link, Panel
from immunosim.plots.style import COLOURS

if TYPE_CHECKING:
    from immunosim.codegen.equations import Description, PoolText

BOX_HEIGHT = 7.0
BOX_WIDTH, GAP, MARGIN = 22.0, 9.0, 5.0
ROW, HEAD, LEGEND = 18.0, 9.0, 18.5
"""Millimetres: width of a box, between boxes, around a panel; heights of a row, of a panel's title, of the legend."""

LINE_LENGTH = 16
"""Letters of a line in a box."""


def completed(description: Description) -> DiagramLayout:
    """Return the layout of a model with a box for every pool and a colour for every mechanism."""
    layout = _without_strangers(description)
    unplaced: dict[str, list[PoolText]] = {}
    for pool in description.pools:
        if pool.name not in layout.boxes:
            unplaced.setdefault(pool.mechanism, []).append(pool)
    labels = {mechanism.name: mechanism.label for mechanism in description.mechanisms}
    layout = replace(layout, families=_families(description, layout, labels))
    for mechanism, pools in unplaced.items():
        layout = _with_panel(layout, labels.get(mechanism, mechanism), pools)
    return layout


def _without_strangers(description: Description) -> DiagramLayout:
    """Return the layout without what names pools that the network does not have."""
    layout, pools = description.layout, {pool.name for pool in description.pools}

    def is_known(regulator: Bus | Link) -> bool:
        return set(regulator.sources) <= pools

    links = (
        replace(link, targets=targets)
        for link in layout.links
        if is_known(link) and (targets := tuple(name for name in link.targets if name in pools))
    )
    buses = (
        replace(bus, consumers=tuple(name for name in bus.consumers if name in pools))
        for bus in layout.buses
        if is_known(bus)
    )
    return replace(
        layout,
        boxes={name: box for name, box in layout.boxes.items() if name in pools},
        links=tuple(links),
        buses=tuple(buses),
        taps=tuple((name, path) for name, path in layout.taps if name in pools),
        dosed=tuple(name for name in layout.dosed if name in pools),
    )


def _families(description: Description, layout: DiagramLayout, labels: Mapping[str, str]) -> dict[str, Family]:
    """Return the families, and one for each mechanism that acts and is in none."""
    known = {name for family in layout.families.values() for name in family.mechanisms}
    used = dict.fromkeys(item.mechanism for item in (*description.pools, *description.processes))
    taken = {family.colour for family in layout.families.values()}
    left = cycle([name for name in (*COLOURS, "black", "grey") if name not in taken] or ["grey"])
    added = {labels.get(name, name): Family(next(left), (name,)) for name in used if name not in known}
    return {**layout.families, **added}


def _with_panel(layout: DiagramLayout, title: str, pools: list[PoolText]) -> DiagramLayout:
    """Return the layout with a panel of some pools below everything else."""
    per_row = int((layout.width - 2 * MARGIN) // (BOX_WIDTH + GAP))
    top = min([layout.bottom + LEGEND, *(panel.bottom - 1.0 for panel in layout.panels)])
    n_rows = -(-len(pools) // per_row)
    bottom = top - HEAD - n_rows * ROW
    boxes = dict(layout.boxes) | dict(_in_rows(pools, per_row, top - HEAD))
    panel = Panel(title, MARGIN / 2, bottom + 1.0, layout.width - MARGIN / 2, top - 1.0)
    return replace(layout, boxes=boxes, panels=(*layout.panels, panel), bottom=bottom - LEGEND)


def _in_rows(pools: list[PoolText], per_row: int, top: float) -> Iterator[tuple[str, Box]]:
    for i, pool in enumerate(pools):
        x = MARGIN + GAP / 2 + (i % per_row + 0.5) * (BOX_WIDTH + GAP) - GAP / 2
        y = top - (i // per_row + 0.5) * ROW
        words = textwrap.wrap(pool.label, LINE_LENGTH)
        text = "\n".join(words if len(words) < 3 else [words[0], textwrap.shorten(" ".join(words[1:]), LINE_LENGTH)])
        yield pool.name, Box(x, y, BOX_WIDTH, text, "top")
