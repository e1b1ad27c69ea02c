"""Figures and pages of results by kind, for ``Result.plot`` and ``Result.report``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import singledispatch
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from immunosim.attribution import Comparison, Counterfactuals, DifferenceCauses, Explanation
from immunosim.cohorts.result import CohortResult
from immunosim.cohorts.target_report import TargetReport
from immunosim.ensembles import EnsembleResult
from immunosim.errors import DataError
from immunosim.files import write_file
from immunosim.fitting import Fitted, PatientFits
from immunosim.report.figures import draw_page, draw_panel
from immunosim.report.fit_courses import course_of, labels_of
from immunosim.report.limits import limits_of
from immunosim.report.patient_figures import AnyTarget, model_of, page_of_cohort, planned_figure, plot_of
from immunosim.report.provenance import INTENDED_USE
from immunosim.result import Result
from immunosim.sensitivity_analysis.result import Analysis
from immunosim.trajectory import Trajectory

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@singledispatch
def figure_of(result: Result, *names: str, **options: Any) -> Any:
    """Return the figure of a result.

    Raises
    ------
    DataError
        If this kind of result has none, or a name is unknown.
    """
    kind = type(result).__name__
    raise DataError(f"a {kind} has no figure", cure="see its to_dataframe(), or plot its dataset")


@figure_of.register(Trajectory)
def _(result: Trajectory, *names: str, ax: Axes | None = None) -> Figure | Axes:
    """Draw read-outs or pools of one unit in one panel; without names the whole page."""
    return draw_panel(result, names, ax) if names else draw_page(result)


@figure_of.register(EnsembleResult)
def _(
    result: EnsembleResult,
    of: str = "",
    *,
    kind: str = "",
    x: str = "",
    y: str = "",
    at: float | str | None = None,
    color: str = "",
    threshold: str = "",
) -> Figure:
    """Draw a result as a map over two factors, as time courses, as Kaplan-Meier curves or as parallel coordinates."""
    from immunosim.plots.ensembles import ensemble_figure

    asked = plot_of(result, of, kind=kind, x=x, y=y, at=at, color=color, threshold=threshold)
    return ensemble_figure(result.dataset, asked, INTENDED_USE)


@figure_of.register(Explanation)
def _(result: Explanation) -> Figure:
    """Draw the read-out over time, and the contribution of each mechanism and process."""
    from immunosim.plots.why import why_figure
    from immunosim.scenario import Scenario

    return why_figure(result, result.scenario or Scenario(), result.info.limit, INTENDED_USE)


@figure_of.register(Counterfactuals)
def _(result: Counterfactuals) -> Figure:
    """Draw the read-out with everything, and without each treatment and mechanism."""
    from immunosim.plots.counterfactuals import counterfactual_figure

    return counterfactual_figure(result, result.info.limit, INTENDED_USE)


@figure_of.register(Comparison)
def _(result: Comparison) -> Figure:
    """Draw the overlaid time courses."""
    from immunosim.plots.comparison import overlay_figure

    return overlay_figure(result, limits_of(result.trajectories[0].problem.model), INTENDED_USE)


@figure_of.register(DifferenceCauses)
def _(result: DifferenceCauses) -> Figure:
    """Draw both courses, and the scenario with the keys of the reference that matter most."""
    from immunosim.plots.set_back import set_back_figure

    return set_back_figure(result, INTENDED_USE)


@figure_of.register(CohortResult)
def _(
    result: CohortResult,
    of: str = "",
    *,
    competing: Sequence[str] = (),
    targets: Sequence[AnyTarget] = (),
    **asked: Any,
) -> Figure:
    """Draw bands, cumulative incidence, spread at visits or a forest of targets, weighted; or as any ensemble."""
    return planned_figure(result, of, competing, targets, **asked)[1]()


@figure_of.register(TargetReport)
def _(result: TargetReport) -> Figure:
    """Draw the standardised residual of each target with its interval and tolerance."""
    from immunosim.plots.cohorts import forest_figure

    return forest_figure(result, INTENDED_USE)


@figure_of.register(Analysis)
def _(result: Analysis, output: str = "") -> Figure:
    """Draw the inputs by their influence on an output, by default the first."""
    from immunosim.plots.importance import importance_figure

    known = [outcome.name for outcome in result.outcomes]
    if output and output not in known:
        raise DataError(f'"{output}" was not analysed', key="output", cure=f"choose from {', '.join(known)}")
    return importance_figure(result, result[output or known[0]], INTENDED_USE)


@figure_of.register(Fitted)
def _(result: Fitted) -> Figure:
    """Draw the measurements of each patient with the course and its 90 % interval."""
    from immunosim.plots.fit_courses import course_figure, courses_figure

    courses, labels = [course_of(result, index) for index in range(len(result.subjects))], labels_of(result.subjects[0])
    if len(courses) == 1:
        return course_figure(courses[0], labels, INTENDED_USE)
    return courses_figure(courses, labels, INTENDED_USE)


@figure_of.register(PatientFits)
def _(result: PatientFits) -> Figure:
    """Draw the measurements of each patient with the course and its 90 % interval."""
    from immunosim.plots.fit_courses import courses_figure

    courses = [course_of(fit) for fit in result.fits.values()]
    return courses_figure(courses, labels_of(result.case.subjects[0]), INTENDED_USE)


def write_page(result: Result, path: Path) -> None:
    """Write the page of a result: its report, or the notebook view with the figure where it has none.

    Raises
    ------
    OutputError
        If the location is not writable.
    """
    write_file(path, page_of(result))


@singledispatch
def page_of(result: Result) -> bytes:
    """Return the page of a result."""
    return _page(result).encode()


@page_of.register(Trajectory)
def _(result: Trajectory) -> bytes:
    from immunosim.report.page import report_files
    from immunosim.report.summary import summarise

    return report_files(result, summarise(result), "")["report.html"]


@page_of.register(EnsembleResult)
def _(result: EnsembleResult) -> bytes:
    from immunosim.report.page.ensemble import ensemble_page

    try:
        figure = result.plot()
    except DataError:
        figure = None
    return ensemble_page(result, figure, tuple(model_of(result).scope.limitations))


@page_of.register(CohortResult)
def _(result: CohortResult) -> bytes:
    return page_of_cohort(result)


@page_of.register(Fitted)
@page_of.register(PatientFits)
def _(result: Fitted | PatientFits) -> bytes:
    from immunosim.report.fit_record import fit_record, several_record
    from immunosim.report.output_files import to_json
    from immunosim.report.page.fit import fit_page

    record = fit_record(result) if isinstance(result, Fitted) else several_record(result)
    return fit_page(json.loads(to_json(record)))  # as its file holds it: what is not a number is null


def _page(result: Result) -> str:
    style = "body{font-family:sans-serif;margin:2em}table{border-collapse:collapse;margin:1em 0}td,th{padding:2px 8px}"
    try:
        figure = _inline(result.plot())
    except DataError:
        figure = ""
    return "\n".join(
        [
            f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{escape(repr(result))}</title>',
            f"<style>{style}</style>\n</head>\n<body>",
            result._repr_html_(),
            figure,
            f"<p>{escape(INTENDED_USE)}</p>\n</body>\n</html>\n",
        ]
    )


def _inline(figure: Figure) -> str:
    import base64

    from immunosim.plots import encoded

    return f'<img alt="figure" src="data:image/png;base64,{base64.b64encode(encoded(figure, "png")).decode()}">'
