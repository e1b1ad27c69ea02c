"""The page of an ensemble or a sweep: what was varied, endpoints over the patients, failures, provenance.

Reads a result; computes nothing that its summary does not hold.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from immunosim.ensembles import EnsembleResult
from immunosim.ensembles.columns import varied_names
from immunosim.formatting import unit_text
from immunosim.report.page.drawings import svg_of
from immunosim.report.page.sections import Chapter, KeyResult, Section, result_page
from immunosim.report.page.tables import PageTable
from immunosim.report.provenance import INTENDED_USE, software
from immunosim.safe_text import shortened
from immunosim.scenario import Scenario

if TYPE_CHECKING:
    from matplotlib.figure import Figure

QUANTILES = ("p5", "median", "p95")

LONGEST_VALUE = 60
"""Characters of a value of a factor."""


def ensemble_page(result: EnsembleResult, figure: Figure | None, limitations: tuple[str, ...] = ()) -> bytes:
    """Return the page of many patients.

    Parameters
    ----------
    result : EnsembleResult
    figure : Figure, optional
    limitations : tuple of str
        Of the model.
    """
    scenario = result.scenario_of(0)
    sections = [
        Section("results", "The answer in short", key=list(_key(result)), sentences=list(_sentences(result))),
        *_drawn(result, figure),
        Section("endpoints", "Endpoints over the patients", tables=[_endpoints(result)]),
        Section("varied", "What was varied", tables=[_factors(result)]),
        Section("limits", "Limits", cautions=[f"{INTENDED_USE} Spread is that of the inputs given.", *limitations]),
        Section("versions", "Versions and provenance", tables=[_versions(result)]),
    ]
    version = software()["immunosim"]
    title = scenario.title or "Simulated patients"
    return result_page(
        title, f"{len(result):,} simulated patients", _facts(result, scenario), [Chapter(sections)], version
    )


def _facts(result: EnsembleResult, scenario: Scenario) -> list[tuple[str, str]]:
    return [
        ("Model", result.model_name),
        ("Day 0", str(scenario.start_date or "no date given")),
        ("Simulated until", f"day {scenario.horizon:.0f}"),
        ("Page written by", f"immunosim {software()['immunosim']}"),
    ]


def _key(result: EnsembleResult) -> Iterator[KeyResult]:
    yield "Patients", f"{len(result):,}", f"{len(result) - len(result.failed):,} were simulated"
    yield "Not simulated", f"{len(result.failed):,}", "failed, or not run yet" if result.failed else "none failed"
    for name, about in list(result.summary().items())[:3]:
        low, middle, high = (_number(about.get(key)) for key in QUANTILES)
        unit = unit_text(str(about["unit"]))
        yield _words(name), f"{middle} {unit}".rstrip(), f"5 to 95 %: {low} to {high}"


def _sentences(result: EnsembleResult) -> Iterator[str]:
    yield f"Ended: {', '.join(f'{number:,} {name}' for name, number in result.counts().items())}."
    if result.failed:
        yield "Patients who failed have no values: the summaries are of the others."


def _drawn(result: EnsembleResult, figure: Figure | None) -> Iterator[Section]:
    if figure is not None:
        drawing = svg_of(figure, "patients", f"Results of {len(result):,} patients.")
        yield Section("figure", "Figure", drawing=drawing, caption="As immunosim plot draws it by default.")


def _endpoints(result: EnsembleResult) -> PageTable:
    rows = [
        (
            unit_text(str(result.dataset[name].attrs.get("long_name", _words(name)))),
            unit_text(str(about["unit"])) or "-",
            *(_number(about.get(key)) for key in QUANTILES),
            _remark(about),
        )
        for name, about in result.summary().items()
    ]
    note = "Quantiles over the patients. Not reached: not by that part of the patients before the end."
    return PageTable("", ("endpoint", "unit", "5 %", "median", "95 %", "patients"), rows, "<<>>><", note)


def _factors(result: EnsembleResult) -> PageTable:
    rows = []
    for name in varied_names(result.dataset):
        column = result.dataset[name]
        about = str(column.attrs.get("long_name", ""))
        unit = unit_text(str(column.attrs.get("units", "1"))) or "-"
        rows.append((name, shortened(about, LONGEST_VALUE), unit, *_range(np.asarray(column.values))))
    return PageTable("", ("factor", "meaning", "unit", "lowest", "highest", "values"), rows, "<<<")


def _range(values: np.ndarray[Any, Any]) -> tuple[str, str, str]:
    distinct = str(len(np.unique(values)))
    if values.dtype.kind not in "fiu":
        return "-", "-", distinct
    return f"{np.nanmin(values):.4g}", f"{np.nanmax(values):.4g}", distinct


def _versions(result: EnsembleResult) -> PageTable:
    attributes = result.dataset.attrs
    names = ("model_key", "core", "software", "format")
    rows = [(_words(name), str(attributes[name])) for name in names if name in attributes]
    return PageTable("", ("what", "value"), rows, "<<")


def _remark(about: Mapping[str, float | str]) -> str:
    """Return what a summary says beyond its quantiles."""
    if "n_reached" in about:
        return event_remark(about)
    others = ((key, value) for key, value in about.items() if key not in ("unit", *QUANTILES))
    return ", ".join(f"{_words(key)} = {_number(value)}" for key, value in others)


def event_remark(about: Mapping[str, float | str]) -> str:
    """Return what is said of a time to an event beyond its quantiles."""
    return "; ".join(_event(about))


def _event(about: Mapping[str, float | str]) -> Iterator[str]:
    """Yield what is said of a time to an event."""
    yield f"{about['n_reached']} of {about['n']} reached it"
    if about["n_at_start"]:
        yield f"{about['n_at_start']} at the start"
    if about["n_failed"]:
        yield f"{about['n_failed']} failed"
    yield f"median: 90 % interval, patients, {_number(about['median_low'])} to {_number(about['median_high'])}"
    month, date = about.get("median_month", math.inf), about.get("median_date", "")
    if isinstance(month, float) and math.isfinite(month):
        yield f"month {month:.1f} after the last course{f' ({date})' if date else ''}"


def _number(value: float | str | None) -> str:
    if value is None or isinstance(value, (str, int)):
        return "-" if value is None else str(value)
    if math.isnan(value):
        return "-"
    return f"{value:.4g}" if math.isfinite(value) else "not reached"


def _words(name: str) -> str:
    return name.replace("_", " ")
