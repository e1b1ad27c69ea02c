"""The base of records some of whose keys the model names: drugs, untreated counts, draws of hazards.

Such a key is an extra field of pydantic's, so one class of records serves all models.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BeforeValidator, ConfigDict, model_validator
from pydantic_core import PydanticKnownError

from immunosim.errors import InputProblem
from immunosim.scenario.base import Record


class _Unknown:
    """Stands for the value of a key that the model does not name."""


def _refused(value: object) -> object:
    if isinstance(value, _Unknown):
        raise PydanticKnownError("extra_forbidden")
    return value


RefusedIfUnknown = BeforeValidator(_refused)
"""Part of the type of all extra fields, so that a key which the model does not name is an unknown key."""


class ModelRecord(Record):
    """Base of records some of whose keys the model names."""

    model_config = ConfigDict(extra="allow")

    @classmethod
    def named_by_model(cls) -> tuple[str, ...]:
        """Return the keys that the model which is being read names."""
        raise NotImplementedError

    @classmethod
    def type_of_named(cls) -> Any:
        """Return the type of their values."""
        raise NotImplementedError

    @classmethod
    def known_keys(cls) -> tuple[str, ...]:
        """Return the keys that a file may hold."""
        return (*cls.model_fields, *cls.named_by_model())

    @classmethod
    def annotation_of(cls, key: str) -> Any:
        """Return the type of the value of a key; None where there is no such key."""
        return cls.type_of_named() if key in cls.named_by_model() else super().annotation_of(key)

    def problems(self) -> Iterable[InputProblem]:
        """Return no problem, unless a record has rules."""
        return ()

    @model_validator(mode="before")
    @classmethod
    def _mark_unknown_keys(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        known = {*cls.model_fields, *cls.named_by_model()}
        return {key: value if key in known else _Unknown() for key, value in data.items()}
