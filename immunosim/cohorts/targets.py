"""Target files: published numbers of one source, as TOML; those that come with a model, and what they need of a cohort.

Knows no result.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from immunosim.cohorts.registry import STATISTICS
from immunosim.cohorts.request import StatisticRequest
from immunosim.cohorts.sample import WORDS_OF_ENDPOINT
from immunosim.cohorts.target_records import Target, TargetTable
from immunosim.errors import DataError, did_you_mean
from immunosim.models import find_model
from immunosim.scenario.reader import read_toml

TARGETS = "targets"
"""Folder of a model with the target files that come with it."""

OVER_TIME = frozenset({"mean_over_time", "mean_events", "event_rate"})
"""Statistics of whole courses besides those of first events."""

FOLLOWING = frozenset({"share_followed", "median_time_to_follow", "mean_time_to_follow"})
"""Statistics of a passage by a second read-out after an event, which take its whole course."""


@dataclass(frozen=True, eq=False)
class PublishedTarget:
    """A target with the file, the position and the source that it comes from.

    Attributes
    ----------
    record : Target
    file : str
    number : int
        From 1.
    citation, cohort : str
    reference : str
        Key of the source in the bibliography of the model; empty where it is not there.
    """

    record: Target
    file: str
    number: int
    citation: str
    cohort: str
    reference: str = ""

    def key(self, name: str = "") -> str:
        """Return the key path of the target, or of one of its keys, as messages write it."""
        return f"target[{self.number}].{name}" if name else f"target[{self.number}]"

    @cached_property
    def source(self) -> str:
        """Citation and identifiers of the evidence."""
        return ", ".join([self.citation, *self.record.evidence])


def read_targets(path: Path | str) -> list[PublishedTarget]:
    """Read a target file.

    Raises
    ------
    ScenarioError
        With file and key of everything that is wrong.
    """
    file = str(path)
    table = TargetTable.model_validate(read_toml(Path(path), file, "[source] and [[target]]"), context={"file": file})
    return [
        PublishedTarget(target, file, number, table.source.citation, target.cohort or table.cohort, table.source.key)
        for number, target in enumerate(table.target, 1)
    ]


def shipped_targets(model: str) -> dict[str, Path]:
    """Return the target files that come with a model, by name."""
    return find_model(model).files(TARGETS)


def located_targets(names: Sequence[str | Path], model: str) -> list[PublishedTarget]:
    """Return the targets of files, each a path or the name of one that comes with the model; "all" for all of these.

    Raises
    ------
    DataError, ScenarioError
        If there is neither such a file nor such a name, or a file is at fault.
    """
    shipped, paths = shipped_targets(model), []
    for name in names:
        if str(name) == "all":
            paths += list(shipped.values())
        elif Path(name).is_file():
            paths.append(Path(name))
        elif str(name) in shipped:
            paths.append(shipped[str(name)])
        else:
            reason, cure = (
                "is neither a file nor a target file of the model",
                did_you_mean(str(name), [*shipped, "all"]),
            )
            raise DataError(reason, file=str(name), key="targets", cure=cure)
    return [target for path in dict.fromkeys(paths) for target in read_targets(path)]


@dataclass(frozen=True)
class Needs:
    """What a cohort has to keep for targets to be computed.

    Attributes
    ----------
    readouts : tuple of str
        With a course.
    endpoints : tuple of str
        As texts or names.
    times : tuple of float, day
    over_time : bool
        Whether a statistic takes whole courses, between these times as well.
    """

    readouts: tuple[str, ...]
    endpoints: tuple[str, ...]
    times: tuple[float, ...]
    over_time: bool = False


def needs(targets: Iterable[PublishedTarget], cohort: str = "", known: Collection[str] = ()) -> Needs:
    """Return the read-outs, endpoints and times that a cohort has to keep for its targets.

    Parameters
    ----------
    targets : iterable of PublishedTarget
    cohort : str
        Only targets of this cohort, and those of none; all where it is empty.
    known : collection of str
        Read-outs of the model; a second variable, or a competing event, may also be a covariate.
    """
    return needs_of([target.record for target in targets if not cohort or target.cohort in ("", cohort)], known)


def needs_of(requests: Sequence[StatisticRequest], known: Collection[str] = ()) -> Needs:
    """Return what a cohort has to keep for statistics to be computed; ``known`` as of ``needs``."""
    readouts = [name for request in requests for name in (request.readout, request.hazard) if name]
    readouts += [name for request in requests for name, _ in request.days_of_conditions()]
    readouts += [request.other for request in requests if request.statistic in FOLLOWING]
    further = [name for request in requests for name in (request.other, *request.competing)]
    readouts += [name for name in further if name in known]
    endpoints = [request.endpoint for request in requests if request.endpoint]
    endpoints += [name for name in further if WORDS_OF_ENDPOINT in name.strip()]
    times = sorted({day for request in requests for day in _days(request)})
    over_time = any(map(_is_over_time, requests))
    return Needs(tuple(dict.fromkeys(readouts)), tuple(dict.fromkeys(endpoints)), tuple(times), over_time)


def _is_over_time(request: StatisticRequest) -> bool:
    """Return whether a request takes a whole course: a passage without visits, events of a hazard, or a mean."""
    takes_course = "since" in STATISTICS[request.statistic].keys or request.statistic in OVER_TIME
    if request.statistic in FOLLOWING:
        return True
    return takes_course and bool(request.readout or request.draw or request.hazard) and not request.visits


def _days(request: StatisticRequest) -> list[float]:
    """Return the days on which a request reads values."""
    is_event = "since" in STATISTICS[request.statistic].keys
    given = [request.start, request.end, request.other_time, *request.visits]
    given += [day for _, day in request.days_of_conditions()]
    if request.time is not None:
        given.append(request.time + (request.since or 0.0) if is_event else request.time)
    has_baseline = "ratio_to_baseline" in request.statistic or "baseline" in request.level + request.other_level
    if has_baseline:
        given.append(request.baseline or 0.0)
    return [day for day in given if day is not None]
