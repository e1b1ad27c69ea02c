"""Figures of several parameters or patients: pairwise posterior draws, and shrinkage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from immunosim.formatting import unit_text
from immunosim.plots.style import BLUE, GREY, ORANGE, STYLE, VERMILION
from immunosim.plots.text import headline

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from immunosim.codegen.loader import Array
    from immunosim.fitting import FreeParameter, PopulationFit

MAX_PARAMETERS = 8
"""Largest number of parameters in one figure."""

LOG_AXIS_RATIO = 5.0
"""Ratio of the 99th to the 1st percentile of the draws above which an axis is logarithmic."""


def pairs_figure(draws: Array, parameters: Sequence[FreeParameter], footer: str = "") -> Figure:
    """Return the posterior draws of pairs of parameters, marginals with priors on the diagonal, correlations above.

    Parameters
    ----------
    draws : ndarray, shape (n_draws, n_parameters)
    parameters : sequence of FreeParameter
        The first ``MAX_PARAMETERS`` are drawn; the footer says so where there are more.
    footer : str
    """
    shown = parameters[:MAX_PARAMETERS]
    if len(shown) < len(parameters):
        footer = f"The first {len(shown)} of {len(parameters)} parameters. {footer}"
    footer = f"n = {len(draws):,} draws. {footer}".strip()
    n = len(shown)
    correlation = np.atleast_2d(np.corrcoef(np.log(draws[:, :n]).T))
    with mpl.rc_context(STYLE | {"xtick.labelsize": 6.5, "ytick.labelsize": 6.5}):
        figure = Figure(figsize=(0.8 + 1.45 * max(n, 2), 0.9 + 1.35 * max(n, 2)), layout="constrained")
        axes = figure.subplots(n, n, squeeze=False)
        for i in range(n):
            for j in range(n):
                if i == j:
                    draw_marginal(axes[i, i], draws[:, i], shown[i])
                elif i > j:
                    draw_pair(axes[i, j], draws[:, j], draws[:, i])
                else:
                    axes[i, j].set_axis_off()
                    axes[i, j].text(0.5, 0.5, f"{correlation[i, j]:+.2f}", ha="center", va="center", color=GREY)
                _label(axes[i, j], i, j, shown)
        figure.supxlabel(footer, x=0.01, ha="left", fontsize=6.5, color=GREY)
    return figure


def draw_marginal(ax: Axes, draws: Array, parameter: FreeParameter) -> Axes:
    """Draw the distribution of one parameter's draws, and its prior as a line."""
    is_log = _is_wide(draws)
    ends = (draws.min(), draws.max())
    edges = np.geomspace(*ends, 31) if is_log else np.linspace(*ends, 31)
    ax.hist(draws, bins=edges.tolist(), density=True, color=BLUE, alpha=0.5)
    if parameter.has_prior:
        at = np.geomspace(*ends, 200)
        z = np.log(at / parameter.prior_median) / parameter.prior_sd
        ax.plot(at, np.exp(-0.5 * z**2) / (at * parameter.prior_sd * np.sqrt(2 * np.pi)), color=ORANGE, lw=1.0)
    if is_log:
        ax.set_xscale("log")
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    return ax


def draw_pair(ax: Axes, across: Array, up: Array) -> Axes:
    """Draw the draws of two parameters."""
    ax.hexbin(
        *(across, up),
        xscale="log" if _is_wide(across) else "linear",
        yscale="log" if _is_wide(up) else "linear",
        gridsize=28,
        mincnt=1,
        cmap="Blues",
        linewidths=0.1,
    )
    return ax


def _label(ax: Axes, i: int, j: int, parameters: Sequence[FreeParameter]) -> None:
    n = len(parameters)
    for axis in (ax.xaxis, ax.yaxis):
        if axis.get_scale() == "log":
            axis.set_major_locator(mpl.ticker.LogLocator(subs=(1.0, 2.0, 5.0)))
            axis.set_major_formatter(mpl.ticker.FuncFormatter(lambda value, _: f"{value:g}"))
            axis.set_minor_formatter(mpl.ticker.NullFormatter())
    if i == n - 1:
        ax.set_xlabel(_name(parameters[j]), fontsize=6.5)
    else:
        ax.set_xticklabels([])
    if j == 0 and i > 0:
        ax.set_ylabel(_name(parameters[i]), fontsize=6.5)
    elif i != j:
        ax.set_yticklabels([])


def _name(parameter: FreeParameter) -> str:
    words = parameter.label.split(" ")
    middle = -(-len(words) // 2)
    unit = unit_text(parameter.unit)
    lines = [" ".join(words[:middle]), " ".join(words[middle:])]
    return "\n".join(line for line in lines if line) + (f" ({unit})" if unit and unit != "1" else "")


def _is_wide(draws: Array) -> bool:
    low, high = np.quantile(draws, [0.01, 0.99])
    return bool(low > 0.0 and high / low > LOG_AXIS_RATIO)


def shrinkage_figure(population: PopulationFit, footer: str = "") -> Figure:
    """Return for each parameter the individual fits of the patients and their joint fit.

    Parameters
    ----------
    population : PopulationFit
    footer : str
    """
    names = population.arrangement.individual
    footer = f"n = {len(population.patients)} patients. {footer}".strip()
    height = 1.1 + 0.19 * len(population.patients)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(1.0 + 2.3 * max(len(names), 2), height), layout="constrained")
        axes = figure.subplots(1, len(names), squeeze=False, sharey=True)[0]
        for j, ax in enumerate(axes):
            draw_shrinkage(ax, population, j)
        axes[0].set_yticks(np.arange(len(population.patients)), [headline(name, 40) for name in population.patients])
        axes[0].invert_yaxis()
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper right", ncols=3, frameon=False, fontsize=7.0)
        figure.supxlabel(footer, x=0.01, ha="left", fontsize=6.5, color=GREY)
    return figure


def draw_shrinkage(ax: Axes, population: PopulationFit, j: int) -> Axes:
    """Draw one parameter: the individual fit of each patient with its 90 % interval, and the joint fit."""
    parameter = population.arrangement.coordinates.parameters[population.places[0, j]]
    unit = unit_text(parameter.unit)
    alone = population.alone[:, j]
    together = population.values[:, population.names.index(population.arrangement.individual[j])]
    places = np.arange(len(alone))
    half = np.exp(1.645 * np.minimum(population.alone_sd[:, j], np.log(LOG_AXIS_RATIO)))
    median, factor = population.medians[j], np.exp(population.sds[j])
    ax.axvspan(
        median / factor,
        median * factor,
        color=BLUE,
        alpha=0.15,
        lw=0,
        label="between patients (at mean covariates): median ± SD",
    )
    ax.axvline(median, color=BLUE, lw=1.0)
    ax.hlines(places, alone / half, alone * half, color=GREY, lw=0.8)
    ax.plot(alone, places, "o", color=GREY, mfc="white", ms=3.5, label="individual fit, 90 %")
    ax.plot(together, places, "o", color=VERMILION, ms=3.5, label="joint fit")
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(mpl.ticker.LogLocator(subs=(1.0, 2.0, 5.0)))
    ax.xaxis.set_major_formatter(mpl.ticker.FuncFormatter(lambda value, _: f"{value:g}"))
    ax.xaxis.set_minor_formatter(mpl.ticker.NullFormatter())
    ax.set_title(f"{parameter.label}\nshrinkage {population.shrinkage[j]:.0%}", fontsize=7.0)
    ax.set_xlabel(unit if unit not in ("", "1") else "dimensionless", fontsize=7.0)
    return ax
