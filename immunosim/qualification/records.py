"""What a qualification consists of: requirements, how each is checked, and what was found.

Knows neither what is checked nor how it is reported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Verdict(StrEnum):
    """Whether a requirement is met here."""

    PASSED = "passed"
    FAILED = "FAILED"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True)
class CheckOutcome:
    """What one look found.

    Attributes
    ----------
    value : str
        What was measured, with its unit.
    verdict : Verdict
    notes : tuple of str
        Particulars, a sentence each: of a failure, what is wrong and what to do.
    """

    value: str
    verdict: Verdict
    notes: tuple[str, ...] = ()


def outcome(value: str, is_met: bool, notes: Iterable[str] = ()) -> CheckOutcome:
    """Return the outcome of a look that either passes or fails."""
    return CheckOutcome(value, Verdict.PASSED if is_met else Verdict.FAILED, tuple(notes))


Tell: TypeAlias = Callable[[str], None]
"""Told in a few words what is being done."""


@dataclass(frozen=True)
class RequirementCheck:
    """One requirement and how it is checked.

    Attributes
    ----------
    id : str
        Identifier, such as "OQ-03", which stays the same from release to release.
    requirement : str
        What must hold.
    method : str
        What is done to find out.
    limit : str
        What passes.
    look : callable
        Does it.
    """

    id: str
    requirement: str
    method: str
    limit: str
    look: Callable[[Tell], CheckOutcome]


@dataclass(frozen=True)
class RequirementResult:
    """A check with what came of it and how long it took (seconds)."""

    check: RequirementCheck
    outcome: CheckOutcome
    seconds: float

    @property
    def has_failed(self) -> bool:
        """Whether the requirement is not met."""
        return self.outcome.verdict is Verdict.FAILED
