"""Panels draw what the trajectory holds, in its units, with limits and observed points where they belong."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from immunosim.model.readout_info import ReadoutInfo
from immunosim.plots.drawing import label_ends, mark_treatments, set_log_axis, spread
from immunosim.plots.panels import curves_of, draw_group, set_level_axis
from immunosim.plots.style import BLUE, COLOURS
from immunosim.scenario import build_scenario
from immunosim.simulation import simulate
from immunosim.trajectory import Trajectory

MONTH = 30.4375
LIMITS = {"lymphocytes": 1.0, "cd4": 400.0, "alemtuzumab_serum": 0.06}

UNITS = {
    "lymphocytes": "10⁹/L",
    "t_cells": "cells/µL",
    "b_and_nk_cells": "cells/µL",
    "antibody": "µg/mL",
    "hair": "SALT, 0-100",
    "autoreactivity": "relative",
    "autoimmunity": "cumulative hazard",
    "relapse": "per year",
}


@pytest.fixture
def ax() -> Axes:
    return Figure().add_subplot()


@pytest.mark.parametrize("group", UNITS)
def test_a_panel_returns_its_axes_and_says_its_unit(ax: Axes, eventful: Trajectory, group: str) -> None:
    assert draw_group(ax, eventful, group, LIMITS) is ax
    assert ax.get_ylabel() == UNITS[group]


@pytest.mark.parametrize("group", UNITS)
def test_a_panel_draws_a_course_in_which_nothing_happens(ax: Axes, uneventful: Trajectory, group: str) -> None:
    low, high = draw_group(ax, uneventful, group, LIMITS).get_ylim()
    assert low < high


@pytest.mark.parametrize("group", UNITS)
def test_a_panel_of_a_failed_course_is_empty_and_finite(ax: Axes, unfinished: Trajectory, group: str) -> None:
    assert np.isfinite(draw_group(ax, unfinished, group, LIMITS).get_ylim()).all()


def test_a_curve_is_the_readout_over_months_after_a_flat_lead_in(ax: Axes, eventful: Trajectory) -> None:
    draw_group(ax, eventful, "lymphocytes", {})
    months, values = ax.get_lines()[0].get_data()
    assert np.array_equal(months[1:], eventful.time / MONTH)
    assert np.array_equal(values[1:], eventful["lymphocytes"])
    assert values[0] == values[1]


def test_observed_points_are_drawn_in_the_unit_of_the_axis(ax: Axes, eventful: Trajectory) -> None:
    draw_group(ax, eventful, "lymphocytes", {})
    value, both_ends = (line.get_data() for line in ax.get_lines()[1:])
    assert np.allclose(value, ([30 / MONTH], [0.4]), rtol=1e-15)
    assert np.allclose(both_ends, ([60 / MONTH] * 2, [0.5, 0.7]), rtol=1e-15)


def test_a_value_below_quantification_is_a_hollow_triangle_at_its_limit(ax: Axes) -> None:
    points = [{"time": "20 days", "below": 20}]
    tables = {"horizon": "30 days", "observed": [{"readout": "lymphocytes", "unit": "cells/uL", "points": points}]}
    draw_group(ax, simulate(build_scenario(tables)), "lymphocytes", {})
    triangle = ax.get_lines()[1]
    assert (triangle.get_marker(), triangle.get_markerfacecolor()) == ("v", "white")
    assert np.allclose(triangle.get_data(), ([20 / MONTH], [0.02]), rtol=1e-15)


def test_observed_points_have_the_colour_of_their_curve_among_several(ax: Axes, eventful: Trajectory) -> None:
    draw_group(ax, eventful, "t_cells", {})
    assert ax.get_lines()[1].get_markeredgecolor() == BLUE


def test_limits_are_drawn_for_the_curves_that_have_one(ax: Axes, eventful: Trajectory) -> None:
    draw_group(ax, eventful, "t_cells", LIMITS)
    labelled = {line.get_label(): line.get_ydata()[0] for line in ax.get_lines() if line.get_label()[0] != "_"}
    assert labelled.keys() == {"CD4", "CD8", "LLN 400"}
    assert labelled["LLN 400"] == 400.0


def test_a_limit_above_all_counts_is_still_on_the_axis(ax: Axes, unfinished: Trajectory) -> None:
    draw_group(ax, unfinished, "t_cells", LIMITS)
    assert ax.get_ylim()[1] > 400.0


def test_autoimmunity_is_drawn_as_a_cumulative_hazard(ax: Axes, eventful: Trajectory) -> None:
    draw_group(ax, eventful, "autoimmunity", {})
    assert ax.get_lines()[0].get_ydata()[-1] == eventful["thyroid_cumulative_hazard"][-1]


def test_notes_are_numbered_over_the_hair(ax: Axes, eventful: Trajectory) -> None:
    draw_group(ax, eventful, "hair", {})
    (number,) = ax.texts
    assert (number.get_text(), number.get_position()[0]) == ("1", 20 / MONTH)


def test_courses_are_marked_by_solid_lines_and_pulses_by_dotted_ones(ax: Axes, eventful: Trajectory) -> None:
    mark_treatments(ax, eventful.scenario)
    marks = [(line.get_xdata()[0], line.get_linestyle()) for line in ax.get_lines()]
    assert marks == [(0.0, "-"), (50 / MONTH, ":")]


def test_a_logarithmic_axis_has_plain_numbers_at_its_decades(ax: Axes) -> None:
    set_log_axis(ax, 0.005, 30.0)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["0.01", "0.1", "1", "10"]


def test_every_labelled_line_is_named_at_its_end(ax: Axes, eventful: Trajectory) -> None:
    label_ends(draw_group(ax, eventful, "t_cells", LIMITS))
    assert {text.get_text() for text in ax.texts} == {"CD4", "CD8", "LLN 400"}


def test_lines_without_a_finite_end_are_not_named(ax: Axes, unfinished: Trajectory) -> None:
    label_ends(draw_group(ax, unfinished, "t_cells", LIMITS))
    assert [text.get_text() for text in ax.texts] == ["LLN 400"]


def test_heights_that_are_far_apart_stay_where_they_are() -> None:
    assert spread([0.0, 10.0, 30.0], 10.0) == [0.0, 10.0, 30.0]
    assert spread([], 10.0) == []


def test_heights_that_are_equal_move_apart_evenly() -> None:
    assert spread([5.0, 5.0, 5.0], 10.0) == [-5.0, 5.0, 15.0]


@given(st.lists(st.floats(-1e3, 1e3), max_size=8))
def test_spread_heights_keep_their_order_distance_and_mean(heights: list[float]) -> None:
    moved = spread(sorted(heights), 9.5)
    assert len(moved) == len(heights)
    assert all(after - before > 9.5 - 1e-9 for before, after in pairwise(moved))
    assert sum(moved) == pytest.approx(sum(heights), abs=1e-9)


def test_a_curve_without_a_colour_gets_one_that_is_left() -> None:
    group = {"a": ReadoutInfo(label="a", colour="blue"), "b": ReadoutInfo(label="b"), "c": ReadoutInfo(label="c")}
    assert [curve.colour for curve in curves_of(group)] == [BLUE, COLOURS["vermilion"], COLOURS["green"]]


def test_a_concentration_without_a_limit_of_detection_has_four_decades(ax: Axes) -> None:
    assert set_level_axis(ax, ReadoutInfo(), 2.0).get_ylim() == pytest.approx((2e-4, 6.0), rel=1e-12)
