"""What a column of a clinic's table means: its kind, by a forgiving reading of the header, and its unit.

A unit stands in brackets, after a comma or after a blank: ``CD4 [cells/uL]``, ``ALC (10^9/L)``,
``NK, /mm3``, ``CD19 %``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from immunosim.errors import QuantityError, close_matches
from immunosim.observations.laboratory import analytes, headers_of_analytes
from immunosim.units import factor_to, is_count_unit

PERCENT = "%"

_NAMES = {
    "patient": "patient|patient id|patient no|patient number|id|subject|subject id|usubjid|pid|case",
    "date": "date|visit date|sample date|sampling date|date of visit|date of sample|collection date",
    "time": "time",
    "day": "day|days|study day",
    "week": "week|weeks",
    "month": "month|months",
    "age": "age|age at start|age at baseline",
    "sex": "sex|gender",
    "weight": "weight|body weight|bodyweight|wt",
    "birth_date": "birth date|birthdate|date of birth|dob|born",
    "dose": "dose|amount|amt",
    "duration": "duration|infusion duration|infusion|infusion time|infused over|duration of infusion",
    "drug": "drug|treatment|medication|agent",
    "remark": "source|sources|reference|note|notes|comment|comments|remark|remarks|n|line|visit|visit no|visit name",
}
"""What columns are called that hold no counts; the names of these are declared by the model."""

_TIMES = {"date", "time", "day", "week", "month"}
_NOISE = re.compile(r"\b(counts?|abs|absolute|percent|percentage|number of|no of|pos|positive)\b")
_CELLS = re.compile(r"\bcells?\b")
_NOT_T = re.compile(r"\bcd3[-−–](?=[\s/(]*cd(16|19|56))")
_NEGATIVE = re.compile(r"cd\d+[-−–](?!\w*pos)(?=\s|cd|$)")
"""Cells without a marker differ from those with it; a cell without CD3 but with CD16, CD56 or CD19 is not a T cell."""

_PERCENTS = frozenset(
    ["%", "percent", "pct", "% of lymphocytes", "percent of lymphocytes", "% lymphocytes", "% of total", "% of alc"]
)
_BRACKETED = re.compile(r"(?P<name>[^\[\]()]+?)\s*(?:\[(?P<square>[^\[\]]*)\]|\((?P<round>[^()]*)\))\s*")


@dataclass(frozen=True)
class TableColumn:
    """What a header means.

    Parameters
    ----------
    header : str
    kind : str
        ``"patient"``, ``"date"``, ``"time"``, ``"age"``, ``"dose"``, ..., an analyte, ``"remark"`` for what is known
        and not used, or ``""`` for what is not known.
    unit : str
        The unit as the header gives it, or empty.
    """

    header: str
    kind: str
    unit: str

    @property
    def is_time(self) -> bool:
        """Return whether the column says when something was."""
        return self.kind in _TIMES

    @property
    def is_percent(self) -> bool:
        """Return whether the column is a share of the lymphocytes."""
        return self.unit == PERCENT


def column_of(header: str, readouts: Callable[[], Mapping[str, str]]) -> TableColumn:
    """Return what a header means.

    Parameters
    ----------
    header : str
    readouts : callable
        Gives the read-outs of the model and their units; called only for a header that is nothing else.

    Raises
    ------
    QuantityError
        Where the unit does not fit.
    """
    name, unit = _split(header)
    kind = _kinds().get(_plain(name), "")
    if not kind and re.fullmatch(r"\w+", identifier := name.casefold().replace(" ", "_")) and identifier in readouts():
        kind = identifier
    return TableColumn(header, kind, _unit_of(kind, unit, readouts))


def suggestion(header: str) -> str:
    """Return what an unknown header may have meant, as a cure."""
    close = close_matches(_plain(_split(header)[0]), [name for name in _kinds() if len(name) > 2], limit=1)
    return f'did you mean "{close[0]}"?' if close else "rename it if it should be used"


def _kinds() -> dict[str, str]:
    """Return the kind of column that each plain header means."""
    return {name: kind for kind, names in _NAMES.items() for name in names.split("|")} | dict(headers_of_analytes())


def _split(header: str) -> tuple[str, str]:
    """Return the name and the unit of a header."""
    bracketed = _BRACKETED.fullmatch(header)
    if bracketed:
        unit = bracketed["square"] if bracketed["round"] is None else bracketed["round"]
        return bracketed["name"].strip(), unit.strip()
    name, comma, unit = header.partition(",")
    if comma:
        return name.strip(), unit.strip()
    if PERCENT in header:
        name, _, rest = header.partition(PERCENT)
        return name.strip(), f"{PERCENT}{rest}".strip()
    name, _, unit = header.rpartition(" ")
    return (name.strip(" x×*"), unit) if name and is_count_unit(unit) else (header, "")


def _plain(name: str) -> str:
    """Return a name without case, signs and words that say nothing; nothing where it is of cells without a marker."""
    name = _NOT_T.sub("", name.casefold())
    if _NEGATIVE.search(name):
        return ""
    words = re.sub(r"[\W_]+", " ", name).strip()
    counted = " ".join(_NOISE.sub(" ", words).split())
    plain = " ".join(_CELLS.sub(" ", counted).split())
    return next((text for text in (plain, counted) if len(text) > 1), words)  # "T cells" is not "T"


def _unit_of(kind: str, unit: str, readouts: Callable[[], Mapping[str, str]]) -> str:
    if not unit:
        return ""
    if kind in analytes():
        if unit.casefold() in _PERCENTS:
            if not analytes()[kind].part_of:
                raise QuantityError("is a share of leukocytes", cure="give the total count, in 1e9/L")
            return PERCENT
        return _checked(unit, analytes()[kind].unit)
    expected = {"age": "year", "weight": "kg", "dose": "mg", "duration": "day", "time": "day"}.get(kind)
    if kind and expected is None and kind not in _NAMES:
        expected = readouts()[kind]
    return _checked(unit, expected) if expected else unit


def _checked(unit: str, expected: str) -> str:
    factor_to(unit, expected)
    return unit
