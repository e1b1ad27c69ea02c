"""Figures of fits draw what was found: courses with data, profiles with their ends, optima, forecasts with arrows."""

import datetime

import numpy as np
import pytest
from matplotlib.figure import Figure

from immunosim.ensembles.survival import EventTimes
from immunosim.fitting.conclusions.recovery import Return
from immunosim.fitting.conclusions.recovery_by_visit import Update
from immunosim.fitting.search.profiles import Profile
from immunosim.observations import Measurement
from immunosim.plots.fit_courses import MOST_PATIENTS, FittedCourse, course_figure, courses_figure, draw_course
from immunosim.plots.fits import draw_profile
from immunosim.plots.forecasts import draw_goal, forecast_figure, pooled_figure
from immunosim.plots.style import GREY, ORANGE, VERMILION
from immunosim.scenario.time_reference import DAY_0, TimeReference

MONTH = 30.4375
TIMES = np.linspace(0.0, 12 * MONTH, 25)
LABELS = {"cd4": "CD4 T cells (cells/µL)", "cd19": "B cells (cells/µL)"}


def axes():
    return Figure().add_subplot()


def course(name="a", analytes=("cd4", "cd19")):
    bands = {one: np.stack([TIMES, TIMES + 10.0, TIMES + 20.0]) for one in analytes}
    measured = [
        Measurement(name, 30.0, "cd4", 50.0),
        Measurement(name, 60.0, "cd4", 900.0),
        Measurement(name, 90.0, "cd19", 10.0, is_below=True),
    ]
    return FittedCourse(name, measured, TIMES, bands)


def test_what_is_below_quantification_is_an_open_triangle_at_the_limit():
    ax = draw_course(axes(), course().of("cd19"), TIMES, course().bands["cd19"])
    mark = next(line for line in ax.get_lines() if line.get_marker() == "v")
    assert (mark.get_xdata()[0], mark.get_ydata()[0]) == (90.0 / MONTH, 10.0)
    assert mark.get_markerfacecolor() == "white"


def test_a_range_is_a_bar_as_long_as_it_was_reported():
    spread = np.log(0.8 / 0.7) / np.sqrt(12.0)
    one = Measurement("a", 30.0, "lymphocytes", np.sqrt(0.7 * 0.8), spread=spread)
    ax = draw_course(axes(), [one], TIMES, course().bands["cd4"])
    np.testing.assert_allclose(ax.get_lines()[-1].get_ydata(), [0.7, 0.8])


def test_the_course_has_a_panel_for_each_analyte_with_its_unit():
    labels = [ax.get_ylabel() for ax in course_figure(course(), LABELS).axes]
    assert labels == ["CD4 T cells (cells/µL)", "B cells (cells/µL)"]


def test_the_caption_says_how_many_measurements_are_drawn():
    assert course_figure(course(), LABELS, "footer")._supxlabel.get_text() == "n = 3 measurements. footer"


def test_patients_stand_below_one_another_on_one_scale_that_holds_all_values():
    figure = courses_figure([course("a"), course("b", ("cd4",))], LABELS)
    assert [ax.get_ylabel() for ax in figure.axes] == ["a", "", "b", ""]
    assert figure.axes[0].get_ylim() == figure.axes[2].get_ylim()
    assert figure.axes[0].get_ylim()[1] > 900.0
    assert not figure.axes[3].get_lines()


def test_a_page_says_how_many_patients_it_leaves_out():
    figure = courses_figure([course(f"P{k}") for k in range(MOST_PATIENTS + 1)], LABELS, "footer")
    assert f"The first {MOST_PATIENTS} of {MOST_PATIENTS + 1} patients. footer" in figure._supxlabel.get_text()


def test_a_profile_marks_the_ends_of_its_interval_and_no_end_where_it_is_open():
    values = np.geomspace(0.1, 10.0, 9)
    profile = Profile(
        name="x",
        unit="1/day",
        values=values,
        rise=np.log(values) ** 2,
        rise_with_prior=1.5 * np.log(values) ** 2,
        best=1.0,
        threshold=1.35,
        low=0.3,
        high=np.nan,
        low_with_prior=0.4,
        high_with_prior=2.5,
        lower=0.1,
        upper=10.0,
        others=values[:, np.newaxis],
    )
    ax = draw_profile(axes(), profile)
    ends = {line.get_color(): [] for line in ax.get_lines()}
    for line in ax.get_lines():
        if len(line.get_xdata()) == 2 and line.get_xdata()[0] == line.get_xdata()[1]:
            ends[line.get_color()].append(line.get_xdata()[0])
    assert (ends[ORANGE], ends[GREY]) == ([0.3], [0.4, 2.5])
    (threshold,) = [line for line in ax.get_lines() if line.get_color() == VERMILION]
    assert threshold.get_ydata()[0] == 1.35
    assert ax.get_xscale() == "log"


def forecast(day, n_visits, back, months=12):
    """Return a forecast of one goal, of a patient who is simulated for some months."""
    return Update(day, n_visits, 4, (back,), horizon=months * MONTH)


def updates():
    never = Return("cd4", "400 cells/uL", 8 * MONTH, np.inf, np.inf, 0.3)
    soon = Return("cd4", "400 cells/uL", 6 * MONTH, 7 * MONTH, 9 * MONTH, 1.0)
    return [forecast(0.0, 0, never), forecast(3 * MONTH, 1, soon)]


def test_an_interval_beyond_the_horizon_is_an_arrow_and_has_no_median():
    ax = draw_goal(axes(), updates(), 0)
    medians, arrows = ax.get_lines()[:2]
    assert np.isnan(medians.get_ydata()[0])
    assert medians.get_ydata()[1] == pytest.approx(7.0)
    assert arrows.get_xdata().tolist() == [0]
    assert arrows.get_ydata().tolist() == [pytest.approx(12.0)]


def test_forecasts_are_labelled_by_their_visit():
    (ax,) = forecast_figure(updates()).axes
    assert [label.get_text() for label in ax.get_xticklabels()] == ["priors\nalone", "3.0"]
    assert ax.get_title(loc="left") == "cd4 above 400 cells/µL"


def test_a_forecast_is_titled_by_the_label_of_its_read_out_and_says_n():
    soon = Return("cd4", "0.2e9/L", 6 * MONTH, 7 * MONTH, 9 * MONTH, 1.0, "CD4 T cells")
    figure = forecast_figure([forecast(3 * MONTH, 2, soon)], "footer")
    assert figure.axes[0].get_title(loc="left") == "CD4 T cells above 0.2 × 10⁹/L"
    assert figure._supxlabel.get_text() == "n = 2 visits, 4 measurements. footer"


def drawn_once(reference=DAY_0):
    times = EventTimes(np.array([6.0, 8.0, 24.0]) * MONTH, np.array([True, True, False]), n_failed=2)
    back = Return("cd4", "400 cells/uL", 6 * MONTH, 8 * MONTH, np.inf, 2 / 3, reference=reference, times=times)
    return forecast_figure([forecast(3 * MONTH, 2, back)], "footer")


def test_a_single_forecast_is_the_curve_of_its_draws_with_their_numbers():
    figure = drawn_once()
    (ax,) = figure.axes
    assert ax.lines[0].get_xdata() == pytest.approx([0.0, 6.0, 8.0, 24.0])
    assert ax.lines[0].get_ydata() == pytest.approx([0.0, 1 / 3, 2 / 3, 2 / 3])
    assert "median month 8.0; 2 of 3 draws, 2 failed" in [text.get_text() for text in ax.texts]
    assert "Kaplan-Meier over the draws" in figure._supxlabel.get_text()


def test_a_curve_of_draws_counts_from_the_last_course_and_gives_the_date_of_its_median():
    (ax,) = drawn_once(TimeReference(2 * MONTH, datetime.date(2020, 1, 1))).axes
    assert ax.lines[0].get_xdata() == pytest.approx([-2.0, 4.0, 6.0, 22.0])
    assert "median month 6.0 (2020-08-31); 2 of 3 draws, 2 failed" in [text.get_text() for text in ax.texts]


def test_several_patients_are_one_curve_of_their_draws_by_each_last_course():
    latest = []
    for start in (0.0, 2 * MONTH):
        days = start + np.array([6.0, 8.0, 24.0]) * MONTH
        times = EventTimes(days, np.array([True, True, False]), start)
        back = Return("cd4", "400 cells/uL", *days, 2 / 3, reference=TimeReference(start), times=times)
        latest.append(forecast(3 * MONTH, 2, back))
    figure = pooled_figure(latest, "footer")
    (ax,) = figure.axes
    assert ax.lines[0].get_xdata() == pytest.approx([0.0, 6.0, 8.0, 24.0])
    assert ax.lines[0].get_ydata() == pytest.approx([0.0, 1 / 3, 2 / 3, 2 / 3])
    texts = [text.get_text() for text in ax.texts]
    assert "median month 8.0; 4 of 6 draws" in texts
    assert {"6", "2"} <= set(texts)  # at risk at first, and after all who recover
    assert figure._supxlabel.get_text().startswith("n = 2 patients, 4 visits. ")


def test_the_horizon_of_each_forecast_is_drawn():
    never = Return("cd4", "400 cells/uL", 8 * MONTH, np.inf, np.inf, 0.3)
    ax = draw_goal(axes(), [forecast(0.0, 0, never), forecast(3 * MONTH, 1, never, months=24)], 0)
    arrows, horizons = ax.get_lines()[1:3]
    assert arrows.get_ydata() == pytest.approx([12.0, 24.0])
    assert horizons.get_ydata() == pytest.approx([12.0, 12.0, 24.0, 24.0])


def test_visits_are_dated_and_count_from_the_last_course():
    reference = TimeReference(MONTH, datetime.date(2020, 1, 1))
    back = Return("cd4", "400 cells/uL", 6 * MONTH, 7 * MONTH, 9 * MONTH, 1.0, reference=reference)
    (ax,) = forecast_figure([forecast(0.0, 0, back), forecast(3 * MONTH, 1, back)]).axes
    assert [label.get_text() for label in ax.get_xticklabels()] == ["priors\nalone", "2.0\n2020-04-01"]
    assert ax.lines[0].get_ydata() == pytest.approx([6.0, 6.0])
    assert ax.get_ylabel() == "month of recovery after the last course"


def test_where_all_come_back_nothing_is_drawn_outside_the_panels():
    ax = draw_goal(axes(), updates()[1:], 0)
    assert all(line.get_clip_on() for line in ax.get_lines())
