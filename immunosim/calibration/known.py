"""What a calibration said of the parameters of a set, where its summary comes with the model.

Reads a file; computes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from immunosim.models import find_model

CALIBRATIONS = "calibrations"
"""Folder of a model with calibration files, and with summaries of calibrations named like the parameter set."""


def known_calibration(model: str, parameter_set: str) -> Mapping[str, Mapping[str, Any]]:
    """Return prior, posterior and what informs it by parameter; empty where no calibration of the set is known."""
    path = find_model(model).folder / CALIBRATIONS / f"{parameter_set}.json"
    if not path.is_file():
        return {}
    summary = json.loads(path.read_text(encoding="utf-8"))
    return {entry["name"]: entry for entry in summary["quantities"] if entry["kind"] == "parameters"}
