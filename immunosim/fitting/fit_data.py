"""The data of a fit, as they are kept with its results: measurements, doses, traits, and what the reader found.

A page of the results is made of them without the table. Knows no file format and no model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from immunosim.fitting.likelihood.error_model import ErrorModel
from immunosim.observations import PatientRecord, TableFinding
from immunosim.observations.records import RowOutcome


@dataclass(frozen=True)
class DataSource:
    """Where the data of a fit come from, and what is to be said of them.

    Attributes
    ----------
    file : str
        The table, or the scenario whose [[observed]] series were fitted.
    findings : tuple of TableFinding
        What the reader and the linter said of the table.
    rows : tuple of RowOutcome
        What became of each row of the table.
    """

    file: str = ""
    findings: tuple[TableFinding, ...] = ()
    rows: tuple[RowOutcome, ...] = ()


@dataclass(frozen=True)
class FitData:
    """The data of a fit.

    Attributes
    ----------
    patients : tuple of PatientRecord
        With measurements.
    source : DataSource
    noise : mapping of str to ErrorModel
        By analyte.
    shared : float
        Fraction of a subset's error variance shared with the total count.
    assumed : tuple of str
        What neither the table nor the scenario says, in sentences.
    """

    patients: tuple[PatientRecord, ...] = ()
    source: DataSource = field(default_factory=DataSource)
    noise: Mapping[str, ErrorModel] = field(default_factory=dict)
    shared: float = 0.0
    assumed: tuple[str, ...] = ()

    def of(self, name: str) -> FitData:
        """Return the data of one patient, with the findings of the whole table."""
        return replace(self, patients=tuple(patient for patient in self.patients if patient.name == name))

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values, ready for JSON."""
        return {
            "file": self.source.file,
            "patients": {patient.name: asdict(patient) for patient in self.patients},
            "findings": [asdict(finding) for finding in self.source.findings],
            "rows": [asdict(row) for row in self.source.rows],
            "noise": {analyte: asdict(model) for analyte, model in self.noise.items()},
            "shared": self.shared,
            "assumed": list(self.assumed),
        }
