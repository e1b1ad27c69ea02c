"""Figures of many patients: those of any ensemble, and the weighted ones of a cohort, with the limits of its model.

Chooses and draws; computes no statistic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from immunosim.codegen.loader import load_model
from immunosim.cohorts.courses import series
from immunosim.cohorts.result import CohortResult
from immunosim.cohorts.set_numbers import SetNumbers
from immunosim.cohorts.target_report import applicable, evaluate
from immunosim.cohorts.targets import PublishedTarget, located_targets
from immunosim.ensembles import EnsembleResult
from immunosim.errors import DataError, any_of, did_you_mean
from immunosim.formatting import unit_text
from immunosim.report.limits import thresholds_of
from immunosim.report.provenance import INTENDED_USE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from immunosim.codegen.loader import Model
    from immunosim.plots.cohorts import CohortPlot
    from immunosim.plots.ensembles import Plot

MOST_PANELS, MOST_EVENTS = 6, 4
"""Read-outs over time and events that the page of a cohort draws."""

AnyTarget = PublishedTarget | Path | str
"""A target, the path of a target file, or the name of one that comes with the model."""


def plot_of(result: EnsembleResult, of: str = "", **asked: Any) -> Plot:
    """Return what is drawn of an ensemble, with the clinical thresholds of its own model; arguments of ``chosen``."""
    from immunosim.plots.ensembles import chosen

    plot = chosen(result.dataset, of=of, limits=thresholds_of(model_of(result)), **asked)
    return replace(plot, reference=result.reference) if plot.kind == "kaplan_meier" else plot


def cohort_plot_of(
    result: CohortResult,
    of: str = "",
    *,
    kind: str = "",
    color: str = "",
    competing: Sequence[str] = (),
    targets: Sequence[PublishedTarget] = (),
    **others: Any,
) -> CohortPlot | Plot:
    """Return what is drawn of a cohort: a weighted figure, or a kind of any ensemble, in which patients count alike.

    Raises
    ------
    DataError
        If the kind is unknown, an option does not belong to it, or the cohort does not hold what is asked for.
    """
    from immunosim.plots.cohorts import TAKES, CohortPlot, chosen_plot
    from immunosim.plots.ensembles import TAKES as OF_ENSEMBLES

    if kind and kind not in {*TAKES, *OF_ENSEMBLES}:
        cure = did_you_mean(kind, {**TAKES, **OF_ENSEMBLES})
        raise DataError(f'unknown kind of figure "{kind}"', key="kind", cure=cure)
    given = {key: value for key, value in others.items() if value not in ("", None)}
    if kind in TAKES or (not kind and not given and _is_weighted(result, of, targets)):
        _refuse(given, kind or "bands")
        return chosen_plot(result.dataset, CohortPlot(kind, of, color, tuple(competing)), targets)
    _refuse({key: value for key, value in (("targets", targets), ("competing", competing)) if value}, kind, list(TAKES))
    return plot_of(result.stored, of, kind=kind, color=color, **others)


def cohort_figure_of(result: CohortResult, asked: CohortPlot | Plot, targets: Sequence[PublishedTarget] = ()) -> Figure:
    """Return the figure of a cohort that ``cohort_plot_of`` chose."""
    from immunosim.plots.cohorts import CohortPlot, cohort_figure
    from immunosim.plots.ensembles import ensemble_figure

    if not isinstance(asked, CohortPlot):
        return ensemble_figure(result.stored.dataset, asked, INTENDED_USE)
    report = evaluate(targets, result.dataset) if asked.kind == "forest" else None
    limits, kept = thresholds_of(model_of(result.stored)), result.kept_events.requests
    return cohort_figure(result.dataset, asked, targets, INTENDED_USE, report, limits, kept)


def published(targets: Sequence[AnyTarget], result: EnsembleResult | CohortResult) -> list[PublishedTarget]:
    """Return the targets that are of a cohort and of what it keeps.

    Parameters
    ----------
    targets : sequence of PublishedTarget, Path or str
        Targets, target files, or the names of those that come with the model.
    result : EnsembleResult or CohortResult

    Raises
    ------
    DataError, ScenarioError
        If there is no such file, it is at fault, or the result is not a cohort or keeps nothing of them.
    """
    if not targets:
        return []
    if not isinstance(result, CohortResult):
        raise DataError("the result holds no cohort", key="targets", cure="leave targets out")
    read = [target for target in targets if isinstance(target, PublishedTarget)]
    names = [target for target in targets if not isinstance(target, PublishedTarget)]
    return applicable([*read, *located_targets(names, result.stored.model_name)], result.dataset)


def planned_figure(
    result: EnsembleResult | CohortResult,
    of: str,
    competing: Sequence[str] = (),
    targets: Sequence[AnyTarget] = (),
    **asked: Any,
) -> tuple[CohortPlot | Plot, Callable[[], Figure]]:
    """Return what is drawn of many patients, and what draws it.

    Raises
    ------
    DataError
        If an option does not apply, or the result does not hold what is asked for.
    """
    points = published(targets, result)
    if isinstance(result, CohortResult):
        of_cohort = cohort_plot_of(result, of, competing=competing, targets=points, **asked)
        return of_cohort, lambda: cohort_figure_of(result, of_cohort, points)
    if competing:
        raise DataError("applies to a cohort", key="competing", cure="leave it out")
    from immunosim.plots.ensembles import ensemble_figure

    plot = plot_of(result, of, **asked)
    return plot, lambda: ensemble_figure(result.dataset, plot, INTENDED_USE)


def page_of_cohort(result: CohortResult, targets: Sequence[AnyTarget] = (), sets: SetNumbers | None = None) -> bytes:
    """Return the page of a cohort, with targets as ``published`` takes them, and their numbers under plausible sets.

    Raises
    ------
    DataError, ScenarioError
        As ``published`` does.
    """
    from immunosim.plots.cohorts import forest_figures
    from immunosim.report.page.cohort import cohort_page

    points = published(targets, result)
    report = evaluate(points, result.dataset).with_sets(sets) if points else None
    figures = [] if report is None else forest_figures(report)
    parts = [f", part {part} of {len(figures)}" if len(figures) > 1 else "" for part in range(1, len(figures) + 1)]
    forests = [(f"Targets{part}", "", figure) for part, figure in zip(parts, figures, strict=True)]
    limitations = model_of(result.stored).scope.limitations
    return cohort_page(result, list(page_drawings(result, points)), report, limitations, forests)


def page_drawings(result: CohortResult, targets: Sequence[PublishedTarget]) -> Iterator[tuple[str, str, Figure]]:
    """Yield title, caption and figure of what the page of a cohort shows: bands, and the incidence of each event."""
    from immunosim.plots.cohorts import CohortPlot, checked_readouts, cohort_figure, events_of, predictive_check_figure

    dataset, limits = result.dataset, thresholds_of(model_of(result.stored))
    kept = result.kept_events
    events = {**kept.requests, **events_of(dataset, targets)}
    courses = [name for name in series(dataset) if not (name in events and events[name].hazard)]
    names = (checked_readouts(dataset, targets) or courses)[:MOST_PANELS]
    if names and dataset.sizes["time"] > 1:
        caption = "Percentile bands of the patients over time; published means with their SD as points."
        yield "Over time", caption, predictive_check_figure(dataset, targets, "", names, limits)
    for name in list(events)[:MOST_EVENTS]:
        figure = cohort_figure(dataset, CohortPlot("kaplan_meier", name), targets, kept=kept.requests)
        words = kept.description(dataset, name) if name in kept.names else name.replace("_", " ")
        yield f"Cumulative incidence: {unit_text(words)}", "", figure


def _is_weighted(result: CohortResult, of: str, targets: Sequence[PublishedTarget]) -> bool:
    """Return whether a figure without a kind is one of cohorts: of a course or an event, which endpoints are not."""
    from immunosim.plots.cohorts import events_of

    drawable = [*series(result.dataset), *events_of(result.dataset, targets)]
    return of in drawable if of else bool(drawable)


def _refuse(given: dict[str, Any], kind: str, kinds: Sequence[str] = ()) -> None:
    for key in given:
        cure = f"draw {any_of(list(kinds))}" if kinds else "leave it out, or draw another kind"
        raise DataError(f"does not apply to a figure of the kind {kind} of a cohort", key=key, cure=cure)


def model_of(result: EnsembleResult) -> Model:
    """Return the compiled model of a result."""
    from immunosim.models import find_model

    package = find_model(result.model_name)
    return load_model(package.parameters().units(), package=package)
