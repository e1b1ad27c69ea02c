"""The drugs of the first version: those of the present one that it has."""

from dataclasses import replace

from immunosim.models.alemtuzumab.clinic import (
    ALEMTUZUMAB,
    DIMETHYL_FUMARATE,
    METHYLPREDNISOLONE,
    PREDNISOLONE,
    TRIAMCINOLONE,
)

_WITHOUT_AREA = replace(TRIAMCINOLONE, volume_sets="")
"""It acts on the whole scalp, whatever its volume."""

_ONE_COMPARTMENT = replace(METHYLPREDNISOLONE, holds=("methylprednisolone",))

DRUGS = (ALEMTUZUMAB, _ONE_COMPARTMENT, PREDNISOLONE, _WITHOUT_AREA, DIMETHYL_FUMARATE)
