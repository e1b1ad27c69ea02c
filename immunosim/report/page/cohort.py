"""The page of a cohort: population, treatments, failures, bands, incidences, targets, what is assumed, versions.

Reads a result and a report of targets; computes no statistic of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from immunosim.cohorts.intervals import Interval
from immunosim.cohorts.result import CohortResult
from immunosim.cohorts.target_report import TargetReport, TargetResult
from immunosim.formatting import number, unit_text
from immunosim.report.page.cohort_events import events_table, key_incidences
from immunosim.report.page.cohort_population import assumptions, population_tables, regimen_tables
from immunosim.report.page.drawings import svg_of
from immunosim.report.page.sections import Chapter, KeyResult, Section, result_page
from immunosim.report.page.tables import PageTable, doses
from immunosim.report.provenance import INTENDED_USE, software
from immunosim.units import DAYS_PER_MONTH

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TALL = 4.5
"""Inches of a figure above which it takes more of a printed page."""

MOST_ENDPOINTS, MOST_KEY_EVENTS = 2, 4
"""Endpoints and events among the main results."""

Drawing = tuple[str, str, "Figure"]
"""Title, caption and figure of a section."""


def cohort_page(
    result: CohortResult,
    drawings: Sequence[Drawing],
    targets: TargetReport | None = None,
    limitations: Sequence[str] = (),
    forests: Sequence[Drawing] = (),
) -> bytes:
    """Return the page of a cohort.

    Parameters
    ----------
    result : CohortResult
    drawings : sequence of (str, str, Figure)
        Title, caption and figure: what was simulated.
    targets : TargetReport, optional
        Published against simulated numbers.
    limitations : sequence of str
        Of the model.
    forests : sequence of (str, str, Figure)
        Of the targets.
    """
    population, scenario = result.population, result.population.base.scenario
    parts = [
        _main_results(result, targets),
        *_figures(drawings, "figure"),
        Section("events", "Events", tables=[events_table(result.event_summaries)]),
        Section("endpoints", "Endpoints over the patients", tables=[_endpoints(result)]),
        *_figures(forests, "forest"),
        *_targets(targets),
        Section("population", "Population", tables=list(population_tables(result))),
        Section("treatment", "Treatments", tables=[doses(scenario), *regimen_tables(population)]),
        Section("assumed", "What is assumed", sentences=list(assumptions(population))),
        Section("limits", "Limits", cautions=[f"{INTENDED_USE} Spread is that of the population.", *limitations]),
        Section("versions", "Versions and provenance", tables=[_versions(result)], command=_command(result)),
    ]
    title = population.population.title or scenario.title or "Virtual population"
    subtitle = ". ".join(filter(None, (scenario.title, scenario.description)))
    return result_page(title, subtitle, _facts(result), [Chapter([part for part in parts if _shows(part)])], _version())


def _main_results(result: CohortResult, targets: TargetReport | None) -> Section:
    key, sentences = list(_key(result, targets)), list(_sentences(result, targets))
    return Section("results", "Main results", key=key, sentences=sentences)


def _shows(part: Section) -> bool:
    tables = [table for table in part.tables if table.rows]
    return bool(part.key or part.sentences or part.cautions or part.drawing or tables)


def _facts(result: CohortResult) -> list[tuple[str, str]]:
    population, scenario = result.population.population, result.population.base.scenario
    return [
        ("Model", scenario.model),
        ("Patients", f"{len(result):,}, seed {population.seed or 0}"),
        ("Cohort", population.cohort or "of the whole population"),
        ("Sampling", {"random": "independent draws"}.get(population.sampling or "", "Sobol sequence")),
        ("Simulated until", f"day {scenario.horizon:.0f} (month {scenario.horizon / DAYS_PER_MONTH:.0f})"),
        ("Page written by", f"immunosim {_version()}"),
    ]


def _key(result: CohortResult, targets: TargetReport | None) -> Iterator[KeyResult]:
    n_failed = len(result.failed)
    yield "Patients", f"{len(result) - n_failed:,} of {len(result):,}", "simulated without failure"
    if targets is not None:
        yield "Targets", f"{targets.n_within} of {len(targets.results)}", "within their tolerance"
    yield from key_incidences(result.event_summaries[:MOST_KEY_EVENTS])
    others = {name: about for name, about in _quantiles(result).items() if name not in result.kept_events.names}
    for name, about in list(others.items())[:MOST_ENDPOINTS]:
        low, middle, high = (number(float(about[key])) for key in ("p5", "median", "p95"))
        yield _words(name), f"{middle} {unit_text(str(about['unit']))}".rstrip(), f"5 to 95 %: {low} to {high}"


def _sentences(result: CohortResult, targets: TargetReport | None) -> Iterator[str]:
    ended = ", ".join(f"{count:,} {name}" for name, count in result.stored.counts().items())
    yield f"Ended: {ended}."
    if result.failed:
        yield "Patients who failed have no values; every statistic is of the others, with their weights."
    for stratum, factors in result.unexplained.items():
        listed = ", ".join(f"{name} x {factor:g}" for name, factor in factors.items())
        yield f"Unexplained by covariates ({stratum.replace('_', ' ')}): {listed}."
    if targets is not None:
        for use in ("fitted", "held out"):
            part = targets.chosen(use)
            if part.results:
                yield f"Targets {use}: {part.n_within} of {len(part.results)} within tolerance."


def _figures(drawings: Sequence[Drawing], what: str) -> Iterator[Section]:
    for index, (title, caption, figure) in enumerate(drawings, 1):
        name, is_tall = f"{what}{index}", figure.get_figheight() > TALL
        drawing = svg_of(figure, name, f"{title}. {caption}".strip())
        yield Section(name, title, drawing=drawing, caption=caption, is_tall=is_tall)


def _targets(targets: TargetReport | None) -> Iterator[Section]:
    if targets is None:
        return
    level = f"{100.0 * targets.confidence:g} % interval"
    intervals = [f"{level}, patients", *([f"{level}, sets"] if targets.sets else [])]
    headers = ("target", "published", "simulated", *intervals, "unit", "z", "tolerance", "within", "grade")
    align = f"<>>{'>' * len(intervals)}<><<<"
    note = (
        "z: standardised residual. Intervals of patients are of the bootstrap: they say how far the number of patients "
        "limits the simulated number, not how uncertain the model is. Grades: A read in the source, B recalled, "
        "derived or assumed, C contradicted by other sources."
    )
    by_source: dict[str, list[tuple[str, ...]]] = {}
    for result in targets.results:
        by_source.setdefault(result.target.citation, []).append(_row(result))
    tables = [PageTable(source, headers, rows, align) for source, rows in by_source.items()]
    of_sets = targets.sets.sentences() if targets.sets else ()
    yield Section("targets", "Published against simulated", sentences=[note, *of_sets], tables=tables)


def _row(result: TargetResult) -> tuple[str, ...]:
    record, simulated = result.record, result.simulated
    return (
        record.name,
        number(record.value),
        number(simulated.value),
        *(_ends(entry) for entry in (simulated, result.over_sets) if entry is not None),
        unit_text(record.unit) or "-",
        f"{result.z:+.1f}",
        record.tolerance,
        "yes" if result.is_within else "NO",
        record.grade if record.use == "fitted" else f"{record.grade}, held out",
    )


def _ends(interval: Interval) -> str:
    return "-" if math.isnan(interval.low) else f"{number(interval.low)} to {number(interval.high)}"


def _endpoints(result: CohortResult) -> PageTable:
    rows = []
    for name, about in _quantiles(result).items():
        label = str(result.stored.dataset[name].attrs.get("long_name", _words(name)))
        low, middle, high = (number(float(about[key])) for key in ("p5", "median", "p95"))
        share = f"{100.0 * float(about['share']):.3g} %"
        rows.append((unit_text(label), unit_text(str(about["unit"])) or "-", low, middle, high, share))
    note = "Weighted quantiles over the patients who have a value; the last column is their share of the population."
    return PageTable("", ("endpoint", "unit", "5 %", "median", "95 %", "have a value"), rows, "<<>>>>", note)


def _quantiles(result: CohortResult) -> dict[str, dict[str, float | str]]:
    """Return the endpoints that are not times to an event."""
    return {name: about for name, about in result.summary().items() if "n_reached" not in about}


def _versions(result: CohortResult) -> PageTable:
    attributes = result.stored.dataset.attrs
    names = ("fingerprint", "model_key", "core", "software", "format")
    rows = [(_words(name), str(attributes[name])) for name in names if name in attributes]
    return PageTable("", ("what", "value"), rows, "<<")


def _command(result: CohortResult) -> str:
    return str(result.stored.dataset.attrs.get("command", ""))


def _words(name: str) -> str:
    return name.replace("_", " ")


def _version() -> str:
    return software()["immunosim"]
