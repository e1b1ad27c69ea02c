"""The data of a fit, as they are kept with its results: measurements, doses, traits, and what the reader found.

A page of the results is made of them without the table. Knows no file format and no model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from immunosim.fitting.likelihood.error_model import ErrorModel
from immunosim.observations import PatientRecord, TableFinding


@dataclass(frozen=True)
class FitData:
    """The data of a fit.

    Attributes
    ----------
    file : str
        The table, or the scenario whose [[observed]] series were fitted.
    patients : tuple of PatientRecord
        With measurements.
    findings : tuple of TableFinding
        What the reader and the linter said of the table.
    noise : mapping of str to ErrorModel, optional
        By analyte.
    shared : float
        Fraction of a subset's error variance shared with the total count.
    """

    file: str = ""
    patients: tuple[PatientRecord, ...] = ()
    findings: tuple[TableFinding, ...] = ()
    noise: Mapping[str, ErrorModel] | None = None
    shared: float = 0.0

    def of(self, name: str) -> FitData:
        """Return the data of one patient, with the findings of the whole table."""
        return replace(self, patients=tuple(patient for patient in self.patients if patient.name == name))

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values, ready for JSON."""
        return {
            "file": self.file,
            "patients": {patient.name: asdict(patient) for patient in self.patients},
            "findings": [asdict(finding) for finding in self.findings],
            "noise": {analyte: asdict(model) for analyte, model in (self.noise or {}).items()},
            "shared": self.shared,
        }
