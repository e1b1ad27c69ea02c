"""Reading of scenario files: TOML text, one level of `extends`, overrides, and the records.

The only module of the scenario layer that touches the disk.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from immunosim.errors import InputProblem, ScenarioError, any_of, close_matches
from immunosim.scenario.examples import located, shipped_names
from immunosim.scenario.overrides import Overrides, apply_overrides, merged
from immunosim.scenario.scenario import Scenario
from immunosim.scenario.superseded import key_in_file
from immunosim.units import shown

LARGEST_FILE = 10_000_000
DEEPEST = 20
"""Levels of tables and lists in a file; `sweep.vary` has one for each step of a key without quotes."""

_LOCATED = re.compile(r"(?P<reason>.*) \(at (?P<where>.*)\)", re.DOTALL)
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


def load_scenario(path: Path | str, overrides: Overrides = ()) -> Scenario:
    """Read a scenario file.

    Parameters
    ----------
    path : Path or str
        A TOML file, or the name of a shipped scenario, such as ``case_report``.
    overrides : mapping of str to object, or iterable of str
        Changes such as ``{"patient.age": 40}`` or ``["patient.age=40"]``, applied after `extends`.

    Returns
    -------
    Scenario
        With all times resolved to days and all quantities in internal units.

    Raises
    ------
    ScenarioError
        With every problem, one per line.
    """
    path = Path(path)
    document, (base_file, base) = _read_with_base(path)
    data = _laid_over(base, document, overrides)
    try:
        return build_scenario(data, str(path))
    except ScenarioError as error:
        if base_file is None:
            raise
        raise ScenarioError(
            problems=[_blame(problem, document, base, base_file) for problem in error.problems]
        ) from None


def load_document(path: Path | str, overrides: Overrides = ()) -> dict[str, Any]:
    """Return the document that ``load_scenario`` makes its records of: plain data, `extends` resolved, unchecked."""
    document, (_, base) = _read_with_base(Path(path))
    return _laid_over(base, document, overrides)


def build_scenario(data: Mapping[str, Any], file: str = "scenario") -> Scenario:
    """Return the scenario that a document describes.

    Parameters
    ----------
    data : mapping
        The document as TOML gives it: tables, arrays, text with units. `extends` is not resolved here.
    file : str
        What messages name as the origin of a problem.
    """
    try:
        return Scenario.model_validate(dict(data), context={"file": file})
    except ScenarioError as error:
        problems = [
            replace(problem, key=key_in_file(problem.key, data)) if problem.key else problem
            for problem in error.problems
        ]
        raise ScenarioError(problems=problems, n_more=error.n_more) from None


def _read_with_base(path: Path) -> tuple[dict[str, Any], tuple[str | None, dict[str, Any]]]:
    file = located(path)
    document = read_toml(file, str(path))
    return document, _base_of(document, file)


def _laid_over(base: Mapping[str, Any], document: Mapping[str, Any], overrides: Overrides) -> dict[str, Any]:
    changes = {key: value for key, value in document.items() if key != "extends"}
    return apply_overrides(merged(base, changes), overrides)


def _base_of(document: Mapping[str, Any], path: Path) -> tuple[str | None, dict[str, Any]]:
    if "extends" not in document:
        return None, {}
    name, file = document["extends"], str(path)
    if not isinstance(name, str) or not name.strip():
        cure = 'write for example extends = "two_courses.toml"'
        raise ScenarioError(f"{shown(name)} is not the name of a file", file=file, key="extends", cure=cure)
    base_path = path.parent / name
    if name in shipped_names() and not os.path.isfile(base_path):
        base_path = located(name)
    try:
        is_itself, exists = base_path.resolve() == path.resolve(), base_path.exists()
    except (OSError, RuntimeError, ValueError):  # a name that is too long, a ring of links, NUL
        reason = f"{shown(name)} cannot be the name of a file"
        raise ScenarioError(reason, file=file, key="extends", cure="name another file") from None
    if is_itself:
        raise ScenarioError("the scenario extends itself", file=file, key="extends", cure="name another file")
    if not exists:
        cure = "the name is relative to the folder of this file"
        raise ScenarioError(f"{base_path} does not exist", file=file, key="extends", cure=cure)
    base = read_toml(base_path, str(base_path))
    if "extends" in base:
        reason = f"{base_path} itself extends {shown(base['extends'])}"
        raise ScenarioError(
            reason, file=file, key="extends", cure="only one level is allowed, extend a file that stands alone"
        )
    return str(base_path), base


def _blame(problem: InputProblem, document: Mapping[str, Any], base: Mapping[str, Any], base_file: str) -> InputProblem:
    # A key that only the base has must be corrected in the base.
    steps = [name or int(number) - 1 for name, number in _STEP.findall(problem.key or "")]
    in_base_alone = steps and not _holds(document, steps) and _holds(base, steps)
    return InputProblem(problem.reason, base_file, problem.key, problem.cure) if in_base_alone else problem


def _holds(document: Any, steps: list[str | int]) -> bool:
    for step in steps:
        try:
            document = document[step]
        except (LookupError, TypeError):
            return False
    return True


def read_toml(
    path: Path, file: str, least: str = 'at least a horizon, for example horizon = "36 months"'
) -> dict[str, Any]:
    """Return the document of a TOML file, unchecked.

    Parameters
    ----------
    path : Path
    file : str
        Its name for messages.
    least : str
        What a file of this kind has to hold, for a file that is empty.

    Raises
    ------
    ScenarioError
        If it is missing, unreadable, empty, or not TOML.
    """
    text = _text_of(path, file)
    try:
        document = tomllib.loads(text)
    except RecursionError:
        raise ScenarioError("is nested too deeply", file=file, cure="a scenario has at most four levels") from None
    except ValueError as error:
        raise _syntax_error(str(error), file) from None
    if _is_deep(document):
        raise ScenarioError("is nested too deeply", file=file, cure="a scenario has at most four levels")
    if not document:
        raise ScenarioError("is empty", file=file, cure=f"write {least}")
    return document


def _is_deep(document: dict[str, Any]) -> bool:
    """Return whether tables and lists are nested deeper than in any scenario, or than Python's stack allows."""
    level: list[Any] = [document]
    for _ in range(DEEPEST):
        level = [below for entry in level for below in (entry.values() if isinstance(entry, dict) else entry)]
        level = [below for below in level if isinstance(below, (dict, list))]
    return bool(level)


def _text_of(path: Path, file: str) -> str:
    try:
        if path.is_dir():
            raise ScenarioError("is a folder", file=file, cure="name a scenario file in it")
        with path.open("rb") as stream:
            content = stream.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        raise ScenarioError("does not exist", file=file, cure=_similar_file(path)) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ScenarioError(f"cannot be read ({reason})", file=file, cure="name a file that you may read") from None
    if len(content) > LARGEST_FILE:
        raise ScenarioError(f"is larger than {LARGEST_FILE // 1_000_000} MB", file=file, cure="name a scenario file")
    if b"\0" in content:
        raise ScenarioError("is a binary file", file=file, cure="name a TOML file")
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        reason = f"is not UTF-8 text (byte 0x{content[error.start]:02x} at position {error.start})"
        raise ScenarioError(reason, file=file, cure="save it as UTF-8") from None


def _similar_file(path: Path) -> str:
    matches = close_matches(path.name, [entry.name for entry in path.parent.glob("*.toml")])
    if not matches:
        return "check the name and the folder"
    return f"did you mean {any_of([str(path.parent / match) for match in matches])}?"


def _syntax_error(message: str, file: str) -> ScenarioError:
    match = _LOCATED.fullmatch(message)
    # The only message without a place is Python's own, about integers of thousands of digits.
    reason, where = match.group("reason", "where") if match else ("a number has too many digits", None)
    return ScenarioError(f"not valid TOML: {reason}", file=file, key=where, cure="correct it there")
