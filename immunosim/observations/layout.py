"""The columns of a clinic's table: which one says what, and in which unit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from immunosim.errors import MOST_SEARCHED, MOST_SHOWN, QuantityError, and_more
from immunosim.observations.doses import named_drug
from immunosim.observations.header_words import CLOCK, LEUKOCYTES, NAMES, TIMES
from immunosim.observations.headers import TableColumn, column_of, suggestion
from immunosim.observations.inference import inferred_unit
from immunosim.observations.laboratory import analytes, measurable
from immunosim.observations.limits import LimitColumns, limit_columns
from immunosim.observations.problems import Problems
from immunosim.observations.recipe import QUESTION
from immunosim.observations.records import TableFinding
from immunosim.observations.table import ObservationTable, TableRow, is_missing
from immunosim.observations.times import clock_of
from immunosim.safe_text import shortened

OTHERS = ("patient", "age", "sex", "weight", "birth_date", "dose", "duration", "drug", LEUKOCYTES)
"""What a table may say besides times and counts, each in at most one column."""

_USUAL = {"dose": "mg", "duration": "h", "age": "years", "weight": "kg", LEUKOCYTES: "1e9/L"}


@dataclass(frozen=True)
class TableLayout:
    """What the columns of a table mean.

    Parameters
    ----------
    table : ObservationTable
    times : dict of str to TableColumn
        By kind the columns of times that are read: one of numbers, one of dates, one of times of the day.
    analytes : tuple of TableColumn
        Those of measured values, in the order of the table, each with a unit.
    others : dict of str to TableColumn
        The rest by kind.
    drug_doses : tuple of TableColumn
        Columns of doses of one drug, which the header names.
    limits : LimitColumns
        The columns that flag values below quantification, and those with its limit.
    findings : tuple of TableFinding
        What was inferred, and what is not used.
    """

    table: ObservationTable
    times: dict[str, TableColumn]
    analytes: tuple[TableColumn, ...]
    others: dict[str, TableColumn]
    drug_doses: tuple[TableColumn, ...]
    limits: LimitColumns
    findings: tuple[TableFinding, ...]

    @property
    def number(self) -> TableColumn | None:
        """Return the column of times that are numbers or texts, if there is one."""
        return next((column for kind, column in self.times.items() if kind not in ("date", CLOCK)), None)

    def cell(self, row: TableRow, kind: str) -> str:
        """Return what a row says, or nothing."""
        column = self.others.get(kind)
        text = row.cells[column.header] if column else ""
        return "" if is_missing(text) else text


def read_layout(table: ObservationTable, problems: Problems, *, is_long: bool = False) -> TableLayout:
    """Return what the columns of a table mean; those of a long one are tests, which may have several spellings.

    Raises
    ------
    DataError
        With every header that cannot be used, where without it nothing can be read.
    """
    limits, left = limit_columns(table, problems)
    columns = [_without_clock(table, column) for column in _columns(table, left, problems)]
    is_complete = len(columns) == len(left)
    findings: list[TableFinding] = [*table.findings, *limits.findings]
    times = _times(columns, table, problems, findings, is_complete)
    measured = [column for column in columns if column.kind and column.kind not in NAMES]
    others = {kind: [column for column in columns if column.kind == kind and not column.drug] for kind in OTHERS}
    drug_doses = tuple(column for column in columns if column.drug)
    line = table.header_line
    for rivals in (*others.values(), *(() if is_long else _rivals(measured))):
        if len(rivals) > 1:
            problems.add(line, "", f"has {_named(rivals)} for one quantity", "leave one out, or rename it")
    if is_complete and not measured and not others["dose"] and not drug_doses:
        cure = 'name them such as "lymphocytes [1e9/L]" or "CD4"'
        problems.add(line, "", f"has no column of measured values{_unknown(columns)}", cure)
    if not times:
        problems.refuse()
    findings += [*_not_used(columns, table), *_gap_fillers(measured, line)]
    measured = list(_with_parents(measured, others, line, problems))
    units = (_with_unit(table, column, problems, findings) for column in measured)
    analytes = tuple(column for column in units if column.unit)
    kept = {kind: _usual(columns[0], line, findings) for kind, columns in others.items() if columns}
    doses = tuple(_usual(column, line, findings) for column in drug_doses)
    return TableLayout(table, times, analytes, kept, doses, limits, tuple(findings))


def _columns(table: ObservationTable, headers: list[str], problems: Problems) -> Iterator[TableColumn]:
    for header in headers:
        with problems.at(table.header_line, header):
            meaning = table.recipe.meaning(header)
            yield column_of(header, measurable, meaning, table.units.get(header, ""), named_drug)


def _without_clock(table: ObservationTable, column: TableColumn) -> TableColumn:
    """Return a column; one called time that holds times of the day is of these."""
    texts = table.texts(column.header) if column.kind == "time" else []
    is_clock = bool(texts) and all(clock_of(text) is not None for text in texts)
    return replace(column, kind=CLOCK) if is_clock else column


def _times(
    columns: list[TableColumn],
    table: ObservationTable,
    problems: Problems,
    findings: list[TableFinding],
    is_complete: bool,
) -> dict[str, TableColumn]:
    """Return the columns of times that are read: the first kind of numbers, dates, and times of the day."""
    by_kind: dict[str, list[TableColumn]] = {}
    for column in columns:
        if column.is_time:
            by_kind.setdefault(column.kind, []).append(column)
    kept: dict[str, TableColumn] = {}
    line = table.header_line
    for kind in TIMES:
        rivals = by_kind.get(kind, [])
        if len(rivals) > 1:
            problems.add(line, "", f"has {_named(rivals)} for the time", "rename all but one")
        if not rivals:
            continue
        if kind in ("date", CLOCK) or not kept:
            kept[kind] = rivals[0]
        else:
            reason = f'is not used, times are those of "{next(iter(kept.values())).header}"'
            findings.append(TableFinding(line, rivals[0].header, "note", reason))
    if not set(kept) - {CLOCK}:
        cure = 'name one "date", "day", "week", "month" or "time"'
        if is_complete:  # a header that cannot be read may be that of the times
            problems.add(line, "", f"has no column of times{_unknown(columns)}", cure)
        return {}
    return kept


def _unknown(columns: list[TableColumn]) -> str:
    """Return which headers of a table are not known, as the end of a sentence; nothing where all are."""
    unknown = [column for column in columns if not column.kind]
    return f"; not known are {_named(unknown)}" if unknown else ""


def _rivals(measured: list[TableColumn]) -> Iterator[list[TableColumn]]:
    """Yield the columns of each analyte, counts and shares apart: where a table has both, shares fill gaps."""
    for kind, is_percent in dict.fromkeys((column.kind, column.is_percent) for column in measured):
        yield [column for column in measured if (column.kind, column.is_percent) == (kind, is_percent)]


def _named(columns: list[TableColumn]) -> str:
    shown = [f'"{shortened(column.header, 60)}"' for column in columns[:MOST_SHOWN]]
    return " and ".join([*shown, *and_more(len(columns))])


def _not_used(columns: list[TableColumn], table: ObservationTable) -> Iterator[TableFinding]:
    n_unknown, line = 0, table.header_line
    for column in columns:
        if not column.kind:
            n_unknown += 1
            is_asked = table.recipe.columns.get(column.header)
            cure = suggestion(column.header) if n_unknown <= MOST_SEARCHED else ""
            if is_asked and is_asked.means == QUESTION:
                cure = "say in the recipe what it means"
            yield TableFinding(line, column.header, "warning", "is not a column that is known", cure)
        elif column.kind in ("remark", "test", "result", "unit"):
            yield TableFinding(line, column.header, "note", "is not used")


def _gap_fillers(measured: list[TableColumn], line: int) -> Iterator[TableFinding]:
    counts = {column.kind for column in measured if not column.is_percent}
    for column in measured:
        if column.is_percent and column.kind in counts:
            yield TableFinding(line, column.header, "note", "is used only in rows without a count")


def _with_parents(
    measured: list[TableColumn], others: dict[str, list[TableColumn]], line: int, problems: Problems
) -> Iterator[TableColumn]:
    """Yield the columns of which values can be had: shares of leukocytes need a column of those."""
    counts = {column.kind for column in measured if not column.is_percent}
    for column in measured:
        if column.parent != LEUKOCYTES or others[LEUKOCYTES]:
            yield column
        elif column.kind not in counts:
            problems.add(line, column.header, "is a share of leukocytes", "give the total count, in 1e9/L")


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
    for text in table.texts(header):
        try:
            yield table.value(text).number
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
