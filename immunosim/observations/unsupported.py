"""What tables can say and fits cannot use yet; a fit refuses it, so that nothing is taken for something else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from immunosim.observations.records import PatientRecord, TableFinding


def unsupported(patients: Iterable[PatientRecord]) -> Iterator[TableFinding]:
    """Yield an error for the first record of each kind that no fit can use."""
    patients = list(patients)
    measurements = [measurement for patient in patients for measurement in patient.measurements]
    above = next((measurement for measurement in measurements if measurement.is_above), None)
    between = next((measurement for measurement in measurements if measurement.is_below and measurement.lower), None)
    if above:
        reason = f"a value above the limit {above.value:g} cannot be fitted yet"
        yield TableFinding(above.line, above.column, "error", reason, "leave the row out")
    if between:
        reason = f"a value between {between.lower:g} and {between.value:g} cannot be fitted yet"
        yield TableFinding(between.line, between.column, "error", reason, "leave LIMIT empty: censored from below at 0")
