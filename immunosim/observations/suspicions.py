"""Misreadings that a table invites: separators of thousands, fractions for percents, hours for days, similar names."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from immunosim.errors import QuantityError, listed
from immunosim.observations.cells import NUMBER, THOUSANDS, CellValue
from immunosim.observations.headers import PERCENT, TableColumn
from immunosim.observations.laboratory import measurable
from immunosim.observations.layout import TableLayout
from immunosim.observations.problems import Problems
from immunosim.observations.records import PatientRecord, TableFinding
from immunosim.observations.table import ObservationTable, is_missing
from immunosim.scenario.plausible import MOST_SUBSET
from immunosim.units import factor_to, is_count_unit

_MOST_DOSE = 5000.0
"""Highest mass that a dose with a separator of thousands may mean, mg."""

_MOST_HOURS_OF_INFUSION = 48.0
_HOURS = 24.0
_HOURS_OF_A_WEEK = 168.0
"""Visits every 24 weeks are on days that are multiples of 24 as well."""

_MIN_VISITS = 3
_HOURS_CURE = 'say time_unit = "h" in a recipe, or take `time_unit=h`'


def check_columns(layout: TableLayout, problems: Problems, findings: list[TableFinding]) -> None:
    """Report columns in which marks may separate thousands, and shares that may be fractions."""
    table = layout.table
    doses = [*layout.drug_doses, *([layout.others["dose"]] if "dose" in layout.others else [])]
    for column in [*layout.analytes, *doses]:
        if not table.numerals.decimal:
            _check_thousands(layout, column, problems)
    for column in layout.analytes:
        findings += below_their_limit(_with_limits(layout, column), table.header_line, column.header)
        if column.unit == PERCENT:
            findings += _fractions(layout, column)
        flags = {value.flag for value in _values(layout, column) if value.flag}
        if flags:
            reason = f"marks of an analyser are passed over: {listed(sorted(flags))}"
            findings.append(TableFinding(table.header_line, column.header, "note", reason))


def _check_thousands(layout: TableLayout, column: TableColumn, problems: Problems) -> None:
    """Report the first number of a column of whole numbers that has a mark and three digits."""
    most = _MOST_DOSE if column.kind == "dose" else MOST_SUBSET
    if column.is_percent or (column.kind != "dose" and not _is_whole(column)):
        return
    cells = [(row.line_of(column.header), row.cells[column.header]) for row in layout.table.rows]
    _report_thousands(layout.table, cells, most, column.header, problems)


def check_thousands(
    table: ObservationTable, by_analyte: Mapping[str, Sequence[tuple[int, str]]], column: str, problems: Problems
) -> None:
    """Report numbers of a NONMEM table with a mark and three digits among whole ones, by line and text of analytes."""
    for name, cells in by_analyte.items():
        if measurable()[name] == "cells/uL" and not table.numerals.decimal:
            _report_thousands(table, cells, MOST_SUBSET, column, problems)


def _report_thousands(
    table: ObservationTable, cells: Sequence[tuple[int, str]], most: float, column: str, problems: Problems
) -> None:
    suspects: list[tuple[int, str]] = []
    for line, cell in cells:
        text = cell.lstrip("<>=≤≥ ")
        if "," in text and not table.numerals.has_decimal_comma:
            continue  # reported where the cell is read
        if THOUSANDS.fullmatch(text):
            suspects.append((line, text))
            if float(_joined(text)) > most:
                return
        elif NUMBER.fullmatch(text) and ("." in text or "," in text):
            return  # another number of the column has decimals
    for line, text in suspects[:1]:
        reason = f'"{text}" may be {_joined(text)}, with a separator of thousands, or {text.replace(",", ".")}'
        cure = "write it without the mark or with other decimals, or say which mark is decimal in a recipe"
        others = f" (and {len(suspects) - 1} more)" if len(suspects) > 1 else ""
        problems.add(line, column, reason + others, cure)


def _joined(text: str) -> str:
    return text.replace(".", "").replace(",", "")


def _is_whole(column: TableColumn) -> bool:
    """Return whether the values of a column are usually whole numbers: counts in cells/uL."""
    return is_count_unit(column.unit) and factor_to(column.unit, "cells/uL") == 1.0


def _values(layout: TableLayout, column: TableColumn) -> Iterator[CellValue]:
    for text in layout.table.texts(column.header):
        try:
            yield layout.table.value(text)
        except QuantityError:
            continue  # reported where the cell is read


def _with_limits(layout: TableLayout, column: TableColumn) -> Iterator[tuple[int, float, float]]:
    """Yield line, value and limit of quantification of the rows of a column that have both and are not flagged."""
    for row in layout.table.rows:
        _, limit = layout.limits.of(row, column.kind)
        if is_missing(limit) or is_missing(row.cells[column.header]):
            continue
        try:
            value = layout.limits.value(layout.table, row, column.kind, row.cells[column.header])
            if not value.is_below:
                yield row.line_of(column.header), value.number, layout.table.number(limit)
        except QuantityError:
            continue  # reported where the cell is read


def _fractions(layout: TableLayout, column: TableColumn) -> Iterator[TableFinding]:
    numbers = [value.number for value in _values(layout, column)]
    if numbers and 0.0 < max(numbers) <= 1.0:
        reason = f"its values of {min(numbers):g} to {max(numbers):g} are taken as percent and look like fractions"
        cure = "write fraction as its unit in the header or in a recipe, if they are"
        yield TableFinding(layout.table.header_line, column.header, "warning", reason, cure)


def check_names(names: Sequence[str]) -> Iterator[TableFinding]:
    """Yield names of patients that differ by case, blanks, marks, accents or zeros alone."""
    alike: dict[str, list[str]] = {}
    for name in names:
        letters = unicodedata.normalize("NFKD", name.casefold().replace("ß", "ss").replace("o", "0"))
        plain = "".join(letter for letter in letters if letter.isalnum()).lstrip("0")
        alike.setdefault(plain, []).append(name)
    for group in alike.values():
        if len(group) > 1:
            shown = " and ".join(f'"{name}"' for name in group[:5])
            reason = f"patients {shown} differ by capitals, blanks, marks or zeros alone"
            yield TableFinding(0, "", "warning", reason, "write the name of one patient in one way")


def below_their_limit(values: Iterable[tuple[int, float, float]], line: int, column: str) -> Iterator[TableFinding]:
    """Yield that values which count as measured are below the limit of quantification of their row.

    Parameters
    ----------
    values : iterable of (int, float, float)
        Line, value and limit of each row that is not flagged.
    line : int
    column : str
    """
    low = [(of_row, value, limit) for of_row, value, limit in values if value < limit]
    for first, value, limit in low[:1]:
        reason = f"{value:g} on line {first} is below its limit of quantification, {limit:g}, and counts as measured"
        others = f" (and {len(low) - 1} more)" if len(low) > 1 else ""
        yield TableFinding(line, column, "warning", reason + others, "write <LIMIT, or flag it")


def check_hours(patients: Sequence[PatientRecord], line: int, column: str) -> Iterator[TableFinding]:
    """Yield that times in days look like hours: doses 24 days apart, infusions of several days, whole days in hours."""
    for patient in patients:
        times = sorted({dose.time for dose in patient.doses})
        gaps = [later - sooner for sooner, later in pairwise(times)]
        daily = [gap for gap in gaps if gap in (_HOURS, 2 * _HOURS)]
        if daily and len(daily) * 2 >= len(gaps):
            reason = f"doses of {patient.name} are {daily[0]:g} days apart, which looks like hours"
            yield TableFinding(line, column, "warning", reason, _HOURS_CURE)
            return
        visits = {time for measurement in patient.measurements if (time := measurement.time) > 0}
        if (
            len(visits) >= _MIN_VISITS
            and not any(time % _HOURS for time in visits)
            and any(time % _HOURS_OF_A_WEEK for time in visits)
        ):
            reason = f"all times of {patient.name} are multiples of 24, which looks like hours"
            yield TableFinding(line, column, "warning", reason, _HOURS_CURE)
            return
        longest = max((dose.duration for dose in patient.doses), default=0.0)
        if longest * _HOURS > _MOST_HOURS_OF_INFUSION:
            reason = f"an infusion of {patient.name} takes {longest:g} days, which looks like hours"
            yield TableFinding(line, column, "warning", reason, _HOURS_CURE)
            return
