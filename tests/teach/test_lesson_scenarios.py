"""The runs of lessons in Python."""

from pathlib import Path

import pytest

from immunosim import simulate
from immunosim.errors import ImmunosimError
from immunosim.teach.reading import read_lessons
from immunosim.teach.scenarios import AS_IT_STARTS, lesson_scenarios

LESSONS = Path(__file__).parent / "lessons"


def test_every_shipped_lesson_has_its_runs() -> None:
    for lesson in read_lessons():
        runs = lesson_scenarios(lesson.id)
        assert next(iter(runs)) == AS_IT_STARTS
        named = [variant.set for task in lesson.lesson.task for variant in task.variants if variant.set]
        assert len(runs) > len({str(settings) for settings in named}) or not named


def test_a_run_is_the_scenario_with_the_changes_of_its_name() -> None:
    runs = lesson_scenarios("twice_the_dose")
    assert runs["course.1.dose = 24 mg"].course[0].dose == 24.0
    assert runs[AS_IT_STARTS].course[0].dose == 12.0
    peaks = [simulate(runs[name])["alemtuzumab_serum"].max() for name in ("course.1.dose = 24 mg", AS_IT_STARTS)]
    assert peaks[0] == pytest.approx(2.0 * peaks[1], rel=0.05)  # consumption by cells is not in proportion


def test_lessons_of_a_folder_are_found_and_an_unknown_one_is_named() -> None:
    assert len(lesson_scenarios("second_course", LESSONS)) > 1
    with pytest.raises(ImmunosimError, match="second_cours"):
        lesson_scenarios("second_cours")
