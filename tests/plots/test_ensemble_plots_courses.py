"""Bands are the quantiles over the patients that did not fail; spaghetti are some of them, the same ones every time."""

import json

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from synthetic_ensembles import ensemble

from immunosim.errors import DataError
from immunosim.plots.ensembles import Threshold, draw_bands, draw_spaghetti
from immunosim.plots.ensembles import courses as courses_module
from immunosim.plots.ensembles.thinning import chosen_rows

N = 1000


def notes(ax):
    return " ".join(text.get_text().replace("\n", " ") for text in ax.texts)


def axes():
    return Figure().add_subplot()


@pytest.fixture
def found():
    """Return a thousand courses that rise at random speeds, of which the first twenty fail."""
    generator = np.random.default_rng(7)
    speed = generator.lognormal(size=N)
    course = 100.0 * speed[:, np.newaxis] * np.array([1.0, 2.0, 3.0, 4.0])
    status = np.where(np.arange(N) < 20, 3, 0)
    columns = {"speed_rate": speed, "sex": np.arange(N) % 2}
    return ensemble(
        columns, {"peak": speed}, {"cd4": course}, status=status, log=["speed_rate"], choices={"sex": "female male"}
    )


def test_bands_are_quantiles_over_the_patients_that_did_not_fail(found):
    ax = draw_bands(axes(), found, "cd4")
    expected = np.quantile(found["cd4"].values[20:], (0.05, 0.25, 0.5, 0.75, 0.95), axis=0)
    outer, inner = (one.get_paths()[0].vertices for one in ax.collections)
    assert np.array_equal(ax.get_lines()[0].get_ydata(), expected[2])
    for band, (low, high) in ((outer, expected[[0, 4]]), (inner, expected[[1, 3]])):
        assert set(low) | set(high) == set(band[:, 1])
    assert ax.get_title(loc="left") == "Cd4, 980 patients"
    assert "20 of 1,000 patients failed and are not shown." in notes(ax)


def test_time_is_drawn_in_months(found):
    ax = draw_bands(axes(), found, "cd4")
    assert ax.get_lines()[0].get_xdata()[-1] == pytest.approx(365.0 / 30.4375)
    assert ax.get_xlabel() == "Months since day 0"


def test_limits_are_labelled_lines(found):
    ax = draw_bands(axes(), found, "cd4", [Threshold(400.0, "LLN"), Threshold(200.0, "severe")])
    assert sorted(line.get_ydata()[0] for line in ax.get_lines()[1:]) == [200.0, 400.0]
    assert {"LLN 400", "severe 200"} <= {text.get_text() for text in ax.texts}


def test_of_many_patients_some_are_taken_and_it_is_said(found, monkeypatch):
    monkeypatch.setattr(courses_module, "MOST_VALUES", 400)
    ax = draw_bands(axes(), found, "cd4")
    assert "Quantiles over 100 of 980 patients, drawn with seed 1." in notes(ax)


def test_spaghetti_draw_two_hundred_courses_and_the_median_of_all(found):
    ax = draw_spaghetti(axes(), found, "cd4")
    (lines,) = (one for one in ax.collections if isinstance(one, LineCollection))
    drawn = {tuple(segment[:, 1]) for segment in lines.get_segments()}
    assert len(drawn) == 200
    assert drawn <= {tuple(course) for course in found["cd4"].values[20:]}
    assert np.array_equal(ax.get_lines()[-1].get_ydata(), np.median(found["cd4"].values[20:], axis=0))
    assert "200 courses of 980, chosen evenly over the order of the design with seed 1." in notes(ax)


def test_coloured_courses_are_even_over_the_quantity(found):
    ax = draw_spaghetti(axes(), found, "cd4", "speed_rate", most=49)
    (lines,) = (one for one in ax.collections if isinstance(one, LineCollection))
    drawn = np.sort([segment[0, 1] for segment in lines.get_segments()])
    ranks = np.searchsorted(np.sort(found["cd4"].values[20:, 0]), drawn)
    assert np.array_equal(ranks // 20, np.arange(49))  # one of each twenty
    assert ax.figure.axes[1].get_yscale() == "log"
    assert len({tuple(colour) for colour in lines.get_colors()}) > 40


def test_choices_have_colours_and_names(found):
    ax = draw_spaghetti(axes(), found, "cd4", "sex")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["median of all patients", "female", "male"]


def test_few_courses_are_all_drawn(found):
    ax = draw_spaghetti(axes(), found.isel(sample=slice(15, 30)), "cd4")
    assert "The courses of all 10 patients." in notes(ax)


@pytest.mark.parametrize("draw", [draw_bands, draw_spaghetti])
def test_what_has_no_course_is_refused(found, draw):
    with pytest.raises(DataError, match='"peak" is an endpoint, which has no time course'):
        draw(axes(), found, "peak")
    with pytest.raises(DataError, match="was stored at 1 time"):
        draw(axes(), found.isel(time=[0]), "cd4")
    with pytest.raises(DataError, match="all 20 patients failed"):
        draw(axes(), found.isel(sample=slice(0, 20)), "cd4")
    with pytest.raises(DataError, match="different output times"):
        draw(axes(), found.drop_vars("time"), "cd4")


def test_a_wide_spread_has_a_logarithmic_axis(found):
    found["cd4"] = found["cd4"] ** 3
    found["cd4"].attrs.update(kind="read-out", units="1", long_name="clone")
    assert draw_bands(axes(), found, "cd4").get_yscale() == "log"
    assert draw_bands(axes(), found, "cd4", [Threshold(1.0, "LLN")]).get_yscale() == "linear"


def test_chosen_rows_are_even_and_the_same_every_time():
    rows = np.arange(1003)
    found = chosen_rows(rows, 100)
    assert np.array_equal(found, chosen_rows(rows, 100))
    assert np.array_equal((found * 100 + 99) // 1003, np.arange(100))
    assert not np.array_equal(found, chosen_rows(rows, 100, seed=2))
    assert np.array_equal(chosen_rows(rows, 2000), rows)


def test_a_figure_says_where_times_hide_what_counts_do_after_a_dose(found):
    document = {"horizon": "365 days", "course": [{"start": "0 days", "dose": "12 mg"}]}
    plan = {"document": document, "factors": []}
    dosed = found.assign_attrs(plan=json.dumps(plan))
    hidden = "Output times after a dose are up to 100 days apart; changes between them are not shown."
    assert hidden in notes(draw_bands(axes(), dosed, "cd4"))
    assert hidden in notes(draw_spaghetti(axes(), dosed, "cd4"))
    moved = {"key": "course.1.start", "low": 0.0, "high": 100.0, "unit": "day", "parameter": "", "choices": []}
    late = found.assign_attrs(plan=json.dumps(plan | {"factors": [moved]}))
    assert "Output times after a dose are up to" in notes(draw_bands(axes(), late, "cd4"))
    untreated = found.assign_attrs(plan=json.dumps({"document": {"horizon": "365 days"}, "factors": []}))
    for quiet in (found, untreated, found.assign_attrs(plan="no plan"), found.assign_attrs(scenarios='["x ="]')):
        assert "after a dose" not in notes(draw_bands(axes(), quiet, "cd4"))
