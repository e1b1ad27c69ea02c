"""Figures of a sensitivity analysis show every index where it is, name what they left out, and bear missing numbers."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from figure_layout import collisions, outside
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure

from immunosim.plots.importance import (
    BARS,
    draw_morris_plane,
    draw_over_time,
    draw_tornado,
    importance_figure,
    order_of,
)
from immunosim.plots.style import VERMILION
from immunosim.sensitivity_analysis import AnalysedOutput, Analysis

MONTH = 30.4375
VALUES = np.array([0.1, 0.6, -0.3, 0.2])
Made = tuple[Analysis, AnalysedOutput]


def made(method: str, values: np.ndarray = VALUES, times: np.ndarray | None = None, unit: str = "1") -> Made:
    """Return an analysis of as many inputs as there are values, every index at these."""
    n, half = len(values), np.full(np.shape(values), 0.05)
    names = {index for index, _, _ in BARS[method]} | ({"sigma"} if method == "morris" else set())
    signed = {index: values if method == "local" else np.abs(values) for index in names}
    if method == "pawn":
        signed["chance"] = np.full(np.shape(values), 0.15)
    outcome = AnalysedOutput(
        "cd4", "CD4 T cells", unit, times, signed, dict.fromkeys(signed, half), 90, 6, 4, "a remark"
    )
    inputs = tuple(f"input_{place}" for place in range(n))
    labels = tuple(f"input {place}" for place in range(n))
    return Analysis(method, inputs, labels, inputs, (outcome,), 100, 1000, 7, 1, 0.95), outcome


@pytest.fixture
def ax() -> Axes:
    return Figure().add_subplot()


def lengths(ax: Axes) -> list[float]:
    return [patch.get_width() for patch in ax.patches]


@pytest.mark.parametrize("method", BARS)
def test_the_strongest_input_is_on_top_whatever_its_sign(ax: Axes, method: str) -> None:
    assert draw_tornado(ax, *made(method)) is ax
    assert [label.get_text() for label in ax.get_yticklabels()] == ["input 1", "input 2", "input 3", "input 0"]
    assert ax.yaxis_inverted()
    sizes = [abs(width) for width in lengths(ax)[:4]]
    assert sizes == sorted(sizes, reverse=True)


def test_a_negative_elasticity_has_its_own_colour_and_direction(ax: Axes) -> None:
    draw_tornado(ax, *made("local"))
    negative = [patch for patch in ax.patches if patch.get_width() < 0]
    assert [patch.get_width() for patch in negative] == [-0.3]
    assert {_hex(patch) for patch in negative} == {VERMILION}
    assert VERMILION not in {_hex(patch) for patch in ax.patches if patch.get_width() > 0}


def _hex(patch: object) -> str:
    from matplotlib.colors import to_hex

    return to_hex(patch.get_facecolor()).upper()  # type: ignore[attr-defined]


def test_both_indices_of_sobol_stand_side_by_side_with_a_legend(ax: Axes) -> None:
    draw_tornado(ax, *made("sobol"))
    assert len(lengths(ax)) == 8
    spans = sorted((patch.get_y(), patch.get_y() + patch.get_height()) for patch in ax.patches)
    assert all(after[0] >= before[1] - 1e-9 for before, after in pairwise(spans))
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == [text for _, text, _ in BARS["sobol"]]


def test_chance_is_a_line_at_its_level(ax: Axes) -> None:
    draw_tornado(ax, *made("pawn"))
    assert 0.15 in [line.get_xdata()[0] for line in ax.get_lines()]


def test_the_intervals_are_the_half_widths(ax: Axes) -> None:
    draw_tornado(ax, *made("morris"))
    (bars,) = (collection for collection in ax.collections if len(collection.get_segments()) == 4)  # type: ignore[attr-defined]
    first = bars.get_segments()[0][:, 0]  # type: ignore[attr-defined]
    assert first == pytest.approx([0.55, 0.65])


def test_many_inputs_are_cut_to_the_strongest_and_the_caption_counts_the_others() -> None:
    figure = importance_figure(*made("pawn", np.linspace(0.01, 1.0, 40)), "footer")
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == [f"input {place}" for place in range(39, 39 - len(labels), -1)]
    assert 5 <= len(labels) <= 20
    caption = figure._supxlabel.get_text().replace("\n", " ")  # type: ignore[attr-defined]
    assert f"The {40 - len(labels)} weakest of 40 are not drawn." in caption
    for fact in ("1,000 patients", "95% intervals", "90 of 100 blocks used", "6 with failures", "A remark.", "footer"):
        assert fact in caption


@pytest.mark.parametrize("missing", [np.array([np.nan, 0.5, np.nan, 0.2]), np.full(4, np.nan)])
@pytest.mark.parametrize("method", BARS)
def test_missing_indices_come_last_and_do_not_stop_the_drawing(method: str, missing: np.ndarray) -> None:
    analysis, outcome = made(method, missing)
    order = order_of(analysis, outcome)
    assert sorted(order) == [0, 1, 2, 3]
    known = np.isfinite(missing).sum()
    assert np.isfinite(missing[order[:known]]).all()
    figure = importance_figure(analysis, outcome)
    assert outside(figure) == []


@pytest.mark.parametrize("method", BARS)
def test_a_single_input_that_does_nothing_can_be_drawn(method: str) -> None:
    assert outside(importance_figure(*made(method, np.zeros(1)))) == []


def test_the_plane_of_morris_marks_equal_size_and_names_the_strongest(ax: Axes) -> None:
    draw_morris_plane(ax, *made("morris", np.linspace(0.1, 1.0, 9), unit="cells/uL"))
    names = [text.get_text() for text in ax.texts]
    assert [name for name in names if name.startswith("input")] == [f"input {place}" for place in range(8, 2, -1)]
    line = next(line for line in ax.get_lines() if line.get_linestyle() == "--")
    assert np.array_equal(line.get_xdata(), line.get_ydata())
    assert "cells/µL" in ax.get_xlabel()
    assert "cells/µL" in ax.get_ylabel()


@pytest.mark.parametrize("method", BARS)
def test_indices_over_time_are_cells_between_their_times(ax: Axes, method: str) -> None:
    times = np.array([1.0, 2.0, 6.0]) * MONTH
    values = np.array([[0.1, 0.2, 0.3], [0.9, np.nan, 0.1], [0.0, 0.0, -0.2]])
    draw_over_time(ax, *made(method, values, times))
    (mesh,) = (one for one in ax.collections if isinstance(one, QuadMesh))
    assert mesh.get_coordinates()[0, :, 0].tolist() == pytest.approx([1.0, 1.5, 4.0, 6.0])
    drawn = mesh.get_array()
    assert np.ma.getmaskarray(drawn).sum() == 1
    shown = values if method == "local" else np.abs(values)
    assert drawn[0][np.array([0, 2])].tolist() == shown[1][[0, 2]].tolist()  # the strongest at any time is first
    assert ax.get_xlabel() == "months after day 0"


def test_signs_of_elasticities_over_time_share_one_scale_around_zero(ax: Axes) -> None:
    draw_over_time(ax, *made("local", np.array([[0.1, -0.8], [0.2, 0.3]]), np.array([0.0, 60.0])))
    (mesh,) = (one for one in ax.collections if isinstance(one, QuadMesh))
    assert mesh.get_clim() == (-0.8, 0.8)


def test_nothing_known_over_time_is_an_empty_map(ax: Axes) -> None:
    assert draw_over_time(ax, *made("sobol", np.full((2, 3), np.nan), np.array([0.0, 30.0, 60.0]))) is ax


@pytest.mark.parametrize(
    "make",
    [
        lambda: made("sobol"),
        lambda: made("morris"),
        lambda: made("pawn", np.linspace(0.1, 0.9, 20)),
        lambda: made("local", np.array([[0.1, 0.2], [0.9, -0.4]]), np.array([0.0, 400.0])),
    ],
)
def test_no_text_collides_or_leaves_the_figure(make: Callable[[], Made]) -> None:
    figure = importance_figure(*make(), "Research and teaching software, not a medical device.")
    assert collisions(figure) == []
    assert outside(figure) == []
    assert isinstance(figure, Figure)


def test_a_single_time_is_named_in_the_title() -> None:
    figure = importance_figure(*made("sobol", VALUES[:, np.newaxis], np.array([3.0 * MONTH])))
    assert "month 3" in figure.get_suptitle()
    assert "CD4 T cells" in figure.get_suptitle()
