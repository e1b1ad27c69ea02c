"""When the visits of a clinic's table were: days after day 0, from numbers, dates and times of the day.

Day 0 has the date of the scenario, or that which days beside dates imply, or else is each patient's first dose.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from immunosim.errors import QuantityError, listed
from immunosim.observations.header_words import CLOCK
from immunosim.observations.headers import TableColumn
from immunosim.observations.layout import TableLayout
from immunosim.observations.problems import Problems
from immunosim.observations.records import PatientRecord, TableFinding
from immunosim.observations.table import ObservationTable, TableRow, is_missing
from immunosim.observations.times import Calendar, DateOrder, clock_of, is_date, is_serial, order_of
from immunosim.units import DAYS_PER_MONTH, factor_to

if TYPE_CHECKING:
    from immunosim.scenario import Scenario

ONLY_PATIENT = "patient"
"""The name of the patient of a table without a column of patients."""

_FACTORS = {"day": 1.0, "week": 7.0, "month": DAYS_PER_MONTH}
_SAME_DAY = 1.01
"""How far a day may be from that of the date beside it, day: a day may be counted from 0 or 1, and has no hour."""


@dataclass(frozen=True)
class Visit:
    """One row with its patient and its time (day)."""

    row: TableRow
    patient: str
    time: float


@dataclass(frozen=True)
class VisitTimes:
    """The visits of a table, and what their times count from.

    Attributes
    ----------
    visits : tuple of Visit
    calendar : Calendar
    order : DateOrder
        Of the dates of visits, where it is known.
    is_shifted : bool
        Whether times count from the origin of the calendar, and are to count from each patient's day 0.
    is_assumed : bool
        Whether that day 0 is assumed, since neither a scenario nor an option says it.
    day_0 : mapping of str to str
        The date of day 0 by patient, where it is known.
    offsets : mapping of str to float
        Days from the origin of the calendar to day 0 by patient, where days stand beside dates.
    """

    visits: tuple[Visit, ...]
    calendar: Calendar
    order: DateOrder | None
    is_shifted: bool
    is_assumed: bool
    day_0: Mapping[str, str] = field(default_factory=dict)
    offsets: Mapping[str, float] = field(default_factory=dict)

    def offset(self, patient: str) -> float:
        """Return the days from the origin of the calendar to day 0 of a patient."""
        return self.offsets.get(patient, 0.0)


def read_times(
    layout: TableLayout,
    scenario: Scenario | None,
    from_first_dose: bool,
    problems: Problems,
    findings: list[TableFinding],
) -> VisitTimes:
    """Return when the visits of a table were."""
    dates, start = layout.times.get("date"), scenario.start_date if scenario else None
    is_floating = layout.number is None and start is None
    calendar = Calendar.of(scenario, any_origin=dates is not None)
    number = layout.number
    texts = [row.cells[column.header] for column in (dates, number) if column for row in layout.table.rows]
    order = layout.table.recipe.date_order or order_of(texts)
    reader = _TimeReader(layout, calendar, order)
    visits = tuple(_visits(reader, problems))
    if dates is not None:
        _note_serials(layout.table, dates, calendar, findings)
    day_0 = dict.fromkeys((visit.patient for visit in visits), start.isoformat() if start else "")
    offsets: dict[str, float] = {}
    if dates is not None and number is not None:
        offsets = _offsets(reader, visits, dates, 0.0 if start else None, findings)
        day_0 |= {name: calendar.date_of(round(offset)) for name, offset in offsets.items()}
    return VisitTimes(
        visits, calendar, order, from_first_dose or is_floating, is_floating and not from_first_dose, *(day_0, offsets)
    )


@dataclass(frozen=True)
class _TimeReader:
    layout: TableLayout
    calendar: Calendar
    order: DateOrder

    def time(self, row: TableRow) -> float | None:
        """Return the time of a row, or None where it has none."""
        number, dates = self.layout.number, self.layout.times.get("date")
        if number is not None and not is_missing(text := row.cells[number.header]):
            if is_date(text):
                return self.calendar.day_of_date(text, self.order) + self._clock(row)
            factor = _factor(number)
            return self.calendar.day_of_time(text, factor, self.layout.table.number) + self._clock(row)
        if dates is not None and number is None:
            return self.date(row)
        return None

    def date(self, row: TableRow) -> float | None:
        """Return the date of a row with its time of the day, in days after the origin; None where it has none."""
        text = row.cells[self.layout.times["date"].header]
        return None if is_missing(text) else self.calendar.day_of_date(text, self.order) + self._clock(row)

    def _clock(self, row: TableRow) -> float:
        column = self.layout.times.get(CLOCK)
        text = row.cells[column.header] if column else ""
        if is_missing(text):
            return 0.0
        time = clock_of(text)
        if time is None:
            raise QuantityError(f'"{text}" is not a time of the day', cure="write it as 08:30")
        return time


def _visits(reader: _TimeReader, problems: Problems) -> Iterator[Visit]:
    layout = reader.layout
    named = layout.others.get("patient")
    column = layout.number or layout.times.get("date")
    for row in layout.table.rows:
        patient = layout.cell(row, "patient") if named else ONLY_PATIENT
        if not patient and named:
            problems.add(row.line, named.header, "is empty", "name the patient in every row")
            continue
        if column is None:
            continue
        with problems.at(row.line, column.header):
            time = reader.time(row)
            if time is None:
                raise QuantityError("is empty", cure="give every row a time")
            yield Visit(row, patient, time)


def _factor(column: TableColumn) -> float | None:
    """Return what turns plain numbers of a column of times into days; nothing where they may be anything."""
    return factor_to(column.unit, "day") if column.kind == "time" and column.unit else _FACTORS.get(column.kind)


def _note_serials(
    table: ObservationTable, dates: TableColumn, calendar: Calendar, findings: list[TableFinding]
) -> None:
    text = next((text for text in table.texts(dates.header) if is_serial(text)), "")
    if text and calendar.origin is not None:
        date = calendar.date_of(calendar.day_of_date(text, "not known"))
        reason = f"holds serial numbers of a spreadsheet, which are taken as dates: {text} is {date}"
        findings.append(TableFinding(table.header_line, dates.header, "note", reason))


def _offsets(
    reader: _TimeReader,
    visits: Sequence[Visit],
    dates: TableColumn,
    expected: float | None,
    findings: list[TableFinding],
) -> dict[str, float]:
    """Return by patient the date of day 0, days after the origin, from rows with both; warn where they disagree."""
    offsets: dict[str, float] = {}
    for visit in visits:
        try:
            date = reader.date(visit.row)
        except QuantityError as error:
            findings.append(TableFinding(visit.row.line, dates.header, "warning", error.reason, error.cure or ""))
            continue
        if date is None:
            continue
        offset = offsets.setdefault(visit.patient, date - visit.time if expected is None else expected)
        if abs(date - visit.time - offset) > _SAME_DAY:
            apart = date - visit.time - offset
            reason = f"the date is {abs(apart):.0f} days {'after' if apart > 0 else 'before'} the day beside it"
            findings.append(TableFinding(visit.row.line, dates.header, "warning", reason, "correct one of them"))
    return offsets


def from_day_0(
    patients: Sequence[PatientRecord],
    times: VisitTimes,
    scenario: Scenario | None,
    table: ObservationTable,
    problems: Problems,
    findings: list[TableFinding],
) -> list[PatientRecord]:
    """Return patients whose times count from their first dose, or from their first visit."""
    has_dates, without = times.calendar.origin is not None, list[str]()
    shifted = []
    for patient in patients:
        if patient.doses:
            first = min(dose.time for dose in patient.doses)
        elif scenario is None and times.is_assumed:
            first = min(visit.time for visit in times.visits if visit.patient == patient.name)
            without.append(patient.name)
        else:
            reason = f'patient "{patient.name}" has no dose to count days from'
            cure = "add a column of doses, or name a scenario with a start_date"
            problems.add(table.header_line, "", reason, cure)
            continue
        date = times.calendar.date_of(first) if has_dates else ""
        shifted.append(replace(_earlier(patient, first), day_0=date))
    if times.is_assumed and len(shifted) > len(without):
        reason = "no date of day 0 is given: days count from the first dose of each patient"
        findings.append(TableFinding(0, "", "note", reason))
    if without:
        reason = f"no date of day 0 and no doses are given: days count from the first visit of {listed(without, 5)}"
        cure = "add a column of doses, or give a scenario with a start_date"
        findings.append(TableFinding(0, "", "warning", reason, cure))
    return shifted


def _earlier(patient: PatientRecord, days: float) -> PatientRecord:
    """Return a patient whose times are smaller."""
    birth = patient.covariates.get("birth_day")
    return replace(
        patient,
        measurements=tuple(replace(measurement, time=measurement.time - days) for measurement in patient.measurements),
        doses=tuple(replace(dose, time=dose.time - days) for dose in patient.doses),
        covariates=patient.covariates | ({"birth_day": birth - days} if isinstance(birth, float) else {}),
    )
