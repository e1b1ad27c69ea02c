"""The scenario as one record: one patient's history, with the rules between its records.

This module knows neither the model nor the numerics.
"""

from __future__ import annotations

from collections.abc import Iterable

from immunosim.errors import InputProblem
from immunosim.scenario.cross_checks import problems_between_records
from immunosim.scenario.history import History


class Scenario(History):
    """One patient's history and how to simulate it.

    Day 0 is the day from which times are counted; what lies before it is earlier treatment. A scenario built in code
    takes quantities as text, as a file does, or floats in internal units.

    Raises
    ------
    ScenarioError
        With every problem, one per line.
    """

    def problems(self) -> Iterable[InputProblem]:
        """Return the contradictions between the records, each of which is valid."""
        return problems_between_records(self)

    def __repr__(self) -> str:
        """Return title and horizon in one line; ``to_toml`` writes all values."""
        return f"<Scenario: {self.title or 'untitled'!r} until day {self.horizon:g}>"
