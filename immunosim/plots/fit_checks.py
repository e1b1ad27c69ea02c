"""Figures that check a fit: observed against predicted, residuals, the visual predictive check with censoring.

Censored values are open triangles at their limit, downwards where they are below it and upwards where above; those in
intervals are bars.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from immunosim.plots.style import BLUE, GREEN, GREY, ORANGE, PURPLE, STYLE, VERMILION, mark_plainly, month_step
from immunosim.plots.text import n_text
from immunosim.units import DAYS_PER_MONTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from immunosim.fitting.conclusions.predictive import Predictive
    from immunosim.fitting.conclusions.visual_check import VisualCheck

WIDTH = 7.6
NORMAL_90 = 1.645
"""90 % of standard normal residuals lie between minus and plus this value."""

COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, GREY)


def observed_predicted_figure(predictive: Predictive, labels: Mapping[str, str], footer: str = "") -> Figure:
    """Return a panel for each analyte: observed against predicted values of the best fit, on logarithmic axes.

    Parameters
    ----------
    predictive : Predictive
    labels : mapping of str to str
        Name and unit of each analyte, as an axis shows it.
    footer : str
    """
    analytes = _analytes(predictive)
    columns = 2 if len(analytes) in (2, 4) else min(len(analytes), 3)
    rows, width = -(-len(analytes) // columns), WIDTH / max(columns, 2)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width * columns, 0.4 + 0.85 * width * rows), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False).ravel()
        for ax, analyte in zip(axes, analytes, strict=False):
            draw_observed_predicted(ax, predictive, analyte)
            ax.set_title(labels[analyte])
        for ax in axes[len(analytes) :]:
            ax.set_axis_off()
        _foot(figure, f"{n_text(len(predictive.measurements))} {footer}")
    return figure


def draw_observed_predicted(ax: Axes, predictive: Predictive, analyte: str) -> Axes:
    """Draw one analyte; the line is equality."""
    chosen = predictive.of(analyte)
    predicted, observed, known = predictive.predicted[chosen], predictive.observed[chosen], ~predictive.is_censored
    known, lower = known[chosen], predictive.lower[chosen]
    low = min(predicted.min(), observed.min(), *lower[lower > 0.0]) / 1.3
    high = max(predicted.max(), observed.max()) * 1.3
    ax.plot([low, high], [low, high], color=GREY, lw=0.9)
    ax.plot(predicted[known], observed[known], "o", color=BLUE, ms=3.5, mew=0, alpha=0.7)
    is_between = lower > 0.0
    for places, marker in ((predictive.is_below[chosen] & ~is_between, "v"), (predictive.is_above[chosen], "^")):
        if places.any():
            ax.plot(predicted[places], observed[places], marker, color=VERMILION, mfc="white", ms=4)
    ax.vlines(predicted[is_between], lower[is_between], observed[is_between], color=VERMILION, lw=1.2)
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlim(low, high)
    ax.set_ylim(low, high)
    ax.set_xlabel("predicted")
    ax.set_ylabel("observed")
    for axis in (ax.xaxis, ax.yaxis):
        mark_plainly(axis, low, high)
    return ax


def residual_figure(predictive: Predictive, labels: Mapping[str, str], footer: str = "") -> Figure:
    """Return standardised residuals over time, over predictions, and against the normal distribution.

    Parameters
    ----------
    predictive : Predictive
    labels : mapping of str to str
        Name and unit of each analyte, as the legend shows it.
    footer : str
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 2.9), layout="constrained")
        over_time, over_prediction, normal = figure.subplots(1, 3)
        _draw_residuals(over_time, predictive, predictive.times / DAYS_PER_MONTH, labels)
        over_time.set_xlabel("months after day 0")
        _draw_residuals(over_prediction, predictive, predictive.predicted, labels)
        over_prediction.set_xscale("log")
        mark_plainly(over_prediction.xaxis, *over_prediction.get_xlim())
        over_prediction.set_xlabel("predicted, in the unit of the analyte")
        over_time.set_ylabel("standardised residual")
        draw_normal(normal, predictive)
        handles, names = over_time.get_legend_handles_labels()
        figure.legend(handles, names, loc="outside upper right", ncols=min(len(names), 4), frameon=False, fontsize=7.0)
        _foot(figure, f"{n_text(len(predictive.measurements))} {footer}")
    return figure


def draw_normal(ax: Axes, predictive: Predictive) -> Axes:
    """Draw residuals in order against quantiles of the normal distribution; the line is equality."""
    from scipy.special import ndtri

    ordered = np.sort(predictive.residuals)
    expected = ndtri((np.arange(len(ordered)) + 0.5) / len(ordered))
    ends = np.array([min(expected[0], ordered[0]), max(expected[-1], ordered[-1])])
    ax.plot(ends, ends, color=GREY, lw=0.9)
    ax.plot(expected, ordered, "o", color=BLUE, ms=3, mew=0, alpha=0.7)
    ax.set_xlabel("standard normal quantile")
    return ax


def _draw_residuals(ax: Axes, predictive: Predictive, places: np.ndarray, labels: Mapping[str, str]) -> None:
    for end in (-NORMAL_90, NORMAL_90):
        ax.axhline(end, color=GREY, lw=0.8, ls="--")
    ax.axhline(0.0, color=GREY, lw=0.8)
    for analyte, colour in zip(_analytes(predictive), COLOURS, strict=False):
        chosen = predictive.of(analyte)
        known, below = chosen & ~predictive.is_censored, chosen & predictive.is_below
        shown, residuals = labels[analyte], predictive.residuals
        ax.plot(places[known], residuals[known], "o", color=colour, ms=3, mew=0, alpha=0.7, label=shown)
        ax.plot(places[below], residuals[below], "v", color=colour, mfc="white", ms=3.5)
        above = chosen & predictive.is_above
        ax.plot(places[above], residuals[above], "^", color=colour, mfc="white", ms=3.5)
    if predictive.is_below.any():
        ax.plot([], [], "v", color="black", mfc="white", ms=3.5, label="below quantification (drawn)")
    if predictive.is_above.any():
        ax.plot([], [], "^", color="black", mfc="white", ms=3.5, label="above the limit (drawn)")


def visual_check_figure(checks: Sequence[VisualCheck], labels: Mapping[str, str], footer: str = "") -> Figure:
    """Return the visual predictive check: percentiles of each analyte, and the fractions beyond limits.

    Parameters
    ----------
    checks : sequence of VisualCheck
    labels : mapping of str to str
        Name and unit of each analyte, as an axis shows it.
    footer : str
    """
    fractions = [
        *((check, True) for check in checks if check.below.any() or check.simulated_below[2].any()),
        *((check, False) for check in checks if check.above.any() or check.simulated_above[2].any()),
    ]
    n = len(checks) + len(fractions)
    rows = -(-n // 2)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 0.8 + 2.0 * rows), layout="constrained")
        axes = figure.subplots(rows, 2, squeeze=False).ravel()
        for ax, check in zip(axes, checks, strict=False):
            draw_visual_check(ax, check)
            ax.set_title(labels[check.analyte])
        for ax, (check, is_below) in zip(axes[len(checks) :], fractions, strict=False):
            draw_censored_fraction(ax, check, is_below)
            label = labels[check.analyte].rpartition(" (")[0] or labels[check.analyte]
            ax.set_title(f"Fraction {'below quantification' if is_below else 'above the limit'}: {label}")
        for ax in axes[n:]:
            ax.set_axis_off()
        for ax in axes[max(0, n - 2) : n]:
            ax.set_xlabel("months after day 0")
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper right", ncols=4, frameon=False, fontsize=7.0)
        _foot(figure, f"{n_text(sum(int(check.counts.sum()) for check in checks))} {footer}")
    return figure


def draw_visual_check(ax: Axes, check: VisualCheck) -> Axes:
    """Draw observed percentiles in black on the intervals of simulated percentiles.

    Where every visit has a single measurement, it is drawn on the prediction interval of a new measurement.
    """
    months, median = check.times / DAYS_PER_MONTH, check.observed[1]
    if check.counts.max() == 1:
        _fill(ax, months, check.simulated[1, 0], check.simulated[1, 2], BLUE, "90 % prediction interval")
        ax.plot(months, median, "o", ms=3.5, color="black", label="observed")
    else:
        outer = ("simulated: 90 % interval of 10th, 90th percentile", "observed: 10th, 90th percentile")
        for k, (band, line) in ((0, outer), (2, ("", ""))):
            _fill(ax, months, check.simulated[k, 0], check.simulated[k, 2], ORANGE, band)
            ax.plot(months, check.observed[k], "o--", ms=2.5, lw=1.0, color="black", label=line or "_")
        _fill(ax, months, check.simulated[1, 0], check.simulated[1, 2], BLUE, "simulated: 90 % interval of the median")
        ax.plot(months, median, "o-", ms=2.5, lw=1.0, color="black", label="observed: median")
    ax.set_ylim(bottom=0.0)
    return _mark_months(ax, months)


def draw_censored_fraction(ax: Axes, check: VisualCheck, is_below: bool = True) -> Axes:
    """Draw the observed fraction below quantification, or above a limit, on the interval of the simulated fraction."""
    months = check.times / DAYS_PER_MONTH
    low, _, high = check.simulated_below if is_below else check.simulated_above
    _fill(ax, months, low, high, GREEN, "")
    ax.plot(months, check.below if is_below else check.above, "o-", ms=2.5, lw=1.0, color="black")
    ax.set_ylim(-0.03, 1.03)
    return _mark_months(ax, months)


def _fill(ax: Axes, months: np.ndarray, low: np.ndarray, high: np.ndarray, colour: str, label: str) -> None:
    if len(months) == 1:
        ax.vlines(months, low, high, color=colour, alpha=0.4, lw=8, label=label or "_")
    else:
        ax.fill_between(months, low, high, color=colour, alpha=0.3, lw=0, label=label or "_")


def _mark_months(ax: Axes, months: np.ndarray) -> Axes:
    step = month_step(2.0 * float(months.max()))
    ax.set_xticks(np.arange(0.0, months.max() + step, step))
    ax.set_xlim(min(0.0, float(months.min())) - 0.3, float(months.max()) + 0.5)
    return ax


def _analytes(predictive: Predictive) -> list[str]:
    return list(dict.fromkeys(measurement.analyte for measurement in predictive.measurements))


def _foot(figure: Figure, footer: str) -> None:
    figure.supxlabel(footer.strip(), x=0.01, ha="left", fontsize=6.5, color=GREY)
