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
    table = [[*headers, *(_NAMES.get(name, name) for name in traits)]]
    for number, patient in enumerate(observations, 1):
        first = [patient.name] if is_numbered else [str(number), patient.name]
        last = [_text(patient.covariates.get(name)) for name in traits]
        table += [[*first, *cells, *last] for cells in _rows(patient)]
    return table


def _rows(patient: PatientRecord) -> Iterator[list[str]]:
    numbers = {analyte: number for number, analyte in analytes_by_number().items()}
    drugs = {drug: number for number, drug in drugs_by_number().items()}
    events: list[Measurement | RecordedDose] = [*patient.measurements, *patient.doses]
    for event in sorted(events, key=lambda event: (event.time, isinstance(event, RecordedDose))):
        if isinstance(event, RecordedDose):
            rate = event.amount / event.duration if event.duration else 0.0
            number = drugs.get(event.drug, event.drug)  # of another model: by its name
            dose = [_text(event.amount), _text(rate), _text(event.duration), number]
            yield [_text(event.time), "1", *dose, _EMPTY, "1", "0", "0"]
        else:
            read_out = numbers.get(event.analyte, event.analyte)
            no_dose = [_EMPTY, _EMPTY, _EMPTY, _EMPTY]
            yield [_text(event.time), "0", *no_dose, _text(event.value), "0", str(int(event.is_below)), read_out]


def _text(value: float | str | None) -> str:
    """Return a value as text that reads back to the same bits."""
    return _EMPTY if value is None else value if isinstance(value, str) else repr(float(value)).removesuffix(".0")
