"""What checking and grading of lessons found, as tables on the terminal and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from immunosim.cli.printing import show, show_table
from immunosim.formatting import number, unit_text
from immunosim.safe_text import json_text

if TYPE_CHECKING:
    from immunosim.teach.check import LessonCheck
    from immunosim.teach.grade import Grades
    from immunosim.teach.marking import TaskAnswer


def show_check(found: LessonCheck) -> None:
    """Print every answer, and the lessons whose answers moved."""
    rows = [
        (lesson.folder.id, name, answer.kind, _answer(answer))
        for lesson in found.answers
        for name, answer in lesson.answers.items()
    ]
    show_table("Answers", ("lesson", "task", "kind", "answer"), rows, align="<<<<")
    n_tasks = sum(len(lesson.folder.lesson.task) for lesson in found.answers)
    show("", f"Lessons {len(found.answers)}, tasks {n_tasks}, problems {len(found.problems)}.")
    if found.stored is None:
        show("No stored answers: --update writes them, and the next check says which moved.")
    elif found.moved:
        moved = [(entry.lesson, entry.answer, entry.before or "-", entry.now or "-") for entry in found.moved]
        show_table("Answers that moved", ("lesson", "answer", "stored", "now"), moved, align="<<>>")
        show("", f"Answers moved in: {', '.join(found.moved_lessons)}.")
    else:
        show("No answer moved.")


def as_record(found: LessonCheck) -> str:
    """Return answers, problems and what moved as JSON."""
    lessons = {
        lesson.folder.id: {name: answer.as_record() for name, answer in lesson.answers.items()}
        for lesson in found.answers
    }
    moved = [{"lesson": m.lesson, "answer": m.answer, "before": m.before, "now": m.now} for m in found.moved]
    return json_text({"lessons": lessons, "problems": list(map(str, found.problems)), "moved": moved})


def show_grades(grades: Grades) -> None:
    """Print one line for each hand-in."""
    headers = ("file", "student", "lesson", "right", "of", "remarks")
    show_table("Hand-ins", headers, grades.overview(), align="<<<>><")
    show()


def _answer(answer: TaskAnswer) -> str:
    if answer.right:
        return answer.right if isinstance(answer.right, str) else ", ".join(answer.right)
    text = f"{number(answer.value)} {unit_text(answer.unit)}".rstrip()
    return f"{text}, reached {number(answer.solved)}" if answer.kind == "state" else text
