"""Times of a scenario: text, dates and offsets from a course become days after day 0.

A time is a duration after day 0 (``"12 months"``, ``"-8 months"``), an ISO date (where the scenario has a
``start_date``), or an offset from the first infusion of a course (``"course 2 + 30 days"``). This module knows neither
files nor doses.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence

from immunosim.errors import QuantityError, did_you_mean
from immunosim.units import index_of, parse_quantity, shown

WANTED = 'a time such as "12 months", a date such as 2017-06-15 or "course 2 + 30 days"'
LONGEST_TIME = 200
"""Characters of the longest text that is read as an offset from a course."""

FARTHEST_TIME = 1e6
"""Times farther from day 0 than this (day) would leave too few digits for the length of an infusion."""

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2})?)?")
_QUANTITY = re.compile(r"[+-]?\s*[.,]?\d")
_ANCHORED = re.compile(r"(?P<anchor>.+?)\s*(?:(?P<sign>[+-])\s*(?P<offset>\.?\d.*))?")


class Clock:
    """The dates and courses that the times of one scenario may refer to.

    Parameters
    ----------
    start_date : object
        The date of day 0 as given; anything but a date counts as no date.
    courses : sequence of (label, start)
        Label and start of each course as given, in the order of the file.
    """

    def __init__(self, start_date: object, courses: Sequence[tuple[object, object]]) -> None:
        self._day_zero = as_date(start_date)
        self._starts = [start for _, start in courses]
        self._labels = {label: number for number, (label, _) in enumerate(courses, 1) if isinstance(label, str)}
        self._pending: list[int] = []

    @classmethod
    def of(cls, data: object) -> Clock:
        """Return the clock of a scenario that is still raw data, of which any part may be wrong."""
        raw = data if isinstance(data, Mapping) else {}
        courses = raw.get("course")
        listed = courses if isinstance(courses, (list, tuple)) else ()
        return cls(raw.get("start_date"), [(_entry(course, "label"), _entry(course, "start")) for course in listed])

    def days(self, value: object, *, bare: bool = False) -> float:
        """Return a time as days after day 0.

        Raises
        ------
        QuantityError
            Where the value is no time, or refers to a date or course that the scenario does not have.
        """
        if isinstance(value, datetime.date) or (isinstance(value, str) and _DATE.fullmatch(value.strip())):
            return self._days_of_date(value)
        if isinstance(value, str) and not _is_quantity(value):
            return self._days_after_course(value.strip())
        return parse_quantity(value, "day", wanted=WANTED, bare=bare)

    def _days_of_date(self, value: datetime.date | str) -> float:
        moment = _as_datetime(value)
        if moment is None:
            raise QuantityError(f"{shown(value)} is not a date", cure=f"expected {WANTED}")
        if moment.tzinfo is not None:
            raise QuantityError(f"{shown(value)} has a time zone", cure="write the local date and time without one")
        if self._day_zero is None:
            cure = "add start_date = 2016-06-15 (the date of day 0)"
            raise QuantityError(f"{shown(value)} is a date but the scenario has no start_date", cure=cure)
        return (moment - _as_midnight(self._day_zero)) / datetime.timedelta(days=1)

    def _days_after_course(self, text: str) -> float:
        if len(text) > LONGEST_TIME:
            raise QuantityError(f"{shown(text)} is too long for a time", cure=f"expected {WANTED}")
        match = _ANCHORED.fullmatch(text)
        anchor, sign, offset = match.group("anchor", "sign", "offset") if match else (text, None, None)
        if text in self._labels:
            anchor, offset = text, None
        start = self._start_of(self._number_of(anchor, text), text)
        if offset is None:
            return start
        days = parse_quantity(offset, "day", wanted='an offset such as "30 days"')
        return start - days if sign == "-" else start + days

    def _number_of(self, anchor: str, text: str) -> int:
        prefixed = anchor.casefold().startswith("course ")
        name = anchor[len("course ") :].strip() if prefixed else anchor
        if prefixed and name.isdecimal():
            number = index_of(name) or 0
            if not 1 <= number <= len(self._starts):
                cure = f"the scenario has {_count(len(self._starts))}"
                raise QuantityError(f"{shown(text)}: there is no course {name[:20]}", cure=cure)
            return number
        if name in self._labels:
            return self._labels[name]
        if prefixed:
            raise QuantityError(f'{shown(text)}: there is no course "{name}"', cure=did_you_mean(name, self._labels))
        raise QuantityError(f"{shown(text)} is not a time", cure=f"expected {WANTED}")

    def _start_of(self, number: int, text: str) -> float:
        if number in self._pending:
            raise QuantityError(
                f"{shown(text)}: the start of course {number} depends on itself", cure="give one start as a duration"
            )
        self._pending.append(number)
        try:
            start = self._starts[number - 1]
            return self.days(start, bare=not isinstance(start, str))
        except QuantityError as error:
            if "depends on itself" in error.reason:
                raise
            cure = f"correct course[{number}].start first"
            raise QuantityError(f"{shown(text)}: the start of course {number} is not known", cure=cure) from None
        finally:
            self._pending.pop()


def is_deferred(value: object) -> bool:
    """Return whether a time needs the dates and courses of a scenario to become a number of days."""
    if isinstance(value, datetime.date):
        return True
    return isinstance(value, str) and (bool(_DATE.fullmatch(value.strip())) or not _is_quantity(value))


def _is_quantity(text: str) -> bool:
    return _QUANTITY.match(text.strip().replace("\u2212", "-")) is not None


def as_date(value: object) -> datetime.date | None:
    """Return a calendar date given as such or as ISO text, or None where it is neither."""
    if isinstance(value, datetime.datetime):
        return None
    if isinstance(value, datetime.date):
        return value
    try:
        return datetime.date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _as_datetime(value: datetime.date | str) -> datetime.datetime | None:
    if isinstance(value, datetime.datetime):
        return value
    if isinstance(value, datetime.date):
        return _as_midnight(value)
    try:
        return datetime.datetime.fromisoformat(value.strip())
    except ValueError:
        return None


def _as_midnight(date: datetime.date) -> datetime.datetime:
    return datetime.datetime.combine(date, datetime.time())


def _entry(course: object, name: str) -> object:
    return course.get(name) if isinstance(course, Mapping) else getattr(course, name, None)


def _count(courses: int) -> str:
    return "no courses" if courses == 0 else "1 course" if courses == 1 else f"{courses} courses"
