"""Shipped scenarios: where they are, what they are called, and copies of them with their data.

They are the repository's ``configs``, which a wheel holds inside the package. Knows names and files; the reader knows
what is in them.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path

from immunosim.errors import ScenarioError, did_you_mean
from immunosim.files import OutputError, explained, write_file

PACKAGE = Path(__file__).parents[1]
FOLDER = "configs"
"""Name of the folder, in the package where it is installed and beside it in a source tree."""

DATA = "data"
"""Folder of the tables that belong to the scenarios, in the folder of the scenarios."""


@dataclass(frozen=True)
class Example:
    """A shipped scenario.

    Attributes
    ----------
    name : str
        What ``load_scenario`` and the command line take in place of a path.
    title : str
    description : str
        In one sentence; empty where the file has none.
    path : Path
    """

    name: str
    title: str
    description: str
    path: Path


def shipped_folder() -> Path:
    """Return the folder of the shipped scenarios."""
    # The package first: what lies beside an installed package may be anybody's.
    packaged = PACKAGE / FOLDER
    return packaged if packaged.is_dir() else PACKAGE.parent / FOLDER


def shipped_names() -> list[str]:
    """Return the names of the shipped scenarios, sorted."""
    return sorted(path.stem for path in shipped_folder().glob("*.toml"))


def shipped_data() -> list[str]:
    """Return the names of the shipped tables, sorted."""
    return sorted(path.name for path in (shipped_folder() / DATA).glob("*.csv"))


def located(given: Path | str) -> Path:
    """Return the file of a scenario that is given as a path or as the name of a shipped one.

    A file wins over a shipped scenario of the same name. A path that leads nowhere is returned as it is, for the reader
    to refuse.

    Raises
    ------
    ScenarioError
        If a bare name is neither a file nor a shipped scenario, with close matches.
    """
    path = Path(given)
    if not is_bare(path) or os.path.isfile(path):
        return path
    names = shipped_names()
    if path.name in names:
        return shipped_folder() / f"{path.name}.toml"
    if os.path.exists(path):
        return path
    cure = f"{did_you_mean(path.name, names)} (immunosim examples lists them)"
    raise ScenarioError("is neither a file nor a shipped scenario", file=str(given), cure=cure)


def located_data(given: Path | str) -> Path:
    """Return the file of a table that is given as a path or as the name of a shipped one, such as ``clinic.csv``."""
    path = Path(given)
    if path.name != str(path) or os.path.exists(path) or path.name not in shipped_data():
        return path
    return shipped_folder() / DATA / path.name


def is_bare(path: Path) -> bool:
    """Return whether a path is a name alone, without folder and suffix, as shipped scenarios are called."""
    return path.name == str(path) and not path.suffix and "\0" not in path.name


def examples() -> list[Example]:
    """Return the shipped scenarios with title and description, sorted by name."""
    return [_example(shipped_folder() / f"{name}.toml") for name in shipped_names()]


def _example(path: Path) -> Example:
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    words = " ".join(str(document.get("description", "")).split())
    first, stop, _ = words.partition(". ")
    return Example(path.stem, str(document.get("title", path.stem)), f"{first}{stop.strip()}", path)


def copy_examples(folder: Path | str) -> list[Path]:
    """Copy the shipped scenarios and their data into a folder, and return the copies.

    Raises
    ------
    OutputError
        If one of the files exists, before any is written; or if the folder cannot be written.
    """
    target, source = Path(folder), shipped_folder()
    names = [path.relative_to(source) for path in sorted([*source.glob("*.toml"), *(source / DATA).glob("*.csv")])]
    with explained(target):
        present = [str(target / name) for name in names if (target / name).exists()]
    if present:
        others = f" ({len(present) - 1} more files exist)" if len(present) > 1 else ""
        raise OutputError(f"already exists{others}", file=present[0], cure="choose another folder with `copy`")
    for name in names:
        write_file(target / name, (source / name).read_bytes())
    return [target / name for name in names]
