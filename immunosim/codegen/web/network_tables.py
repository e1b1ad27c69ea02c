"""Where a page draws the pools of a model: boxes, panels and families of its diagram.

Pools that the model does not place by hand stand in rows below.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from immunosim.model.diagram_layout import DiagramLayout
from immunosim.model.package import ModelPackage
from immunosim.parameters import ParameterSet

BOX_WIDTH, COLUMN, ROW = 24.0, 30.0, 12.0
"""Millimetres, of pools that the model does not place."""


def network_tables(package: ModelPackage, parameters: ParameterSet) -> dict[str, Any]:
    """Return the layout of a model's network, millimetres with y upwards, as plain data for JSON."""
    network = package.declare(parameters.units(), is_validated=False)
    layout: DiagramLayout = network.diagram
    boxes = {name: asdict(box) for name, box in layout.boxes.items() if name in network.pools}
    left_out = [name for name in network.pools if name not in boxes]
    bottom = layout.bottom if boxes else 0.0
    per_row = max(1, int(layout.width // COLUMN))
    for number, name in enumerate(left_out):
        row, column = divmod(number, per_row)
        x, y = COLUMN * (column + 0.5), bottom - ROW * (row + 1)
        label = network.pools[name].label
        boxes[name] = {"x": x, "y": y, "width": BOX_WIDTH, "text": label, "side": "left"}
    rows = -(-len(left_out) // per_row)
    return {
        "width": layout.width,
        "top": layout.top,
        "bottom": bottom - ROW * (rows + (1 if rows else 0)),
        "boxes": [{"pool": name, **boxes[name]} for name in network.pools],
        "panels": [asdict(panel) for panel in layout.panels],
        "families": [
            {"label": label, "colour": family.colour, "mechanisms": list(family.mechanisms)}
            for label, family in layout.families.items()
        ],
        "heads": [{"x": x, "y": y, "text": text} for (x, y), text in layout.heads],
    }
