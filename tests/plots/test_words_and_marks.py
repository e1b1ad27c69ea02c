"""What figures say in a word or show by a mark: a net change, a recovery beyond the horizon, a failed search."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from immunosim.attribution import Explanation, explain
from immunosim.fitting.conclusions.recovery import Return
from immunosim.fitting.conclusions.recovery_by_visit import Update
from immunosim.fitting.search.profiles import Profile
from immunosim.plots.fits import LEAST_RISE, draw_profile, profile_figure, waterfall_figure
from immunosim.plots.forecasts import MOST_LABELS, draw_goal, forecast_figure
from immunosim.plots.style import BLUE, GREY
from immunosim.plots.why import draw_contributions, draw_readout, named
from immunosim.scenario import build_scenario
from immunosim.simulation import simulate

MONTH = 30.4375
COURSE = {"drug": "antibody", "start": "0 days", "dose": "30 mg", "infusion": "4 h"}


@pytest.fixture
def ax() -> Axes:
    return Figure().add_subplot()


@pytest.fixture(scope="module")
def explained() -> Explanation:
    return explain(
        simulate(build_scenario({"model": "teaching", "horizon": "60 days", "course": [COURSE]})), "t_cells", 60.0
    )


# --- why -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("share", "is_zero"), [(1e-7, True), (0.01, False), (-0.01, False)])
def test_a_net_change_is_zero_only_where_it_is_rounding(
    ax: Axes, explained: Explanation, share: float, is_zero: bool
) -> None:
    highest = float(np.abs(explained.values).max())
    changed = replace(explained, after=explained.before + share * highest)
    draw_contributions(ax, changed, changed.contributions)
    legend = ax.get_legend()
    assert legend is not None
    said = legend.get_texts()[-1].get_text()
    assert said.endswith(": 0") is is_zero


def test_a_limit_above_the_curve_is_inside_the_axis(ax: Axes, explained: Explanation) -> None:
    draw_readout(ax, explained, 5000.0)
    assert ax.get_ylim()[1] > 5000.0
    assert ax.get_ylim()[0] == 0.0


@pytest.mark.parametrize(("n", "last"), [(2, "others"), (3, None), (9, None)])
def test_what_is_not_named_is_added_up_under_one_name(explained: Explanation, n: int, last: str | None) -> None:
    parts = explained.contributions
    found = named(parts, n)
    assert sum(item.value for item in found) == pytest.approx(sum(item.value for item in parts), rel=1e-12)
    if last and len(parts) > n + 1:
        assert found[-1].name == last
        assert found[-1].label == f"{len(parts) - n} others"


def test_a_single_one_that_is_left_over_keeps_its_own_label(explained: Explanation) -> None:
    parts = explained.contributions
    ranked = sorted(parts, key=lambda item: -float(np.abs(item.series).max()))
    assert named(parts, len(parts) - 1)[-1].label == ranked[-1].label


# --- forecasts -------------------------------------------------------------------------------------------------------


def update(k: int, low: float, median: float, high: float, share: float = 1.0) -> Update:
    return Update(30.0 * k, k, k, (Return("t_cells", "700 cells/uL", low, median, high, share),), horizon=365.0)


def test_an_arrow_stands_where_the_interval_is_open_though_the_median_is_known(ax: Axes) -> None:
    updates = [update(0, 60.0, 90.0, np.inf, 0.9), update(1, 60.0, 90.0, 120.0)]
    draw_goal(ax, updates, 0)
    medians, arrows = ax.get_lines()[:2]
    assert medians.get_ydata() == pytest.approx([90.0 / MONTH] * 2)
    assert np.asarray(arrows.get_xdata()).tolist() == [0]
    (bars,) = (one for one in ax.collections if len(one.get_paths()) == 2)
    assert bars.get_paths()[0].vertices[:, 1] == pytest.approx([60.0 / MONTH, 365.0 / MONTH])


@pytest.mark.parametrize(("share", "is_said"), [(0.37, True), (1.0, False)])
def test_the_probability_of_recovery_is_said_where_it_is_not_certain(ax: Axes, share: float, is_said: bool) -> None:
    draw_goal(ax, [update(0, 60.0, 90.0, 120.0, share)], 0)
    said = " ".join(text.get_text() for text in ax.texts)
    assert ("37%" in said) is is_said


@pytest.mark.parametrize("n", [1, MOST_LABELS, MOST_LABELS + 1, 5 * MOST_LABELS])
def test_visits_are_labelled_up_to_a_dozen(n: int) -> None:
    figure = forecast_figure([update(k, 60.0, 90.0, 120.0) for k in range(n)])
    labels = figure.axes[-1].get_xticklabels()
    assert 1 <= len(labels) <= MOST_LABELS
    assert labels[0].get_text() == "priors\nalone"


# --- fits ------------------------------------------------------------------------------------------------------------


def estimate(*ends: tuple[float, bool]) -> Any:
    searches = [SimpleNamespace(value=value, is_converged=converged) for value, converged in ends]
    posterior = SimpleNamespace(n_measurements=8)
    return SimpleNamespace(
        posterior=posterior, searches=searches, n_failed=sum(not np.isfinite(one.value) for one in searches)
    )


def test_searches_are_drawn_above_the_best_and_the_failed_are_counted() -> None:
    figure = waterfall_figure(estimate((5.0, True), (5.0, True), (7.0, False), (np.inf, False)))
    (ax,) = figure.axes
    converged, stopped = ax.get_lines()
    assert np.asarray(converged.get_xdata()).tolist() == [1, 2]
    assert np.asarray(converged.get_ydata()).tolist() == [LEAST_RISE, LEAST_RISE]
    assert np.asarray(stopped.get_ydata()).tolist() == [2.0]
    assert "1 of 4 failed" in ax.get_xlabel()
    assert "n = 8 measurements." in figure._supxlabel.get_text()  # type: ignore[attr-defined]


def profile(rise: np.ndarray, lower: float = 0.1) -> Profile:
    values = np.geomspace(0.1, 10.0, rise.size)
    ends = dict.fromkeys(("low", "high", "low_with_prior", "high_with_prior"), np.nan)
    curves = {"values": values, "rise": rise, "rise_with_prior": 2.0 * rise, "others": values[:, np.newaxis]}
    return Profile(name="x", unit="1/day", best=1.0, threshold=1.35, lower=lower, upper=10.0, **curves, **ends)


def test_a_profile_leaves_out_values_that_could_not_be_fitted(ax: Axes) -> None:
    draw_profile(ax, profile(np.array([3.0, np.nan, 0.0, np.inf, 3.0])))
    by_data, with_prior = (next(line for line in ax.get_lines() if line.get_color() == one) for one in (BLUE, GREY))
    assert np.asarray(by_data.get_ydata()).tolist() == [3.0, 0.0, 3.0]
    assert np.asarray(with_prior.get_ydata()).tolist() == [6.0, 0.0, 6.0]
    assert ax.get_xlabel() == "1/day"


@pytest.mark.parametrize(("lower", "scale"), [(0.1, "log"), (0.0, "linear"), (-1.0, "linear")])
def test_a_profile_is_logarithmic_where_every_value_is_positive(ax: Axes, lower: float, scale: str) -> None:
    draw_profile(ax, profile(np.array([1.0, 0.0, 1.0]), lower))
    assert ax.get_xscale() == scale


def test_places_without_a_profile_are_empty() -> None:
    figure = profile_figure({"a": profile(np.array([1.0, 0.0]))}, {"a": "A: identifiable"})
    assert [axes.axison for axes in figure.axes] == [True, False, False]
