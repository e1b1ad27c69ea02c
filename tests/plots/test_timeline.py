"""The strip of treatments shows what the scenario gives, and its texts do not run into one another."""

from typing import Any

import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from immunosim.plots.drawing import mark_treatments, treatment_lines
from immunosim.plots.timeline import Mark, draw_timeline, merged, rows_of
from immunosim.scenario import build_scenario
from immunosim.trajectory import Trajectory


@pytest.fixture
def ax() -> Axes:
    ax = Figure().add_subplot()
    ax.set_xlim(-3.0, 4.0)
    return ax


def test_only_what_happens_has_a_line(eventful: Trajectory, uneventful: Trajectory) -> None:
    assert rows_of(uneventful.scenario) == []
    assert [row.label for row in rows_of(eventful.scenario)] == [
        "dimethyl fumarate",
        "alemtuzumab",
        "methylprednisolone",
        "prednisolone",
        "triamcinolone, scalp",
        "relapse",
        "notes",
    ]


def test_marks_say_dose_and_number(eventful: Trajectory) -> None:
    texts = {row.label: [mark.text for mark in row.marks] for row in rows_of(eventful.scenario)}
    assert texts["alemtuzumab"] == ["12 mg × 2"]
    assert texts["methylprednisolone"] == ["1 g × 2", "500 mg × 3"]
    assert texts["prednisolone"] == ["50 mg × 10, tapered"]
    assert texts["dimethyl fumarate"] == ["240 mg × 2 a day"]
    assert texts["relapse"] == ["optic neuritis"]


def test_what_went_differently_single_doses_and_rates_are_shown() -> None:
    course = {"start": "0 days", "dose": "0.2 mg/kg", "doses": 3, "every": "24 h", "premedication": True}
    pulse = {"start": "30 days", "dose": "1 g", "doses": 3, "every": "24 h", "taper": [{"dose": "500 mg", "doses": 2}]}
    tablets = {"start": "40 days", "dose": "60 mg", "doses": 3, "every": "24 h"}
    schedule = [
        {"start": f"{day} days", "stop": f"{day + 1} days", "rate": f"{day - 60} mg/h"} for day in range(60, 63)
    ]
    daily = [{"start": "-9 days", "stop": "-2 days", "rate": "240 mg/day"}]
    scenario = build_scenario(
        {
            "course": [course | {"changes": [{"dose_number": 2, "skipped": True}]}],
            "methylprednisolone": [pulse | {"changes": [{"dose_number": n, "late": "1 h"} for n in (1, 5)]}],
            "prednisolone": [tablets | {"changes": [{"dose_number": 3, "skipped": True}]}],
            "dose": [{"drug": "triamcinolone", "start": "9 days", "dose": "15 mg"}],
            "input": [{"drug": "alemtuzumab", "steps": schedule}, {"drug": "dimethyl_fumarate", "steps": daily}],
        }
    )
    marks = {row.label: row.marks for row in rows_of(scenario)}
    assert marks["alemtuzumab"] == (Mark(0.0, "14 mg × 3 (1 changed)"), Mark(61.0, "72 mg"))
    assert marks["methylprednisolone"] == (
        Mark(0.0, "1 g × 2", is_hollow=True),
        Mark(30.0, "1 g × 5, tapered (2 changed)"),
    )
    assert marks["prednisolone"] == (Mark(40.0, "60 mg × 3 (1 changed)", stop=41.0),)
    assert marks["triamcinolone, scalp"] == (Mark(9.0, "15 mg"),)
    assert marks["dimethyl fumarate"] == (Mark(-9.0, "240 mg a day", stop=-2.0),)


def test_premedication_is_hollow(eventful: Trajectory) -> None:
    row = next(row for row in rows_of(eventful.scenario) if row.label == "methylprednisolone")
    assert [mark.is_hollow for mark in row.marks] == [True, False]


def test_texts_that_have_room_stay_with_their_marks() -> None:
    marks = [Mark(0.0, "a"), Mark(10.0, "b")]
    assert merged(marks, lambda text: 5.0) == marks


def test_texts_without_room_are_gathered_at_the_last_mark() -> None:
    marks = [Mark(0.0, "15 mg"), Mark(1.0, "15 mg"), Mark(2.0, "10 mg"), Mark(99.0, "5 mg")]
    texts = [mark.text for mark in merged(marks, lambda text: 20.0)]
    assert texts == ["", "", "2 × 15 mg, 10 mg", "5 mg"]


def test_the_strip_names_its_lines_from_top_to_bottom(ax: Axes, eventful: Trajectory) -> None:
    assert draw_timeline(ax, eventful.scenario) is ax
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert labels == [row.label for row in reversed(rows_of(eventful.scenario))]


def test_a_text_that_would_leave_the_page_stands_left_of_its_mark(ax: Axes, eventful: Trajectory) -> None:
    ax.set_xlim(-3.0, 1.7)
    draw_timeline(ax, eventful.scenario)
    sides = {text.get_text(): text.get_ha() for text in ax.texts}
    assert sides["optic neuritis"] == "right"
    assert sides["12 mg × 2"] == "left"


def test_an_empty_strip_is_drawn(ax: Axes, uneventful: Trajectory) -> None:
    assert draw_timeline(ax, uneventful.scenario).get_yticklabels() == []


COURSE = {"start": "0 days", "dose": "12 mg"}
PULSE = {"start": "90 days", "dose": "1 g", "doses": 3, "every": "1 day"}
ONE_DOSE = {"drug": "triamcinolone", "start": "30 days", "dose": "20 mg"}
LINES = {
    "courses of alemtuzumab (solid), pulses of methylprednisolone (dotted)": {
        "course": [COURSE],
        "methylprednisolone": [PULSE],
    },
    "courses of alemtuzumab (solid)": {"course": [COURSE], "dose": [ONE_DOSE]},
    "": {"dose": [ONE_DOSE]},
}


@pytest.mark.parametrize(("lines", "document"), LINES.items())
def test_captions_name_the_vertical_lines_that_are_drawn(ax: Axes, lines: str, document: dict[str, Any]) -> None:
    scenario = build_scenario(document)
    assert treatment_lines(scenario) == (f"Vertical lines: {lines}." if lines else "")
    assert len(mark_treatments(ax, scenario).get_lines()) == sum(map(len, document.values())) - ("dose" in document)
