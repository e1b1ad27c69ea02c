"""The data side of fitting: what was measured in patients, read from tables of clinics and of pharmacometrics."""

from immunosim.observations.records import Finding, GivenDose, Measurement, Observations, PatientRecord

__all__ = ["Finding", "GivenDose", "Measurement", "Observations", "PatientRecord"]
