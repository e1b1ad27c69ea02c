"""Forecasts: the recovery of each count in the draws of a fit, of one patient or several, or as visits arrive."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from immunosim.ensembles.survival import EventTimes
from immunosim.errors import DataError
from immunosim.fitting.conclusions.recovery import pooled_returns
from immunosim.formatting import unit_text
from immunosim.plots.event_curves import EventGroup, draw_event_curves
from immunosim.plots.style import BLUE, GREY, STYLE, month_step
from immunosim.plots.text import n_text, plain
from immunosim.scenario.time_reference import TimeReference

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from immunosim.fitting.conclusions.recovery import Return
    from immunosim.fitting.conclusions.recovery_by_visit import Update

WIDTH, PANEL, CURVES, FRAME = 7.6, 1.6, 2.3, 1.0
"""Inches: width, height of a panel of visits, of a panel of curves, and of what stands around them."""

POOLED_IN_WORDS = (
    "Kaplan-Meier over patients and draws; band: Monte Carlo error of the draws, not of further patients;\n"
    "upright marks: censored at a patient's horizon; at risk: draws."
)

CURVES_IN_WORDS = "Kaplan-Meier over the draws; band: their Monte Carlo error; upright marks: censored at the horizon."

EACH_LAST_COURSE = TimeReference(0.0)
"""Origin of times that are counted from each patient's last course."""

MOST_LABELS = 12
"""Visits that are labelled below the axis."""


def forecast_figure(updates: Sequence[Update], footer: str = "") -> Figure:
    """Return a panel for each goal: the month of recovery as predicted after each visit.

    The only forecast, where its draws are known, is drawn as Kaplan-Meier curves of the draws. Months count from the
    last course that the latest forecast knows of.

    Parameters
    ----------
    updates : sequence of Update
        In the order of time. A count that does not recover before its horizon is drawn as an arrow.
    footer : str
    """
    n, visits = len(updates[-1].returns), updates[-1].n_visits
    are_curves = len(updates) == 1 and all(back.times is not None for back in updates[0].returns)
    measured = n_text(updates[-1].n_measurements).removeprefix("n = ")
    band = f" {CURVES_IN_WORDS}\n" if are_curves else ""
    footer = f"n = {visits} visit{'s' * (visits != 1)}, {measured}{band or ' '}{footer}".strip()
    last = updates[-1]
    with mpl.rc_context(STYLE):
        height = FRAME + (CURVES if are_curves else PANEL) * n
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        if last.misfit:
            figure.suptitle(f"The fit is rejected: intervals widened by {last.widening:.2g}", fontsize=8.0)
        axes = figure.subplots(n, 1, squeeze=False, sharex=not are_curves)[:, 0]
        if are_curves:
            until = max(float(back.times.days.max()) for back in updates[0].returns if back.times is not None)
            for ax, back in zip(axes, updates[0].returns, strict=True):
                draw_draws(ax, back, until)
        else:
            _draw_visits(list(axes), updates)
        figure.supxlabel(footer, x=0.01, ha="left", fontsize=6.5, color=GREY)
    return figure


def pooled_figure(latest: Sequence[Update], footer: str = "") -> Figure:
    """Return a panel for each goal: the recovery of several patients and all their draws as one Kaplan-Meier curve.

    Parameters
    ----------
    latest : sequence of Update
        The latest forecast of each patient; time is counted from each patient's last course.
    footer : str

    Raises
    ------
    DataError
        If the times of the draws are not known.
    """
    n, visits = len(latest[0].returns), sum(update.n_visits for update in latest)
    about = f"n = {len(latest)} patients, {visits} visits. {POOLED_IN_WORDS} {footer}".strip()
    widened = sum(bool(update.misfit) for update in latest)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, FRAME + CURVES * n), layout="constrained")
        if widened:
            figure.suptitle(f"{widened} of {len(latest)} fits are rejected: their intervals are widened", fontsize=8.0)
        axes = figure.subplots(n, 1, squeeze=False)[:, 0]
        goals = [[update.returns[goal] for update in latest] for goal in range(n)]
        pools = [pooled_returns(returns) for returns in goals]
        until = max(float(times.days.max()) for times in pools)
        for ax, returns, times in zip(axes, goals, pools, strict=True):
            draw_recovery(ax, _goal_text(returns[0]), times, EACH_LAST_COURSE, until)
            ax.set_ylabel("Fraction of patients\nand draws")
        figure.supxlabel(about, x=0.01, ha="left", fontsize=6.5, color=GREY)
    return figure


def draw_draws(ax: Axes, back: Return, until: float = -math.inf) -> Axes:
    """Draw the fraction of the draws in which a count has recovered over time, at least until a day.

    Raises
    ------
    DataError
        If the times of the draws are not known.
    """
    if back.times is None:
        raise DataError("the forecast does not hold its draws", cure="compute it again")
    draw_recovery(ax, _goal_text(back), back.times, back.reference, until)
    ax.set_ylabel("Fraction of draws")
    return ax


def draw_recovery(ax: Axes, title: str, times: EventTimes, reference: TimeReference, until: float) -> Axes:
    """Draw the fraction that has recovered over time, with the median, its date where known, and numbers of draws."""
    draw_event_curves(ax, [EventGroup("", times)], reference, until=until)
    ax.set_title(title, loc="left", fontsize=8.0)
    median = "median not reached" if np.isinf(times.median) else f"median month {reference.month(times.median):.1f}"
    date = reference.date(times.median)
    failed = f", {times.n_failed:,} failed" if times.n_failed else ""
    text = f"{median}{f' ({date})' if date else ''}; {times.n_observed:,} of {len(times):,} draws{failed}"
    ax.annotate(text, (1.0, 1.04), xycoords="axes fraction", ha="right", fontsize=7.0, color=GREY)
    return ax


def draw_goal(ax: Axes, updates: Sequence[Update], goal: int) -> Axes:
    """Draw median and interval of one goal after each visit; an arrow where the interval exceeds the horizon."""
    backs = [update.returns[goal] for update in updates]
    reference = backs[-1].reference
    low, middle, high = (
        np.array([reference.month(getattr(back, name)) for back in backs]) for name in ("low", "median", "high")
    )
    ends = np.array([reference.month(update.horizon) for update in updates])
    end, places = float(ends.max()), np.arange(len(updates))
    ax.vlines(places, np.minimum(low, ends), np.minimum(high, ends), color=BLUE, lw=1.6)
    ax.plot(places, np.where(np.isfinite(middle), middle, np.nan), "o", color=BLUE, ms=4)
    later = places[~np.isfinite(high)]
    if later.size:  # an empty unclipped line would claim room down to the corner of the figure
        ax.plot(later, ends[later], "^", color=BLUE, ms=5, clip_on=False)
    edges = np.column_stack([places - 0.5, places + 0.5]).ravel()
    ax.plot(edges, np.repeat(ends, 2), color=GREY, lw=0.6, ls=":")
    ax.set_xlim(-0.5, len(updates) - 0.5)
    first = min(0.0, float(low.min())) if np.isfinite(low).any() else 0.0
    ax.set_ylim(first, end + 0.04 * (end - first))
    step = month_step(2.0 * (end - first))
    ax.set_yticks(np.arange(np.ceil(first / step) * step, end + 1e-9, step))
    ax.set_title(_goal_text(backs[0]), loc="left", fontsize=8.0)
    if backs[-1].share < 1.0:
        text = f"probability of recovery before the horizon (dotted), last forecast: {backs[-1].share:.0%}"
        ax.annotate(text, (1.0, 1.04), xycoords="axes fraction", ha="right", fontsize=7.0, color=GREY)
    return ax


def _draw_visits(axes: Sequence[Axes], updates: Sequence[Update]) -> None:
    for k, ax in enumerate(axes):
        draw_goal(ax, updates, k)
    reference = updates[-1].returns[0].reference
    after = "" if reference.last_course is None else " after the last course"
    every = -(-len(updates) // MOST_LABELS)
    places = np.arange(0, len(updates), every)
    axes[-1].set_xticks(places, [_made(updates[int(index)], reference) for index in places])
    axes[-1].set_xlabel(f"forecast made after the visit in month{after}")
    axes[len(axes) // 2].set_ylabel(f"month of recovery{after}")


def _goal_text(back: Return) -> str:
    return plain(f"{back.label or back.readout} above {_level_text(back.level)}")


def _level_text(level: str) -> str:
    """Return a level as a title shows it: ``0.2e9/L`` as 0.2 × 10⁹/L."""
    return unit_text(level.replace("e9/L", " × 10⁹/L"))


def _made(update: Update, reference: TimeReference) -> str:
    date = reference.date(update.day)
    return "priors\nalone" if update.n_visits == 0 else "\n".join([f"{reference.month(update.day):.1f}", *date.split()])
