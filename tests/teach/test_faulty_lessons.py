"""Faulty lessons: each is refused with its file and key, and never with a traceback."""

from pathlib import Path

import pytest
from teach.lesson_files import changed, copied
from typer.testing import CliRunner

from immunosim.cli.application import app
from immunosim.errors import ImmunosimError
from immunosim.teach.check import check_lessons

RECORD, ENGLISH, TEACHER = "lesson.toml", "en.toml", "teacher.en.md"

FAULTS = [
    # What TOML and the records refuse.
    (RECORD, 'id = "second_course"', "id = second_course", "line 1"),
    (RECORD, 'id = "second_course"', "id = 7", "id"),
    (RECORD, 'id = "second_course"', 'id = "../second_course"', "id"),
    (RECORD, 'id = "second_course"', 'id = "other_lesson"', "id"),
    (RECORD, 'id = "second_course"', 'id = "constructor"', "id"),
    (RECORD, 'number = "7"', "number = 7", "number"),
    (RECORD, 'number = "7"', 'number = "seventeen"', "number"),
    (RECORD, "minutes = 40", 'minutes = "40"', "minutes"),
    (RECORD, "minutes = 40", "minutes = 100000", "minutes"),
    (RECORD, "minutes = 40", "minutes = -1", "minutes"),
    (RECORD, "minutes = 40", f"minutes = {10**400}", "minutes"),
    (RECORD, 'level = "basic"', 'level = "easy"', "level"),
    (RECORD, 'level = "basic"', 'levl = "basic"', "levl"),
    (RECORD, 'scenario = "two_courses"', 'scenario = "three_courses"', "scenario"),
    (RECORD, 'scenario = "two_courses"', 'scenario = "../../etc/passwd"', "scenario"),
    (RECORD, 'scenario = "two_courses"', "scenario = []", "scenario"),
    (RECORD, '{ "horizon" = "24 months" }', '{ "horizon" = "24 litres" }', "changes.horizon"),
    (RECORD, '{ "horizon" = "24 months" }', '{ "horizont" = "24 months" }', "changes.horizont"),
    (RECORD, '{ "horizon" = "24 months" }', '{ "patient.age" = nan }', 'changes."patient.age"'),
    (RECORD, '{ "horizon" = "24 months" }', '{ "a/../b" = "1" }', "changes"),
    (RECORD, '{ "horizon" = "24 months" }', '"24 months"', "changes"),
    (RECORD, 'knobs = ["course.2.start", "course.2.dose"]', "knobs = []", "knobs"),
    (RECORD, '"course.2.start", "course.2.dose"]', '"course.2.start", "course.9.dose"]', "knobs"),
    (RECORD, '"course.2.start", "course.2.dose"]', '"course.2.start", "course.2.dose", "curse"]', "knobs[3]"),
    (RECORD, '"course.2.start", "course.2.dose"]', '"course.2.start", "course.2.dose", "patient"]', "knobs[3]"),
    (RECORD, '"course.2.start", "course.2.dose"]', '"course.2.start"]', "task[4].allowed"),
    (RECORD, 'charts = ["cd4", "lymphocytes"]', 'charts = ["cd4", "cd5"]', "charts[2]"),
    (RECORD, 'charts = ["cd4", "lymphocytes"]', 'charts = ["cd4", "cd4"]', "charts"),
    (RECORD, 'charts = ["cd4", "lymphocytes"]', 'charts = "cd4"', "charts"),
    (RECORD, 'kind = "number"', 'kind = "essay"', "task[1].kind"),
    (RECORD, "predict = true", 'predict = "yes"', "task[1].predict"),
    (RECORD, '[[task]]\nid = "waiting"', '[[task]]\nid = "nadir"', "task"),
    (RECORD, "tolerance = 0.2", "tolerance = 20", "task[2].tolerance"),
    (RECORD, "tolerance = 0.2", 'tolerance = "5 days"', "task[2].tolerance"),
    (RECORD, "tolerance = 0.2", "tolerance = -0.2", "task[2].tolerance"),
    (RECORD, 'as = "percent"', "", "task[2].as"),
    (RECORD, 'as = "percent"', 'as = "square"', "task[2].as"),
    (RECORD, 'best = "largest"', "", "task[3].best"),
    (RECORD, 'best = "largest"', 'by = "rising"', "task[3].by"),
    (RECORD, '[[task.option]]\nid = "same"\nset = {}\n', "", "task[3].option"),
    (RECORD, 'allowed = ["course.2.start", "course.2.dose"]', 'allowed = ["course.2.dose"]', "task[4].solution"),
    (RECORD, 'at_least = "150 cells/uL"', "", "task[4].at_least"),
    # What only the model knows.
    (RECORD, "nadir of cd4 from 12", "nadir of cd5 from 12", "task[1].measure"),
    (RECORD, "nadir of cd4 from 12", "depth of cd4 from 12", "task[1].measure"),
    (RECORD, "from 12 months to 14 months", "from 12 months to 14 years", "task[1].measure"),
    (RECORD, "value of cd4 at 0 days", "value of cd4 at noon", "fact[1].measure"),
    (RECORD, "value of cd4 at 0 days", "value of cd4 at 9e99 years", "fact[1].measure"),
    (RECORD, 'unit = "cells/uL"', 'unit = "mg"', "task[1].unit"),
    (RECORD, '"course.2.start" = "18 months" }', '"course.2.start" = "-18 months" }', "task[2].set"),
    (RECORD, '"course.2.dose" = "6 mg" }\n[[', '"course.2.dose" = "6e9 mg" }\n[[', "task[3].option[1].set"),
    # Tasks that are none.
    (RECORD, "nadir of cd4 from 0 months to 11 months", "nadir of cd4 from 12 months to 15 months", "task[1].wrong[1]"),
    (RECORD, '{ "course.2.dose" = "6 mg" }\n[[', '{ "course.2.dose" = "12 mg" }\n[[', "task[3].option"),
    (RECORD, 'at_least = "150 cells/uL"', 'at_least = "1 cells/uL"', "task[4].at_least"),
    (RECORD, 'at_least = "150 cells/uL"', 'at_least = "900 cells/uL"', "task[4].solution"),
    (RECORD, 'at_least = "150 cells/uL"', 'at_least = "150 mg"', "task[4].at_least"),
    (RECORD, "value of cd4 at 18 months", "first_above cd4 5000 cells/uL", "task[3].measure"),
    # Texts.
    (ENGLISH, 'title = "The second course"', "", "title"),
    (ENGLISH, 'title = "The second course"', "title = 3", "title"),
    (ENGLISH, 'hint = "Look at the month after it."', "hint = []", "task.nadir.hint"),
    (ENGLISH, 'first_course = "That', 'second_course = "That', "task.nadir.wrong.first_course"),
    (ENGLISH, 'half = "6 mg"', "", "task.dose.option.half"),
    (ENGLISH, 'same = "12 mg"', 'same = "12 mg"\nthird = "3 mg"', "task.dose.option.third"),
    (ENGLISH, "[task.spare]", "[task.spar]", "task.spare"),
    (ENGLISH, "They fall to {nadir};", "They fall to {nadr};", "task.nadir.explain"),
    (ENGLISH, "They fall to {nadir};", "They fall to {nadir;", "task.nadir.explain"),
    (ENGLISH, "How low do", "From {nadir}, how low do", "task.nadir.question"),
    (ENGLISH, "How low do", "x" * 9000, "task.nadir.question"),
    (TEACHER, "{{answer:nadir}}", "{{answer:nadr}}", "teacher.en.md"),
    (TEACHER, "{{answer:nadir}}", "{{ config }}", "teacher.en.md"),
]


@pytest.mark.parametrize(
    ("file", "old", "new", "key"), FAULTS, ids=[f"{n}_{fault[3]}" for n, fault in enumerate(FAULTS)]
)
def test_a_faulty_lesson_is_refused_with_its_file_and_key(
    tmp_path: Path, file: str, old: str, new: str, key: str
) -> None:
    folder = changed(tmp_path, file, old, new)
    told = CliRunner().invoke(app, ["teach", "check", str(folder)])
    assert told.exit_code == 2, told.output
    assert isinstance(told.exception, SystemExit)
    lines = [line for line in told.output.splitlines() if line.startswith(str(folder / file))]
    assert any(key in line.removeprefix(str(folder)) for line in lines), told.output
    assert not any(word in told.output for word in ("Traceback", "validator", "should", "<function")), told.output


def test_there_are_at_least_fifty_faults() -> None:
    assert len({(file, old, new) for file, old, new, _ in FAULTS}) >= 50


def test_a_lesson_without_english_texts_is_refused(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    (folder / ENGLISH).unlink()
    with pytest.raises(ImmunosimError, match=r"en\.toml: is missing"):
        check_lessons(folder)


def test_a_lesson_without_a_teachers_page_is_refused(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    (folder / TEACHER).unlink()
    with pytest.raises(ImmunosimError, match=r"teacher\.en\.md: is missing"):
        check_lessons(folder)


def test_a_language_that_lacks_a_text_is_named_with_it(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    german = (folder / ENGLISH).read_text(encoding="utf-8").replace('hint = "Look at the month after it."\n', "")
    (folder / "de.toml").write_text(german, encoding="utf-8")
    with pytest.raises(ImmunosimError, match=r"de\.toml: task\.nadir\.hint: is missing"):
        check_lessons(folder)


def test_a_language_that_only_one_lesson_has_is_named(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    other = tmp_path / "another"
    folder.rename(other)
    text = (other / RECORD).read_text(encoding="utf-8")
    (other / RECORD).write_text(text.replace("second_course", "another", 1).replace('"7"', '"8"'), encoding="utf-8")
    first = copied(tmp_path)
    (first / "de.toml").write_bytes((first / ENGLISH).read_bytes())
    with pytest.raises(ImmunosimError, match=r"another.de\.toml: is missing"):
        check_lessons(tmp_path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (RECORD, b"\xff\xfe"),
        (RECORD, b"id = 'a'\0"),
        (RECORD, b"a = " + b"[" * 100_000),
        (RECORD, b"#" * 300_000),
        (RECORD, b""),
        ("english.toml", b"title = 'a'"),
        (ENGLISH, b"title = "),
    ],
    ids=["not_utf8", "binary", "deep", "large", "empty", "no_language", "cut"],
)
def test_a_file_that_is_none_of_a_lesson_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    folder = copied(tmp_path)
    (folder / name).write_bytes(content)
    with pytest.raises(ImmunosimError) as raised:
        check_lessons(folder)
    assert any(name in (problem.file or "") for problem in raised.value.problems)


def test_a_link_to_another_file_is_not_followed(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    secret = tmp_path / "secret.toml"
    (folder / ENGLISH).rename(secret)
    (folder / ENGLISH).symlink_to(secret)
    with pytest.raises(ImmunosimError, match=r"en\.toml: cannot be read"):
        check_lessons(folder)


@pytest.mark.parametrize("name", ["nothing", "empty"])
def test_a_folder_without_lessons_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ImmunosimError, match=r"is not a folder|holds no lesson"):
        check_lessons(tmp_path / name)
