"""Text tables as laboratories and spreadsheets write them: rows of cells with line numbers, and the numbers in cells.

Separated by commas, semicolons, tabs, bars or blanks; where commas do not separate cells, they may be decimal points.
Knows nothing of what the columns mean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile
from pathlib import Path

from immunosim.errors import DataError, InputProblem, QuantityError, listed
from immunosim.observations.cells import NUMBER, PLAIN_NUMERALS, CellValue, Numerals, is_missing
from immunosim.observations.problems import Problems
from immunosim.observations.recipe import NO_RECIPE, ImportRecipe
from immunosim.observations.records import RowOutcome, TableFinding
from immunosim.observations.splitting import TableLine, lines_of
from immunosim.observations.text_files import decoded
from immunosim.observations.workbooks import ENDINGS, workbook_rows
from immunosim.safe_text import cell_read
from immunosim.units import check_unit

__all__ = ["ObservationTable", "TableRow", "is_missing", "read_table"]

_INDEX_NAMES = frozenset({"", "unnamed: 0"})
"""How pandas calls the column of its index."""

_NO_UNITS = frozenset({"%", "percent", "date", "text", "dd.mm.yyyy", "yyyy-mm-dd", "mm/dd/yyyy", "dd/mm/yyyy"})
"""What a row of units holds besides units."""


@dataclass(frozen=True)
class TableRow:
    """The cells of one row, by header, and its line in the file.

    `lines` has the line of each cell where a row was put together from several lines.
    """

    line: int
    cells: dict[str, str]
    lines: Mapping[str, int] = field(default_factory=dict)

    def line_of(self, header: str) -> int:
        """Return the line of a cell."""
        return self.lines.get(header, self.line)


@dataclass(frozen=True)
class ObservationTable:
    """A table as it was read.

    Attributes
    ----------
    file : str
    separator : str
        What stands between its cells; empty for a sheet of a workbook.
    headers : tuple of str
    header_line : int
    rows : tuple of TableRow
    units : mapping of str to str
        By header the unit in the row below the headers, if there is one.
    left_out : tuple of RowOutcome
        Lines that are no rows: comments, units, headers that are repeated, rows with a wrong number of cells.
    findings : tuple of TableFinding
    numerals : Numerals
    encoding : str
    recipe : ImportRecipe
        What the user says of the columns.
    """

    file: str
    separator: str
    headers: tuple[str, ...]
    header_line: int
    rows: tuple[TableRow, ...]
    units: Mapping[str, str] = field(default_factory=dict)
    left_out: tuple[RowOutcome, ...] = ()
    findings: tuple[TableFinding, ...] = ()
    numerals: Numerals = PLAIN_NUMERALS
    encoding: str = "utf-8"
    recipe: ImportRecipe = NO_RECIPE

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
        return self.numerals.number(text)

    def value(self, text: str) -> CellValue:
        """Return the number in a cell, whether it is a limit of quantification, and the flag beside it."""
        return self.numerals.value(text)

    def texts(self, header: str) -> list[str]:
        """Return the cells of a column that hold something."""
        return [row.cells[header] for row in self.rows if not is_missing(row.cells[header])]


def read_table(path: Path, problems: Problems, recipe: ImportRecipe = NO_RECIPE) -> ObservationTable:
    """Read a table; rows that are empty or comments are left out.

    Parameters
    ----------
    path : Path
        CSV or a workbook of Excel.
    problems : Problems
        Takes what is wrong with single lines.
    recipe : ImportRecipe, optional
        Says what cannot be told from the file: its encoding, its separator, what words mean.

    Raises
    ------
    DataError
        Where the file cannot be read, or has no headers and rows.
    """
    file = str(path)
    findings: list[TableFinding] = []
    if path.suffix.casefold() in ENDINGS:
        cells, others = workbook_rows(path, recipe.sheet)
        separator, encoding = "", ""
        lines = [TableLine(number, row) for number, row in cells]
        if others and not recipe.sheet:
            reason = f"the workbook has further sheets that are not read: {listed(others)}"
            findings.append(TableFinding(0, "", "note", reason, "name one with sheet in a recipe"))
    else:
        text, encoding = decoded(path, recipe.encoding)
        separator, lines = lines_of(text, recipe.separator, file)
        if encoding not in ("utf-8", "utf-8-sig"):
            findings.append(TableFinding(0, "", "note", f"is read as {encoding}"))
    if not any(not line.comment for line in lines):
        raise DataError("is empty", file=file, cure="give a line of headers, then one visit a line")
    header, lines = _below_titles(lines)
    rest = [line for line in lines if line.comment or line.number > header.number]
    kept = _kept(header, [line for line in rest if not line.comment], problems, findings)
    rows, left_out = _rows(header, kept, rest, problems)
    if not rows and not left_out:
        raise DataError("has no rows", file=file, cure="give one visit a line")
    numerals = Numerals(separator != ",", recipe.decimal)
    names = tuple(header.cells[index] for index in kept)
    table = ObservationTable(file, separator, names, header.number, rows, {}, left_out, (), numerals, encoding, recipe)
    table = replace(_with_units(table), findings=tuple(findings))
    _check_decimals(table, problems)
    return table


def _below_titles(lines: Sequence[TableLine]) -> tuple[TableLine, list[TableLine]]:
    """Return the line of headers, and all lines; titles above it, which fill one cell each, become comments."""
    filled = [line for line in lines if not line.comment]
    n_titles = len(list(takewhile(lambda line: sum(map(bool, line.cells)) == 1, filled)))
    if n_titles == len(filled):
        n_titles = 0
    titles = {line.number for line in filled[:n_titles]}
    known = [TableLine(line.number, comment=True) if line.number in titles else line for line in lines]
    return filled[n_titles], known


def _kept(header: TableLine, rows: Sequence[TableLine], problems: Problems, findings: list[TableFinding]) -> list[int]:
    """Return which columns are read: not empty ones at the right, nor the index of pandas."""
    headers = header.cells
    while headers and not headers[-1]:
        headers.pop()  # spreadsheets save empty columns at the right
    kept: list[int] = []
    for index, name in enumerate(headers):
        if index == 0 and name.casefold() in _INDEX_NAMES and _counts(rows):
            findings.append(TableFinding(header.number, name, "note", "the first column numbers the rows, not used"))
        elif not name:
            problems.add(header.number, "", f"column {index + 1} has no name", "name it")
        elif name in headers[:index]:
            problems.add(header.number, name, "stands above two columns", "leave one out")
        else:
            kept.append(index)
    return kept


def _counts(rows: Sequence[TableLine]) -> bool:
    """Return whether the first cells of rows count from 0 or 1."""
    firsts = [row.cells[0].removesuffix(".0") if row.cells else "" for row in rows]
    return any(firsts == [str(start + n) for n in range(len(firsts))] for start in (0, 1))


def _rows(
    header: TableLine, kept: Sequence[int], lines: Sequence[TableLine], problems: Problems
) -> tuple[tuple[TableRow, ...], tuple[RowOutcome, ...]]:
    """Return the rows of a table, and the lines that are none."""
    rows, left_out, width = [], [], len(header.cells)
    for line in lines:
        if line.comment:
            left_out.append(RowOutcome(line.number, "", "excluded", "comment"))
        elif line.cells[:width] == header.cells:
            left_out.append(RowOutcome(line.number, "", "excluded", "headers again"))
        elif any(line.cells[width:]) or len(line.cells) < width:
            n = len(line.cells)
            reason = f"has {n} cell{'s' * (n != 1)}, the line of headers {width}"
            problems.add(line.number, "", reason, "leave a cell empty where there is no value")
            left_out.append(RowOutcome(line.number, "", "excluded", "has a wrong number of cells"))
        else:
            rows.append(TableRow(line.number, {header.cells[i]: cell_read(line.cells[i]) for i in kept}))
    return tuple(rows), tuple(left_out)


def _with_units(table: ObservationTable) -> ObservationTable:
    """Return a table whose first row became units, if it is a row of units, and with the words of its recipe read."""
    rows, units, left_out = table.rows, dict[str, str](), table.left_out
    texts = {header: text.strip("[]() ") for header, text in rows[0].cells.items() if text} if rows else {}
    if all(map(_may_stand_in_a_row_of_units, texts.values())) and any(map(_is_unit, texts.values())):
        units = {header: text for header, text in texts.items() if _is_unit(text)}
        left_out, rows = (*left_out, RowOutcome(rows[0].line, "", "excluded", "row of units")), rows[1:]
    words = table.recipe.cell_texts()
    if words:
        rows = tuple(
            replace(row, cells={name: words.get(text.casefold(), text) for name, text in row.cells.items()})
            for row in rows
        )
    return replace(table, rows=rows, units=units, left_out=left_out)


def _may_stand_in_a_row_of_units(text: str) -> bool:
    return _is_unit(text) or text.casefold() in _NO_UNITS or is_missing(text)


def _is_unit(text: str) -> bool:
    if text in ("%", "percent"):
        return True
    try:
        check_unit(text)
    except QuantityError:
        return False
    return text not in ("", "1")


def _check_decimals(table: ObservationTable, problems: Problems) -> None:
    """Report where some numbers have decimal commas and others points, one of which must separate thousands."""
    first_seen: dict[str, tuple[int, str, str]] = {}
    is_text = bool(table.separator) and table.numerals.has_decimal_comma  # a workbook has numbers, not their marks
    for row in table.rows if is_text and not table.numerals.decimal else ():
        for header, cell in row.cells.items():
            text = cell.lstrip("<=≤ ")
            if NUMBER.fullmatch(text):
                for mark in ".,":
                    if mark in text:
                        first_seen.setdefault(mark, (row.line, header, cell))
    if len(first_seen) == 2:
        line, header, cell = max(first_seen.values())
        first, _, other = min(first_seen.values())
        reason = f'"{cell}" has another decimal mark than "{other}" on line {first}'
        problems.add(line, header, reason, "write all with a point")
