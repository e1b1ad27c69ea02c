"""Secondary autoimmunity by organ: courses, timing, risk factors, remission, independence: see README.md."""

import textwrap
from collections.abc import Mapping

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.published import Trial, at_month, compared, draw_tolerated, numbers_of, simulated, targets_of
from immunosim.cohorts.target_report import TargetReport
from immunosim.plots.style import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, VERMILION
from immunosim.units import DAYS_PER_MONTH

FILES = (
    *("cmsc2018_thyroid", "coles2022", "comi2020", "cossburn2011", "cuker2011", "dayan2020", "dayan2023", "fneur2019"),
    *("healy2016", "jones2013", "pariani2018", "tuohy2015", "ueland2024"),
)
TRIALS = {
    "relapsing_one_course": Trial("label_trial_one_course", 96, n=1024),
    "relapsing_long_term": Trial("label_trial_extension", 96, n=4096),
    "relapsing_three_courses": Trial("label_trial_three_courses", 96, n=1024),
    "relapsing_five_courses": Trial("label_trial_five_courses", 96, n=1024),
}
COURSES = {
    "relapsing_one_course": ("one course", GREEN),
    "relapsing_long_term": ("two", BLACK),
    "relapsing_three_courses": ("three", ORANGE),
    "relapsing_five_courses": ("five", VERMILION),
}
ILL, STOP, GONE = 0.5, 0.35, 0.2
"""Titres: disease; treatment can stop; antibody gone. All assumed."""

YEARS = range(1, 8)
CAPTION = (
    "A: thyroid disease in 1,024 virtual patients (two courses: 4,096) after one to five yearly courses; points, "
    "published cohorts with what is tolerated. B: events of each year after two courses as a share of all; "
    "published for year 3 alone. C: titre of antibody in those who fall ill after two courses, from the day on which "
    "it passes the titre of disease; line, median, band, 10 to 90 %. Titres of disease, end of treatment (can stop) "
    "and disappearance (gone) are assumed."
)


def run() -> tuple[dict[str, float], Figure]:
    """Simulate one to five courses and compare organs with published numbers."""
    targets = targets_of(*FILES)
    kept = {"relapsing_long_term": ("thyroid_antibody", "platelet_antibody")}
    usual = ("thyroid_cumulative_hazard",)
    cohorts = {name: simulated(name, trial, targets, kept.get(name, usual)) for name, trial in TRIALS.items()}
    report = compared(targets, cohorts)
    by_seven = [risk(cohorts[name])[at_month(cohorts[name], 84)] for name in TRIALS]
    numbers = {
        **numbers_of(report),
        "courses_spread": 100.0 * (max(by_seven[:3]) / min(by_seven[:3]) - 1.0),
        "thyroid_year_of_peak": float(np.argmax(by_year(cohorts["relapsing_long_term"])) + 1),
    }
    return numbers, draw(cohorts, report)


def risk(data: xr.Dataset) -> np.ndarray:
    """Return the mean probability of thyroid disease by each time in percent, shape (n_times,), without who failed."""
    probability = -np.expm1(-data["thyroid_cumulative_hazard"])
    return np.asarray(100.0 * probability.weighted(data["weight"]).mean("patient"))


def by_year(data: xr.Dataset) -> np.ndarray:
    """Return the share of all who fall ill in each year in percent, shape (n_years,)."""
    risks = risk(data)
    return np.diff([0.0, *(risks[at_month(data, 12.0 * year)] for year in YEARS)])


def draw(cohorts: Mapping[str, xr.Dataset], report: TargetReport) -> Figure:
    """Return the figure: incidence by courses, by year, and titres after onset."""
    figure = Figure(figsize=(7.5, 6.0), layout="constrained")
    axes = figure.subplot_mosaic([["courses", "years"], ["thyroid", "platelet"]])
    _draw_courses(axes["courses"], cohorts, report)
    _draw_years(axes["years"], cohorts["relapsing_long_term"], report)
    _draw_titre(axes["thyroid"], cohorts["relapsing_long_term"], "thyroid", "C   Thyroid antibody after onset")
    _draw_titre(axes["platelet"], cohorts["relapsing_long_term"], "platelet", "D   Platelet antibody after onset")
    figure.supxlabel(textwrap.fill(CAPTION.replace("C: titre", "C, D: titre"), 145), fontsize=6.8, x=0.01, ha="left")
    return figure


def _draw_courses(ax: Axes, cohorts: Mapping[str, xr.Dataset], report: TargetReport) -> None:
    for name, (label, colour) in COURSES.items():
        ax.plot(cohorts[name]["time"] / (12 * DAYS_PER_MONTH), risk(cohorts[name]), color=colour, label=label)
    shown = [one for one in report.results if one.record.statistic == "risk" and "thyroid" in one.record.hazard]
    for result in shown:
        if result.target.cohort == "relapsing_long_term":
            year = (result.record.time or 0.0) / (12 * DAYS_PER_MONTH)
            draw_tolerated(ax, year, result.record, fmt="o", color=BLUE, elinewidth=0.9)
    ax.set(xlim=(0, 8.2), ylim=(0, 55), xlabel="years since the first course", ylabel="thyroid disease, %")
    ax.legend(frameon=False, fontsize=7, loc="upper left")
    ax.set_title("A   Risk by number of courses", fontweight="bold")


def _draw_years(ax: Axes, data: xr.Dataset, report: TargetReport) -> None:
    ax.bar(list(YEARS), by_year(data), color=BLACK, alpha=0.55, width=0.7, label="simulated")
    for result in report.results:
        if result.record.statistic == "incidence_since":
            draw_tolerated(ax, 3, result.record, fmt="o", color=BLUE, label="published")
    ax.set(xticks=list(YEARS), xlabel="year after the first course", ylabel="new thyroid disease, % of all")
    ax.legend(frameon=False, fontsize=7, loc="upper right")
    ax.set_title("B   When", fontweight="bold")


def _draw_titre(ax: Axes, data: xr.Dataset, organ: str, title: str) -> None:
    months, titres, n = after_onset(data, organ)
    colour = VERMILION if organ == "thyroid" else PURPLE
    low, middle, high = (np.nanquantile(titres, share, axis=1) for share in (0.1, 0.5, 0.9))
    ax.fill_between(months, low, high, color=colour, alpha=0.18, linewidth=0)
    ax.plot(months, middle, color=colour, label=f"median of {n:,} simulated patients")
    for height, text in ((ILL, "disease"), (STOP, "can stop"), (GONE, "gone")):
        ax.axhline(height, color=GREY, linewidth=0.7, linestyle=":")
        place, side = (0.5, "left") if organ == "thyroid" else (59.5, "right")  # where no curve runs
        ax.annotate(text, (place, height), (0, 1.5), textcoords="offset points", fontsize=6.3, color=GREY, ha=side)
    ax.set(xlim=(0, 60), ylim=(0, 1.15), xticks=range(0, 61, 12), xlabel="months since onset", ylabel="titre, relative")
    ax.legend(frameon=False, fontsize=7, loc="upper right")
    ax.set_title(title, fontweight="bold")


def after_onset(data: xr.Dataset, organ: str, span: int = 60) -> tuple[np.ndarray, np.ndarray, int]:
    """Return months since onset, titres by month and patient with NaN after the end, and the number of patients."""
    time = np.asarray(data["time"]) / DAYS_PER_MONTH
    antibody = np.asarray(data[f"{organ}_antibody"].transpose("time", "patient"))
    ill = (antibody >= ILL).any(axis=0) & (antibody[0] < ILL)
    months = np.arange(0.0, span + 1.0)
    titres = np.full((len(months), int(ill.sum())), np.nan)
    for place, course in enumerate(antibody[:, ill].T):
        onset = time[int((course >= ILL).argmax())]
        titres[:, place] = np.interp(onset + months, time, course, right=np.nan)
    return months, titres, int(ill.sum())
