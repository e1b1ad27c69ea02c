"""Counts on and after dimethyl fumarate, by time on the drug: see README.md."""

import textwrap
from collections.abc import Mapping

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.published import Trial, at_month, compared, draw_tolerated, numbers_of, simulated, targets_of
from immunosim.cohorts.target_report import TargetReport
from immunosim.plots.style import BLACK, BLUE, GREY, ORANGE, VERMILION
from immunosim.units import DAYS_PER_MONTH

FILES = ("msjetc2020", "spencer2015", "pmid31379857", "fox2016", "chan2020")
TRIALS = {
    "fumarate_24_months": Trial("earlier_fumarate", 36, n=1024, population="trials"),
    "fumarate_14_months": Trial("fumarate_14_months", 36, n=1024),
    "fumarate_40_months": Trial("fumarate_40_months", 72, n=4096),
    "fumarate_5_months": Trial("fumarate_5_months", 24, n=1024),
}
TOO_FEW = "months to 0.91 after severe lymphopenia of 5 months"
"""Three of 4,096 virtual patients become so lymphopenic in five months: their median says nothing."""

STOPPED = {"fumarate_5_months": 5, "fumarate_14_months": 14, "fumarate_40_months": 40}
"""Month in which the drug is stopped."""

COLOURS = {"fumarate_5_months": BLUE, "fumarate_14_months": ORANGE, "fumarate_40_months": VERMILION}
SUBSETS = {"lymphocytes": "all lymphocytes", "cd4": "CD4", "cd8": "CD8", "cd19": "B cells"}

MARKS = {"lymphocytes": (0.0, "o"), "cd4": (-1.2, "s"), "cd8": (0.0, "v"), "cd19": (1.2, "D")}
"""Shift in months, so that marks stand beside one another, and mark of each published count."""

CAPTION = (
    "A: mean of 1,024 or 4,096 virtual patients relative to their mean before the drug. Circles and whiskers, "
    "published means of all lymphocytes with what is tolerated; grey, of subsets at months 3 and 12, moved aside. "
    "B: patients whose count was low when the drug was stopped: share who are back at 0.8 or 0.91 × 10⁹/L. "
    "Crosses: the published median times; severe is below 0.6 here and below 0.5 × 10⁹/L in the source."
)


def run() -> tuple[dict[str, float], Figure]:
    """Simulate four times on the drug and compare counts on it and after it."""
    targets = [target for target in targets_of(*FILES) if target.record.name != TOO_FEW]
    kept = {"fumarate_24_months": tuple(SUBSETS)}
    cohorts = {
        name: simulated(name, trial, targets, kept.get(name, ("lymphocytes",))) for name, trial in TRIALS.items()
    }
    report = compared(targets, cohorts)
    above = {f"highest_after_{month}_months": highest_after(cohorts[name], month) for name, month in STOPPED.items()}
    return numbers_of(report) | above, draw(cohorts, report)


def course(data: xr.Dataset, readout: str) -> np.ndarray:
    """Return the mean relative to the mean before the drug, shape (n_times,)."""
    mean = data[readout].weighted(data["weight"]).mean("patient")
    return np.asarray(mean / mean[0])


def highest_after(data: xr.Dataset, month: float) -> float:
    """Return the highest mean after the drug was stopped in a month, relative to that before it."""
    later = np.asarray(data["time"] > month * DAYS_PER_MONTH)
    return float(course(data, "lymphocytes")[later].max())


def draw(cohorts: Mapping[str, xr.Dataset], report: TargetReport) -> Figure:
    """Return the figure: means on and after the drug, and time back to a level."""
    figure = Figure(figsize=(7.5, 3.9), layout="constrained")
    left, right = figure.subplots(1, 2)
    _draw_means(left, cohorts, report)
    _draw_return(right, cohorts, report)
    figure.supxlabel(textwrap.fill(CAPTION, 145), fontsize=6.8, x=0.01, ha="left")
    return figure


def _draw_means(ax: Axes, cohorts: Mapping[str, xr.Dataset], report: TargetReport) -> None:
    for name, month in STOPPED.items():
        months = cohorts[name]["time"] / DAYS_PER_MONTH
        ax.plot(months, course(cohorts[name], "lymphocytes"), color=COLOURS[name], label=f"stopped in month {month}")
    named: set[str] = set()
    for result in report.results:
        record = result.record
        if record.statistic != "ratio_to_baseline" or result.target.cohort != "fumarate_24_months":
            continue
        month, is_total = (record.time or 0.0) / DAYS_PER_MONTH, record.readout == "lymphocytes"
        shift, mark = MARKS[record.readout]
        draw_tolerated(
            ax,
            month + shift,
            record,
            fmt=mark,
            color=BLACK if is_total else GREY,
            label=f"published, {SUBSETS[record.readout]}" if record.readout not in named else None,
            elinewidth=0.9,
        )
        named.add(record.readout)
    ax.axhline(1.0, color=GREY, linewidth=0.7, linestyle=":")
    ax.set(xlim=(-1, 72), ylim=(0.2, 1.32), xticks=range(0, 73, 12))
    ax.set(xlabel="months since the drug was started", ylabel="mean count, relative to untreated")
    ax.legend(frameon=False, fontsize=6.5, loc="upper right", ncols=2)
    ax.set_title("A   On the drug and after it", fontweight="bold")


def _draw_return(ax: Axes, cohorts: Mapping[str, xr.Dataset], report: TargetReport) -> None:
    returns = [result for result in report.results if result.record.statistic == "median_time"]
    lines = {0.8: (0, (4, 2)), 0.91: "-"}
    for result in returns:
        record, cohort = result.record, result.target.cohort
        level = 0.8 if "0.8e9" in record.level and "0.91" not in record.level else 0.91
        limit = 0.6 if "0.6e9" in record.group else level
        data, colour = cohorts[cohort], COLOURS[cohort]
        days = np.asarray(data["time"])
        stop = STOPPED[cohort] * DAYS_PER_MONTH
        counts = np.asarray(data["lymphocytes"].transpose("time", "patient"))
        low = counts[at_month(data, STOPPED[cohort])] < limit
        since = (days[days >= stop] - stop) / DAYS_PER_MONTH
        back = 100.0 * (np.maximum.accumulate(counts[days >= stop][:, low] >= level, axis=0)).mean(axis=1)
        label = f"{STOPPED[cohort]} months, below {limit:g}, back at {level:g}"
        ax.plot(since, back, color=colour, linestyle=lines[level], label=label)
        ax.plot(record.value, 50, "x", color=colour, markersize=7, markeredgewidth=1.6)
    ax.axhline(50, color=GREY, linewidth=0.7, linestyle=":")
    ax.set(
        xlim=(0, 30),
        ylim=(0, 128),
        yticks=range(0, 101, 20),
        xlabel="months since the drug was stopped",
        ylabel="patients back at the level, %",
    )
    ax.legend(frameon=False, fontsize=6.5, loc="upper right")
    ax.set_title("B   Return after the drug", fontweight="bold")
