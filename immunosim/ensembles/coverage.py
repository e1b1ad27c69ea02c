"""Whether the output times of an ensemble resolve the effects of its doses."""

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
"""Suffixes of the keys of dose times."""

MOST_LOOKED_AT = 20
"""Largest number of scenarios whose doses are checked."""


def coverage_note(dataset: xr.Dataset) -> str:
    """Return a note that nadirs may be unresolved, with the widest gap after a dose; empty if they are resolved."""
    times: Array = np.unique(times_of(dataset))
    gap = max((widest_gap(scenario, times) for scenario in _scenarios(dataset)), default=0.0)
    if not gap:
        return ""
    return f"Output times after a dose are up to {gap:.3g} days apart; changes between them are not shown."


def _moved(factor: Mapping[str, Any]) -> list[str]:
    """Return an override to a value inside the range of a factor of dose times."""
    if factor["parameter"] or factor["choices"] or not factor["key"].endswith(TIMES) or factor["high"] <= factor["low"]:
        return []
    value = factor["low"] + 0.4 * (factor["high"] - factor["low"])
    return [f"{factor['key']}={value!r} {factor['unit']}".strip()]


def _scenarios(dataset: xr.Dataset) -> Iterator[Scenario]:
    """Yield the scenarios stored in a sweep or an ensemble."""
    try:
        if "plan" in dataset.attrs:
            plan = json.loads(dataset.attrs["plan"])
            changes = [change for factor in plan["factors"] for change in _moved(factor)]
            yield build_scenario(apply_overrides(plan["document"], changes))
        for text in json.loads(dataset.attrs.get("scenarios", "[]"))[:MOST_LOOKED_AT]:
            yield build_scenario(tomllib.loads(text))
    except (ImmunosimError, ValueError, KeyError, TypeError):
        return  # a file of another version; only this note is lost
