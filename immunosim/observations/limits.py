"""Columns of a clinic's table that flag values below quantification, and those with the limit of quantification."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from immunosim.errors import QuantityError
from immunosim.observations.cells import CellValue, is_below_word
from immunosim.observations.exclusions import FLAGGED, NOT_FLAGGED
from immunosim.observations.headers import TableColumn, column_of
from immunosim.observations.laboratory import analytes, measurable
from immunosim.observations.problems import Problems
from immunosim.observations.records import TableFinding
from immunosim.observations.table import ObservationTable, TableRow, is_missing

FLAGS = (
    "blq|bloq|bql|bll|bloq flag|blq flag|blqfl|below|censored|cens|is below|below loq|below lloq|bloqfl|lloqfl|bqlfl|"
    "qualifier|operator|modifier|comparator|relation|sign|vorzeichen"
)
"""Names of columns that flag a value below quantification."""

LIMITS = (
    "lloq|loq|lod|llq|limit of quantification|lower limit of quantification|detection limit|nachweisgrenze|"
    "bestimmungsgrenze"
)
"""Names of columns that hold the limit of quantification."""

_SUFFIX = re.compile(rf"(?P<name>.*?)[\s_.-]*\b(?:(?P<flag>{FLAGS})|(?P<limit>{LIMITS}))", re.IGNORECASE)
_YES = frozenset({"t", "<", "<=", "≤", "=<", "blq", "bql", "bloq", "below", "lt", "x"}) | FLAGGED
_NO = frozenset({"f", "=", "==", "~", "eq"}) | NOT_FLAGGED
_ABOVE = frozenset({">", ">=", "≥", "=>", "above", "gt"})


_OF_RESULTS = ("", "result", "value", "ergebnis", "wert")
"""What may stand before a flag or a limit of a long table."""


@dataclass(frozen=True)
class LimitColumns:
    """By analyte the header of its flag and that of its limit; "" stands for all analytes."""

    flags: dict[str, str] = field(default_factory=dict)
    limits: dict[str, str] = field(default_factory=dict)
    findings: tuple[TableFinding, ...] = ()

    @property
    def headers(self) -> tuple[str, ...]:
        """Return the headers of all columns of flags and limits."""
        return (*self.flags.values(), *self.limits.values())

    def of(self, row: TableRow, analyte: str) -> tuple[str, str]:
        """Return the flag and the limit of quantification that a row gives for an analyte."""
        flag = row.cells.get(self.flags.get(analyte, self.flags.get("", "")), "")
        return flag, row.cells.get(self.limits.get(analyte, self.limits.get("", "")), "")

    def value(self, table: ObservationTable, row: TableRow, analyte: str, text: str) -> CellValue:
        """Return the value in a cell, censored at its limit where the cell or the row says that it is below it.

        Raises
        ------
        QuantityError
            Where the cell or the flag cannot be read, or there is no limit.
        """
        flag, limit = self.of(row, analyte)
        has_limit = not is_missing(limit)
        if has_limit and is_below_word(text):
            return CellValue(table.number(limit), is_below=True)
        value = table.value(text)
        if flag in _ABOVE:
            return value._replace(is_above=True)
        if not is_flagged(flag) or value.is_below:
            return value
        number = table.number(limit) if has_limit else value.number
        if number <= 0:
            raise QuantityError("is flagged as below quantification without a limit", cure="give the limit")
        return CellValue(number, is_below=True)


def is_flagged(text: str) -> bool:
    """Return whether a cell flags a value below quantification.

    Raises
    ------
    QuantityError
        Where it says neither.
    """
    word = text.casefold()
    if is_missing(text) or word in _NO:
        return False
    if word in _YES:
        return True
    raise QuantityError(f'"{text}" is not a valid flag', cure="write 1 below quantification, else 0")


def marked_text(limits: LimitColumns, row: TableRow, text: str) -> str:
    """Return the result of a row of a long table, with < or > where its flag says that it is a limit.

    Raises
    ------
    QuantityError
        Where the flag cannot be read.
    """
    flag, limit = limits.of(row, "")
    has_limit = not is_missing(limit)
    if flag in _ABOVE:
        return f">{text.lstrip('<>= ')}"
    if not (is_flagged(flag) or (has_limit and is_below_word(text))):
        return text
    below = limit if has_limit else text.lstrip("<>=≤≥ ")
    return f"<{below}" if below else text


def columns_of_limits(table: ObservationTable) -> LimitColumns:
    """Return the flags and limits of a long table, which are those of the test of each row."""
    named: dict[str, dict[str, str]] = {"flag": {}, "limit": {}}
    for header in table.headers:
        match = _SUFFIX.fullmatch(header.strip("[]() ")) if not table.recipe.meaning(header).means else None
        if match and match["name"].casefold().strip(" _.-") in _OF_RESULTS:
            named["flag" if match["flag"] else "limit"].setdefault("", header)
    return LimitColumns(named["flag"], named["limit"])


def limit_columns(table: ObservationTable, problems: Problems) -> tuple[LimitColumns, list[str]]:
    """Return the flags and limits of a table, and the headers of the other columns."""
    flags: dict[str, str] = {}
    limits: dict[str, str] = {}
    left: list[str] = []
    for header in table.headers:
        match = _SUFFIX.fullmatch(header.strip("[]() ")) if not table.recipe.meaning(header).means else None
        analyte = _analyte(match["name"]) if match else None
        if match is None or analyte is None:
            left.append(header)
        elif analyte in (kept := flags if match["flag"] else limits):
            problems.add(table.header_line, header, f'says the same as "{kept[analyte]}"', "leave one out")
        else:
            kept[analyte] = header
    measured = {column.kind for column in map(_column, left) if column and column.kind in analytes()}
    if ("" in flags or "" in limits) and len(measured) > 1:
        header = flags.get("", limits.get("", ""))
        reason = f"may be of any of {', '.join(sorted(measured))}"
        problems.add(table.header_line, header, reason, f'name the analyte, such as "CD4 {header}"')
    return LimitColumns(flags, limits), left


def _column(header: str) -> TableColumn | None:
    try:
        return column_of(header, measurable)
    except QuantityError:
        return None


def _analyte(name: str) -> str | None:
    """Return the analyte that stands before a flag; "" where none does, None where it is another word."""
    if not name.strip():
        return ""
    column = _column(name)
    return column.kind if column and column.kind in analytes() else None
