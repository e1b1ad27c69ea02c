"""Figures of ensembles: functions that take axes and the dataset of an ensemble, and return the axes."""

from immunosim.plots.ensembles.axes import Threshold
from immunosim.plots.ensembles.bands import draw_bands
from immunosim.plots.ensembles.choice import TAKES, Plot, chosen
from immunosim.plots.ensembles.contour import draw_contour
from immunosim.plots.ensembles.figure import ensemble_figure
from immunosim.plots.ensembles.heatmap import draw_heatmap
from immunosim.plots.ensembles.kaplan_meier import draw_kaplan_meier
from immunosim.plots.ensembles.parallel import draw_parallel
from immunosim.plots.ensembles.spaghetti import draw_spaghetti

__all__ = [
    "TAKES",
    "Plot",
    "Threshold",
    "chosen",
    "draw_bands",
    "draw_contour",
    "draw_heatmap",
    "draw_kaplan_meier",
    "draw_parallel",
    "draw_spaghetti",
    "ensemble_figure",
]
