"""Stored answers of lessons, and which of the computed ones differ from them.

They stand beside the lessons as ``answers.json``, so that a change of the model says which lessons it changes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from immunosim.files import read_plain, write_file
from immunosim.safe_text import json_text
from immunosim.teach.answers import LessonAnswers
from immunosim.teach.faults import LessonError

FILE = "answers.json"
FORMAT = "immunosim answers 1"
LARGEST = 4 * 1024 * 1024

MOVED = 1e-3
"""Relative difference from which an answer has moved; machines and solvers differ by far less."""

_UPDATE = "write it with immunosim teach check --update"


@dataclass(frozen=True)
class Moved:
    """An answer that is not the stored one.

    Attributes
    ----------
    lesson, answer : str
        Id of the lesson, and of the task or fact, with the variant after a full stop.
    before, now : str
        Empty where there was none, or is none any more.
    """

    lesson: str
    answer: str
    before: str
    now: str


def read_stored(folder: Path) -> dict[str, Any] | None:
    """Return the stored answers by lesson; None where a folder has none.

    Raises
    ------
    LessonError
        If the file is damaged.
    """
    path = folder / FILE
    if not path.exists():
        return None
    try:
        document = json.loads(read_plain(path, LARGEST))
        if document["format"] != FORMAT:
            raise ValueError("another format")
        return dict(document["lessons"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise LessonError(f"cannot be read ({error})", file=str(path), cure=_UPDATE) from None


def write_stored(folder: Path, answers: Sequence[LessonAnswers]) -> Path:
    """Store the answers of lessons beside them, and return the file."""
    path = folder / FILE
    kept = {} if len(answers) > 1 else read_stored(folder) or {}
    kept |= {entry.folder.id: _record(entry) for entry in answers}
    write_file(path, (json_text({"format": FORMAT, "lessons": dict(sorted(kept.items()))}) + "\n").encode())
    return path


def moved_answers(answers: Sequence[LessonAnswers], stored: Mapping[str, Any]) -> Iterator[Moved]:
    """Yield the answers that differ from the stored ones, and those that only one of them has."""
    for entry in answers:
        before = _numbers(stored.get(entry.folder.id, {}).get("answers", {}))
        now = _numbers(_record(entry)["answers"])
        for name in sorted({*before, *now}):
            if not _are_same(before.get(name), now.get(name)):
                yield Moved(entry.folder.id, name, _text(before.get(name)), _text(now.get(name)))


def _record(entry: LessonAnswers) -> dict[str, Any]:
    about = {"version": entry.folder.version, "model": entry.runs.scenario.model}
    return about | {"answers": {name: answer.as_record() for name, answer in entry.answers.items()}}


def _numbers(answers: Any) -> dict[str, Any]:
    """Return answers by name: numbers, right options and orders, and the values of variants."""
    numbers: dict[str, Any] = {}
    for name, answer in (answers if isinstance(answers, dict) else {}).items():
        for part, value in (answer if isinstance(answer, dict) else {}).items():
            if part == "variants" and isinstance(value, dict):
                numbers |= {f"{name}.{variant}": number for variant, number in value.items()}
            elif part == "value":
                numbers[name] = value
            else:
                numbers[f"{name}:{part}"] = value
    return numbers


def _are_same(a: Any, b: Any) -> bool:
    numbers = isinstance(a, (int, float)) and isinstance(b, (int, float))
    return math.isclose(a, b, rel_tol=MOVED, abs_tol=1e-12) if numbers else bool(a == b)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:.4g}" if isinstance(value, float) else str(value)
