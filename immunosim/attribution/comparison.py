"""Comparison of scenarios: read-outs on common times, and their differences as sums over processes.

With r the read-out, C_j the contribution of process j since the untreated state, and B compared with A:

    r_B(t) - r_A(t) = (r_B0 - r_A0) + sum_j (C_jB(t) - C_jA(t))                       (X6)

The first term is the untreated level. Times count from each scenario's own day 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from immunosim.attribution.engine import explain
from immunosim.attribution.records import Contribution, Explanation, largest_first
from immunosim.attribution.weights import EXCHANGING
from immunosim.codegen.loader import Array
from immunosim.errors import ImmunosimError, SolverError, did_you_mean
from immunosim.result import Result
from immunosim.scenario import Output, output_times
from immunosim.scenario.segments import SAME_TIME
from immunosim.simulation import solve
from immunosim.trajectory import Trajectory

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

MOST_SCENARIOS = 6
"""Largest number of distinguishable curves in a panel."""

NOISE = 10.0
"""Relative differences below this multiple of the relative tolerance may be solver error."""


UNTREATED, UNTREATED_LABEL = "untreated_level", "untreated level"
"""Name and label of the row, and of the group, that is not a process: the difference of the untreated read-outs."""


class ComparisonError(ImmunosimError):
    """Scenarios that cannot be compared, or a read-out or time that they do not share."""


@dataclass(frozen=True)
class Largest:
    """The largest difference of a read-out: its day, both values, and the difference."""

    time: float
    reference_value: float
    value: float

    @property
    def difference(self) -> float:
        """The value minus the reference's."""
        return self.value - self.reference_value


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(Result):
    """Courses on common times; the first is the reference.

    Attributes
    ----------
    names : tuple of str
    trajectories : tuple of Trajectory
        Each from its own start on.
    times : ndarray, shape (n_times,), day
        From the earliest start to the earliest horizon.
    failures : mapping of str to str
        Of scenarios that were left out, since their simulation failed: why.
    asked : tuple of float, day
        Times that were asked for.
    """

    names: tuple[str, ...]
    trajectories: tuple[Trajectory, ...]
    times: Array
    failures: Mapping[str, str] = field(default_factory=dict)
    asked: tuple[float, ...] = ()

    def headline(self) -> str:
        """Return the compared scenarios in a line."""
        others = ", ".join(self.names[1:])
        return f"{others} with {self.names[0]}, day {self.times[0]:g} to {self.times[-1]:g}"

    def facts(self) -> dict[str, object]:
        """Return the read-outs that differ."""
        differing = [name for name in self._usual() if self.differs(name)]
        return {"differ": ", ".join(differing) or "nothing", "times": self.times.size, **self.failures}

    def summary(self) -> dict[str, Any]:
        """Return inputs and read-outs that differ, at the usual visits, as plain data."""
        from immunosim.attribution.choice import visits
        from immunosim.attribution.comparison_tables import comparison_dict

        return comparison_dict(self, self._usual(), visits(self), [])

    def to_dataframe(self) -> pd.DataFrame:
        """Return the largest difference of every default read-out from the reference."""
        import pandas as pd

        from immunosim.attribution.comparison_tables import largest_rows

        return pd.DataFrame(largest_rows(self, self._usual()))

    def _usual(self) -> tuple[str, ...]:
        """Return the default read-outs."""
        from immunosim.attribution.choice import compared_readouts

        return compared_readouts(self.trajectories[0].problem.model)

    @property
    def dataset(self) -> xr.Dataset:
        """Every read-out over ``scenario`` and the common ``time`` [day]."""
        import xarray as xr

        variables = {}
        for name in self.trajectories[0].problem.model.readouts:
            label, unit = self.describe(name)
            values = np.array([self.values(i, name) for i in range(len(self.names))])
            variables[name] = (("scenario", "time"), values, {"units": unit, "long_name": label})
        time = ("time", self.times, {"units": "day", "long_name": "time since day 0"})
        return xr.Dataset(variables, {"time": time, "scenario": list(self.names)})

    @property
    def others(self) -> range:
        """Positions of the scenarios that are compared with the reference."""
        return range(1, len(self.names))

    @property
    def is_cut(self) -> bool:
        """Whether a scenario continues after the common time span."""
        return any(trajectory.scenario.horizon > self.times[-1] + SAME_TIME for trajectory in self.trajectories)

    def of(self, name: str) -> Comparison:
        """Return the comparison of one scenario with the reference."""
        i = self.names.index(name)
        return replace(self, names=(self.names[0], name), trajectories=(self.trajectories[0], self.trajectories[i]))

    def describe(self, readout: str) -> tuple[str, str]:
        """Return label and unit of a read-out or pool."""
        trajectory = self.trajectories[0]
        return trajectory.label(readout), trajectory.unit(readout)

    def values(self, i: int, readout: str) -> Array:
        """Return a read-out of one scenario, shape (n_times,); untreated before its start."""
        return _padded(self.trajectories[i][readout], self.times.size)

    def difference(self, i: int, readout: str) -> Array:
        """Return a read-out of one scenario minus that of the reference, shape (n_times,)."""
        return self.values(i, readout) - self.values(0, readout)

    def place(self, time: float) -> int:
        """Return the position of a time among the common ones.

        Raises
        ------
        ComparisonError
            If the time lies outside them.
        """
        return _nearest(self.times, time)

    def largest(self, i: int, readout: str) -> Largest:
        """Return the largest difference from the reference, the first of equals."""
        index = int(np.argmax(np.abs(self.difference(i, readout))))
        reference, value = self.values(0, readout)[index], self.values(i, readout)[index]
        return Largest(float(self.times[index]), float(reference), float(value))

    def size(self, i: int, readout: str) -> float:
        """Return the largest value of a read-out in a scenario and the reference, regardless of its sign."""
        return float(max(np.abs(self.values(position, readout)).max() for position in (0, i)))

    def noise(self, i: int, readout: str) -> float:
        """Return the largest difference that may be solver error or is negligible."""
        rtol = max(self.trajectories[index].problem.options.rtol for index in (0, i))
        unseen = self.trajectories[0].problem.model.about(readout).unseen_below
        return max(NOISE * rtol * self.size(i, readout), unseen)

    def differs(self, readout: str, others: Iterable[int] | None = None) -> bool:
        """Return whether a read-out differs from the reference anywhere, beyond the solver's error."""
        chosen = self.others if others is None else others
        return any(abs(self.largest(i, readout).difference) > self.noise(i, readout) for i in chosen)


@dataclass(frozen=True, eq=False)
class Attribution:
    """The attribution of a difference between a scenario and the reference.

    Attributes
    ----------
    reference, name : str
        Names of the two scenarios.
    explanation : Explanation
        Of the difference, scenario minus reference, as a change from zero: the untreated level and every process
        contribute, so that ``values`` and ``after`` are the difference itself.
    """

    reference: str
    name: str
    explanation: Explanation

    def until(self, time: float) -> Attribution:
        """Return the attribution of the difference at one of its times, day.

        Raises
        ------
        ComparisonError
            If the time lies outside them.
        """
        explanation = self.explanation
        last = _nearest(explanation.times, time)
        so_far = slice(last + 1)
        parts = (replace(c, value=float(c.series[last]), series=c.series[so_far]) for c in explanation.contributions)
        cut = replace(
            explanation,
            at=float(explanation.times[last]),
            after=float(explanation.values[last]),
            times=explanation.times[so_far],
            values=explanation.values[so_far],
            contributions=largest_first(parts),
            residual=float(explanation.residual_series[last]),
            residual_series=explanation.residual_series[so_far],
        )
        return replace(self, explanation=cut)


def compare(trajectories: Mapping[str, Trajectory], at: Sequence[float] = ()) -> Comparison:
    """Compare time courses.

    Parameters
    ----------
    trajectories : mapping of str to Trajectory
        Two to six complete courses by name; the first is the reference.
    at : sequence of float, day
        Further times.

    Raises
    ------
    ComparisonError
        If there are too few or too many, if they share no time span, or if a time lies outside it.
    SolverError
        If one of them failed.
    """
    check_number(len(trajectories))
    for name, trajectory in trajectories.items():
        if not trajectory.is_complete:
            raise SolverError(trajectory.failure(), file=name)
    times = _common_times(tuple(trajectories.values()), at)
    aligned = tuple(_sampled(trajectory, times) for trajectory in trajectories.values())
    return Comparison(tuple(trajectories), aligned, times)


def check_number(scenarios: int) -> None:
    """Refuse fewer than two scenarios, or more than a figure can show."""
    if scenarios < 2:
        raise ComparisonError("a comparison needs two scenarios", cure="name at least two files")
    if scenarios > MOST_SCENARIOS:
        reason = f"{scenarios} scenarios are not distinguishable in a figure"
        raise ComparisonError(reason, cure=f"compare {MOST_SCENARIOS} at most")


def check_readouts(comparison: Comparison, readouts: Iterable[str]) -> None:
    """Raise where a name is neither a read-out nor a pool."""
    known = comparison.trajectories[0].problem.model.units
    for readout in readouts:
        if readout not in known:
            reason = f'"{readout}" is neither a read-out nor a pool'
            raise ComparisonError(reason, key="readout", cure=did_you_mean(readout, known))


def attribute(comparison: Comparison, readout: str, others: Iterable[int] | None = None) -> tuple[Attribution, ...]:
    """Attribute the difference of a read-out from the reference to the processes, over the common time.

    Parameters
    ----------
    comparison : Comparison
    readout : str
        Name of a read-out or pool.
    others : iterable of int, optional
        Positions of the scenarios to explain, by default all but the reference.

    Raises
    ------
    ComparisonError
        If there is no such read-out.
    SolverError
        If the accurate solve that the accounts need fails.
    """
    check_readouts(comparison, [readout])
    chosen = tuple(comparison.others if others is None else others)
    # If exchange cannot be traced in one course it is traced in none: the processes must have the same meaning.
    direct = any(EXCHANGING in trajectory.scenario.mechanisms.off for trajectory in comparison.trajectories)
    end = float(comparison.times[-1])
    explained = {i: explain(comparison.trajectories[i], readout, end, direct=direct) for i in (0, *chosen)}
    return tuple(
        Attribution(comparison.names[0], comparison.names[i], _difference(explained[0], explained[i], comparison.times))
        for i in chosen
    )


def _difference(reference: Explanation, other: Explanation, times: Array) -> Explanation:
    """Return the explanation of the difference of two explained read-outs on common times (X6)."""
    values = _padded(other.values, times.size) - _padded(reference.values, times.size)
    parts = _contributions(reference, other, times.size)
    left = values - np.sum([part.series for part in parts], axis=0)
    return replace(
        other,
        since=float(times[0]),
        before=0.0,
        after=float(values[-1]),
        times=times,
        values=values,
        contributions=parts,
        residual=float(left[-1]),
        residual_series=left,
        tolerance=max(reference.tolerance, other.tolerance),
        mechanisms={**other.mechanisms, UNTREATED: UNTREATED_LABEL},
    )


def _contributions(reference: Explanation, other: Explanation, size: int) -> tuple[Contribution, ...]:
    """Return the untreated level and the contribution of each process to a difference, where nonzero."""
    described = {item.name: item for item in (*reference.contributions, *other.contributions)}
    series = {name: np.zeros(size) for name in described}
    for sign, explanation in ((-1.0, reference), (1.0, other)):
        for item in explanation.contributions:
            series[item.name] += sign * _padded(item.series, size)
    level = other.before - reference.before
    untreated = Contribution(UNTREATED, UNTREATED_LABEL, UNTREATED, level, np.full(size, level))
    contributions = (replace(described[name], value=float(part[-1]), series=part) for name, part in series.items())
    return largest_first([untreated, *(item for item in contributions if item.series.any())])


def _nearest(times: Array, time: float) -> int:
    """Return the position of the nearest common time."""
    if not times[0] - SAME_TIME <= time <= times[-1] + SAME_TIME:
        cure = f"choose a time from day {times[0]:g} to day {times[-1]:g}"
        raise ComparisonError(f"day {time:g} lies outside the common time span of the scenarios", key="at", cure=cure)
    return int(np.argmin(np.abs(times - time)))


def _common_times(trajectories: Sequence[Trajectory], at: Sequence[float]) -> Array:
    first = min(float(trajectory.time[0]) for trajectory in trajectories)
    last = min(trajectory.scenario.horizon for trajectory in trajectories)
    if any(last <= trajectory.time[0] for trajectory in trajectories):
        raise ComparisonError("the scenarios have no common time span", cure="compare scenarios with longer horizons")
    for time in at:
        if not first <= time <= last:
            cure = f"choose a time from day {first:g} to day {last:g}"
            reason = f"day {time:g} lies outside the common time span of the scenarios"
            raise ComparisonError(reason, key="at", cure=cure)
    times_of_each = [trajectory.time for trajectory in trajectories]
    # Reported at least at the default output times.
    usual = [output_times(trajectory.scenario.model_copy(update={"output": Output()})) for trajectory in trajectories]
    times = np.unique(np.concatenate([[first, last], at, *times_of_each, *usual]))
    times = times[(times >= first) & (times <= last)]
    kept: Array = times[np.concatenate([np.diff(times) > SAME_TIME, [True]])]
    return kept


def _sampled(trajectory: Trajectory, times: Array) -> Trajectory:
    """Return a course at its start and at the times after it; the integrator takes the same steps."""
    start = trajectory.time[:1]
    problem = replace(trajectory.problem, times=np.concatenate([start, times[times > start + SAME_TIME]]))
    return Trajectory.of(problem, solve(problem))


def _padded(series: Array, size: int) -> Array:
    """Return a series that may start late on all times: its first value, the untreated one, holds until then."""
    return np.concatenate([np.full(size - series.size + 1, series[0]), series[1:]])
