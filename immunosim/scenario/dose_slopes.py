"""How the segments of a scenario move with one number of a treatment: an amount, a rate, a time or a duration.

Dose events are built as usual, from a dual number, which carries its derivative along, so the derivative is exact.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

from immunosim.errors import ScenarioError, did_you_mean
from immunosim.scenario.base import Record
from immunosim.scenario.quantities import Quantity
from immunosim.scenario.regimen import Bolus, Event, begin_of, end_of, keyed_events, treatment_tables
from immunosim.scenario.scenario import Scenario
from immunosim.scenario.segments import nearest_boundary
from immunosim.scenario.volumes import set_by_volumes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_STEP = re.compile(r"(\w+)(?:\[(\d+)\])?")


@dataclass(frozen=True)
class TreatmentNumber:
    """A number of a treatment.

    Attributes
    ----------
    key : str
        Its key path, entries counted from one: ``course[1].dose``.
    value : float
    unit : str
    """

    key: str
    value: float
    unit: str


class Dual(float):
    """A number and its derivative; sums, products and quotients carry it along, comparisons see the number alone."""

    slope: float

    def __new__(cls, value: float, slope: float = 0.0) -> Dual:
        """Return the number with its derivative."""
        made = super().__new__(cls, value)
        made.slope = slope
        return made

    def __add__(self, other: float) -> Dual:
        """Return the sum."""
        return Dual(float(self) + float(other), slope_of(self) + slope_of(other))

    def __sub__(self, other: float) -> Dual:
        """Return the difference."""
        return Dual(float(self) - float(other), slope_of(self) - slope_of(other))

    def __rsub__(self, other: float) -> Dual:
        """Return the difference from another number."""
        return Dual(float(other) - float(self), slope_of(other) - slope_of(self))

    def __mul__(self, other: float) -> Dual:
        """Return the product."""
        a, b = float(self), float(other)
        return Dual(a * b, slope_of(self) * b + a * slope_of(other))

    def __truediv__(self, other: float) -> Dual:
        """Return the quotient."""
        a, b = float(self), float(other)
        return Dual(a / b, (slope_of(self) - a / b * slope_of(other)) / b)

    def __rtruediv__(self, other: float) -> Dual:
        """Return another number divided by this one."""
        return Dual(other) / self

    __radd__ = __add__
    __rmul__ = __mul__


def slope_of(number: float) -> float:
    """Return the derivative that a number carries, zero for a plain one."""
    return number.slope if isinstance(number, Dual) else 0.0


def dose_tables(scenario: Scenario) -> tuple[str, ...]:
    """Return the tables whose numbers move the segments of a scenario."""
    return (*treatment_tables(scenario), "input")


def is_treatment_number(key: str) -> bool:
    """Return whether a name is the key path of a treatment rather than the name of a parameter."""
    return "." in key or "[" in key


def find_treatment_number(scenario: Scenario, key: str, file: str = "scenario") -> TreatmentNumber:
    """Return the number at a key path.

    Raises
    ------
    ScenarioError
        If the path leads nowhere, or to something that is not an amount, a rate, a time or a duration.
    """
    record, name = _owner(scenario, key, file)
    value, unit = getattr(record, name), _unit_of(record, name)
    if name == "dose" and getattr(record, "effect", None) is not None:
        value = None  # the effect stands for it
    if unit is None or not isinstance(value, float):
        reason = "is not given" if value is None else "is not an amount, a rate, a time or a duration"
        raise ScenarioError(reason, file=file, key=key, cure="name such a number, for example course[1].dose")
    _refuse_moved_parameter(_with(scenario, _steps(key), Dual(value, 1.0)), key, file)
    return TreatmentNumber(key, value, unit)


def _refuse_moved_parameter(moved: Scenario, key: str, file: str) -> None:
    """Refuse a number that moves a parameter beside the segments: the slopes of these would be half of the truth."""
    for name, volume in set_by_volumes(moved).items():
        if slope_of(volume.millilitres) != 0.0 and name not in moved.parameters:
            cure = f"differentiate by {name}, or set parameters.{name}, which goes before the volume"
            raise ScenarioError(f"also sets the parameter {name}, by a volume", file=file, key=key, cure=cure)


def segment_slopes(
    scenario: Scenario, key: str, boundaries: Floats, input_names: Sequence[str], pool_names: Sequence[str]
) -> tuple[Floats, Floats, Floats]:
    """Return how the segments that ``build_segments`` makes of a scenario move with a number of a treatment.

    Parameters
    ----------
    scenario : Scenario
    key : str
        Key path of the number, as ``find_treatment_number`` takes it.
    boundaries : ndarray, shape (n_segments + 1,), day
    input_names, pool_names : sequence of str
        As given to ``build_segments``.

    Returns
    -------
    inputs : ndarray, shape (n_segments, n_inputs)
    jumps : ndarray, shape (n_segments, n_pools)
    times : ndarray, shape (n_segments + 1,)
        Derivatives by the number, each per its unit.

    Raises
    ------
    ScenarioError
        If doses meet at a time and the number moves some of them only: the segment between them would have a length
        to one side alone.
    """
    import numpy as np

    value = find_treatment_number(scenario, key).value
    moved = _with(scenario, _steps(key), Dual(value, 1.0))
    n_segments = len(boundaries) - 1
    inputs, jumps = np.zeros((n_segments, len(input_names))), np.zeros((n_segments, len(pool_names)))
    times: list[set[float]] = [set() for _ in boundaries]
    for _, event in keyed_events(moved):
        first, last = (nearest_boundary(boundaries, float(time)) for time in (begin_of(event), end_of(event)))
        times[first].add(slope_of(begin_of(event)))
        times[last].add(slope_of(end_of(event)))
        if isinstance(event, Bolus):
            jumps[first, list(pool_names).index(event.pool)] += slope_of(event.amount)
        else:
            inputs[first:last, list(input_names).index(event.input)] += slope_of(event.rate)
    _refuse_parting(times, boundaries, key)
    return inputs, jumps, np.array([max(slopes, default=0.0, key=abs) for slopes in times])


def moved_targets(scenario: Scenario, key: str) -> tuple[set[str], set[str]]:
    """Return the names of the inputs and of the pools whose doses a number of a treatment moves."""
    moved = _with(scenario, _steps(key), Dual(find_treatment_number(scenario, key).value, 1.0))
    events = [event for _, event in keyed_events(moved) if _is_moved(event)]
    pools = {event.pool for event in events if isinstance(event, Bolus)}
    return {event.input for event in events if not isinstance(event, Bolus)}, pools


def _is_moved(event: Event) -> bool:
    amounts = (event.amount,) if isinstance(event, Bolus) else (event.amount, event.rate)
    return any(slope_of(number) != 0.0 for number in (begin_of(event), end_of(event), *amounts))


def _refuse_parting(times: Sequence[set[float]], boundaries: Floats, key: str) -> None:
    # The horizon stays where it is: what would move there moves nothing before it.
    for slopes, time in zip(times[:-1], boundaries, strict=False):
        if len(slopes) > 1:
            reason = f"moves one dose on day {time:g} and not another that begins or ends at the same time"
            raise ScenarioError(reason, key=key, cure="move them apart, by a minute or more")


def _steps(key: str) -> list[tuple[str, int | None]]:
    steps = [_STEP.fullmatch(part.strip()) for part in key.split(".")]
    if any(step is None for step in steps):
        raise ScenarioError("is not a key path", key=key, cure="write for example course[1].dose")
    return [(step[1], int(step[2]) if step[2] else None) for step in steps if step is not None]


def _owner(scenario: Scenario, key: str, file: str) -> tuple[Record, str]:
    """Return the record that holds the last step of a key path, and the name of that step."""
    record: Any = scenario
    steps = _steps(key)
    for position, (name, number) in enumerate(steps):
        known = dose_tables(scenario) if position == 0 else type(record).known_keys()
        if name not in known:
            present = type(record).superseded.get(name)
            cure = f"its present name is {present}" if present else did_you_mean(name, known)
            raise ScenarioError(f'unknown key "{name}"', file=file, key=key, cure=cure)
        if position == len(steps) - 1 and number is None:
            return record, name
        record = getattr(record, name)
        if number is not None:
            entries = record if isinstance(record, tuple) else ()
            if not 1 <= number <= len(entries):
                count = f"{len(entries)} of them"
                raise ScenarioError(f"there are {count}", file=file, key=key, cure="entries are counted from 1")
            record = entries[number - 1]
        if not isinstance(record, Record):
            cure = f"write {name}[1]" if isinstance(record, tuple) and record else "it is not given"
            raise ScenarioError(f'"{name}" is not a single record', file=file, key=key, cure=cure)
    raise ScenarioError("is a whole record", file=file, key=key, cure="add the number that is meant, such as .dose")


def _with(record: Record, steps: Sequence[tuple[str, int | None]], value: Dual) -> Any:
    """Return a copy of a record with one number below it replaced, unchecked."""
    (name, number), rest = steps[0], steps[1:]
    if not rest:
        return record.model_copy(update={name: value})
    below = getattr(record, name)
    if number is None:
        return record.model_copy(update={name: _with(below, rest, value)})
    entries = list(below)
    entries[number - 1] = _with(entries[number - 1], rest, value)
    return record.model_copy(update={name: tuple(entries)})


def _unit_of(record: Record, name: str) -> str | None:
    """Return the unit of a field that is a quantity of a treatment."""
    field = type(record).model_fields[name]
    described = [*field.metadata, *(item for part in get_args(field.annotation) for item in get_args(part))]
    return next((item.unit for item in described if isinstance(item, Quantity)), None)
