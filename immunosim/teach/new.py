"""A lesson to start from: a folder that is complete as it is, with comments on all that a lesson may hold."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from immunosim.errors import QuantityError
from immunosim.files import OutputError, write_file
from immunosim.teach.faults import LessonError
from immunosim.teach.fields import checked_name

FILES = ("lesson.toml", "en.toml", "teacher.en.md")


def write_lesson(name: str, into: Path | str = ".") -> Path:
    """Write a lesson to start from, and return its folder.

    Parameters
    ----------
    name : str
        What the lesson is called, and its folder.
    into : Path or str
        Where the folder is made.

    Raises
    ------
    LessonError
        If the name cannot be one.
    OutputError
        If the folder exists, or cannot be written.
    """
    try:
        checked_name(name)
    except QuantityError as error:
        raise LessonError(error.reason, key="id", cure=error.cure) from None
    folder = Path(into) / name
    if folder.exists():
        raise OutputError("exists", file=str(folder), cure="choose another name")
    source = resources.files("immunosim.teach") / "templates" / "lesson"
    for file in FILES:
        text = (source / file).read_text(encoding="utf-8")
        write_file(folder / file, text.replace("my_lesson", name).encode())
    return folder
