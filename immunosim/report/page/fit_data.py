"""The data of a fit on its page: sums, doubts of the reader, measurements by visit, doses.

Reads the record of a fit; computes nothing.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from immunosim.formatting import unit_text
from immunosim.observations.records import Measurement
from immunosim.report.page.dates import PageDates
from immunosim.report.page.sections import Section
from immunosim.report.page.tables import PageTable, doses
from immunosim.scenario import Scenario

RecordView = Mapping[str, Any]

MOST_FINDINGS, MOST_VISITS, MOST_DOSES = 12, 24, 12
"""Rows of tables; the record has all."""

LONGEST_GAP = 3.0
"""Days between equal doses that stand in one row."""

COMMENT = "comment"
"""Reason of rows that hold no data, which are counted and not listed."""

SEVERITIES = ("error", "warning", "note")


def data_section(record: RecordView, patient: str, scenario: Scenario, when: PageDates) -> Section:
    """Return the data of a patient with what is doubtful about them."""
    data = record["data"]["patients"][patient]
    measured = measurements_of(record, patient)
    tables = [*doubts(record["data"]), visits(measured, record["analytes"], when), *_given(data["doses"], when)]
    return Section("data", "The data, and doubts about them", sentences=list(_sums(record, measured)), tables=tables)


def measurements_of(record: RecordView, patient: str) -> list[Measurement]:
    """Return the measurements of a patient."""
    return [_measurement(row) for row in record["data"]["patients"][patient]["measurements"]]


def doubts(data: RecordView) -> Iterator[PageTable]:
    """Yield what the reader and the linter said of the table, errors first, and the rows that were excluded."""
    rows = sorted(data["findings"], key=lambda finding: SEVERITIES.index(finding["severity"]))
    cells = [(row["severity"], _place(row), row["reason"], row["cure"]) for row in rows[:MOST_FINDINGS]]
    note = _left_out(len(rows) - MOST_FINDINGS, "findings")
    yield PageTable("Doubts about the table", ("severity", "place", "finding", "remedy"), cells, "<<<<", note)
    excluded = [row for row in data["rows"] if row["outcome"] == "excluded" and row["reason"] != COMMENT]
    reasons = [(str(row["line"]), row["patient"], row["reason"]) for row in excluded[:MOST_FINDINGS]]
    note = _left_out(len(excluded) - MOST_FINDINGS, "rows")
    yield PageTable("Rows that were excluded", ("line", "patient", "reason"), reasons, "<<<", note)


def visits(measured: Sequence[Measurement], analytes: RecordView, when: PageDates) -> PageTable:
    """Return a row for each visit and a column for each analyte."""
    shown = [name for name in analytes if any(value.analyte == name for value in measured)]
    headers = (when.header, "day", *(_header(analytes[name]) for name in shown), "lines")
    ordered = sorted(measured, key=lambda value: value.time)
    rows = [_visit(time, list(group), shown, when) for time, group in groupby(ordered, key=lambda value: value.time)]
    note = "< and >: beyond a limit of quantification, which counts as such. Lines are those of the table."
    note = f"{note} {_left_out(len(rows) - MOST_VISITS, 'visits')}".rstrip()
    return PageTable("Measurements that were used", headers, rows[:MOST_VISITS], "<", note)


def simulated_doses(scenario: Scenario) -> PageTable:
    """Return the doses as they were simulated."""
    table = doses(scenario)
    return PageTable("Doses as simulated", table.headers, table.rows, table.align, table.note)


def _sums(record: RecordView, measured: Sequence[Measurement]) -> Iterator[str]:
    data, limited = record["data"], sum(value.is_censored for value in measured)
    n = len(measured)
    source = f" from {data['file']}" if data["file"] else ""
    yield f"{n} values{source}: {n - limited} quantified, {limited} of which only limits are known (censored)."
    outcomes = Counter(row["outcome"] for row in data["rows"])
    if outcomes:
        counts = ", ".join(f"{number} {outcome}" for outcome, number in outcomes.items())
        excluded = [row for row in data["rows"] if row["outcome"] == "excluded"]
        remarks = all(row["reason"] == COMMENT for row in excluded)
        yield f"{outcomes.total()} rows of the table: {counts}{' (comments)' if excluded and remarks else ''}."
    by_severity = Counter(finding["severity"] for finding in data["findings"])
    if by_severity:
        counts = ", ".join(
            f"{by_severity[name]} {name}{'s' * (by_severity[name] != 1)}" for name in SEVERITIES if by_severity[name]
        )
        yield f"The reader and the linter of the table report {counts}."
    else:
        yield "The reader and the linter of the table report no doubt."


def _given(recorded: Sequence[RecordView], when: PageDates) -> Iterator[PageTable]:
    """Yield the doses that the table holds."""
    rows = sorted(recorded, key=itemgetter("time"))
    if not rows:
        return
    runs = _runs(rows)
    cells = [_run(run, when) for run in runs[:MOST_DOSES]]
    note = _left_out(len(runs) - MOST_DOSES, "rows")
    yield PageTable("Doses in the table", ("drug", when.header, "day", "mg", "hours", "lines"), cells, "<<<<><", note)


def _runs(doses: Sequence[RecordView]) -> list[list[RecordView]]:
    """Return doses in the order of time, those that are equal and follow each other within days together."""
    runs: list[list[RecordView]] = []
    for dose in doses:
        last = next((run for run in reversed(runs) if run[-1]["drug"] == dose["drug"]), None)
        alike = last is not None and all(last[-1][key] == dose[key] for key in ("amount", "duration"))
        if last is not None and alike and dose["time"] - last[-1]["time"] <= LONGEST_GAP:
            last.append(dose)
        else:
            runs.append([dose])
    return runs


def _run(run: Sequence[RecordView], when: PageDates) -> tuple[str, ...]:
    first, last = run[0], run[-1]
    days = f"{first['time']:.4g}" if len(run) == 1 else f"{first['time']:.4g} to {last['time']:.4g}"
    amount = f"{first['amount']:g}" if len(run) == 1 else f"{len(run)} × {first['amount']:g}"
    lines = ", ".join(str(dose["line"]) for dose in run if dose["line"])
    return first["drug"], when.of(first["time"]), days, amount, f"{24 * first['duration']:.3g}", lines or "-"


def _left_out(number: int, what: str) -> str:
    return f"And {number} more {what}, which the record of the results holds." if number > 0 else ""


def _measurement(row: RecordView) -> Measurement:
    known: dict[str, Any] = {key: value for key, value in row.items() if key in Measurement.__dataclass_fields__}
    return Measurement(**known)


def _place(finding: RecordView) -> str:
    line = f"line {finding['line']}" if finding["line"] else ""
    return ", ".join(filter(None, (line, finding["column"]))) or "-"


def _header(analyte: RecordView) -> str:
    unit = unit_text(analyte["unit"])
    return f"{analyte['label']}, {unit}" if unit else str(analyte["label"])


def _visit(time: float, group: Sequence[Measurement], shown: Sequence[str], when: PageDates) -> tuple[str, ...]:
    cells = [", ".join(_value(value) for value in group if value.analyte == name) or "-" for name in shown]
    lines = ", ".join(str(line) for line in sorted({value.line for value in group if value.line}))
    return when.of(time), f"{time:.4g}", *cells, lines or "-"


def _value(measurement: Measurement) -> str:
    if measurement.is_censored:
        return f"{measurement.limit_text} (censored)" if measurement.is_between else measurement.limit_text
    if not measurement.spread:
        return f"{measurement.value:g}"
    half = math.exp(measurement.spread * math.sqrt(12.0) / 2.0)
    return f"{measurement.value / half:.3g} to {measurement.value * half:.3g}"
