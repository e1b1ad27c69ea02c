"""Maps of an ensemble show what it holds: the cells of a grid as they are, scattered patients as medians of bins."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from synthetic_ensembles import ensemble

from immunosim.ensembles.columns import is_failed, outcome, varied
from immunosim.errors import DataError
from immunosim.plots.ensembles import Threshold, draw_contour, draw_heatmap
from immunosim.plots.ensembles.axes import norm_of, spans_decades
from immunosim.plots.ensembles.contour import levels_between, surface_of
from immunosim.plots.ensembles.field import field_of, medians_by

X = np.array([1.0, 2.0, 3.0, 5.0])
Y = 10.0 ** np.array([-3.0, -2.0, -1.0])


def notes(ax):
    return " ".join(text.get_text().replace("\n", " ") for text in ax.texts)


def axes():
    return Figure().add_subplot()


@pytest.fixture
def grid():
    """Return a grid of four by three points, of which one fails."""
    x, y = (line.ravel() for line in np.meshgrid(X, Y))
    status = np.zeros(12, int)
    status[4] = 2  # x = 1, y = 0.01
    return ensemble({"dose": x, "lysis_rate": y}, {"nadir_cd4": 100.0 * x + y}, status=status, log=["lysis_rate"])


@pytest.fixture
def scattered():
    """Return a thousand scattered patients whose result is the sum of two quantities; none below 0.5 of the first."""
    generator = np.random.default_rng(5)
    x, y = generator.uniform(0.0, 10.0, 1000), generator.uniform(0.0, 10.0, 1000)
    status = (x > 9.0).astype(int)
    columns = {"dose": x, "other": y, "sex": np.arange(1000) % 2}
    return ensemble(columns, {"nadir_cd4": 100.0 * (x + y)}, status=status, choices={"sex": "female male"})


def test_the_cells_of_a_grid_are_the_endpoint(grid):
    ax = draw_heatmap(axes(), grid, "nadir_cd4", "dose", "lysis_rate")
    cells = ax.collections[0].get_array()
    assert np.array_equal(cells.compressed(), grid["nadir_cd4"].values[grid["status"].values == 0])
    assert np.argwhere(np.ma.getmaskarray(cells)).tolist() == [[1, 0]]
    assert "Each point of the grid is one patient." in notes(ax)
    assert "1 of 12 patients failed and is not shown." in notes(ax)


def test_a_cell_lies_between_its_neighbours_on_the_scale_of_the_quantity(grid):
    ax = draw_heatmap(axes(), grid, "nadir_cd4", "dose", "lysis_rate")
    corners = ax.collections[0].get_coordinates()
    assert np.allclose(corners[0, :, 0], [0.5, 1.5, 2.5, 4.0, 6.0])
    assert np.allclose(corners[:, 0, 1], 10.0 ** np.array([-3.5, -2.5, -1.5, -0.5]))
    assert ax.get_yscale() == "log"
    assert ax.get_ylabel() == "Lysis rate [1/day]"


def test_a_cell_that_failed_is_hatched(grid):
    ax = draw_heatmap(axes(), grid, "nadir_cd4", "dose", "lysis_rate")
    hatched = [one for one in ax.collections if one.get_hatch()]
    assert [np.ptp(path.vertices[:, 0]) for one in hatched for path in one.get_paths()] == [1.0]
    assert "Hatched: more than half of the patients failed" in notes(ax)


def test_patients_without_a_value_are_dotted_and_counted(grid):
    grid["nadir_cd4"][0] = np.nan
    ax = draw_heatmap(axes(), grid, "nadir_cd4", "dose", "lysis_rate")
    assert "1 patient has no value" in notes(ax)
    assert "Dotted" in notes(ax)


def test_a_cell_of_several_patients_is_their_median():
    x, y, z = (line.ravel() for line in np.meshgrid(X, Y, [1.0, 2.0, 30.0]))
    found = ensemble({"dose": x, "lysis_rate": y, "third": z}, {"nadir_cd4": x * z})
    ax = draw_heatmap(axes(), found, "nadir_cd4", "dose", "lysis_rate")
    assert np.array_equal(ax.collections[0].get_array(), np.tile(2.0 * X, (3, 1)))
    assert "Each point of the grid is the median of 3 patients, who differ in other factors." in notes(ax)


def test_scattered_patients_are_medians_of_bins(scattered):
    ax = draw_heatmap(axes(), scattered, "nadir_cd4", "dose", "other")
    shown = ax.collections[0]
    edges_x, edges_y = shown.get_coordinates()[0, :, 0], shown.get_coordinates()[:, 0, 1]
    well = scattered.isel(sample=scattered["status"].values == 0)
    inside = (well["dose"] >= edges_x[2]) & (well["dose"] < edges_x[3])
    inside &= (well["other"] >= edges_y[4]) & (well["other"] < edges_y[5])
    assert shown.get_array()[4, 2] == pytest.approx(float(well["nadir_cd4"][inside.values].median()))
    assert "Medians of 10 by 10 bins" in notes(ax)
    assert f"{int((scattered['status'] != 0).sum())} of 1,000 patients failed and are not shown." in notes(ax)


def test_patients_far_away_do_not_make_the_map_a_point():
    generator = np.random.default_rng(5)
    x, y = generator.uniform(0.0, 1.0, (2, 1000))
    x[:2] = 100.0
    ax = draw_heatmap(axes(), ensemble({"dose": x, "other": y}, {"e": y}), "e", "dose", "other")
    assert ax.get_xlim()[1] < 1.0
    assert "10 patients outside the axes or without a value." in notes(ax)


def test_bins_with_few_patients_are_blank():
    generator = np.random.default_rng(5)
    x, y = generator.uniform(0.0, 1.0, (2, 1000))
    is_few = (x < 0.12) & (y < 0.12)
    x, y = (np.concatenate([line[~is_few], line[is_few][:2]]) for line in (x, y))
    ax = draw_heatmap(axes(), ensemble({"dose": x, "other": y}, {"e": y}), "e", "dose", "other")
    assert np.ma.getmaskarray(ax.collections[0].get_array())[0, 0]
    assert "Bins with fewer than 3 are blank." in notes(ax)


def test_a_choice_is_a_row_with_a_name(scattered):
    ax = draw_heatmap(axes(), scattered, "nadir_cd4", "sex", "dose")
    assert [label.get_text() for label in ax.get_xticklabels()] == ["female", "male"]
    assert ax.collections[0].get_array().shape == (20, 2)


def test_a_read_out_is_taken_at_the_nearest_time(grid):
    values = np.arange(48.0).reshape(12, 4)
    grid["cd4"] = (("sample", "time"), values, {"kind": "read-out", "units": "cells/uL", "long_name": "CD4"})
    grid = grid.assign_coords(time=[0.0, 100.0, 200.0, 365.0])
    ax = draw_heatmap(axes(), grid, "cd4", "dose", "lysis_rate", at=190.0)
    assert ax.collections[0].get_array().compressed()[0] == 2.0
    assert ax.get_title(loc="left") == "CD4, day 200 (month 6.57)"


def test_contours_of_a_grid_pass_through_its_values(grid):
    ax = draw_contour(axes(), grid, "nadir_cd4", "dose", "lysis_rate", None, [Threshold(250.0, "LLN")])
    line = ax.collections[-1].get_paths()[0].vertices
    assert np.allclose(line[:, 0], 2.5, atol=1e-3)  # where 100 x + y = 250, and y is small
    assert "LLN 250 cells/µL" in notes(ax)
    assert "Crosses: failed patients." in notes(ax)


def test_contours_of_scattered_patients_lie_where_the_result_is(scattered):
    ax = draw_contour(axes(), scattered, "nadir_cd4", "dose", "other", None, [Threshold(800.0, "")])
    line = np.concatenate([path.vertices for path in ax.collections[-1].get_paths()])
    inner = line[(line > 1.5).all(axis=1) & (line < 7.5).all(axis=1)]
    assert np.allclose(inner.sum(axis=1), 8.0, atol=0.5)  # half a bin
    assert "Smoothed by a Gaussian of 1 bin" in notes(ax)


def test_a_threshold_that_is_not_crossed_is_said(grid):
    levels = [Threshold(1.0, "LLN"), Threshold(9000.0, "severe")]
    text = notes(draw_contour(axes(), grid, "nadir_cd4", "dose", "lysis_rate", None, levels))
    assert "All values lie above LLN 1 cells/µL." in text
    assert "All values lie below severe 9000 cells/µL." in text


@pytest.mark.parametrize(
    ("x", "y", "reason"),
    [
        ("sex", "dose", '"sex" is a choice, not a number'),
        ("dos", "sex", '"dos" was not varied'),
    ],
)
def test_what_contours_cannot_show_is_refused(scattered, x, y, reason):
    with pytest.raises(DataError, match=reason):
        draw_contour(axes(), scattered, "nadir_cd4", x, y)


def test_too_few_patients_are_no_map():
    found = ensemble({"a": np.linspace(0, 1, 14), "b": np.linspace(0, 1, 14) ** 2}, {"e": np.full(14, np.nan)})
    with pytest.raises(DataError, match="0 patients with a value are too few for a map of a and b"):
        draw_heatmap(axes(), found, "e", "a", "b")


def test_medians_by_cell_are_those_of_numpy():
    generator = np.random.default_rng(2)
    cells, values = generator.integers(0, 7, 200), generator.normal(size=200)
    medians, counts = medians_by(cells, values, 8)
    expected = [np.median(values[cells == i]) for i in range(7)]
    assert np.array_equal(medians[:7], expected)
    assert np.isnan(medians[7])
    assert counts.tolist() == [int((cells == i).sum()) for i in range(8)]


@pytest.mark.parametrize(("low", "high", "is_log"), [(0.3, 5500.0, True), (1.0, 10.0, True), (-3.0, 7.0, False)])
def test_levels_enclose_the_values(low, high, is_log):
    levels = levels_between(low, high, is_log)
    assert levels[0] <= low
    assert levels[-1] >= high
    assert (np.diff(levels) > 0.0).all()


def test_a_result_that_is_the_same_everywhere_can_be_drawn(grid):
    grid["nadir_cd4"][:] = 5.0
    draw_heatmap(axes(), grid, "nadir_cd4", "dose", "lysis_rate")
    draw_contour(axes(), grid, "nadir_cd4", "dose", "lysis_rate")
    assert not spans_decades(np.array([0.0, 1.0]))
    assert norm_of(np.array([2.0, 2.0]), True).vmax > 2.0


def times_by_grid(reached):
    """Return four patients in each cell of a grid of nine, of whom so many have had the event at 100 days."""
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(3.0), np.arange(3.0)))
    columns = {"x": np.repeat(x, 4), "y": np.repeat(y, 4)}
    days = np.concatenate([[100.0] * n + [np.nan] * (4 - n) for n in reached])
    found = ensemble(columns, {"back": days})
    about = {"measure": "first_above", "event": "CD4 back", "window_start": 0.0, "window_end": 730.0}
    found["back"].attrs |= about
    return found


def test_a_median_counts_those_who_do_not_get_there_and_is_dotted_where_it_is_not_reached():
    data = times_by_grid([4, 3, 2, 1, 0, 4, 4, 4, 4])
    ax = draw_heatmap(Figure().add_subplot(), data, "back", "x", "y")
    (mesh,) = (drawn for drawn in ax.collections if hasattr(drawn, "get_coordinates"))
    shown = np.ma.getmaskarray(mesh.get_array()).ravel()
    assert shown.tolist() == [False, False, False, True, True, False, False, False, False]
    assert "Dotted: the median is not reached." in notes(ax)
    assert "10 patients had no event by the end of its window and count as later." in notes(ax)


def test_contours_are_blank_where_the_median_is_not_reached():
    data = times_by_grid([4, 3, 2, 1, 0, 4, 4, 4, 4])
    data["back"][:4] = 50.0
    field = field_of(varied(data, "x"), varied(data, "y"), outcome(data, "back"), is_failed(data))
    assert np.isnan(surface_of(field).values).sum() == 2
    assert draw_contour(Figure().add_subplot(), data, "back", "x", "y").collections


def test_where_the_median_is_reached_nowhere_a_map_is_refused():
    with pytest.raises(DataError, match="the median is reached nowhere over x and y"):
        draw_heatmap(Figure().add_subplot(), times_by_grid([1] * 9), "back", "x", "y")
