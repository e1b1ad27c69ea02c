"""What a student hands in: a small JSON file of answers, read strictly. Nothing in it is believed but the answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

from pydantic import BeforeValidator, Field

from immunosim.errors import InputProblem, QuantityError
from immunosim.files import read_plain
from immunosim.scenario.base import Text
from immunosim.teach.faults import LessonError, placed
from immunosim.teach.fields import LessonRecord, Name, counted
from immunosim.units import finite, shown

LARGEST = 64 * 1024
MOST_FILES = 2000

GivenAnswer = float | str | tuple[str, ...]
"""An answer: a number, the id of an option, or ids in order."""


def _given(value: object) -> object:
    if isinstance(value, bool) or value is None:
        raise QuantityError(f"{shown(value)} is not an answer", cure="expected a number, an id or a list of ids")
    if isinstance(value, (int, float)):
        return finite(value, value)
    if isinstance(value, str) and len(value) <= 60:
        return value
    if isinstance(value, list) and len(value) <= 20 and all(isinstance(v, str) and len(v) <= 60 for v in value):
        return tuple(value)
    raise QuantityError(f"{shown(value)} is not an answer", cure="expected a number, an id or a list of ids")


Answered = Annotated[Any, BeforeValidator(_given)]
Label = Annotated[Text, Field(max_length=200)]
Word = Annotated[Text, Field(max_length=64)]
LinkText = Annotated[Text, Field(max_length=20_000)]


class AnswerGiven(LessonRecord):
    """The answer to a task: one of value, choice, order and link; ``predicted`` is what was said before the run."""

    value: Annotated[float, Field(allow_inf_nan=False, strict=True)] | None = None
    choice: Word | None = None
    order: Annotated[tuple[Word, ...], counted(0, 20)] | None = None
    link: LinkText | None = None
    predicted: Answered | None = None
    at: Answered | None = None

    def problems(self) -> Iterator[InputProblem]:
        """Yield several answers at once."""
        given = [name for name in ("value", "choice", "order") if getattr(self, name) is not None]
        if len(given) > 1:
            yield InputProblem(f"is given together with {given[0]}", key=given[1], cure="one task has one answer")


class HandIn(LessonRecord):
    """A hand-in file."""

    format: Literal["immunosim hand-in 1"]
    lesson: Name
    version: Word
    model: Word
    model_key: Word
    language: Word = "en"
    student: Label = ""
    answers: Annotated[dict[Name, AnswerGiven], counted(0, 20)]
    links: Annotated[dict[Name, LinkText], counted(0, 20)] = Field(default_factory=dict)


def hand_in_files(folder: Path) -> list[Path]:
    """Return the hand-in files of a folder, sorted by name.

    Raises
    ------
    LessonError
        If there is no such folder, or no such file in it.
    """
    if not folder.is_dir():
        raise LessonError("is not a folder", file=str(folder), cure="name the folder of the hand-in files")
    entries = sorted(folder.glob("*.json"))
    if not entries:
        raise LessonError("holds no hand-in file (*.json)", file=str(folder), cure="name the folder that they are in")
    if len(entries) > MOST_FILES:
        cure = "grade them in several folders"
        raise LessonError(f"holds {len(entries):,} files, at most {MOST_FILES:,}", file=str(folder), cure=cure)
    return entries


def read_hand_in(path: Path) -> HandIn:
    """Return what a file hands in.

    Raises
    ------
    LessonError
        If it is no hand-in file, with the key that is wrong.
    """
    file = path.name
    try:
        content = read_plain(path, LARGEST)
    except OSError as error:
        reason = f"cannot be read ({error.strerror or error})"
        raise LessonError(
            reason, file=file, cure=f"a hand-in is a plain file of at most {LARGEST // 1024} kB"
        ) from None
    try:
        document = json.loads(content, parse_constant=_refuse, object_pairs_hook=_without_doubles)
    except (ValueError, RecursionError) as error:
        raise LessonError(f"is not JSON ({error})", file=file, cure="ask for the file as the page wrote it") from None
    if not isinstance(document, dict):
        raise LessonError("is not a hand-in", file=file, cure="ask for the file as the page wrote it")
    with placed(file):
        return HandIn.model_validate(document, context={"file": file})


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries = dict(pairs)
    if len(entries) != len(pairs):
        raise ValueError("a key stands twice")
    return entries
