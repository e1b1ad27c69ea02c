"""Choice of a figure: kind, result and factors, as requested or by default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import xarray as xr

from immunosim.ensembles.columns import (
    endpoint_names,
    is_failed,
    is_series,
    outcome,
    series_names,
    varied,
    varied_names,
)
from immunosim.ensembles.event_times import is_event
from immunosim.errors import DataError, QuantityError, any_of, did_you_mean
from immunosim.plots.ensembles.axes import Threshold, count_text
from immunosim.plots.ensembles.ranking import most_correlated
from immunosim.scenario.time_reference import TimeReference
from immunosim.units import parse_quantity

FIELDS = ("heatmap", "contour")
"""Kinds that need two factors."""

COURSES = ("bands", "spaghetti")
"""Kinds that need a time course."""

TAKES: Mapping[str, frozenset[str]] = {
    "heatmap": frozenset({"x", "y", "at"}),
    "contour": frozenset({"x", "y", "at", "threshold"}),
    "bands": frozenset({"threshold"}),
    "spaghetti": frozenset({"threshold", "color"}),
    "kaplan_meier": frozenset({"color"}),
    "parallel": frozenset({"at"}),
}
"""Kinds of figures, the more common first, and the options of each."""


@dataclass(frozen=True)
class Plot:
    """What is drawn.

    Attributes
    ----------
    kind : str
        A key of ``TAKES``.
    of : str
        An endpoint, read-out or pool.
    x, y : str
        Factors of a map.
    at : float or None
        Day at which a read-out is taken; by default the last.
    color : str
        Factor that colours the lines.
    thresholds : tuple of Threshold
    reference : TimeReference or None
        What times to events are counted from.
    """

    kind: str
    of: str
    x: str = ""
    y: str = ""
    at: float | None = None
    color: str = ""
    thresholds: tuple[Threshold, ...] = ()
    reference: TimeReference | None = None


def chosen(
    dataset: xr.Dataset,
    kind: str = "",
    of: str = "",
    x: str = "",
    y: str = "",
    at: float | str | None = None,
    color: str = "",
    threshold: str = "",
    limits: Mapping[str, Sequence[Threshold]] | None = None,
) -> Plot:
    """Return what to draw, with defaults for missing options.

    Parameters
    ----------
    dataset : xarray.Dataset
        Of an ensemble.
    kind, of, x, y, at, color : optional
        As in `Plot`; ``at`` may be text with a unit.
    threshold : str, optional
        A level with its unit, which replaces the limits.
    limits : mapping of str to sequence of Threshold, optional
        Clinical thresholds by read-out, in its unit.

    Raises
    ------
    DataError
        If a requested output does not exist, does not fit the kind, or all patients failed.
    """
    given = {"x": x, "y": y, "at": at, "color": color, "threshold": threshold}
    asked = frozenset(key for key, value in given.items() if value not in ("", None))
    _refuse_unfit(kind, asked)
    day = _day(at)
    failed = is_failed(dataset)
    if failed.all():
        raise DataError(
            f"all {count_text(failed.size)} failed, so there is nothing to draw",
            cure="see why: immunosim failures RESULT",
        )
    chosen_of = of or _default_of(dataset, kind, asked)
    chosen_kind = kind or _default_kind(dataset, chosen_of, asked)
    pair = _pair(dataset, chosen_kind, chosen_of, x, y, day) if chosen_kind in FIELDS else ("", "")
    if color:
        varied(dataset, color, "color")
    levels: Sequence[Threshold] = ()
    if "threshold" in TAKES[chosen_kind]:
        readout = chosen_of if chosen_kind in COURSES else outcome(dataset, chosen_of, day).readout
        levels = (limits or {}).get(readout, ())
    if threshold:
        is_detection = any(level.is_detection for level in levels)
        levels = (_threshold(threshold, str(dataset[chosen_of].attrs.get("units", "1")), is_detection),)
    return Plot(chosen_kind, chosen_of, *pair, day, color, tuple(levels))


def _threshold(text: str, unit: str, is_detection: bool) -> Threshold:
    try:
        return Threshold(parse_quantity(text, unit), "", is_detection)
    except QuantityError as error:
        raise DataError(error.reason, key="threshold", cure=error.cure) from error


def _day(at: float | str | None) -> float | None:
    try:
        return parse_quantity(at, "day") if isinstance(at, str) else at
    except QuantityError as error:
        raise DataError(error.reason, key="at", cure=error.cure) from error


def _refuse_unfit(kind: str, asked: frozenset[str]) -> None:
    if kind and kind not in TAKES:
        raise DataError(f'unknown kind of figure "{kind}"', key="kind", cure=did_you_mean(kind, TAKES))
    for key in sorted(asked):
        if kind and key not in TAKES[kind]:
            kinds = any_of([name for name, takes in TAKES.items() if key in takes])
            raise DataError(f"does not apply to a figure of the kind {kind}", key=key, cure=f"draw {kinds}")
    if not kind and not any(asked <= takes for takes in TAKES.values()):
        listed = ", ".join(sorted(asked))
        raise DataError(f"no kind of figure takes {listed} together", cure="leave some out")


def _default_of(dataset: xr.Dataset, kind: str, asked: frozenset[str]) -> str:
    """Return the first endpoint, or the first read-out where the kind or an option needs a time course."""
    endpoints, series = endpoint_names(dataset), series_names(dataset)
    events = [name for name in endpoints if is_event(dataset, name)]
    if events and (kind == "kaplan_meier" or (not kind and "color" in asked and not series)):
        return events[0]
    needs_course = kind in COURSES or asked & {"color", "at"}
    names = series if needs_course else [*endpoints, *series]
    if not names and needs_course:
        reason = "the result holds no time course"
        raise DataError(reason, key="of", cure="store a read-out over time when it is made, or draw `kind=heatmap`")
    if not names:
        raise DataError(
            "the result holds neither endpoints nor read-outs", key="of", cure="request some when it is made"
        )
    return names[0]


def _default_kind(dataset: xr.Dataset, of: str, asked: frozenset[str]) -> str:
    """Return the most common kind that fits the result and the options."""
    is_course = is_series(dataset, of) and not asked & {"x", "y", "at"}
    varying = sum(not varied(dataset, name).is_constant for name in varied_names(dataset))
    others: tuple[str, ...] = (*FIELDS, "parallel") if varying > 1 else ("parallel",)
    fitting = COURSES if is_course else ("kaplan_meier", *others) if is_event(dataset, of) else others
    kind_that_fits = next((kind for kind in fitting if asked <= TAKES[kind]), None)
    if kind_that_fits is None:
        listed = ", ".join(sorted(asked))
        reason = f'no figure of "{of}" takes {listed}' + ("" if is_course else f" where {varying} quantities vary")
        raise DataError(reason, key="of", cure="leave it out, or name another result")
    return kind_that_fits


def _pair(dataset: xr.Dataset, kind: str, of: str, x: str, y: str, at: float | None) -> tuple[str, str]:
    """Return two factors: the requested ones, completed by those most correlated with the result."""
    column = outcome(dataset, of, at)
    for key, name in (("x", x), ("y", y)):
        if name and varied(dataset, name, key).is_constant:
            raise DataError(f'"{name}" is the same in all patients', key=key, cure="choose one that differs")
    if x and x == y:
        raise DataError(f'"{x}" cannot be on both axes', key="y", cure="choose another")
    if x and y:
        return x, y
    ranked = [name for name in most_correlated(dataset, column, len(varied_names(dataset))) if name not in (x, y)]
    if kind == "contour":  # there are none between choices
        ranked.sort(key=lambda name: bool(varied(dataset, name).choices))
    if len(ranked) + bool(x) + bool(y) < 2:
        n = len(ranked) + bool(x) + bool(y)
        reason = "no factor varied" if not n else f'only "{x or y or ranked[0]}" varied'
        raise DataError(f"{reason}, a map needs two quantities", key="kind", cure="draw `kind=parallel` or bands")
    first = x or ranked.pop(0)
    return first, y or ranked[0]
