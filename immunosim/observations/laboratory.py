"""What laboratories measure: the analytes of a model, their units, numbers and headers.

While a table is read, examined or written, these are those of the model whose drugs are known as well
(``scenario.drug_names``). The one place of this package that asks the model; it is loaded when the first table is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from immunosim.codegen.loader import Model, load_model
from immunosim.model.readout_info import Analyte
from immunosim.models import find_model
from immunosim.scenario.drug_names import known_model

TOTAL_UNIT = "1e9/L"
"""Unit of a total of all cells; subsets are in cells/uL."""


@dataclass(frozen=True)
class Laboratory:
    """What can be measured of a model.

    Attributes
    ----------
    analytes : mapping of str to Analyte
        What a laboratory counts by name, in the order of a blood count.
    measurable : mapping of str to str
        Unit of all that can be measured: analytes, then the other read-outs.
    parts_of_a_total : tuple of str
        The analytes that are parts of another one.
    by_number : mapping of str to str
        The analyte that a number in DVID, or in CMT on the row of a measurement, means.
    by_header : mapping of str to str
        The analyte that each plain header means.
    """

    analytes: Mapping[str, Analyte]
    measurable: Mapping[str, str]
    parts_of_a_total: tuple[str, ...]
    by_number: Mapping[str, str]
    by_header: Mapping[str, str]


def laboratory_of(model: Model) -> Laboratory:
    """Return what can be measured of a model."""
    counted = model.analytes
    units = {name: one.unit for name, one in counted.items()}
    numbered = sorted((one.dvid, name) for name, one in counted.items() if one.dvid is not None)
    return Laboratory(
        analytes=counted,
        measurable=units | {name: model.units[name] for name in model.readouts if name not in units},
        parts_of_a_total=tuple(name for name, one in counted.items() if one.part_of),
        by_number={str(number): name for number, name in numbered},
        by_header={header: name for name, one in counted.items() for header in one.headers},
    )


@cache
def laboratory_named(model: str) -> Laboratory:
    """Return what can be measured of a model that is known by its name."""
    package = find_model(model)
    return laboratory_of(load_model(package.parameters().units(), package=package))


def analytes() -> Mapping[str, Analyte]:
    """Return what a laboratory counts by name, in the order of a blood count."""
    return laboratory_named(known_model()).analytes


def measurable() -> Mapping[str, str]:
    """Return the unit of all that can be measured: analytes, then the other read-outs of the model."""
    return laboratory_named(known_model()).measurable


def parts_of_a_total() -> tuple[str, ...]:
    """Return the analytes that are parts of another one."""
    return laboratory_named(known_model()).parts_of_a_total


def analytes_by_number() -> Mapping[str, str]:
    """Return the analyte that a number in DVID, or in CMT on the row of a measurement, means."""
    return laboratory_named(known_model()).by_number


def headers_of_analytes() -> Mapping[str, str]:
    """Return the analyte that each plain header means."""
    return laboratory_named(known_model()).by_header
