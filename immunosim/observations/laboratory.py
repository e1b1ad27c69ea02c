"""What laboratories measure of the default model: the analytes, their units, numbers and headers.

The one place of this package that asks the model; it is loaded when the first table is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from immunosim.codegen.loader import default_model
from immunosim.model.readout_info import Analyte


def analytes() -> Mapping[str, Analyte]:
    """Return what a laboratory counts by name, in the order of a blood count."""
    return default_model().analytes


@cache
def measurable() -> dict[str, str]:
    """Return the unit of all that can be measured: analytes, then the other read-outs of the model."""
    model = default_model()
    units = {name: one.unit for name, one in analytes().items()}
    return units | {name: model.units[name] for name in model.readouts if name not in units}


@cache
def parts_of_a_total() -> tuple[str, ...]:
    """Return the analytes that are parts of another one."""
    return tuple(name for name, one in analytes().items() if one.part_of)


@cache
def analytes_by_number() -> dict[str, str]:
    """Return the analyte that a number in DVID, or in CMT on the row of a measurement, means."""
    numbered = sorted((one.dvid, name) for name, one in analytes().items() if one.dvid is not None)
    return {str(number): name for number, name in numbered}


@cache
def headers_of_analytes() -> dict[str, str]:
    """Return the analyte that each plain header means."""
    return {header: name for name, one in analytes().items() for header in one.headers}
