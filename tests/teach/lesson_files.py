"""The example lesson of these tests in a folder of its own, as it is or with changes."""

import shutil
from pathlib import Path

EXAMPLE = Path(__file__).parent / "lessons" / "second_course"


def copied(into: Path) -> Path:
    """Return a copy of the example."""
    folder = into / EXAMPLE.name
    shutil.copytree(EXAMPLE, folder)
    return folder


def changed(into: Path, file: str, old: str, new: str) -> Path:
    """Return a copy of the example with a text of one of its files replaced once."""
    folder = copied(into)
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text, f"{old} is not in {file}"
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder
