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
from immunosim.report.page.dates import Calendar
from immunosim.report.page.sections import Section
from immunosim.report.page.tables import PageTable, doses
from immunosim.scenario import Scenario

Record = Mapping[str, Any]

MOST_FINDINGS, MOST_VISITS, MOST_DOSES = 12, 24, 12
"""Rows of tables; the record has all."""

SEVERITIES = ("error", "warning", "note")


def data_section(record: Record, patient: str, scenario: Scenario, when: Calendar) -> Section:
    """Return the data of a patient with what is doubtful about them."""
    data = record["data"]["patients"][patient]
    measured = measurements_of(record, patient)
    tables = [*findings(record["data"]), visits(measured, record["analytes"], when), *_given(data["doses"], when)]
    return Section("data", "The data, and doubts about them", sentences=list(_sums(record, measured)), tables=tables)


def measurements_of(record: Record, patient: str) -> list[Measurement]:
    """Return the measurements of a patient."""
    return [_measurement(row) for row in record["data"]["patients"][patient]["measurements"]]


def findings(data: Record) -> Iterator[PageTable]:
    """Yield what the reader and the linter said of the table, errors first."""
    rows = sorted(data["findings"], key=lambda finding: SEVERITIES.index(finding["severity"]))
    if not rows:
        return
    cells = [(row["severity"], _place(row), row["reason"], row["cure"]) for row in rows[:MOST_FINDINGS]]
    note = _left_out(len(rows) - MOST_FINDINGS, "findings")
    yield PageTable("Doubts about the table", ("severity", "place", "finding", "remedy"), cells, "<<<<", note)


def visits(measured: Sequence[Measurement], analytes: Record, when: Calendar) -> PageTable:
    """Return a row for each visit and a column for each analyte."""
    shown = [name for name in analytes if any(one.analyte == name for one in measured)]
    headers = (when.header, "day", *(_header(analytes[name]) for name in shown), "lines")
    ordered = sorted(measured, key=lambda one: one.time)
    rows = [_visit(time, list(group), shown, when) for time, group in groupby(ordered, key=lambda one: one.time)]
    note = "<: below the limit of quantification, which counts as such. Lines are those of the table."
    note = f"{note} {_left_out(len(rows) - MOST_VISITS, 'visits')}".rstrip()
    return PageTable("Measurements that were used", headers, rows[:MOST_VISITS], "<", note)


def simulated_doses(scenario: Scenario) -> PageTable:
    """Return the doses as they were simulated."""
    table = doses(scenario)
    return PageTable("Doses as simulated", table.headers, table.rows, table.align, table.note)


def _sums(record: Record, measured: Sequence[Measurement]) -> Iterator[str]:
    data, below = record["data"], sum(one.is_below for one in measured)
    n = len(measured)
    source = f" from {data['file']}" if data["file"] else ""
    yield f"{n} values{source}: {n - below} quantified, {below} below quantification (censored)."
    by_severity = Counter(finding["severity"] for finding in data["findings"])
    if by_severity:
        counts = ", ".join(f"{by_severity[name]} {name}s" for name in SEVERITIES if by_severity[name])
        yield f"The reader and the linter of the table report {counts}."
    else:
        yield "The reader and the linter of the table report no doubt."


def _given(recorded: Sequence[Record], when: Calendar) -> Iterator[PageTable]:
    """Yield the doses that the table holds."""
    rows = sorted(recorded, key=itemgetter("time"))
    if not rows:
        return
    cells = [
        (
            dose["drug"],
            when.of(dose["time"]),
            f"{dose['time']:.4g}",
            f"{dose['amount']:g}",
            f"{24 * dose['duration']:.3g}",
            str(dose["line"] or "-"),
        )
        for dose in rows[:MOST_DOSES]
    ]
    note = _left_out(len(rows) - MOST_DOSES, "doses")
    yield PageTable("Doses in the table", ("drug", when.header, "day", "mg", "hours", "line"), cells, "<<", note)


def _left_out(number: int, what: str) -> str:
    return f"And {number} more {what}, which the record of the results holds." if number > 0 else ""


def _measurement(row: Record) -> Measurement:
    known: dict[str, Any] = {key: value for key, value in row.items() if key in Measurement.__dataclass_fields__}
    return Measurement(**known)


def _place(finding: Record) -> str:
    line = f"line {finding['line']}" if finding["line"] else ""
    return ", ".join(filter(None, (line, finding["column"]))) or "-"


def _header(analyte: Record) -> str:
    unit = unit_text(analyte["unit"])
    return f"{analyte['label']}, {unit}" if unit else str(analyte["label"])


def _visit(time: float, group: Sequence[Measurement], shown: Sequence[str], when: Calendar) -> tuple[str, ...]:
    cells = [", ".join(_value(one) for one in group if one.analyte == name) or "-" for name in shown]
    lines = ", ".join(str(line) for line in sorted({one.line for one in group if one.line}))
    return when.of(time), f"{time:.4g}", *cells, lines or "-"


def _value(one: Measurement) -> str:
    if one.is_below:
        return f"<{one.value:g}"
    if not one.spread:
        return f"{one.value:g}"
    half = math.exp(one.spread * math.sqrt(12.0) / 2.0)
    return f"{one.value / half:.3g} to {one.value * half:.3g}"
