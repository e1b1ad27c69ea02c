"""The published case of alopecia areata, and what would have happened with other steroids.

Times are in months after the second course. See README.md for the question and the answer.
"""

import textwrap
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from immunosim import Trajectory, load_scenario, simulate
from immunosim.plots.style import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, VERMILION
from immunosim.units import DAYS_PER_MONTH

CONFIGS = Path(__file__).parents[2] / "configs"
REPORTED = "case_report"
UNPULSED = "case_report_no_methylprednisolone"
UNINJECTED = "case_report_no_triamcinolone"
SHORT = "case_report_pulse_500mg_3d"
EARLY, LATE = "case_report_pulse_month_3", "case_report_pulse_month_12"

PULSE = {REPORTED: 6, UNINJECTED: 6, SHORT: 6, EARLY: 3, LATE: 12}
"""Month of the pulse."""

CURVES = {
    REPORTED: ("as reported: 1 g × 5 at month 6", BLACK, "-"),
    UNPULSED: ("no pulse", VERMILION, "-"),
    UNINJECTED: ("no triamcinolone", GREEN, (0, (4, 2))),
    SHORT: ("500 mg × 3 at month 6", ORANGE, (0, (4, 2))),
    EARLY: ("1 g × 5 at month 3", BLUE, "-"),
    LATE: ("1 g × 5 at month 12", PURPLE, "-"),
}

CAPTION = (
    "A: circles and bars, reported counts and ranges (Chan 2019, Neurol Neuroimmunol Neuroinflamm 6:e516); "
    "whiskers, 13 %, the week-to-week variation of one person's count (Am J Clin Pathol 1978;69:48). B: grey, "
    "what we take the report's words to mean: no loss before month 1, patches at month 2, hair over the whole "
    "scalp at month 10. D: dashed, more than 75 % regrowth; 59 % of patients treated within 6 months of onset "
    "reached it, and 16 % of those treated later (Nakajima 2007, Dermatology 215:320). E: the report has a positive "
    "pull test for five months and depigmented regions when hair regrew. F: what follows is not reported."
)

WITHIN_PERSON = 0.132
"""Week-to-week coefficient of variation of a healthy person's lymphocyte count (ajcp1978)."""

Runs = dict[str, Trajectory]


def run() -> tuple[dict[str, float], Figure]:
    """Return the numbers of the experiment by name, and its figure."""
    runs = {name: simulate(load_scenario(CONFIGS / f"{name}.toml")) for name in CURVES}
    return measure(runs), draw(runs)


def at(trajectory: Trajectory, readout: str, month: float) -> float:
    """Return a read-out at a month after the second course."""
    return trajectory.at(readout, trajectory.scenario.course[1].start + month * DAYS_PER_MONTH)


def months(trajectory: Trajectory) -> np.ndarray:
    """Return the times in months after the second course, shape (n_times,)."""
    return (trajectory.time - trajectory.scenario.course[1].start) / DAYS_PER_MONTH


def regrown(trajectory: Trajectory, pulse: float, after: float) -> float:
    """Return how much of the loss at the pulse has regrown so many months later, percent."""
    return 100.0 * (1.0 - at(trajectory, "salt_score", pulse + after) / at(trajectory, "salt_score", pulse))


def measure(runs: Runs) -> dict[str, float]:
    """Return the numbers that expected.json asks for."""
    case = runs[REPORTED]
    month, score = months(case), case["salt_score"]
    uninjected = at(runs[UNINJECTED], "salt_score", 4)
    counted = {"day_30": 30 / DAYS_PER_MONTH} | {f"month_{month:g}": month for month in (2, 3, 4, 5.9, 7)}
    return {
        **{f"lymphocytes_{name}": at(case, "lymphocytes", when) for name, when in counted.items()},
        "largest_deviation": largest_deviation(case),
        "count_change_after_pulse": at(case, "lymphocytes", 7) - at(case, "lymphocytes", 5.9),
        "salt_before_month_1": float(score[month <= 1].max()),
        "salt_month_2": at(case, "salt_score", 2),
        "salt_gain_month_3_to_6": at(case, "salt_score", 6) - at(case, "salt_score", 3),
        "salt_change_week_4": at(case, "salt_score", 6 + 28 / DAYS_PER_MONTH) / float(score.max()),
        "lowest_pull_months_2_to_5": float(case["hair_pull"][(month >= 2) & (month <= 5)].min()),
        "pull_month_7": at(case, "hair_pull", 7),
        "white_month_7": 100.0 * at(case, "white_hair", 7),
        "salt_month_24": at(case, "salt_score", 24),
        "regrown_as_reported": regrown(case, 6, after=4),
        "regrown_no_pulse": regrown(runs[UNPULSED], 6, after=6),
        "salt_spared_by_triamcinolone": 100.0 * (1.0 - at(case, "salt_score", 4) / uninjected),
        "regrown_500mg_3d": regrown(runs[SHORT], 6, after=6),
        "regrown_pulse_month_3": regrown(runs[EARLY], 3, after=6),
        "regrown_pulse_month_12": regrown(runs[LATE], 12, after=6),
    }


def largest_deviation(case: Trajectory) -> float:
    """Return the largest distance of a count from the reported one, or from the closer end of a range, percent."""
    farthest = []
    for point in case.scenario.observed[0].points:
        simulated, value = case.at("lymphocytes", point.time), point.value
        ends = (point.low, point.high) if value is None else (value, value)
        low, high = (float(end) for end in ends if end is not None)
        farthest.append(abs(simulated / np.clip(simulated, low, high) - 1.0))
    return 100.0 * float(np.max(farthest))


def draw(runs: Runs) -> Figure:
    """Return the figure: counts, hair with and without each steroid, regrowth after each pulse."""
    figure = Figure(figsize=(7.5, 8.6), layout="constrained")
    axes = figure.subplots(3, 2, height_ratios=(1, 1.12, 1))
    _draw_counts(axes[0, 0], runs[REPORTED])
    _draw_hair(axes[0, 1], runs, (UNPULSED, UNINJECTED, REPORTED), "B   Hair loss: what each steroid did")
    _draw_words(axes[0, 1])
    _draw_hair(axes[1, 0], runs, (LATE, EARLY, REPORTED, SHORT), "C   Hair loss: time and size of the pulse")
    _draw_regrowth(axes[1, 1], runs)
    _draw_signs(axes[2, 0], runs[REPORTED])
    _draw_hair(axes[2, 1], runs, (UNPULSED, SHORT, REPORTED), "F   Two years after the second course")
    axes[2, 1].set(xlim=(-1, 24), ylim=(0, 70), xticks=range(0, 25, 3))
    figure.supxlabel(textwrap.fill(CAPTION, 145), fontsize=6.8, x=0.01, ha="left")
    return figure


def _draw_counts(ax: Axes, case: Trajectory) -> None:
    shown = months(case) >= -12.5
    ax.plot(months(case)[shown], case["lymphocytes"][shown], color=BLACK)
    start = case.scenario.course[1].start
    for point in case.scenario.observed[0].points:
        month = (point.time - start) / DAYS_PER_MONTH
        if point.value is None:
            ax.plot(
                [month, month],
                np.array([point.low, point.high], float),
                color=BLUE,
                linewidth=3,
                solid_capstyle="butt",
                zorder=4,
            )
        else:
            ax.errorbar(
                month,
                point.value,
                WITHIN_PERSON * point.value,
                color=BLUE,
                marker="o",
                markersize=4.5,
                capsize=2.5,
                linewidth=1.0,
                zorder=4,
            )
    ax.axhline(1.0, color=GREY, linewidth=0.7, linestyle=":")
    ax.annotate("lower limit of normal", (0.3, 1.0), (0, 2), textcoords="offset points", fontsize=6.8, color=GREY)
    ax.set(
        xlim=(-1, 10),
        ylim=(0, 1.15),
        xticks=range(0, 11, 2),
        ylabel="lymphocytes, 10⁹/L",
        xlabel="months after the second course",
    )
    ax.set_title("A   Counts, as reported and simulated", fontweight="bold")


def _draw_hair(ax: Axes, runs: Runs, names: tuple[str, ...], title: str) -> None:
    for name in names:
        label, colour, line = CURVES[name]
        ax.plot(months(runs[name]), runs[name]["salt_score"], color=colour, linestyle=line, label=label, zorder=3)
    ax.set(
        xlim=(-1, 18),
        ylim=(0, 60),
        xticks=range(0, 19, 3),
        ylabel="SALT score, % of scalp",
        xlabel="months after the second course",
    )
    ax.legend(frameon=False, fontsize=7, loc="upper right", ncols=1, handlelength=2.2)
    ax.set_title(title, fontweight="bold")


def _draw_signs(ax: Axes, case: Trajectory) -> None:
    ax.plot(months(case), 100.0 * case["hair_pull"], color=VERMILION, label="hair pull: dystrophic, % of roots")
    ax.plot(months(case), 100.0 * case["white_hair"], color=GREY, label="white, % of visible hair")
    ax.axhline(10, color=GREY, linewidth=0.7, linestyle=":")
    ax.annotate(
        "pull test positive", (17.9, 10), (0, 2), textcoords="offset points", fontsize=6.8, color=GREY, ha="right"
    )
    ax.set(
        xlim=(-1, 18),
        ylim=(0, 135),
        xticks=range(0, 19, 3),
        yticks=range(0, 101, 20),
        ylabel="%",
        xlabel="months after the second course",
    )
    ax.legend(frameon=False, fontsize=7, loc="upper right")
    ax.set_title("E   Pull test and pigment, as reported", fontweight="bold")


def _draw_words(ax: Axes) -> None:
    """Draw what the report's words are taken to mean as boxes: months, then SALT score."""
    for left, right, low, high in ((-1, 1, 0, 3), (1.8, 2.2, 5, 25), (9.5, 10.5, 0, 10.4)):
        ax.fill_between([left, right], low, high, color=GREY, alpha=0.3, linewidth=0, zorder=1)


def _draw_regrowth(ax: Axes, runs: Runs) -> None:
    names = (UNPULSED, LATE, EARLY, SHORT, REPORTED)
    for place, name in enumerate(names):
        four, six = (regrown(runs[name], PULSE.get(name, 6), after) for after in (4, 6))
        ax.plot([four, six], [place, place], color=CURVES[name][1], linewidth=1.0)
        ax.plot(
            four,
            place,
            marker="o",
            markersize=6,
            color=CURVES[name][1],
            label="after 4 months" if name == REPORTED else None,
        )
        ax.plot(
            six,
            place,
            marker="s",
            markersize=6,
            color=CURVES[name][1],
            markerfacecolor="white",
            label="after 6 months" if name == REPORTED else None,
        )
    ax.axvline(75, color=GREY, linewidth=0.9, linestyle=(0, (4, 2)), zorder=0)
    ax.annotate("good response", (75, 4.75), (-3, 0), textcoords="offset points", fontsize=6.8, color=GREY, ha="right")
    ax.set_yticks(
        range(len(names)), [CURVES[name][0].removeprefix("as reported: ").replace(" at", "\nat") for name in names]
    )
    ax.set(xlim=(-6, 100), ylim=(-0.6, 5.1), xlabel="of the loss at the pulse (month 6) regrown, %")
    ax.legend(frameon=False, fontsize=7, loc="center", bbox_to_anchor=(0.4, 0.3))
    ax.set_title("D   Regrowth after each pulse", fontweight="bold")
