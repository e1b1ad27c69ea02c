"""The base of all records of a scenario, and the field types that need nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    StrictInt,
    StrictStr,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from immunosim.errors import InputProblem, QuantityError, ScenarioError
from immunosim.scenario.messages import RecordFault, translated, unknown_keys
from immunosim.scenario.table import ScenarioTable

_AS_UTF_8 = "write files and options as UTF-8"
_INSIDE: ContextVar[bool] = ContextVar("inside", default=False)


class Record(ScenarioTable):
    """Base of all records: frozen, without unknown keys, with rules and with messages of this package.

    Raises
    ------
    TypeError
        When a record is declared without rules, which would otherwise be forgotten silently.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", revalidate_instances="always")

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Refuse a record without rules."""
        super().__init_subclass__(**kwargs)
        if cls.problems is Record.problems:
            raise TypeError(f"{cls.__name__} has no rules: define problems, or problems = each_value_stands_alone")

    def problems(self) -> Iterable[InputProblem]:
        """Return the contradictions within the record, with keys relative to it.

        Ambiguous input is refused, never guessed. Times that are still text are checked by the scenario that the record
        enters.
        """
        raise NotImplementedError

    @model_validator(mode="wrap")
    @classmethod
    def _report_problems(cls, data: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        # Only the outermost record reports, so that all problems of a file come together with their full key paths.
        if _INSIDE.get():
            return cls._checked(data, handler)
        file = (info.context or {}).get("file", cls.__name__.lower())
        token = _INSIDE.set(True)
        try:
            return cls._checked(data, handler)
        except (ValidationError, RecordFault) as error:
            raise translated(error, cls, file) from None
        except UnicodeEncodeError as error:  # a byte of an option that is not UTF-8 stands as what is not a character
            reason = f"a text contains {error.object[error.start : error.end]!a}, which is not Unicode"
            raise ScenarioError(reason, file=file, cure=_AS_UTF_8) from None
        finally:
            _INSIDE.reset(token)

    @classmethod
    def _checked(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        fault = unknown_keys(data, cls)
        if fault:
            raise fault
        record = handler(data)
        problems = list(record.problems())
        if problems:
            raise RecordFault(problems)
        return record


def each_value_stands_alone(_record: Record) -> tuple[InputProblem, ...]:
    """Return no problem: the rules of a record whose values cannot contradict one another."""
    return ()


def ends_before_start(start: object, stop: object) -> Iterator[InputProblem]:
    """Yield a problem where a stop is not after its start; times that are still text are skipped."""
    if isinstance(start, float) and isinstance(stop, float) and stop <= start:
        reason = f"day {stop:g} is not after the start, day {start:g}"
        yield InputProblem(reason, key="stop", cure="let stop come after start")


def _unicode(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise QuantityError("is not Unicode text", cure=_AS_UTF_8) from None
    return text


Text = Annotated[StrictStr, AfterValidator(_unicode)]
Repeats = Annotated[StrictInt, Field(ge=1, le=100_000)]
