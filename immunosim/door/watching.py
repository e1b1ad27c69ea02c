"""How a long job says what it is doing, to whoever watches it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from immunosim.codegen.loader import say_nothing


class Watch(Protocol):
    """Told what a job is doing.

    Attributes
    ----------
    detail : str
        How far the step has come.
    """

    detail: str

    def begin(self, what: str) -> None:
        """Begin a step."""

    def announce(self, message: str) -> None:
        """Say something in a sentence that remains."""

    def counting(self, of: int, afterwards: str) -> Callable[[int, int], None]:
        """Return what is told how many more patients are done and failed; after the last another step begins."""


@dataclass
class Quiet:
    """A watch that shows no steps, and hands sentences on.

    Attributes
    ----------
    told : callable
    detail : str
    """

    told: Callable[[str], None] = say_nothing
    detail: str = ""

    def begin(self, what: str) -> None:
        """Begin a step."""

    def announce(self, message: str) -> None:
        """Hand a sentence on."""
        self.told(message)

    def counting(self, of: int, afterwards: str) -> Callable[[int, int], None]:
        """Return what counts nothing."""
        return lambda done, failed: None
