"""Checking of lessons: answers are those of the package, and a changed parameter names the lessons that moved."""

import json
import math
from pathlib import Path

import pytest
from teach.lesson_files import EXAMPLE, changed, copied
from typer.testing import CliRunner

from immunosim import simulate
from immunosim.cli.application import app
from immunosim.errors import ImmunosimError
from immunosim.teach.answers import compute_answers
from immunosim.teach.check import check_lessons
from immunosim.teach.lesson import LessonTask
from immunosim.teach.marking import answer_of, tolerance_of
from immunosim.teach.new import write_lesson
from immunosim.teach.reading import read_lesson
from immunosim.teach.stored import FILE

SMALL = """
id = "small_model"
number = "1"
minutes = 20
level = "advanced"
scenario = "teaching_course"
knobs = ["course.1.dose"]
charts = ["t_cells"]
[[task]]
id = "level"
kind = "number"
measure = "peak of cytokine_level"
"""

SMALL_TEXTS = """
title = "A small model"
summary = "Six pools."
goals = ["see all of a model"]
misconception = "None."
intro = "In this model there are six pools."
[task.level]
question = "How high does the cytokine rise?"
explain = "To {level}."
"""


def run(*arguments: object) -> tuple[int, str]:
    told = CliRunner().invoke(app, ["teach", "check", *map(str, arguments)])
    return told.exit_code, told.output


def test_answers_are_those_of_single_runs() -> None:
    answers = compute_answers(read_lesson(EXAMPLE)).answers
    usual = simulate("two_courses", {"horizon": "24 months", "output.every": "1 h"})
    late = simulate("two_courses", {"horizon": "24 months", "course.2.start": "18 months"})
    cd4, days = usual["cd4"], usual.time
    # The nadir is a kink, at the start of an infusion, which a look each hour misses by less than a hundredth.
    seen = {"nadir": cd4[days >= 365.25].min(), "first_course": cd4[days <= 334.8].min()}
    found = {"nadir": answers["nadir"].value, **answers["nadir"].variants}
    assert found == pytest.approx(seen, rel=1e-2)
    assert all(found[name] <= seen[name] for name in seen)
    assert answers["untreated"].value == pytest.approx(cd4[0])
    expected = 100.0 * (late["cd4"][-1] / cd4[-1] - 1.0)
    assert answers["waiting"].value == pytest.approx(expected, rel=1e-3)
    assert answers["waiting"].unit == "%"


def test_the_best_option_is_the_one_with_the_largest_value() -> None:
    answer = compute_answers(read_lesson(EXAMPLE)).answers["dose"]
    assert answer.right == "half"
    assert answer.variants["half"] > answer.variants["same"]


def test_a_state_is_judged_at_the_start_and_at_its_solution() -> None:
    answer = compute_answers(read_lesson(EXAMPLE)).answers["spare"]
    assert not answer.allows(answer.value)
    assert answer.allows(answer.solved)


def task(**values: object) -> LessonTask:
    return LessonTask.model_validate({"id": "a", "kind": "number", "measure": "value of cd4 at 1 day", **values})


RANGES = [{"id": "low", "at_most": "10 cells/uL"}, {"id": "high", "at_least": "10 cells/uL"}]


@pytest.mark.parametrize(("value", "right"), [(3.0, "low"), (30.0, "high")])
def test_the_range_that_holds_the_answer_is_right(value: float, right: str) -> None:
    assert answer_of(task(kind="choice", option=RANGES), value, "cells/uL", {}, math.nan).right == right


def test_no_range_is_right_where_two_hold_the_answer() -> None:
    assert answer_of(task(kind="choice", option=RANGES), 10.0, "cells/uL", {}, math.nan).right == ""


@pytest.mark.parametrize(("by", "order"), [("rising", ("b", "c", "a")), ("falling", ("a", "c", "b"))])
def test_items_are_ordered_by_their_values(by: str, order: tuple[str, ...]) -> None:
    values = {"a": 3.0, "b": -1.0, "c": 2.0}
    items = [{"id": name} for name in values]
    assert answer_of(task(kind="order", by=by, item=items), math.nan, "1", values, math.nan).right == order


@pytest.mark.parametrize(
    ("tolerance", "value", "width"),
    [
        (None, 200.0, 20.0),
        (0.05, 200.0, 10.0),
        (0.01, 230.0, 10.0),  # a unit in the second digit
        (0.01, -0.0023, 0.0001),
        ("0.5 cells/uL", 200.0, 0.5),
        (None, 0.0, 0.0),
    ],
)
def test_a_number_may_miss_by_its_tolerance(tolerance: float | str | None, value: float, width: float) -> None:
    assert tolerance_of(tolerance, value, "cells/uL") == pytest.approx(width)


def test_a_changed_parameter_names_the_lessons_that_moved(tmp_path: Path) -> None:
    copied(tmp_path)
    assert run(tmp_path, "--update")[0] == 0
    code, text = run(tmp_path)
    assert (code, "No answer moved" in text) == (0, True)
    code, text = run(tmp_path, "--set", "parameters.antibody_clearance=0.3 L/day")
    assert code == 3
    assert "Answers moved in: second_course." in text


def test_a_parameter_that_no_answer_follows_moves_none(tmp_path: Path) -> None:
    copied(tmp_path)
    run(tmp_path, "--update")
    code, text = run(tmp_path, "--set", "parameters.field_at_risk=0.3")  # of hair
    assert (code, "No answer moved" in text) == (0, True)


def test_a_parameter_that_no_model_has_is_refused(tmp_path: Path) -> None:
    copied(tmp_path)
    code, text = run(tmp_path, "--set", "parameters.hair_growth=1")
    assert (code, "unknown parameter" in text) == (2, True)


def test_lessons_of_two_models_are_changed_together(tmp_path: Path) -> None:
    copied(tmp_path)
    other = write_lesson("small_model", tmp_path)
    (other / "lesson.toml").write_text(SMALL, encoding="utf-8")
    (other / "en.toml").write_text(SMALL_TEXTS, encoding="utf-8")
    (other / "teacher.en.md").write_text("Nothing to say.\n", encoding="utf-8")
    run(tmp_path, "--update")
    found = check_lessons(tmp_path, {"parameters.cytokine_turnover_rate": "0.1 1/day"})
    assert (found.problems, found.moved_lessons) == ((), ["small_model"])
    found = check_lessons(tmp_path, {"parameters.antibody_clearance": "0.3 L/day"})
    assert (found.problems, found.moved_lessons) == ((), ["second_course"])


def test_a_changed_answer_is_told_with_its_stored_value(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    run(tmp_path, "--update")
    text = (folder / "lesson.toml").read_text(encoding="utf-8")
    (folder / "lesson.toml").write_text(text.replace("at 0 days", "at 30 days"), encoding="utf-8")
    moved = check_lessons(tmp_path).moved
    assert [(entry.lesson, entry.answer) for entry in moved] == [("second_course", "untreated")]
    assert moved[0].before == "973"


def test_rounding_of_another_machine_moves_nothing(tmp_path: Path) -> None:
    copied(tmp_path)
    run(tmp_path, "--update")
    stored = json.loads((tmp_path / FILE).read_text())
    stored["lessons"]["second_course"]["answers"]["nadir"]["value"] *= 1.0 + 1e-5
    (tmp_path / FILE).write_text(json.dumps(stored))
    assert not check_lessons(tmp_path).moved


@pytest.mark.parametrize("content", ["", "[]", '{"format": "other"}', "[" * 100_000])
def test_damaged_stored_answers_are_refused(tmp_path: Path, content: str) -> None:
    copied(tmp_path)
    (tmp_path / FILE).write_text(content)
    with pytest.raises(ImmunosimError, match=r"answers\.json"):
        check_lessons(tmp_path)


def test_answers_of_faulty_lessons_are_not_stored(tmp_path: Path) -> None:
    folder = changed(tmp_path, "lesson.toml", 'charts = ["cd4", "lymphocytes"]', 'charts = ["cd9"]')
    code, _ = run(folder.parent, "--update")
    assert code == 2
    assert not (tmp_path / FILE).exists()


def test_json_has_answers_problems_and_what_moved() -> None:
    code, text = run(EXAMPLE, "--json")
    record = json.loads(text)
    assert code == 0
    assert record["problems"] == []
    assert record["lessons"]["second_course"]["dose"]["right"] == "half"


def test_a_new_lesson_is_complete_as_it_is(tmp_path: Path) -> None:
    told = CliRunner().invoke(app, ["teach", "new", "my_own", "--in", str(tmp_path)])
    assert told.exit_code == 0
    assert run(tmp_path / "my_own")[0] == 0


@pytest.mark.parametrize("name", ["../elsewhere", "Name", "a b", "", "x" * 90, "constructor"])
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    told = CliRunner().invoke(app, ["teach", "new", name, "--in", str(tmp_path)])
    assert told.exit_code == 2
    assert not list(tmp_path.iterdir())


def test_a_folder_that_exists_is_not_overwritten(tmp_path: Path) -> None:
    write_lesson("mine", tmp_path)
    told = CliRunner().invoke(app, ["teach", "new", "mine", "--in", str(tmp_path)])
    assert (told.exit_code, "exists" in told.output) == (2, True)


def test_the_version_of_a_lesson_follows_its_record_and_not_its_texts(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    before = read_lesson(folder).version
    (folder / "en.toml").write_text((folder / "en.toml").read_text().replace("second nadir", "nadir"))
    assert read_lesson(folder).version == before
    record = folder / "lesson.toml"
    record.write_bytes(record.read_bytes().replace(b"\n", b"\r\n"))
    assert read_lesson(folder).version == before
    record.write_text(record.read_text().replace("40", "41"))
    assert read_lesson(folder).version != before


def test_lessons_of_one_number_are_refused(tmp_path: Path) -> None:
    copied(tmp_path)
    other = write_lesson("other", tmp_path)
    text = (other / "lesson.toml").read_text(encoding="utf-8")
    (other / "lesson.toml").write_text(text.replace('number = "1"', 'number = "7"'), encoding="utf-8")
    with pytest.raises(ImmunosimError, match="is the number of"):
        check_lessons(tmp_path)
