"""A trajectory draws itself and sums itself up."""

import pytest
from matplotlib.figure import Figure

from immunosim.errors import DataError
from immunosim.report import summarise
from immunosim.scenario import build_scenario
from immunosim.simulation import simulate


@pytest.fixture(scope="module")
def trajectory():
    return simulate(build_scenario({"horizon": "20 days", "course": [{"start": "1 day", "dose": "12 mg"}]}))


def test_without_names_the_page_is_drawn(trajectory):
    page = trajectory.plot()
    assert isinstance(page, Figure)
    assert len(page.axes) == 9


def test_named_read_outs_share_a_panel_with_their_limits_and_units(trajectory):
    ax = trajectory.plot("cd4", "cd8")
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["CD4 T cells", "CD8 T cells", "limit 400", "limit 200"]
    assert ax.get_ylabel() == "cells/µL"
    assert ax.get_xlabel() == "days since day 0"


def test_a_panel_goes_where_it_is_wanted(trajectory):
    ax = Figure().add_subplot()
    assert trajectory.plot("il7", ax=ax) is ax


def test_a_pool_can_be_drawn_too(trajectory):
    assert "[mg]" in trajectory.plot("antibody_central").get_ylabel()


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["cd5"], 'unknown read-out or pool "cd5", did you mean'),
        (["cd4", "salt_score"], "curves of one panel need one unit: cd4 [cells/µL], salt_score [1]"),
        (["cd4"] * 7, "7 curves in one panel cannot be told apart, draw 6 at most"),
    ],
)
def test_what_cannot_be_drawn_is_refused(trajectory, names, message):
    with pytest.raises(DataError, match=message.replace("[", r"\[")):
        trajectory.plot(*names)


def test_the_summary_is_that_of_the_report(trajectory):
    assert trajectory.summary() == summarise(trajectory)


def test_a_trajectory_says_in_a_line_what_it_is(trajectory):
    assert repr(trajectory).startswith("<Trajectory: 'untitled', day 0 to 20, ")
    assert repr(trajectory).endswith(", OK>")
