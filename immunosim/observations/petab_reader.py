"""Measurements of a PEtab problem as records; conditions and doses beside them are read as ``write_petab`` writes them.

A condition is a patient; an observable is called as its analyte or read-out, with or without ``observable_`` before it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from immunosim.errors import QuantityError, did_you_mean
from immunosim.observations.accounts import outcomes
from immunosim.observations.doses import drug_of
from immunosim.observations.laboratory import measurable
from immunosim.observations.problems import Problems
from immunosim.observations.records import (
    CovariateValue,
    Measurement,
    Observations,
    PatientRecord,
    RecordedDose,
    TableFinding,
)
from immunosim.observations.table import ObservationTable, TableRow, is_missing, read_table
from immunosim.scenario.drug_names import known_model, with_drugs_of

if TYPE_CHECKING:
    from immunosim.scenario import Scenario

_OBSERVABLE, _CONDITION = "observableId", "simulationConditionId"
_MEASUREMENTS = "measurements.tsv"
_TRAITS = ("age", "weight")
_CENSORING = {
    "left": (True, False),
    "interval": (True, False),
    "right": (False, True),
    "none": (False, False),
    "": (False, False),
}


def measurement_file(path: Path) -> Path:
    """Return the table of measurements, where a path names the folder or the problem file of a PEtab problem."""
    folder = path if path.is_dir() else path.parent
    is_problem = path.is_dir() or path.suffix in (".yaml", ".yml")
    return folder / _MEASUREMENTS if is_problem and (folder / _MEASUREMENTS).is_file() else path


def is_petab(table: ObservationTable) -> bool:
    """Return whether a table is one of measurements of PEtab."""
    return {_OBSERVABLE, _CONDITION, "measurement", "time"} <= set(table.headers)


def records_of_petab(
    table: ObservationTable, problems: Problems, scenario: Scenario | None
) -> tuple[Observations, list[TableFinding]]:
    """Return what a table of measurements of PEtab says; what cannot be read is left out and added to `problems`."""
    folder = Path(table.file).parent
    with with_drugs_of(scenario):
        names, traits = _conditions(folder / "conditions.tsv")
        patients: dict[str, PatientRecord] = {}
        for row in table.rows:
            condition = row.cells[_CONDITION]
            name = names.get(condition, condition)
            known = patients.setdefault(condition, PatientRecord(name, covariates=traits.get(condition, {})))
            for measurement in _measurements(table, row, name, problems):
                patients[condition] = replace(known, measurements=(*known.measurements, measurement))
        _add_doses(folder / "doses.tsv", names, traits, patients)
        owners = {row.line: names.get(row.cells[_CONDITION], row.cells[_CONDITION]) for row in table.rows}
        rows = outcomes(table, patients.values(), problems, owners, {})
        findings = [TableFinding(0, "", "note", "is a table of PEtab: times are days, values in the model's units")]
        return Observations(tuple(patients.values()), table.file, known_model(), rows), [*table.findings, *findings]


def _measurements(table: ObservationTable, row: TableRow, patient: str, problems: Problems) -> list[Measurement]:
    text = row.cells["measurement"]
    if is_missing(text):
        return []
    with problems.at(row.line, _OBSERVABLE):
        analyte = row.cells[_OBSERVABLE].removeprefix("observable_")
        if analyte not in measurable():
            raise QuantityError(f'"{analyte}" is not a read-out', cure=did_you_mean(analyte, measurable()))
        with problems.at(row.line, "measurement"):
            value = table.number(text)
            with problems.at(row.line, "time"):
                time = table.number(row.cells["time"])
                with problems.at(row.line, "censoring"):
                    kind = row.cells.get("censoring", "")
                    is_below, is_above = _censoring(kind)
                    lower = table.number(row.cells.get("lowerLimit", "")) if kind == "interval" else 0.0
                    about = (patient, time, analyte, value, is_below, row.line, "measurement")
                    return [Measurement(*about, lower=lower, is_above=is_above)]
    return []


def _censoring(text: str) -> tuple[bool, bool]:
    if text not in _CENSORING:
        raise QuantityError(f'"{text}" is not supported', cure='write "left", "right", "interval" or "none"')
    return _CENSORING[text]


def _conditions(path: Path) -> tuple[dict[str, str], dict[str, dict[str, CovariateValue]]]:
    """Return by condition the name of the patient and its traits; nothing where there is no such file."""
    if not path.is_file():
        return {}, {}
    table = _whole(path)
    names = {row.cells["conditionId"]: row.cells.get("conditionName") or row.cells["conditionId"] for row in table.rows}
    traits: dict[str, dict[str, CovariateValue]] = {
        row.cells["conditionId"]: {
            name: table.number(row.cells[name]) for name in _TRAITS if not is_missing(row.cells.get(name, ""))
        }
        for row in table.rows
    }
    return names, traits


def _add_doses(
    path: Path,
    names: dict[str, str],
    traits: dict[str, dict[str, CovariateValue]],
    patients: dict[str, PatientRecord],
) -> None:
    """Add the doses of the file beside the measurements, if there is one."""
    if not path.is_file():
        return
    problems = Problems(str(path))
    table = _whole(path)
    for row in table.rows:
        condition = row.cells[_CONDITION]
        name = names.get(condition, condition)
        with problems.at(row.line, "drug"):
            numbers = [table.number(row.cells[header]) for header in ("time", "amount", "duration")]
            dose = RecordedDose(name, numbers[0], drug_of(row.cells["drug"]), numbers[1], numbers[2])
            known = patients.setdefault(condition, PatientRecord(name, covariates=traits.get(condition, {})))
            patients[condition] = replace(known, doses=(*known.doses, dose))
    problems.refuse()


def _whole(path: Path) -> ObservationTable:
    problems = Problems(str(path))
    table = read_table(path, problems)
    problems.refuse()
    return table
