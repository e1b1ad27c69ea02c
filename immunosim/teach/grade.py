"""Grading of hand-ins: every answer is judged by what the model of this package says, not by what the file says.

A file can be edited by whoever hands it in, and answers can be passed on: grades are no proof against cheating.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from immunosim.codegen.loader import say_nothing
from immunosim.errors import ImmunosimError
from immunosim.files import write_file
from immunosim.safe_text import csv_text
from immunosim.teach.answers import LessonAnswers, compute_answers
from immunosim.teach.faults import LessonError
from immunosim.teach.handin import AnswerGiven, HandIn, hand_in_files, read_hand_in
from immunosim.teach.lesson import LessonTask
from immunosim.teach.link import LinkError, scenario_of_link
from immunosim.teach.marking import TaskAnswer, tolerance_of
from immunosim.teach.reached import value_reached
from immunosim.teach.reading import LessonFolder
from immunosim.teach.site import all_lessons

RIGHT, WRONG, MISSING, UNREADABLE, UNKNOWN = "right", "wrong", "missing", "unreadable", "unknown lesson"

CAUTION = "Hand-in files can be edited: grades are no proof against cheating."

HEADERS = ("file", "student", "lesson", "task", "answer", "right answer", "unit", "verdict", "predicted", "remark")

Say = Callable[[str], None]


@dataclass(frozen=True)
class TaskGrade:
    """The verdict on a task of a hand-in, or on a file that cannot be read.

    Attributes
    ----------
    file, student, lesson, task : str
    answer, right_answer, unit : str
    verdict : str
        right, wrong, the id of the misconception that a wrong answer shows, missing, unreadable or unknown lesson.
    predicted, remark : str
    """

    file: str
    student: str = ""
    lesson: str = ""
    task: str = ""
    answer: str = ""
    right_answer: str = ""
    unit: str = ""
    verdict: str = ""
    predicted: str = ""
    remark: str = ""

    @property
    def row(self) -> tuple[str, ...]:
        """Return it as a row of the table."""
        about = (self.file, self.student, self.lesson, self.task, self.answer, self.right_answer, self.unit)
        return (*about, self.verdict, self.predicted, self.remark)


@dataclass(frozen=True)
class Grades:
    """The verdicts on a folder of hand-ins, in the order of the files."""

    grades: tuple[TaskGrade, ...]
    caution: str = CAUTION

    def csv(self) -> str:
        """Return them as a table, one line for each file and task."""
        return csv_text([HEADERS, *(grade.row for grade in self.grades)])

    def save(self, path: Path) -> Path:
        """Write the table.

        Raises
        ------
        OutputError
            If the place cannot be written.
        """
        write_file(path, self.csv().encode("utf-8-sig"))
        return path

    def overview(self) -> list[tuple[str, ...]]:
        """Return a line for each file: student, lesson, right answers, tasks, remarks."""
        rows: list[tuple[str, ...]] = []
        for file in dict.fromkeys(grade.file for grade in self.grades):
            of_file = [grade for grade in self.grades if grade.file == file]
            n_right = sum(grade.verdict == RIGHT for grade in of_file)
            remarks = "; ".join(dict.fromkeys(grade.remark for grade in of_file if grade.remark))
            n_tasks = sum(bool(grade.task) for grade in of_file)
            rows.append((file, of_file[0].student, of_file[0].lesson, str(n_right), str(n_tasks), remarks))
        return rows


def grade_lessons(folder: Path | str, lessons: Path | str | None = None, *, announce: Say = say_nothing) -> Grades:
    """Recompute every answer of hand-in files by running the model; ``.save(path)`` writes the table.

    Parameters
    ----------
    folder : Path or str
        Of hand-in files, as the page of a lesson saves them.
    lessons : Path or str, optional
        Folder of your own lessons, besides those of the package.
    announce : callable, optional
        Receives a sentence before a slow step.

    Raises
    ------
    LessonError
        If the folder holds no hand-in file, or a lesson cannot be read. What is wrong with a file is said in the table.
    """
    return grade_folder(Path(folder), all_lessons(None if lessons is None else Path(lessons)), announce)


def grade_folder(folder: Path, lessons: list[LessonFolder], announce: Say = say_nothing) -> Grades:
    """Judge the hand-in files of a folder.

    Parameters
    ----------
    folder : Path
    lessons : list of LessonFolder
        Those that may be handed in.
    announce : callable
        Receives a sentence before a slow step.

    Raises
    ------
    LessonError
        If the folder holds no hand-in file. What is wrong with a file is said in the table.
    """
    known = {lesson.id: lesson for lesson in lessons}
    computed: dict[str, LessonAnswers] = {}
    grades: list[TaskGrade] = []
    for path in hand_in_files(folder):
        try:
            hand_in = read_hand_in(path)
        except LessonError as error:
            grades.append(TaskGrade(path.name, verdict=UNREADABLE, remark=str(error.problems[0])))
            continue
        if hand_in.lesson not in known:
            grades.append(TaskGrade(path.name, hand_in.student, hand_in.lesson, verdict=UNKNOWN))
            continue
        if hand_in.lesson not in computed:
            computed[hand_in.lesson] = compute_answers(known[hand_in.lesson], announce=announce)
        grades += _graded(path.name, hand_in, computed[hand_in.lesson])
    return Grades(tuple(grades))


def _graded(file: str, hand_in: HandIn, answers: LessonAnswers) -> Iterator[TaskGrade]:
    remarks = list(_remarks(hand_in, answers))
    for task in answers.folder.lesson.task:
        answer = answers.answers[task.id]
        given = hand_in.answers.get(task.id)
        link = hand_in.links.get(task.id) or (given.link if given else None)
        text, verdict, remark = _verdict(task, answer, given, link, answers)
        predicted = "" if given is None or given.predicted is None else _text(given.predicted)
        yield TaskGrade(
            file,
            hand_in.student,
            hand_in.lesson,
            task.id,
            text,
            _right_text(task, answer),
            "" if answer.right and not task.is_of_ranges else answer.unit,
            verdict,
            predicted,
            "; ".join([*remarks, *([remark] if remark else [])]),
        )


def _remarks(hand_in: HandIn, answers: LessonAnswers) -> Iterator[str]:
    """Yield in what the file differs from what the lesson of this package would write."""
    folder, model = answers.folder, answers.runs.scenario.model
    if hand_in.version != folder.version:
        yield f"another version of the lesson ({hand_in.version}, here {folder.version})"
    if hand_in.model != model:
        yield f"another model ({hand_in.model}, here {model})"
    elif hand_in.model_key != answers.model_key:
        yield f"another version of the model ({hand_in.model_key}, here {answers.model_key})"
    unknown = [name for name in (*hand_in.answers, *hand_in.links) if name not in {t.id for t in folder.lesson.task}]
    if unknown:
        yield f"answers of no task: {', '.join(dict.fromkeys(unknown))}"


def _verdict(
    task: LessonTask, answer: TaskAnswer, given: AnswerGiven | None, link: str | None, answers: LessonAnswers
) -> tuple[str, str, str]:
    """Return the answer as text, the verdict on it, and a remark."""
    if task.kind == "state":
        return _verdict_on_state(task, answer, link, answers)
    part = {"number": "value", "choice": "choice", "order": "order"}[task.kind]
    value = None if given is None else getattr(given, part)
    if value is None:
        others = [] if given is None else [name for name in ("value", "choice", "order") if getattr(given, name)]
        return "", MISSING, f"has {others[0]} where {part} is asked for" if others else ""
    if task.kind == "number":
        return f"{value:.6g}", judged_number(task, answer, value), ""
    if value == answer.right:
        return _text(value), RIGHT, ""
    names = [variant.id for variant in task.variants]
    if task.kind == "choice":
        return value, (value if value in names else WRONG), "" if value in names else "is none of the options"
    return _text(value), WRONG, "" if sorted(value) == sorted(names) else "is no order of the items"


def judged_number(task: LessonTask, answer: TaskAnswer, value: float) -> str:
    """Return the verdict on a number: right, the nearest wrong answer that it may be, or wrong."""
    if abs(value - answer.value) <= answer.tolerance:
        return RIGHT
    distances = {name: abs(value - wrong) for name, wrong in answer.variants.items()}
    near = {
        name: distance
        for name, distance in distances.items()
        if distance <= tolerance_of(task.tolerance, answer.variants[name], answer.unit)
    }
    return min(near, key=near.__getitem__) if near else WRONG


def _verdict_on_state(
    task: LessonTask, answer: TaskAnswer, link: str | None, answers: LessonAnswers
) -> tuple[str, str, str]:
    if link is None:
        return "", MISSING, ""
    try:
        scenario = scenario_of_link(link, answers.runs.scenario)
        value, foreign = value_reached(task, scenario, answers)
    except LinkError as error:
        return "", WRONG, f"the link cannot be read ({error.reason})"
    except ImmunosimError as error:
        return "", WRONG, f"the scenario of the link is impossible ({error.problems[0]})"
    text = f"{value:.6g}"
    if foreign:
        return text, WRONG, f"changes what is not allowed: {', '.join(foreign)}"
    return text, RIGHT if answer.allows(value) else WRONG, ""


def _right_text(task: LessonTask, answer: TaskAnswer) -> str:
    if task.kind == "state":
        low, high = answer.bounds
        bounds = [f"at least {low:g}"] if math.isfinite(low) else []
        return " and ".join(bounds + ([f"at most {high:g}"] if math.isfinite(high) else []))
    return _text(answer.right) if answer.right else f"{answer.value:.6g}"


def _text(value: object) -> str:
    if isinstance(value, (tuple, list)):
        return ", ".join(map(str, value))
    return f"{value:.6g}" if isinstance(value, float) else str(value)
