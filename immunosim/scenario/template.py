"""Scenario files to start from: texts with comments of a model, which run as they are.

In these texts a comment in prose begins with ``# ``; a line that begins with ``#`` and no blank is an example, which
makes a valid scenario as soon as the ``#`` is removed. Nothing here touches the user's disk.
"""

from __future__ import annotations

from immunosim.models import DEFAULT_MODEL, find_model
from immunosim.safe_text import toml_text

_NAME = "my_scenario.toml"
_BASE = '"two_courses.toml"'


def starting_scenario(name: str, *, minimal: bool = False) -> str:
    """Return a scenario with two courses: with comments on everything that is possible, or the shortest useful one.

    Parameters
    ----------
    name : str
        The file as its comments name it, in the form of a command.
    minimal : bool
        Whether to leave out comments and all that has a default.
    """
    return _text("minimal" if minimal else "full").replace(_NAME, name)


def what_if_scenario(name: str, base: str, *, minimal: bool = False) -> str:
    """Return a scenario that extends another one, with examples of what to change, or without.

    Parameters
    ----------
    name : str
        The file as its comments name it, in the form of a command.
    base : str
        The scenario to extend, relative to the folder of the new file, with ``/`` between folders.
    minimal : bool
        Whether to leave out comments and examples.
    """
    text = _text("what_if")
    if minimal:
        text = "".join(line for line in text.splitlines(keepends=True) if line.strip() and not line.startswith("#"))
    return text.replace(_NAME, name).replace(_BASE, toml_text(base))


def _text(name: str) -> str:
    return (find_model(DEFAULT_MODEL).folder / "templates" / f"{name}.toml").read_text(encoding="utf-8")
