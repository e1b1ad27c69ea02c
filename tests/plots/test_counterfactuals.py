"""The figure of counterfactuals draws the simulations, in the colours of the drugs, and labels them at their ends."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from immunosim.attribution import Counterfactuals, counterfactuals
from immunosim.plots import encoded
from immunosim.plots.counterfactuals import (
    counterfactual_figure,
    draw_courses,
    mechanism_courses,
    treatment_courses,
)
from immunosim.plots.style import BLACK
from immunosim.plots.timeline import rows_of
from immunosim.scenario import build_scenario
from immunosim.simulation import simulate

TREATED = {
    "model": "teaching",
    "title": "Two drugs",
    "horizon": "90 days",
    "dose": [
        {"drug": "antibody", "start": "0 days", "dose": "30 mg", "infusion": "4 h"},
        {"drug": "antibody", "start": "40 days", "dose": "30 mg", "infusion": "4 h"},
        {"drug": "steroid", "start": "60 days", "dose": "1 g", "infusion": "1 h"},
    ],
}


@pytest.fixture(scope="module")
def result() -> Counterfactuals:
    return counterfactuals(simulate(build_scenario(TREATED)), "t_cells", 60.5)


def test_a_colour_is_a_drug_in_all_panels(result: Counterfactuals) -> None:
    strip = {row.label: row.colour for row in rows_of(result.scenario)}
    lines = treatment_courses(result)
    for line in lines:
        drug = line.label.removeprefix("without ").split()[0]
        assert line.colour == strip[drug]
    assert len({line.dashes for line in lines if line.colour == strip["antibody"]}) > 1
    assert not {line.colour for line in mechanism_courses(result)} & {*strip.values(), BLACK}


def test_the_courses_are_the_simulations(result: Counterfactuals) -> None:
    lines = treatment_courses(result)
    ax = draw_courses(Figure().add_subplot(), result, lines)
    drawn = {line.get_label(): line for line in ax.get_lines()}
    assert np.array_equal(drawn["with everything"].get_ydata(), result.values)
    for line in lines:
        assert np.array_equal(drawn[line.label].get_ydata(), line.course)


def test_what_changes_nothing_is_not_drawn() -> None:
    late = {**TREATED, "dose": [TREATED["dose"][0]]}
    result = counterfactuals(simulate(build_scenario(late)), "antibody_serum", 1.0)
    assert [line.label for line in mechanism_courses(result)] == ["without antibody and steroid in the\nbody"]


def test_a_course_in_which_nothing_happens_can_be_drawn() -> None:
    result = counterfactuals(simulate(build_scenario({"model": "teaching", "horizon": "30 days"})), "antibody_serum")
    assert encoded(counterfactual_figure(result), "png").startswith(b"\x89PNG")


def test_the_same_counterfactuals_give_the_same_bytes(result: Counterfactuals) -> None:
    first, second = (encoded(counterfactual_figure(result, 700.0, "Research."), "png") for _ in range(2))
    assert first == second
