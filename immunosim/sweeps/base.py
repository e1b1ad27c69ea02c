"""The base scenario of a sweep: the document from which every patient is built, and the prepared problem."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from immunosim.codegen.loader import say_nothing
from immunosim.problem import Problem, prepare
from immunosim.scenario import Scenario, Sweep, build_scenario, load_document, load_scenario, to_toml
from immunosim.scenario.examples import located
from immunosim.scenario.overrides import Overrides

_NO_PART = ("sweep", "population", "observed", "note", "relapse", "output")
"""Tables that do not affect a patient; leaving them out avoids reading them again for each."""


@dataclass(frozen=True, eq=False)
class Base:
    """A scenario to vary.

    Attributes
    ----------
    document : mapping
        Parsed TOML with `extends` resolved. References within it (a dose per body weight, a time after a course) stay
        unresolved and so follow the factors.
    file : str
        Name for messages.
    problem : Problem
        The scenario as it is, as numbers.
    section : Sweep, optional
        The `[sweep]` section of its file.
    folder : Path
        Of the file, to which a table of patients is relative.
    """

    document: Mapping[str, Any]
    file: str
    problem: Problem
    section: Sweep | None = None
    folder: Path = Path()

    @property
    def scenario(self) -> Scenario:
        """The scenario as it is."""
        return self.problem.scenario

    @property
    def resolved(self) -> dict[str, Any]:
        """The document with every default written out."""
        return tomllib.loads(to_toml(self.scenario))


def read_base(path: Path | str, changes: Overrides = (), announce: Callable[[str], None] = say_nothing) -> Base:
    """Read a scenario file to vary.

    Parameters
    ----------
    path : Path or str
        A file, or the name of a shipped scenario.
    changes : mapping of str to object, or iterable of str
        Overrides such as ``patient.age=40``.
    announce : callable
        Receives a sentence before a slow step.

    Raises
    ------
    ScenarioError, ParameterError
        If the scenario is invalid.
    """
    section = load_scenario(path, changes).sweep
    base = base_of(load_document(path, changes), str(path), announce, section)
    return replace(base, folder=located(path).parent)


def base_of(
    document: Mapping[str, Any],
    file: str,
    announce: Callable[[str], None] = say_nothing,
    section: Sweep | None = None,
) -> Base:
    """Return the base described by a document, such as that stored in a result."""
    kept = plain(document)
    return Base(kept, file, prepare(build_scenario(kept, file), file, announce), section)


def base_from(scenario: Scenario, announce: Callable[[str], None] = say_nothing) -> Base:
    """Return the base of a scenario built in code."""
    return base_of(tomllib.loads(to_toml(scenario)), "scenario", announce)


def plain(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document as JSON, dates as text, without the tables that do not affect a patient."""
    kept = {key: value for key, value in document.items() if key not in _NO_PART}
    json_document: dict[str, Any] = json.loads(json.dumps(kept, default=str))
    return json_document
