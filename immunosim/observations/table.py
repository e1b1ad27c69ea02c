"""Text tables as laboratories and spreadsheets write them: rows of cells with line numbers, and the numbers in cells.

Separated by commas, semicolons or tabs; where commas do not separate cells, they may be decimal points. Knows nothing
of what the columns mean.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from immunosim.errors import DataError, InputProblem, QuantityError
from immunosim.safe_text import cell_read
from immunosim.units import read_number

MISSING = frozenset({"", "na", "n/a", "nan", "-", "--", "–", ".", "nd", "n.d.", "missing", "null", "none"})
"""What stands for no value, without regard to case."""

_NUMBER = re.compile(r"[+-]?([0-9]+([.,][0-9]*)?|[.,][0-9]+)([eE][+-]?[0-9]+)?")
"""A number with either decimal mark."""

_CURES = {
    "is not a number": "write a plain number, its unit stands in the header",
    "has a separator of thousands": "write the number without it",
    "is not a finite number": "give a finite number",
}
"""What helps in a table, whose cells hold no units, by the end of what is wrong with a number."""

_BELOW = re.compile(r"(?:<=|<|≤)\s*(?P<limit>.+)")


@dataclass(frozen=True)
class TableRow:
    """The cells of one row, by header, and its line in the file."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True)
class ObservationTable:
    """A table as it was read; `separator` is what stands between its cells."""

    file: str
    separator: str
    headers: tuple[str, ...]
    header_line: int
    rows: tuple[TableRow, ...]

    def problem(self, line: int, column: str, error: QuantityError) -> InputProblem:
        """Return what is wrong with a cell, with its place."""
        return InputProblem(error.reason, f"{self.file}: line {line}", column, error.cure)

    def number(self, text: str) -> float:
        """Return the number in a cell.

        Raises
        ------
        QuantityError
            Where the cell holds no finite number, or one whose comma may mean two things.
        """
        if "," in text and self.separator == "," and _NUMBER.fullmatch(text):
            raise QuantityError(f'"{text}" has a comma', cure="write a decimal point, or separate cells by semicolons")
        try:
            return read_number(text, decimal_comma=self.separator != ",")
        except QuantityError as error:
            cure = next((cure for end, cure in _CURES.items() if error.reason.endswith(end)), error.cure)
            raise QuantityError(error.reason, cure=cure) from None

    def value(self, text: str) -> tuple[float, bool]:
        """Return the number in a cell and whether it is a limit of quantification that the value is below."""
        below = _BELOW.fullmatch(text)
        if below is None:
            if text.startswith((">", "≥")):
                raise QuantityError(f'"{text}" is above a limit, which is not supported', cure="give the value itself")
            return self.number(text), False
        limit = self.number(below["limit"])
        if limit <= 0:
            raise QuantityError(f'"{text}" is below nothing', cure="give a positive limit of quantification")
        return limit, True


def is_missing(text: str) -> bool:
    """Return whether a cell stands for no value."""
    return text.casefold() in MISSING


def read_table(path: Path) -> ObservationTable:
    """Read a table; rows that are empty or begin with # are left out.

    Raises
    ------
    DataError
        With the line of what cannot be read.
    """
    file = str(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise DataError("does not exist", file=file, cure="name a CSV file") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"cannot be read as text ({reason})", file=file, cure="save it as CSV in UTF-8") from error
    separator = _separator(text)
    lines = list(_lines(text, separator, file))
    if not lines:
        raise DataError("is empty", file=file, cure="give a line of headers, then one visit a line")
    (header_line, headers), *rest = lines
    _check_headers(headers, f"{file}: line {header_line}")
    if not rest:
        raise DataError("has no rows", file=file, cure="give one visit a line")
    rows = tuple(_row(headers, cells, line, f"{file}: line {line}") for line, cells in rest)
    table = ObservationTable(file, separator, tuple(headers), header_line, rows)
    _check_decimals(table)
    return table


def _separator(text: str) -> str:
    header = next((line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")), "")
    unquoted = re.sub(r'"[^"]*"', "", header)
    return next((mark for mark in (";", "\t") if mark in unquoted), ",")


def _lines(text: str, separator: str, file: str) -> Iterator[tuple[int, list[str]]]:
    # Comments become empty lines, so that lines keep their numbers and a quote in a comment opens no cell.
    plain = ("\n" if line.lstrip().startswith("#") else line for line in text.splitlines(keepends=True))
    reader, first = csv.reader(plain, delimiter=separator, strict=True), 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield first, [cell_read(cell.strip()) for cell in cells]
            first = reader.line_num + 1
    except csv.Error as error:
        cure = "close the quotes, and save it as CSV in UTF-8"
        raise DataError(f"cannot be read as CSV ({error})", file=f"{file}: line {first}", cure=cure) from error


def _check_headers(headers: Sequence[str], where: str) -> None:
    while headers and not headers[-1] and isinstance(headers, list):
        headers.pop()  # spreadsheets save empty columns at the right
    seen: set[str] = set()
    for number, header in enumerate(headers, 1):
        if not header:
            raise DataError(f"column {number} has no name", file=where, cure="name it")
        if header in seen:
            raise DataError("stands above two columns", file=where, key=header, cure="leave one out")
        seen.add(header)


def _row(headers: Sequence[str], cells: Sequence[str], line: int, where: str) -> TableRow:
    extra = [cell for cell in cells[len(headers) :] if cell]
    if extra or len(cells) < len(headers):
        n = len(cells)
        reason = f"has {n} cell{'s' * (n != 1)}, the line of headers {len(headers)}"
        raise DataError(reason, file=where, cure="leave a cell empty where there is no value")
    return TableRow(line, dict(zip(headers, cells, strict=False)))


def _check_decimals(table: ObservationTable) -> None:
    """Raise where some numbers have decimal commas and others points, one of which must separate thousands."""
    first_seen: dict[str, tuple[int, str, str]] = {}
    for row in table.rows if table.separator != "," else ():
        for header, cell in row.cells.items():
            text = cell.lstrip("<=≤ ")
            if _NUMBER.fullmatch(text):
                for mark in ".,":
                    if mark in text:
                        first_seen.setdefault(mark, (row.line, header, cell))
    if len(first_seen) == 2:
        line, header, cell = max(first_seen.values())
        first, _, other = min(first_seen.values())
        reason = f'"{cell}" has another decimal mark than "{other}" on line {first}'
        raise DataError(reason, file=f"{table.file}: line {line}", key=header, cure="write all with a point")
