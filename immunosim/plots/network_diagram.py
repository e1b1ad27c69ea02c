"""The network as one drawing: pools as boxes, flows as arrows, regulation as dashed lines.

What flows and what regulates comes from the model's description, positions from the layout that it declares. A pool
without a place gets one below the others, an influence without a line a straight one, so that the drawing cannot fall
behind the model.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle

from immunosim.model.diagram_layout import OUT, Box, Bus, DiagramLayout, Position
from immunosim.plots.diagram_placement import BOX_HEIGHT, completed
from immunosim.plots.style import BLACK, COLOURS, GREY, STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from immunosim.codegen.equations import Description, ProcessText

FORMATS = ("png", "pdf", "svg")
"""Kinds of file that a diagram can be written as."""

INCH = 25.4
FONT_SIZE = 6.2
DASHES = (0, (2.2, 1.4))
STUB = 3.4
"""Length of the arrow of a gain or a loss, mm."""

BAR, BAR_GAP = 1.0, 0.7
"""Half the length of the bar of an inhibition, and its distance from what it inhibits, mm."""

FAMILY_COLOURS = {**COLOURS, "black": BLACK, "grey": GREY}
"""Colours of families by the names that a layout gives."""

SIDES = {"left": (-1, 0), "right": (1, 0), "top": (0, 1), "bottom": (0, -1)}


def network_diagram(description: Description) -> Figure:
    """Return the drawing of a whole model."""
    layout = completed(description)
    figure = Figure(figsize=(layout.width / INCH, (layout.top - layout.bottom) / INCH))
    ax = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    with mpl.rc_context(STYLE):
        draw_network(ax, description, layout)
    return figure


def draw_network(ax: Axes, description: Description, layout: DiagramLayout) -> Axes:
    """Draw a whole model into axes, which become a page in millimetres, by a layout with a place for every pool."""
    ax.set(xlim=(0, layout.width), ylim=(layout.bottom, layout.top))
    ax.set_axis_off()
    drawing = _Drawing(ax, description, layout)
    drawing.draw_panels()
    drawing.draw_buses()
    drawing.draw_links()
    drawing.draw_flows()
    drawing.draw_straight_lines()
    drawing.draw_boxes()
    drawing.draw_legend()
    return ax


class _Drawing:
    """One drawing under way, and the influences that it has shown so far: pairs of pool and process."""

    def __init__(self, ax: Axes, description: Description, layout: DiagramLayout) -> None:
        self.ax, self.layout, self.boxes = ax, layout, layout.boxes
        self.pools = {pool.name: pool for pool in description.pools}
        self.processes = description.processes
        families = layout.families.values()
        self.colours = {name: FAMILY_COLOURS[family.colour] for family in families for name in family.mechanisms}
        self.influences: set[tuple[str, str]] = set()
        self.stubs = self._place_stubs()

    # --- pieces ----------------------------------------------------------------------------------------------------

    def draw_panels(self) -> None:
        """Draw the groups of pools and the heads of the two columns of lymphocytes."""
        for panel in self.layout.panels:
            corner, size = (panel.left, panel.bottom), (panel.right - panel.left, panel.top - panel.bottom)
            style = "round,pad=0,rounding_size=1.6"
            patch = FancyBboxPatch(corner, *size, boxstyle=style, facecolor="#F5F5F5", edgecolor="none", zorder=0)
            self.ax.add_patch(patch)
            self._write(panel.left + 1.2, panel.top - 2.0, panel.title, ha="left", weight="bold")
        for (x, y), text in self.layout.heads:
            self._write(x, y, text, color=GREY)

    def draw_buses(self) -> None:
        """Draw the upright lines that regulate lymphocytes, with a dot at each process."""
        for bus in self.layout.buses:
            colour, x = self._colour_of(bus.sources[0]), bus.path[-1][0]
            regulated = [item for item in self.processes if _is_regulated(item, bus)]
            heights = [self._connect(item, x, colour) for item in regulated]
            for pool in bus.consumers:
                box = self.boxes[pool]
                heights.append(box.y + OUT)
                self._dash([(box.right, heights[-1]), (x, heights[-1])], self._colour_of(pool))
                self._dot((x, heights[-1]), self._colour_of(pool), hollow=True)
            self._dash([*bus.path[:-1], (x, min(heights, default=bus.path[-1][1]))], colour)
            served = {*bus.consumers, *(end for item in regulated for end in _ends(item))}
            self._cover(bus.sources, regulated)
            self._cover(served, [item for item in self.processes if _ends(item) & set(bus.sources)])
        for pool, path in self.layout.taps:
            self._dash(path, self._colour_of(pool))
            self._dot(path[-1], self._colour_of(pool))

    def draw_links(self) -> None:
        """Draw the regulatory arrows between boxes."""
        for link in self.layout.links:
            colour = self._colour_of(link.sources[0])
            for path in link.paths:
                self._dash(path[:-1], colour)
                self._head(path[-2], path[-1], colour, link.inhibits)
            for point in link.dots:
                self._dot(point, colour)
            self._cover(link.sources, [item for item in self.processes if _ends(item) & set(link.targets)])

    def draw_flows(self) -> None:
        """Draw every process: between two boxes, or as a short arrow into or out of one."""
        for item in self.processes:
            colour = self.colours[item.mechanism]
            if item.reactant and item.product:
                self._arrow(*self._between(item.reactant, item.product), colour)
            elif item.name in self.stubs:
                self._arrow(*self.stubs[item.name], colour)
                if set(item.influences) - set(self.pools):
                    self._dose(self.stubs[item.name][0])
            else:
                source = self._amplified(item)
                start, end = self._between(source, item.product, aside=3.2)
                self._dash((start, end), colour)
                self._head(start, end, colour)
                self.influences.add((source, item.name))

    def draw_boxes(self) -> None:
        """Draw the pools, in the colour of their mechanism, and where doses enter."""
        for name, box in self.boxes.items():
            colour = self._colour_of(name)
            corner = (box.left, box.y - BOX_HEIGHT / 2)
            style = "round,pad=0,rounding_size=1.1"
            patch = FancyBboxPatch(corner, box.width, BOX_HEIGHT, boxstyle=style, zorder=4)
            patch.set(facecolor="white", edgecolor=colour, linewidth=0.9)
            self.ax.add_patch(patch)
            self._write(box.x, box.y - 0.1, box.text)
        for name in self.layout.dosed:
            inner, outer = self._stub(self.boxes[name], "top", 0.0)
            self._arrow(outer, inner, BLACK)
            self._dose(outer)

    def draw_legend(self) -> None:
        """Draw what colours, arrows and dots mean."""
        handles: list[Artist] = [
            Rectangle((0, 0), 1, 1, color=FAMILY_COLOURS[family.colour], label=name)
            for name, family in self.layout.families.items()
        ]
        handles += [
            Line2D([], [], color=BLACK, marker=">", markevery=[1], markersize=3.5, label="flow, gain or loss"),
            _key("raises", marker=">", markersize=3.5, markevery=[1], markerfacecolor="white"),
            _key("inhibits", marker="|", markersize=6, markevery=[1]),
            _key("acts on this process", marker="o", markersize=2.4),
            _key("is read or used up here", marker="o", markersize=3, markerfacecolor="white"),
            _key("dose", linestyle="none", marker="s", markersize=3.5),
            *(_key(note, linestyle="none") for note in self.layout.notes),
        ]
        self.ax.legend(
            handles=handles, ncol=4, loc="lower center", fontsize=FONT_SIZE, frameon=False, borderaxespad=0.3
        )

    def draw_straight_lines(self) -> None:
        """Draw the influences that no bus and no link shows, each as a straight line from its pool to the process."""
        for source, item in missing_lines(self.pools, self.processes, self.influences):
            colour, (x, y) = self._colour_of(source), self._place_of(item)
            self._dash([(self.boxes[source].x, self.boxes[source].y), (x, y)], colour)
            self._dot((x, y), colour)

    # --- geometry --------------------------------------------------------------------------------------------------

    def _place_stubs(self) -> dict[str, tuple[Position, Position]]:
        """Return the start and end of the arrow of every gain and loss, side by side along the edge of its box."""
        stubs = {}
        for pool, box in self.boxes.items():
            gains = [item for item in self.processes if item.product == pool and not item.reactant]
            losses = [item for item in self.processes if item.reactant == pool and not item.product]
            by_side: dict[str, list[ProcessText]] = {}
            for item in [*(gain for gain in gains if not self._amplified(gain)), *losses]:
                by_side.setdefault(self._side_of(item, box), []).append(item)
            for side, items in by_side.items():
                for index, item in enumerate(items):
                    inner, outer = self._stub(box, side, (index + 0.5) / len(items))
                    stubs[item.name] = (outer, inner) if item.product else (inner, outer)
        return stubs

    def _amplified(self, item: ProcessText) -> str:
        """Return the pool whose transfer a gain multiplies, as activated cells divide on their way."""
        sources = {flow.reactant for flow in self.processes if flow.product == item.product and flow.reactant}
        is_own = item.reactant or item.product in item.influences
        return "" if is_own else next((name for name in item.influences if name in sources), "")

    def _side_of(self, item: ProcessText, box: Box) -> str:
        """Return the side of a box at which a process stands: those of the first bus face it on the left."""
        return "left" if self.layout.buses and _is_regulated(item, self.layout.buses[0]) else box.side

    def _stub(self, box: Box, side: str, share: float) -> tuple[Position, Position]:
        """Return the inner and outer end of a short arrow at a share of an edge; some boxes keep room for a line."""
        across, up = SIDES[side]
        if across:
            above = OUT - 1.1 if box.side == "right" and box.x <= self.layout.lines_leave_until else OUT
            y = box.y + above - share * (above + OUT)
            edge = box.right if across > 0 else box.left
            return (edge, y), (edge + across * STUB, y)
        x = box.x + (share - 0.5) * (box.width - 2)
        y = box.y + up * BOX_HEIGHT / 2
        return (x, y), (x, y + up * STUB)

    def _place_of(self, item: ProcessText) -> Position:
        """Return where a line to a process ends: the middle of its arrow."""
        if item.name in self.stubs:
            start, other = self.stubs[item.name]
        else:
            start, other = self._between(item.reactant or self._amplified(item), item.product)
        return (start[0] + other[0]) / 2, (start[1] + other[1]) / 2

    def _between(self, start: str, end: str, aside: float = 0.0) -> tuple[Position, Position]:
        """Return the ends of an arrow between two boxes in one row or column; two that run both ways stand apart."""
        start_box, other = self.boxes[start], self.boxes[end]
        both_ways = any((item.reactant, item.product) == (end, start) for item in self.processes)
        if abs(start_box.y - other.y) < 1.0:
            right = other.x > start_box.x
            y = start_box.y + (1.1 if right else -1.1) * both_ways
            return ((start_box.right, y), (other.left, y)) if right else ((start_box.left, y), (other.right, y))
        half = BOX_HEIGHT / 2 if other.y > start_box.y else -BOX_HEIGHT / 2
        x = start_box.x + aside + (1.5 if other.y > start_box.y else -1.5) * both_ways
        foot = x if other.left <= x <= other.right else x + other.x - start_box.x
        return (x, start_box.y + half), (foot, other.y - half)

    def _connect(self, item: ProcessText, x: float, colour: str) -> float:
        """Draw the line from a bus to a process that it regulates, and return its height."""
        if item.name in self.stubs:
            ends = self.stubs[item.name]
            start = ends[0] if item.product else ends[1]
        else:
            source, _ = self._between(item.reactant or self._amplified(item), item.product)
            start = self._place_of(item)
            if start[1] == source[1]:
                start = (x, source[1])  # the flow runs across the bus
            else:
                self._dot(start, colour)
        self._dash([start, (x, start[1])], colour)
        self._dot((x, start[1]), colour)
        return start[1]

    # --- strokes ---------------------------------------------------------------------------------------------------

    def _colour_of(self, pool: str) -> str:
        return self.colours[self.pools[pool].mechanism]

    def _cover(self, sources: Iterable[str], items: Iterable[ProcessText]) -> None:
        self.influences |= {(source, item.name) for source in sources for item in items if source in item.influences}

    def _dash(self, path: Iterable[Position], colour: str) -> None:
        self.ax.plot(*zip(*path, strict=True), color=colour, linewidth=0.7, linestyle=DASHES, zorder=2)

    def _dot(self, point: Position, colour: str, hollow: bool = False) -> None:
        face = "white" if hollow else colour
        size = 2.6 if hollow else 2.2
        self.ax.plot(*point, "o", markersize=size, color=colour, markerfacecolor=face, markeredgewidth=0.6, zorder=5)

    def _dose(self, point: Position) -> None:
        self.ax.plot(*point, marker="s", markersize=3.2, color=BLACK, zorder=6)

    def _arrow(self, start: Position, end: Position, colour: str) -> None:
        style = "-|>,head_length=2.6,head_width=1.2"
        arrow = FancyArrowPatch(
            start, end, arrowstyle=style, color=colour, shrinkA=0, shrinkB=0, linewidth=1.0, zorder=3
        )
        self.ax.add_patch(arrow)

    def _head(self, start: Position, end: Position, colour: str, bar: bool = False) -> None:
        """Draw the last stretch of a regulatory line with its head: an open arrow, or a bar where it inhibits."""
        if bar:
            length = math.dist(start, end)
            along = ((end[0] - start[0]) / length, (end[1] - start[1]) / length)
            x, y = end[0] - BAR_GAP * along[0], end[1] - BAR_GAP * along[1]
            self._dash((start, (x, y)), colour)
            across = [(x + side * along[1], y - side * along[0]) for side in (-BAR, BAR)]
            self.ax.plot(*zip(*across, strict=True), color=colour, linewidth=1.3, zorder=5)
            return
        style = "-|>,head_length=2.4,head_width=1.2"
        arrow = FancyArrowPatch(start, end, arrowstyle=style, color=colour, shrinkA=0, shrinkB=0, zorder=5)
        arrow.set(linewidth=0.7, linestyle=DASHES, facecolor="white")
        self.ax.add_patch(arrow)

    def _write(self, x: float, y: float, text: str, ha: str = "center", **style: Any) -> None:
        self.ax.text(x, y, text, ha=ha, va="center", fontsize=FONT_SIZE, linespacing=0.95, zorder=6, **style)


def missing_lines(
    pools: Iterable[str], processes: Sequence[ProcessText], shown: set[tuple[str, str]]
) -> Iterator[tuple[str, ProcessText]]:
    """Yield pool and process of each influence that is not shown; a pool is at either end of its own processes."""
    known = set(pools)
    for item in processes:
        for source in item.influences:
            if source in known and source not in _ends(item) and (source, item.name) not in shown:
                yield source, item


def _key(label: str, **style: Any) -> Line2D:
    shared: dict[str, Any] = {"color": BLACK, "linewidth": 0.7, "linestyle": DASHES, "label": label}
    return Line2D([], [], **(shared | style))


def _is_regulated(item: ProcessText, bus: Bus) -> bool:
    sources = set(bus.sources)
    return item.mechanism in bus.mechanisms and bool(sources & set(item.influences)) and not sources & _ends(item)


def _ends(item: ProcessText) -> set[str]:
    return {item.reactant, item.product} - {""}
