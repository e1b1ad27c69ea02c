"""Where a model's diagram puts its pools by hand, and how regulation runs between them. Millimetres, y upwards.

A model may place some of its pools, all, or none; ``plots.diagram_placement`` finds a place for the rest. These are
plain records: this module knows no biology and no figures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

OUT = 2.9
"""How far above the middle of its box the line leaves by which a pool regulates something to its right."""

Position = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """A pool: its centre, its width, what it says, and the side on which gains and losses stand."""

    x: float
    y: float
    width: float
    text: str
    side: str

    @property
    def left(self) -> float:
        """Return the left edge."""
        return self.x - self.width / 2

    @property
    def right(self) -> float:
        """Return the right edge."""
        return self.x + self.width / 2


@dataclass(frozen=True)
class Panel:
    """A group of pools: its title and its rectangle."""

    title: str
    left: float
    bottom: float
    right: float
    top: float


@dataclass(frozen=True)
class Bus:
    """Regulators of many processes: a line from their boxes, then upright at ``path[-1]``, with a dot at each process.

    ``mechanisms`` limits the bus to processes of these; ``consumers`` are pools that use up what the bus stands for.
    """

    sources: tuple[str, ...]
    path: tuple[Position, ...]
    mechanisms: tuple[str, ...]
    consumers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Link:
    """A regulatory arrow from some pools to the processes that change some others, which rise or, if it inhibits, fall.

    Each path ends in a head; ``dots`` are where a path meets what it comes from or a flow that it regulates.
    """

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    paths: tuple[tuple[Position, ...], ...]
    dots: tuple[Position, ...] = ()
    inhibits: bool = False


@dataclass(frozen=True)
class Family:
    """Mechanisms that share a colour: "blue", "vermilion", "green", "purple", "orange", "black" or "grey"."""

    colour: str
    mechanisms: tuple[str, ...]


@dataclass(frozen=True)
class DiagramLayout:
    """What a model places by hand.

    Attributes
    ----------
    boxes : mapping of str to Box
        By pool.
    families : mapping of str to Family
        By what the legend calls them. A mechanism without processes needs none.
    panels : tuple of Panel
    buses : tuple of Bus
        Processes that the first one regulates stand on the left of their boxes.
    links : tuple of Link
    taps : tuple of (str, tuple of Position)
        Pools and lines by which they join a bus.
    dosed : tuple of str
        Pools that doses enter at once; the others that the regimen fills have a gain that depends on an input.
    heads : tuple of (Position, str)
        Words above columns.
    notes : tuple of str
        Further lines of the legend.
    lines_leave_until : float
        Boxes up to here whose processes stand on the right keep room for a line of their own.
    width, bottom, top : float
        Of the page.
    """

    boxes: Mapping[str, Box] = field(default_factory=dict)
    families: Mapping[str, Family] = field(default_factory=dict)
    panels: tuple[Panel, ...] = ()
    buses: tuple[Bus, ...] = ()
    links: tuple[Link, ...] = ()
    taps: tuple[tuple[str, tuple[Position, ...]], ...] = ()
    dosed: tuple[str, ...] = ()
    heads: tuple[tuple[Position, str], ...] = ()
    notes: tuple[str, ...] = ()
    lines_leave_until: float = float("-inf")
    width: float = 184.0
    bottom: float = -18.5
    top: float = 0.0
