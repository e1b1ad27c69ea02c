"""An untreated person's blood and tissue after methylprednisolone.

Times are in hours since the start of the infusion, which takes one hour. See README.md for the question and the answer.
"""

import textwrap
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.published import Trial, compared, numbers_of, simulated, targets_of
from immunosim import Trajectory, load_scenario, simulate
from immunosim.cohorts.targets import PublishedTarget
from immunosim.plots.style import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, VERMILION

CONFIG = Path(__file__).parents[2] / "configs" / "healthy_steroid_pulse.toml"
HOURS_PER_DAY = 24.0
NG_PER_MG = 1e3
"""Of concentrations: mg/L to ng/mL."""

CURVES = {
    "lymphocytes": ("all lymphocytes", BLACK),
    "cd4": ("CD4", BLUE),
    "cd8": ("CD8", VERMILION),
    "cd19": ("B cells", GREEN),
    "nk": ("NK", PURPLE),
}

FILES = ("fan1978", "eurjclinpharmacol1982")
TRIALS = {
    "untreated_pulse": Trial("healthy_steroid_pulse", 0.3, 0.3, n=256, population="trials"),
    "untreated_three_pulses": Trial("healthy_three_pulses", 0.3, 0.3, n=256, population="trials"),
}
OF_ONE_PERSON = ("total 2 h after 1 g", "time of the lowest count after 1 g")
"""Targets that the curve of the typical person answers."""

REGIMENS = {
    "1 g × 5": ("tissue_1g_5d", "1 g", 5, "24 h", BLACK),
    "500 mg × 3": ("tissue_500mg_3d", "500 mg", 3, "24 h", BLUE),
    "1 g × 1": ("tissue_1g_1d", "1 g", 1, "24 h", PURPLE),
    "100 mg × 3": ("tissue_100mg_3d", "100 mg", 3, "24 h", ORANGE),
}
DAY = 1.0
"""Start of every regimen."""

CAPTION = (
    "A, grey: 1 g over one hour. Green: what is published. In 12 patients with rheumatoid arthritis, lymphopenia at 2 "
    "h, deepest at 6 h, complete recovery at 24 h, no change later (Fan 1978, J Lab Clin Med 91:625; times alone). "
    "Boxes are our reading: below 90 % at 2 h, at least 40 % gone at 6 ± 2 h, within 10 % from 24 h on. Circle: "
    "prednisolone 2 mg/kg, 6 healthy men, 5 h, mean and SD (Jetzek-Zader 2007). Steroids do not move NK cells in the "
    "model. B: plasma; bars, the low end of an immunoassay that reads ester and metabolites as well, with what is "
    "tolerated. C: effect in tissue, which remembers a pulse for days; no measurement."
)


def run() -> tuple[dict[str, float], Figure]:
    """Return the numbers of the experiment by name, and its figure."""
    pulse = simulate(load_scenario(CONFIG, ['output.every="6 min"', 'horizon="4 days"']))
    targets = [target for target in targets_of(*FILES) if target.record.name not in OF_ONE_PERSON]
    cohorts = {name: simulated(name, trial, targets) for name, trial in TRIALS.items()}
    tissue = {label: _regimen(*regimen[1:4]) for label, regimen in REGIMENS.items()}
    highest = {REGIMENS[label][0]: float(one["glucocorticoid_effect"].max()) for label, one in tissue.items()}
    numbers = measure(pulse) | numbers_of(compared(targets, cohorts)) | {"area_ratio": area_ratio()} | highest
    return numbers, draw(pulse, tissue, targets)


def _regimen(dose: str, doses: int, every: str, infusion: str = "1 h", days: int = 20) -> Trajectory:
    """Simulate methylprednisolone in an untreated person from day 1 on."""
    record = f'{{start="1 day", dose="{dose}", doses={doses}, every="{every}", infusion="{infusion}"}}'
    changes = [f"methylprednisolone=[{record}]", f'horizon="{days} days"', 'output.every="15 min"']
    return simulate(load_scenario(CONFIG, changes))


def area_ratio() -> float:
    """Return the area of CD4 counts over 24 h after 16 mg twice, 12 h apart, relative to that after 32 mg once."""
    areas = []
    for dose, doses in (("16 mg", 2), ("32 mg", 1)):
        one = _regimen(dose, doses, "12 h", "6 min", 3)
        day = (one.time >= DAY - 1e-6) & (one.time <= DAY + 1.0 + 1e-6)
        areas.append(float(np.trapezoid(one["cd4"][day], one.time[day])))
    return areas[0] / areas[1]


def hours(trajectory: Trajectory) -> np.ndarray:
    """Return the times in hours since the start of the infusion, shape (n_times,)."""
    start: float = trajectory.scenario.methylprednisolone[0].start
    return np.asarray((trajectory.time - start) * HOURS_PER_DAY)


def percent(trajectory: Trajectory, readout: str) -> np.ndarray:
    """Return a count in percent of the untreated one, shape (n_times,)."""
    return np.asarray(100.0 * trajectory[readout] / trajectory[readout][0])


def lowest_hour(trajectory: Trajectory, readout: str) -> float:
    """Return the hour of the lowest count, from the parabola through the three lowest neighbours."""
    hour, count = hours(trajectory), percent(trajectory, readout)
    middle = min(max(int(count.argmin()), 1), len(count) - 2)
    a, b, _ = np.polyfit(hour[middle - 1 : middle + 2], count[middle - 1 : middle + 2], 2)
    return float(-b / (2.0 * a))


def measure(trajectory: Trajectory) -> dict[str, float]:
    """Return the numbers that expected.json asks for."""
    hour, total = hours(trajectory), percent(trajectory, "lymphocytes")
    lowest = {name: float(percent(trajectory, name).min()) for name in CURVES}
    return {
        "count_at_2_h": float(np.interp(2.0, hour, total)),
        "hour_of_lowest": lowest_hour(trajectory, "lymphocytes"),
        "lowest_count": lowest["lymphocytes"],
        "count_at_72_h": float(np.interp(72.0, hour, total)),
        "cd4_over_next_lowest": lowest["cd4"] / min(lowest[name] for name in ("cd8", "cd19", "nk")),
    }


def draw(pulse: Trajectory, tissue: dict[str, Trajectory], targets: list[PublishedTarget]) -> Figure:
    """Return the figure: counts in percent of untreated over two days, plasma, and tissue, with what is published."""
    figure = Figure(figsize=(7.5, 5.6), layout="constrained")
    axes = figure.subplot_mosaic([["counts", "counts"], ["plasma", "tissue"]], height_ratios=(1.25, 1))
    _draw_counts(axes["counts"], pulse)
    _draw_plasma(axes["plasma"], pulse, targets)
    for label, one in tissue.items():
        axes["tissue"].plot(one.time - DAY, one["glucocorticoid_effect"], color=REGIMENS[label][4], label=label)
    axes["tissue"].set(xlim=(-0.5, 16), ylim=(0, 1), xlabel="days since the first infusion", ylabel="effect, 0 to 1")
    axes["tissue"].legend(frameon=False, fontsize=7, loc="upper right")
    axes["tissue"].set_title("C   Effect in tissue", fontweight="bold")
    figure.supxlabel(textwrap.fill(CAPTION, 145), fontsize=6.8, x=0.01, ha="left")
    return figure


def _draw_counts(ax: Axes, pulse: Trajectory) -> None:
    _draw_published(ax)
    for name, (label, colour) in CURVES.items():
        width = 2.2 if name == "lymphocytes" else 1.3
        ax.plot(hours(pulse), percent(pulse, name), color=colour, label=label, linewidth=width, zorder=3)
    ax.set(xlim=(-4, 72), ylim=(0, 150), xticks=range(0, 73, 6), ylabel="count, % of untreated")
    ax.set_xlabel("hours since the start of the infusion")
    ax.legend(frameon=False, fontsize=7.5, loc="lower right", ncols=2)
    ax.set_title("A   Counts after 1 g", fontweight="bold")


def _draw_plasma(ax: Axes, pulse: Trajectory, targets: list[PublishedTarget]) -> None:
    ax.plot(hours(pulse), np.maximum(NG_PER_MG * pulse["methylprednisolone_plasma"], 1e-3), color=BLACK)
    for target in targets:
        record = target.record
        if record.readout == "methylprednisolone_plasma":
            hour = ((record.time or 0.0) - DAY) * HOURS_PER_DAY
            ax.plot([hour] * 2, record.tolerated(), color=GREEN, linewidth=4, alpha=0.4, solid_capstyle="butt")
            ax.plot(hour, record.value, "_", color=GREEN, markersize=9, markeredgewidth=1.6)
    ax.set(yscale="log", xlim=(-2, 60), ylim=(1, 3e4), xticks=range(0, 61, 12))
    ax.set(xlabel="hours since the start of the infusion", ylabel="methylprednisolone, ng/mL")
    ax.set_title("B   Plasma after 1 g", fontweight="bold")


def _draw_published(ax: Axes) -> None:
    ax.axvspan(0, 1, color=GREY, alpha=0.3, linewidth=0)
    for left, right, low, high in ((1.6, 2.4, 0, 90), (4, 8, 0, 60), (24, 72, 90, 110)):
        ax.fill_between([left, right], low, high, color=GREEN, alpha=0.15, linewidth=0)
    ax.axhline(100, color=GREY, linewidth=0.7, linestyle=":")
    ax.errorbar(5, 100 * 634 / 2007, 100 * 119 / 2007, fmt="o", color=GREY, markersize=5, capsize=2.5, zorder=5)
    for place, height, text in ((5, 92, "noted"), (10.5, 55, "deepest"), (48, 82, "recovered, no change later")):
        ax.annotate(text, (place, height), fontsize=6.8, color=GREEN, ha="center")
