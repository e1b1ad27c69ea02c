"""Pieces of figures on the smallest model and at their edges: nothing, one point, zeros, missing values."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from synthetic_ensembles import ensemble

from immunosim.attribution import compare
from immunosim.errors import DataError
from immunosim.plots.comparison import COLOURS, LETTERS, draw_overlay, draw_strip, label_letters
from immunosim.plots.drawing import (
    Curve,
    label_ends,
    mark_treatments,
    months_of,
    set_log_axis,
    treatment_lines,
    values_of,
)
from immunosim.plots.ensembles import Threshold, draw_bands, draw_spaghetti
from immunosim.plots.ensembles.axes import (
    count_text,
    day_text,
    draw_thresholds,
    failure_note,
    norm_of,
    sentence_case,
    spans_decades,
    with_unit,
)
from immunosim.plots.ensembles.thinning import chosen_rows
from immunosim.plots.fit_courses import FittedCourse, course_figure, courses_figure
from immunosim.plots.named import draw_named
from immunosim.plots.panels import draw_group, draw_relative
from immunosim.plots.style import DAYS, HOURS, MINUTES, MONTHS, TimeUnit, time_unit
from immunosim.plots.text import headline, n_text, plain, wrapped
from immunosim.plots.timeline import draw_timeline, rows_of
from immunosim.scenario import build_scenario
from immunosim.simulation import simulate
from immunosim.trajectory import Trajectory

COURSE = {"drug": "antibody", "start": "0 days", "dose": "30 mg", "infusion": "4 h", "premedication": True}
MONTH = 30.4375


def taught(**changes: Any) -> Trajectory:
    return simulate(build_scenario({"model": "teaching", "horizon": "90 days", "course": [COURSE]} | changes))


@pytest.fixture(scope="module")
def plain_course() -> Trajectory:
    return taught()


@pytest.fixture
def ax() -> Axes:
    return Figure().add_subplot()


# --- panels ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("group", "scale"), [("t_cells", "linear"), ("antibody", "log"), ("cytokine", "log")])
def test_every_kind_of_group_has_its_scale_and_holds_its_curve(
    ax: Axes, plain_course: Trajectory, group: str, scale: str
) -> None:
    draw_group(ax, plain_course, group, {})
    (curve,) = (line for line in ax.get_lines() if len(line.get_xdata()) > 2)
    low, high = ax.get_ylim()
    assert ax.get_yscale() == scale
    assert low <= max(np.asarray(curve.get_ydata())) <= high
    assert ax.get_ylabel()


def test_a_concentration_of_zero_is_below_the_axis_and_not_an_error(ax: Axes) -> None:
    draw_group(ax, taught(course=[]), "antibody", {"antibody_serum": 0.05})
    low, high = ax.get_ylim()
    assert 0.0 < low < 0.05 < high


def test_a_course_begins_with_a_flat_lead_of_three_percent(plain_course: Trajectory) -> None:
    months, values = months_of(plain_course), values_of(plain_course, "t_cells")
    span = months[-1] - months[1]
    assert months[1] - months[0] == pytest.approx(0.03 * span)
    assert values[0] == values[1] == plain_course["t_cells"][0]
    assert months.size == values.size == plain_course.time.size + 1


def test_named_read_outs_are_in_the_legend_by_their_declared_names(ax: Axes, plain_course: Trajectory) -> None:
    assert draw_named(ax, plain_course, ["t_cells", "t_cells_tissue"], {"t_cells": 700.0}) is ax
    legend = ax.get_legend()
    assert legend is not None
    words = [text.get_text() for text in legend.get_texts()]
    assert words[:2] == ["T cells in blood", "T cells in tissue"]
    assert "700" in words[2]
    assert ax.get_ylabel() == "cells/µL"


def test_one_named_read_out_stands_at_the_axis_with_its_unit(ax: Axes, plain_course: Trajectory) -> None:
    draw_named(ax, plain_course, ["t_cells"], {})
    assert ax.get_ylabel() == "T cells in blood [cells/µL]"
    assert ax.get_legend() is None


def test_named_read_outs_of_two_units_do_not_share_a_panel(ax: Axes, plain_course: Trajectory) -> None:
    with pytest.raises(DataError, match="cytokine"):
        draw_named(ax, plain_course, ["t_cells", "cytokine"], {})


@pytest.mark.parametrize(
    ("lowest", "highest", "labels"),
    [
        (0.5, 2.0, ["1"]),
        (1.0, 1000.0, ["1", "10", "100", "1000"]),
        (1e-6, 1e3, ["1e-06", "0.0001", "0.01", "1", "100"]),
    ],
)
def test_decades_are_marked_inside_the_axis(ax: Axes, lowest: float, highest: float, labels: list[str]) -> None:
    set_log_axis(ax, lowest, highest)
    assert [label.get_text() for label in ax.get_yticklabels()] == labels
    assert all(lowest <= tick <= highest for tick in ax.get_yticks())


def test_a_line_without_points_or_without_a_finite_end_has_no_label(ax: Axes) -> None:
    ax.plot([], [], label="empty")
    ax.plot([0.0, 1.0], [1.0, np.nan], label="lost")
    ax.plot([0.0, 1.0], [1.0, 2.0], label="there")
    ax.plot([0.0, 1.0], [1.0, 2.0], label="_hidden")
    assert label_ends(ax) is ax
    assert [text.get_text() for text in ax.texts] == ["there"]


def test_relative_curves_fit_from_the_smallest_of_all_to_the_largest(ax: Axes) -> None:
    times = np.array([0.0, 30.0])
    curves = {"high": np.array([1.0, 50.0]), "low": np.array([1.0, 0.001])}
    drawn = [Curve(name, name, "black") for name in curves]
    draw_relative(ax, Drawn(times, curves), drawn)  # type: ignore[arg-type]
    low, high = ax.get_ylim()
    assert (low, high) == pytest.approx((0.0004, 150.0))


class Drawn(SimpleNamespace):
    """Curves in place of a trajectory."""

    def __init__(self, time: np.ndarray, curves: dict[str, np.ndarray]) -> None:
        super().__init__(time=time, curves=curves, scenario=SimpleNamespace(observed=()))

    def __getitem__(self, name: str) -> np.ndarray:
        found: np.ndarray = self.curves[name]
        return found


def test_named_curves_begin_at_zero_and_end_above_the_highest(ax: Axes, plain_course: Trajectory) -> None:
    draw_named(ax, plain_course, ["t_cells"], {})
    low, high = ax.get_ylim()
    assert low == 0.0
    assert plain_course["t_cells"].max() < high < 2.0 * plain_course["t_cells"].max()


# --- treatments ------------------------------------------------------------------------------------------------------


def test_a_drug_has_one_colour_in_the_strip_whatever_else_is_given() -> None:
    pulse = {"drug": "steroid", "start": "50 days", "dose": "1 g", "doses": 3, "every": "24 h"}
    alone, together = (build_scenario({"model": "teaching", "horizon": "90 days"} | more)
                       for more in ({"dose": [pulse]}, {"dose": [pulse], "course": [COURSE]}))  # fmt: skip
    colours = [{row.label: row.colour for row in rows_of(scenario)} for scenario in (alone, together)]
    (label,) = colours[0]
    assert colours[0][label] == colours[1][label]
    assert len(set(colours[1].values())) == 2


def test_premedication_is_a_hollow_mark_of_its_own_drug() -> None:
    rows = {
        row.label: row
        for row in rows_of(build_scenario({"model": "teaching", "horizon": "90 days", "course": [COURSE]}))
    }
    assert [mark.is_hollow for mark in rows["antibody"].marks] == [False]
    (steroid,) = (row for label, row in rows.items() if label.startswith("steroid"))
    assert [mark.is_hollow for mark in steroid.marks] == [True]


def test_the_strip_of_nothing_is_empty(ax: Axes) -> None:
    scenario = build_scenario({"model": "teaching", "horizon": "90 days"})
    ax.set_xlim(0.0, 3.0)
    assert rows_of(scenario) == []
    assert draw_timeline(ax, scenario) is ax
    assert len(ax.get_lines()) == 0


def test_lines_of_treatment_stand_at_the_first_dose_of_each_course(ax: Axes) -> None:
    pulse = {"drug": "steroid", "start": "30 days", "dose": "1 g", "doses": 3, "every": "24 h", "infusion": "1 h"}
    scenario = taught(course=[COURSE, COURSE | {"start": "60 days"}], dose=[pulse]).scenario
    mark_treatments(ax, scenario)
    assert [line.get_xdata()[0] for line in ax.get_lines()] == pytest.approx([0.0, 60.0 / MONTH, 30.0 / MONTH])
    assert "courses of antibody (solid)" in treatment_lines(scenario)
    assert "pulses of steroid (dotted)" in treatment_lines(scenario)


# --- comparison ------------------------------------------------------------------------------------------------------


def test_a_scenario_has_one_colour_in_all_panels_and_in_the_strip() -> None:
    comparison = compare({"first": taught(), "second": taught(course=[COURSE | {"dose": "10 mg"}])})
    drawn = []
    for readout in ("t_cells", "antibody_serum", "cytokine_level"):
        panel = draw_overlay(Figure().add_subplot(), comparison, readout, {})
        drawn.append({line.get_label(): line.get_color() for line in panel.get_lines()})
    assert drawn[0] == drawn[1] == drawn[2] == dict(zip(LETTERS, COLOURS[:2], strict=False))
    strip = draw_strip(Figure().add_subplot(), comparison)
    labels = {label.get_text(): label.get_color() for label in strip.get_yticklabels()}
    assert labels == drawn[0]


def test_letters_of_equal_curves_stand_in_alphabetical_order(ax: Axes) -> None:
    course = taught()
    draw_overlay(ax, compare({"one": course, "two": course, "three": course}), "t_cells", {})
    label_letters(ax)
    places = {text.get_text(): text.xyann for text in ax.texts}
    assert sorted(places) == ["A", "B", "C"]
    assert places["A"][0] < places["B"][0] < places["C"][0]
    assert places["A"][1] == places["B"][1] == places["C"][1]


def test_letters_of_curves_that_end_close_together_are_in_order_of_the_alphabet(ax: Axes) -> None:
    for end, letter in ((1.02, "A"), (1.0, "B"), (0.5, "C")):
        ax.plot([0.0, 1.0], [1.0, end], color="black", label=letter)
    ax.set_ylim(0.0, 2.0)
    label_letters(ax)
    places = {text.get_text(): text.xyann for text in ax.texts}
    assert places["A"][0] < places["B"][0]
    assert places["A"][1] == places["B"][1] > places["C"][1]
    assert places["C"][0] == places["A"][0]


# --- ensembles -------------------------------------------------------------------------------------------------------


def courses_of(values: np.ndarray, status: np.ndarray | None = None) -> Any:
    return ensemble({"dose": np.arange(len(values)) + 1.0}, {"nadir_cd4": values[:, 0]}, {"cd4": values}, status=status)


@pytest.mark.parametrize("draw", [draw_bands, draw_spaghetti])
def test_a_time_at_which_nobody_has_a_value_is_a_gap(ax: Axes, draw: Any) -> None:
    values = np.full((5, 4), 100.0)
    values[:, 1] = np.nan
    values[0, 2] = np.nan
    assert draw(ax, courses_of(values), "cd4") is ax
    medians = [line.get_ydata() for line in ax.get_lines() if len(line.get_ydata()) == 4]
    assert np.isnan(medians[-1][1])
    assert medians[-1][[0, 2, 3]].tolist() == [100.0, 100.0, 100.0]


@pytest.mark.parametrize("draw", [draw_bands, draw_spaghetti])
def test_a_read_out_without_any_value_is_refused(ax: Axes, draw: Any) -> None:
    with pytest.raises(DataError, match="cd4"):
        draw(ax, courses_of(np.full((5, 4), np.nan)), "cd4")


@pytest.mark.parametrize("draw", [draw_bands, draw_spaghetti])
@pytest.mark.parametrize("values", [np.zeros((3, 4)), np.full((1, 4), 7.0), np.array([[9.0, -1e-9, -1e-9, 9.0]] * 3)])
def test_zeros_one_patient_and_rounding_below_zero_are_drawn_from_zero_up(
    ax: Axes, draw: Any, values: np.ndarray
) -> None:
    draw(ax, courses_of(values), "cd4")
    low, high = ax.get_ylim()
    assert low <= 0.0 < high


def test_the_title_counts_those_that_did_not_fail_and_the_note_those_that_did(ax: Axes) -> None:
    draw_bands(ax, courses_of(np.full((5, 4), 9.0), np.array([0, 1, 0, 0, 1])), "cd4")
    assert "3 patients" in ax.get_title(loc="left")
    assert "2 of 5 patients failed" in " ".join(text.get_text().replace("\n", " ") for text in ax.texts)


def test_a_level_of_zero_has_no_place_on_a_logarithmic_axis(ax: Axes) -> None:
    ax.set_yscale("log")
    ax.set_ylim(0.01, 10.0)
    draw_thresholds(ax, [Threshold(0.0, "none"), Threshold(1.0, "limit")])
    assert [text.get_text() for text in ax.texts] == ["limit 1"]


def test_levels_that_are_close_have_labels_that_are_not(ax: Axes) -> None:
    ax.set_ylim(0.0, 100.0)
    draw_thresholds(ax, [Threshold(50.0, "b"), Threshold(49.9, "a"), Threshold(90.0, "c")])
    heights = [text.xy[1] + text.xyann[1] * 100.0 / 230.0 for text in ax.texts]
    assert [text.get_text()[0] for text in ax.texts] == ["a", "b", "c"]
    assert min(np.diff(heights)) * 2.3 >= 9.0 - 1e-9


@pytest.mark.parametrize("is_log", [False, True])
def test_colours_of_one_value_are_defined(is_log: bool) -> None:
    norm = norm_of(np.array([np.nan, 5.0, 5.0]), is_log)
    assert norm.vmin is not None
    assert norm.vmax is not None
    assert 0.0 <= float(norm(5.0)) <= 1.0


def test_a_logarithmic_scale_of_colours_leaves_zeros_out() -> None:
    norm = norm_of(np.array([0.0, 1.0, 1000.0]), is_log=True)
    assert (norm.vmin, norm.vmax) == (1.0, 1000.0)
    assert not spans_decades(np.array([0.0, 1.0, 1000.0]))
    assert spans_decades(np.array([1.0, np.nan, 1000.0]))
    assert not spans_decades(np.array([np.nan]))


@pytest.mark.parametrize(("n", "most"), [(10, 10), (11, 10), (1000, 7), (3, 1), (0, 5)])
def test_chosen_patients_are_spread_over_the_order(n: int, most: int) -> None:
    rows = chosen_rows(np.arange(n), most)
    assert rows.size == min(n, most)
    assert (np.diff(rows) > 0).all()
    for part, row in enumerate(rows if n > most else []):
        assert part * n // most <= row < (part + 1) * n // most


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (count_text(1), "1 patient"),
        (count_text(2048, "cell"), "2,048 cells"),
        (with_unit("CD4 cells", "1"), "CD4 cells"),
        (with_unit("lymphocytes", "1e9/L"), "Lymphocytes [10⁹/L]"),
        (sentence_case("patient.age"), "patient.age"),
        (sentence_case("blood volume"), "Blood volume"),
        (day_text(30.0), "day 30"),
        (day_text(365.25), "day 365.2 (month 12)"),
        (failure_note(np.array([True, False])), "1 of 2 patients failed and is not shown."),
        (failure_note(np.zeros(3, bool)), ""),
        (n_text(1), "n = 1 measurement."),
        (n_text(1200), "n = 1,200 measurements."),
        (headline(" " + "x" * 50, 20), "x" * 20),
        (headline("one two three four five", 14), "one two ..."),
        (headline("", 9), ""),
        (plain("5 $ and 6 $"), r"5 \$ and 6 \$"),
        (" ".join(wrapped("a b\nc", 3)), "a b c"),
    ],
)
def test_words_of_figures(text: str, expected: str) -> None:
    assert text == expected


# --- fits ------------------------------------------------------------------------------------------------------------

TIMES = np.linspace(0.0, 365.0, 5)


def test_a_patient_whose_course_is_missing_is_drawn_as_an_empty_panel() -> None:
    missing = FittedCourse("lost", [], TIMES, {"cd4": np.full((3, 5), np.nan)})
    there = FittedCourse("there", [], TIMES, {"cd4": np.full((3, 5), 80.0)})
    assert (missing.highest("cd4"), there.highest("cd4"), there.highest("cd8")) == (0.0, 80.0, 0.0)
    figure = courses_figure([missing, there], {"cd4": "CD4"})
    assert figure.axes[0].get_ylim() == (0.0, pytest.approx(84.0))
    alone = courses_figure([missing], {"cd4": "CD4"})
    assert alone.axes[0].get_ylim() == (0.0, 1.0)


def test_a_course_without_measurements_says_that_there_are_none() -> None:
    figure = course_figure(FittedCourse("a", [], TIMES, {"cd4": np.ones((3, 5))}), {"cd4": "CD4"})
    assert figure._supxlabel.get_text().startswith("n = 0 measurements.")  # type: ignore[attr-defined]


# --- time ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "unit"), [(0.1, MINUTES), (0.2, MINUTES), (1.0, HOURS), (5.0, DAYS), (122.0, MONTHS)])
def test_the_axis_of_time_has_the_unit_of_its_length(days: float, unit: TimeUnit) -> None:
    assert time_unit(days) is unit
    assert days / unit.days / unit.step(days) <= 16.0
