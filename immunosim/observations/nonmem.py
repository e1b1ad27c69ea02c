"""Tables of the NONMEM family: one dose or measurement a row, read into records.

Times are days unless said otherwise, doses mg. What is not supported is refused by name, never ignored: steady state,
resets, rates that are estimated, censoring from above, calendar dates in a column of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from immunosim.errors import DataError, QuantityError
from immunosim.observations.doses import drugs_by_number
from immunosim.observations.laboratory import analytes_by_number
from immunosim.observations.nonmem_rows import Reading, doses_of, measured_in
from immunosim.observations.problems import Problems
from immunosim.observations.records import CovariateValue, Observations, PatientRecord, TableFinding
from immunosim.observations.table import ObservationTable, is_missing, read_table
from immunosim.observations.times import Calendar
from immunosim.scenario.drug_names import model_of, with_drugs_of
from immunosim.units import convert

if TYPE_CHECKING:
    from immunosim.scenario import Scenario

COLUMNS = (
    *("ID", "NAME", "TIME", "EVID", "AMT", "RATE", "DUR", "CMT", "ADDL", "II", "SS"),
    *("DV", "MDV", "CENS", "LIMIT", "DVID"),
)
"""What is read; other columns are covariates where they do not change within a patient."""

_REFUSED = {
    **dict.fromkeys(("DATE", "DAT1", "DAT2", "DAT3"), "write dates such as 2017-06-15 into TIME"),
    **dict.fromkeys(("PCMT", "CALL", "CONT", "L1", "L2", "YTYPE"), "leave the column out"),
}
COVARIATES = {"AGE": "age", "SEX": "sex", "WT": "weight", "WEIGHT": "weight", "BIRTH_DAY": "birth_day"}
"""What we call covariates that have a usual header."""


def read_nonmem(
    path: Path,
    scenario: Scenario | None = None,
    *,
    time_unit: str = "day",
    drugs: Mapping[str, str] | None = None,
    analytes: Mapping[str, str] | None = None,
) -> tuple[Observations, list[TableFinding]]:
    """Read a table of the NONMEM family.

    Parameters
    ----------
    path : Path
    scenario : Scenario, optional
        Gives day 0 its date, where TIME holds dates, and its model the drugs.
    time_unit : str, optional
        The unit of TIME, DUR and II, and of the time in RATE.
    drugs, analytes : mapping of str to str, optional
        What numbers in CMT and DVID mean; names need no entry.

    Returns
    -------
    observations : Observations
    findings : list of TableFinding
        What of the table is not used.

    Raises
    ------
    DataError
        With line and column of everything that cannot be used.
    """
    table = read_table(path)
    problems = Problems(table.file)
    headers = {header.upper(): header for header in table.headers}
    _check_headers(table, headers, problems)
    try:
        day = convert(1.0, time_unit, "day")
    except QuantityError as error:
        raise DataError(error.reason, file=table.file, key="time unit", cure=error.cure) from error
    with with_drugs_of(scenario):
        numbers = drugs or drugs_by_number(), analytes or analytes_by_number()
        reading = Reading(table, headers, Calendar.of(scenario), day, *numbers)
        patients = _patients(reading, problems)
    problems.refuse()
    covariates, findings = _covariates(reading)
    records = tuple(replace(patient, covariates=covariates.get(name, {})) for name, patient in patients.items())
    return Observations(records, table.file, model_of(scenario)), findings


def _patients(reading: Reading, problems: Problems) -> dict[str, PatientRecord]:
    """Return the doses and measurements of each patient by name."""
    patients: dict[str, PatientRecord] = {}
    latest, header = "", reading.headers["ID"]
    for row in reading.table.rows:
        name = reading.patient(row)
        if not name:
            problems.add(row.line, header, "is empty", "give every row its patient")
        if name in patients and name != latest:
            problems.add(row.line, header, f'"{name}" comes again after another', "keep its rows together")
        known = patients.setdefault(latest := name, PatientRecord(name))
        doses, measured = doses_of(reading, row, problems), measured_in(reading, row, problems)
        patients[name] = replace(known, doses=(*known.doses, *doses), measurements=(*known.measurements, *measured))
    return patients


def is_nonmem(table: ObservationTable) -> bool:
    """Return whether a table has the columns of the NONMEM family."""
    names = {header.upper() for header in table.headers}
    return {"ID", "TIME"} <= names and bool(names & {"DV", "EVID", "MDV"})


def _check_headers(table: ObservationTable, headers: Mapping[str, str], problems: Problems) -> None:
    for header in table.headers:
        if headers[header.upper()] != header:
            reason = f'is "{headers[header.upper()]}" but for capitals'
            problems.add(table.header_line, header, reason, "leave one out, or rename it")
    for name in ("ID", "TIME"):
        if name not in headers:
            problems.add(table.header_line, "", f"has no column {name}", f"add {name}")
    if "DV" not in headers and "AMT" not in headers:
        problems.add(table.header_line, "", "has neither DV nor AMT", "add what was measured or given")
    for name in headers:
        if name in _REFUSED:
            problems.add(table.header_line, headers[name], "is not supported", _REFUSED[name])
    problems.refuse()


def _covariates(reading: Reading) -> tuple[dict[str, dict[str, CovariateValue]], list[TableFinding]]:
    """Return the covariates of every patient, and the columns that change within one, which are not used."""
    known: dict[str, dict[str, CovariateValue]] = {}
    findings = []
    for name, header in reading.headers.items():
        if name in COLUMNS:
            continue
        values: dict[str, set[str]] = {}
        for row in reading.table.rows:
            values.setdefault(reading.patient(row), set()).add(row.cells[header])
        if any(len(texts) > 1 for texts in values.values()):
            reason = "changes within a patient and is not used"
            findings.append(TableFinding(reading.table.header_line, header, "warning", reason, "remove the column"))
            continue
        for patient, (text,) in values.items():
            if not is_missing(text):
                known.setdefault(patient, {})[COVARIATES.get(name, header)] = _covariate(reading.table, text)
    return known, findings


def _covariate(table: ObservationTable, text: str) -> CovariateValue:
    try:
        return table.number(text)
    except QuantityError:
        return text
