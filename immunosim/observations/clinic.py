"""Tables as clinics keep them: a line a visit, by date or day, counts in columns whose headers give the unit.

``patient, date, lymphocytes [1e9/L], CD4 [cells/uL], CD19 (%)``; ``<0.01`` is a value below quantification, a blank a
missed value. Percents are of the total of the same line; lines that begin with # are remarks. Every problem is named
with its line and column, all of them at once.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from immunosim.errors import DataError, Problem, QuantityError, did_you_mean
from immunosim.observations.records import Measurement
from immunosim.scenario import Scenario
from immunosim.scenario.clock import Clock
from immunosim.units import convert

NAMES = {
    "lymphocytes": ("lymphocytes", "lymphocyte", "lymphs", "alc", "total", "total lymphocytes"),
    "cd3": ("cd3", "cd3 t cells", "t cells"),
    "cd4": ("cd4", "cd4 t cells", "cd3 cd4"),
    "cd8": ("cd8", "cd8 t cells", "cd3 cd8"),
    "cd19": ("cd19", "b cells", "cd19 b cells"),
    "nk": ("nk", "nk cells", "cd56"),
}
"""What clinics call the analytes, in small letters without signs."""

PATIENT = ("patient", "id", "subject")
TIMES = {
    "day": "day",
    "days": "day",
    "week": "week",
    "weeks": "week",
    "month": "month",
    "months": "month",
    "date": "date",
}
MISSING = frozenset({"", "-", "na", "n/a", "nd", "."})
UNITS = {"lymphocytes": "1e9/L"}
SUBSETS = ("cd4", "cd8", "cd19", "nk")

HIGHEST = {"lymphocytes": 30.0, "cd3": 20_000.0, "cd4": 10_000.0, "cd8": 10_000.0, "cd19": 10_000.0, "nk": 10_000.0}
LOWEST_TOTAL = 0.002
"""Counts outside these, in the analyte's own unit, are taken for a wrong unit: no patient has them."""

EXCESS = 1.2
"""Times the total that its subsets may add up to: each is counted with an error."""

_HEADER = re.compile(r"(?P<name>[^\[(]+?)\s*(?:[\[(](?P<unit>[^\])]*)[\])])?\s*")
_BELOW = re.compile(r"<\s*(?P<limit>.+)")


@dataclass(frozen=True)
class Column:
    """A column of analytes: where it stands, what it is called, what it measures and in which unit."""

    place: int
    header: str
    analyte: str
    unit: str


def read_clinic_table(path: Path, scenario: Scenario) -> dict[str, list[Measurement]]:
    """Return the measurements of every patient of a table, in the order of time.

    Parameters
    ----------
    path : Path
        Separated by commas, semicolons (then with decimal commas) or tabs.
    scenario : Scenario
        For the date of day 0 and the horizon.

    Raises
    ------
    DataError
        With every problem that was found, by line and column.
    """
    lines, delimiter = _lines(path)
    headers = [header.strip() for header in next(csv.reader([lines[0][1]], delimiter=delimiter))]
    columns, patient, time = _columns(path, headers)
    problems: list[Problem] = []
    found: dict[str, list[Measurement]] = {}
    for number, line in lines[1:]:
        cells = next(csv.reader([line], delimiter=delimiter))
        where = f"{path}: line {number}"
        if len(cells) != len(headers):
            problems.append(
                Problem(f"has {len(cells)} cells, the first line {len(headers)}", where, None, "fill it up")
            )
            continue
        name = cells[patient].strip() if patient >= 0 else "patient"
        row = _Row(where, name or "patient", delimiter == ";", problems)
        day = row.day(headers[time], cells[time].strip(), TIMES[_plain(headers[time])], scenario)
        if day is not None:
            found.setdefault(row.patient, []).extend(row.measurements(day, cells, columns))
    problems += _duplicates(path, found)
    if problems:
        raise DataError(problems=problems)
    kept = {name: sorted(own, key=lambda one: one.time) for name, own in found.items() if own}
    if not kept:
        raise DataError("has no measurements", file=str(path), cure="add a line for each visit")
    return kept


@dataclass(frozen=True)
class _Row:
    """A line that is read; what is wrong with it goes to the problems."""

    where: str
    patient: str
    has_decimal_comma: bool
    problems: list[Problem]

    def say(self, reason: str, column: str, cure: str) -> None:
        self.problems.append(Problem(reason, self.where, column, cure))

    def number(self, text: str, column: str) -> float | None:
        plain = text.replace(",", ".") if self.has_decimal_comma else text
        try:
            value = float(plain)
        except ValueError:
            self.say(f'"{text}" is not a number', column, "write a number, <limit, or leave it blank")
            return None
        if not math.isfinite(value) or value < 0.0:
            self.say(f'"{text}" is no count', column, "write a count that is not negative")
            return None
        return value

    def day(self, header: str, text: str, unit: str, scenario: Scenario) -> float | None:
        if not text:
            self.say("is empty", header, "give the time of the visit")
            return None
        if unit == "date":
            try:
                day = Clock(scenario.start_date, ()).days(text)
            except QuantityError as error:
                self.say(error.reason, header, error.cure or "write a date such as 2017-06-15")
                return None
        else:
            number = self._signed(text, header)
            if number is None:
                return None
            day = convert(number, unit, "day")
        if day > scenario.horizon:
            self.say(f"day {day:g} lies after the horizon, day {scenario.horizon:g}", header, "raise the horizon")
            return None
        return day

    def _signed(self, text: str, header: str) -> float | None:
        plain = text.removeprefix("-")
        number = self.number(plain, header)
        return None if number is None else -number if plain != text else number

    def measurements(self, day: float, cells: Sequence[str], columns: Sequence[Column]) -> Iterator[Measurement]:
        known: dict[str, Measurement] = {}
        for column in sorted(columns, key=lambda one: one.unit == "%"):  # percents need the total
            text = cells[column.place].strip()
            if text.lower() in MISSING:
                continue
            below = _BELOW.fullmatch(text)
            number = self.number(below["limit"] if below else text, column.header)
            if number is None:
                continue
            value = self._in_own_unit(number, column, known)
            if value is None:
                continue
            if value == 0.0:
                self.say("is 0, which no laboratory can count", column.header, "write < and the limit, such as <0.01")
                continue
            known[column.analyte] = Measurement(self.patient, day, column.analyte, value, below is not None)
            self._check_size(column, value, below is not None)
        self._check_sums(known)
        yield from known.values()

    def _in_own_unit(self, number: float, column: Column, known: Mapping[str, Measurement]) -> float | None:
        if column.unit != "%":
            return convert(number, column.unit, UNITS.get(column.analyte, "cells/uL"))
        if number > 100.0:
            self.say(f"{number:g} % is more than all", column.header, "check the unit of the column")
            return None
        total = known.get("lymphocytes")
        if total is None or total.is_below:
            self.say("is a percent without a total on its line", column.header, "add the total, or give the count")
            return None
        return number / 100.0 * total.value * 1000.0

    def _check_size(self, column: Column, value: float, is_below: bool) -> None:
        own = UNITS.get(column.analyte, "cells/uL")
        is_low = column.analyte == "lymphocytes" and not is_below and value < LOWEST_TOTAL
        if value > HIGHEST[column.analyte] or is_low:
            reason = f"{value:.3g} {own} is no count that a patient has"
            self.say(reason, column.header, "check the unit of the column")

    def _check_sums(self, known: Mapping[str, Measurement]) -> None:
        total = known.get("lymphocytes")
        sizes = {name: one.value for name, one in known.items() if name in SUBSETS and not one.is_below}
        if "cd3" in known and sizes.get("cd4", 0.0) > EXCESS * known["cd3"].value:
            self.say(f"CD4 {sizes['cd4']:.3g} is above CD3 {known['cd3'].value:.3g} cells/uL", "cd4", "check both")
        if total is not None and not total.is_below and sum(sizes.values()) > EXCESS * 1000.0 * total.value:
            reason = f"subsets add up to {sum(sizes.values()):.4g} cells/uL, the total is {1000 * total.value:.4g}"
            self.say(reason, " + ".join(sizes), "check their units and the total's")


def _lines(path: Path) -> tuple[list[tuple[int, str]], str]:
    """Return the lines that are no remarks with their numbers, and what separates their cells."""
    file = str(path)
    try:
        text = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        raise DataError("does not exist", file=file, cure="name a table (CSV)") from None
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot be read ({error})", file=file, cure="save it as CSV in UTF-8") from error
    lines = [(number, line) for number, line in enumerate(text, 1) if line.strip() and not line.startswith("#")]
    if not lines:
        raise DataError("is empty", file=file, cure="give a line of headers, then one visit a line")
    delimiter = max(",;\t", key=lines[0][1].count)
    return lines, delimiter


def _columns(path: Path, headers: Sequence[str]) -> tuple[list[Column], int, int]:
    """Return the columns of analytes, and the places of patient (-1 for none) and time."""
    found: list[Column] = []
    patient, times, problems = -1, list[int](), list[Problem]()
    for place, header in enumerate(headers):
        plain = _plain(header)
        analyte = next((name for name, known in NAMES.items() if plain in known), None)
        if plain in PATIENT:
            patient = place
        elif plain in TIMES:
            times.append(place)
        elif analyte is None:
            known = [*PATIENT, *TIMES, *(name for names in NAMES.values() for name in names)]
            problems.append(Problem(f'unknown column "{header}"', str(path), "line 1", did_you_mean(plain, known)))
        else:
            column = _analyte(path, place, header, analyte, problems)
            if column is not None:
                found.append(column)
    if len(times) != 1:
        reason = "has no column of times" if not times else "has several columns of times"
        problems.append(Problem(reason, str(path), "line 1", "give one: date, day, week or month"))
    twice = sorted({one.analyte for one in found if [two.analyte for two in found].count(one.analyte) > 1})
    problems += [Problem(f"has two columns of {name}", str(path), "line 1", "leave one out") for name in twice]
    if not found and not problems:
        problems.append(Problem("has no column of counts", str(path), "line 1", "add one, such as CD4 [cells/uL]"))
    if problems:
        raise DataError(problems=problems)
    return found, patient, times[0]


def _analyte(path: Path, place: int, header: str, analyte: str, problems: list[Problem]) -> Column | None:
    match = _HEADER.fullmatch(header)
    unit = (match["unit"] or "").strip() if match else ""
    own = UNITS.get(analyte, "cells/uL")
    if not unit:
        cure = f"write {header.strip()} [{own}]"
        problems.append(Problem(f'column "{header}" has no unit', str(path), "line 1", cure))
        return None
    if unit.startswith("%") and analyte != "lymphocytes":
        return Column(place, header, analyte, "%")
    try:
        convert(1.0, unit, own)
    except QuantityError as error:
        problems.append(Problem(f'column "{header}": {error.reason}', str(path), "line 1", f"write {own}"))
        return None
    return Column(place, header, analyte, unit)


def _plain(header: str) -> str:
    match = _HEADER.fullmatch(header)
    name = match["name"] if match else header
    return re.sub(r"[^a-z0-9]+", " ", name.lower()).strip()


def _duplicates(path: Path, found: Mapping[str, Sequence[Measurement]]) -> Iterator[Problem]:
    for name, own in found.items():
        seen = set()
        for one in own:
            key = (one.time, one.analyte)
            if key in seen:
                yield Problem(
                    f"patient {name} has {one.analyte} twice on day {one.time:g}", str(path), None, "leave one out"
                )
            seen.add(key)
