"""Events of a cohort as survival data: numbers with, without and censored, the weighted incidence, the median time.

Takes the dataset of a cohort and the events that it keeps; the estimates are those of ``incidence``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from immunosim.codegen.loader import Array
from immunosim.cohorts.courses import PATIENT
from immunosim.cohorts.event_requests import requested_events
from immunosim.cohorts.events import CohortEvents
from immunosim.cohorts.incidence import incidence_curve
from immunosim.cohorts.intervals import MOST_RESAMPLED, Bootstrap, Interval, percentile_interval
from immunosim.cohorts.kept_events import KeptEvents
from immunosim.cohorts.request import StatisticRequest
from immunosim.cohorts.sample import CohortSample
from immunosim.errors import DataError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    *("event", "description", "n", "events", "censored", "competing", "failed", "from_day", "by_day"),
    *("incidence", "low", "high", "median", "median_low", "median_high", "unit"),
)
"""Of a table of events; days in ``unit``."""

BLOCK = 2**16
"""Patients whose courses are read at once."""


@dataclass(frozen=True, eq=False)
class EventSummary:
    """An event of a cohort, in numbers.

    Attributes
    ----------
    name, description : str
    n, n_events, n_competing, n_failed : int
        Simulated patients who did not fail, those who had the event, those who had a competing one first, and those
        who failed.
    n_at_start : int
        Events that were there from the start.
    start, end : float, day
        Of the observation.
    incidence : Interval
        Weighted probability of the event by the end.
    median : Interval, day
        Infinite where it is not reached, NaN where times are not known.
    p5, p95 : float, day
    is_drawn : bool
        Whether it is drawn from a cumulative hazard.
    """

    name: str
    description: str
    n: int
    n_events: int
    n_competing: int
    n_failed: int
    n_at_start: int
    start: float
    end: float
    incidence: Interval
    median: Interval
    p5: float
    p95: float
    is_drawn: bool = False

    @property
    def n_censored(self) -> int:
        """Patients who were observed to the end without any event."""
        return self.n - self.n_events - self.n_competing

    def row(self) -> dict[str, float | str]:
        """Return the row of a table, by ``COLUMNS``."""
        counts = self.n, self.n_events, self.n_censored, self.n_competing, self.n_failed
        incidence, median = ((part.value, part.low, part.high) for part in (self.incidence, self.median))
        cells = (self.name, self.description, *counts, self.start, self.end, *incidence, *median, "day")
        return dict(zip(COLUMNS, cells, strict=True))

    def described(self) -> dict[str, float | str]:
        """Return the numbers under the names that times to events of any ensemble have, and those of a cohort."""
        return {
            **{"unit": "day", "n": self.n, "p5": self.p5, "median": self.median.value, "p95": self.p95},
            **{"median_low": self.median.low, "median_high": self.median.high, "n_reached": self.n_events},
            **{"n_at_start": self.n_at_start, "n_failed": self.n_failed, "n_censored": self.n_censored},
            **{"from_day": self.start, "by_day": self.end, "incidence": self.incidence.value},
            **{"incidence_low": self.incidence.low, "incidence_high": self.incidence.high},
        }


def event_summaries(
    dataset: xr.Dataset, kept: KeptEvents, competing: Sequence[str] = (), bootstrap: Bootstrap | None = None
) -> Iterator[EventSummary]:
    """Yield the events of a cohort in numbers, weighted; patients who failed do not count.

    Parameters
    ----------
    dataset : xarray.Dataset
    kept : KeptEvents
    competing : sequence of str
        Hazards over time or endpoints whose events end the observation; only of events whose times are known.
    bootstrap : Bootstrap, optional
        Of the intervals; there are none of more than ``MOST_RESAMPLED`` patients.

    Raises
    ------
    DataError
        If there is nothing of the name of a competing event.
    """
    everybody = CohortSample.of(dataset)
    how = bootstrap or _usual(len(everybody))
    for name, request in kept.requests.items():
        others = tuple(other for other in competing if other != name)
        events = _read(dataset, request.model_copy(update={"competing": others}))
        yield _summary(name, kept, everybody, events, how, is_drawn=bool(request.hazard))
    for name, hazard in kept.at_end.items():
        events = hazard.events(everybody)
        yield _summary(name, kept, everybody, events, how, is_drawn=True, is_dated=False)


def incidence_by(
    dataset: xr.Dataset,
    kept: KeptEvents,
    name: str,
    day: float,
    competing: Sequence[str] = (),
    group: str = "",
    bootstrap: Bootstrap | None = None,
) -> Interval:
    """Return the weighted cumulative incidence of an event by a day, with its interval.

    Parameters
    ----------
    dataset : xarray.Dataset
    kept : KeptEvents
    name : str
    day : float
        Infinite for the end of the observation.
    competing : sequence of str
        As ``event_summaries`` takes them.
    group : str
        Patients.
    bootstrap : Bootstrap, optional

    Raises
    ------
    DataError, QuantityError
        If there is no such event or group, or its times are not known and a day is asked for.
    """
    if name not in kept.names:
        cure = "keep a cumulative hazard, or an endpoint such as first_above"
        cure = did_you_mean(name, kept.names) if kept.names else cure
        raise DataError(f'the cohort keeps no event "{name}"', key="name", cure=cure)
    end, sample = kept.end(dataset, name), CohortSample.of(dataset, group)
    if math.isfinite(day) and day > end:
        raise DataError(f"day {day:g} is after the observation", key="at", cure=f"choose a day up to {end:g}")
    if name in kept.requests:
        events = requested_events(sample, kept.requests[name].model_copy(update={"competing": tuple(competing)}))
    elif day < end or competing:
        reason = f"only the cumulative hazard on day {end:g} is kept, so that times are not known"
        raise DataError(reason, key="at", cure=f"keep {kept.at_end[name].readout} over time, or leave at out")
    else:
        events = kept.at_end[name].events(sample)
    how = bootstrap or _usual(len(sample))
    return how.interval(lambda weight: incidence_curve(events, weight).at(day), sample.weight, sample.strata)


def _usual(n: int) -> Bootstrap:
    """Return how a number of patients is resampled where nothing else is asked for."""
    return Bootstrap() if n <= MOST_RESAMPLED else Bootstrap(n=0)


def _read(dataset: xr.Dataset, request: StatisticRequest) -> CohortEvents:
    """Return the events of all patients; their courses are read in blocks, so that large cohorts fit into memory."""
    starts = range(0, max(dataset.sizes[PATIENT], 1), BLOCK)
    blocks = [dataset.isel({PATIENT: slice(start, start + BLOCK)}) for start in starts]
    parts = [requested_events(CohortSample.of(block), request) for block in blocks]
    days, cause = (np.concatenate([getattr(part, name) for part in parts]) for name in ("days", "cause"))
    return CohortEvents(days, cause, parts[0].causes, min(part.start for part in parts))


def _summary(
    name: str,
    kept: KeptEvents,
    sample: CohortSample,
    events: CohortEvents,
    how: Bootstrap,
    *,
    is_drawn: bool,
    is_dated: bool = True,
) -> EventSummary:
    curve = incidence_curve(events, sample.weight)
    incidence, median = _intervals(events, sample, how)
    status, cause = sample.dataset.get("status"), events.cause[events.is_known]
    is_at_start = (events.cause == 1) & (events.days <= events.start)
    return EventSummary(
        name=name,
        description=kept.description(sample.dataset, name),
        n=int(events.is_known.sum()),
        n_events=int((cause == 1).sum()),
        n_competing=int((cause > 1).sum()),
        n_failed=0 if status is None else int((status.values > 0).sum()),
        n_at_start=int(is_at_start.sum()) if is_dated else 0,
        start=events.start,
        end=kept.end(sample.dataset, name),
        incidence=incidence,
        median=median if is_dated else Interval(math.nan),
        p5=curve.quantile(0.05) if is_dated else math.nan,
        p95=curve.quantile(0.95) if is_dated else math.nan,
        is_drawn=is_drawn,
    )


def _intervals(events: CohortEvents, sample: CohortSample, how: Bootstrap) -> tuple[Interval, Interval]:
    """Return the probability of the event by the end and its median day, with intervals, from one curve a resample."""
    whole = _numbers(events, sample.weight)
    drawn = [_numbers(events, sample.weight * counts) for counts in how.counts(len(sample), sample.strata)]
    ends = [percentile_interval(values, how.confidence) for values in zip(*drawn, strict=True)] or [(math.nan,) * 2] * 2
    return Interval(whole[0], *ends[0]), Interval(whole[1], *ends[1])


def _numbers(events: CohortEvents, weight: Array) -> tuple[float, float]:
    curve = incidence_curve(events, weight)
    return curve.at(math.inf), curve.quantile(0.5)


def table_of(summaries: Sequence[EventSummary]) -> pd.DataFrame:
    """Return a row for each event."""
    import pandas as pd

    return pd.DataFrame([summary.row() for summary in summaries], columns=list(COLUMNS))
