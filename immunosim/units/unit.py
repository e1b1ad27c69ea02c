"""Reading of units: products and quotients of the spellings of the table, and counts with a power of ten.

The forms of laboratories become plain: ``× 10⁹ / L``, ``10*9/L`` (UCUM), ``K/uL`` and ``{cells}/uL`` are counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache

from immunosim.errors import close_matches
from immunosim.units import spellings
from immunosim.units.spellings import COUNT, PLAIN, WEIGHT, Dimension

LONGEST_UNIT = 60

_MORE = "has more than one number"

_PLAIN_LETTERS = str.maketrans(
    {**dict.fromkeys("µμ", "u"), **dict.fromkeys("×✕", "x"), **dict.fromkeys("·⋅∙", "*"), "⁄": "/", "∕": "/"}
)
_SUPERSCRIPT = re.compile(r"[⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_FROM_SUPERSCRIPT = str.maketrans("⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "+-0123456789")
_ANNOTATION = re.compile(r"[.*]?\{[^{}]*\}")
_POWER_IN_BRACKETS = re.compile(r"(?<!\d)10\s*\((\d+)\)")
_INVERSE_VOLUME = re.compile(r"(?P<power>(?:[xX*]\s*)?10[*^]+\d+)\s*[.*]?\s*(?P<volume>[munMU]?[lL])\s*\^?-1")
"""A count as a product, ``10*9.L-1``, as UCUM allows."""

_CELLS_BEFORE_POWER = re.compile(r"^(?:cells?|zellen)\s*[xX*]\s*(?=10)", re.IGNORECASE)
_THOUSAND = re.compile(r"^1[.,' ]?000(?=\s*(?:cells?\s*)?/)")
"""Counts as ``cells x 10^9/L`` and ``1000/uL``."""

_AROUND_OPERATORS = re.compile(r"\s*([/*^()])\s*")
_EXPONENTS = "|".join(map(str, sorted(spellings.POWERS, reverse=True)))
_POWER = re.compile(
    rf"(?:[xX*]\s*)?(?:10(?:\^|\*\*?|[eE]\+?)|1?[eE]\+?|10(?=(?:{_EXPONENTS})\b))(?P<exponent>{_EXPONENTS})(?![0-9])\s*[.*]?"
    r"(?P<rest>\D.*)"
)
_CELL_WORD = re.compile(rf"(?:{'|'.join(spellings.CELL_WORDS.split())})\s*(?=/)", re.IGNORECASE)
_CELLS_FIRST = re.compile(r"cells?/|1?/", re.IGNORECASE)
_TOKEN = re.compile(r"(?P<word>[A-Za-z%]+)|(?P<number>[0-9]+)|(?P<mark>\*\*|[*/.^()-])|(?P<blank>\s+)")
_OTHER_NUMBER = re.compile(r"(?:^|[^\w^*-]|^[x*]|[^*]\*)[0-9]")
_MILLI_IN_CAPITALS = re.compile(r"M(?:[gG]|[lL]|[mM]|[mM][oO][lL]|IU|iu)")


class UnknownUnit(Exception):
    """A text that is not a unit: what is wrong with it, and the unit that was probably meant, where there is one."""

    def __init__(self, reason: str, meant: str = "") -> None:
        self.reason, self.meant = reason, meant
        super().__init__(reason)


class SeveralNumbers(UnknownUnit):
    """A text with a number where a unit may have none."""


@dataclass(frozen=True)
class Unit:
    """A unit: the powers of the dimensions, and its size in the smallest units of the table."""

    dimension: Dimension
    size: Fraction

    @property
    def noun(self) -> str:
        """Return what a quantity in this unit is called."""
        time, mass, length, weight, *others = self.dimension
        without_weight = (time, mass + weight, length, 0, *others)
        known = spellings.NOUNS.get(self.dimension) or spellings.NOUNS.get(without_weight)
        return known or f"of the dimension {_formula(without_weight)}"


@lru_cache(maxsize=4096)
def unit_of(text: str) -> Unit:
    """Return the unit that a text names; an empty text is that of plain numbers.

    Raises
    ------
    UnknownUnit
        Where it names none.
    """
    if len(text) > LONGEST_UNIT:
        raise UnknownUnit("has an unknown unit")
    name = _normalised(text)
    if name in ("", "1"):
        return Unit(PLAIN, Fraction(1))
    counted = _POWER.fullmatch(name) or _multiplied().fullmatch(name)
    if counted is None:
        return _Reader(name, text).unit()
    named = counted.groupdict()
    factor = 10 ** int(named["exponent"]) if named.get("exponent") else _multiplier(named["multiplier"])
    unit = _Reader(_of_cells(counted["rest"]), text).unit()
    if not _CELLS_FIRST.match(_of_cells(counted["rest"])) or unit.dimension[2] != COUNT[2]:
        raise SeveralNumbers("has a power of ten, which only counts may have")
    return Unit(unit.dimension, unit.size * factor)


def is_count_unit(text: str) -> bool:
    """Return whether a text is a unit of cells per volume."""
    try:
        return unit_of(text).dimension == COUNT
    except UnknownUnit:
        return False


def _normalised(text: str) -> str:
    """Return a unit without blanks around operators and in plain letters: ``× 10⁹ / L`` becomes ``x10^9/L``."""
    plain = text.strip().translate(_PLAIN_LETTERS)
    plain = _SUPERSCRIPT.sub(lambda match: f"^{match[0].translate(_FROM_SUPERSCRIPT).lstrip('+')}", plain)
    plain = re.sub(r"(?:^|\s+)per\s+", "/", _ANNOTATION.sub("", plain))
    plain = _THOUSAND.sub("10^3", _CELLS_BEFORE_POWER.sub("", plain))
    plain = _POWER_IN_BRACKETS.sub(r"10^\1", plain)
    plain = _INVERSE_VOLUME.sub(r"\g<power>/\g<volume>", plain)
    return _of_cells(_AROUND_OPERATORS.sub(r"\1", plain).strip())


def _of_cells(name: str) -> str:
    word = _CELL_WORD.match(name)
    return f"cells{name[word.end() :]}" if word else name


@cache
def _multiplied() -> re.Pattern[str]:
    words = [word for text in spellings.MULTIPLIERS.values() for word in text.split()]
    small = [word if len(word) == 1 and word != "K" else f"(?i:{word})" for word in words]
    return re.compile(rf"(?P<multiplier>{'|'.join(small)})\.?\s*(?P<rest>(?i:cells?)?/.*)")


def _multiplier(word: str) -> int:
    for factor, text in spellings.MULTIPLIERS.items():
        if word.casefold() in text.casefold().split():
            return factor
    raise UnknownUnit("has an unknown unit")


@cache
def _atoms() -> dict[str, Unit]:
    return {
        name: Unit(dimension, Fraction(size))
        for dimension, sizes in spellings.SPELLINGS.items()
        for size, names in sizes.items()
        for name in names.split()
    }


@cache
def _atoms_in_any_case() -> dict[str, str]:
    return {name.casefold(): name for name in _atoms() if name not in spellings.EXACT}


class _Reader:
    """A product of units as it is read from left to right, one token after the other."""

    def __init__(self, name: str, given: str) -> None:
        self._given = given
        self._tokens = list(_TOKEN.finditer(name))
        self._place = 0
        self._depth = 0
        if "".join(token[0] for token in self._tokens) != name:
            raise SeveralNumbers(_MORE) if _OTHER_NUMBER.search(name) else self._unknown()

    def unit(self) -> Unit:
        unit = self._product(is_divided=False)
        if self._place < len(self._tokens):
            raise self._left_over(self._tokens[self._place])
        return unit

    def _product(self, is_divided: bool) -> Unit:
        unit = self._first(is_divided)
        while (mark := self._peek()) in ("*", "/", "."):
            self._place += 1
            by = mark == "/"
            factor = self._factor(is_divided != by)
            unit = _times(unit, factor, -1 if by else 1)
        return unit

    def _first(self, is_divided: bool) -> Unit:
        """Return the first factor, for which 1 or nothing may stand before a slash."""
        if self._peek() == "1" and self._peek(1) == "/":
            self._place += 1
        return Unit(PLAIN, Fraction(1)) if self._peek() == "/" else self._factor(is_divided)

    def _factor(self, is_divided: bool) -> Unit:
        token = self._tokens[self._place] if self._place < len(self._tokens) else None
        if token is None:
            raise self._unknown()
        if token[0] == "(":
            if self._depth:  # nobody writes brackets within brackets
                raise self._unknown()
            self._place, self._depth = self._place + 1, 1
            unit = self._product(is_divided)
            if self._peek() != ")":
                raise self._unknown()
            self._place, self._depth = self._place + 1, 0
            return _power(unit, self._exponent(is_length=False))
        if token["word"] is None:
            raise self._left_over(token)
        self._place += 1
        if token[0] in "xX" and (self._peek()[:1]).isdigit():
            raise SeveralNumbers(_MORE)
        unit = _atom(token[0], self._given)
        exponent = self._exponent(is_length=unit.dimension == spellings.LENGTH)
        is_below = is_divided != (exponent < 0)
        if is_below and token[0].casefold() in spellings.BODY_WEIGHT:
            unit = Unit(WEIGHT, Fraction(1))
        return _power(unit, exponent)

    def _exponent(self, is_length: bool) -> int:
        """Return the exponent that follows: ``^2``, ``**-1``, ``-1``, or a bare digit after a length."""
        start = self._place
        sign, is_marked = 1, self._peek() in ("^", "**")
        if is_marked:
            self._place += 1
        if self._peek() == "-":
            sign, self._place = -1, self._place + 1
        digits = self._peek()
        if len(digits) == 1 and digits in "1234" and (is_marked or sign < 0 or is_length):
            self._place += 1
            return sign * int(digits)
        self._place = start
        return 1

    def _peek(self, ahead: int = 0) -> str:
        position = self._place + ahead
        return self._tokens[position][0] if position < len(self._tokens) else ""

    def _left_over(self, token: re.Match[str]) -> UnknownUnit:
        rest = [token for token in self._tokens[self._place :] if token["blank"] is None]
        if any(token["number"] for token in rest) and not any(token[0] in ("^", "**") for token in rest):
            return SeveralNumbers(_MORE)
        words = [token["word"] for token in self._tokens if token["word"]]
        if token["blank"] is not None and len(words) > 1:
            return UnknownUnit("has more than one unit")
        return self._unknown()

    def _unknown(self) -> UnknownUnit:
        return UnknownUnit(f'has the unknown unit "{self._given}"', _meant(self._given))


def _atom(word: str, given: str) -> Unit:
    atoms = _atoms()
    if word in atoms:
        return atoms[word]
    name = _atoms_in_any_case().get(word.casefold())
    if _MILLI_IN_CAPITALS.fullmatch(word) or word == "G":
        meant = given.replace(word, name or word.lower(), 1)
        reason = "in which M may be mega or milli" if word != "G" else "which may be giga or gram"
        raise UnknownUnit(f'has the unit "{given}", {reason}', meant)
    if name is None:
        raise UnknownUnit(f'has the unknown unit "{given}"', _meant(given))
    return atoms[name]


def _meant(given: str) -> str:
    matches = close_matches(given, spellings.SUGGESTED, limit=1)
    return matches[0] if matches else ""


def _formula(dimension: Dimension) -> str:
    """Return a dimension as a formula: ``[time] / [mass]``."""
    named = list(zip(spellings.DIMENSIONS, dimension, strict=True))
    above = [f"[{name}]" + f" ** {power}" * (power > 1) for name, power in named if power > 0]
    below = [f" / [{name}]" + f" ** {-power}" * (power < -1) for name, power in named if power < 0]
    return " * ".join(above or ["1"]) + "".join(below)


def _times(unit: Unit, other: Unit, sign: int) -> Unit:
    dimension = tuple(a + sign * b for a, b in zip(unit.dimension, other.dimension, strict=True))
    return Unit(dimension, unit.size * other.size**sign)


def _power(unit: Unit, exponent: int) -> Unit:
    return Unit(tuple(power * exponent for power in unit.dimension), unit.size**exponent)
