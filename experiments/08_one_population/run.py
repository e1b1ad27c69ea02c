"""One population for all published counts, and relapses: see README.md."""

from collections.abc import Mapping

import matplotlib as mpl
import xarray as xr
from matplotlib.figure import Figure

from experiments.published import Trial, compared, numbers_of, simulated, targets_of
from immunosim.cohorts.target_report import TargetReport
from immunosim.cohorts.targets import PublishedTarget
from immunosim.plots import STYLE
from immunosim.plots.cohorts import CohortPlot, draw_incidence, draw_predictive_check, request_of
from immunosim.plots.style import BLACK, BLUE, GREY

COUNTS = (
    *("assumed_counts", "baker2017", "dubuisson2018", "dubuisson2018_antibodies", "hillcawthorne2012"),
    *("lemtrada_label", "li2018", "thompson2010"),
)
RELAPSES = ("fernandez2014", "cmsc2018", "pactrims2018")
TRIALS = {
    "relapsing": Trial("label_trial", 30, n=1024),
    "progressive": Trial("progressive_cohort", 120, 4, n=512),
    "relapsing_long_term": Trial("label_trial_extension", 96, 3, n=512),
    "relapsing_retreated": Trial("label_trial_retreatment", 96, 3, n=512),
}
YEAR = 365.25


def run() -> tuple[dict[str, float], Figure]:
    """Simulate the cohorts and compare every published number with them."""
    counts, relapses = targets_of(*COUNTS), targets_of(*RELAPSES)
    cohorts = {name: simulated(name, trial, [*counts, *relapses]) for name, trial in TRIALS.items()}
    kinetic = compared(counts, cohorts)
    numbers = {
        "counts_within": float(kinetic.n_within),
        **numbers_of(kinetic),
        **numbers_of(compared(relapses, cohorts)),
    }
    return numbers, _figure(cohorts, [*counts, *relapses], kinetic)


def _figure(cohorts: Mapping[str, xr.Dataset], targets: list[PublishedTarget], report: TargetReport) -> Figure:
    of_cohort = {name: [target for target in targets if target.cohort == name] for name in TRIALS}
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.6, 9.6), layout="constrained")
        axes = figure.subplot_mosaic([["cd4", "cd8"], ["back", "back"], ["relapses", "relapses"]])
        for name in ("cd4", "cd8"):
            draw_predictive_check(axes[name], cohorts["relapsing"], name, of_cohort["relapsing"])
        request = request_of(cohorts["progressive"], CohortPlot("kaplan_meier", "cd4"), of_cohort["progressive"])
        draw_incidence(axes["back"], cohorts["progressive"], request, targets=of_cohort["progressive"])
        _draw_relapses(axes["relapses"], cohorts, targets)
        handles, labels = axes["cd4"].get_legend_handles_labels()
        title = f"{report.n_within} of {len(report.results)} published counts and concentrations within tolerance"
        figure.legend(handles, labels, loc="outside upper left", ncols=6, frameon=False, title=title, alignment="left")
    return figure


def _draw_relapses(ax: mpl.axes.Axes, cohorts: Mapping[str, xr.Dataset], targets: list[PublishedTarget]) -> None:
    labels = {"relapsing_long_term": ("two courses", GREY), "relapsing_retreated": ("retreated after a relapse", BLACK)}
    for name, (label, colour) in labels.items():
        data = cohorts[name]
        rate = data["relapse_rate"].weighted(data["weight"]).mean("patient")
        ax.plot(data["time"] / YEAR, rate, color=colour, label=f"simulated, {label}")
    published = [target.record for target in targets if target.record.statistic == "mean_over_time"]
    for place, record in enumerate(published):
        window = (float(record.start or 0.0) / YEAR, float(record.end or 0.0) / YEAR)
        low, high = record.tolerated()
        label = "published, with tolerance" if place == 0 else None
        ax.fill_between(window, low, high, color=BLUE, alpha=0.15, linewidth=0)
        ax.plot(window, [record.value] * 2, color=BLUE, linewidth=2.0, label=label)
    ax.set(xlim=(0, 8), ylim=(0, 0.62), xlabel="years since the first course", ylabel="relapses a year")
    ax.legend(frameon=False, fontsize=7.5, loc="upper right")
    ax.set_title("Relapses", fontweight="bold")
