"""Numbers as people type them: one plain decimal number, and what is said of everything that only looks like one.

``12``, ``0.5``, ``.5``, ``5.``, ``1e3`` and ``-3`` are numbers; the typographic minus is a minus. A comma or a
separator of thousands may mean two things and is refused with the number to write. Knows no units.
"""

from __future__ import annotations

import math
import re

from immunosim.errors import QuantityError

LONGEST = 200
"""Characters of the longest text that may be a quantity: every reading below takes a bounded time."""

NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
"""A plain decimal number as a regular expression."""

_NUMBER = re.compile(NUMBER)
_GROUP = r"[,'’_ \u00a0\u2009\u202f]"
_GROUPED = re.compile(rf"(?P<whole>[+-]?[1-9][0-9]{{0,2}}(?:{_GROUP}[0-9]{{3}})+)(?P<rest>[.,][0-9]+)?(?![0-9])")
_POINTS = r"(?:(?:\.[0-9]{3})+(?=,)|(?:\.[0-9]{3}){2,})"
_CONTINENTAL = re.compile(rf"(?P<whole>[+-]?[1-9][0-9]{{0,2}}{_POINTS})(?P<rest>,[0-9]+)?")
_DECIMAL_COMMA = re.compile(r"(?P<whole>[+-]?[0-9]*),(?P<rest>[0-9]+)(?![0-9,.])")
_WITH_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]*(?:[eE][+-]?[0-9]+)?")
_UNDERSCORES = re.compile(r"[+-]?[0-9]+(?:_[0-9]+)+")
_OTHER_BASE = re.compile(r"[+-]?0[xXoObB][0-9A-Fa-f]")
_RANGE = re.compile(r"\s*(?:-|–|—|to\b|bis\b|\.\.|±|\+/?-)\s*[0-9.]")
_POWER_OF_TEN = re.compile(r"10\s*(?:[⁰¹²³⁴⁵⁶⁷⁸⁹]|(?:\^|\*\*?)\s*[0-9])")
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]")
_INDEX = re.compile(r"[0-9]{1,9}")


def plain(text: str) -> str:
    """Return a text without blanks around it, with a hyphen for the typographic minus."""
    return text.strip().replace("\u2212", "-")


def read_number(text: str, *, decimal_comma: bool = False) -> float:
    """Return the number that a text holds and nothing else.

    Parameters
    ----------
    text : str
    decimal_comma : bool, optional
        Whether a comma is a decimal mark, as in tables whose cells are separated by semicolons.

    Raises
    ------
    QuantityError
        Where it holds no finite number, or one that may be read in two ways.
    """
    written = plain(text)
    refuse_long(text)
    if decimal_comma and _WITH_COMMA.fullmatch(written):
        written = written.replace(",", ".")
    match = _NUMBER.fullmatch(written)
    if match is None:
        refuse_strange_number(written, text)
        raise QuantityError(f"{shown(text)} is not a number", cure="write a plain number such as 12 or 0.5")
    return finite(written, text)


def begin_of_number(text: str) -> re.Match[str] | None:
    """Return the number that a plain text begins with."""
    return _NUMBER.match(text)


def refuse_long(text: str) -> None:
    """Raise `QuantityError` where a text is too long to be a quantity or a number."""
    if len(text) > LONGEST:
        reason = f"{shown(text)} has {len(text):,} characters, too many for a quantity"
        raise QuantityError(reason, cure="write one number and one unit")


def refuse_strange_number(written: str, given: str) -> None:
    """Raise `QuantityError` where a plain text begins with something that people, but not we, take for a number."""
    if any(mark.isdecimal() and not mark.isascii() for mark in written):
        raise QuantityError(f"{shown(given)} has digits of another script", cure="write the digits 0 to 9")
    if _OTHER_BASE.match(written):
        raise QuantityError(f"{shown(given)} is not a decimal number", cure="write the number with the digits 0 to 9")
    if (match := _CONTINENTAL.match(written)) or (match := _GROUPED.match(written)):
        whole, rest = re.sub(r"[^0-9+-]", "", match["whole"]), (match["rest"] or "").lstrip(".,")
        number = f"{whole}.{rest}" if rest else whole
        cure = f"write {number} without it"
        if written[match.start() : match.end()].count(",") == 1 and not rest:
            cure = f"write {number}, or {match['whole'].replace(',', '.')} if the comma is a decimal mark"
        raise QuantityError(f"{shown(given)} has a separator of thousands", cure=cure)
    if match := _UNDERSCORES.match(written):
        raise QuantityError(f"{shown(given)} has an underscore", cure=f"write {match[0].replace('_', '')}")
    if match := _DECIMAL_COMMA.match(written):
        number = f"{match['whole'] or '0'}.{match['rest']}"
        raise QuantityError(f"{shown(given)} has a decimal comma", cure=f"write {number}")


def is_date(written: str) -> bool:
    """Return whether a plain text begins as dates do: ``2017-06``."""
    return _DATE.match(written) is not None


def is_range(rest: str) -> bool:
    """Return whether what follows a number makes a range of it: ``10-12 mg``, ``5 to 10 mg``."""
    return _RANGE.match(rest) is not None


def is_power_of_ten(written: str) -> bool:
    """Return whether a plain text begins with a power of ten in place of a number: ``10^9/L``."""
    return _POWER_OF_TEN.match(written) is not None


def index_of(text: str) -> int | None:
    """Return the place in a list that a text names, counted from 1; None where it is not a whole number of use."""
    return int(text) if _INDEX.fullmatch(text) else None


def finite(number: str | float, given: object = None) -> float:
    """Return a number as a float, and raise `QuantityError`, which shows what was given, where it is not finite."""
    try:
        result = float(number)
    except OverflowError:
        result = math.inf
    if not math.isfinite(result):
        raise QuantityError(
            f"{shown(number if given is None else given)} is not a finite number", cure="write a finite value"
        )
    return result


def shown(value: object) -> str:
    """Return a value as a scenario file would write it, for use in a message."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= 60 else f'"{value[:57]}..."'
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, (list, tuple)):
        return "a list"
    if isinstance(value, int) and value.bit_length() > 4000:  # Python refuses to write out much longer ones
        return f"a number of about {int(value.bit_length() * math.log10(2)) + 1:,} digits"
    return str(value)[:60]
