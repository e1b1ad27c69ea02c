"""Quantities at the border: text of one number and one unit becomes a plain float in an internal unit.

The one grammar for what a user types, in files, tables, options and Python; docs/units.md describes it. Inside the
package numbers are in day, cells/uL, mg and L (year for age, kg for body weight). This package knows nothing of
scenarios or of the model.
"""

from immunosim.units.numbers import NUMBER, finite, index_of, read_number, shown
from immunosim.units.quantities import check_unit, convert, factor_to, format_quantity, parse_quantity, split_quantity
from immunosim.units.unit import is_count_unit

DAYS_PER_MONTH = 30.4375
"""Length of a month in days: a twelfth of a year of 365.25 days."""

__all__ = [
    "DAYS_PER_MONTH",
    "NUMBER",
    "check_unit",
    "convert",
    "factor_to",
    "finite",
    "format_quantity",
    "index_of",
    "is_count_unit",
    "parse_quantity",
    "read_number",
    "shown",
    "split_quantity",
]
