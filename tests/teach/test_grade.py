"""Grading: answers are judged by the model, whatever a file says, and every file gets its lines."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from teach.lesson_files import EXAMPLE
from typer.testing import CliRunner

from immunosim.cli.application import app
from immunosim.teach.answers import compute_answers
from immunosim.teach.grade import HEADERS, grade_folder, judged_number
from immunosim.teach.handin import LARGEST
from immunosim.teach.lesson import LessonTask
from immunosim.teach.link import encoded
from immunosim.teach.marking import TaskAnswer
from immunosim.teach.reading import read_lesson

LESSON = read_lesson(EXAMPLE)
ANSWERS = compute_answers(LESSON)
NADIR, WAITING = ANSWERS.answers["nadir"], ANSWERS.answers["waiting"]
REACHED = encoded("", {"course.2.start": "441.34375 day", "course.2.dose": "6.0 mg"})


def hand_in(**changes: Any) -> dict[str, Any]:
    """Return a hand-in whose answers are all right, with changes."""
    answers = {
        "nadir": {"value": NADIR.value, "predicted": 100.0, "at": "2025-03-01T10:00:00Z"},
        "waiting": {"value": WAITING.value},
        "dose": {"choice": "half", "predicted": "same"},
        "spare": {"link": REACHED},
    }
    about = {"format": "immunosim hand-in 1", "lesson": "second_course", "version": LESSON.version}
    about |= {"model": "alemtuzumab", "model_key": ANSWERS.model_key, "language": "en", "student": "A. Student"}
    return {**about, "answers": answers, "links": {}, **changes}


def graded(tmp_path: Path, *documents: object) -> list[dict[str, str]]:
    """Return the table of hand-ins, written in a folder one by one."""
    for number, document in enumerate(documents):
        content = document if isinstance(document, bytes) else json.dumps(document).encode()
        (tmp_path / f"student_{number}.json").write_bytes(content)
    return list(csv.DictReader(io.StringIO(grade_folder(tmp_path, [LESSON]).csv())))


def verdicts(rows: list[dict[str, str]]) -> dict[str, str]:
    return {row["task"]: row["verdict"] for row in rows}


def test_right_answers_are_right(tmp_path: Path) -> None:
    rows = graded(tmp_path, hand_in())
    assert verdicts(rows) == dict.fromkeys(("nadir", "waiting", "dose", "spare"), "right")
    assert {row["remark"] for row in rows} == {""}
    assert rows[0]["right answer"] == "1.88838"
    assert rows[0]["predicted"] == "100"
    assert rows[2]["predicted"] == "same"
    assert {row["student"] for row in rows} == {"A. Student"}


def test_wrong_answers_are_wrong_and_misconceptions_named(tmp_path: Path) -> None:
    document = hand_in(
        answers={
            "nadir": {"value": 6.7},  # the nadir of the first course is 6.89
            "waiting": {"value": 46.0},  # the sign
            "dose": {"choice": "same"},
            "spare": {"link": encoded("", {"course.2.dose": "11.0 mg"})},
        }
    )
    rows = graded(tmp_path, document)
    assert verdicts(rows) == {"nadir": "first_course", "waiting": "wrong", "dose": "same", "spare": "wrong"}


def test_what_is_missing_is_missing(tmp_path: Path) -> None:
    assert set(verdicts(graded(tmp_path, hand_in(answers={}))).values()) == {"missing"}


def test_an_answer_of_another_kind_is_missing_and_told(tmp_path: Path) -> None:
    rows = graded(tmp_path, hand_in(answers={"nadir": {"choice": "half"}, "dose": {"value": 1.0}}))
    assert verdicts(rows)["nadir"] == "missing"
    assert rows[0]["remark"] == "has choice where value is asked for"


def test_a_link_beside_the_answers_counts_too(tmp_path: Path) -> None:
    rows = graded(tmp_path, hand_in(answers={}, links={"spare": REACHED}))
    assert verdicts(rows)["spare"] == "right"


def test_a_state_that_was_reached_by_what_is_not_allowed_is_wrong(tmp_path: Path) -> None:
    link = encoded("", {"course.2.start": "441.34375 day", "course.2.dose": "6.0 mg", "patient.weight": "150.0 kg"})
    rows = graded(tmp_path, hand_in(answers={"spare": {"link": link}}))
    assert verdicts(rows)["spare"] == "wrong"
    assert rows[3]["remark"] == "changes what is not allowed: patient.weight"


def test_a_course_that_was_left_out_is_not_allowed(tmp_path: Path) -> None:
    first = {"start": "0.0 day", "dose": "12.0 mg", "doses": 5, "every": "1.0 day", "infusion": "4 h"}
    rows = graded(tmp_path, hand_in(answers={"spare": {"link": encoded("", {"course": [first]})}}))
    assert (verdicts(rows)["spare"], rows[3]["remark"]) == ("wrong", "changes what is not allowed: course")


def test_a_title_changes_nothing(tmp_path: Path) -> None:
    link = encoded("", {"title": "Mine", "course.2.start": "441.34375 day", "course.2.dose": "6.0 mg"})
    assert verdicts(graded(tmp_path, hand_in(answers={"spare": {"link": link}})))["spare"] == "right"


@pytest.mark.parametrize(
    "link", ["#v1.AAAA", "https://evil.example/", encoded("", {"horizon": "1 mg"}), encoded("x", {})]
)
def test_a_link_that_cannot_be_used_is_wrong_and_told(tmp_path: Path, link: str) -> None:
    rows = graded(tmp_path, hand_in(answers={"spare": {"link": link}}))
    assert verdicts(rows)["spare"] == "wrong"
    assert rows[3]["remark"]


@pytest.mark.parametrize(
    ("changes", "remark"),
    [
        ({"version": "0" * 16}, "another version of the lesson"),
        ({"model": "teaching"}, "another model"),
        ({"model_key": "0" * 16}, "another version of the model"),
        ({"answers": {"nadir": {"value": 2.0}, "bonus": {"value": 1.0}}}, "answers of no task: bonus"),
    ],
)
def test_another_version_is_told_and_answers_are_judged_all_the_same(
    tmp_path: Path, changes: dict[str, Any], remark: str
) -> None:
    rows = graded(tmp_path, hand_in(**changes))
    assert all(remark in row["remark"] for row in rows)
    assert rows[0]["verdict"] == "right"


TAMPERED = [
    b"", b"{", b"[]", b"null", b"\xff", b"[" * 50_000, b"1", b'{"format": "immunosim hand-in 1"}',
    json.dumps(hand_in(score=100)).encode(), json.dumps(hand_in(format="immunosim hand-in 9")).encode(),
    json.dumps(hand_in(lesson="../second_course")).encode(), json.dumps(hand_in(student=7)).encode(),
    json.dumps(hand_in(answers={"nadir": {"value": "2"}})).encode(),
    json.dumps(hand_in(answers={"nadir": {"value": True}})).encode(),
    json.dumps(hand_in(answers={"nadir": {"value": 2.0, "verdict": "right"}})).encode(),
    json.dumps(hand_in(answers={"nadir": {"value": 2.0, "choice": "a"}})).encode(),
    json.dumps(hand_in(answers={"nadir": 2.0})).encode(), json.dumps(hand_in(answers=[1])).encode(),
    b'{"format": NaN}', b'{"lesson": "a", "lesson": "b"}', b" " * (LARGEST + 1),
    json.dumps(hand_in(answers={"nadir": {"value": 1}})).encode().replace(b"1}", b"1e999}"),
]  # fmt: skip


@pytest.mark.parametrize("content", TAMPERED, ids=[str(n) for n in range(len(TAMPERED))])
def test_a_file_that_is_no_hand_in_has_a_line_that_says_why(tmp_path: Path, content: bytes) -> None:
    rows = graded(tmp_path, content, hand_in())
    assert (rows[0]["file"], rows[0]["verdict"]) == ("student_0.json", "unreadable")
    assert rows[0]["remark"]
    assert set(verdicts(rows[1:]).values()) == {"right"}


def test_a_lesson_that_is_not_known_is_told(tmp_path: Path) -> None:
    rows = graded(tmp_path, hand_in(lesson="other"))
    assert [(row["lesson"], row["verdict"]) for row in rows] == [("other", "unknown lesson")]


def test_a_link_to_another_file_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text(json.dumps(hand_in()))
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "a.json").symlink_to(outside)
    rows = list(csv.DictReader(io.StringIO(grade_folder(inside, [LESSON]).csv())))
    assert [row["verdict"] for row in rows] == ["unreadable"]


@pytest.mark.parametrize("student", ['=cmd|"/c calc"!A1', "+1+2", "@SUM(A1)", "a\nb", "a\x1b[31m"])
def test_what_a_student_writes_is_text_in_a_spreadsheet(tmp_path: Path, student: str) -> None:
    (tmp_path / "a.json").write_text(json.dumps(hand_in(student=student)))
    row = grade_folder(tmp_path, [LESSON]).csv().splitlines()[1]
    cell = next(csv.reader([row]))[1] if "\n" not in student else "a"
    assert not cell.startswith(("=", "+", "@"))


def numbers(value: float, wrong: dict[str, float]) -> tuple[LessonTask, TaskAnswer]:
    entries = [{"id": name} for name in wrong]
    task = LessonTask.model_validate(
        {"id": "a", "kind": "number", "measure": "value of cd4 at 1 day", "wrong": entries}
    )
    return task, TaskAnswer("number", value, "1", 0.1 * value, variants=wrong)


@pytest.mark.parametrize(
    ("given", "verdict"),
    [(100.0, "right"), (110.0, "right"), (111.0, "wrong"), (200.0, "double"), (181.0, "double"), (262.0, "more"),
     (219.0, "double"), (246.0, "more"), (1e9, "wrong"), (-100.0, "wrong")],
)  # fmt: skip
def test_the_nearest_wrong_answer_within_its_own_tolerance_is_meant(given: float, verdict: str) -> None:
    assert judged_number(*numbers(100.0, {"double": 200.0, "more": 250.0}), given) == verdict


def test_the_command_writes_a_table_and_says_what_it_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lessons = tmp_path / "lessons"
    lessons.mkdir()
    (lessons / EXAMPLE.name).symlink_to(EXAMPLE)
    (tmp_path / "hand_ins").mkdir()
    (tmp_path / "hand_ins" / "a.json").write_text(json.dumps(hand_in()))
    monkeypatch.setattr("immunosim.teach.site.SHIPPED", tmp_path / "none")
    told = CliRunner().invoke(app, ["teach", "grade", str(tmp_path / "hand_ins"), "--lessons", str(lessons)])
    assert told.exit_code == 0, told.output
    assert "no proof against cheating" in told.output
    table = (tmp_path / "hand_ins" / "grades.csv").read_text(encoding="utf-8-sig")
    assert table.splitlines()[0] == ",".join(HEADERS)
    assert len(table.splitlines()) == 5


@pytest.mark.parametrize("folder", ["nothing", "empty"])
def test_a_folder_without_hand_ins_is_refused(tmp_path: Path, folder: str) -> None:
    (tmp_path / "empty").mkdir()
    told = CliRunner().invoke(app, ["teach", "grade", str(tmp_path / folder)])
    assert told.exit_code == 2
    assert folder in told.output
