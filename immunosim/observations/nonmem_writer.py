"""Records as a table of the NONMEM family, which `read_nonmem` reads back.

Times are days. IDs are numbers, as NONMEM needs them; where the names of patients are none, they stand in NAME, which
a control stream drops, like every column of words.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from immunosim.errors import DataError
from immunosim.files import write_file
from immunosim.observations.doses import drugs_by_number
from immunosim.observations.laboratory import analytes_by_number
from immunosim.observations.nonmem import COVARIATES
from immunosim.observations.records import Measurement, Observations, PatientRecord, RecordedDose
from immunosim.safe_text import csv_text
from immunosim.scenario.drug_names import with_drugs_of

_NAMES = {name: header for header, name in COVARIATES.items() if header != "WEIGHT"}
_EMPTY = "."


def write_nonmem(observations: Observations, path: Path) -> None:
    """Write observations and doses as a table, patient by patient in the order of time.

    A sample that was taken at the time of a dose comes before it.

    Raises
    ------
    DataError
        Where there is nothing to write.
    OutputError
        Where the file cannot be written.
    """
    if not observations.measurements and not observations.doses:
        raise DataError("has neither measurements nor doses", file=observations.file or None, cure="add some")
    with with_drugs_of(observations):
        table = _table(observations)
    write_file(path, csv_text(table).encode())


def _table(observations: Observations) -> list[list[str]]:
    is_numbered = all(patient.name.isdecimal() for patient in observations)
    traits = list(dict.fromkeys(name for patient in observations for name in patient.covariates))
    headers = ["ID"] if is_numbered else ["ID", "NAME"]
    headers += ["TIME", "EVID", "AMT", "RATE", "DUR", "CMT", "DV", "MDV", "CENS", "DVID"]
    extra = _extra_columns(observations)
    headers += extra
    table = [[*headers, *(_NAMES.get(name, name) for name in traits)]]
    for number, patient in enumerate(observations, 1):
        first = [patient.name] if is_numbered else [str(number), patient.name]
        last = [_text(patient.covariates.get(name)) for name in traits]
        table += [
            [*first, *cells, *(more.get(name, _EMPTY) for name in extra), *last] for cells, more in _rows(patient)
        ]
    return table


def _extra_columns(observations: Observations) -> list[str]:
    """Return the columns that only some tables need: of intervals, and of steady states."""
    has_intervals = any(measurement.is_below and measurement.lower for measurement in observations.measurements)
    has_steady_states = any(dose.steady_state_interval for dose in observations.doses)
    return (["LIMIT"] if has_intervals else []) + (["SS", "II"] if has_steady_states else [])


def _rows(patient: PatientRecord) -> Iterator[tuple[list[str], dict[str, str]]]:
    """Yield the cells of each event in the order of time, and those of the columns that only some tables need."""
    numbers = {analyte: number for number, analyte in analytes_by_number().items()}
    drugs = {drug: number for number, drug in drugs_by_number().items()}
    no_dose = [_EMPTY, _EMPTY, _EMPTY, _EMPTY]
    events: list[tuple[float, int, Measurement | RecordedDose | None]] = [
        *((time, 0, None) for time in patient.resets),
        *((measurement.time, 1, measurement) for measurement in patient.measurements),
        *((dose.time, 2, dose) for dose in patient.doses),
    ]
    for time, _, event in sorted(events, key=lambda event: event[:2]):
        if event is None:
            yield [_text(time), "3", *no_dose, _EMPTY, "1", "0", "0"], {}
        elif isinstance(event, RecordedDose):
            rate = event.amount / event.duration if event.duration else 0.0
            number = drugs.get(event.drug, event.drug)  # of another model: by its name
            dose = [_text(event.amount), _text(rate), _text(event.duration), number]
            steady = {"SS": "1", "II": _text(event.steady_state_interval)} if event.steady_state_interval else {}
            yield [_text(time), "1", *dose, _EMPTY, "1", "0", "0"], steady
        else:
            read_out, cens = numbers.get(event.analyte, event.analyte), int(event.is_below) - int(event.is_above)
            limit = {"LIMIT": _text(event.lower)} if event.is_below and event.lower else {}
            yield [_text(time), "0", *no_dose, _text(event.value), "0", str(cens), read_out], limit


def _text(value: float | str | None) -> str:
    """Return a value as text that reads back to the same bits."""
    return _EMPTY if value is None else value if isinstance(value, str) else repr(float(value)).removesuffix(".0")
