"""Long tables, as laboratory systems export them: one result a row, its test and unit in columns of their own.

They become visits of a clinic's table, one column a test, in which each cell keeps its line.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from immunosim.errors import QuantityError
from immunosim.observations.accounts import NO_VALUE
from immunosim.observations.header_words import CLOCK, NAMES
from immunosim.observations.headers import TableColumn, column_of
from immunosim.observations.laboratory import analytes, measurable
from immunosim.observations.problems import Problems
from immunosim.observations.records import TableFinding
from immunosim.observations.table import ObservationTable, TableRow, is_missing

_PREFERRED = ("lbstresn", "lbstresu", "lbtestcd")
"""Of several columns of results or units those that are read: standard ones, of the tables of clinical studies."""


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
    columns = columns_of_long(table)
    test, result, unit = columns["test"], columns["result"], columns.get("unit")
    others = tuple(header for header in table.headers if header not in (test, result, unit))
    when = [columns[kind] for kind in ("patient", "date", "day", "week", "month", "time", CLOCK) if kind in columns]
    reasons: dict[int, str] = {}
    tests: dict[str, TableColumn | None] = {}
    rows: dict[tuple[tuple[str, ...], int], TableRow] = {}
    for row in table.rows:
        name, in_unit = row.cells[test], row.cells[unit] if unit else ""
        header = f"{name} [{in_unit}]" if in_unit and not is_missing(in_unit) else name
        if header not in tests:
            tests[header] = _column(table, row.line, test, name, header, problems)
        if tests[header] is None:
            reasons[row.line] = f'test "{name}" is not known'
            continue
        if tests[header].kind == "leukocytes":  # type: ignore[union-attr]
            reasons[row.line] = ""  # used as a parent of shares
        else:
            reasons[row.line] = NO_VALUE if is_missing(row.cells[result]) else "a count of the same sample is used"
        key, n_before = tuple(row.cells[header] for header in when), 0
        while header in rows.setdefault((key, n_before), TableRow(row.line, {})).lines:
            n_before += 1  # a replicate
        visit = rows[key, n_before]
        cells = {name: row.cells[name] for name in others} | visit.cells | {header: row.cells[result]}
        rows[key, n_before] = replace(visit, cells=cells, lines={**visit.lines, header: row.line})
    known = [header for header, column in tests.items() if column is not None]
    headers = (*others, *known)
    full = tuple(replace(row, cells=dict.fromkeys(headers, "") | row.cells) for row in rows.values())
    findings = tuple(_unknown(tests, test, table.header_line))
    return LongTable(replace(table, headers=headers, rows=full), reasons, findings)


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
        read = column_of(column, measurable, meaning)
        kind = read.kind or column_of(test, measurable, meaning).kind
    except QuantityError as error:
        problems.add(line, header, error.reason, error.cure or "")
        return None
    return replace(read, kind=kind) if kind in analytes() or kind in measurable() or kind == "leukocytes" else None


def _unknown(tests: dict[str, TableColumn | None], header: str, line: int) -> list[TableFinding]:
    names = [name for name, column in tests.items() if column is None]
    if not names:
        return []
    shown = ", ".join(f'"{name}"' for name in names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    return [TableFinding(line, header, "warning", f"tests that are not known are left out: {shown}", "say in a recipe")]
