"""The unit of a column of counts whose header names none, told from all of its values or not at all.

After depletion a subset may have 2 cells/uL, 2 % of the lymphocytes or, before it, 2e9/L: where values could be
either, nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Sequence

from immunosim.errors import QuantityError
from immunosim.observations.laboratory import TOTAL_UNIT, analytes
from immunosim.scenario.plausible import MOST_SUBSET, MOST_TOTAL

_CURE = "add the unit to the header, such as [cells/uL], [1e9/L] or [%]"


def inferred_unit(analyte: str, values: Sequence[float]) -> str:
    """Return the unit that all values of a column fit, and no other unit does.

    Raises
    ------
    QuantityError
        Where more than one unit fits, or none.
    """
    if not values:
        raise QuantityError("has no unit and no values", cure=_CURE)
    low, high = min(values), max(values)
    if analytes()[analyte].unit == TOTAL_UNIT:
        if high <= 10.0:
            return "1e9/L"
        if _are_cells(values) and 100.0 < high <= 1e3 * MOST_TOTAL:
            return "cells/uL"
    elif high <= 3.0 and any(value % 1.0 for value in values):
        return "1e9/L"
    elif _are_cells(values) and 100.0 < high <= MOST_SUBSET:
        return "cells/uL"
    raise QuantityError(f"has no unit, and its values from {low:g} to {high:g} do not tell which", cure=_CURE)


def _are_cells(values: Sequence[float]) -> bool:
    """Return whether values could be numbers of cells per uL: none is a fraction of a cell."""
    return all(value == 0.0 or value >= 1.0 for value in values)
