"""Figures of cohorts against published numbers: what is drawn where, and that texts do not collide."""

import numpy as np
import pytest
from cohorts.hand_made import MONTHS, cohort
from figure_layout import collisions, outside
from matplotlib.figure import Figure

from immunosim.cohorts.intervals import Bootstrap
from immunosim.cohorts.set_numbers import NumbersOfSets, SetNumbers
from immunosim.cohorts.target_report import evaluate
from immunosim.cohorts.targets import read_targets
from immunosim.errors import DataError
from immunosim.plots.cohorts import (
    checked_readouts,
    draw_forest,
    draw_predictive_check,
    forest_figure,
    predictive_check_figure,
)
from immunosim.plots.style import BLUE, VERMILION

TEXT = """
[source]
citation = "Someone 2020"

[[target]]
name = "untreated $mean$"
statistic = "mean"
readout = "cd4"
time = "0 days"
value = 0.9
unit = "1e9/L"
sigma = 0.05

[[target]]
name = "spread"
statistic = "sd"
readout = "cd4"
time = "0 days"
value = 300
unit = "cells/uL"
sigma = 0.2

[[target]]
name = "far"
statistic = "mean"
readout = "cd4"
time = "1 month"
value = 10
unit = "cells/uL"
sigma = 0.1
use = "held out"

[[target]]
name = "smokers"
statistic = "mean"
readout = "cd4"
time = "6 months"
group = "smoker = true"
value = 200
unit = "cells/uL"
sigma = 0.1
"""


@pytest.fixture(scope="module")
def targets(tmp_path_factory):
    path = tmp_path_factory.mktemp("targets") / "targets.toml"
    path.write_text(TEXT)
    return read_targets(path)


@pytest.fixture(scope="module")
def report(targets):
    return evaluate(targets, cohort(), Bootstrap(0, 20))


def test_a_row_has_a_point_at_its_residual_coloured_by_the_tolerance(report):
    ax = draw_forest(Figure().add_subplot(), report.results)
    points = [line for line in ax.lines if line.get_marker() in ("o", "<", ">")]
    assert points[0].get_xdata() == pytest.approx([report.results[0].z])
    assert [point.get_color() for point in points] == [BLUE, BLUE, VERMILION, points[3].get_color()]
    assert points[2].get_marker() == ">"
    assert (points[2].get_markerfacecolor(), points[0].get_markerfacecolor()) == ("white", BLUE)
    assert ax.get_yticklabels()[0].get_text() == r"untreated \$mean\$"


def test_an_interval_over_plausible_sets_is_a_wider_lighter_bar_behind_that_of_patients(report, targets):
    numbers = np.array([[0.8, 250.0, 11.0], [0.9, 300.0, 12.0], [1.0, np.nan, 13.0]])
    of_sets = NumbersOfSets(numbers, np.zeros(3, np.int64))
    over_sets = report.with_sets(SetNumbers(3, 64, {"": targets[:3]}, {"": of_sets}))
    figure = forest_figure(over_sets)
    bars = [line for line in figure.axes[0].lines if line.get_alpha() is not None]
    assert len(bars) == 3  # none of the target that no set has a number of
    assert bars[0].get_xdata() == pytest.approx([targets[0].record.residual(0.8), targets[0].record.residual(1.0)])
    (thin,) = [line for line in figure.axes[0].lines if line.get_ydata()[0] == 0 and line.get_linewidth() == 1.1]
    assert bars[0].get_linewidth() > thin.get_linewidth()
    assert bars[0].get_zorder() < thin.get_zorder()
    assert "3 plausible sets" in " ".join(figure.get_supxlabel().split())
    assert collisions(figure) == []


def test_the_forest_gives_both_numbers_and_counts(report):
    figure = forest_figure(report)
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert texts[:2] == ["0.900", f"{report.results[0].simulated.value:.3f} 10⁹/L"]
    assert figure.axes[0].get_title(loc="left") == f"{report.n_within} of 4 targets within tolerance"


def test_published_points_are_in_the_unit_of_the_readout_with_their_spread(targets):
    ax = draw_predictive_check(Figure().add_subplot(), cohort(), "cd4", targets)
    (bars,) = ax.containers
    assert bars.lines[0].get_xdata() == pytest.approx([0.0, 1.0])
    assert bars.lines[0].get_ydata() == pytest.approx([900.0, 10.0])
    ends = bars.lines[2][0].get_segments()
    assert ends[0][:, 1] == pytest.approx([600.0, 1200.0])


def test_the_bands_are_weighted_percentiles(targets):
    ax = draw_predictive_check(Figure().add_subplot(), cohort(), "cd4", targets)
    median, mean = ax.lines[:2]
    well = cohort().isel(patient=slice(0, 39))
    assert median.get_xdata() == pytest.approx(MONTHS)
    assert mean.get_ydata() == pytest.approx(np.average(well["cd4"].values, axis=0, weights=well["weight"].values))


def test_only_readouts_with_points_get_a_panel(targets):
    assert checked_readouts(cohort(), targets) == ["cd4"]
    assert [ax.axison for ax in predictive_check_figure(cohort(), targets).axes] == [True]
    with pytest.raises(DataError, match="no target can be drawn"):
        predictive_check_figure(cohort(), targets[1:2])


def test_texts_neither_collide_nor_leave_the_figure(report, targets):
    for figure in (forest_figure(report), predictive_check_figure(cohort(), targets)):
        assert collisions(figure) == []
        assert outside(figure) == []
