"""Whether the output times of an ensemble show what its doses do."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import xarray as xr

from immunosim.codegen.loader import Array
from immunosim.ensembles.columns import times_of
from immunosim.errors import ImmunosimError
from immunosim.scenario import Scenario, apply_overrides, build_scenario, widest_gap

TIMES = (".start", ".time", ".every", ".stop", ".late")
"""Ends of the keys that say when doses are given."""

MOST_LOOKED_AT = 20
"""Scenarios of an ensemble whose doses are looked at."""


def coverage_note(dataset: xr.Dataset) -> str:
    """Return that nadirs are hidden between the output times, with the widest gap after a dose; empty if they show."""
    times: Array = np.unique(times_of(dataset))
    gap = max((widest_gap(one, times) for one in _scenarios(dataset)), default=0.0)
    if not gap:
        return ""
    return f"Up to {gap:.3g} days lie between two times after a dose: what counts do between them is not shown."


def _moved(factor: Mapping[str, Any]) -> list[str]:
    """Return a change to a value within the range of a factor that moves doses: between times that its ends ask for."""
    if factor["parameter"] or factor["choices"] or not factor["key"].endswith(TIMES) or factor["high"] <= factor["low"]:
        return []
    value = factor["low"] + 0.4 * (factor["high"] - factor["low"])
    return [f"{factor['key']}={value!r} {factor['unit']}".strip()]


def _scenarios(dataset: xr.Dataset) -> Iterator[Scenario]:
    """Yield the scenarios that a sweep or an ensemble says it was made of."""
    try:
        if "plan" in dataset.attrs:
            plan = json.loads(dataset.attrs["plan"])
            changes = [change for factor in plan["factors"] for change in _moved(factor)]
            yield build_scenario(apply_overrides(plan["document"], changes))
        for text in json.loads(dataset.attrs.get("scenarios", "[]"))[:MOST_LOOKED_AT]:
            yield build_scenario(tomllib.loads(text))
    except (ImmunosimError, ValueError, KeyError, TypeError):
        return  # a file of another version; only a note is lost
