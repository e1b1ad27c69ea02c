"""Long tables, as laboratory systems export them: one result a row, its test and unit in columns of their own.

They become visits of a clinic's table, one column a test, in which each cell keeps its line.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from immunosim.errors import QuantityError
from immunosim.observations.accounts import NO_VALUE
from immunosim.observations.doses import named_drug
from immunosim.observations.header_words import CLOCK, LEUKOCYTES, NAMES
from immunosim.observations.headers import TableColumn, column_of
from immunosim.observations.laboratory import analytes, measurable
from immunosim.observations.limits import LimitColumns, columns_of_limits, marked_text
from immunosim.observations.problems import Problems
from immunosim.observations.records import TableFinding
from immunosim.observations.table import ObservationTable, TableRow, is_missing

_PREFERRED = ("lbstresn", "lbstresu", "lbtestcd")
"""Of several columns of results or units those that are read: standard ones, of the tables of clinical studies."""

_RESULTS = ("lbstresc", "lbstresn", "valuenum", "value", "lborres")
"""Columns of results of clinical studies; the number is empty where the text says that it is below a limit."""

_UNITS = {"lbstresc": "lbstresu", "lbstresn": "lbstresu", "lborres": "lborresu"}
"""The column of units that belongs to a column of results."""

_WHEN = ("patient", "date", "day", "week", "month", "time", CLOCK)


@dataclass(frozen=True)
class LongTable:
    """A long table as visits.

    Attributes
    ----------
    table : ObservationTable
        One row a visit.
    reasons : dict of int to str
        Why lines are left out: tests that are not known.
    findings : tuple of TableFinding
    """

    table: ObservationTable
    reasons: dict[int, str]
    findings: tuple[TableFinding, ...]


def is_long(table: ObservationTable) -> bool:
    """Return whether a table has one result a row."""
    return table.recipe.format in (None, "long") and {"test", "result"} <= set(columns_of_long(table))


def visits_of_long(table: ObservationTable, problems: Problems) -> LongTable | None:
    """Return a long table as visits; None where it is not a long table."""
    if not is_long(table):
        if table.recipe.format == "long":
            problems.add(table.header_line, "", "has no columns of tests and results", "name them in the recipe")
            problems.refuse()
        return None
    builder = _VisitBuilder(table, columns_of_long(table), columns_of_limits(table), problems)
    for row in table.rows:
        builder.add(row)
    return builder.result()


class _VisitBuilder:
    """Rows of results that become visits."""

    def __init__(
        self, table: ObservationTable, columns: dict[str, str], limits: LimitColumns, problems: Problems
    ) -> None:
        self._table, self._columns, self._limits, self._problems = table, columns, limits, problems
        used = {columns["test"], *_headers_of(table, "unit"), *limits.headers, *_headers_of(table, "result")}
        self._results = _preferred(_headers_of(table, "result"))
        self._units = {header.casefold(): header for header in table.headers}
        self._others = tuple(header for header in table.headers if header not in used)
        self._when = [columns[kind] for kind in _WHEN if kind in columns]
        self._given = [columns[kind] for kind in ("dose", "drug", "duration") if kind in columns]
        self._reasons: dict[int, str] = {}
        self._tests: dict[str, TableColumn | None] = {}
        self._rows: dict[tuple[tuple[str, ...], int], TableRow] = {}

    def add(self, row: TableRow) -> None:
        """Add a row to its visit; a second value of a quantity begins another row of the visit."""
        name = row.cells[self._columns["test"]]
        if is_missing(name):
            self._reasons[row.line] = NO_VALUE
            self._join(row, "", None, "")
            return
        result = next((name for name in self._results if not is_missing(row.cells[name])), self._results[0])
        unit = self._unit(row, result)
        header = f"{name} [{unit}]" if unit else name
        if header not in self._tests:
            self._tests[header] = _column(self._table, row.line, self._columns["test"], name, header, self._problems)
        column = self._tests[header]
        if column is None:
            self._reasons[row.line] = f'test "{name}" is not known'
            return
        text = row.cells[result]
        with self._problems.at(row.line, result):
            text = marked_text(self._limits, row, text)
        if column.kind == LEUKOCYTES:
            self._reasons[row.line] = ""  # used as a parent of shares
        else:
            self._reasons[row.line] = NO_VALUE if is_missing(text) else "a count of the same sample is used"
        self._join(row, header, column, text)

    def _unit(self, row: TableRow, result: str) -> str:
        """Return the unit of a result; clinical studies have one as reported and one as standardised."""
        header = self._units.get(_UNITS.get(result.casefold(), ""), self._columns.get("unit"))
        return "" if header is None or is_missing(row.cells[header]) else row.cells[header]

    def _join(self, row: TableRow, header: str, column: TableColumn | None, text: str) -> None:
        key, number = tuple(row.cells[header] for header in self._when), 0
        while not self._fits(self._rows.get((key, number)), row, column):
            number += 1
        visit = self._rows.get((key, number)) or TableRow(row.line, {})
        cells = {
            name: visit.cells[name] if not is_missing(visit.cells.get(name, "")) else row.cells[name]
            for name in self._others
        }
        new = {header: text} if column else {}
        lines = {header: row.line} if column else {}
        lines |= {name: row.line for name in self._given if not is_missing(row.cells[name])}
        self._rows[key, number] = replace(
            visit, cells={**visit.cells, **cells, **new}, lines={**lines, **visit.lines, **dict.fromkeys(new, row.line)}
        )

    def _fits(self, visit: TableRow | None, row: TableRow, column: TableColumn | None) -> bool:
        """Return whether a row of a visit has room for a result and says nothing else of what was given."""
        if visit is None:
            return True
        for header in self._given:
            there, here = visit.cells[header], row.cells[header]
            if there != here and not is_missing(there) and not is_missing(here):
                return False
        taken = [self._tests[header] for header in visit.lines if header in self._tests]
        return column is None or all(not _is_same(column, other) for other in taken)

    def result(self) -> LongTable:
        """Return the visits of all rows that were added."""
        known = [header for header, column in self._tests.items() if column is not None]
        headers = (*self._others, *known)
        full = tuple(replace(row, cells=dict.fromkeys(headers, "") | row.cells) for row in self._rows.values())
        findings = tuple(_unknown(self._tests, self._columns["test"], self._table.header_line))
        return LongTable(replace(self._table, headers=headers, rows=full), self._reasons, findings)


def _is_same(column: TableColumn, other: TableColumn | None) -> bool:
    """Return whether two tests are spellings of one quantity."""
    return other is not None and (other.kind, other.parent, other.drug) == (column.kind, column.parent, column.drug)


def _headers_of(table: ObservationTable, kind: str) -> list[str]:
    """Return the headers of all columns of a kind."""
    headers = []
    for header in table.headers:
        try:
            column = column_of(header, dict, table.recipe.meaning(header))
        except QuantityError:
            continue
        if column.kind == kind:
            headers.append(header)
    return headers


def _preferred(headers: list[str]) -> list[str]:
    """Return columns of results in the order in which they are read: standard ones first, as text before numbers."""
    standard = [name for wanted in _RESULTS for name in headers if name.casefold() == wanted]
    return standard or headers[:1]


def columns_of_long(table: ObservationTable) -> dict[str, str]:
    """Return by kind the header of the column that is read."""
    by_kind: dict[str, str] = {}
    for header in table.headers:
        try:
            kind = column_of(header, dict, table.recipe.meaning(header)).kind
        except QuantityError:
            continue
        if kind in NAMES and (kind not in by_kind or header.casefold() in _PREFERRED):
            by_kind[kind] = header
    return by_kind


def _column(
    table: ObservationTable, line: int, header: str, test: str, column: str, problems: Problems
) -> TableColumn | None:
    """Return what a test with its unit is, or None where it is not known."""
    meaning = table.recipe.columns.get(column) or table.recipe.meaning(test)
    try:
        read = column_of(column, measurable, meaning, drug_named=named_drug)
        kind = read.kind or column_of(test, measurable, meaning).kind
    except QuantityError as error:
        problems.add(line, header, error.reason, error.cure or "")
        return None
    is_known = kind in analytes() or kind in measurable() or kind == LEUKOCYTES or read.drug
    return replace(read, kind=kind) if is_known else None


def _unknown(tests: dict[str, TableColumn | None], header: str, line: int) -> list[TableFinding]:
    names = [name for name, column in tests.items() if column is None]
    if not names:
        return []
    shown = ", ".join(f'"{name}"' for name in names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    return [TableFinding(line, header, "warning", f"tests that are not known are left out: {shown}", "say in a recipe")]
