"""The scenario that a sweep varies: its document, from which every patient is made, and what that gives unchanged."""

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

_NO_PART = ("sweep", "observed", "note", "relapse", "output")
"""Tables that cannot change a patient: they would only be read again for each."""


@dataclass(frozen=True, eq=False)
class Base:
    """A scenario to vary.

    Attributes
    ----------
    document : mapping
        As TOML gives it, `extends` resolved: what refers to another part of it (a dose per body weight, a time after a
        course) still does, and so follows what is varied.
    file : str
        Name for messages.
    problem : Problem
        The scenario as it is, as numbers.
    section : Sweep, optional
        What its file says of sweeps.
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
        Told in a sentence when something slow starts.

    Raises
    ------
    ScenarioError, ParameterError
        If the scenario is impossible.
    """
    section = load_scenario(path, changes).sweep
    found = base_of(load_document(path, changes), str(path), announce, section)
    return replace(found, folder=located(path).parent)


def base_of(
    document: Mapping[str, Any],
    file: str,
    announce: Callable[[str], None] = say_nothing,
    section: Sweep | None = None,
) -> Base:
    """Return the base that a document describes, such as one that a result holds."""
    kept = plain(document)
    return Base(kept, file, prepare(build_scenario(kept, file), file, announce), section)


def base_from(scenario: Scenario, announce: Callable[[str], None] = say_nothing) -> Base:
    """Return the base that a scenario built in code describes."""
    return base_of(tomllib.loads(to_toml(scenario)), "scenario", announce)


def plain(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document as JSON can hold it, dates as text, and without what cannot change a patient."""
    kept = {key: value for key, value in document.items() if key not in _NO_PART}
    found: dict[str, Any] = json.loads(json.dumps(kept, default=str))
    return found
