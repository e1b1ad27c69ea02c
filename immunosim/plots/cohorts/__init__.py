"""Figures of cohorts against published numbers."""

from immunosim.plots.cohorts.forest import draw_forest, forest_figure
from immunosim.plots.cohorts.predictive_check import (
    checked_readouts,
    draw_predictive_check,
    predictive_check_figure,
)

__all__ = [
    "checked_readouts",
    "draw_forest",
    "draw_predictive_check",
    "forest_figure",
    "predictive_check_figure",
]
