"""What a cell of a table says: a number, a limit of quantification, no value, or a word that must be asked about.

Knows nothing of columns.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from immunosim.errors import QuantityError
from immunosim.units import read_number

MISSING = frozenset(
    [
        *(
            "",
            "na",
            "n/a",
            "n.a.",
            "nan",
            "<na>",
            "#n/a",
            "#na",
            "#nv",
            "-",
            "--",
            "–",
            "—",
            ".",
            "missing",
            "null",
            "none",
        ),
        *("not done", "not measured", "not tested", "not available", "no sample", "qns", "pending", "k.a.", "k. a."),
        *("nicht bestimmt", "nicht gemessen", "nicht durchgeführt", "keine angabe", "fehlt", "ausstehend", "folgt"),
        *("non fait", "non réalisé", "manquant", "no realizado", "sin dato", "non eseguito", "ej utfört", "saknas"),
    ]
)
"""What stands for no value, without regard to case."""

AMBIGUOUS = frozenset({"nd", "n/d", "nb", "ng"})
"""What stands for "not done" in some laboratories and for "not detected" in others, without points and blanks."""

BELOW_WORDS = frozenset(
    [
        *("blq", "bql", "bloq", "bll", "bdl", "bld", "loq", "lloq", "lod", "llq", "neg", "negative", "negativ", "nn"),
        *(
            "nwg",
            "unwg",
            "ubg",
            "unternwg",
            "ud",
            "undetectable",
            "undetected",
            "belowdetection",
            "belowquantification",
        ),
        *(
            "belowlimit",
            "belowthelimit",
            "belowlloq",
            "belowloq",
            "belowlod",
            "belowdetectionlimit",
            "underdetectionlimit",
        ),
        *("belowlimitofdetection", "belowlimitofquantification", "notdetected", "notdetectable"),
        *("nichtnachweisbar", "unternachweisgrenze", "unterbestimmungsgrenze", "unterdernachweisgrenze"),
        *("nondétecté", "nondétectable", "indétectable", "indetectable", "nodetectado", "nodetectable"),
        *("nonrilevabile", "nonrilevato", "ejpåvisbart", "ejdetekterbart", "ejdetekterad"),
    ]
)
"""What says that a value is below a limit, and not below which, without points, blanks and a sign before it."""

NUMBER = re.compile(r"[+-]?([0-9]+([.,][0-9]*)?|[.,][0-9]+)([eE][+-]?[0-9]+)?")
"""A number with either decimal mark."""

THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:[.,][0-9]{3})")
"""A number whose mark may separate thousands, or be a decimal mark."""

_BELOW = re.compile(
    r"(?:(?:blq|bql|bloq|lloq)\s*\(?\s*)?"
    r"(?:<=|<|≤|≦|‹|=<|\b(?:less than|lower than|below|under|unter|kleiner als|kleiner|moins de|inférieur à|menos de|"
    r"meno di|inferiore a|mindre än|under)\b)\s*"
    r"(?P<limit>[^()]*[0-9][^()]*?)\s*(?:\((?:lloq|loq|lod|blq|bql|nwg)\)|\))?",
    re.IGNORECASE,
)
_ABOVE = re.compile(r"(?:>=|>|≥|\babove\b|\bover\b|\büber\b)\s*(?P<limit>.*[0-9].*)", re.IGNORECASE)
_FLAG = re.compile(
    r"(?P<number>[<>≤≥=]*\s*[+-]?[0-9][0-9.,eE]*)"
    r"(?:\s*[*!#↑↓†‡]{1,3}|\s*[+-]{1,2}|\s+\(?[HLNA]{1,2}\)?|\([HLNA]{1,2}\)|[HL]{1,2})"
)
_FORTRAN = re.compile(
    r"(?P<mantissa>[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:[dD](?P<marked>[+-]?[0-9]+)|(?P<bare>[+-][0-9]+))"
)
_GROUPS = {
    ",": re.compile(r"[+-]?[1-9][0-9]{0,2}(?:\.[0-9]{3})+(?:,[0-9]*)?"),
    ".": re.compile(r"[+-]?[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]*)?"),
}
"""Numbers with separators of thousands, by their decimal mark."""

_WORD = re.compile(r"[^\W\d_]{2}[^\d]*")
_CURES = {
    "is not a number": "write a plain number, its unit stands in the header",
    "has a separator of thousands": "write the number without it",
    "is not a finite number": "give a finite number",
}
"""What helps in a table, whose cells hold no units, by the end of what is wrong with a number."""


class CellValue(NamedTuple):
    """A number in a cell; with `is_below` or `is_above` it is a limit. `flag` is what an analyser wrote beside it."""

    number: float
    is_below: bool = False
    is_above: bool = False
    flag: str = ""


class Numerals(NamedTuple):
    """How a table writes numbers.

    `has_decimal_comma` is True where a comma may be a decimal mark, `decimal` the mark that the user has named, so that
    the other one separates thousands, and `is_fortran` True where exponents may be written as 1.2D1 and 1.2+1.
    """

    has_decimal_comma: bool = False
    decimal: str = ""
    is_fortran: bool = False

    def number(self, text: str) -> float:
        """Return the number in a cell.

        Raises
        ------
        QuantityError
            Where the cell holds no finite number, or one whose comma may mean two things.
        """
        _refuse_words(text)
        written = self._plain(text)
        if "," in written and not self.has_decimal_comma and NUMBER.fullmatch(written):
            raise QuantityError(f'"{text}" has a comma', cure="write a decimal point, or separate cells by semicolons")
        try:
            return read_number(written, decimal_comma=self.has_decimal_comma)
        except QuantityError as error:
            cure = next((cure for end, cure in _CURES.items() if error.reason.endswith(end)), error.cure)
            if _WORD.fullmatch(text):
                cure = "leave the cell empty where nothing was measured, or say in a recipe what it stands for: words"
            raise QuantityError(error.reason, cure=cure) from None

    def value(self, text: str) -> CellValue:
        """Return the number in a cell, whether it is a limit of quantification, and the flag beside it."""
        _refuse_words(text)
        plain, flag = _without_flag(text)
        if below := _BELOW.fullmatch(plain):
            limit = self.number(below["limit"])
            if limit <= 0:
                raise QuantityError(f'"{text}" is below nothing', cure="give a positive limit of quantification")
            return CellValue(limit, is_below=True, flag=flag)
        if above := _ABOVE.fullmatch(plain):
            return CellValue(self.number(above["limit"]), is_above=True, flag=flag)
        return CellValue(self.number(plain), flag=flag)

    def _plain(self, text: str) -> str:
        """Return a number as `read_number` takes it, without Fortran's exponent and known separators of thousands."""
        if self.is_fortran and (match := _FORTRAN.fullmatch(text)) and (match["marked"] or "." in match["mantissa"]):
            return f"{match['mantissa']}e{match['marked'] or match['bare']}"
        if not self.decimal:
            return text
        other = "." if self.decimal == "," else ","
        if _GROUPS[self.decimal].fullmatch(text):
            text = text.replace(other, "")
        elif other in text and NUMBER.fullmatch(text):
            cure = f'write "{self.decimal}", or correct decimal in the recipe'
            raise QuantityError(f'"{text}" has the decimal mark "{other}"', cure=cure)
        return text.replace(",", ".")


PLAIN_NUMERALS = Numerals()
"""Numbers of a table whose cells are separated by commas."""


def is_missing(text: str) -> bool:
    """Return whether a cell stands for no value."""
    return text.casefold() in MISSING


def is_below_word(text: str) -> bool:
    """Return whether a cell says that a value is below a limit, and not below which."""
    return _joined(text).lstrip("<≤") in BELOW_WORDS


def is_ambiguous(text: str) -> bool:
    """Return whether a cell says that a value is below a limit, or else that nothing was measured."""
    return _joined(text) in AMBIGUOUS


def _joined(text: str) -> str:
    """Return the letters of a word without blanks, points and marks of footnotes."""
    return re.sub(r"[\s.*]", "", text.casefold())


def _refuse_words(text: str) -> None:
    if is_ambiguous(text):
        cure = "write <LIMIT with the limit of quantification, or leave the cell empty; or say which in a recipe: words"
        raise QuantityError(f'"{text}" may be "not detected" or "not done"', cure=cure)
    if is_below_word(text):
        cure = "write <LIMIT with the limit of quantification, such as <5, or say it in a recipe: words"
        raise QuantityError(f'"{text}" is below a limit that is not given', cure=cure)


def _without_flag(text: str) -> tuple[str, str]:
    """Return a cell without the mark of an analyser beside its number, and that mark."""
    match = _FLAG.fullmatch(text)
    return (match["number"].strip(), text[match.end("number") :].strip()) if match else (text, "")
