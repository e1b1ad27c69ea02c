"""The drugs of the first version: those of the present one that it has."""

from immunosim.models.alemtuzumab.clinic import (
    ALEMTUZUMAB,
    DIMETHYL_FUMARATE,
    METHYLPREDNISOLONE,
    PREDNISOLONE,
    TRIAMCINOLONE,
)

DRUGS = (ALEMTUZUMAB, METHYLPREDNISOLONE, PREDNISOLONE, TRIAMCINOLONE, DIMETHYL_FUMARATE)
