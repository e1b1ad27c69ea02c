"""The typical patient after one and two courses, against the means of trials and an older cohort.

Times are in months since the first infusion. See README.md for the question and the answer.
"""

import csv
import textwrap
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from immunosim import Trajectory, load_scenario, simulate
from immunosim.plots.style import BLACK, BLUE, GREY, VERMILION
from immunosim.units import DAYS_PER_MONTH

HERE = Path(__file__).parent
CONFIGS = HERE.parents[1] / "configs"
YEAR = 12

LABELS = {"lymphocytes": "all lymphocytes", "cd4": "CD4 T cells", "cd8": "CD8 T cells", "cd19": "B cells (CD19)"}
TOTALS = ((1, 0.25, 0.02, 2.30), (13, 0.32, 0.02, 1.81))
"""Month, mean, lowest and highest total count of the label, 1e9/L."""

COHORT = {
    "cd19": (7.1, 5.3, 9.5),
    "lymphocytes": (12.7, 8.8, 18.2),
    "cd8": (20.0, None, None),
    "cd4": (35.0, None, None),
}
"""Months to the lower limit of normal after one course, with 95 % limits where published (Hill-Cawthorne 2012)."""

CAPTION = (
    "A, B: circles, mean and whiskers, standard deviation between about 360 patients of CARE-MS I, cut at zero "
    "(Dubuisson 2018, Table 1, pooled over anti-drug antibody); blue bars, the mean ± 20 %. C: circles, mean and "
    "whiskers, range (EU label, quoted from memory); triangles, the side of 1.0 × 10⁹/L on which most patients "
    "were: 60 % below at 6 months, 80 % at or above at 12 months after each course (Li 2018). D: circles, 36 "
    "patients with progressive MS, whiskers 95 % limits where published (Hill-Cawthorne 2012); squares, the "
    "typical patient after one course. It has the median of every trait and lies below the mean of patients; "
    "means of a population are compared in 08_one_population, where the older cohort has factors of its own."
)


def run() -> tuple[dict[str, float], Figure]:
    """Return the numbers of the experiment by name, and its figure."""
    # Seven years, so that the relapse rate of the seventh is there; the curves do not change by looking further.
    two = simulate(load_scenario(CONFIGS / "two_courses.toml", ['horizon="84 months"']))
    one = simulate(load_scenario(CONFIGS / "one_course.toml"))
    return measure(two, one), draw(two, one)


def published() -> list[dict[str, str]]:
    """Return the rows of published.csv."""
    with (HERE / "published.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def count(trajectory: Trajectory, readout: str, month: float) -> float:
    """Return a read-out at a month; at month 12 it is the value just before the second course."""
    return trajectory.at(readout, month * DAYS_PER_MONTH)


def lower_limit(trajectory: Trajectory, readout: str) -> float:
    """Return the lower limit of normal of a count, in its unit."""
    limit = trajectory.problem.model.readout_info[readout].lower_limit
    assert limit is not None
    return limit


def months_to_limit(trajectory: Trajectory, readout: str) -> float:
    """Return the month from which a count stays at or above its lower limit of normal; NaN if it never does."""
    counts, limit = trajectory[readout], lower_limit(trajectory, readout)
    below = np.flatnonzero(~(counts >= limit))
    if below.size == 0 or below[-1] == len(counts) - 1:
        return float("nan")
    around = slice(below[-1], below[-1] + 2)
    return float(np.interp(limit, counts[around], trajectory.time[around])) / DAYS_PER_MONTH


def mean_relapse_rate(trajectory: Trajectory, first: float, last: float) -> float:
    """Return the mean hazard of a relapse between two months, per year."""
    days = np.linspace(first * DAYS_PER_MONTH, last * DAYS_PER_MONTH, 2001)
    return float(np.interp(days, trajectory.time, trajectory["relapse_rate"]).mean())


def measure(two: Trajectory, one: Trajectory) -> dict[str, float]:
    """Return the numbers that expected.json asks for."""
    counts = [(row["readout"], int(row["month"])) for row in published() if row["month"] != "0"]
    counts += [("cd4", 30), *(("lymphocytes", month) for month in (1, 6, 12, 13, 18, 24))]
    shares = {f"cd19_share_month_{m}": 100.0 * count(two, "cd19", m) / two["cd19"][0] for m in (3, 12)}
    return {
        **{f"{readout}_month_{month}": count(two, readout, month) for readout, month in counts},
        **shares,
        "relapse_rate_years_1_2": mean_relapse_rate(two, 0, 2 * YEAR),
        "relapse_rate_year_7": mean_relapse_rate(two, 6 * YEAR, 7 * YEAR),
        **{f"{readout}_months_to_limit": months_to_limit(one, readout) for readout in COHORT},
    }


def draw(two: Trajectory, one: Trajectory) -> Figure:
    """Return the figure: CD4, CD8 and total count over two courses, and the time to recovery after one."""
    figure = Figure(figsize=(7.5, 6.3), layout="constrained")
    axes = figure.subplots(2, 2)
    for ax, letter, readout, colour in ((axes[0, 0], "A", "cd4", BLUE), (axes[0, 1], "B", "cd8", BLUE)):
        _draw_subset(ax, two, readout, colour)
        ax.set_title(f"{letter}   {LABELS[readout]}", fontweight="bold")
    _draw_total(axes[1, 0], two)
    _draw_recovery(axes[1, 1], one)
    figure.supxlabel(textwrap.fill(CAPTION, 145), fontsize=6.8, x=0.01, ha="left")
    return figure


def _draw_curve(ax: Axes, two: Trajectory, readout: str, unit: str) -> None:
    ax.plot(two.time / DAYS_PER_MONTH, two[readout], color=BLACK, zorder=3)
    ax.set(xlim=(-0.8, 26), xticks=range(0, 25, 3), ylabel=unit, xlabel="months since the first infusion")


def _draw_subset(ax: Axes, two: Trajectory, readout: str, colour: str) -> None:
    untreated, *rows = [row for row in published() if row["readout"] == readout]
    month, mean, sd = (np.array([float(row[key]) for row in rows]) for key in ("month", "mean", "sd"))
    _draw_curve(ax, two, readout, "cells/µL")
    spread = np.vstack([np.minimum(sd, mean), sd])
    ax.errorbar(month, mean, spread, fmt="none", ecolor=GREY, elinewidth=0.8, capsize=2, zorder=1)
    ax.vlines(month, 0.8 * mean, 1.2 * mean, color=colour, linewidth=4, alpha=0.45, zorder=2)
    ax.plot(month, mean, "o", color=colour, markersize=4, zorder=4)
    ax.set_ylim(0, 560)
    ax.annotate(f"untreated: {untreated['mean']} ± {untreated['sd']}", (0.6, 535), fontsize=6.8, color=GREY)


def _draw_total(ax: Axes, two: Trajectory) -> None:
    _draw_curve(ax, two, "lymphocytes", "10⁹/L")
    for month, mean, low, high in TOTALS:
        whiskers = [[mean - low], [high - mean]]
        ax.errorbar(month, mean, whiskers, fmt="o", color=BLUE, ecolor=GREY, elinewidth=0.8, markersize=4, capsize=2)
    ax.plot((6, 18), (1, 1), "v", color=VERMILION, markersize=6, zorder=4)
    ax.plot((12, 24), (1, 1), "^", color=VERMILION, markersize=6, zorder=4)
    ax.axhline(1.0, color=GREY, linewidth=0.7, linestyle=":")
    ax.set_ylim(0, 2.4)
    ax.set_title(f"C   {LABELS['lymphocytes'].capitalize()}", fontweight="bold")


def _draw_recovery(ax: Axes, one: Trajectory) -> None:
    for place, (readout, (mean, low, high)) in enumerate(COHORT.items()):
        if low is not None and high is not None:
            ax.errorbar(mean, place, xerr=[[mean - low], [high - mean]], color=GREY, capsize=2, linewidth=0.8, zorder=1)
        first = place == 0
        ax.plot(mean, place, "o", color=BLUE, markersize=5, label="older cohort" if first else None)
        ax.plot(
            months_to_limit(one, readout), place, "s", color=BLACK, markersize=5, label="simulated" if first else None
        )
    limits = [
        f"{LABELS[name]}\n{lower_limit(one, name):g} {'× 10⁹/L' if name == 'lymphocytes' else '/µL'}" for name in COHORT
    ]
    ax.set_yticks(range(len(COHORT)), limits)
    ax.set(xlim=(0, 40), ylim=(-0.6, len(COHORT) - 0.2), xlabel="months to the lower limit of normal after one course")
    ax.legend(frameon=False, fontsize=7, loc="lower right")
    ax.set_title("D   Recovery after one course", fontweight="bold")
