"""Times of a scenario: text, dates and offsets from a course become days after day 0.

A time is a duration after day 0 (``"12 months"``, ``"-8 months"``), an ISO date (where the scenario has a
``start_date``), or an offset: from the first infusion of a course (``"course 2 + 30 days"``), from the first dose of an
order of a drug (``"course 2 of DRUG"``) or from a drug's last planned dose (``"last dose of DRUG"``).
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Sequence

from immunosim.errors import QuantityError, did_you_mean
from immunosim.safe_text import shortened
from immunosim.scenario.anchors import Anchor, anchors_of, entry_of, listed
from immunosim.scenario.drug_names import known_drugs, with_drugs_of
from immunosim.units import index_of, parse_quantity, shown

WANTED = 'a time such as "12 months", a date such as 2017-06-15 or "course 2 + 30 days"'
LONGEST_TIME = 200
"""Longest text that is read as an offset from a course, in characters."""

FARTHEST_TIME = 1e6
"""Times farther from day 0 than this (day) would leave too few digits for the length of an infusion."""

ROUNDING = 1e-9
"""Times that differ by less than this (day) count as equal."""

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2})?)?")
_QUANTITY = re.compile(r"[+-]?\s*[.,]?\d")
_OF_DRUG = re.compile(r"(?:course\s+(?P<number>\d+)|(?:the\s+)?last\s+dose)\s+of\s+(?P<drug>.+)", re.IGNORECASE)
_ANCHORED = re.compile(r"(?P<anchor>.+?)\s*(?:(?P<sign>[+-])\s*(?P<offset>\.?\d.*))?")


class Clock:
    """The dates, courses and orders of drugs that the times of one scenario may refer to.

    Parameters
    ----------
    start_date : object
        The date of day 0 as given; anything but a date counts as no date.
    courses : sequence of (label, start)
        Label and start of each course as given, in the order of the file.
    orders : iterable of Anchor
        The orders of all drugs as given; taken when a time refers to one.
    """

    def __init__(
        self, start_date: object, courses: Sequence[tuple[object, object]], orders: Iterable[Anchor] = ()
    ) -> None:
        self._day_zero = as_date(start_date)
        self._courses = [
            Anchor(f"course {number}", f"course[{number}]", start) for number, (_, start) in enumerate(courses, 1)
        ]
        self._labels = {label: number for number, (label, _) in enumerate(courses, 1) if isinstance(label, str)}
        self._orders, self._drugs = orders, known_drugs()
        self._pending: list[str] = []

    @classmethod
    def of(cls, scenario: object) -> Clock:
        """Return the clock of a scenario, or of raw data that may be invalid."""
        courses = [(entry_of(course, "label"), entry_of(course, "start")) for course in listed(scenario, "course")]
        with with_drugs_of(scenario):
            return cls(entry_of(scenario, "start_date"), courses, anchors_of(scenario))

    def days(self, value: object, *, bare: bool = False) -> float:
        """Return a time as days after day 0.

        Raises
        ------
        QuantityError
            Where the value is not a time, or refers to a date or course that the scenario does not have.
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
        start = self._moment(anchor, text)
        if offset is None:
            return start
        days = parse_quantity(offset, "day", wanted='an offset such as "30 days"')
        return start - days if sign == "-" else start + days

    def _moment(self, anchor: str, text: str) -> float:
        """Return the day of a course, of an order of a drug, or of a drug's last dose."""
        is_label = anchor in self._labels or _without_course(anchor) in self._labels
        match = None if is_label else _OF_DRUG.fullmatch(anchor)
        if match is None:
            return self._start_of(self._courses[self._number_of(anchor, text) - 1], text)
        orders = self._orders_of(match["drug"], text)
        if match["number"] is None:
            return max(self._last_of(order, text) for order in orders)
        number = index_of(match["number"]) or 0
        if not 1 <= number <= len(orders):
            cure = f"the scenario has {_count(len(orders))} of it"
            raise QuantityError(f"{shown(text)}: there is no course {match['number'][:20]}", cure=cure)
        return self._start_of(orders[number - 1], text)

    def _orders_of(self, name: str, text: str) -> list[Anchor]:
        meant = name.strip().casefold()
        drug = next((drug.name for drug in self._drugs if meant in (drug.name, drug.label.casefold())), None)
        if drug is None:
            cure = did_you_mean(name, [drug.name for drug in self._drugs])
            raise QuantityError(f'{shown(text)}: unknown drug "{shortened(name, 60)}"', cure=cure)
        self._orders = tuple(self._orders)
        orders = [order for order in self._orders if order.drug == drug]
        if not orders:
            raise QuantityError(f"{shown(text)}: the scenario gives no {drug}", cure="name a drug that it gives")
        return orders

    def _number_of(self, anchor: str, text: str) -> int:
        name = _without_course(anchor)
        prefixed = name != anchor
        if prefixed and name.isdecimal():
            number = index_of(name) or 0
            if not 1 <= number <= len(self._courses):
                cure = f"the scenario has {_count(len(self._courses))}"
                raise QuantityError(f"{shown(text)}: there is no course {name[:20]}", cure=cure)
            return number
        for label in (name, anchor):
            if label in self._labels:
                return self._labels[label]
        if prefixed:
            raise QuantityError(f'{shown(text)}: unknown course "{name}"', cure=did_you_mean(name, self._labels))
        raise QuantityError(f"{shown(text)} is not a time", cure=f"expected {WANTED}")

    def _start_of(self, order: Anchor, text: str) -> float:
        if order.key in self._pending:
            reason = f"{shown(text)}: the start of {order.name} depends on itself"
            raise QuantityError(reason, cure="give one start as a duration")
        return self._resolved(order, order.start, "start", text)

    def _last_of(self, order: Anchor, text: str) -> float:
        """Return the planned day of the last dose of an order, or the last day of what is taken continuously."""
        if order.is_continuous:
            if order.stop is None:
                reason = f"{shown(text)}: {order.name} goes on to the horizon"
                raise QuantityError(reason, cure=f"give {order.key} a stop")
            return self._resolved(order, order.stop, "stop", text)
        start = self._start_of(order, text)
        if order.n_doses == 1:
            return start
        try:
            every = parse_quantity(order.every, "day", bare=not isinstance(order.every, str))
        except QuantityError:
            every = None
        if every is None or order.n_doses is None:
            cure = f"correct doses and every of {order.key} first"
            raise QuantityError(f"{shown(text)}: the last dose of {order.name} is not known", cure=cure)
        return start + (order.n_doses - 1) * every

    def _resolved(self, order: Anchor, time: object, of: str, text: str) -> float:
        """Return a time of an order, which must not refer back to itself."""
        self._pending.append(order.key)
        try:
            return self.days(time, bare=not isinstance(time, str))
        except QuantityError as error:
            if "depends on itself" in error.reason:
                raise
            cure = f"correct {order.key}.{of} first"
            raise QuantityError(f"{shown(text)}: the {of} of {order.name} is not known", cure=cure) from None
        finally:
            self._pending.pop()


def _without_course(anchor: str) -> str:
    return anchor[len("course ") :].strip() if anchor.casefold().startswith("course ") else anchor


def in_words(days: float) -> str:
    """Return a duration as text in minutes, hours or days."""
    for unit, length in (("min", 1 / 1440), ("h", 1 / 24)):
        if days < (1 / 24 if unit == "min" else 2):
            return f"{days / length:.6g} {unit}"
    return f"{days:.6g} days"


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


def _count(courses: int) -> str:
    return "no courses" if courses == 0 else "1 course" if courses == 1 else f"{courses} courses"
