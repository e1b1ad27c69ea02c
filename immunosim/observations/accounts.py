"""The outcome of every row of a table: used, censored, or excluded for a stated reason. The counts add up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from immunosim.observations.problems import Problems
from immunosim.observations.records import PatientRecord, RowFate, RowOutcome
from immunosim.observations.table import ObservationTable

NO_VALUE = "no value"
CANNOT_BE_READ = "cannot be read"


def outcomes(
    table: ObservationTable,
    patients: Iterable[PatientRecord],
    problems: Problems,
    owners: Mapping[int, str],
    reasons: Mapping[int, str],
) -> tuple[RowOutcome, ...]:
    """Return the outcome of every row, in the order of lines.

    Parameters
    ----------
    table : ObservationTable
        As it stands in the file.
    patients : iterable of PatientRecord
        What was read of it.
    problems : Problems
        What could not be read.
    owners : mapping of int to str
        The patient of each line.
    reasons : mapping of int to str
        Why the reader left lines out; an empty reason stands for lines that are used otherwise than as a record.
    """
    by_line: dict[int, tuple[RowFate, str]] = {}
    for patient in patients:
        for measurement in patient.measurements:
            if measurement.is_censored:
                by_line.setdefault(measurement.line, ("censored", patient.name))
            else:
                by_line[measurement.line] = ("used", patient.name)
        for dose in patient.doses:
            by_line[dose.line] = ("used", patient.name)
    unread = problems.lines
    rows = list(table.left_out)
    for row in table.rows:
        if row.line in by_line:
            outcome, name = by_line[row.line]
            rows.append(RowOutcome(row.line, name, outcome))
            continue
        name = owners.get(row.line, "")
        reason = CANNOT_BE_READ if row.line in unread else reasons.get(row.line, NO_VALUE)
        rows.append(RowOutcome(row.line, name, "excluded" if reason else "used", reason))
    return tuple(sorted(rows, key=lambda row: row.line))
