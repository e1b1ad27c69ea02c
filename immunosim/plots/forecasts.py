"""The forecast of a patient as visits arrive: the time of recovery of each count, with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from immunosim.formatting import unit_text
from immunosim.plots.style import BLUE, GREY, STYLE, month_step
from immunosim.plots.text import n_text, plain
from immunosim.units import DAYS_PER_MONTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from immunosim.fitting.conclusions.recovery_by_visit import Update

WIDTH, PANEL, FRAME = 7.6, 1.6, 1.0

MOST_LABELS = 12
"""Visits that are labelled below the axis."""


def forecast_figure(updates: Sequence[Update], horizon: float, footer: str = "") -> Figure:
    """Return a panel for each goal: the month of recovery as predicted after each visit.

    Parameters
    ----------
    updates : sequence of Update
        In the order of time.
    horizon : float, day
        End of the simulation; a count that does not recover before it is drawn as an arrow.
    footer : str
    """
    n, visits = len(updates[-1].returns), updates[-1].n_visits
    measured = n_text(updates[-1].n_measurements).removeprefix("n = ")
    footer = f"n = {visits} visit{'s' * (visits != 1)}, {measured} {footer}".strip()
    last = updates[-1]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, FRAME + PANEL * n), layout="constrained")
        if last.misfit:
            figure.suptitle(f"The fit is rejected: intervals widened by {last.widening:.2g}", fontsize=8.0)
        axes = figure.subplots(n, 1, squeeze=False, sharex=True)[:, 0]
        for k, ax in enumerate(axes):
            draw_goal(ax, updates, k, horizon)
        every = -(-len(updates) // MOST_LABELS)
        places = np.arange(0, len(updates), every)
        axes[-1].set_xticks(places, [_made(updates[int(index)]) for index in places])
        axes[-1].set_xlabel("forecast made after the visit in month")
        axes[n // 2].set_ylabel("month of recovery")
        figure.supxlabel(footer, x=0.01, ha="left", fontsize=6.5, color=GREY)
    return figure


def draw_goal(ax: Axes, updates: Sequence[Update], goal: int, horizon: float) -> Axes:
    """Draw median and interval of one goal after each visit; an arrow where the interval exceeds the horizon."""
    backs = [update.returns[goal] for update in updates]
    low, middle, high = (
        np.array([getattr(back, name) for back in backs]) / DAYS_PER_MONTH for name in ("low", "median", "high")
    )
    end, places = horizon / DAYS_PER_MONTH, np.arange(len(updates))
    ax.vlines(places, np.minimum(low, end), np.minimum(high, end), color=BLUE, lw=1.6)
    ax.plot(places, np.where(np.isfinite(middle), middle, np.nan), "o", color=BLUE, ms=4)
    later = places[~np.isfinite(high)]
    if later.size:  # an empty unclipped line would claim room down to the corner of the figure
        ax.plot(later, np.full(len(later), end), "^", color=BLUE, ms=5, clip_on=False)
    ax.axhline(end, color=GREY, lw=0.6, ls=":")
    ax.set_xlim(-0.5, len(updates) - 0.5)
    ax.set_ylim(0.0, 1.04 * end)
    ax.set_yticks(np.arange(0.0, end + 1e-9, month_step(2.0 * end)))
    ax.set_title(
        plain(f"{backs[0].label or backs[0].readout} above {_level_text(backs[0].level)}"), loc="left", fontsize=8.0
    )
    if backs[-1].share < 1.0:
        text = f"probability of recovery before the horizon (dotted), last forecast: {backs[-1].share:.0%}"
        ax.annotate(text, (1.0, 1.04), xycoords="axes fraction", ha="right", fontsize=7.0, color=GREY)
    return ax


def _level_text(level: str) -> str:
    """Return a level as a title shows it: ``0.2e9/L`` as 0.2 × 10⁹/L."""
    return unit_text(level.replace("e9/L", " × 10⁹/L"))


def _made(update: Update) -> str:
    return "priors\nalone" if update.n_visits == 0 else f"{update.day / DAYS_PER_MONTH:.1f}"
