"""Figures of a cohort by kind, as requested or by default; every statistic in them is weighted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import matplotlib as mpl
import xarray as xr
from matplotlib.figure import Figure

from immunosim.cohorts.courses import series
from immunosim.cohorts.request import StatisticRequest
from immunosim.cohorts.sample import endpoint_name
from immunosim.cohorts.target_report import TargetReport
from immunosim.cohorts.targets import PublishedTarget
from immunosim.ensembles.columns import endpoint_names
from immunosim.ensembles.event_times import is_event
from immunosim.errors import DataError, any_of, did_you_mean
from immunosim.plots.cohorts.forest import forest_figure
from immunosim.plots.cohorts.incidence import draw_incidence
from immunosim.plots.cohorts.predictive_check import checked_readouts, predictive_check_figure
from immunosim.plots.cohorts.published import event_requests
from immunosim.plots.cohorts.visits import draw_visits
from immunosim.plots.ensembles.axes import Threshold
from immunosim.plots.style import GREY, STYLE
from immunosim.plots.text import wrapped

SIZE = (6.3, 4.0)
"""Inches: as wide as the text of a page."""

TAKES: Mapping[str, frozenset[str]] = {
    "bands": frozenset({"of"}),
    "kaplan_meier": frozenset({"of", "color", "competing"}),
    "visits": frozenset({"of", "color"}),
    "forest": frozenset(),
}
"""Kinds of figures of cohorts, and the options of each."""


@dataclass(frozen=True)
class CohortPlot:
    """What is drawn of a cohort.

    Attributes
    ----------
    kind : str
        A key of ``TAKES``; empty for one that suits.
    of : str
        A read-out, an endpoint that is a time to an event, or a cumulative hazard; empty for all with published points.
    color : str
        A stratum, covariate or trait by which patients are divided.
    competing : tuple of str
        Hazards or endpoints whose events compete with the one that is drawn.
    """

    kind: str
    of: str = ""
    color: str = ""
    competing: tuple[str, ...] = ()


def chosen_plot(dataset: xr.Dataset, plot: CohortPlot, targets: Sequence[PublishedTarget] = ()) -> CohortPlot:
    """Return what to draw, with the first read-out or event that suits where none is named.

    Parameters
    ----------
    dataset : xarray.Dataset
        Of a cohort.
    plot : CohortPlot
    targets : sequence of PublishedTarget

    Raises
    ------
    DataError
        If an option does not belong to the kind, or the cohort has nothing that suits.
    """
    if not plot.kind:
        plot = replace(plot, kind=_kind_of(dataset, plot))
    for name in ("of", "color", "competing"):
        if getattr(plot, name) and name not in TAKES[plot.kind]:
            kinds = any_of([kind for kind, takes in TAKES.items() if name in takes])
            raise DataError(f"does not apply to a figure of the kind {plot.kind}", key=name, cure=f"draw {kinds}")
    if plot.kind == "forest":
        if not targets:
            raise DataError("a forest needs targets", key="targets", cure="name target files, or those of the model")
        return plot
    if plot.kind == "kaplan_meier":
        name = plot.of or next(iter(events_of(dataset, targets)), "")
        _refuse_nothing(name, 'keep an endpoint such as "first_above READOUT LEVEL from 1 month", or name a hazard')
        _refuse_unknown(name, [*events_of(dataset, targets), *series(dataset)])
        return replace(plot, of=name)
    drawn = checked_readouts(dataset, targets)
    name = plot.of or ("" if plot.kind == "bands" and drawn else next(iter([*drawn, *series(dataset)]), ""))
    if name or not drawn:
        _refuse_nothing(name, "keep a read-out over time when the cohort runs")
        _refuse_unknown(name, series(dataset))
    return replace(plot, of=name)


def cohort_figure(
    dataset: xr.Dataset,
    plot: CohortPlot,
    targets: Sequence[PublishedTarget] = (),
    footer: str = "",
    report: TargetReport | None = None,
    limits: Mapping[str, Sequence[Threshold]] | None = None,
    kept: Mapping[str, StatisticRequest] | None = None,
) -> Figure:
    """Return a figure of a cohort.

    Parameters
    ----------
    dataset : xarray.Dataset
    plot : CohortPlot
        As ``chosen_plot`` returns it.
    targets : sequence of PublishedTarget
        Published numbers of the cohort, drawn as points.
    footer : str
        End of the caption, such as the intended use.
    report : TargetReport, optional
        Of the targets, for a forest.
    limits : mapping of str to sequence of Threshold, optional
        Clinical thresholds by read-out, in its unit, for bands.
    kept : mapping of str to StatisticRequest, optional
        Events of the cohort, with the draws by which the model decides on them.

    Raises
    ------
    DataError
        If what is to be drawn does not fit the cohort.
    """
    if plot.kind == "forest":
        assert report is not None
        return forest_figure(report, footer)
    if plot.kind == "bands":
        return predictive_check_figure(dataset, targets, footer, (plot.of,) if plot.of else (), limits or {})
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=SIZE, layout="constrained")
        ax = figure.add_subplot()
        if plot.kind == "visits":
            draw_visits(ax, dataset, plot.of, plot.color, targets)
        else:
            draw_incidence(ax, dataset, request_of(dataset, plot, targets, kept), plot.color, targets)
        if footer:
            figure.supxlabel("\n".join(wrapped(footer, 120)), x=0.01, ha="left", fontsize=6.0, color=GREY)
    return figure


def events_of(dataset: xr.Dataset, targets: Sequence[PublishedTarget] = ()) -> dict[str, StatisticRequest]:
    """Return the events of a cohort by the name of what they are of: those of targets, then times to events.

    A cumulative hazard is an event where a target says so, or where it is asked for by name.
    """
    known = {*series(dataset), *endpoint_names(dataset)}
    requests = {request_name(request): request for request in event_requests(targets)}
    times = [name for name in endpoint_names(dataset) if is_event(dataset, name)]
    others = {name: StatisticRequest(statistic="incidence", endpoint=name) for name in times}
    return others | {name: request for name, request in requests.items() if name in known}


def request_name(request: StatisticRequest) -> str:
    """Return the name of the variable that an event is of."""
    return request.hazard or request.readout or endpoint_name(request.endpoint)


def request_of(
    dataset: xr.Dataset,
    plot: CohortPlot,
    targets: Sequence[PublishedTarget] = (),
    kept: Mapping[str, StatisticRequest] | None = None,
) -> StatisticRequest:
    """Return the event of a figure: that of a target or an endpoint, or drawn from a course as a cumulative hazard."""
    known = {**(kept or {}), **events_of(dataset, targets)}.get(plot.of)
    request = known or StatisticRequest(statistic="incidence", hazard=plot.of)
    return request.model_copy(update={"competing": plot.competing}) if plot.competing else request


def _kind_of(dataset: xr.Dataset, plot: CohortPlot) -> str:
    """Return the most common kind that fits what is named: bands of a course, or the incidence of an event."""
    is_course = plot.of in series(dataset) if plot.of else bool(series(dataset))
    if plot.competing or not is_course:
        return "kaplan_meier"
    return "visits" if plot.color else "bands"


def _refuse_nothing(name: str, cure: str) -> None:
    if not name:
        raise DataError("the cohort holds nothing that this kind of figure shows", key="of", cure=cure)


def _refuse_unknown(name: str, names: Sequence[str]) -> None:
    if name not in names:
        raise DataError(f'the cohort holds no "{name}"', key="of", cure=did_you_mean(name, names))
