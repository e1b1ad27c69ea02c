"""Figures that check fits: equality, residuals, percentiles with censoring, pairs with priors, shrinkage."""

from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.figure import Figure

from immunosim.fitting import FreeParameter
from immunosim.fitting.conclusions.predictive import Predictive
from immunosim.fitting.conclusions.visual_check import visual_checks
from immunosim.observations import Measurement
from immunosim.plots.fit_checks import (
    draw_censored_fraction,
    draw_normal,
    draw_observed_predicted,
    draw_visual_check,
    observed_predicted_figure,
    residual_figure,
    visual_check_figure,
)
from immunosim.plots.fit_pairs import draw_marginal, draw_shrinkage, pairs_figure, shrinkage_figure

LABELS = {"cd4": "CD4 T cells (cells/µL)", "cd19": "B cells (cells/µL)"}


def axes():
    return Figure().add_subplot()


@pytest.fixture
def found():
    """Return ten patients at two visits; B cells below 10 are censored."""
    generator = np.random.default_rng(1)
    measured, predicted = [], []
    for k in range(10):
        for day, b_cells in ((30.0, 9.0), (90.0, 40.0)):
            for analyte, middle in (("cd4", 100.0), ("cd19", b_cells)):
                value = middle * np.exp(0.2 * generator.normal())
                is_below = analyte == "cd19" and value < 10.0
                measured.append(Measurement(f"P{k}", day, analyte, 10.0 if is_below else value, is_below))
                predicted.append(middle)
    replicates = np.array(predicted) * np.exp(0.2 * generator.normal(size=(200, len(predicted))))
    return Predictive(tuple(measured), np.array(predicted), generator.normal(size=40), replicates)


def test_equality_is_a_line_and_censored_values_are_triangles_at_their_limit(found):
    ax = draw_observed_predicted(axes(), found, "cd19")
    line, known, below = ax.get_lines()
    assert line.get_xdata()[0] == line.get_ydata()[0]
    assert len(known.get_xdata()) + len(below.get_xdata()) == 20
    assert set(below.get_ydata()) == {10.0}
    assert below.get_marker() == "v"


def test_values_above_a_limit_point_up_and_intervals_are_bars(found):
    limits = [{"is_above": True}, {"is_below": True, "lower": 40.0}, {}, {"is_below": True}]
    measured = tuple(Measurement("a", 30.0 * k, "cd4", 90.0, **known) for k, known in enumerate(limits))
    own = Predictive(measured, np.full(4, 100.0), np.array([1.0, 0.0, 0.1, -1.0]), np.full((3, 4), 100.0))
    ax = draw_observed_predicted(axes(), own, "cd4")
    assert [line.get_marker() for line in ax.get_lines()] == ["None", "o", "v", "^"]
    (bar,) = ax.collections[0].get_segments()
    assert bar[:, 1].tolist() == [40.0, 90.0]
    (legend,) = residual_figure(own, LABELS).legends
    shown = [text.get_text() for text in legend.get_texts()]
    assert shown[1:] == ["below quantification (drawn)", "above the limit (drawn)"]
    titles = [ax.get_title(loc="left") for ax in visual_check_figure(visual_checks(own), LABELS).axes]
    assert titles[1:3] == [f"Fraction {kind}: CD4 T cells" for kind in ("below quantification", "above the limit")]


def test_residuals_in_order_stand_against_normal_quantiles(found):
    ax = draw_normal(axes(), found)
    across, up = ax.get_lines()[1].get_data()
    assert np.all(np.diff(up) >= 0.0)
    assert across[0] == pytest.approx(-across[-1])


def test_figures_have_a_panel_for_each_analyte(found):
    titles = [ax.get_title(loc="left") for ax in observed_predicted_figure(found, LABELS).axes]
    assert titles == ["CD4 T cells (cells/µL)", "B cells (cells/µL)"]
    assert len(residual_figure(found, LABELS).axes) == 3
    shown = [ax.get_title(loc="left") for ax in visual_check_figure(visual_checks(found), LABELS).axes]
    assert shown == ["CD4 T cells (cells/µL)", "B cells (cells/µL)", "Fraction below quantification: B cells", ""]


def test_the_legend_of_residuals_has_the_labels_of_the_analytes(found):
    (legend,) = residual_figure(found, LABELS).legends
    shown = [text.get_text() for text in legend.get_texts()]
    assert shown == ["CD4 T cells (cells/µL)", "B cells (cells/µL)", "below quantification (drawn)"]


def test_percentiles_of_the_data_lie_on_those_of_new_data(found):
    check = visual_checks(found)[0]
    ax = draw_visual_check(axes(), check)
    assert len(ax.collections) == 3
    np.testing.assert_array_equal(ax.get_lines()[-1].get_ydata(), check.observed[1])


def test_a_single_patient_is_drawn_on_the_interval_of_a_new_measurement(found):
    chosen = [k for k, one in enumerate(found.measurements) if one.patient == "P0"]
    own = Predictive(
        tuple(found.measurements[k] for k in chosen),
        *(part[..., chosen] for part in (found.predicted, found.residuals, found.replicates)),
    )
    ax = draw_visual_check(axes(), visual_checks(own)[0])
    assert len(ax.collections) == 1
    assert ax.get_lines()[0].get_linestyle() == "None"


def test_the_share_below_quantification_lies_between_none_and_all(found):
    check = visual_checks(found)[1]
    line = draw_censored_fraction(axes(), check).get_lines()[0]
    np.testing.assert_array_equal(line.get_ydata(), check.below)
    assert check.below[0] > check.below[1]


def test_draws_have_their_prior_on_the_diagonal_and_correlations_above():
    generator = np.random.default_rng(2)
    common = generator.normal(size=2000)
    draws = np.exp(np.stack([0.9 * common, common + 0.1 * generator.normal(size=2000)], axis=1))
    parameters = [
        FreeParameter("a_rate", "death rate of cells", "1/day", 1.0, 0.1, 10.0, 1.0, 0.5),
        FreeParameter("b", "share", "1", 1.0, 0.1, 9.0),
    ]
    figure = pairs_figure(draws, parameters, "footer")
    assert figure.axes[1].texts[0].get_text() in ("+0.99", "+1.00")
    assert len(figure.axes[0].get_lines()) == 1
    assert not figure.axes[3].get_lines()
    assert figure.axes[2].get_xlabel() == "death rate\nof cells (1/day)"


def test_a_prior_that_is_the_distribution_of_the_draws_lies_on_their_histogram():
    draws = 2.0 * np.exp(0.1 * np.random.default_rng(3).normal(size=40_000))
    ax = draw_marginal(axes(), draws, FreeParameter("a", "", "1", 2.0, 0.2, 20.0, 2.0, 0.1))
    top = max(patch.get_height() for patch in ax.patches)
    assert ax.get_lines()[0].get_ydata().max() == pytest.approx(top, rel=0.1)


def test_shrinkage_shows_patients_alone_and_together():
    alone = np.array([[1.0], [2.0], [4.0]])
    population = SimpleNamespace(
        arrangement=SimpleNamespace(
            individual=("a_rate",),
            coordinates=SimpleNamespace(parameters=[SimpleNamespace(unit="1/day", label="Death rate")]),
        ),
        patients=("P1", "P2", "P3"),
        places=np.zeros((3, 1), np.int64),
        alone=alone,
        alone_sd=np.full((3, 1), 0.2),
        names=("a_rate",),
        values=np.array([[1.5], [2.0], [3.0]]),
        medians=np.array([2.0]),
        sds=np.array([0.4]),
        shrinkage=np.array([0.25]),
    )
    ax = draw_shrinkage(axes(), population, 0)
    assert ax.get_title() == "Death rate\nshrinkage 25%"
    assert ax.get_lines()[1].get_xdata().tolist() == [1.0, 2.0, 4.0]
    assert ax.get_lines()[2].get_xdata().tolist() == [1.5, 2.0, 3.0]
    labels = [label.get_text() for label in shrinkage_figure(population).axes[0].get_yticklabels()]
    assert labels == ["P1", "P2", "P3"]
