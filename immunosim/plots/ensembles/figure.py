"""The figure that holds one plot of an ensemble; built without pyplot, so that drawing it changes nothing else."""

from __future__ import annotations

import matplotlib as mpl
import xarray as xr
from matplotlib.figure import Figure

from immunosim.plots.ensembles.bands import draw_bands
from immunosim.plots.ensembles.choice import Plot
from immunosim.plots.ensembles.contour import draw_contour
from immunosim.plots.ensembles.heatmap import draw_heatmap
from immunosim.plots.ensembles.kaplan_meier import draw_kaplan_meier
from immunosim.plots.ensembles.parallel import draw_parallel
from immunosim.plots.ensembles.spaghetti import draw_spaghetti
from immunosim.plots.style import GREY, STYLE
from immunosim.plots.text import wrapped

SIZE = (6.3, 4.3)
"""Width and height, inches: the text of a page is as wide."""


def ensemble_figure(dataset: xr.Dataset, plot: Plot, footer: str = "") -> Figure:
    """Return the figure of a plot.

    Parameters
    ----------
    dataset : xarray.Dataset
        Of an ensemble.
    plot : Plot
        As `chosen` returns it.
    footer : str
        End of the caption, such as the intended use.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=SIZE, layout="constrained")
        ax = figure.add_subplot()
        if plot.kind == "heatmap":
            draw_heatmap(ax, dataset, plot.of, plot.x, plot.y, plot.at)
        elif plot.kind == "contour":
            draw_contour(ax, dataset, plot.of, plot.x, plot.y, plot.at, plot.thresholds)
        elif plot.kind == "bands":
            draw_bands(ax, dataset, plot.of, plot.thresholds)
        elif plot.kind == "spaghetti":
            draw_spaghetti(ax, dataset, plot.of, plot.color, plot.thresholds)
        elif plot.kind == "kaplan_meier":
            draw_kaplan_meier(ax, dataset, plot.of, plot.color, plot.reference)
        else:
            draw_parallel(ax, dataset, plot.of, plot.at)
        if footer:
            figure.supxlabel("\n".join(wrapped(footer, 120)), x=0.01, ha="left", fontsize=6.0, color=GREY)
    return figure
