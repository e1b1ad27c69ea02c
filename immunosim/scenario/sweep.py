"""The parameter sweep of a scenario: factors, sampling design and stored outputs.

Only ``immunosim sweep`` reads it; a single run of the scenario ignores it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StrictBool, StrictFloat, StrictInt

from immunosim.scenario.base import Record, Text, each_value_stands_alone
from immunosim.scenario.quantities import Duration, TimePoint

Level = StrictBool | StrictInt | StrictFloat | Text


def _flat(value: object) -> object:
    """Join the keys of nested tables, which is what TOML makes of ``vary.patient.age`` without quotes."""
    return dict(_joined(value, "")) if isinstance(value, Mapping) else value


def _joined(table: Mapping[str, object], path: str) -> Iterator[tuple[str, object]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _joined(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value


Varied = Annotated[dict[Text, Text | tuple[Level, ...]], BeforeValidator(_flat)]


class Sweep(Record):
    """A parameter sweep or virtual population.

    `vary` has a range as text (``"6 mg:24 mg"``, ``"x0.5:x2:log"``) or a list of values for each key.
    """

    design: Literal["grid", "latin_hypercube", "sobol"] = "latin_hypercube"
    n: Annotated[StrictInt, Field(ge=1, le=10**12)] = 1000
    seed: Annotated[StrictInt, Field(ge=0, lt=2**63)] = 0
    rows: Text = ""
    vary: Varied = Field(default={})
    endpoints: tuple[Text, ...] = ()
    readouts: tuple[Text, ...] = ()
    at: tuple[TimePoint, ...] = ()
    every: Duration | None = None
    pools: StrictBool = False
    problems = each_value_stands_alone
