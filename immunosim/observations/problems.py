"""Problems of a table, collected so that all of them are reported at once, in the order of its lines.

A problem that repeats from line to line in one column is reported once, with the lines that it is on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from immunosim.errors import DataError, InputProblem, QuantityError

MOST_FOUND = 1000
"""Problems after which the rest of a table is not read: each may search close matches, which takes a millisecond."""

_VARIABLE = re.compile(r'"[^"]*"|[-+]?[0-9][0-9.,:e+]*')
"""What may differ between two problems of one kind: what is quoted, and numbers."""

_MOST_LINES = 5


class Problems:
    """What is wrong with a file so far; of hopeless files the first ``MOST_FOUND``."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._problems: list[tuple[int, InputProblem]] = []

    def add(self, line: int, column: str, reason: str, cure: str) -> None:
        """Add a problem at a line and, unless empty, a column; raise all where they are too many to go on."""
        self._problems.append((line, InputProblem(reason, f"{self._file}: line {line}", column or None, cure)))
        if len(self._problems) >= MOST_FOUND:
            self.refuse()

    @contextmanager
    def at(self, line: int, column: str) -> Iterator[None]:
        """Take a `QuantityError` of the block as a problem of this place."""
        try:
            yield
        except QuantityError as error:
            self.add(line, column, error.reason, error.cure or "")

    @property
    def lines(self) -> set[int]:
        """Return the lines that have a problem."""
        return {line for line, _ in self._problems}

    def each_kind(self) -> list[tuple[int, InputProblem]]:
        """Return the first problem of each kind and column with its line, in the order of lines."""
        ordered = sorted(self._problems, key=lambda numbered: numbered[0])
        groups: dict[tuple[str, str], list[tuple[int, InputProblem]]] = {}
        for line, problem in ordered:
            groups.setdefault((problem.key or "", kind_of(problem.reason)), []).append((line, problem))
        return [
            (
                line,
                InputProblem(
                    f"{first.reason}{also_on(number for number, _ in others)}", first.file, first.key, first.cure
                ),
            )
            for (line, first), *others in groups.values()
        ]

    def refuse(self) -> None:
        """Raise a `DataError` with all problems, if there are any."""
        if self._problems:
            raise DataError(problems=[problem for _, problem in self.each_kind()])


def kind_of(reason: str) -> str:
    """Return a reason without what differs between problems of one kind: quoted text and numbers."""
    return _VARIABLE.sub("~", reason)


def also_on(lines: Iterable[int]) -> str:
    """Return in brackets on which further lines the same is wrong; nothing where there are none."""
    numbers = sorted(set(lines))
    if not numbers:
        return ""
    shown = ", ".join(map(str, numbers[:_MOST_LINES]))
    rest = len(numbers) - _MOST_LINES
    more = f" and {rest} more, the last on line {numbers[-1]}" if rest > 0 else ""
    return f" (the same on line{'s' * (len(numbers) > 1)} {shown}{more})"
