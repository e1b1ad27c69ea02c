"""The axis of time is marked in the unit that suits the length of the course."""

import pytest
from matplotlib.figure import Figure

from immunosim.plots import clinical_page, draw_named
from immunosim.plots.style import DAYS, HOURS, MINUTES, MONTHS, MOST_MARKS, TimeUnit, time_unit
from immunosim.scenario import build_scenario
from immunosim.simulation import simulate
from immunosim.units import DAYS_PER_MONTH


@pytest.mark.parametrize(
    ("days", "unit"),
    [(0.02, MINUTES), (0.2, MINUTES), (3.0, HOURS), (10.0, DAYS), (60.0, DAYS), (122.0, MONTHS), (20_000.0, MONTHS)],
)
def test_a_long_course_has_a_long_unit(days: float, unit: TimeUnit) -> None:
    assert time_unit(days) is unit


@pytest.mark.parametrize("days", [0.001, 0.02, 0.19, 0.21, 1.0, 3.9, 4.1, 30.0, 121.0, 123.0, 1096.0, 18_262.0])
def test_marks_are_few_enough_to_be_read_and_enough_to_be_useful(days: float) -> None:
    unit = time_unit(days)
    marks = days / unit.days / unit.step(days)
    assert 1 <= marks <= MOST_MARKS


@pytest.mark.parametrize(
    ("horizon", "label", "marks", "days"),
    [
        ("3 days", "hours since day 0", ["0", "6", "12"], 0.25),
        ("10 days", "days since day 0", ["0", "1", "2"], 1.0),
        ("12 months", "months since day 0", ["0", "1", "2"], DAYS_PER_MONTH),
    ],
)
def test_marks_stand_at_whole_units(horizon: str, label: str, marks: list[str], days: float) -> None:
    trajectory = simulate(build_scenario({"horizon": horizon}))
    page = clinical_page(trajectory).axes[-1]
    panel = Figure().add_subplot()
    for ax in (page, draw_named(panel, trajectory, ["cd4"], {})):
        assert ax.get_xlabel() == label
        assert [text.get_text() for text in ax.get_xticklabels()][:3] == marks
        assert ax.get_xticks()[:2] == pytest.approx([0.0, days / DAYS_PER_MONTH])
