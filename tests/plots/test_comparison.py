"""Figures of a comparison draw every scenario in its colour, from what the comparison holds."""

from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from immunosim.attribution.comparison import Comparison, attribute, compare
from immunosim.plots import encoded
from immunosim.plots.comparison import (
    COLOURS,
    LETTERS,
    difference_figure,
    draw_overlay,
    draw_strip,
    label_letters,
    overlay_figure,
)
from immunosim.scenario import build_scenario
from immunosim.simulation import simulate
from immunosim.trajectory import Trajectory
from immunosim.units import DAYS_PER_MONTH

LIMITS = {"lymphocytes": 1.0, "alemtuzumab_serum": 0.06}
DRAWN = ("lymphocytes", "cd4", "cd8", "cd19", "nk", "alemtuzumab_serum", "salt_score")


@pytest.fixture(scope="module")
def comparison(eventful: Trajectory) -> Comparison:
    course = [{"start": "0 days", "dose": "12 mg", "doses": 2, "every": "24 h"}]
    other = simulate(build_scenario({"title": "Plain", "horizon": "90 days", "course": course}))
    return compare({"eventful": eventful, "plain": other})


@pytest.fixture
def ax() -> Axes:
    return Figure().add_subplot()


def texts(figure: Figure) -> str:
    return "\n".join(text.get_text() for text in figure.texts)


def lettered(ax: Axes) -> dict[str, np.ndarray]:
    lines = {str(line.get_label()): line for line in ax.get_lines()}
    return {letter: np.asarray(lines[letter].get_ydata()) for letter in LETTERS if letter in lines}


@pytest.mark.parametrize("readout", DRAWN)
def test_a_panel_draws_every_scenario_over_the_common_months(ax: Axes, comparison: Comparison, readout: str) -> None:
    assert draw_overlay(ax, comparison, readout, LIMITS) is ax
    found = lettered(ax)
    assert list(found) == ["A", "B"]
    for i, values in enumerate(found.values()):
        assert np.array_equal(values, comparison.values(i, readout))
    assert ax.get_xlim() == pytest.approx((-60 / DAYS_PER_MONTH, 90 / DAYS_PER_MONTH))
    assert ax.get_ylabel() != ""


def test_the_reference_lies_broad_below_the_others(ax: Axes, comparison: Comparison) -> None:
    reference, other = draw_overlay(ax, comparison, "cd4", {}).get_lines()
    assert reference.get_linewidth() > other.get_linewidth()
    assert reference.get_zorder() < other.get_zorder()
    assert [to_hex(line.get_color()).upper() for line in (reference, other)] == [c.upper() for c in COLOURS[:2]]


def test_limits_are_drawn_where_they_are_known(ax: Axes, comparison: Comparison) -> None:
    labels = [str(line.get_label()) for line in draw_overlay(ax, comparison, "lymphocytes", LIMITS).get_lines()]
    assert labels == ["_limit", "A", "B"]


def test_letters_of_curves_that_end_together_stand_side_by_side(ax: Axes) -> None:
    for letter, end, colour in (("A", 1.0, COLOURS[0]), ("B", 1.0, COLOURS[1]), ("C", 0.1, COLOURS[2])):
        ax.plot([0.0, 1.0], [0.5, end], label=letter, color=colour)
    ax.set_ylim(0.0, 1.2)
    label_letters(ax)
    places = {text.get_text(): text.xyann for text in ax.texts}
    assert places["A"][1] == places["B"][1] > places["C"][1]
    assert places["A"][0] == places["C"][0] < places["B"][0]


def test_the_strip_has_a_line_for_each_scenario_and_leaves_out_premedication(ax: Axes, comparison: Comparison) -> None:
    draw_strip(ax, comparison)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["B", "A"]
    heights = [float(np.asarray(line.get_ydata())[0]) for line in ax.get_lines()]
    # A: fumarate, course, pulse, tablets, two sessions of triamcinolone. B: one course.
    assert heights.count(1.0) == 6
    assert heights.count(0.0) == 1


def test_colours_and_letters_suffice_for_the_most_scenarios() -> None:
    assert len(COLOURS) == len(set(COLOURS)) == len(LETTERS) == 6


def test_the_overlay_names_scenarios_and_says_that_it_is_cut(comparison: Comparison) -> None:
    figure = overlay_figure(comparison, LIMITS, "Not a medical device.")
    found = texts(figure)
    assert "eventful (reference): Everything at once" in found
    assert "plain: Plain" in found
    assert "Cut where the shortest scenario ends." in found.replace("\n", " ")
    assert "Not a medical device." in found.replace("\n", " ")
    titles = [ax.get_title(loc="left") for ax in figure.axes]
    assert titles[:3] == ["Treatments", "Lymphocytes (dashed: LLN 1)", "CD4 T cells"]
    assert len(titles) == 1 + len(DRAWN)


def test_the_difference_figure_says_between_whom_and_ends_at_the_difference(comparison: Comparison) -> None:
    (found,) = attribute(comparison, "cd4")
    upper, lower = difference_figure(comparison, found, "").axes
    assert lower.get_title(loc="left") == "Difference B - A: contribution of each process"
    assert list(lettered(upper)) == ["A", "B"]
    net = max((np.asarray(line.get_ydata(), dtype=float) for line in lower.get_lines()), key=len)
    assert np.array_equal(net, found.explanation.values)


@pytest.mark.parametrize("draw", [overlay_figure, difference_figure])
def test_a_figure_of_a_comparison_is_the_same_bytes_every_time(
    comparison: Comparison, draw: Callable[..., Figure]
) -> None:
    about = LIMITS if draw is overlay_figure else attribute(comparison, "cd4")[0]
    first, second = (encoded(draw(comparison, about), "png", dpi=40) for _ in range(2))
    assert first == second
    assert first.startswith(b"\x89PNG")
