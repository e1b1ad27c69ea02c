"""The forecast of a patient as visits arrive: when each count will be back, with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from immunosim.plots.style import BLUE, GREY, STYLE
from immunosim.units import DAYS_PER_MONTH
from immunosim.wording import unit_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from immunosim.fit.updating import Update

WIDTH, PANEL, FRAME = 7.6, 1.7, 0.9


def forecast_figure(updates: Sequence[Update], footer: str = "") -> Figure:
    """Return a panel for each goal: the month of return by the month of the last visit that is known.

    Parameters
    ----------
    updates : sequence of Update
        In the order of time.
    footer : str
    """
    n = len(updates[-1].returns)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, FRAME + PANEL * n), layout="constrained")
        axes = figure.subplots(n, 1, squeeze=False, sharex=True)[:, 0]
        for k, ax in enumerate(axes):
            draw_goal(ax, updates, k)
        axes[-1].set_xlabel("forecast made in month")
        figure.supylabel("back for good in month", fontsize=mpl.rcParams["axes.labelsize"])
        figure.supxlabel(footer, x=0.01, ha="left", fontsize=6.5, color=GREY)
    return figure


def draw_goal(ax: Axes, updates: Sequence[Update], goal: int) -> Axes:
    """Draw median and interval of one goal after each visit; an arrow where the interval goes on beyond the horizon."""
    made = np.array([one.day for one in updates]) / DAYS_PER_MONTH
    backs = [one.returns[goal] for one in updates]
    low, middle, high = (
        np.array([getattr(back, name) for back in backs]) / DAYS_PER_MONTH for name in ("low", "median", "high")
    )
    known = np.concatenate([part[np.isfinite(part)] for part in (low, middle, high)])
    top = 1.08 * known.max() if known.size else 1.0
    end = np.where(np.isfinite(high), high, top)
    ax.vlines(made, np.where(np.isfinite(low), low, top), end, color=BLUE, lw=1.4)
    ax.plot(made, np.where(np.isfinite(middle), middle, np.nan), "o", color=BLUE, ms=4)
    for month, is_open in zip(made, ~np.isfinite(high), strict=True):
        if is_open:
            ax.plot(month, top, marker="^", color=BLUE, ms=5, clip_on=False)
    ax.set_ylim(0.0, 1.05 * top)
    ax.set_title(f"{backs[0].readout} above {unit_text(backs[0].level)}", loc="left", fontsize=8.0)
    shares = [back.share for back in backs]
    if min(shares) < 1.0:
        text = f"returns before the horizon: {shares[-1]:.0%} of draws"
        ax.annotate(text, (1.0, 1.02), xycoords="axes fraction", ha="right", fontsize=7.0, color=GREY)
    return ax
