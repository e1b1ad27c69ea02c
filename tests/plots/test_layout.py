"""In no figure do texts collide or leave the page, and what draws has no side effects."""

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from figure_layout import collisions, outside
from matplotlib.figure import Figure
from synthetic_ensembles import ensemble

from immunosim.attribution import attribute, compare, counterfactuals, explain, set_back
from immunosim.fitting.conclusions.recovery import Return
from immunosim.fitting.conclusions.recovery_by_visit import Update
from immunosim.fitting.search.profiles import Profile
from immunosim.observations import Measurement
from immunosim.plots import clinical_page
from immunosim.plots.comparison import difference_figure, overlay_figure
from immunosim.plots.counterfactuals import counterfactual_figure
from immunosim.plots.ensembles import chosen, ensemble_figure
from immunosim.plots.fit_courses import FittedCourse, course_figure, courses_figure
from immunosim.plots.fits import profile_figure
from immunosim.plots.forecasts import forecast_figure
from immunosim.plots.set_back import set_back_figure
from immunosim.plots.why import why_figure
from immunosim.report.limits import limits_of
from immunosim.report.provenance import INTENDED_USE
from immunosim.scenario import build_scenario
from immunosim.simulation import simulate
from immunosim.trajectory import Trajectory

PLOTS = Path(__file__).parents[2] / "immunosim" / "plots"
COURSE = {"drug": "antibody", "start": "0 days", "dose": "30 mg", "infusion": "4 h", "premedication": True}
LABELS = {"cd4": "CD4 T cells (cells/µL)", "cd19": "B cells (cells/µL)"}
TIMES = np.linspace(0.0, 365.0, 25)


def taught(**changes: Any) -> Trajectory:
    return simulate(build_scenario({"model": "teaching", "horizon": "90 days", "course": [COURSE]} | changes))


def page(**changes: Any) -> Figure:
    trajectory = taught(**changes)
    return clinical_page(trajectory, limits_of(trajectory.problem.model), INTENDED_USE)


def fitted(name: str = "a patient whose name is long") -> FittedCourse:
    measured = [Measurement(name, 30.0, "cd4", 50.0), Measurement(name, 90.0, "cd19", 10.0, is_below=True)]
    return FittedCourse(name, measured, TIMES, {one: np.stack([TIMES, TIMES + 10.0, TIMES + 20.0]) for one in LABELS})


def updates(n: int) -> list[Update]:
    back = Return("naive_fraction_of_cd4", "0.25", 100.0, 150.0, np.inf, 0.37)
    return [Update(30.0 * k, k, 4 * k, (back, back), horizon=365.0 if n < 12 else 1000.0) for k in range(n)]


def profiles(n: int) -> Figure:
    values = np.geomspace(0.1, 10.0, 9)
    one = Profile("x", "1/day", values, np.log(values) ** 2, 1.0, 1.35, 0.3, 3.0, 0.1, 10.0, values[:, np.newaxis])
    title = "A parameter with a label of several words: identifiable, 95 % interval from 0.3 to 3"
    return profile_figure({f"p{k}": one for k in range(n)}, {f"p{k}": title for k in range(n)}, INTENDED_USE)


def of_patients(kind: str, of: str, **asked: str) -> Figure:
    generator, n = np.random.default_rng(1), 60
    columns = {"dose": generator.uniform(1, 9, n), "lysis_rate": 10 ** generator.uniform(-3, 0, n)}
    status = (np.arange(n) % 20 == 0).astype(int)
    endpoints, series = {"nadir_cd4": generator.uniform(1, 99, n)}, {"cd4": generator.uniform(1, 900, (n, 4))}
    dataset = ensemble(
        columns | {"third": generator.uniform(0, 1, n)}, endpoints, series, status=status, log=["lysis_rate"]
    )
    return ensemble_figure(dataset, chosen(dataset, kind, of, **asked), INTENDED_USE)


def compared() -> tuple[Any, Any]:
    comparison = compare(
        {"first": taught(), "second": taught(course=[COURSE | {"dose": "15 mg"}], title="A title " * 30)}
    )
    return comparison, attribute(comparison, "t_cells")[0]


FIGURES: dict[str, Callable[[], Figure]] = {
    "page": page,
    "page of hours": lambda: page(horizon="10 h"),
    "page of ten years": lambda: page(horizon="10 years"),
    "page with a long title and notes": lambda: page(
        title="A title " * 30, note=[{"time": f"{day} days", "text": "seen in the clinic " * 4} for day in (3, 40, 80)]
    ),
    "page of a failed course": lambda: page(solver={"max_steps": 3}),
    "page of four courses": lambda: page(
        horizon="48 months", course=[COURSE | {"start": f"{month} months"} for month in (0, 12, 24, 36)]
    ),
    "why": lambda: why_figure(explain(taught(), "t_cells", 90.0), taught().scenario, 700.0, INTENDED_USE),
    "counterfactuals": lambda: counterfactual_figure(
        counterfactuals(taught(course=[COURSE, COURSE | {"start": "20 days"}]), "t_cells", 30.0), 700.0, INTENDED_USE
    ),
    "set back": lambda: set_back_figure(set_back(compared()[0], 1, ["t_cells"])[0], INTENDED_USE),
    "overlay": lambda: overlay_figure(compared()[0], {"t_cells": 700.0}, INTENDED_USE),
    "difference": lambda: difference_figure(*compared(), INTENDED_USE),
    "course": lambda: course_figure(fitted(), LABELS, INTENDED_USE),
    "courses": lambda: courses_figure([fitted(), fitted()], LABELS, INTENDED_USE),
    "profiles": lambda: profiles(4),
    "forecast": lambda: forecast_figure(updates(3), INTENDED_USE),
    "forecast of many visits": lambda: forecast_figure(updates(30), INTENDED_USE),
    "heat map": lambda: of_patients("heatmap", "nadir_cd4", x="dose", y="lysis_rate"),
    "contours": lambda: of_patients("contour", "nadir_cd4", x="dose", y="lysis_rate"),
    "bands": lambda: of_patients("bands", "cd4"),
    "spaghetti": lambda: of_patients("spaghetti", "cd4", color="lysis_rate"),
    "parallel": lambda: of_patients("parallel", "nadir_cd4"),
}


QUICK = ("page of hours", "page with a long title and notes", "overlay", "bands")
"""Figures that are laid out in half a second; the others take up to four."""

each_figure = [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in FIGURES]


@pytest.mark.parametrize("name", each_figure)
def test_no_text_collides_or_leaves_the_figure(name: str) -> None:
    figure = FIGURES[name]()
    assert collisions(figure) == []
    assert outside(figure) == []


def test_a_collision_is_noticed() -> None:
    figure = Figure()
    figure.text(0.5, 0.5, "one")
    figure.text(0.51, 0.5, "two")
    figure.text(0.99, 0.9, "beyond the edge")
    assert collisions(figure) == [("one", "two")]
    assert outside(figure) == ["beyond the edge"]


# --- what functions of plots may do ----------------------------------------------------------------------------------

TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(PLOTS.rglob("*.py"))}
DRAWING = [
    (path, node)
    for path, tree in TREES.items()
    for node in tree.body
    if isinstance(node, ast.FunctionDef) and node.name.startswith("draw_")
]


@pytest.mark.parametrize("path", TREES, ids=lambda path: path.stem)
def test_no_module_of_figures_shows_reads_files_or_changes_the_state_of_pyplot(path: Path) -> None:
    named = {node.attr for node in ast.walk(TREES[path]) if isinstance(node, ast.Attribute)}
    called = {
        node.func.id for node in ast.walk(TREES[path]) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    imported = {name.name for node in ast.walk(TREES[path]) if isinstance(node, ast.Import) for name in node.names}
    imported |= {node.module or "" for node in ast.walk(TREES[path]) if isinstance(node, ast.ImportFrom)}
    assert not named & {"show", "read_text", "read_bytes", "write_text", "write_bytes"}
    assert "open" not in called
    assert not any("pyplot" in name for name in imported)


@pytest.mark.parametrize(("path", "node"), DRAWING, ids=[node.name for _, node in DRAWING])
def test_what_draws_takes_axes_and_returns_them(path: Path, node: ast.FunctionDef) -> None:
    first = node.args.args[0]
    assert first.arg == "ax", path
    assert ast.unparse(first.annotation or ast.Constant(None)).strip("'\"") == "Axes"
    assert ast.unparse(node.returns or ast.Constant(None)).strip("'\"") == "Axes"
    returned = [one for one in ast.walk(node) if isinstance(one, ast.Return)]
    assert returned
