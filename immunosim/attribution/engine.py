"""Attribution of a change of a read-out along a trajectory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from immunosim.attribution.accounts import Accounts, accurate
from immunosim.attribution.quadrature import integrate
from immunosim.attribution.records import Contribution, Explanation, ExplanationError, largest_first
from immunosim.attribution.weights import Weights
from immunosim.codegen.loader import Array
from immunosim.errors import SolverError, did_you_mean
from immunosim.trajectory import Trajectory

GUARANTEE = (1e-6, 1e-12)
"""Largest residual: relative to the largest value of the read-out, and to its terms.

The second matters only to a read-out that is a small difference of large terms, such as a SALT score below 1e-4.
"""

PANEL_TOLERANCE = (1e-10, 1e-15)
"""The same for one panel: the residuals of some thousand add up."""


def explain(
    trajectory: Trajectory,
    readout: str,
    at: float,
    since: float | None = None,
    direct: bool = False,
    gross: bool = False,
) -> Explanation:
    """Explain the change of a read-out as a sum of contributions of the processes.

    Parameters
    ----------
    trajectory : Trajectory
        Complete.
    readout : str
        Name of a read-out or a pool.
    at : float, day
        End of the accounting; a value at the time of a dose is the one just before it.
    since : float, day, optional
        Its start, by default the start of the simulation, which is the untreated state.
    direct : bool
        Treat homing and egress as processes: then only they and lysis act on a count in blood. By default cells are
        traced through the exchange between blood and tissue.
    gross : bool
        Include untreated flows. By default contributions are the excess over them.

    Returns
    -------
    Explanation
        Its residual is at most 1e-6 of the largest value of the read-out in the interval and 1e-12 of the terms that
        the read-out is made of, or it is not ``is_closed``.

    Raises
    ------
    ExplanationError
        If the read-out is unknown or a time lies outside the simulated time.
    SolverError
        If the trajectory, or the more accurate one that the accounts need, failed.
    """
    if not trajectory.is_complete:
        raise SolverError(trajectory.failure())
    check_readout(trajectory, readout)
    since = float(trajectory.time[0]) if since is None else since
    check_times(trajectory, {"since": since, "at": at})
    if not since < at:
        raise ExplanationError(f"day {at:g} does not lie after day {since:g}", key="at", cure="choose a later time")
    problem = accurate(trajectory.problem)
    accounts = Accounts(problem, Weights.of(problem, readout, direct), gross)
    times = _inside(trajectory.time, since, at)
    edges = np.union1d(times, _inside(problem.segments.boundaries, since, at))
    values, terms = accounts.values(times)
    sizes = np.array([np.abs(values).max(), terms.max()])
    ends, (parts, residuals) = integrate(accounts.between, edges, float(sizes @ PANEL_TOLERANCE))
    interval = np.searchsorted(ends, times[1:])
    rows, left = _so_far(parts, interval), _so_far(residuals[:, np.newaxis], interval)[:, 0]
    return Explanation(
        readout=readout,
        label=trajectory.label(readout),
        unit=trajectory.unit(readout),
        since=since,
        at=at,
        before=float(values[0]),
        after=float(values[-1]),
        times=times,
        values=values,
        contributions=largest_first(_contributions(accounts, rows)),
        residual=float(left[-1]),
        residual_series=left,
        tolerance=float(sizes @ GUARANTEE),
        mechanisms={name: label for name, (label, _) in problem.model.module.MECHANISMS.items()},
        is_direct=not accounts.weights.is_traced,
        is_gross=gross,
        info=problem.model.about(readout),
        scenario=trajectory.scenario,
    )


def _contributions(accounts: Accounts, series: Array) -> Iterator[Contribution]:
    for row, course in zip(accounts.rows, series.T, strict=True):
        if course.any():
            yield Contribution(row.name, row.label, row.mechanism, float(course[-1]), course)


def _so_far(parts: Array, interval: npt.NDArray[np.integer]) -> Array:
    """Return cumulative sums at the panels in some places, after a first row of zeros."""
    return np.vstack([np.zeros(parts.shape[1]), np.cumsum(parts, axis=0)[interval]])


def _inside(times: Array, since: float, at: float) -> Array:
    """Return the times between two times, and these."""
    return np.concatenate([[since], times[(times > since) & (times < at)], [at]])


def check_readout(trajectory: Trajectory, readout: str) -> None:
    """Raise where a name is neither a read-out nor a pool."""
    known = trajectory.problem.model.units
    if readout not in known:
        reason = f'"{readout}" is neither a read-out nor a pool'
        raise ExplanationError(reason, key="readout", cure=did_you_mean(readout, known))


def check_times(trajectory: Trajectory, times: Mapping[str, float]) -> None:
    """Raise where a time, by the name of its argument, lies outside the simulated time."""
    first, last = float(trajectory.time[0]), float(trajectory.time[-1])
    for key, time in times.items():
        if not first <= time <= last:
            cure = f"choose a time from day {first:g} to day {last:g}"
            raise ExplanationError(f"day {time:g} is outside the simulated time span", key=key, cure=cure)
