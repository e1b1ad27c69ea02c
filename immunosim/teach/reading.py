"""Reading of lessons: a folder of ``lesson.toml``, one file of texts a language, and the teacher's pages.

Everything is read strictly and within bounds; every problem comes with its file and key.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from immunosim.errors import InputProblem
from immunosim.files import read_plain
from immunosim.teach.faults import LessonError, at, placed
from immunosim.teach.fields import LessonRecord
from immunosim.teach.lesson import Lesson
from immunosim.teach.texts import LANGUAGE, MOST_TEACHER, LessonText, different_layout, teacher_problems, text_problems

SHIPPED = Path(__file__).parent / "lessons"
"""Folder of the lessons that come with the package."""

RECORD = "lesson.toml"
FIRST_LANGUAGE = "en"
LARGEST_FILE = 256 * 1024
MOST_LESSONS = 200

_R = TypeVar("_R", bound=LessonRecord)


@dataclass(frozen=True)
class LessonFolder:
    """A lesson with its texts.

    Attributes
    ----------
    path : Path
    lesson : Lesson
    texts : dict of str to LessonText
        By language, English first.
    teacher : dict of str to str
        The teacher's pages by language, Markdown.
    version : str
        Changes with every change of ``lesson.toml``; the texts may change without it.
    """

    path: Path
    lesson: Lesson
    texts: dict[str, LessonText]
    teacher: dict[str, str]
    version: str

    @property
    def file(self) -> str:
        """Return what messages name as the file of the record."""
        return str(self.path / RECORD)

    @cached_property
    def id(self) -> str:
        """Name of the lesson."""
        return self.lesson.id

    def text(self, language: str) -> LessonText:
        """Return the texts in a language, in English where there are none."""
        return self.texts.get(language, self.texts[FIRST_LANGUAGE])


def read_lessons(folder: Path | None = None) -> list[LessonFolder]:
    """Return the lessons of a folder: the folder of one lesson, or one that holds such folders.

    Parameters
    ----------
    folder : Path, optional
        By default the lessons that come with the package.

    Raises
    ------
    LessonError
        With every problem of all lessons, one per line.
    """
    folder = SHIPPED if folder is None else folder
    lessons: list[LessonFolder] = []
    problems: list[InputProblem] = []
    for path in lesson_folders(folder):
        try:
            lessons.append(read_lesson(path))
        except LessonError as error:
            problems += error.problems
    problems += _between(lessons)
    if problems:
        raise LessonError(problems=problems)
    return sorted(lessons, key=_place)


def lesson_folders(folder: Path) -> list[Path]:
    """Return the folders of lessons in a folder, or the folder itself where it is that of a lesson.

    Raises
    ------
    LessonError
        If there is none.
    """
    if (folder / RECORD).exists():
        return [folder]
    if not folder.is_dir():
        raise LessonError("is not a folder", file=str(folder), cure="name the folder of a lesson, or of several")
    folders = sorted(path.parent for path in folder.glob(f"*/{RECORD}"))[:MOST_LESSONS]
    if not folders:
        cure = f"a lesson is a folder with {RECORD}; immunosim teach new ID writes one"
        raise LessonError("holds no lesson", file=str(folder), cure=cure)
    return folders


def read_lesson(path: Path) -> LessonFolder:
    """Return the lesson of a folder.

    Raises
    ------
    LessonError
        With every problem, one per line.
    """
    file = str(path / RECORD)
    content = _content(path / RECORD)
    lesson = _record(Lesson, content, file)
    problems = list(_misplaced(lesson, path, file))
    texts, faults = _texts(path, lesson)
    teacher, more = _teacher(path, lesson)
    if problems or faults or more:
        raise LessonError(problems=[*problems, *faults, *more])
    return LessonFolder(path, lesson, texts, teacher, version_of(content))


def version_of(content: str) -> str:
    """Return the version of a lesson's record: a hash that does not see how lines end."""
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _misplaced(lesson: Lesson, path: Path, file: str) -> Iterator[InputProblem]:
    if lesson.id != path.resolve().name:
        cure = f"rename the folder to {lesson.id}, or change the id"
        yield InputProblem(f'"{lesson.id}" is not the name of its folder', file, "id", cure)


def _texts(path: Path, lesson: Lesson) -> tuple[dict[str, LessonText], list[InputProblem]]:
    files = {file.stem: file for file in sorted(path.glob("*.toml")) if file.name != RECORD}
    problems = [
        InputProblem("is not named after a language", str(file), cure="name it en.toml, de.toml or the like")
        for name, file in files.items()
        if not LANGUAGE.fullmatch(name)
    ]
    if FIRST_LANGUAGE not in files:
        problems.append(
            InputProblem("is missing", str(path / f"{FIRST_LANGUAGE}.toml"), cure="write the English texts")
        )
    texts: dict[str, LessonText] = {}
    for name in sorted(filter(LANGUAGE.fullmatch, files), key=lambda name: (name != FIRST_LANGUAGE, name)):
        file = str(files[name])
        try:
            text = _record(LessonText, _content(files[name]), file)
        except LessonError as error:
            problems += error.problems
            continue
        problems += [at(problem, file) for problem in text_problems(lesson, text)]
        if FIRST_LANGUAGE in texts:
            problems += [at(problem, file) for problem in different_layout(texts[FIRST_LANGUAGE], text)]
        texts[name] = text
    return texts, list(dict.fromkeys(problems))


def _teacher(path: Path, lesson: Lesson) -> tuple[dict[str, str], list[InputProblem]]:
    pages: dict[str, str] = {}
    problems: list[InputProblem] = []
    for file in sorted(path.glob("teacher.*.md")):
        name = file.name.split(".")[1]
        try:
            text = _content(file)
        except LessonError as error:
            problems += error.problems
            continue
        if len(text) > MOST_TEACHER:
            problems.append(InputProblem(f"has {len(text):,} characters", str(file), cure=f"at most {MOST_TEACHER:,}"))
        problems += [at(problem, str(file)) for problem in teacher_problems(lesson, text)]
        pages[name] = text
    if not problems and FIRST_LANGUAGE not in pages:
        cure = "write timing, answers, misconceptions and known misses for the teacher"
        problems.append(InputProblem("is missing", str(path / f"teacher.{FIRST_LANGUAGE}.md"), cure=cure))
    return pages, problems


def _between(lessons: list[LessonFolder]) -> Iterator[InputProblem]:
    """Yield lessons of one number, and languages that only some lessons have."""
    languages = {name for lesson in lessons for name in lesson.texts}
    numbers: dict[str, LessonFolder] = {}
    for lesson in lessons:
        for name in sorted(languages - set(lesson.texts)):
            yield InputProblem(
                "is missing, other lessons have it", str(lesson.path / f"{name}.toml"), cure="translate it"
            )
        number = lesson.lesson.number
        if number in numbers:
            reason = f'"{number}" is the number of {numbers[number].id} too'
            yield InputProblem(reason, lesson.file, "number", "choose another")
        numbers[number] = lesson


def _place(lesson: LessonFolder) -> tuple[bool, int, str]:
    """Return what lessons are sorted by: numbers as numbers, before those with letters."""
    number = lesson.lesson.number
    return (not number.isdecimal(), int(number) if number.isdecimal() else 0, number)


def _content(path: Path) -> str:
    """Return the text of a file of a lesson, with plain ends of lines."""
    file = str(path)
    try:
        content = read_plain(path, LARGEST_FILE)
    except OSError as error:
        reason = f"cannot be read ({error.strerror or error})"
        raise LessonError(reason, file=file, cure="a lesson has plain files of at most 256 kB") from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LessonError(f"is not UTF-8 text at byte {error.start}", file=file, cure="save it as UTF-8") from None
    if "\0" in text:
        raise LessonError("is a binary file", file=file, cure="write text")
    return text.replace("\r\n", "\n")


def _record(kind: type[_R], content: str, file: str) -> _R:
    """Return the record that a TOML text holds."""
    try:
        document: dict[str, Any] = tomllib.loads(content)
    except RecursionError:
        raise LessonError("is nested too deeply", file=file, cure="a lesson has at most four levels") from None
    except ValueError as error:
        raise LessonError(f"not valid TOML: {error}", file=file, cure="correct it there") from None
    with placed(file):
        return kind.model_validate(document, context={"file": file})
