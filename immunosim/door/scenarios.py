"""A scenario in any form: a path, the name of a shipped one, or an object, with changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from immunosim.scenario import Scenario, apply_overrides, build_scenario, load_document, load_scenario
from immunosim.scenario.examples import located
from immunosim.scenario.overrides import Overrides

AnyScenario = Scenario | Path | str
"""A scenario, the path of its file, or the name of a shipped one."""


@dataclass(frozen=True)
class Given:
    """A scenario that a user gave.

    Attributes
    ----------
    scenario : Scenario
        With the changes.
    name : str
        What messages call it: its path or name; ``scenario`` for an object.
    document : mapping
        Its document, with the changes: what refers to another part of it still does.
    folder : Path
        To which its tables are relative.
    """

    scenario: Scenario
    name: str
    document: Mapping[str, Any]
    folder: Path


def as_scenario(scenario: AnyScenario, overrides: Overrides = ()) -> tuple[Scenario, str]:
    """Return a scenario with changes, and what messages call it.

    Parameters
    ----------
    scenario : Scenario, Path or str
    overrides : mapping of str to object, or iterable of str
        As ``load_scenario`` takes them. In an object, what followed from another value has its number already: a dose
        per body weight does not follow a changed weight.

    Raises
    ------
    ScenarioError
        If there is no such scenario, or it or a change cannot be used.
    """
    if not isinstance(scenario, Scenario):
        return load_scenario(scenario, overrides), str(scenario)
    if not overrides:
        return scenario, "scenario"
    return build_scenario(apply_overrides(document_of(scenario), overrides, "overrides")), "scenario"


def given(scenario: AnyScenario, overrides: Overrides = ()) -> Given:
    """Return a scenario with all that a sweep makes patients of; arguments and errors as of ``as_scenario``."""
    read, name = as_scenario(scenario, overrides)
    if isinstance(scenario, Scenario):
        return Given(read, name, document_of(read), Path())
    return Given(read, name, load_document(scenario, overrides), located(scenario).parent)


def document_of(scenario: Scenario) -> dict[str, Any]:
    """Return the document of a scenario, every default written out."""
    import tomllib

    from immunosim.scenario import to_toml

    return tomllib.loads(to_toml(scenario))
