"""Incidence and visits of a cohort: weighted curves and boxes, groups, published points, and what is refused."""

import numpy as np
import pytest
from cohorts.hand_made import MONTH, cohort
from figure_layout import collisions, outside
from matplotlib.figure import Figure

from immunosim.cohorts.incidence import kaplan_meier
from immunosim.cohorts.intervals import Bootstrap
from immunosim.cohorts.request import StatisticRequest
from immunosim.cohorts.target_report import applicable
from immunosim.cohorts.targets import read_targets
from immunosim.errors import DataError
from immunosim.plots.cohorts import CohortPlot, chosen_plot, cohort_figure, draw_incidence, draw_visits, events_of
from immunosim.plots.cohorts.groups import groups_of
from immunosim.plots.style import VERMILION

TEXT = """
cohort = "trial"

[source]
citation = "Someone 2020"

[[target]]
name = "hazard by 6 months"
statistic = "risk"
hazard = "hazard"
time = "6 months"
value = 20
unit = "%"
standard_error = 5
scale = "linear"

[[target]]
name = "back"
statistic = "median_time"
readout = "cd4"
level = "400 cells/uL"
start = "1 month"
value = 12
unit = "month"
sigma = 0.1

[[target]]
name = "untreated"
statistic = "mean"
readout = "cd4"
time = "0 days"
value = 900
unit = "cells/uL"
sigma = 0.1

[[target]]
name = "untreated SD"
statistic = "sd"
readout = "cd4"
time = "0 days"
value = 300
unit = "cells/uL"
sigma = 0.1
"""
BACK = StatisticRequest(statistic="incidence", endpoint="back")


@pytest.fixture(scope="module")
def targets(tmp_path_factory):
    path = tmp_path_factory.mktemp("targets") / "targets.toml"
    path.write_text(TEXT)
    return read_targets(path)


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_the_curve_is_the_weighted_kaplan_meier_estimate_of_those_who_did_not_fail():
    dataset = cohort()
    ax = draw_incidence(Figure().add_subplot(), dataset, BACK, bootstrap=Bootstrap(n=0))
    well = dataset.isel(patient=slice(0, 39))
    has_event = np.isfinite(well["back"].values)
    days = np.where(has_event, well["back"].values, 24.0 * MONTH)
    expected = kaplan_meier(days, has_event, well["weight"].values)
    (line,) = [line for line in ax.lines if line.get_label() == "simulated"]
    assert line.get_ydata()[-1] == pytest.approx(expected.at(24.0 * MONTH))
    assert line.get_xdata()[-1] == pytest.approx(24.0)
    assert "1 patient failed and is not shown." in " ".join(texts(ax)[-1].split())


def test_numbers_at_risk_are_weighted():
    ax = draw_incidence(Figure().add_subplot(), cohort(), BACK, bootstrap=Bootstrap(n=0))
    at_start = [text for text in ax.texts if text.get_text() == "35"]
    assert at_start  # 35 patients of weight 1, four of weight 0.05


def test_strata_have_curves_of_their_own_with_their_numbers():
    ax = draw_incidence(Figure().add_subplot(), cohort(), BACK, "stratum", bootstrap=Bootstrap(n=20))
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["poor depleters (2 of 4)", "ordinary (17 of 35)"]
    assert len(ax.collections) == 2


def test_a_hazard_is_an_event_with_published_points(targets):
    request = events_of(cohort(), targets)["hazard"]
    ax = draw_incidence(Figure().add_subplot(), cohort(), request, targets=targets, bootstrap=Bootstrap(n=0))
    (bars,) = ax.containers
    assert bars.lines[0].get_xdata() == pytest.approx([6.0])
    assert bars.lines[2][0].get_segments()[0][:, 1] == pytest.approx([0.102, 0.298], abs=1e-3)


def test_competing_events_lower_the_incidence(targets):
    request = events_of(cohort(), targets)["hazard"]
    alone, both = (
        draw_incidence(Figure().add_subplot(), cohort(), chosen, bootstrap=Bootstrap(n=0))
        for chosen in (request, request.model_copy(update={"competing": ("back",)}))
    )
    assert both.lines[0].get_ydata()[-1] < alone.lines[0].get_ydata()[-1]
    assert "Aalen-Johansen" in texts(both)[-1]


def test_numbers_are_divided_into_thirds_by_weight():
    groups = groups_of(cohort(), "age")
    assert [name for name, _ in groups] == ["below 35.4", "35.4 to 47.7", "47.7 or more"]
    shares = np.array([group.weight.sum() for _, group in groups])
    assert shares / shares.sum() == pytest.approx([1 / 3] * 3, abs=0.03)  # whole patients


def test_an_unknown_column_is_refused_with_close_matches():
    with pytest.raises(DataError, match='no column "smokers"') as caught:
        groups_of(cohort(), "smokers")
    assert "smoker" in caught.value.cure


def test_boxes_are_weighted_percentiles_at_the_published_days(targets):
    ax = draw_visits(Figure().add_subplot(), cohort(), "cd4", targets=targets)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0"]
    (bars,) = ax.containers
    assert bars.lines[0].get_ydata() == pytest.approx([900.0])
    assert bars.lines[2][0].get_segments()[0][:, 1] == pytest.approx([600.0, 1200.0])
    assert bars.lines[0].get_color() == VERMILION


def test_without_published_numbers_each_time_of_the_cohort_is_a_visit():
    ax = draw_visits(Figure().add_subplot(), cohort(), "cd4", "stratum")
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0", "1", "6", "11.75", "24"]
    assert ax.patches[0].get_facecolor()[:3] != ax.patches[5].get_facecolor()[:3]


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (CohortPlot("visits", "cd4", competing=("hazard",)), "does not apply to a figure of the kind visits"),
        (CohortPlot("kaplan_meier", "peak"), 'holds no "peak"'),
        (CohortPlot("bands", "cd"), 'holds no "cd"'),
        (CohortPlot("forest"), "a forest needs targets"),
    ],
)
def test_what_a_kind_does_not_show_is_refused(asked, reason):
    with pytest.raises(DataError, match=reason):
        chosen_plot(cohort(), asked)


def test_kinds_are_chosen_from_what_is_named(targets):
    assert chosen_plot(cohort(), CohortPlot("")) == CohortPlot("bands", "cd4")
    assert chosen_plot(cohort(), CohortPlot("", "back")).kind == "kaplan_meier"
    assert chosen_plot(cohort(), CohortPlot("", color="smoker")).kind == "visits"
    assert chosen_plot(cohort(), CohortPlot("bands"), targets) == CohortPlot("bands")


def test_targets_of_another_cohort_or_of_what_was_not_kept_do_not_apply(targets, tmp_path):
    assert applicable(targets, cohort().assign_attrs(cohort="trial")) == targets
    assert [target.record.name for target in applicable(targets, cohort().drop_vars("hazard"))] == [
        target.record.name for target in targets[1:]
    ]
    with pytest.raises(DataError, match="none of the targets"):
        applicable(targets, cohort().assign_attrs(cohort="another"))
    other = tmp_path / "other.toml"
    other.write_text(TEXT.replace('"trial"', '"registry"'))
    with pytest.raises(DataError, match="cohorts registry, trial"):
        applicable([*targets, *read_targets(other)], cohort())


@pytest.mark.parametrize(
    "plot",
    [
        CohortPlot("kaplan_meier", "back", "stratum"),
        CohortPlot("kaplan_meier", "cd4"),
        CohortPlot("visits", "cd4", "age"),
        CohortPlot("bands", "cd4"),
    ],
)
def test_texts_neither_collide_nor_leave_the_figure(plot, targets):
    figure = cohort_figure(cohort(), plot, targets, "Research and teaching software, not a medical device.")
    assert collisions(figure) == []
    assert outside(figure) == []
