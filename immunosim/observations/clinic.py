"""Tables of a clinic: one visit a row, what was counted in columns, or one result a row.

Values become those of the model's read-outs, times days after day 0. Every problem is named with its line and column,
all at once; what was inferred is reported as a note.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from immunosim.errors import QuantityError
from immunosim.observations.accounts import outcomes
from immunosim.observations.doses import dose_drugs, drug_of, is_infused, usual_duration
from immunosim.observations.exclusions import without_excluded
from immunosim.observations.header_words import LEUKOCYTES
from immunosim.observations.headers import PERCENT, TableColumn
from immunosim.observations.laboratory import measurable
from immunosim.observations.layout import TableLayout, read_layout
from immunosim.observations.long_table import visits_of_long
from immunosim.observations.problems import Problems
from immunosim.observations.records import (
    Measurement,
    Observations,
    PatientRecord,
    RecordedDose,
    TableFinding,
)
from immunosim.observations.suspicions import check_columns, check_names
from immunosim.observations.table import ObservationTable, is_missing, read_table
from immunosim.observations.traits import births, traits_of, with_age
from immunosim.observations.visits import ONLY_PATIENT, Visit, VisitTimes, from_day_0, read_times
from immunosim.scenario.drug_names import known_model, with_drugs_of
from immunosim.units import factor_to

if TYPE_CHECKING:
    from immunosim.scenario import Scenario

_PER_LITRE = 1000.0
"""Cells per uL in 1e9/L."""

_OfPatient = TypeVar("_OfPatient", Visit, Measurement, RecordedDose)


def read_clinic_table(
    path: Path, scenario: Scenario | None = None, *, from_first_dose: bool = False
) -> tuple[Observations, list[TableFinding]]:
    """Read a table of counts at visits.

    Parameters
    ----------
    path : Path
        CSV, its cells separated by commas, semicolons or tabs; or a workbook of Excel.
    scenario : Scenario, optional
        Gives day 0 its date, times such as ``course 2 + 30 days`` their meaning, and its model drugs and read-outs.
    from_first_dose : bool, optional
        Whether day 0 is the time of each patient's first dose in the table.

    Returns
    -------
    observations : Observations
    findings : list of TableFinding
        What was inferred from the table, and what of it is not used.

    Raises
    ------
    DataError
        With line and column of everything that cannot be used.
    """
    problems = Problems(str(path))
    table = read_table(path, problems)
    observations, findings = records_of_clinic(table, problems, scenario, from_first_dose)
    problems.refuse()
    return observations, findings


def records_of_clinic(
    table: ObservationTable, problems: Problems, scenario: Scenario | None, from_first_dose: bool
) -> tuple[Observations, list[TableFinding]]:
    """Return what a table of counts at visits says; what cannot be read is left out and added to `problems`."""
    with with_drugs_of(scenario):
        original, findings = table, list[TableFinding]()
        table, excluded = without_excluded(table, problems, findings)
        long = visits_of_long(table, problems)
        table = long.table if long else table
        layout = read_layout(table, problems, is_long=long is not None)
        findings += [*layout.findings, *(long.findings if long else ())]
        check_columns(layout, problems, findings)
        times = read_times(layout, scenario, from_first_dose, problems, findings)
        patients = _patients(layout, times, problems, findings)
        if times.is_shifted:
            patients = from_day_0(patients, times, scenario, table, problems, findings)
        known = tuple(map(with_age, patients))
        reasons = excluded | (long.reasons if long else {})
        rows = outcomes(original, known, problems, _owners(original, layout, times), reasons)
        findings += check_names([patient.name for patient in known])
        return Observations(known, table.file, known_model(), rows), findings


def _patients(
    layout: TableLayout, times: VisitTimes, problems: Problems, findings: list[TableFinding]
) -> list[PatientRecord]:
    visits = times.visits
    born = births(layout, times, problems)
    counted = _by_patient(measurement for visit in visits for measurement in _measurements(layout, visit, problems))
    given = _by_patient(dose for visit in visits for dose in _doses(layout, visit, problems))
    of_patients = _by_patient(visits)
    traits = traits_of(layout, of_patients, problems, findings)
    return [
        PatientRecord(
            name,
            tuple(counted.get(name, ())),
            tuple(given.get(name, ())),
            traits[name] | born.get(name, {}),
            day_0=times.day_0.get(name, ""),
        )
        for name in of_patients
    ]


def _owners(original: ObservationTable, layout: TableLayout, times: VisitTimes) -> dict[int, str]:
    """Return the patient of each line, also of lines whose time cannot be read."""
    header = layout.others["patient"].header if "patient" in layout.others else ""
    named = {
        line: row.cells[header] if header else ONLY_PATIENT
        for row in (*original.rows, *layout.table.rows)
        for line in (row.line, *row.lines.values())
    }
    return named | {visit.row.line: visit.patient for visit in times.visits}


def _by_patient(records: Iterable[_OfPatient]) -> dict[str, list[_OfPatient]]:
    by_name: dict[str, list[_OfPatient]] = {}
    for record in records:
        by_name.setdefault(record.patient, []).append(record)
    return by_name


def _measurements(layout: TableLayout, visit: Visit, problems: Problems) -> Iterator[Measurement]:
    given: set[str] = set()
    for column in sorted(layout.analytes, key=lambda column: column.is_percent):  # shares fill gaps of counts
        text = visit.row.cells[column.header]
        if is_missing(text) or column.kind in given:
            continue
        given.add(column.kind)
        line = visit.row.line_of(column.header)
        if column.unit == PERCENT:
            text = text.removesuffix("%").rstrip()
        with problems.at(line, column.header):
            value = layout.limits.value(layout.table, visit.row, column.kind, text)
            factor = _of_share(layout, visit, column) if column.is_percent else _to_own_unit(column)
            yield Measurement(
                *(visit.patient, visit.time, column.kind, value.number * factor, value.is_below),
                *(line, column.header),
                is_above=value.is_above,
                is_share=column.is_percent,
            )


def _to_own_unit(column: TableColumn) -> float:
    return factor_to(column.unit, measurable()[column.kind])


def _of_share(layout: TableLayout, visit: Visit, column: TableColumn) -> float:
    """Return what a share in a column is multiplied by to be a count of its analyte, in the unit of that."""
    cells = _parent_count(layout, visit, column.parent)
    return cells * column.share * factor_to("cells/uL", measurable()[column.kind])


def _parent_count(layout: TableLayout, visit: Visit, parent: str, within: tuple[str, ...] = ()) -> float:
    """Return the cells of a parent in a row, cells/uL; one that is a share itself follows from its own parent."""
    name = "leukocytes" if parent == LEUKOCYTES else parent
    cure = "give the total in the same row, or counts"
    columns = [column for column in layout.analytes if column.kind == parent and parent not in within]
    columns += [layout.others[LEUKOCYTES]] if parent == LEUKOCYTES and LEUKOCYTES in layout.others else []
    column = next((column for column in columns if not is_missing(visit.row.cells[column.header])), None)
    if column is None:
        raise QuantityError(f"is a share of {name} that are not given", cure=cure)
    total = layout.limits.value(layout.table, visit.row, parent, visit.row.cells[column.header])
    if total.is_below:
        raise QuantityError(f"is a share of {name} that are below quantification", cure="give the count")
    if column.is_percent:
        return total.number * column.share * _parent_count(layout, visit, column.parent, (*within, parent))
    return total.number * factor_to(column.unit, "1e9/L") * _PER_LITRE


def _doses(layout: TableLayout, visit: Visit, problems: Problems) -> Iterator[RecordedDose]:
    columns = [*layout.drug_doses, *([layout.others["dose"]] if "dose" in layout.others else [])]
    for column in columns:
        text, line = visit.row.cells[column.header], visit.row.line_of(column.header)
        if is_missing(text):
            continue
        with problems.at(line, column.header):
            amount = layout.table.number(text) * factor_to(column.unit, "mg")
            if amount < 0:
                raise QuantityError(f'"{text}" is negative', cure="give the mass that was given")
            if amount == 0:
                continue
            drug = column.drug or _drug(layout, visit, problems)
            if not drug:
                continue
            duration, has_duration = _duration(layout, visit, drug, problems), bool(layout.cell(visit.row, "duration"))
            yield RecordedDose(visit.patient, visit.time, drug, amount, duration, line, has_duration=has_duration)


def _drug(layout: TableLayout, visit: Visit, problems: Problems) -> str:
    """Return the drug that a row names, or that a table means which names none; nothing where it is not known."""
    name = layout.cell(visit.row, "drug")
    if not name:
        return dose_drugs()[0]
    with problems.at(visit.row.line, layout.others["drug"].header):
        return drug_of(name)
    return ""


def _duration(layout: TableLayout, visit: Visit, drug: str, problems: Problems) -> float:
    text = layout.cell(visit.row, "duration")
    if not text:
        return usual_duration(drug)
    column = layout.others["duration"]
    with problems.at(visit.row.line, column.header):
        duration = layout.table.number(text) * factor_to(column.unit, "day")
        if duration < 0 or (duration == 0 and is_infused(drug)):
            raise QuantityError(f'"{text}" is not positive', cure=f"give how long {drug} was infused")
        return duration
    return 0.0
