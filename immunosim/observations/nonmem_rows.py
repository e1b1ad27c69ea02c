"""Rows of a NONMEM table: a dose with its repeats, or a measurement, with what is not supported refused by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from immunosim.errors import QuantityError, did_you_mean
from immunosim.observations.doses import dose_drugs, drug_of, is_infused, usual_duration
from immunosim.observations.laboratory import measurable
from immunosim.observations.problems import Problems
from immunosim.observations.records import Measurement, RecordedDose
from immunosim.observations.table import ObservationTable, TableRow, is_missing
from immunosim.observations.times import Calendar

_EVENTS = {"2": "another event", "3": "a reset", "4": "a reset with a dose"}


@dataclass(frozen=True)
class Reading:
    """A table with what turns its cells into records; `day` is the length of a unit of TIME in days."""

    table: ObservationTable
    headers: dict[str, str]
    calendar: Calendar
    day: float
    drugs: Mapping[str, str]
    analytes: Mapping[str, str]

    def text(self, row: TableRow, name: str) -> str:
        """Return a cell, or nothing where it or its column is missing."""
        header = self.headers.get(name)
        return "" if header is None or is_missing(row.cells[header]) else row.cells[header]

    def patient(self, row: TableRow) -> str:
        """Return the name of the patient of a row: NAME where there is one, since ID must be a number for NONMEM."""
        return self.text(row, "NAME") or self.text(row, "ID")

    def number(self, row: TableRow, name: str) -> float:
        """Return the number in a cell, 0 where there is none."""
        text = self.text(row, name)
        return self.table.number(text) if text else 0.0


def doses_of(reading: Reading, row: TableRow, problems: Problems) -> Iterator[RecordedDose]:
    """Yield the doses of a row, those of ADDL included."""
    with problems.at(row.line, reading.headers.get("EVID", "")):
        if not _event(reading, row):
            return
        for name, check in (("SS", _check_steady_state), ("MDV", _check_dose_mdv)):
            with problems.at(row.line, reading.headers.get(name, name)):
                check(reading, row)
        time = amount = 0.0
        duration: float | None = None
        drug, times = "", [0.0]
        with problems.at(row.line, reading.headers["TIME"]):
            time = _time(reading, row)
        with problems.at(row.line, reading.headers.get("CMT", "CMT")):
            drug = _drug(reading, row)
        with problems.at(row.line, reading.headers.get("AMT", "AMT")):
            amount = reading.number(row, "AMT")
            if amount <= 0:
                raise QuantityError(f"{amount:g} is not positive", cure="give the mass of the dose in mg")
        with problems.at(row.line, reading.headers.get("RATE") or reading.headers.get("DUR", "DUR")):
            duration = _duration(reading, row, amount, drug)
        with problems.at(row.line, reading.headers.get("ADDL", "ADDL")):
            times = _repeats(reading, row)
        taken = usual_duration(drug) if duration is None and drug else duration or 0.0
        dose = RecordedDose(
            reading.patient(row), time, drug, amount, taken, row.line, has_duration=duration is not None
        )
        yield from (replace(dose, time=time + later) for later in times)


def measured_in(reading: Reading, row: TableRow, problems: Problems) -> Iterator[Measurement]:
    """Yield the measurement of a row, if it is one; what is wrong with EVID is reported with the doses."""
    headers, text = reading.headers, reading.text(row, "DV")
    try:
        if _event(reading, row):
            return
    except QuantityError:
        return
    mdv = reading.text(row, "MDV")
    if mdv not in ("", "0", "1"):
        problems.add(
            row.line, headers["MDV"], f'"{mdv}" is not a valid MDV', "write 1 where nothing was measured, else 0"
        )
    if mdv == "1" or (not text and mdv != "0"):
        return
    time, analyte, value, is_below = 0.0, "", 0.0, False
    with problems.at(row.line, headers["TIME"]):
        time = _time(reading, row)
    with problems.at(row.line, headers.get("DVID") or headers.get("CMT", "DVID")):
        analyte = _analyte(reading, row)
    with problems.at(row.line, headers.get("CENS", "CENS")):
        is_below = _is_below(reading, row)
    with problems.at(row.line, headers.get("LIMIT", "LIMIT")):
        if reading.number(row, "LIMIT") != 0:
            reason = f"LIMIT {reading.text(row, 'LIMIT')} is not supported"
            raise QuantityError(reason, cure="leave it empty: what is below quantification lies above 0")
    with problems.at(row.line, headers.get("DV", "DV")):
        if not text:
            raise QuantityError("is empty", cure="write MDV 1 where nothing was measured")
        value = reading.table.number(text)
        if is_below and value <= 0:
            raise QuantityError(f"{text} is not a limit of quantification", cure="where CENS is 1, give the limit")
    yield Measurement(reading.patient(row), time, analyte, value, is_below, row.line, headers.get("DV", ""))


def _event(reading: Reading, row: TableRow) -> int:
    """Return 1 for a dose and 0 for anything else."""
    text = reading.text(row, "EVID")
    if text in _EVENTS:
        cure = "only measurements (0) and doses (1) are: leave the row out"
        raise QuantityError(f"EVID {text}, {_EVENTS[text]}, is not supported", cure=cure)
    if text not in ("", "0", "1"):
        raise QuantityError(f'"{text}" is not a valid EVID', cure="write 0 for a measurement, 1 for a dose")
    amount = reading.number(row, "AMT")
    if text == "0" and amount:
        raise QuantityError("is 0, but AMT is not", cure="write 1 for a dose")
    return int(text or amount != 0)


def _time(reading: Reading, row: TableRow) -> float:
    text = reading.text(row, "TIME")
    if not text:
        raise QuantityError("is empty", cure="give every row a time")
    return reading.calendar.day_of_time(text, reading.day, reading.table.number)


def _check_steady_state(reading: Reading, row: TableRow) -> None:
    if reading.text(row, "SS") not in ("", "0"):
        reason = f"SS {reading.text(row, 'SS')}, steady state, is not supported"
        raise QuantityError(reason, cure="give every dose a row, or use ADDL and II")


def _check_dose_mdv(reading: Reading, row: TableRow) -> None:
    if reading.text(row, "MDV") == "0":
        raise QuantityError("is 0 for a dose", cure="give what was measured a row of its own")


def _drug(reading: Reading, row: TableRow) -> str:
    text = reading.text(row, "CMT")
    if not text:
        return dose_drugs()[0]
    if text in reading.drugs:
        return reading.drugs[text]
    if text.lstrip("+-").isdecimal():
        known = ", ".join(f"{number} {drug}" for number, drug in reading.drugs.items())
        raise QuantityError(f"CMT {text} is not a drug", cure=f"known are {known}, or names")
    return drug_of(text)


def _duration(reading: Reading, row: TableRow, amount: float, drug: str) -> float | None:
    """Return how long a dose takes, day; nothing where the table does not say it of a drug that is infused."""
    rate, duration = reading.number(row, "RATE"), reading.number(row, "DUR") * reading.day
    if rate < 0:
        raise QuantityError(f"RATE {rate:g}, estimated in NONMEM, is not supported", cure="give the rate or DUR")
    if duration < 0:
        raise QuantityError(f"DUR {duration:g} is negative", cure="give how long the infusion took")
    of_rate = amount / rate * reading.day if rate else 0.0
    if rate and duration and abs(of_rate - duration) > 1e-6 * duration:
        raise QuantityError("RATE and DUR contradict each other", cure="leave one out")
    if drug and is_infused(drug) and not rate and not duration:
        return None
    return duration or of_rate


def _repeats(reading: Reading, row: TableRow) -> list[float]:
    """Return when a dose is given again, days after its first time, which is included."""
    further, interval = reading.number(row, "ADDL"), reading.number(row, "II") * reading.day
    if further < 0 or further % 1.0 or further > 10_000:
        raise QuantityError(f"{further:g} is not a valid number of further doses", cure="write a whole number")
    if bool(further) != (interval > 0) or interval < 0:
        raise QuantityError("ADDL and II need each other", cure="give both, positive, or neither")
    return [number * interval for number in range(int(further) + 1)]


def _analyte(reading: Reading, row: TableRow) -> str:
    named = {text for name in ("DVID", "CMT") if (text := reading.text(row, name)) not in ("", "0")}
    if not named:
        raise QuantityError("says not what was measured", cure="give DVID a number or the name of a read-out")
    known = {_readout(reading, text) for text in named}
    if len(known) > 1:
        raise QuantityError(f"DVID and CMT name {' and '.join(sorted(known))}", cure="leave CMT empty")
    return known.pop()


def _readout(reading: Reading, text: str) -> str:
    if text in reading.analytes:
        return reading.analytes[text]
    name = text.casefold()
    if name in measurable():
        return name
    if text.isdecimal():
        known = ", ".join(f"{number} {readout}" for number, readout in reading.analytes.items())
        raise QuantityError(f"DVID {text} is not a read-out", cure=f"known are {known}, or names")
    raise QuantityError(f'"{text}" is not a read-out', cure=did_you_mean(text, measurable()))


def _is_below(reading: Reading, row: TableRow) -> bool:
    cens = reading.text(row, "CENS")
    if cens == "-1":
        raise QuantityError("CENS -1, above a limit, is not supported", cure="leave the row out")
    if cens not in ("", "0", "1"):
        raise QuantityError(f'"{cens}" is not a valid CENS', cure="write 1 below quantification, else 0")
    return cens == "1"
