"""The data side of fitting: what was measured in patients, read from tables of clinics and of pharmacometrics."""

from immunosim.observations.clinic import read_clinic_table
from immunosim.observations.linter import lint
from immunosim.observations.records import ANALYTES, Finding, GivenDose, Measurement, Observations, PatientRecord

__all__ = [
    "ANALYTES",
    "Finding",
    "GivenDose",
    "Measurement",
    "Observations",
    "PatientRecord",
    "lint",
    "read_clinic_table",
]
