"""Dose events as numbers: segments of constant inputs with jumps between them, and the times at which to report.

The integrator never steps across a boundary. Time is in days. This module knows no drug: inputs and pools are names in
a list.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from immunosim.errors import ScenarioError, did_you_mean
from immunosim.scenario.history import History
from immunosim.scenario.regimen import Bolus, Event, Infusion, begin_of, end_of, events_of, is_continuous, start_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

WATCHED = 2.0
"""How long after a dose results are reported more often (day): counts are back a day after a steroid pulse."""

SAME_TIME = 1e-9
"""Times closer than this (day, about 0.1 ms) share a boundary: they differ by rounding only."""


def build_segments(
    events: Iterable[Event], input_names: Sequence[str], pool_names: Sequence[str], start: float, end: float
) -> tuple[Floats, Floats, Floats]:
    """Return the segments between `start` and `end` on which all inputs are constant.

    Infusions into the same input add up, and so do boluses at the same time. No event may begin before `start` or end
    after `end`, and none may be a bolus at `end`, which no segment would follow.

    Parameters
    ----------
    events : iterable of Infusion or Bolus
        The doses, in any order.
    input_names, pool_names : sequence of str
        Names of the model's inputs and pools, in the model's order.
    start, end : float, day
        The interval to be simulated.

    Returns
    -------
    boundaries : ndarray, shape (n_segments + 1,), day
        Strictly increasing, from `start` to `end`.
    inputs : ndarray, shape (n_segments, n_inputs)
        The inputs on each segment, in their own units.
    jumps : ndarray, shape (n_segments, n_pools), mg
        What is added to the state at the start of each segment.

    Raises
    ------
    ScenarioError
        Where an event names an unknown input or pool, lies outside the interval or is an infusion shorter than twice
        `SAME_TIME`.
    """
    import numpy as np

    events = list(events)
    rows = (
        {name: index for index, name in enumerate(input_names)},
        {name: index for index, name in enumerate(pool_names)},
    )
    _refuse_unusable(events, rows, start, end)
    boundaries = np.array(_merged(events, start, end))
    inputs = np.zeros((len(boundaries) - 1, len(input_names)))
    jumps = np.zeros((len(boundaries) - 1, len(pool_names)))
    for event in events:
        first, last = (nearest_boundary(boundaries, time) for time in (begin_of(event), end_of(event)))
        if isinstance(event, Bolus):
            jumps[first, rows[1][event.pool]] += event.amount
        else:
            inputs[first:last, rows[0][event.input]] += _rate(event, boundaries[first], boundaries[last])
    return boundaries, inputs, jumps


def output_times(scenario: History) -> Floats:
    """Return the times at which a scenario reports.

    They are both ends of the simulation, the extra times, the times of the observed points and of the output rules;
    unless the scenario reports only these, also the multiples of `output.every`, and around infusions and injections
    the start, the end and the multiples of `output.during_treatment` until two days later: a count that falls and
    returns within a day is not missed. A time at which a dose is given means the moment before the dose.

    Returns
    -------
    ndarray, shape (n_times,), day
        Strictly increasing.
    """
    import numpy as np

    start, end, output = start_of(scenario), scenario.horizon, scenario.output
    observed = [point.time for series in scenario.observed for point in series.points]
    ruled = [rule.start + _multiples(0.0, rule.stop - rule.start + SAME_TIME, rule.every) for rule in output.rule]
    regular = [] if output.visits_only else [_multiples(start, end, output.every), _around_doses(scenario)]
    # Sorted, not np.unique, which imports numpy.ma: the repeated are dropped as the all but equal ones are.
    times = np.sort(np.concatenate([[start, end], output.extra, observed, *ruled, *regular]))
    times = times[(times >= start) & (times <= end)]
    kept = np.concatenate([[True], np.diff(times) > SAME_TIME])
    return np.asarray(times[kept] if kept[-1] else np.append(times[kept][:-1], end), dtype=np.float64)


def _around_doses(scenario: History) -> Floats:
    import numpy as np

    step = scenario.output.during_treatment
    doses = [event for event in events_of(scenario) if not is_continuous(event)]
    spans = [(begin_of(dose), end_of(dose) + WATCHED) for dose in doses]
    ends = [time for dose in doses for time in (begin_of(dose), end_of(dose))]
    return np.concatenate([*(_multiples(*span, step) for span in spans), ends])


def _multiples(start: float, end: float, step: float) -> Floats:
    """Return the multiples of a step between two times."""
    import numpy as np

    multiples: Floats = np.arange(np.ceil(start / step), np.floor(end / step) + 1) * step + 0.0  # no minus zero
    return multiples


def _refuse_unusable(
    events: Iterable[Event], rows: tuple[dict[str, int], dict[str, int]], start: float, end: float
) -> None:
    for event in events:
        known, name = (rows[0], event.input) if isinstance(event, Infusion) else (rows[1], event.pool)
        where = event.label or name
        if name not in known:
            raise ScenarioError(f'the model has no input or pool "{name}"', key=where, cure=did_you_mean(name, known))
        if begin_of(event) < start - SAME_TIME or end_of(event) > end + SAME_TIME:
            reason = (
                f"lies outside the simulated days {start:g} to {end:g} (day {begin_of(event):g} to {end_of(event):g})"
            )
            raise ScenarioError(reason, key=where, cure="simulate a longer time or leave it out")
        if isinstance(event, Bolus) and event.time > end - SAME_TIME:
            raise ScenarioError(
                f"is given at the end of the simulation, day {end:g}", key=where, cure="simulate a longer time"
            )
        if isinstance(event, Infusion) and event.stop - event.start <= 2 * SAME_TIME:
            raise ScenarioError(
                "is an infusion without a duration", key=where, cure="give it a duration or make it a bolus"
            )


def _merged(events: Iterable[Event], start: float, end: float) -> list[float]:
    times = sorted({time for event in events for time in (begin_of(event), end_of(event))})
    merged = [start]
    for time in times:
        if time - merged[-1] > SAME_TIME and end - time > SAME_TIME:
            merged.append(time)
    return [*merged, end]


def nearest_boundary(boundaries: Floats, time: float) -> int:
    """Return the index of the boundary that an event's time was merged into."""
    # A merged time belongs to the boundary just before it, except at the end, so that its neighbours are the
    # candidates.
    after = min(max(int(boundaries.searchsorted(time)), 1), len(boundaries) - 1)
    return after if boundaries[after] - time < time - boundaries[after - 1] else after - 1


def _rate(infusion: Infusion, start: float, stop: float) -> float:
    unmoved = start == infusion.start and stop == infusion.stop
    return infusion.rate if unmoved else infusion.amount / (stop - start)
