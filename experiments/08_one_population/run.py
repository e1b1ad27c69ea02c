"""One population for all published cohorts, on the model as it is: see README.md."""

from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
import xarray as xr
from matplotlib.figure import Figure

import immunosim as ims
from immunosim.cohorts.intervals import Bootstrap
from immunosim.cohorts.target_report import TargetReport, evaluate
from immunosim.cohorts.targets import PublishedTarget, located_targets, needs
from immunosim.plots import STYLE
from immunosim.plots.cohorts import CohortPlot, draw_incidence, draw_predictive_check, request_of

N_PATIENTS = 1024
"""Of each cohort; 1,008 and 16 poor depleters."""

TRIALS: Mapping[str, dict[str, Any]] = {
    "relapsing": {"scenario": "label_trial"},
    "progressive": {"scenario": "progressive_cohort"},
    "relapsing_long_term": {"scenario": "label_trial", "overrides": ["horizon=8 years"]},
}
"""Scenario of each cohort that the target files name."""

HORIZON = {"relapsing": 913.125, "progressive": 3652.5, "relapsing_long_term": 2922.0}
"""Days that each cohort is followed."""

STEP = {"relapsing": 30.4375, "progressive": 121.75, "relapsing_long_term": 121.75}
"""Days between the times at which counts and hazards are kept, beside those of the targets."""


def run() -> tuple[dict[str, float], Figure]:
    """Simulate the three cohorts and compare every published number with them."""
    targets = located_targets(["all"], "alemtuzumab")
    datasets = {name: _simulated(name, targets) for name in TRIALS}
    report = evaluate(targets, datasets, Bootstrap(n=0))
    kinetic, autoimmune = report.chosen("fitted"), report.chosen("held out")
    numbers = {
        "kinetic_within": float(kinetic.n_within),
        "kinetic_chi_square": kinetic.chi_square,
        "held_out_within": float(autoimmune.n_within),
        **{_key(result.record.name): result.simulated.value for result in report.results},
    }
    return numbers, _figure(datasets, targets, report)


def _simulated(name: str, targets: list[PublishedTarget]) -> xr.Dataset:
    wanted, trial = needs(targets, name), dict(TRIALS[name])
    grid = [index * STEP[name] for index in range(int(HORIZON[name] / STEP[name]) + 1)]
    at = [f"{day!r} days" for day in sorted({*grid, *wanted.times})]
    cohort = ims.cohort(
        trial.pop("scenario"), N_PATIENTS, readouts=wanted.readouts, endpoints=wanted.endpoints, at=at, **trial
    )
    return cohort.dataset.load()


def _key(name: str) -> str:
    """Return the name of a target as a key."""
    return name.replace(" ", "_")


def _figure(datasets: Mapping[str, xr.Dataset], targets: list[PublishedTarget], report: TargetReport) -> Figure:
    of_cohort = {name: [target for target in targets if target.cohort == name] for name in TRIALS}
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.6, 9.6), layout="constrained")
        axes = figure.subplot_mosaic([["cd4", "cd8"], ["back", "back"], ["thyroid", "thyroid"]])
        for name in ("cd4", "cd8"):
            draw_predictive_check(axes[name], datasets["relapsing"], name, of_cohort["relapsing"])
        for ax, cohort, name in (
            (axes["back"], "progressive", "cd4"),
            (axes["thyroid"], "relapsing_long_term", "thyroid_cumulative_hazard"),
        ):
            request = request_of(datasets[cohort], CohortPlot("kaplan_meier", name), of_cohort[cohort])
            draw_incidence(ax, datasets[cohort], request, targets=of_cohort[cohort])
        handles, labels = axes["cd4"].get_legend_handles_labels()
        title = f"{report.n_within} of {len(report.results)} published numbers within tolerance"
        figure.legend(handles, labels, loc="outside upper left", ncols=6, frameon=False, title=title, alignment="left")
    return figure
