"""The columns of a clinic's table: which one says what, and in which unit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from immunosim.errors import MOST_SEARCHED, MOST_SHOWN, QuantityError, and_more
from immunosim.observations.headers import TableColumn, column_of, suggestion
from immunosim.observations.inference import inferred_unit
from immunosim.observations.laboratory import analytes, measurable
from immunosim.observations.problems import Problems
from immunosim.observations.records import TableFinding
from immunosim.observations.table import ObservationTable, TableRow, is_missing
from immunosim.safe_text import shortened

OTHERS = ("patient", "age", "sex", "weight", "birth_date", "dose", "duration", "drug")
"""What a table may say besides times and counts, each in at most one column."""

_USUAL = {"dose": "mg", "duration": "h", "age": "years", "weight": "kg"}


@dataclass(frozen=True)
class TableLayout:
    """What the columns of a table mean.

    Parameters
    ----------
    table : ObservationTable
    time : TableColumn
    analytes : tuple of TableColumn
        Those of measured values, in the order of the table, each with a unit.
    others : dict of str to Column
        The rest by kind.
    findings : tuple of TableFinding
        What was inferred, and what is not used.
    """

    table: ObservationTable
    time: TableColumn
    analytes: tuple[TableColumn, ...]
    others: dict[str, TableColumn]
    findings: tuple[TableFinding, ...]

    def cell(self, row: TableRow, kind: str) -> str:
        """Return what a row says, or nothing."""
        column = self.others.get(kind)
        text = row.cells[column.header] if column else ""
        return "" if is_missing(text) else text


def read_layout(table: ObservationTable, problems: Problems) -> TableLayout:
    """Return what the columns of a table mean.

    Raises
    ------
    DataError
        With every header that cannot be used.
    """
    columns = list(_columns(table, problems))
    problems.refuse()
    times = [column for column in columns if column.is_time]
    measured = [column for column in columns if column.kind and not column.is_time and column.kind not in OTHERS]
    measured = [column for column in measured if column.kind != "remark"]
    others = {kind: [column for column in columns if column.kind == kind] for kind in OTHERS}
    line = table.header_line
    if len(times) != 1:
        reason = "has no column of times" if not times else f"has {_named(times)} for the time"
        cure = 'name one "date", "day", "week", "month" or "time"' if not times else "rename all but one"
        problems.add(line, "", reason, cure)
    for rivals in (*others.values(), *_rivals(measured)):
        if len(rivals) > 1:
            problems.add(line, "", f"has {_named(rivals)} for one quantity", "leave one out, or rename it")
    if not measured and not others["dose"]:
        problems.add(line, "", "has no column of measured values", 'name them such as "lymphocytes [1e9/L]" or "CD4"')
    problems.refuse()
    findings = [*_not_used(columns, line), *_gap_fillers(measured, line)]
    analytes = tuple(_with_unit(table, column, problems, findings) for column in measured)
    kept = {kind: _usual(columns[0], line, findings) for kind, columns in others.items() if columns}
    problems.refuse()
    return TableLayout(table, times[0], analytes, kept, tuple(findings))


def _columns(table: ObservationTable, problems: Problems) -> Iterator[TableColumn]:
    for header in table.headers:
        with problems.at(table.header_line, header):
            yield column_of(header, measurable)


def _rivals(measured: list[TableColumn]) -> Iterator[list[TableColumn]]:
    """Yield the columns of each analyte, counts and shares apart: where a table has both, shares fill gaps."""
    for kind, is_percent in dict.fromkeys((column.kind, column.is_percent) for column in measured):
        yield [column for column in measured if (column.kind, column.is_percent) == (kind, is_percent)]


def _named(columns: list[TableColumn]) -> str:
    shown = [f'"{shortened(column.header, 60)}"' for column in columns[:MOST_SHOWN]]
    return " and ".join([*shown, *and_more(len(columns))])


def _not_used(columns: list[TableColumn], line: int) -> Iterator[TableFinding]:
    n_unknown = 0
    for column in columns:
        if not column.kind:
            n_unknown += 1
            cure = suggestion(column.header) if n_unknown <= MOST_SEARCHED else ""
            yield TableFinding(line, column.header, "warning", "is not a column that is known", cure)
        elif column.kind == "remark":
            yield TableFinding(line, column.header, "note", "is not used")


def _gap_fillers(measured: list[TableColumn], line: int) -> Iterator[TableFinding]:
    counts = {column.kind for column in measured if not column.is_percent}
    for column in measured:
        if column.is_percent and column.kind in counts:
            yield TableFinding(line, column.header, "note", "is used only in rows without a count")


def _with_unit(
    table: ObservationTable, column: TableColumn, problems: Problems, findings: list[TableFinding]
) -> TableColumn:
    """Return a column of measured values with its unit, inferred where the header gives none."""
    if column.unit:
        return column
    if column.kind not in analytes():
        return replace(column, unit=measurable()[column.kind])
    with problems.at(table.header_line, column.header):
        unit = inferred_unit(column.kind, list(_numbers(table, column.header)))
        findings.append(TableFinding(table.header_line, column.header, "note", f"has no unit, taken as {unit}"))
        return replace(column, unit=unit)
    return column


def _numbers(table: ObservationTable, header: str) -> Iterator[float]:
    for row in table.rows:
        try:
            if not is_missing(row.cells[header]):
                yield table.value(row.cells[header])[0]
        except QuantityError:
            continue  # reported where the cell is read


def _usual(column: TableColumn, line: int, findings: list[TableFinding]) -> TableColumn:
    """Return a column with the unit that everybody uses where the header gives none."""
    unit = _USUAL.get(column.kind)
    if unit is None or column.unit:
        return column
    if column.kind in ("dose", "duration"):
        findings.append(TableFinding(line, column.header, "note", f"has no unit, taken as {unit}"))
    return replace(column, unit=unit)
