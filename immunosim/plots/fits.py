"""Figures of a fit: the course with the data, the profile of each parameter, and where the starts ended.

Draws what was found; knows nothing of how.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from immunosim.plots.style import BLUE, GREY, ORANGE, STYLE, VERMILION, month_step
from immunosim.units import DAYS_PER_MONTH
from immunosim.wording import unit_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from immunosim.codegen.loader import Array
    from immunosim.fit import Estimate, Profile
    from immunosim.observations import Measurement

WIDTH, PANEL = 7.6, 1.9
"""Inches: width of a figure, height of a panel."""

PER_ROW = 3

LEAST_RISE = 1e-3
"""Rises below this are drawn here: to the search they are none."""


def course_figure(
    measurements: Sequence[Measurement],
    times: Array,
    bands: Mapping[str, Array],
    units: Mapping[str, str],
    footer: str = "",
) -> Figure:
    """Return the course of every analyte that was measured, with its interval and the data.

    Parameters
    ----------
    measurements : sequence of Measurement
    times : ndarray, shape (n_times,), day
    bands : mapping of str to ndarray, shape (3, n_times)
        Lower end, middle and upper end by analyte.
    units : mapping of str to str
    footer : str
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 0.9 + PANEL * len(bands)), layout="constrained")
        axes = figure.subplots(len(bands), 1, squeeze=False, sharex=True)[:, 0]
        for ax, (analyte, band) in zip(axes, bands.items(), strict=True):
            own = [one for one in measurements if one.analyte == analyte]
            draw_course(ax, own, times, band, f"{analyte} ({unit_text(units[analyte])})")
        axes[-1].set_xlabel("months after day 0")
        step = month_step(float(times[-1] - times[0]) / DAYS_PER_MONTH)
        axes[-1].set_xticks(np.arange(0, times[-1] / DAYS_PER_MONTH + 1e-9, step))
        axes[0].legend(frameon=False, loc="lower right", bbox_to_anchor=(1.0, 1.0), fontsize=7.0, ncols=4)
        figure.supxlabel(footer, x=0.01, ha="left", fontsize=6.5, color=GREY)
    return figure


def draw_course(ax: Axes, measurements: Sequence[Measurement], times: Array, band: Array, label: str) -> Axes:
    """Draw a course with its interval, and what was measured; below quantification as a triangle at the limit."""
    months = times / DAYS_PER_MONTH
    ax.fill_between(months, band[0], band[2], color=BLUE, alpha=0.2, lw=0, label="90 % of the course")
    ax.plot(months, band[1], color=BLUE, label="best fit")
    for is_below, marker, text in ((False, "o", "measured"), (True, "v", "below quantification")):
        own = [one for one in measurements if one.is_below == is_below]
        if own:
            days = np.array([one.time for one in own]) / DAYS_PER_MONTH
            heights = [one.value for one in own]
            face = "white" if is_below else "black"
            ax.plot(days, heights, marker, color="black", mfc=face, ms=4, label=text)
            for day, one in zip(days, own, strict=True):
                half = np.exp(one.spread * np.sqrt(12.0) / 2.0)
                ax.plot([day, day], [one.value / half, one.value * half], color="black", lw=0.9)
    ax.set_ylabel(label)
    ax.set_ylim(bottom=0.0)
    return ax


def profile_figure(found: Mapping[str, Profile], verdicts: Mapping[str, str], footer: str = "") -> Figure:
    """Return the profile of every parameter, with its threshold and what was concluded.

    Parameters
    ----------
    found : mapping of str to Profile
    verdicts : mapping of str to str
        In a word, by parameter.
    footer : str
    """
    rows = -(-len(found) // PER_ROW)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 0.5 + PANEL * rows), layout="constrained")
        axes = figure.subplots(rows, PER_ROW, squeeze=False).ravel()
        for ax, (name, profile) in zip(axes, found.items(), strict=False):
            draw_profile(ax, profile)
            ax.set_title(f"{name.replace('_', ' ')}: {verdicts.get(name, '')}", fontsize=7.0)
        for ax in axes[len(found) :]:
            ax.set_axis_off()
        figure.supxlabel(footer, x=0.01, ha="left", fontsize=6.5, color=GREY)
    return figure


def draw_profile(ax: Axes, profile: Profile) -> Axes:
    """Draw how much less likely other values are; the dashed line is where the interval ends."""
    known = np.isfinite(profile.rise)
    ax.plot(profile.values[known], profile.rise[known], "o-", ms=2.5, lw=1.0, color=BLUE)
    ax.axhline(profile.threshold, color=VERMILION, lw=0.9, ls="--")
    for end in (profile.low, profile.high):
        if np.isfinite(end):
            ax.axvline(end, color=ORANGE, lw=0.8)
    if profile.lower > 0.0:
        ax.set_xscale("log")
        ax.xaxis.set_minor_formatter(mpl.ticker.NullFormatter())
    ax.set_ylim(-0.1, 3.0 * profile.threshold)
    unit = unit_text(profile.unit)
    ax.set_xlabel(unit or "1", fontsize=7.0)
    ax.set_ylabel("- log likelihood", fontsize=7.0)
    return ax


def waterfall_figure(estimate: Estimate, footer: str = "") -> Figure:
    """Return where the starts ended, in order: a step is an optimum, and starts that failed are counted."""
    values = np.array([one.value for one in estimate.searches])
    reached = values[np.isfinite(values)]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(4.4, 2.9), layout="constrained")
        ax = figure.subplots()
        rise = np.maximum(reached - reached[0], LEAST_RISE)
        ends = np.array([one.is_converged for one in estimate.searches])[np.isfinite(values)]
        places = np.arange(1, len(rise) + 1)
        for chosen, marker, colour, text in ((ends, "o", BLUE, "converged"), (~ends, "x", VERMILION, "stopped before")):
            if chosen.any():
                ax.plot(places[chosen], rise[chosen], marker, ms=3.5, color=colour, label=text)
        ax.set_yscale("log")
        ax.set_ylim(LEAST_RISE / 2, max(10.0, 2.0 * rise.max()))
        ax.xaxis.set_major_locator(mpl.ticker.MaxNLocator(integer=True))
        ax.set_xlabel(f"start, the best first ({estimate.n_failed} of {len(values)} could not be simulated)")
        ax.set_ylabel("- log posterior above the best")
        ax.legend(frameon=False, loc="upper left")
        figure.supxlabel(footer, x=0.01, ha="left", fontsize=6.5, color=GREY)
    return figure
