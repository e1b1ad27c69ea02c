"""The page holds every panel, says what it shows, and is the same file every time."""

import struct
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from immunosim.plots import clinical_page, encoded
from immunosim.plots.clinical_page import time_label
from immunosim.plots.style import month_step
from immunosim.scenario import build_scenario
from immunosim.simulation import simulate
from immunosim.trajectory import Trajectory


def words(trajectory: Trajectory, footer: str = "") -> str:
    return " ".join(text.get_text() for text in clinical_page(trajectory, footer=footer).texts).replace("\n", " ")


def test_the_page_has_a_panel_for_everything_a_clinician_follows(eventful: Trajectory) -> None:
    titles = [ax.get_title(loc="left") for ax in clinical_page(eventful).axes]
    assert [title[0] for title in titles] == list("ABCDEFGHI")
    subjects = (
        "Treatments",
        "Lymphocytes",
        "CD4",
        "B cells",
        "Alemtuzumab",
        "SALT",
        "Autoreactive",
        "autoimm",
        "Relapse",
    )
    assert all(subject in title for subject, title in zip(subjects, titles, strict=True))


def test_all_panels_share_the_axis_of_months(eventful: Trajectory) -> None:
    axes = clinical_page(eventful).axes
    assert len({ax.get_xlim() for ax in axes}) == 1
    assert [ax.get_xlabel() for ax in axes] == [""] * 8 + ["months since the first infusion of alemtuzumab"]


def test_the_axis_counts_from_day_zero_where_that_is_no_course(uneventful: Trajectory) -> None:
    assert time_label(uneventful.scenario) == "months since day 0"
    late = build_scenario({"horizon": "9 days", "course": [{"start": "1 day", "dose": "12 mg"}]})
    assert time_label(late) == "months since day 0"


def test_panels_do_not_overlap(eventful: Trajectory) -> None:
    places = [ax.get_position() for ax in clinical_page(eventful).axes]
    assert all(above.y0 > below.y1 for above, below in pairwise(places))
    assert places[0].y1 < 1.0
    assert places[-1].y0 > 0.0


def test_the_page_says_who_it_shows_and_ends_with_the_footer(eventful: Trajectory) -> None:
    text = words(eventful, "Not a medical device.")
    assert text.startswith("Everything at once")
    assert "Woman, 34 years, 70 kg." in text
    assert text.endswith("Not a medical device.")


def test_notes_are_spelt_out_below_the_panels(eventful: Trajectory) -> None:
    assert "(1) month 0.657: first patch." in words(eventful)


def test_the_page_of_a_failed_course_says_why(unfinished: Trajectory) -> None:
    assert "raise max_steps" in words(unfinished)


@pytest.mark.parametrize("kind", ["png", "pdf"])
def test_a_page_is_the_same_file_every_time(eventful: Trajectory, kind: str) -> None:
    assert encoded(clinical_page(eventful), kind) == encoded(clinical_page(eventful), kind)


def test_a_png_has_the_size_of_its_page(uneventful: Trajectory) -> None:
    figure = clinical_page(uneventful)
    content = encoded(figure, "png", dpi=50)
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    # 1: the size in dots is rounded down.
    assert np.allclose(struct.unpack(">II", content[16:24]), 50 * figure.get_size_inches(), atol=1)


def test_a_course_without_a_title_or_treatment_has_a_page(uneventful: Trajectory) -> None:
    assert words(uneventful).startswith("Untitled scenario")


@pytest.mark.parametrize(("months", "step"), [(3, 1), (16, 1), (46, 3), (60, 6), (120, 12), (600, 60), (6000, 120)])
def test_months_are_marked_at_a_readable_distance(months: float, step: int) -> None:
    assert month_step(months) == step


def test_months_are_marked_from_before_day_zero_to_the_horizon() -> None:
    scenario = build_scenario(
        {"horizon": "24 months", "dimethyl_fumarate": [{"start": "-8 months", "stop": "-1 month"}]}
    )
    ticks = clinical_page(simulate(scenario)).axes[-1].get_xticks()
    assert list(ticks) == [-6.0, -3.0, 0.0, 3.0, 6.0, 9.0, 12.0, 15.0, 18.0, 21.0, 24.0]


def test_a_short_course_has_marks_between_the_months(uneventful: Trajectory) -> None:
    low, high = clinical_page(uneventful).axes[-1].get_xlim()
    marks = [tick for tick in clinical_page(uneventful).axes[-1].get_xticks() if low <= tick <= high]
    assert len(marks) >= 3


def test_a_long_title_is_cut_to_the_width_of_the_page() -> None:
    scenario = build_scenario({"horizon": "9 days", "title": "very " * 50})
    assert words(simulate(scenario)).startswith("very very")
    assert " ... Woman" in words(simulate(scenario))


def test_drawing_needs_no_pyplot() -> None:
    code = "import sys, immunosim.plots; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=Path(__file__).parents[2]).returncode == 0
