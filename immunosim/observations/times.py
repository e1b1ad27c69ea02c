"""Times of a table: dates in the ways that people write them, or what a scenario takes, as days after day 0."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from immunosim.errors import QuantityError
from immunosim.scenario.clock import FARTHEST_TIME, Clock

if TYPE_CHECKING:
    from immunosim.scenario import Scenario

_ISO = re.compile(r"\d{4}([-/.])\d{1,2}\1\d{1,2}|(?:19|20)\d{2}(?:0\d|1[0-2])[0-3]\d")
_WRITTEN = re.compile(r"(\d{1,2})(?P<mark>[./-])(\d{1,2})(?P=mark)(\d{2}|\d{4})")
_NAMED = re.compile(r"(\d{1,2})\.?[ -]?(?:de )?([^\W\d_]{3,10})\.?[ -]?(?:de )?(\d{4})")
_CLOCK_TIME = re.compile(r"[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?: ?(?:Uhr|Z|(?P<half>[AaPp])\.?[Mm]\.?))?$")
_CLOCK_ALONE = re.compile(r"(\d{1,3})[:h](\d{2})(?::(\d{2}))?(?: ?(?:Uhr|h|(?P<half>[ap])\.?m\.?))?", re.IGNORECASE)
_SERIAL = re.compile(r"[1-6]\d{4}(?:[.,]\d+)?")
"""A date as spreadsheets number them: days after 30 December 1899, of 1927 to 2091."""

_SERIAL_ORIGIN = datetime.date(1899, 12, 30)
_PLAIN_NUMBER = re.compile(r"[-+−]?[\d.,'_]+(?:[eE][+-]?\d+)?")
_MONTHS = tuple(
    names.split()
    for names in (
        "january february march april may june july august september october november december",
        "januar februar märz april mai juni juli august september oktober november dezember",
        "jänner februar mrz april mai juni juli august september oktober november dezember",
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
        "januari februari mars april maj juni juli augusti september oktober november december",
    )
)
_WANTED = "write it as 2017-06-15"

DateOrder = Literal["day first", "month first", "not known"]


@dataclass(frozen=True)
class Calendar:
    """What turns the times of a table into days.

    Parameters
    ----------
    clock : Clock
        The dates and courses that times may refer to.
    origin : date, optional
        The date from which days are counted; without one, dates are refused.
    """

    clock: Clock
    origin: datetime.date | None

    @classmethod
    def of(cls, scenario: Scenario | None, *, any_origin: bool = False) -> Calendar:
        """Return the calendar of a scenario; with `any_origin` dates count from one of no meaning where it has none."""
        start = scenario.start_date if scenario else None
        return cls(Clock.of(scenario), start or (datetime.date(1970, 1, 1) if any_origin else None))

    def day_of_date(self, text: str, order: DateOrder) -> float:
        """Return a date as days after the origin.

        Raises
        ------
        QuantityError
            Where the text is not a date, or one that may be two.
        """
        if self.origin is None:
            cure = "give a scenario with a start_date, or count from the first dose"
            raise QuantityError(f'"{text}" is a date, but no date of day 0 is known', cure=cure)
        if _SERIAL.fullmatch(text):
            return float(text.replace(",", ".")) - (self.origin - _SERIAL_ORIGIN).days
        time = _CLOCK_TIME.search(text)
        hours, minutes, seconds = (int(part or 0) for part in time.groups()[:3]) if time else (0, 0, 0)
        hours = _of_the_day(hours, time["half"] if time else "")
        if hours > 23 or minutes > 59 or seconds > 59:
            raise QuantityError(f'"{text}" has no time of day', cure="write it as 2017-06-15 08:30")
        date = _date(text[: time.start()] if time else text, text, order)
        return (date - self.origin).days + (hours * 3600 + minutes * 60 + seconds) / 86400

    def day_of_time(self, text: str, factor: float | None, number: Callable[[str], float]) -> float:
        """Return a time as days: as a scenario writes it, or a plain number, read by `number`, times `factor`.

        Raises
        ------
        QuantityError
            Where the text is not a time.
        """
        is_plain = _PLAIN_NUMBER.fullmatch(text) is not None
        days = number(text) * factor if factor is not None and is_plain else self.clock.days(text)
        if abs(days) > FARTHEST_TIME:
            raise QuantityError(f'"{text}" lies more than a million days from day 0', cure="give a time in days")
        return days

    def date_of(self, day: float) -> str:
        """Return the date of a day after the origin as 2017-06-15."""
        return (self.origin + datetime.timedelta(days=int(day // 1))).isoformat() if self.origin else ""


def is_serial(text: str) -> bool:
    """Return whether a text is a date as spreadsheets number them, such as 43000."""
    return _SERIAL.fullmatch(text) is not None


def clock_of(text: str) -> float | None:
    """Return a time of the day such as 08:30 in days, which may be beyond 24:00; None for anything else."""
    match = _CLOCK_ALONE.fullmatch(text)
    if match is None or int(match[2]) > 59 or int(match[3] or 0) > 59:
        return None
    if match["half"] and not 1 <= int(match[1]) <= 12:
        return None
    return (_of_the_day(int(match[1]), match["half"]) * 3600 + int(match[2]) * 60 + int(match[3] or 0)) / 86400


def _of_the_day(hours: int, half: str | None) -> int:
    """Return an hour from 0, where the half of the day may be given by a letter of AM or PM."""
    if not half:
        return hours
    return hours % 12 + (12 if half.casefold() == "p" else 0)


def order_of(texts: Sequence[str]) -> DateOrder:
    """Return whether dates with slashes or hyphens put the day or the month first, told from all of them."""
    pairs = [(int(m[1]), int(m[3])) for text in texts if (m := _WRITTEN.match(text)) and m["mark"] != "."]
    if any(first > 12 for first, _ in pairs):
        return "day first"
    return "month first" if any(second > 12 for _, second in pairs) else "not known"


def is_date(text: str) -> bool:
    """Return whether a text is written as a date."""
    text = _CLOCK_TIME.sub("", text)
    return any(form.fullmatch(text) for form in (_ISO, _WRITTEN, _NAMED))


def _month(word: str) -> int:
    """Return the number of a month by its name, or the first letters of it that no other month has; else 0."""
    word = "sep" if word == "sept" else word
    numbers = {number for names in _MONTHS for number, name in enumerate(names, 1) if name.startswith(word)}
    return numbers.pop() if len(numbers) == 1 else 0


def _date(text: str, shown: str, order: DateOrder) -> datetime.date:
    if _ISO.fullmatch(text):
        parts = re.split(r"[-/.]", text) if not text.isdecimal() else [text[:4], text[4:6], text[6:]]
        year, month, day = map(int, parts)
    elif named := _NAMED.fullmatch(text):
        month = _month(named[2].casefold())
        if not month:
            raise QuantityError(f'"{shown}" is not a date', cure=_WANTED)
        day, year = int(named[1]), int(named[3])
    elif written := _WRITTEN.fullmatch(text):
        if len(written[4]) == 2:
            raise QuantityError(f'"{shown}" has a year of two digits', cure=_WANTED)
        if written["mark"] != "." and order == "not known":
            raise QuantityError(f'"{shown}" may have the day or the month first', cure=_WANTED)
        first, second, year = int(written[1]), int(written[3]), int(written[4])
        month_first = written["mark"] != "." and order == "month first"
        day, month = (second, first) if month_first else (first, second)
    else:
        raise QuantityError(f'"{shown}" is not a date', cure=_WANTED)
    try:
        return datetime.date(year, month, day)
    except ValueError:
        raise QuantityError(f'"{shown}" is not a date', cure="check day and month") from None
