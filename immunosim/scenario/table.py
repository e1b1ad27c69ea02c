"""What a table of a scenario file may hold: its keys and the types of their values. Knows no table in particular."""

from __future__ import annotations

from typing import Any, ClassVar, get_args

from pydantic import BaseModel


class ScenarioTable(BaseModel):
    """Base of all records: a table whose keys are its fields, unless it says otherwise.

    Attributes
    ----------
    superseded : dict of str to str
        Keys that older files have, and the present key of each.
    """

    superseded: ClassVar[dict[str, str]] = {}

    @classmethod
    def known_keys(cls) -> tuple[str, ...]:
        """Return the keys that a file may hold, in the order in which they are written."""
        return tuple(cls.model_fields)

    @classmethod
    def annotation_of(cls, key: str) -> Any:
        """Return the type of the value of a key, also of a superseded one; None where there is no such key."""
        name = cls.superseded.get(key, key)
        return cls.model_fields[name].annotation if name in cls.known_keys() else None


def record_in(annotation: Any) -> type[ScenarioTable] | None:
    """Return the record class that a field's annotation holds, alone, optional or in a list."""
    if isinstance(annotation, type) and issubclass(annotation, ScenarioTable):
        return annotation
    return next(filter(None, map(record_in, get_args(annotation))), None)


def is_listed(annotation: Any) -> bool:
    """Return whether a field's annotation is a list of records or values."""
    return getattr(annotation, "__origin__", None) is tuple
