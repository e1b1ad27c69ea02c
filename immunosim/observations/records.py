"""What was measured in patients and what they were given, as plain records that know no file format.

Times are days after day 0. Values are in the unit that the model declares for the analyte or read-out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from immunosim.errors import DataError, InputProblem, did_you_mean
from immunosim.models.registry import DEFAULT_MODEL
from immunosim.observations.laboratory import laboratory_named

CovariateValue = float | str
FindingSeverity = Literal["error", "warning", "note"]
RowFate = Literal["used", "censored", "excluded"]


@dataclass(frozen=True)
class Measurement:
    """One measured value of one patient.

    Parameters
    ----------
    patient : str
    time : float
        Days after day 0.
    analyte : str
        A read-out of the model, or a sum of some that laboratories measure as one.
    value : float
        In the unit of the read-out; where `is_below`, the limit of quantification.
    is_below : bool, optional
        Whether the value is below quantification.
    line : int, optional
        Where it stands in its file, counted from 1; 0 where there is none.
    column : str, optional
        The header of its column.
    spread : float, optional
        Standard deviation of the logarithm of what was reported as a range, beyond the noise of a measurement.
    lower : float, optional
        Where `is_below`, the lower end of the interval that the value lies in; 0 where nothing is known of it.
    is_above : bool, optional
        Whether the value lies above `value`, the upper limit of the assay.
    is_share : bool, optional
        Whether the table gives a share of a parent, of which this is the count.
    """

    patient: str
    time: float
    analyte: str
    value: float
    is_below: bool = False
    line: int = 0
    column: str = ""
    spread: float = 0.0
    lower: float = 0.0
    is_above: bool = False
    is_share: bool = False

    @property
    def is_censored(self) -> bool:
        """Return whether only limits of the value are known."""
        return self.is_below or self.is_above

    @property
    def is_between(self) -> bool:
        """Return whether the value lies in an interval, from `lower` to `value`."""
        return self.is_below and self.lower > 0.0

    @property
    def limit_text(self) -> str:
        """Return what is known of a censored value, such as ``<20``, ``>500`` or ``5 to 20``."""
        if self.is_above:
            return f">{self.value:g}"
        return f"{self.lower:g} to {self.value:g}" if self.is_between else f"<{self.value:g}"


@dataclass(frozen=True)
class RecordedDose:
    """One dose as it was given: `amount` mg over `duration` days from `time`; a duration of 0 is all at once.

    Parameters
    ----------
    patient, time, drug, amount, duration, line
    steady_state_interval : float, optional
        Days between equal doses before this one, which have led to a steady state; 0 where there were none.
    has_duration : bool, optional
        Whether the table gives the duration; otherwise it is the usual one of the drug.
    """

    patient: str
    time: float
    drug: str
    amount: float
    duration: float
    line: int = 0
    steady_state_interval: float = 0.0
    has_duration: bool = True


@dataclass(frozen=True)
class PatientRecord:
    """All that is known of one patient, in the order of the file.

    Covariates are numbers (``age`` in years, ``weight`` in kg, ``birth_day`` in days after day 0) or words (``sex``).
    `resets` are the days on which all drugs and cells return to their initial state; `day_0` is the date of day 0 as
    2017-06-15, empty where it is not known.
    """

    name: str
    measurements: tuple[Measurement, ...] = ()
    doses: tuple[RecordedDose, ...] = ()
    covariates: dict[str, CovariateValue] = field(default_factory=dict)
    resets: tuple[float, ...] = ()
    day_0: str = ""


@dataclass(frozen=True)
class RowOutcome:
    """Outcome of a row of a table: used, censored (only limits are known), or excluded for a reason."""

    line: int
    patient: str
    outcome: RowFate
    reason: str = ""


@dataclass(frozen=True)
class Observations:
    """The patients of one file.

    Parameters
    ----------
    patients : tuple of PatientRecord
    file : str, optional
    model : str, optional
        Whose read-outs and drugs the records name.
    rows : tuple of RowOutcome, optional
        Outcome of each row of the file, in their order.
    """

    patients: tuple[PatientRecord, ...]
    file: str = ""
    model: str = DEFAULT_MODEL
    rows: tuple[RowOutcome, ...] = ()

    def __len__(self) -> int:
        """Return the number of patients."""
        return len(self.patients)

    def __getitem__(self, name: str) -> PatientRecord:
        """Return a patient by name.

        Raises
        ------
        DataError
            If there is no such patient.
        """
        for patient in self.patients:
            if patient.name == name:
                return patient
        cure = did_you_mean(name, [patient.name for patient in self.patients])
        raise DataError(f'unknown patient "{name}"', file=self.file or None, cure=cure)

    def __iter__(self) -> Iterator[PatientRecord]:
        """Yield the patients."""
        return iter(self.patients)

    @property
    def measurements(self) -> tuple[Measurement, ...]:
        """Return the measurements of all patients."""
        return tuple(measurement for patient in self.patients for measurement in patient.measurements)

    @property
    def doses(self) -> tuple[RecordedDose, ...]:
        """Return the doses of all patients."""
        return tuple(dose for patient in self.patients for dose in patient.doses)

    @property
    def analytes(self) -> tuple[str, ...]:
        """Return what was measured: the counts of a laboratory first, then the rest by name."""
        names = {measurement.analyte for measurement in self.measurements}
        counted = laboratory_named(self.model).analytes
        return tuple(name for name in counted if name in names) + tuple(sorted(names - set(counted)))

    @property
    def n_measurements(self) -> int:
        """Return the number of measurements, those below quantification included."""
        return len(self.measurements)

    @property
    def n_below(self) -> int:
        """Return the number of measurements below quantification."""
        return sum(measurement.is_below for measurement in self.measurements)

    @property
    def n_above(self) -> int:
        """Return the number of measurements above a limit."""
        return sum(measurement.is_above for measurement in self.measurements)


@dataclass(frozen=True)
class TableFinding:
    """Something about data that their owner should know: an error, a warning or a note, with its place and cure.

    `line` is 0 and `column` empty where the finding has no such place.
    """

    line: int
    column: str
    severity: FindingSeverity
    reason: str
    cure: str = ""

    def as_problem(self, file: str) -> InputProblem:
        """Return the finding as a problem of a file."""
        where = f"{file}: line {self.line}" if self.line else file
        return InputProblem(self.reason, where, self.column or None, self.cure or None)

    def __str__(self) -> str:
        """Return ``line 3: CD4: error: reason, cure`` in one line, without the parts that are unknown."""
        line = f"line {self.line}" if self.line else None
        return str(InputProblem(self.reason, line, f"{self.column}: {self.severity}".lstrip(": "), self.cure))
