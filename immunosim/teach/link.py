"""Scenarios as links: what differs from a base scenario, as text for the part of an address after the sign #.

The same form is written and read by the page (``web/src/scenario``). A document is the canonical one, as ``to_toml``
writes it; differences are laid over it by key.
"""

from __future__ import annotations

import base64
import binascii
import copy
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from immunosim.errors import ImmunosimError
from immunosim.scenario import Scenario, build_scenario, load_scenario
from immunosim.scenario.examples import shipped_folder, shipped_names
from immunosim.scenario.overrides import LONGEST_PATH
from immunosim.teach.documents import json_document

VERSION = "v1"
LONGEST = 20_000
"""Characters of a link."""

MOST_CHANGES = 400

_FORM = re.compile(r"#?v1\.(?P<payload>[A-Za-z0-9_-]*)")
_KEY = re.compile(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*")

REMOVED = None
"""Stands for a key that the base has and the scenario has not."""


class LinkError(ImmunosimError):
    """A link cannot be read."""


def encoded(base: str, changes: Mapping[str, Any]) -> str:
    """Return a link: the name of the base, and what is laid over it, as the part of an address after its page."""
    text = json.dumps({"base": base, "changes": changes}, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return f"#{VERSION}.{base64.urlsafe_b64encode(text.encode()).decode().rstrip('=')}"


def decoded(link: str) -> tuple[str, dict[str, Any]]:
    """Return the name of the base of a link, and what is laid over it.

    Raises
    ------
    LinkError
        If it is none, or goes beyond the bounds of one.
    """
    cure = "take the link from the page, or from immunosim teach --link"
    match = _FORM.fullmatch(link) if len(link) <= LONGEST else None
    if match is None:
        raise LinkError("is not a link of this version", key="link", cure=cure)
    payload = match["payload"]
    try:
        text = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)).decode()
        document = json.loads(text, parse_constant=_refuse)
        base, changes = document["base"], document["changes"]
    except (binascii.Error, ValueError, KeyError, TypeError, RecursionError):
        raise LinkError("is damaged", key="link", cure=cure) from None
    is_sound = isinstance(base, str) and isinstance(changes, dict) and len(changes) <= MOST_CHANGES
    if not is_sound or not all(len(key) <= LONGEST_PATH and _KEY.fullmatch(key) for key in changes):
        raise LinkError("is damaged", key="link", cure=cure)
    return base, changes


def link_of(scenario: Path | str) -> str:
    """Return the link of a scenario: a file, or the name of a shipped one.

    The base is the shipped scenario of the same model from which it differs least.

    Raises
    ------
    ScenarioError
        If it cannot be read.
    """
    document = json_document(load_scenario(scenario))
    bases = shipped_documents(document["model"])
    links = [encoded(name, differences(base, document)) for name, base in bases.items()]
    return min(links, key=len)


def shipped_documents(model: str) -> dict[str, dict[str, Any]]:
    """Return the canonical documents of the shipped scenarios of a model by name."""
    scenarios = {name: load_scenario(shipped_folder() / f"{name}.toml") for name in shipped_names()}
    return {name: json_document(scenario) for name, scenario in scenarios.items() if scenario.model == model}


def scenario_of_link(link: str, base: Scenario, name: str = "") -> Scenario:
    """Return the scenario of a link.

    Parameters
    ----------
    link : str
    base : Scenario
        The scenario of a lesson, to which links without a base refer.
    name : str
        What the base is called.

    Raises
    ------
    LinkError
        If the link cannot be read, or its base is not known.
    ScenarioError
        If it describes no valid scenario.
    """
    named, changes = decoded(link)
    document = json_document(base)
    if named not in ("", name):
        known = shipped_documents(base.model)
        if named not in known:
            raise LinkError(f'has an unknown base "{named[:60]}"', key="link", cure="take the link from the page")
        document = known[named]
    try:
        laid = laid_over(document, changes)
    except (LookupError, TypeError, ValueError, AttributeError):
        raise LinkError("does not fit its base", key="link", cure="take the link from the page") from None
    return build_scenario(laid, "link")


def differences(base: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what must be laid over a base document to get another, by key.

    Keys are those of overrides, ``course.2.dose``, counted from one. Lists of tables of another length are replaced
    whole.
    """
    changes: dict[str, Any] = {}
    _compare(base, document, "", changes)
    return changes


def laid_over(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document that differences give with their base.

    Raises
    ------
    LookupError, TypeError, ValueError, AttributeError
        If they do not fit it.
    """
    document: Any = copy.deepcopy(dict(base))
    for key, value in changes.items():
        *steps, last = key.split(".")
        table = document
        for step in steps:
            table = table[_index(step)] if isinstance(table, list) else table.setdefault(step, {})
        if isinstance(table, list):
            table[_index(last)] = value
        elif value is REMOVED:
            table.pop(last, None)
        else:
            table[last] = copy.deepcopy(value)
    return dict(document)


def _index(step: str) -> int:
    number = int(step)
    if number < 1:
        raise IndexError(step)
    return number - 1


def _compare(base: Any, other: Any, path: str, changes: dict[str, Any]) -> None:
    if isinstance(base, Mapping) and isinstance(other, Mapping):
        for key in dict.fromkeys((*base, *other)):
            key_path = f"{path}.{key}" if path else str(key)
            if key not in other:
                changes[key_path] = REMOVED
            elif key not in base:
                changes[key_path] = other[key]
            else:
                _compare(base[key], other[key], key_path, changes)
    elif _are_tables(base) and _are_tables(other) and len(base) == len(other):
        for number, (mine, theirs) in enumerate(zip(base, other, strict=True), 1):
            _compare(mine, theirs, f"{path}.{number}", changes)
    elif type(base) is not type(other) or base != other:
        changes[path] = other


def _are_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(entry, Mapping) for entry in value)


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not a number")
