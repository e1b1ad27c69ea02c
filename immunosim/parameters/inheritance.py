"""Parameter sets that extend another: what they leave out is that of the set that they extend.

Knows no files: the loader finds the extended set.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from immunosim.parameters.schema import Parameter, ParameterSet

EXTENDS = "extends"
"""The key by which a set names the one that it extends: ``SET`` of the same model, or ``MODEL/SET``."""


def completed(table: object, parameter: Parameter | None) -> object:
    """Return the table of a parameter with what it leaves out of the parameter that it replaces.

    Parameters
    ----------
    table : object
        Whatever stands in the file; what is not a table is returned as it is.
    parameter : Parameter, optional
        Of the same group and name in the extended set.
    """
    if parameter is None or not isinstance(table, dict):
        return table
    return _table_of(parameter) | table


def replaced(base: ParameterSet, group: str, name: str) -> Parameter | None:
    """Return the parameter of an extended set that a table replaces, if there is one in this group."""
    if name not in base or base[name].group != group:
        return None
    return base[name]


def merged(base: ParameterSet, changed: Iterable[Parameter]) -> list[Parameter]:
    """Return the parameters of an extended set, with those that replace them in place, and then the new ones."""
    of_set = {(parameter.group, parameter.name): parameter for parameter in changed}
    kept = [of_set.pop((base[name].group, name), base[name]) for name in base]
    return [*kept, *of_set.values()]


def _table_of(parameter: Parameter) -> dict[str, Any]:
    # Not source, evidence and prior: these belong to the value that is replaced.
    return {
        "unit": parameter.unit,
        "bounds": [parameter.lower, parameter.upper],
        "label": parameter.label,
        "symbol": parameter.symbol,
        "note": parameter.note,
        "set_by": parameter.set_by,
        "scales": list(parameter.scales),
    }
