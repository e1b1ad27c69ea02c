"""Figures of a sensitivity analysis: tornado, Morris plane, indices over time.

Knows nothing of how the indices were estimated.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from immunosim.formatting import unit_text
from immunosim.plots.style import BLUE, GREY, ORANGE, STYLE, VERMILION, month_step
from immunosim.plots.text import headline, plain, wrapped
from immunosim.sensitivity_analysis.result import MAIN
from immunosim.units import DAYS_PER_MONTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from immunosim.sensitivity_analysis import AnalysedOutput, Analysis

MAX_INPUTS = 15
"""Largest number of inputs that are drawn; the others have less influence."""

WIDTH, ROW, FRAME = 6.3, 0.27, 1.5
"""Inches: width of a figure, height of an input, height of title, axis and caption."""

LETTERS = 19
"""Letters of the caption in an inch."""

LABEL = 46
"""Letters of a label of an input in one line."""

HALO = [withStroke(linewidth=2.0, foreground="white")]

BARS = {
    "sobol": (("S1", "first order (S1)", BLUE), ("ST", "total, with interactions (ST)", ORANGE)),
    "morris": (("mu_star", "mean absolute effect (µ*)", BLUE),),
    "pawn": (("median", "median distance of distributions", BLUE),),
    "local": (("elasticity", "elasticity", BLUE),),
}


def order_of(analysis: Analysis, outcome: AnalysedOutput) -> list[int]:
    """Return the indices of the inputs, the most influential first, by the largest value over time; NaN last."""
    values = np.abs(outcome.values[MAIN[analysis.method]])
    strength = np.nan_to_num(values, nan=-1.0)
    strength = strength if strength.ndim == 1 else strength.max(axis=1)
    return [int(index) for index in np.argsort(-strength, kind="stable")]


def importance_figure(analysis: Analysis, outcome: AnalysedOutput, footer: str = "") -> Figure:
    """Return the figure of an output: a heat map over time, or a tornado; for Morris with the µ*-σ plane.

    Parameters
    ----------
    analysis : Analysis
    outcome : AnalysedOutput
    footer : str
        End of the caption, such as the intended use.
    """
    over_time = outcome.times is not None and outcome.times.size > 1
    n = min(len(analysis.names), MAX_INPUTS)
    height = FRAME + ROW * max(n, 4)
    has_plane = analysis.method == "morris" and not over_time
    with mpl.rc_context(STYLE):
        width = WIDTH * (1.55 if has_plane else 1.0)
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.subplots(1, 2 if has_plane else 1, squeeze=False)[0]
        if over_time:
            draw_over_time(axes[0], analysis, outcome)
        else:
            draw_tornado(axes[0], analysis, outcome)
        if has_plane:
            draw_morris_plane(axes[1], analysis, outcome)
        figure.suptitle(plain(_title(outcome)), x=0.01, ha="left", fontsize=9.5, fontweight="bold")
        caption = "\n".join(wrapped(_caption(analysis, outcome, footer), int(LETTERS * width)))
        figure.supxlabel(caption, x=0.01, ha="left", fontsize=6.5, color=GREY)
    return figure


def draw_tornado(ax: Axes, analysis: Analysis, outcome: AnalysedOutput) -> Axes:
    """Draw a bar for each input and index, with its interval, the most influential on top.

    Parameters
    ----------
    ax : Axes
    analysis : Analysis
    outcome : AnalysedOutput
        At one time, or an endpoint.
    """
    order = order_of(analysis, outcome)[:MAX_INPUTS]
    bars = BARS[analysis.method]
    thickness = 0.76 / len(bars)
    for k, (index, text, colour) in enumerate(bars):
        values = _flat(outcome.values[index])[order]
        half = np.nan_to_num(_flat(outcome.half_widths[index])[order])
        places = np.arange(len(order)) + (k - (len(bars) - 1) / 2) * thickness
        colours = [VERMILION if value < 0 and analysis.method == "local" else colour for value in values]
        errors = half if half.any() else None
        ax.barh(places, values, thickness, color=colours, label=text, xerr=errors, error_kw={"lw": 0.8, "capsize": 1.5})
    ax.set_yticks(range(len(order)), _ticks(analysis, order))
    ax.invert_yaxis()
    ax.axvline(0.0, color="black", lw=0.7)
    if "chance" in outcome.values:
        level = float(_flat(outcome.values["chance"])[0])
        ax.axvline(level, color=GREY, lw=1.0, ls="--", label=f"inputs without effect rarely exceed {level:.2f}")
    ax.set_xlabel(_axis_label(analysis, outcome))
    if len(bars) > 1 or "chance" in outcome.values:
        ax.legend(frameon=False, loc="lower right", fontsize=7.0)
    return ax


def draw_morris_plane(ax: Axes, analysis: Analysis, outcome: AnalysedOutput) -> Axes:
    """Draw the mean absolute elementary effect of each input against its standard deviation.

    Above the line of equality, the effect depends on the other inputs or is nonlinear.
    """
    mean, spread = _flat(outcome.values["mu_star"]), _flat(outcome.values["sigma"])
    half = np.nan_to_num(_flat(outcome.half_widths["mu_star"]))
    ax.errorbar(mean, spread, xerr=half, fmt="o", ms=3.5, lw=0.8, color=BLUE, ecolor=GREY, capsize=1.5)
    top = 1.1 * np.nanmax([*mean, *spread, 1e-300])
    ax.plot([0, top], [0, top], color=GREY, lw=0.8, ls="--")
    ax.annotate("σ = µ*", (top, top), xytext=(6, -10), textcoords="offset points", fontsize=7, color=GREY)
    for index in order_of(analysis, outcome)[:6]:
        if np.isfinite(mean[index]):
            point = (mean[index], spread[index])
            name = headline(analysis.labels[index], LABEL)
            ax.annotate(name, point, xytext=(4, 4), textcoords="offset points", fontsize=6.5, path_effects=HALO)
    unit = unit_text(outcome.unit)
    ax.set_xlabel(f"µ*, mean absolute elementary effect{f' ({unit})' if unit else ''}")
    ax.set_ylabel(f"σ, SD of the effects{f' ({unit})' if unit else ''}")
    ax.set_xlim(0, top * 1.18)
    ax.set_ylim(0, top)
    return ax


def draw_over_time(ax: Axes, analysis: Analysis, outcome: AnalysedOutput) -> Axes:
    """Draw the main index of each input over time as a heat map; grey where it is undefined."""
    assert outcome.times is not None
    order = order_of(analysis, outcome)[:MAX_INPUTS]
    values = outcome.values[MAIN[analysis.method]][order]
    months = outcome.times / DAYS_PER_MONTH
    middle = (months[1:] + months[:-1]) / 2
    edges = np.concatenate([[months[0]], middle, [months[-1]]])
    signed = analysis.method == "local"
    top = float(np.nanmax(np.abs(values))) if np.isfinite(values).any() else 1.0
    mesh = ax.pcolormesh(
        edges,
        np.arange(len(order) + 1) - 0.5,
        np.ma.masked_invalid(values),
        cmap="PuOr" if signed else "viridis",
        vmin=-top if signed else 0.0,
        vmax=max(top, 1e-12),
    )
    mesh.set_rasterized(True)
    ax.set_facecolor("#DDDDDD")
    ax.set_yticks(range(len(order)), _ticks(analysis, order))
    ax.invert_yaxis()
    step = month_step(float(months[-1] - months[0]))
    ax.set_xticks(np.arange(np.ceil(months[0] / step) * step, months[-1] + 1e-9, step))
    ax.set_xlabel("months after day 0")
    assert ax.figure is not None
    total = " (total index)" if analysis.method == "sobol" else ""
    ax.figure.colorbar(mesh, ax=ax, label=_axis_label(analysis, outcome) + total, pad=0.02)
    return ax


def _flat(values: np.typing.NDArray[np.float64]) -> np.typing.NDArray[np.float64]:
    return values if values.ndim == 1 else values[:, 0]


def _ticks(analysis: Analysis, order: Sequence[int]) -> list[str]:
    return [headline(analysis.labels[index], LABEL) for index in order]


def _title(outcome: AnalysedOutput) -> str:
    if outcome.times is not None and outcome.times.size == 1:
        return f"Sensitivity of {outcome.label}, month {outcome.times[0] / DAYS_PER_MONTH:.3g}"
    return f"Sensitivity of {outcome.label}"


def _axis_label(analysis: Analysis, outcome: AnalysedOutput) -> str:
    unit = unit_text(outcome.unit)
    return {
        "sobol": "fraction of variance",
        "morris": f"mean absolute effect over the range{f' ({unit})' if unit else ''}",
        "pawn": "PAWN index (median Kolmogorov-Smirnov distance)",
        "local": "elasticity (% for 1 %)",
    }[analysis.method]


def _caption(analysis: Analysis, outcome: AnalysedOutput, footer: str) -> str:
    parts = []
    if analysis.method == "local":
        parts.append("Exact derivatives at the scenario's own values.")
    else:
        over_time = outcome.times is not None and outcome.times.size > 1
        bars = "" if over_time else f"; bars: {analysis.confidence:.0%} intervals"
        parts.append(f"n = {analysis.n_patients:,} patients{bars}.")
        if outcome.n_failed or outcome.n_not_reached:
            left = f"{outcome.n_used:,} of {analysis.n_blocks:,} blocks used"
            parts.append(f"{left}: {outcome.n_failed:,} with failures, {outcome.n_not_reached:,} without a value.")
    if outcome.censoring:
        parts.append(outcome.censoring)
    if len(analysis.names) > MAX_INPUTS:
        parts.append(f"The {len(analysis.names) - MAX_INPUTS} weakest of {len(analysis.names)} are not drawn.")
    if outcome.remark:
        parts.append(f"{outcome.remark[:1].upper()}{outcome.remark[1:]}.")
    return " ".join([*parts, footer]).strip()
