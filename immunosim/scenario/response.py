"""Times at which the response to doses shows: soon after each dose by hours, later by days, then weeks.

Counts fall within hours of a steroid pulse and are back a day later; after depletion they are lowest within days.
This module knows neither the model nor results.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from immunosim.scenario.regimen import begin_of, end_of, events_of, is_continuous

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from immunosim.scenario.scenario import Scenario

    Floats = NDArray[np.float64]

AFTER_DOSE = (0.0, 0.25, 0.5)
AFTER_GROUP = (1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0, 14.0, 21.0, 28.0)
"""Days after the end of a dose, and of a group of doses, that are kept."""

GROUPED = 7.0
"""Doses at most so many days apart are a group, such as the five days of a course."""

MOST_OF_GROUP = 12
"""Doses of a group around which times are kept, its ends among them; daily tablets for months have many more."""

MOST_TIMES = 500
"""Times that are kept beside the regular ones; of more, those within hours of doses are left out first."""

WIDEST_GAPS = ((2.0, 1.0), (14.0, 4.0), (28.0, 7.5))
"""Until so many days after a group of doses, the most days between two times that show a nadir; during it as later."""


def response_times(scenarios: Iterable[Scenario]) -> Floats:
    """Return times around all doses of some scenarios, rising, within their spans; at most about ``MOST_TIMES``."""
    import numpy as np

    groups = [(group, scenario.horizon) for scenario in scenarios for group in dose_groups(scenario)]
    kept = np.array([])
    for after_dose, after_group in ((AFTER_DOSE, AFTER_GROUP), ((0.0,), AFTER_GROUP), ((0.0,), AFTER_GROUP[4::2])):
        offsets = (_around(group, horizon, after_dose, after_group) for group, horizon in groups)
        kept = np.unique([time for times in offsets for time in times])
        if kept.size <= MOST_TIMES:
            return kept
    return kept[np.unique(np.linspace(0, kept.size - 1, MOST_TIMES).astype(np.int64))]


def dose_groups(scenario: Scenario) -> list[list[tuple[float, float]]]:
    """Return the first and last day of each dose, in groups of doses that follow one another soon."""
    spans = sorted({(begin_of(event), end_of(event)) for event in events_of(scenario) if not is_continuous(event)})
    groups: list[list[tuple[float, float]]] = []
    for span in spans:
        if groups and span[0] - max(end for _, end in groups[-1]) <= GROUPED:
            groups[-1].append(span)
        else:
            groups.append([span])
    return groups


def widest_gap(scenario: Scenario, times: Floats) -> float:
    """Return the days between two neighbours of some times that hide most of a response; 0 where none does.

    Parameters
    ----------
    scenario : Scenario
    times : ndarray, shape (n_times,), day
        Rising.
    """
    worst = 0.0
    for group in dose_groups(scenario):
        begin, end = group[0][0], max(stop for _, stop in group)
        for late, most in WIDEST_GAPS:
            inside = (times[:-1] < end + late) & (times[1:] > (end if late < GROUPED else begin))
            gaps = (times[1:] - times[:-1])[inside]
            if gaps.size and gaps.max() > most + 1e-6:
                worst = max(worst, float(gaps.max()))
    return worst


def _around(
    group: Sequence[tuple[float, float]], horizon: float, after_dose: Sequence[float], after_group: Sequence[float]
) -> Iterator[float]:
    step = max(1, -(-(len(group) - 1) // (MOST_OF_GROUP - 1)))
    for begin, end in [*group[:-1:step], group[-1]]:
        yield from (time for time in (begin, *(end + offset for offset in after_dose)) if time <= horizon)
    last = max(end for _, end in group)
    yield from (last + offset for offset in after_group if last + offset <= horizon)
