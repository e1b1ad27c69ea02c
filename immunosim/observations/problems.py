"""Problems of a table, collected so that all of them are reported at once, in the order of its lines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from immunosim.errors import DataError, InputProblem, QuantityError

MOST_FOUND = 1000
"""Problems after which the rest of a table is not read: each may search close matches, which takes a millisecond."""


class Problems:
    """What is wrong with a file so far; of hopeless files the first ``MOST_FOUND``."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._found: list[tuple[int, InputProblem]] = []

    def add(self, line: int, column: str, reason: str, cure: str) -> None:
        """Add a problem at a line and, unless empty, a column; raise all where they are too many to go on."""
        self._found.append((line, InputProblem(reason, f"{self._file}: line {line}", column or None, cure)))
        if len(self._found) >= MOST_FOUND:
            self.refuse()

    @contextmanager
    def at(self, line: int, column: str) -> Iterator[None]:
        """Take a `QuantityError` of the block as a problem of this place."""
        try:
            yield
        except QuantityError as error:
            self.add(line, column, error.reason, error.cure or "")

    def refuse(self) -> None:
        """Raise a `DataError` with all that was found, if anything was."""
        if self._found:
            raise DataError(problems=[problem for _, problem in sorted(self._found, key=lambda numbered: numbered[0])])
