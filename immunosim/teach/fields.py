"""The fields of the records of lessons: names, keys and changes of a scenario, with their bounds."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sized
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BeforeValidator, ConfigDict

from immunosim.errors import InputProblem, QuantityError
from immunosim.scenario.base import Record, Text
from immunosim.scenario.messages import RecordFault
from immunosim.scenario.overrides import LONGEST_PATH
from immunosim.units import finite, shown

_C = TypeVar("_C", bound=Sized)

MOST_SETTINGS = 40
LONGEST_VALUE = 200

RESERVED = frozenset({"constructor", "prototype"})
"""Names that every object of JavaScript has already."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_KEY = re.compile(r"[A-Za-z][\w-]*(\.[\w-]+|\[\d+\])*")


def checked_name(text: str) -> str:
    """Return a name of a lesson, a task or an option, or raise ``QuantityError``."""
    if not _NAME.fullmatch(text) or text in RESERVED:
        cure = "use up to 40 small letters, digits and _, beginning with a letter"
        raise QuantityError(f"{shown(text)} cannot be a name", cure=cure)
    return text


def _key(text: str) -> str:
    if len(text) > LONGEST_PATH or not _KEY.fullmatch(text):
        raise QuantityError(f"{shown(text)} is not a key of a scenario", cure='write for example "course.2.start"')
    return text


def _tolerance(value: object) -> float | str:
    cure = 'give a share such as 0.1, or a quantity such as "5 days"'
    if isinstance(value, str) and 0 < len(value) <= LONGEST_VALUE:
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise QuantityError(f"{shown(value)} is not a tolerance", cure=cure)
    if not 0.0 < finite(value, value) <= 1.0:
        raise QuantityError(f"{shown(value)} is out of range, must be above 0 and at most 1", cure=cure)
    return float(value)


def sized(most: int) -> AfterValidator:
    """Return a rule on the number of characters of a text."""

    def check(text: str) -> str:
        if not text.strip():
            raise QuantityError("is empty", cure="write a text")
        if len(text) > most:
            raise QuantityError(f"has {len(text):,} characters", cure=f"write at most {most:,}")
        return text

    return AfterValidator(check)


def counted(least: int, most: int) -> AfterValidator:
    """Return a rule on the number of entries of a list or a table."""

    def check(entries: _C) -> _C:
        if not least <= len(entries) <= most:
            n = len(entries)
            cure = f"give {least} to {most}" if least else f"give at most {most}"
            raise QuantityError(f"has {n} {'entry' if n == 1 else 'entries'}", cure=cure)
        return entries

    return AfterValidator(check)


def _settings(value: object) -> object:
    """Refuse what no override can be; each problem has the key that it is about."""
    if not isinstance(value, dict):
        raise QuantityError("expected a table", cure=f'write {{ "course.2.dose" = "6 mg" }}, got {shown(value)}')
    if len(value) > MOST_SETTINGS:
        raise QuantityError(f"has {len(value)} changes", cure=f"give at most {MOST_SETTINGS}")
    problems = [problem for key, entry in value.items() for problem in _setting_problems(key, entry)]
    if problems:
        raise RecordFault(problems)
    return value


def _setting_problems(key: str, value: object) -> Iterator[InputProblem]:
    try:
        _key(key)
    except QuantityError as error:
        yield InputProblem(error.reason, cure=error.cure)
        return
    entries = value if isinstance(value, list) else [value]
    if any(not isinstance(entry, (str, int, float)) for entry in entries) or len(entries) > MOST_SETTINGS:
        cure = 'write a quantity such as "6 mg", a number, true or false, or a list of names'
        yield InputProblem(f"{shown(value)} is not a value of a scenario", key=f'"{key}"', cure=cure)
    for entry in entries:
        if isinstance(entry, str) and not 0 < len(entry) <= LONGEST_VALUE:
            cure = f"write 1 to {LONGEST_VALUE} characters"
            yield InputProblem(f"has {len(entry)} characters", key=f'"{key}"', cure=cure)
        elif isinstance(entry, float) and not math.isfinite(entry):
            yield InputProblem("is not a finite number", key=f'"{key}"', cure="give a number")


Name = Annotated[Text, AfterValidator(checked_name)]
"""What tasks, options and lessons are called: part of file names, links and of keys in the texts."""

KeyPath = Annotated[Text, AfterValidator(_key)]
"""Key of a scenario, as ``--set`` of the command line takes it: ``course.2.dose``."""

SettingsTable = Annotated[dict[str, Any], BeforeValidator(_settings)]
"""Changes of a scenario by key, as ``load_scenario`` takes them."""

Phrase = Annotated[Text, sized(LONGEST_VALUE)]
AnswerTolerance = Annotated[Any, BeforeValidator(_tolerance)]
"""A share of the right answer, or an absolute quantity as text."""


class LessonRecord(Record):
    """A table of a lesson; ``as`` is written so although Python cannot have a field of that name."""

    model_config = ConfigDict(populate_by_name=False, protected_namespaces=())

    def problems(self) -> Iterable[InputProblem]:
        """Return no problem, where the values of a table cannot contradict one another."""
        return ()

    @classmethod
    def known_keys(cls) -> tuple[str, ...]:
        """Return the keys that a file may hold."""
        return tuple(field.alias or name for name, field in cls.model_fields.items())

    @classmethod
    def annotation_of(cls, key: str) -> Any:
        """Return the type of the value of a key; None where there is no such key."""
        by_key = {field.alias or name: field.annotation for name, field in cls.model_fields.items()}
        return by_key.get(key)
