"""Which mechanism carries which finding: switch each off and see what breaks.

A finding is a number with the limits within which it is published or said; both are read from expected.json, where
each has its source. See README.md for the question and the answer.
"""

import json
import math
import textwrap
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from experiments.scorecard import Row, load_rows
from immunosim import Trajectory, cohort, load_scenario, simulate
from immunosim.plots.style import BLACK, BLUE, GREY, ORANGE, VERMILION
from immunosim.units import DAYS_PER_MONTH

HERE = Path(__file__).parent
CONFIGS = HERE.parents[1] / "configs"
NAN = float("nan")

SCENARIOS = {
    "standard": ("two_courses.toml", ['horizon="30 months"']),
    "case": ("case_report.toml", []),
    "unpulsed": ("case_report_no_methylprednisolone.toml", []),
    "pulse": ("healthy_steroid_pulse.toml", ['output.every="15 min"', 'horizon="4 days"']),
}

MATRIX_PATIENTS, RISK_PATIENTS = 128, 512
"""Of the trial of the label, followed for seven years: for each mechanism, and for the causes of autoimmunity."""

RISKS = {
    "everything on": ((), "usual"),
    "B-cell overshoot off": (("b_cell_overshoot",), "overshoot_off"),
    "first mechanism off: answer to lymphopenia and competition": (
        ("clone_lymphopenia_response", "self_antigen_competition"),
        "first_mechanism_off",
    ),
    "answer to lymphopenia alone off": (("clone_lymphopenia_response",), "response_off"),
    "competition for self-antigen alone off": (("self_antigen_competition",), "competition_off"),
}
"""What is off, and the name of its rows."""

OF_HUMORAL_DISEASE = ("thyroid", "platelet")
NOT_FINDINGS = ("lost_without_", "carried_by_", "risk_")

UNCHANGED = 0.05
"""A number that moves by less than this share of itself, or of its limit if that is larger, is called unchanged."""

CAPTION = (
    "Columns: the mechanism that is switched off; its pools stay untreated. Blank: the number changes by less "
    "than 5 % of itself or of its limit. Numbers: the value without the mechanism. A dash: there is nothing left "
    "to ask about, such as regrowth where no hair was lost. Right: the value with everything on and the limits "
    "within which the finding holds; sources stand in expected.json, and limits that only words support are ours. "
    "Below: disease by seven years after two courses in 512 virtual patients."
)


class State(IntEnum):
    """What becomes of a finding."""

    UNCHANGED = 0
    CHANGED = 1
    BROKEN = 2
    VOID = 3


@dataclass(frozen=True)
class Finding:
    """A number that the model is known for, with the limits within which it holds."""

    name: str
    label: str
    limits: str
    low: float
    high: float

    def state(self, value: float, usual: float) -> State:
        """Return what has become of the finding when its number is `value` instead of `usual`."""
        if math.isnan(value):
            return State.VOID
        scale = max(abs(number) for number in (usual, self.low, self.high) if math.isfinite(number))
        if abs(value - usual) < UNCHANGED * scale:
            return State.UNCHANGED
        return State.CHANGED if self.low <= value <= self.high else State.BROKEN


def run() -> tuple[dict[str, float], Figure]:
    """Return the numbers of the experiment by name, and its figure."""
    everything_on = simulated(())
    mechanisms = tuple(everything_on["standard"].problem.model.mechanisms)
    runs = {mechanism: simulated((mechanism,)) for mechanism in mechanisms}
    usual = measure(everything_on) | {"thyroid_7_years": disease((), MATRIX_PATIENTS)["thyroid"]}
    without = {
        mechanism: measure(runs[mechanism]) | {"thyroid_7_years": disease((mechanism,), MATRIX_PATIENTS)["thyroid"]}
        for mechanism in mechanisms
    }
    risks = {label: disease(off, RISK_PATIENTS) for label, (off, _) in RISKS.items()}
    wanted = findings()
    values = np.array([[without[m][f.name] for m in mechanisms] for f in wanted])
    states = np.array([[f.state(without[m][f.name], usual[f.name]) for m in mechanisms] for f in wanted])
    # A failed integration has no numbers either; it must not pass for a finding that is void.
    complete = np.array([all(one.is_complete for one in runs[m].values()) for m in mechanisms])
    lost = np.where(complete, states >= State.BROKEN, NAN)
    numbers = usual | {f"lost_without_{m}": float(lost[:, i].sum()) for i, m in enumerate(mechanisms)}
    numbers["carried_by_nothing"] = float((lost.sum(axis=1) == 0).sum()) if complete.all() else NAN
    return numbers | relative(risks), draw(wanted, mechanisms, usual, states, values, risks)


def disease(off: tuple[str, ...], n: int) -> dict[str, float]:
    """Return the share of patients of the trial who are ill by seven years in percent, with mechanisms switched off."""
    hazards = {name: f"{name}_cumulative_hazard" for name in OF_HUMORAL_DISEASE}
    switch = [f"mechanisms.off={json.dumps(off)}"]
    kept = {"readouts": tuple(hazards.values()), "at": ("84 months",)}
    data = cohort("label_trial_extension", n, cohort="relapsing_long_term", overrides=switch, **kept).dataset.load()
    risks = {name: (-100.0 * np.expm1(-data[hazard])).weighted(data["weight"]) for name, hazard in hazards.items()}
    return {name: float(one.mean()) for name, one in risks.items()}


def relative(risks: dict[str, dict[str, float]]) -> dict[str, float]:
    """Return the risks with mechanisms off in percent of those with everything on."""
    usual = risks["everything on"]
    return {
        f"risk_{organ}_{key}": 100.0 * risks[label][organ] / usual[organ]
        for label, (off, key) in RISKS.items()
        if off
        for organ in OF_HUMORAL_DISEASE
    }


def findings() -> tuple[Finding, ...]:
    """Return the findings: the rows of expected.json that are not about what is lost."""
    rows = load_rows(HERE / "expected.json")
    asked = [row for row in rows if not row.name.startswith(NOT_FINDINGS)]
    return tuple(Finding(row.name, _labelled(row), row.published, *row.limits) for row in asked)


def _labelled(row: Row) -> str:
    """Return what a row is about with its unit as a figure shows it."""
    unit = {"cells/uL": "cells/µL", "1e9/L": "10⁹/L", "1/year": "per year", "day": "days"}.get(row.unit, row.unit)
    return row.what if unit == "1" else f"{row.what} [{unit}]"


def simulated(off: tuple[str, ...]) -> dict[str, Trajectory]:
    """Simulate every scenario with mechanisms switched off."""
    switch = f"mechanisms.off={json.dumps(off)}"
    return {
        name: simulate(load_scenario(CONFIGS / file, [*changes, switch])) for name, (file, changes) in SCENARIOS.items()
    }


def measure(runs: dict[str, Trajectory]) -> dict[str, float]:
    """Return the number of every finding; NaN where there is nothing to ask about."""
    return _standard(runs["standard"]) | _hair(runs["case"], runs["unpulsed"]) | _after_a_pulse(runs["pulse"])


def _standard(two: Trajectory) -> dict[str, float]:
    def share(readout: str, month: float) -> float:
        return float(100.0 * two.at(readout, month * DAYS_PER_MONTH) / two[readout][0])

    years = np.linspace(0.0, 24 * DAYS_PER_MONTH, 2001)
    return {
        "lymphocytes_day_14": 100.0 * two.at("lymphocytes", 14.0) / two["lymphocytes"][0],
        "antibody_gone": _days_to_disappear(two),
        "cd4_month_1": share("cd4", 1),
        "cd4_month_12": two.at("cd4", 12 * DAYS_PER_MONTH),
        "cd4_month_30": two.at("cd4", 30 * DAYS_PER_MONTH),
        "cd8_month_12": two.at("cd8", 12 * DAYS_PER_MONTH),
        "lymphocytes_month_12": two.at("lymphocytes", 12 * DAYS_PER_MONTH),
        "b_cells_month_12": share("cd19", 12),
        "treg_share_month_1": share("treg_fraction_of_cd4", 1) / 100.0,
        "relapse_rate": float(np.interp(years, two.time, two["relapse_rate"]).mean()),
    }


def _days_to_disappear(two: Trajectory) -> float:
    """Return the days from the last dose of course 1 until serum is below the limit of detection; NaN without any."""
    first, second = two.scenario.course[:2]
    course = two.time < second.start
    time, serum = two.time[course], two["alemtuzumab_serum"][course]
    limit = two.problem.model.readout_info["alemtuzumab_serum"].detection_limit or NAN
    present = np.flatnonzero(serum >= limit)
    if present.size == 0 or present[-1] == len(time) - 1:
        return NAN
    around = slice(present[-1], present[-1] + 2)
    gone = np.interp(-limit, -serum[around], time[around])
    return float(gone) - (first.start + (first.doses - 1) * (first.every or 0.0))


def _hair(case: Trajectory, unpulsed: Trajectory) -> dict[str, float]:
    def at(trajectory: Trajectory, readout: str, month: float) -> float:
        return trajectory.at(readout, trajectory.scenario.course[1].start + month * DAYS_PER_MONTH)

    lost = at(case, "salt_score", 6)
    has_lost = lost >= 5.0
    return {
        "count_at_hair_loss": at(case, "lymphocytes", 2),
        "salt_month_6": max(lost, 0.0),
        "pull_month_4": at(case, "hair_pull", 4) if has_lost else NAN,
        "white_month_7": 100.0 * at(case, "white_hair", 7) if has_lost else NAN,
        "regrown_after_pulse": 100.0 * (1.0 - at(case, "salt_score", 10) / lost) if has_lost else NAN,
        "regrown_without_pulse": 100.0 * (1.0 - at(unpulsed, "salt_score", 10) / lost) if has_lost else NAN,
    }


def _after_a_pulse(pulse: Trajectory) -> dict[str, float]:
    count = 100.0 * pulse["lymphocytes"] / pulse["lymphocytes"][0]
    after = 100.0 * pulse.at("lymphocytes", pulse.scenario.methylprednisolone[0].start + 1.0) / pulse["lymphocytes"][0]
    lowest = float(count.min())
    return {"lowest_after_pulse": lowest, "day_after_pulse": after if lowest < 90.0 else NAN}


def draw(
    wanted: tuple[Finding, ...],
    mechanisms: tuple[str, ...],
    usual: dict[str, float],
    states: np.ndarray,
    values: np.ndarray,
    risks: dict[str, dict[str, float]],
) -> Figure:
    """Return the figure: findings in rows, mechanisms in columns, coloured by what becomes of the finding."""
    figure = Figure(figsize=(13.0, 8.6), layout="constrained")
    ax, below = figure.subplots(2, 1, height_ratios=(3.6, 1))
    _draw_risks(below, risks)
    colours = ListedColormap([(GREY, 0.08), (BLUE, 0.55), (VERMILION, 0.75), (ORANGE, 0.55)])
    ax.pcolormesh(states, cmap=colours, vmin=-0.5, vmax=3.5, edgecolors="white", linewidth=1.5)
    for (row, column), state in np.ndenumerate(states):
        if state != State.UNCHANGED:
            text = "–" if state == State.VOID else _short(float(values[row, column]))
            colour = "white" if state == State.BROKEN else "black"
            ax.text(column + 0.5, row + 0.5, text, ha="center", va="center", fontsize=7, color=colour)
    _label(ax, wanted, mechanisms, usual)
    names = ("unchanged", "changed, still true", "broken", "nothing left to ask about")
    patches = [Patch(color=colours(i), label=name) for i, name in enumerate(names)]
    figure.legend(handles=patches, loc="outside upper left", ncols=4, frameon=False, fontsize=7.5)
    figure.supxlabel(textwrap.fill(CAPTION, 250), fontsize=6.8, x=0.01, ha="left")
    return figure


def _draw_risks(ax: Axes, risks: dict[str, dict[str, float]]) -> None:
    for place, one in enumerate(risks.values()):
        ax.barh(place - 0.2, one["thyroid"], 0.36, color=BLACK, alpha=0.6, label="thyroid" if place == 0 else None)
        ax.barh(place + 0.2, one["platelet"], 0.36, color=VERMILION, label="thrombocytopenia" if place == 0 else None)
        text = f"{one['thyroid']:.1f}, {one['platelet']:.2f}"
        ax.text(one["thyroid"] + 0.5, place, text, va="center", fontsize=7)
    ax.set_yticks(range(len(risks)), list(risks))
    ax.invert_yaxis()
    ax.set(xlim=(0, 60), xlabel="ill by seven years, % of patients")
    ax.legend(frameon=False, fontsize=7.5, loc="lower right")


def _label(ax: Axes, wanted: tuple[Finding, ...], mechanisms: tuple[str, ...], usual: dict[str, float]) -> None:
    ax.invert_yaxis()
    ax.set_yticks(np.arange(len(wanted)) + 0.5, [f.label for f in wanted])
    ax.set_xticks(
        np.arange(len(mechanisms)) + 0.5,
        [m.replace("_", " ") for m in mechanisms],
        rotation=40,
        ha="left",
        rotation_mode="anchor",
    )
    ax.tick_params(length=0, top=True, labeltop=True, bottom=False, labelbottom=False)
    ax.spines[:].set_visible(False)
    for row, finding in enumerate(wanted):
        text = f"{_short(usual[finding.name])}  ({finding.limits})"
        ax.text(len(mechanisms) + 0.15, row + 0.5, text, va="center", fontsize=7)


def _short(value: float) -> str:
    if abs(value) < 0.005:
        return "0"
    return f"{value:.0f}" if abs(value) >= 99.95 else f"{value:.1f}" if abs(value) >= 9.995 else f"{value:.2f}"
