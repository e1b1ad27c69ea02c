"""A whole qualification: every check in its order, each by itself, so that one that fails hides no other."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from immunosim.codegen.loader import say_nothing
from immunosim.diagnosis.software import BROKEN
from immunosim.errors import ImmunosimError
from immunosim.qualification.installation import environment, now
from immunosim.qualification.records import CheckOutcome, RequirementCheck, RequirementResult, Tell, Verdict
from immunosim.qualification.requirements import all_checks
from immunosim.result import Result

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


@dataclass(frozen=True, repr=False)
class Qualification(Result):
    """What a qualification found, and where and when.

    Attributes
    ----------
    started : str
        Date and time, ISO 8601 with the offset from UTC.
    seconds : float
    results : tuple of RequirementResult
    environment : dict
        Software, machine, model, hashes and shipped files.
    """

    started: str
    seconds: float
    results: tuple[RequirementResult, ...]
    environment: dict[str, Any]

    @property
    def failures(self) -> tuple[RequirementResult, ...]:
        """The requirements that are not met."""
        return tuple(result for result in self.results if result.has_failed)

    @property
    def passed(self) -> bool:
        """Whether every requirement is met."""
        return not self.failures

    def headline(self) -> str:
        """Return in a line whether every requirement is met."""
        return f"{len(self.failures)} of {len(self.results)} requirements are not met, {self.started}"

    def facts(self) -> dict[str, object]:
        """Return the requirements that are not met."""
        return {one.check.id: f"{one.check.requirement}: {one.outcome.value}" for one in self.failures}

    def summary(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return self.as_dict()

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a requirement."""
        import pandas as pd

        return pd.DataFrame(map(_as_dict, self.results))

    @property
    def dataset(self) -> xr.Dataset:
        """The requirements over ``id``."""
        return self.to_dataframe().drop(columns="notes").set_index("id").to_xarray()

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain data, ready for JSON."""
        return {
            "record": "immunosim qualification 1",
            "passed": self.passed,
            "started": self.started,
            "seconds": round(self.seconds, 1),
            **self.environment,
            "checks": [_as_dict(result) for result in self.results],
        }


def qualify(
    announce: Callable[[str], None] = say_nothing,
    detail: Tell = say_nothing,
    checks: Sequence[RequirementCheck] | None = None,
) -> Qualification:
    """Check every requirement on this machine.

    Parameters
    ----------
    announce : callable
        Told in a sentence which requirement is checked.
    detail : callable
        Told in a few words how far a check has come.
    checks : sequence of RequirementCheck, optional
        By default all.
    """
    chosen = all_checks() if checks is None else tuple(checks)
    began, started = time.perf_counter(), now().isoformat()
    results = []
    for number, check in enumerate(chosen, 1):
        announce(f"{check.id} ({number} of {len(chosen)}): {check.requirement}")
        results.append(look(check, detail))
    return Qualification(started, time.perf_counter() - began, tuple(results), environment())


def look(check: RequirementCheck, tell: Tell) -> RequirementResult:
    """Make one check; what stops it is its failure."""
    began = time.perf_counter()
    try:
        outcome = check.look(tell)
    except ImmunosimError as error:
        outcome = CheckOutcome("could not be checked", Verdict.FAILED, tuple(str(error).splitlines()))
    except (*BROKEN, LookupError, ArithmeticError) as error:
        outcome = CheckOutcome("could not be checked", Verdict.FAILED, (f"{type(error).__name__}: {error}",))
    return RequirementResult(check, outcome, time.perf_counter() - began)


def _as_dict(result: RequirementResult) -> dict[str, Any]:
    check, outcome = result.check, result.outcome
    return {
        "id": check.id,
        "requirement": check.requirement,
        "method": check.method,
        "limit": check.limit,
        "value": outcome.value,
        "verdict": str(outcome.verdict),
        "seconds": round(result.seconds, 2),
        "notes": list(outcome.notes),
    }
