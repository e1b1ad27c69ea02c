"""What an examination of an installation finds."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How serious a finding is; with a problem, simulations do not run or cannot be trusted."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Finding:
    """One finding: what was looked at, what was found, and what to do about it (empty where nothing is to be done)."""

    name: str
    found: str
    state: Severity = Severity.OK
    cure: str = ""
