"""The data side of fitting: what was measured in patients, read from tables of clinics and of pharmacometrics."""

from immunosim.observations.clinic import read_clinic_table
from immunosim.observations.laboratory import analytes
from immunosim.observations.linter import lint, lint_kinds
from immunosim.observations.nonmem import read_nonmem
from immunosim.observations.nonmem_writer import write_nonmem
from immunosim.observations.of_scenario import observed_in
from immunosim.observations.petab import PetabParameter, petab_files, write_petab
from immunosim.observations.reading import examine_observations, read_observations
from immunosim.observations.records import (
    Measurement,
    Observations,
    PatientRecord,
    RecordedDose,
    RowOutcome,
    TableFinding,
)

__all__ = [
    "Measurement",
    "Observations",
    "PatientRecord",
    "PetabParameter",
    "RecordedDose",
    "RowOutcome",
    "TableFinding",
    "analytes",
    "examine_observations",
    "lint",
    "lint_kinds",
    "observed_in",
    "petab_files",
    "read_clinic_table",
    "read_nonmem",
    "read_observations",
    "write_nonmem",
    "write_petab",
]
