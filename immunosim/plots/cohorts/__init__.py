"""Figures of cohorts as in a clinical paper: bands, cumulative incidence, spread at visits, forest of targets."""

from immunosim.plots.cohorts.figure import TAKES, CohortPlot, chosen_plot, cohort_figure, events_of, request_of
from immunosim.plots.cohorts.forest import draw_forest, forest_figure, forest_figures
from immunosim.plots.cohorts.incidence import draw_incidence
from immunosim.plots.cohorts.predictive_check import (
    checked_readouts,
    draw_predictive_check,
    predictive_check_figure,
)
from immunosim.plots.cohorts.visits import draw_visits

__all__ = [
    "TAKES",
    "CohortPlot",
    "checked_readouts",
    "chosen_plot",
    "cohort_figure",
    "draw_forest",
    "draw_incidence",
    "draw_predictive_check",
    "draw_visits",
    "events_of",
    "forest_figure",
    "forest_figures",
    "predictive_check_figure",
    "request_of",
]
