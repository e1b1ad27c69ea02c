"""What ``immunosim data check`` prints: patients, read-outs, doses and findings, as tables or as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from immunosim.cli.printing import show, show_table
from immunosim.door.data import units_of
from immunosim.errors import MOST_SHOWN, and_more

if TYPE_CHECKING:
    from immunosim.observations import Observations, PatientRecord, TableFinding

MANY = MOST_SHOWN
"""Rows of a table on the terminal; JSON has all."""


def show_data(observations: Observations, findings: Sequence[TableFinding]) -> None:
    """Print what was understood of data, and what was found."""
    n, below, above = observations.n_measurements, observations.n_below, observations.n_above
    patients, visits = _counted(len(observations), "patient"), _counted(sum(map(n_visits, observations)), "visit")
    show(f"{observations.file}: {patients}, {visits}, {_counted(len(observations.doses), 'dose')}.")
    beyond = f"{below} of them below quantification{f' and {above} above a limit' if above else ''}"
    show(f"{_counted(n, 'measurement').capitalize()}, {beyond}.")
    read_outs = ("read-out", "unit", "columns", "values", "below", "lowest", "highest")
    show_table("Read-outs", read_outs, [_cells(one) for one in analyte_records(observations)], align="<<<")
    headers = ("patient", "visits", "first day", "last day", "values", "below", "doses", "covariates")
    rows = [_cells(patient_record(patient)) for patient in observations]
    show_table("Patients", headers, rows[:MANY], align="<>>>>>><")
    _show_rest(len(rows))
    doses = [_cells(one) for one in dose_records(observations)]
    show_table("Doses", ("drug", "doses", "patients", "total mg", "first day", "last day"), doses)
    _show_sums(observations)
    urgent = sorted(findings, key=lambda one: one.severity != "error")[:MANY] if len(findings) > MANY else findings
    finding_rows = [(str(one.line or "-"), one.column or "-", one.severity, _sentence(one)) for one in urgent]
    show_table("Findings", ("line", "column", "severity", "what"), finding_rows, align="><<<")
    _show_rest(len(findings))
    counts = [sum(one.severity == name for one in findings) for name in ("error", "warning", "note")]
    words = [_counted(count, name) for count, name in zip(counts, ("error", "warning", "note"), strict=True)]
    show("", f"{', '.join(words)}.")


def _show_sums(observations: Observations) -> None:
    """Print how many rows of each patient were used, censored and excluded, and why; the sums are those of the file."""
    rows = list(row_records(observations))
    if not rows:
        return
    total = {name: sum(row[name] for row in rows) for name in ("n_rows", "n_used", "n_censored", "n_excluded")}
    reasons: Counter[str] = sum((Counter(row["reasons"]) for row in rows), Counter())
    everyone = {"patient": "all"} | total | {"reasons": dict(reasons)}
    shown = [(*map(str, list(row.values())[:-1]), _reasons(row["reasons"])) for row in [*rows[:MANY], everyone]]
    headers = ("patient", "rows", "used", "censored", "excluded", "because of")
    show_table("Rows of the file", headers, shown, align="<>>>><")
    _show_rest(len(rows))


def _reasons(counts: dict[str, int]) -> str:
    return ", ".join(f"{reason} ({n})" for reason, n in counts.items()) or "-"


def row_records(observations: Observations) -> Iterator[dict[str, Any]]:
    """Yield by patient how many rows of the file were used, censored and excluded, and why."""
    for name in dict.fromkeys(row.patient for row in observations.rows):
        own = [row for row in observations.rows if row.patient == name]
        counts = Counter(row.outcome for row in own)
        yield {
            "patient": name or "-",
            "n_rows": len(own),
            **{f"n_{outcome}": counts[outcome] for outcome in ("used", "censored", "excluded")},
            "reasons": dict(Counter(row.reason for row in own if row.reason)),
        }


def as_record(observations: Observations, findings: Sequence[TableFinding]) -> dict[str, Any]:
    """Return what was understood of data, and what was found, as plain data."""
    return {
        "file": observations.file,
        "n_measurements": observations.n_measurements,
        "n_below": observations.n_below,
        "n_above": observations.n_above,
        "readouts": list(analyte_records(observations)),
        "patients": [patient_record(patient) | {"covariates": patient.covariates} for patient in observations],
        "doses": list(dose_records(observations)),
        "rows": list(row_records(observations)),
        "findings": [
            {
                "line": finding.line,
                "column": finding.column,
                "severity": finding.severity,
                "reason": finding.reason,
                "cure": finding.cure,
            }
            for finding in findings
        ],
    }


def n_visits(patient: PatientRecord) -> int:
    """Return how often a patient was measured."""
    return len({measurement.time for measurement in patient.measurements})


def analyte_records(observations: Observations) -> Iterator[dict[str, Any]]:
    """Yield how often each read-out was measured, in which columns, and its range."""
    units = units_of(observations)
    for name in observations.analytes:
        measured = [measurement for measurement in observations.measurements if measurement.analyte == name]
        values = [measurement.value for measurement in measured if not measurement.is_censored]
        yield {
            "readout": name,
            "unit": units[name],
            "columns": ", ".join(dict.fromkeys(measurement.column for measurement in measured)),
            "n_values": len(measured),
            "n_below": sum(measurement.is_below for measurement in measured),
            "lowest": min(values, default=None),
            "highest": max(values, default=None),
        }


def patient_record(patient: PatientRecord) -> dict[str, Any]:
    """Return what is known of a patient, in numbers."""
    times = [record.time for record in patient.measurements] + [record.time for record in patient.doses]
    traits = ", ".join(f"{name} {_text(value)}" for name, value in patient.covariates.items())
    return {
        "name": patient.name,
        "n_visits": n_visits(patient),
        "first_day": min(times, default=None),
        "last_day": max(times, default=None),
        "n_values": len(patient.measurements),
        "n_below": sum(record.is_below for record in patient.measurements),
        "n_doses": len(patient.doses),
        "covariates": traits,
    }


def dose_records(observations: Observations) -> Iterator[dict[str, Any]]:
    """Yield how much of each drug was given to how many."""
    for drug in dict.fromkeys(dose.drug for dose in observations.doses):
        doses = [dose for dose in observations.doses if dose.drug == drug]
        times = [dose.time for dose in doses]
        yield {
            "drug": drug,
            "n_doses": len(doses),
            "n_patients": len({dose.patient for dose in doses}),
            "total_mg": sum(dose.amount for dose in doses),
            "first_day": min(times),
            "last_day": max(times),
        }


def _show_rest(n: int) -> None:
    for line in and_more(n):
        show(line)


def _cells(record: dict[str, Any]) -> tuple[str, ...]:
    return tuple(_text(value) for value in record.values())


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1e3 else f"{value:.1f}"
    return "-" if value is None or value == "" else str(value)


def _sentence(finding: TableFinding) -> str:
    return f"{finding.reason}, {finding.cure}" if finding.cure else finding.reason


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
