"""The figure of an explanation draws what it holds: the read-out, areas that add up to its change, names."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from immunosim.attribution import Explanation, explain
from immunosim.plots import encoded
from immunosim.plots.why import NAMED, draw_contributions, draw_readout, named, why_figure
from immunosim.trajectory import Trajectory

MONTH = 30.4375


@pytest.fixture(scope="module")
def cd4(eventful: Trajectory) -> Explanation:
    return explain(eventful, "cd4", 100.0)


def test_the_readout_is_drawn_over_months_with_its_limit(cd4: Explanation) -> None:
    ax = draw_readout(Figure().add_subplot(), cd4, 400.0)
    curve, limit = ax.get_lines()
    assert np.array_equal(curve.get_xdata(), cd4.times / MONTH)
    assert np.array_equal(curve.get_ydata(), cd4.values)
    assert limit.get_label() == "LLN 400"
    assert ax.get_ylabel() == "cells/µL"


def test_the_heights_of_the_areas_add_up_to_the_change(cd4: Explanation) -> None:
    items = named(cd4.contributions)
    ax = draw_contributions(Figure().add_subplot(), cd4, items)
    areas = [area.get_paths()[0].get_extents() for area in ax.collections]
    top, bottom = max(area.y1 for area in areas), min(area.y0 for area in areas)
    gains = sum(np.maximum(item.series, 0.0) for item in items)
    losses = sum(np.minimum(item.series, 0.0) for item in items)
    assert (top, bottom) == pytest.approx((gains.max(), losses.min()))
    assert gains + losses == pytest.approx(cd4.values - cd4.before, abs=cd4.tolerance)
    assert np.array_equal(ax.get_lines()[0].get_ydata(), cd4.values - cd4.before)


def test_the_largest_are_named_and_the_others_are_one(cd4: Explanation) -> None:
    items = named(cd4.contributions)
    sizes = [np.abs(item.series).max() for item in items[:-1]]
    assert len(items) == NAMED + 1
    assert sizes == sorted(sizes, reverse=True)
    assert items[-1].label == f"{len(cd4.contributions) - NAMED} others"
    assert sum(item.value for item in items) == pytest.approx(sum(item.value for item in cd4.contributions))
    assert named(items[:2]) == items[:2]


def test_the_legend_goes_from_the_outermost_gain_to_the_outermost_loss(cd4: Explanation) -> None:
    items = named(cd4.contributions)
    legend = draw_contributions(Figure().add_subplot(), cd4, items).get_legend()
    labels = [text.get_text().replace("\n", " ") for text in legend.get_texts()]
    gains = [label for label in labels[:-1] if ": +" in label]
    assert labels[: len(gains)] == gains
    assert labels[-1].startswith("net change: −")
    assert len(labels) == len(items) + 1


def test_a_readout_of_one_mechanism_needs_no_panel_of_mechanisms(eventful: Trajectory, cd4: Explanation) -> None:
    hair = explain(eventful, "salt_score", 100.0)
    assert len(why_figure(cd4, eventful.scenario).axes) == 3
    assert len(why_figure(hair, eventful.scenario).axes) == 2


def test_a_change_that_went_back_is_called_zero(eventful: Trajectory) -> None:
    level = explain(eventful, "methylprednisolone_plasma", 100.0)
    legend = draw_contributions(Figure().add_subplot(), level, level.contributions).get_legend()
    assert legend.get_texts()[-1].get_text() == "net change: 0"


def test_a_course_in_which_nothing_happens_can_be_drawn(uneventful: Trajectory) -> None:
    nothing = explain(uneventful, "alemtuzumab_serum", 30.0)
    assert nothing.contributions == ()
    assert encoded(why_figure(nothing, uneventful.scenario), "png").startswith(b"\x89PNG")


def test_the_same_explanation_gives_the_same_bytes(eventful: Trajectory, cd4: Explanation) -> None:
    first, second = (encoded(why_figure(cd4, eventful.scenario, 400.0), "png") for _ in range(2))
    assert first == second
