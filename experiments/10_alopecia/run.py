"""Alopecia areata in patients of dermatology, with and without treatment: see README.md."""

import textwrap
from collections.abc import Mapping

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.published import Trial, at_month, compared, numbers_of, simulated, targets_of
from immunosim.cohorts.target_report import TargetReport
from immunosim.plots.style import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, VERMILION
from immunosim.units import DAYS_PER_MONTH

FILES = (
    *("chen_lan", "dermatoendocrinol2009", "first_patch", "king2022", "nakajima2007", "oral_steroids", "su2022"),
    "assumed_alopecia",
)
SMALL = 'methylprednisolone=[{start="3 months", dose="100 mg", doses=3, every="24 h", infusion="1 h"}]'
TRIALS = {
    "alopecia_untreated": Trial("alopecia_untreated", 36, 0.5),
    "alopecia_pulse_early": Trial("alopecia_pulse_early", 27, 0.5),
    "alopecia_pulse_late": Trial("alopecia_pulse_late", 36, 0.5),
    "alopecia_pulse_100mg": Trial("alopecia_pulse_100mg", 21, 0.5),
    "alopecia_pulse_1g": Trial("alopecia_pulse_1g", 27, 0.5),
    "alopecia_prednisolone": Trial("alopecia_prednisolone", 12, 0.5),
    "alopecia_triamcinolone": Trial("alopecia_triamcinolone", 12, 0.5),
    "relapsing_long_term": Trial("label_trial_extension", 96, 3),
}
ONE_SMALL = Trial("alopecia_pulse_early", 27, 0.5, overrides=(SMALL,))
RESPONSE = 0.25
"""Share of the loss at treatment that a response leaves at most."""

PULSES = {
    "none": ("no pulse", GREY, 3.0),
    "small": ("100 mg × 3", ORANGE, 3.0),
    "alopecia_pulse_early": ("500 mg × 3", BLUE, 3.0),
    "alopecia_pulse_1g": ("1 g × 5", BLACK, 3.0),
}
CAPTION = (
    "A: published numbers with what is tolerated (blue) and 512 virtual patients of each cohort (black); for months to "
    "relapse the scale is months. B, C: patients with limited or total disease in equal parts; share with at most a "
    "quarter of the loss of the day of the pulse. Pulse at month 3 after the onset in B; at month 3 or 12 in C, by "
    "extent. Nobody published the doses of B side by side. Relapse makes curves fall."
)


def run() -> tuple[dict[str, float], Figure]:
    """Simulate the cohorts of dermatology and compare responses."""
    targets = targets_of(*FILES)
    cohorts = {name: simulated(name, trial, targets, ("salt_score",)) for name, trial in TRIALS.items()}
    cohorts["small"] = simulated("alopecia_pulse_early", ONE_SMALL, targets, ("salt_score",))
    cohorts["none"] = cohorts["alopecia_untreated"]
    report = compared(targets, {name: cohorts[name] for name in TRIALS})
    numbers = numbers_of(report)
    extents = {
        extent: responders(cohorts["alopecia_pulse_early"], 3.0, (extent,), 9.0) for extent in ("limited", "total")
    }
    by_dose = {name: responders(cohorts[name], 3.0, ("limited", "total"), 9.0) for name in PULSES}
    return numbers | {
        "limited_minus_total": extents["limited"] - extents["total"],
        "recent_minus_late": numbers["response,_recent"] - numbers["response,_more_than_six_months"],
        "response_1g_5d": by_dose["alopecia_pulse_1g"],
        "response_100mg_3d": by_dose["small"],
        "response_1g_minus_100mg": by_dose["alopecia_pulse_1g"] - by_dose["small"],
    }, draw(cohorts, report)


def share(data: xr.Dataset, month: float, strata: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return months, and the share of patients in percent whose loss is at most a quarter of that of a month."""
    days = np.asarray(data["time"])
    salt = np.asarray(data["salt_score"].transpose("time", "patient"))
    then = salt[at_month(data, month)]
    places = [data["stratum"].attrs["flag_meanings"].split().index(name) for name in strata]
    chosen = np.isin(np.asarray(data["stratum"]), places) & (then >= 5.0)
    later = days >= month * DAYS_PER_MONTH - 0.5
    good = salt[later][:, chosen] < RESPONSE * then[chosen]
    return days[later] / DAYS_PER_MONTH, 100.0 * good.mean(axis=1)


def responders(data: xr.Dataset, month: float, strata: tuple[str, ...], when: float) -> float:
    """Return the share of responders in a month, percent."""
    months, shares = share(data, month, strata)
    return float(np.interp(when, months, shares))


def draw(cohorts: Mapping[str, xr.Dataset], report: TargetReport) -> Figure:
    """Return the figure: published against simulated, doses of a pulse, its time and the extent."""
    figure = Figure(figsize=(7.5, 6.4), layout="constrained")
    axes = figure.subplot_mosaic([["numbers", "numbers"], ["doses", "times"]], height_ratios=(1.2, 1))
    _draw_numbers(axes["numbers"], report)
    for name, (label, colour, month) in PULSES.items():
        months, shares = share(cohorts[name], month, ("limited", "total"))
        axes["doses"].plot(months - month, shares, color=colour, label=label)
    axes["doses"].set_title("B   Dose", fontweight="bold")
    curves = (("alopecia_pulse_early", 3.0, "-", "month 3"), ("alopecia_pulse_late", 12.0, (0, (4, 2)), "month 12"))
    for name, month, line, words in curves:
        for extent, colour in (("limited", GREEN), ("total", PURPLE)):
            months, shares = share(cohorts[name], month, (extent,))
            axes["times"].plot(
                months - month, shares, color=colour, linestyle=line, label=f"{extent}, pulse at {words}"
            )
    axes["times"].set_title("C   Time and extent, 500 mg × 3", fontweight="bold")
    for name in ("doses", "times"):
        axes[name].set(xlim=(0, 24), ylim=(0, 118), xticks=range(0, 25, 6), yticks=range(0, 101, 20))
        axes[name].set(xlabel="months since the pulse", ylabel="responders, %")
        axes[name].legend(frameon=False, fontsize=7, loc="upper right")
    figure.supxlabel(textwrap.fill(CAPTION, 145), fontsize=6.8, x=0.01, ha="left")
    return figure


def _draw_numbers(ax: Axes, report: TargetReport) -> None:
    for place, result in enumerate(report.results):
        low, high = result.record.tolerated()
        ax.plot(
            [max(low, 0.0), min(high, 100.0)], [place] * 2, color=BLUE, linewidth=4, alpha=0.25, solid_capstyle="butt"
        )
        ax.plot(result.record.value, place, "|", color=BLUE, markersize=9, markeredgewidth=1.6)
        colour = BLACK if result.is_within else VERMILION
        ax.plot(result.simulated.value, place, "o", color=colour, markersize=4.5)
    ax.set_yticks(range(len(report.results)), [result.record.name for result in report.results], fontsize=7)
    ax.invert_yaxis()
    ax.set(xlim=(-2, 102), xlabel="% of patients")
    ax.set_title("A   Published numbers (blue) and simulated ones (red: outside)", fontweight="bold")
