"""Figures of a fit: the likelihood profile of each parameter, and the final values of all starts.

Knows nothing of how the fit was made.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from immunosim.formatting import unit_text
from immunosim.plots.style import BLUE, GREY, ORANGE, STYLE, VERMILION, mark_plainly
from immunosim.plots.text import n_text, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from immunosim.fitting import Estimate, Profile

WIDTH, PANEL = 7.6, 1.9
"""Inches: width of a figure, height of a panel."""

PER_ROW = 3

PROFILE_IN_WORDS = (
    "Blue: by the data alone; grey: with the parameter's prior; upright lines: ends of the interval, by the data "
    "(orange)\nand with the prior (dotted); broken line: threshold of the interval."
)

LEAST_RISE = 1e-3
"""Smaller increases are drawn at this value: the search does not resolve them."""


def profile_figure(profile_by_name: Mapping[str, Profile], titles: Mapping[str, str], footer: str = "") -> Figure:
    """Return the likelihood profile of every parameter, with its threshold and verdict.

    Parameters
    ----------
    profile_by_name : mapping of str to Profile
    titles : mapping of str to str
        Label and verdict of each parameter.
    footer : str
    """
    rows = -(-len(profile_by_name) // PER_ROW)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 0.5 + PANEL * rows), layout="constrained")
        axes = figure.subplots(rows, PER_ROW, squeeze=False).ravel()
        for ax, (name, profile) in zip(axes, profile_by_name.items(), strict=False):
            draw_profile(ax, profile)
            ax.set_title("\n".join(wrapped(titles[name], 44)), fontsize=7.0)
        for ax in axes[len(profile_by_name) :]:
            ax.set_axis_off()
        about = f"{PROFILE_IN_WORDS} {footer}".strip()
        figure.supxlabel(about, x=0.01, ha="left", fontsize=6.5, color=GREY)
    return figure


def draw_profile(ax: Axes, profile: Profile) -> Axes:
    """Draw one profile by the data (blue) and with the parameter's own prior (grey), and the ends of both intervals.

    The dashed line is the threshold at which an interval ends.
    """
    known = np.isfinite(profile.rise)
    ax.plot(profile.values[known], profile.rise_with_prior[known], "-", lw=1.0, color=GREY)
    for end in (profile.low_with_prior, profile.high_with_prior):
        if np.isfinite(end):
            ax.axvline(end, color=GREY, lw=0.8, ls=":")
    ax.plot(profile.values[known], profile.rise[known], "o-", ms=2.5, lw=1.0, color=BLUE)
    ax.axhline(profile.threshold, color=VERMILION, lw=0.9, ls="--")
    for end in (profile.low, profile.high):
        if np.isfinite(end):
            ax.axvline(end, color=ORANGE, lw=0.8)
    if profile.lower > 0.0:
        ax.set_xscale("log")
        mark_plainly(ax.xaxis, *ax.get_xlim())
    ax.set_ylim(-0.1, 3.0 * profile.threshold)
    unit = unit_text(profile.unit)
    ax.set_xlabel(unit if unit not in ("", "1") else "dimensionless", fontsize=7.0)
    ax.set_ylabel("increase of -log likelihood", fontsize=7.0)
    return ax


def waterfall_figure(estimate: Estimate, footer: str = "") -> Figure:
    """Return the final values of all starts, sorted: each step is an optimum; the axis counts failed starts."""
    measured = estimate.posterior.n_measurements
    values = np.array([search.value for search in estimate.searches])
    reached = values[np.isfinite(values)]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(4.4, 2.9), layout="constrained")
        ax = figure.subplots()
        rise = np.maximum(reached - reached[0], LEAST_RISE)
        ends = np.array([search.is_converged for search in estimate.searches])[np.isfinite(values)]
        places = np.arange(1, len(rise) + 1)
        for chosen, marker, colour, text in ((ends, "o", BLUE, "converged"), (~ends, "x", VERMILION, "stopped before")):
            if chosen.any():
                ax.plot(places[chosen], rise[chosen], marker, ms=3.5, color=colour, label=text)
        ax.set_yscale("log")
        ax.set_ylim(LEAST_RISE / 2, max(10.0, 2.0 * rise.max()))
        ax.xaxis.set_major_locator(mpl.ticker.MaxNLocator(integer=True))
        ax.set_xlabel(f"starts, sorted by final value ({estimate.n_failed} of {len(values)} failed)")
        ax.set_ylabel("increase of -log posterior over the best")
        ax.legend(frameon=False, loc="upper left")
        figure.supxlabel(f"{n_text(measured)} {footer}".strip(), x=0.01, ha="left", fontsize=6.5, color=GREY)
    return figure
