"""The base of all records of a scenario, and the field types that need nothing else."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    StrictInt,
    StrictStr,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from immunosim.scenario.checks import problems_of_record
from immunosim.scenario.problems import RecordFault, translated, unknown_keys

_INSIDE: ContextVar[bool] = ContextVar("inside", default=False)


class Record(BaseModel):
    """Base of all records: frozen, without unknown keys, and with our own messages."""

    model_config = ConfigDict(frozen=True, extra="forbid", revalidate_instances="always")

    @model_validator(mode="wrap")
    @classmethod
    def _report_in_our_words(cls, data: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        # Only the outermost record reports, so that all problems of a file come together with their full key paths.
        if _INSIDE.get():
            return cls._checked(data, handler)
        token = _INSIDE.set(True)
        try:
            return cls._checked(data, handler)
        except (ValidationError, RecordFault) as error:
            raise translated(error, cls, (info.context or {}).get("file", cls.__name__.lower())) from None
        finally:
            _INSIDE.reset(token)

    @classmethod
    def _checked(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        fault = unknown_keys(data, cls)
        if fault:
            raise fault
        record = handler(data)
        problems = problems_of_record(record)
        if problems:
            raise RecordFault(problems)
        return record


Text = StrictStr
Repeats = Annotated[StrictInt, Field(ge=1, le=100_000)]
