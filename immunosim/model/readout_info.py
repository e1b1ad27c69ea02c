"""What a model declares of its read-outs beyond their formula: how to read, draw, measure and compare them.

Plain records of literals. They are written into the tables of the generated kernels, so that a run that finds these
needs neither sympy nor the declaration. This module knows no biology, no figures and no simulations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

GroupKind = Literal["count", "level", "score", "relative", "hazard", "cumulative_hazard"]
"""How the read-outs of a group are drawn and summarised.

``count``: from zero, with lower limits of normal; nadir and recovery after each course. ``level``: a concentration on
a logarithmic scale down to its limit of detection; peak and end of each course. ``score``: a filled curve from zero.
``relative``: on a logarithmic scale around 1. ``hazard``: events per time, from zero.
``cumulative_hazard``: of an event, from zero; of one patient it is no risk.
"""


Extreme = Literal["", "highest", "lowest"]

GROUP_KINDS: tuple[str, ...] = get_args(GroupKind)
EXTREMES: tuple[str, ...] = get_args(Extreme)

CURVE_COLOURS = ("blue", "vermilion", "green", "purple", "orange")
"""Colours that a curve may have, in the order in which others get them."""


@dataclass(frozen=True)
class DisplayGroup:
    """Read-outs that stand together: a panel of the page, rows of a table.

    Attributes
    ----------
    title : str
    kind : str
    caption : str
        How to read the panel, for the caption of the page; ``{letter}`` stands for the letter of the panel.
    """

    title: str
    kind: GroupKind
    caption: str = ""


@dataclass(frozen=True)
class ReadoutInfo:
    """How to read, draw, measure and compare a read-out; numbers are in its unit, empty texts are derived from others.

    Attributes
    ----------
    group : str
        Display group; without one a read-out is found by its name only.
    label, unit : str
        As declared; the network fills them in.
    short_name : str
        For tables; by default the label.
    title : str
        Of a panel of its own; by default the label with a capital.
    curve : str
        Beside its curve among others; by default the short name.
    axis : str
        What an axis says instead of the unit.
    colour : str
        One of ``CURVE_COLOURS``; by default the next that is free.
    is_dashed : bool
        Whether the curve is broken.
    top : tuple of float, optional
        Lowest and highest upper end of an axis from zero.
    lower_limit, severe_limit, detection_limit : float, optional
        Lower limit of normal; the count below which complications are expected; what an assay cannot detect.
    part_of : str
        The total of which a count is a part, and with which it shares the error of a sample.
    drug : str
        Drug whose concentration this is.
    organ, organ_name, draw : str
        Of a cumulative hazard: the organ that falls ill, the same for a reader, and the key in [patient.draws] of the
        level at which it does.
    extreme : str
        "highest" or "lowest" where a summary reports this value of the whole course.
    headers : tuple of str
        What columns of tables call it, in lower case, without units.
    dvid : int, optional
        Its number in the column DVID of NONMEM tables.
    noise : str
        Measurement error in a fit unless the user says otherwise, such as ``lognormal:0.132``.
    is_key : bool
        Whether its lowest value is among the first numbers of a report.
    is_compared : bool
        Whether comparisons of scenarios show it.
    unseen_below, notable_from : float, optional
        Difference that nobody sees; difference from which a comparison explains it before others.
    explained_with : str
        Read-out or pool that is explained with it, where its own processes say little.
    """

    group: str = ""
    label: str = ""
    unit: str = ""
    short_name: str = ""
    title: str = ""
    curve: str = ""
    axis: str = ""
    colour: str = ""
    is_dashed: bool = False
    top: tuple[float, float] | None = None
    lower_limit: float | None = None
    severe_limit: float | None = None
    detection_limit: float | None = None
    part_of: str = ""
    drug: str = ""
    organ: str = ""
    organ_name: str = ""
    draw: str = ""
    extreme: Extreme = ""
    headers: tuple[str, ...] = ()
    dvid: int | None = None
    noise: str = ""
    is_key: bool = False
    is_compared: bool = True
    unseen_below: float = 0.0
    notable_from: float | None = None
    explained_with: str = ""

    @property
    def name_in_tables(self) -> str:
        """Return the short name, or the label."""
        return self.short_name or self.label

    @property
    def name_of_curve(self) -> str:
        """Return what stands beside the curve."""
        return self.curve or self.name_in_tables

    @property
    def heading(self) -> str:
        """Return the title of a panel of its own."""
        return self.title or self.label[:1].upper() + self.label[1:]

    @property
    def limit(self) -> float | None:
        """Return the line that a figure draws: the lower limit of normal, or else the limit of detection."""
        return self.detection_limit if self.lower_limit is None else self.lower_limit


@dataclass(frozen=True)
class Analyte:
    """What a laboratory measures: a read-out, or the sum of several.

    Attributes
    ----------
    unit : str
        Of the values in memory.
    parts : tuple of str
        Read-outs whose sum it is; empty where it is a read-out itself.
    part_of : str
        The total of which it is a part.
    headers : tuple of str
        What columns of tables call it, in lower case, without units.
    dvid : int, optional
        Its number in the column DVID of NONMEM tables.
    """

    unit: str
    parts: tuple[str, ...] = ()
    part_of: str = ""
    headers: tuple[str, ...] = ()
    dvid: int | None = None


@dataclass(frozen=True)
class DefaultQuestions:
    """What commands answer about a model when the user asks for nothing else.

    Attributes
    ----------
    endpoints : tuple of str
        Of a sweep, such as ``nadir of cd4``.
    recovery : tuple of (str, str)
        Read-out and level of a forecast of recovery.
    elasticities : tuple of str
        Read-outs of a local sensitivity analysis.
    samples : tuple of str
        Analytes among which the most informative next sample is chosen.
    explained : str
        Read-out whose course a report explains.
    """

    endpoints: tuple[str, ...] = ()
    recovery: tuple[tuple[str, str], ...] = ()
    elasticities: tuple[str, ...] = ()
    samples: tuple[str, ...] = ()
    explained: str = ""


def as_literals(record: ReadoutInfo | Analyte | DisplayGroup | DefaultQuestions) -> dict[str, Any]:
    """Return the fields of a record that differ from their defaults, as literals."""
    values = {field.name: (getattr(record, field.name), field.default) for field in fields(record)}
    return {name: value for name, (value, default) in values.items() if value != default}


def readouts_from(table: Mapping[str, Mapping[str, Any]]) -> dict[str, ReadoutInfo]:
    """Return the records that ``as_literals`` wrote, by name."""
    return {name: ReadoutInfo(**about) for name, about in table.items()}
