"""Which events a cohort keeps: times that endpoints measured, and cumulative hazards over time or at the end.

Knows no estimate.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from immunosim.cohorts.courses import series
from immunosim.cohorts.event_requests import keyed_draws
from immunosim.cohorts.events import CohortEvents
from immunosim.cohorts.request import StatisticRequest
from immunosim.cohorts.sample import CohortSample
from immunosim.ensembles.columns import endpoint_names
from immunosim.ensembles.endpoints import OF_HAZARD, Measured
from immunosim.ensembles.event_times import is_event


@dataclass(frozen=True, eq=False)
class HazardAtEnd:
    """A cumulative hazard that is kept as one number, at the end of a window: who had the event, and not when.

    Attributes
    ----------
    label, description : str
        Name of the endpoint, or of the course that is read too late to say when, and the event.
    readout : str
        By which draws are keyed.
    measure : str
        Kind of the endpoint; "course" of a course.
    start, end : float, day
    draw : str
        Column of the draws by which the model decides on the event; empty where there is none.
    """

    label: str
    description: str
    readout: str
    measure: str
    start: float
    end: float
    draw: str = ""

    def events(self, sample: CohortSample) -> CohortEvents:
        """Return who had the event by the end of the window, on its last day."""
        values = sample.values(self.label, self.end)
        hazard = -np.log1p(-values) if self.measure == "risk" else values
        draws = sample.values(self.draw, None) if self.draw else keyed_draws(sample, self.readout)
        days, had_it = np.where(np.isnan(hazard), math.nan, self.end), (draws <= hazard).astype(np.int64)
        return CohortEvents(days, had_it, (self.label,), self.start)


@dataclass(frozen=True, eq=False)
class KeptEvents:
    """What a cohort keeps of events, by the name of the variable.

    Attributes
    ----------
    requests : mapping of str to StatisticRequest
        Times to an event that endpoints measured, and cumulative hazards over time.
    at_end : mapping of str to HazardAtEnd
    """

    requests: Mapping[str, StatisticRequest]
    at_end: Mapping[str, HazardAtEnd]

    @property
    def names(self) -> list[str]:
        """Names of the events."""
        return [*self.requests, *self.at_end]

    def description(self, dataset: xr.Dataset, name: str) -> str:
        """Return what an event is, for a reader."""
        if name in self.at_end:
            return self.at_end[name].description
        about = dataset[name].attrs
        return str(about.get("event", "")) or _without_hazard(str(about.get("long_name", name)))

    def end(self, dataset: xr.Dataset, name: str) -> float:
        """Return the last day of the observation of an event."""
        if name in self.at_end:
            return self.at_end[name].end
        return float(dataset["time"][-1] if self.requests[name].hazard else dataset[name].attrs["window_end"])


def kept_events(
    dataset: xr.Dataset, measures: Sequence[Measured], hazards: Mapping[str, str], first: float
) -> KeptEvents:
    """Return the events that a cohort keeps.

    Parameters
    ----------
    dataset : xarray.Dataset
    measures : sequence of Measured
        Its endpoints.
    hazards : mapping of str to str
        Read-outs of the model that are cumulative hazards, and the column of the draws by which the model decides on
        the event; empty where there is none.
    first : float, day
        First day of the simulation, from which cumulative hazards count.
    """
    times = [name for name in endpoint_names(dataset) if is_event(dataset, name)]
    requests = {name: StatisticRequest(statistic="incidence", endpoint=name) for name in times}
    at_end = [hazard for measure in measures if (hazard := _at_end(measure, hazards, first)) is not None]
    days = np.asarray(dataset["time"].values if "time" in dataset.coords else [], np.float64)
    for name in [name for name in hazards if days.size and name in series(dataset)]:
        if days.size > 1 and days[0] <= max(first, 0.0):
            requests[name] = StatisticRequest(statistic="incidence", hazard=name, draw=hazards[name])
        else:
            words = _without_hazard(str(dataset[name].attrs.get("long_name", name)))
            at_end.append(HazardAtEnd(name, words, name, "course", first, float(days[-1]), hazards[name]))
    return KeptEvents(requests, {hazard.label: hazard for hazard in at_end})


def _at_end(measure: Measured, hazards: Mapping[str, str], first: float) -> HazardAtEnd | None:
    """Return an endpoint as a cumulative hazard at the end of its window; None where it is something else."""
    of, window = measure.endpoint, (measure.summary.start, measure.summary.end)
    is_last_value = of.kind in ("maximum", "peak") and of.readout in hazards and window[0] <= first
    if of.kind not in OF_HAZARD and not is_last_value:
        return None
    words = measure.description.partition(", ")[0].removeprefix(f"{of.kind.replace('_', ' ')} of ")
    return HazardAtEnd(measure.label, _without_hazard(words), of.readout, of.kind, *window, hazards.get(of.readout, ""))


def _without_hazard(label: str) -> str:
    """Return the event of a hazard by the label of its read-out."""
    return label.removeprefix("cumulative hazard of ").removesuffix(" hazard")
