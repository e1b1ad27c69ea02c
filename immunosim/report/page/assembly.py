"""Assembly of the report: the contents of the template, and the resulting files.

Nothing here depends on the clock, and nothing in the page on the network: the same run gives the same bytes, which
read the same in ten years.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from immunosim.attribution import explain
from immunosim.errors import SolverError
from immunosim.formatting import calendar
from immunosim.parameters import EVIDENCE
from immunosim.problem import Problem
from immunosim.report.figures import draw_page
from immunosim.report.limits import limits_of
from immunosim.report.page import answer, tables
from immunosim.report.page.cautions import cautions
from immunosim.report.page.drawings import font_faces, svg_of
from immunosim.report.page.parameters import grades, groups
from immunosim.report.page.rendering import rendered
from immunosim.report.page.sources import own_entry, sources
from immunosim.report.provenance import INTENDED_USE
from immunosim.report.sampling import refined
from immunosim.scenario import to_toml
from immunosim.trajectory import Trajectory

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def report_files(trajectory: Trajectory, summary: Mapping[str, Any], command: str) -> dict[str, bytes]:
    """Return the files of a report by name: the page and its figure.

    Parameters
    ----------
    trajectory : Trajectory
        Complete or failed; the report of a failed one states the failure first and has no results.
    summary : mapping
        What ``summarise`` returned.
    command : str
        Command that reproduces this report.
    """
    from immunosim.plots import encoded

    figure = draw_page(trajectory)
    page = rendered("report.html.j2", _content(trajectory, summary, command, figure))
    return {"report.html": page, "figure.pdf": encoded(figure, "pdf")}


def _content(trajectory: Trajectory, summary: Mapping[str, Any], command: str, figure: Figure) -> dict[str, Any]:
    """Return the contents of the template."""
    problem, scenario = trajectory.problem, trajectory.scenario
    drawing, why = svg_of(figure, "course", _described(problem, summary)), _why(trajectory)
    toml = to_toml(scenario)
    return {
        "summary": summary,
        "scenario": scenario,
        "start": calendar(scenario, float(trajectory.time[0])),
        "end": calendar(scenario, float(trajectory.time[-1])),
        "intended_use": INTENDED_USE,
        "failure": trajectory.failure(),
        "key_numbers": list(answer.key_numbers(summary, _key_counts(problem))),
        "sentences": list(answer.sentences(summary)),
        "cautions": list(cautions(problem, summary)),
        "timeline": [tables.doses(scenario), tables.events(scenario)],
        "results": _results(summary),
        "drawing": drawing,
        "why": why,
        "fonts": font_faces([drawing, why]),
        "mechanisms": tables.mechanisms(problem),
        "groups": list(groups(problem, summary)),
        "grades": grades(problem.parameters[name] for name in problem.parameters),
        "evidence": EVIDENCE,
        "provenance": [tables.solver(summary), tables.software(summary)],
        "command": command,
        "toml": toml,
        "toml_base64": base64.b64encode(toml.encode()).decode(),
        "sources": list(sources(problem.parameters.references())),
        "own_entry": own_entry(summary),
        "limitations": list(problem.model.scope.limitations),
    }


def _results(summary: Mapping[str, Any]) -> list[tables.PageTable]:
    """Return the tables of results; for a failed run only the observations."""
    observed = tables.observed(summary)
    if summary["counts"] is None:
        return [observed]
    blood = [*tables.counts(summary), observed, *tables.drug_levels(summary)]
    return [*blood, *tables.hair(summary), *tables.autoimmunity(summary), *tables.relapses(summary)]


def _key_counts(problem: Problem) -> list[str]:
    return [name for name, info in problem.model.readouts_of_kind("count").items() if info.is_key]


def _described(problem: Problem, summary: Mapping[str, Any]) -> str:
    """Return a description of the figure of the course."""
    titles = "; ".join(["treatments", *(group.title for group in problem.model.groups.values())])
    return " ".join([f"Panels over months: {titles}.", *answer.sentences(summary)])


def _why(trajectory: Trajectory) -> str:
    """Return the attribution figure of the read-out that the model chooses; empty where it cannot be computed."""
    from immunosim.plots.why import why_figure

    model = trajectory.problem.model
    readout = model.questions.explained
    if not readout:
        return ""
    try:
        explanation = explain(refined(trajectory), readout, at=float(trajectory.time[-1]))
    except SolverError:
        return ""
    largest = ", ".join(f"{item.label} {item.value:+.2g}" for item in explanation.by_mechanism()[:3])
    description = f"Contribution of each mechanism to the change of {explanation.label}. Largest at the end: {largest}."
    return svg_of(why_figure(explanation, trajectory.scenario, limits_of(model).get(readout)), "why", description)
