"""Rows of a NONMEM table: a dose with its repeats, or a measurement, with what is not supported refused by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from immunosim.errors import QuantityError, did_you_mean
from immunosim.observations.cells import is_below_word
from immunosim.observations.doses import dose_drugs, drug_of, is_infused, usual_duration
from immunosim.observations.laboratory import measurable
from immunosim.observations.limits import is_flagged
from immunosim.observations.nonmem_columns import DATES, whole_number
from immunosim.observations.problems import Problems
from immunosim.observations.records import Measurement, RecordedDose
from immunosim.observations.table import ObservationTable, TableRow, is_missing
from immunosim.observations.times import Calendar, DateOrder, clock_of

_WHOLE = frozenset({"ID", "EVID", "MDV", "CENS", "SS", "DVID", "CMT", "BLQ"})
"""Columns of whole numbers, which pandas writes as 1.0 where one of them is missing."""

_ORDERS: dict[str, DateOrder] = {"DATE": "month first", "DAT1": "day first", "DAT2": "not known"}
_HOURS = 24.0
_DOSES, _RESETS = ("1", "4"), ("3", "4")
"""Values of EVID."""


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
        text = "" if header is None or is_missing(row.cells[header]) else row.cells[header]
        return whole_number(text) if name in _WHOLE else text

    def patient(self, row: TableRow) -> str:
        """Return the name of the patient of a row: NAME where there is one, since ID must be a number for NONMEM."""
        return self.text(row, "NAME") or self.text(row, "ID")

    def number(self, row: TableRow, name: str) -> float:
        """Return the number in a cell, 0 where there is none."""
        text = self.text(row, name)
        return self.table.number(text) if text else 0.0


def doses_of(reading: Reading, row: TableRow, problems: Problems) -> Iterator[RecordedDose]:
    """Yield the doses of a row, those of ADDL included."""
    headers = reading.headers
    if not _is_dose(reading, row, problems):
        return
    with problems.at(row.line, headers.get("MDV", "MDV")):
        _check_dose_mdv(reading, row)
    time = amount = interval = 0.0
    duration: float | None = None
    drug, times = "", [0.0]
    with problems.at(row.line, headers["TIME"]):
        time = _time(reading, row)
    with problems.at(row.line, headers.get("CMT", "CMT")):
        drug = _drug(reading, row)
    with problems.at(row.line, headers.get("AMT", "AMT")):
        amount = reading.number(row, "AMT")
        if amount <= 0:
            raise QuantityError(f"{amount:g} is not positive", cure="give the mass of the dose in mg")
    with problems.at(row.line, headers.get("RATE") or headers.get("DUR", "DUR")):
        duration = _duration(reading, row, amount, drug)
    with problems.at(row.line, headers.get("SS", "SS")):
        interval = _steady_state(reading, row)
    with problems.at(row.line, headers.get("ADDL", "ADDL")):
        times = _repeats(reading, row)
    if row.line in problems.lines:
        return
    taken = usual_duration(drug) if duration is None else duration
    for number, later in enumerate(times):
        about = (row.line, 0.0 if number else interval, duration is not None)
        yield RecordedDose(reading.patient(row), time + later, drug, amount, taken, *about)


def resets_of(reading: Reading, row: TableRow, problems: Problems) -> Iterator[float]:
    """Yield the time of a reset, where a row is one (EVID 3 or 4)."""
    if reading.text(row, "EVID") in _RESETS:
        with problems.at(row.line, reading.headers["TIME"]):
            yield _time(reading, row)


def reason_left_out(reading: Reading, row: TableRow) -> str:
    """Return why a row that gave no record was left out; nothing for a reset, which is used."""
    event = reading.text(row, "EVID")
    if event in _RESETS:
        return ""
    if event == "2":
        return "EVID 2, another event"
    return "MDV 1" if reading.text(row, "MDV") == "1" else "no value"


def measured_in(reading: Reading, row: TableRow, problems: Problems) -> Iterator[Measurement]:
    """Yield the measurement of a row, if it is one; what is wrong with EVID is reported with the doses."""
    headers, text = reading.headers, reading.text(row, "DV")
    if reading.text(row, "EVID") not in ("", "0") or _has_amount(reading, row):
        return
    mdv = reading.text(row, "MDV")
    if mdv not in ("", "0", "1"):
        problems.add(
            row.line, headers["MDV"], f'"{mdv}" is not a valid MDV', "write 1 where nothing was measured, else 0"
        )
    is_flagged_alone = False
    with problems.at(row.line, headers.get("CENS") or headers.get("BLQ", "CENS")):
        _check_flags(reading, row)
        is_flagged_alone = not text and _is_flagged(reading, row) and bool(reading.text(row, "LLOQ"))
    if mdv == "1" or (not text and mdv != "0" and not is_flagged_alone):
        return
    time, analyte = 0.0, ""
    with problems.at(row.line, headers["TIME"]):
        time = _time(reading, row)
    with problems.at(row.line, headers.get("DVID") or headers.get("CMT", "DVID")):
        analyte = _analyte(reading, row)
    with problems.at(row.line, headers.get("DV", "DV")):
        if not text and not is_flagged_alone:
            raise QuantityError("is empty", cure="write MDV 1 where nothing was measured")
        if row.line in problems.lines:
            reading.table.value(text)  # so that a text which is no number is named as well
            return
        value = _censored(reading, row, text)
        header = headers.get("DV", "")
        number, is_below, lower, is_above = value
        yield Measurement(
            *(reading.patient(row), time, analyte, number, is_below, row.line, header), lower=lower, is_above=is_above
        )


def _censored(reading: Reading, row: TableRow, text: str) -> tuple[float, bool, float, bool]:
    """Return the value of a row, whether it is a limit of quantification, the lower end, and whether it is above."""
    cens, limit, loq = (reading.text(row, name) for name in ("CENS", "LIMIT", "LLOQ"))
    lower = reading.number(row, "LIMIT") if limit else 0.0
    if _is_flagged(reading, row) or (loq and is_below_word(text)):
        number = reading.table.number(loq) if loq else reading.table.value(text).number
        if number <= 0:
            cure = "where CENS or BLQ is 1, give the limit as DV or in LLOQ"
            raise QuantityError(f"{text} is not a limit of quantification", cure=cure)
        if lower >= number:
            raise QuantityError(f"LIMIT {limit} is not below {number:g}", cure="give the lower end of the interval")
        return number, True, max(lower, 0.0), False
    value = reading.table.value(text)
    if cens == "-1" and limit:
        if lower <= value.number:
            raise QuantityError(f"LIMIT {limit} is not above {text}", cure="give the upper end of the interval")
        return lower, True, value.number, False
    return value.number, value.is_below, 0.0, value.is_above or cens == "-1"


def _is_flagged(reading: Reading, row: TableRow) -> bool:
    """Return whether a row says that its value is below quantification."""
    return reading.text(row, "CENS") == "1" or is_flagged(reading.text(row, "BLQ"))


def _check_flags(reading: Reading, row: TableRow) -> None:
    cens = reading.text(row, "CENS")
    if cens not in ("", "0", "1", "-1"):
        raise QuantityError(f'"{cens}" is not a valid CENS', cure="write 1 below quantification, -1 above it, else 0")
    is_flagged(reading.text(row, "BLQ"))


def _is_dose(reading: Reading, row: TableRow, problems: Problems) -> bool:
    """Return whether a row is a dose, and report an event that is not supported."""
    text = reading.text(row, "EVID")
    with problems.at(row.line, reading.headers.get("EVID", "EVID")):
        if text not in ("", "0", "1", "2", "3", "4"):
            raise QuantityError(f'"{text}" is not a valid EVID', cure="write 0 for a measurement, 1 for a dose")
        if text == "0" and _has_amount(reading, row):
            raise QuantityError("is 0, but AMT is not", cure="write 1 for a dose")
        if text:
            return text in _DOSES
    if row.line in problems.lines:
        return False
    with problems.at(row.line, reading.headers.get("AMT", "AMT")):
        return reading.number(row, "AMT") != 0
    return False


def _has_amount(reading: Reading, row: TableRow) -> bool:
    """Return whether AMT holds anything but 0; a text that is not a number does."""
    try:
        return reading.number(row, "AMT") != 0
    except QuantityError:
        return True


def _time(reading: Reading, row: TableRow) -> float:
    text = reading.text(row, "TIME")
    name = next((name for name in DATES if name in reading.headers), "")
    clock = clock_of(text)
    if name:
        date = reading.text(row, name)
        if not date:
            raise QuantityError(f"{name} is empty", cure="give every row a date")
        hours = clock if clock is not None else (reading.number(row, "TIME") / _HOURS)
        return reading.calendar.day_of_date(date, _ORDERS[name]) + hours
    if not text:
        raise QuantityError("is empty", cure="give every row a time")
    if clock is not None:
        return clock
    return reading.calendar.day_of_time(text, reading.day, reading.table.number)


def _steady_state(reading: Reading, row: TableRow) -> float:
    """Return the days between the doses that led to a steady state; 0 where a dose is given to a patient as is."""
    text = reading.text(row, "SS")
    if text in ("", "0"):
        return 0.0
    if text != "1":
        reason = f"SS {text}, a steady state on top of others, is not supported"
        raise QuantityError(reason, cure="give every dose a row, or use ADDL and II")
    interval = reading.number(row, "II") * reading.day
    if interval <= 0:
        raise QuantityError("SS 1 needs II", cure="give the interval of the doses")
    return interval


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
    is_steady = reading.text(row, "SS") == "1"
    if interval < 0 or (further > 0 and interval == 0) or (interval > 0 and further == 0 and not is_steady):
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
