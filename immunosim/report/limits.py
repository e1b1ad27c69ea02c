"""The clinical limits of counts and levels, as the model declares them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from immunosim.codegen.loader import Model

if TYPE_CHECKING:
    from immunosim.plots.ensembles import Threshold

DETECTION = "detectable"
"""What the limit of detection is called in a figure."""


def limits_of(model: Model) -> dict[str, float]:
    """Return the line that a figure draws for each read-out that has one, in its unit."""
    return {name: info.limit for name, info in model.readout_info.items() if info.limit is not None}


def thresholds_of(model: Model) -> dict[str, tuple[Threshold, ...]]:
    """Return the levels that a figure of many patients draws for each read-out, in its unit."""
    from immunosim.plots.ensembles import Threshold

    thresholds = {}
    for name, info in model.readout_info.items():
        limits = (info.detection_limit, DETECTION), (info.lower_limit, "LLN"), (info.severe_limit, "severe")
        thresholds[name] = tuple(
            Threshold(value, text, text == DETECTION) for value, text in limits if value is not None
        )
    return thresholds
