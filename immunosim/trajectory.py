"""A solved scenario with names and units: read-outs, pools and process rates over time.

Values are arrays over ``time`` in days, each with its ``units`` and ``long_name``. Python users also get them as an
``xarray.Dataset``, made when it is first asked for, since importing xarray takes longer than a simulation. Knows how a
solution is labelled, not how it was computed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from immunosim.errors import DataError, QuantityError, did_you_mean
from immunosim.numerics import Solution, Status, advice
from immunosim.result import Result
from immunosim.scenario.clock import ROUNDING, Clock
from immunosim.scenario.regimen import courses_of

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from immunosim.codegen.loader import Array
    from immunosim.problem import Problem
    from immunosim.scenario import Scenario


SHOWN_TIMES = 12
"""Times of the table that a notebook shows."""

TIME_ATTRIBUTES = {"units": "day", "long_name": "time since day 0"}


@dataclass(frozen=True)
class Labelled:
    """Values with what they mean: a read-out or a pool over time, or a scalar that describes the integration.

    Attributes
    ----------
    values : ndarray, shape (n_times,) or ()
    attributes : mapping of str to str
        ``long_name``, and where they apply ``units``, ``kind`` ("read-out" or "pool") and ``mechanism``.
    """

    values: Array
    attributes: Mapping[str, str]

    @property
    def dimensions(self) -> tuple[str, ...]:
        """("time",) or none."""
        return ("time",) * self.values.ndim


@dataclass(frozen=True, eq=False, repr=False)
class Trajectory(Result):
    """The course of one patient.

    Attributes
    ----------
    problem : Problem
        What was solved.
    solution : Solution
        What the integrator returned, with status and counts.
    """

    problem: Problem
    solution: Solution

    @classmethod
    def of(cls, problem: Problem, solution: Solution) -> Trajectory:
        """Label a solution."""
        return cls(problem, solution)

    @cached_property
    def variables(self) -> dict[str, Labelled]:
        """Read-outs, then pools, by name; then status, fail_time and n_steps of the integration."""
        return _labelled(self.problem, self.solution)

    @cached_property
    def dataset(self) -> xr.Dataset:
        """The variables as an ``xarray.Dataset`` over ``time`` [day]."""
        import xarray as xr

        variables = {
            name: (variable.dimensions, variable.values, dict(variable.attributes))
            for name, variable in self.variables.items()
        }
        return xr.Dataset(variables, coords={"time": ("time", self.time, TIME_ATTRIBUTES)})

    @property
    def scenario(self) -> Scenario:
        """The scenario that was simulated."""
        return self.problem.scenario

    @property
    def status(self) -> Status:
        """OK, or how the integration failed."""
        return self.solution.status

    @property
    def is_complete(self) -> bool:
        """Whether the integration reached the horizon."""
        return self.status == Status.OK

    @property
    def time(self) -> Array:
        """Times of the results, shape (n_times,), day."""
        return self.problem.times

    def headline(self) -> str:
        """Return in a line what was simulated, and how it ended."""
        title, days = self.scenario.title or "untitled", self.time[[0, -1]]
        return f"{title!r}, day {days[0]:g} to {days[1]:g}, {len(self.time)} times, {self.status.name}"

    def facts(self) -> dict[str, object]:
        """Return the doses by course, the model and the tolerance."""
        courses = ", ".join(f"day {course.dosing.start:g}" for course in courses_of(self.scenario))
        facts: dict[str, object] = {"courses": courses or "none", "pools": len(self.problem.model.pools)}
        facts |= {"relative tolerance": self.problem.options.rtol, "steps": int(self.solution.n_steps)}
        return facts | ({} if self.is_complete else {"failure": self.failure()})

    def to_dataframe(self) -> pd.DataFrame:
        """Return read-outs and pools as columns, over the index ``time`` [day]."""
        import pandas as pd

        columns = {name: variable.values for name, variable in self.variables.items() if variable.values.ndim}
        return pd.DataFrame(columns, index=pd.Index(self.time, name="time"))

    def shown(self) -> pd.DataFrame:
        """Return the read-outs at some times from the first to the last."""
        places = np.unique(np.linspace(0, len(self.time) - 1, SHOWN_TIMES).astype(np.int64))
        return self.to_dataframe().iloc[places].reset_index()

    def variable(self, name: str) -> xr.DataArray:
        """Return a read-out or a pool by name, with its unit and label.

        Raises
        ------
        DataError
            If there is nothing of that name, with close matches.
        """
        if name != "time":
            self._known(name)
        return self.dataset[name]

    def __getitem__(self, name: str) -> Array:
        """Return the values of a read-out or a pool by name, shape (n_times,); DataError as for ``variable``."""
        return self.time if name == "time" else self._known(name).values

    def unit(self, name: str) -> str:
        """Return the unit of a read-out or a pool, as the model writes it, or "1"; DataError as for ``variable``."""
        return self._attributes(name).get("units", "1")

    def label(self, name: str) -> str:
        """Return what a read-out or a pool is called in words; DataError as for ``variable``."""
        return self._attributes(name)["long_name"]

    def _attributes(self, name: str) -> Mapping[str, str]:
        return TIME_ATTRIBUTES if name == "time" else self._known(name).attributes

    def _known(self, name: str) -> Labelled:
        if name not in self.variables:
            cure = did_you_mean(name, list(self.variables))
            raise DataError(f'unknown read-out or pool "{name}"', cure=cure)
        return self.variables[name]

    def at(self, name: str, time: float | str) -> float:
        """Return a read-out or a pool at a time, linear between the two nearest output times.

        Parameters
        ----------
        name : str
        time : float, day, or str
            Text is read as in the scenario: ``"6 months"``, ``"course 2 + 30 days"`` or a date.

        Raises
        ------
        DataError
            If there is nothing of that name over time, or the time is none or lies outside the simulated time.
        """
        values = self[name]
        if not values.ndim:
            cure = f'read it as trajectory["{name}"]'
            raise DataError(f'"{name}" is one number for the whole run, not a course', key="name", cure=cure)
        day = day_of(self.scenario, time)
        first, last = (float(end) for end in self.time[[0, -1]])
        if not first - ROUNDING <= day <= last + ROUNDING:
            cure = f"choose a time from day {first:g} to day {last:g}"
            raise DataError(f"day {day:g} is outside the simulated time span", key="time", cure=cure)
        return float(np.interp(day, self.time, values))

    def failure(self) -> str:
        """Return in a sentence how the integration failed and what may help; empty if it did not."""
        if self.is_complete:
            return ""
        worst = self.solution.worst_pool
        decided = f", decided by {self.problem.model.pools[worst]}" if worst >= 0 else ""
        reached = f"stopped on day {self.solution.fail_time:.6g} ({self.status.name}{decided})"
        return f"the integration {reached}. {advice(self.status)}"

    def summary(self) -> dict[str, Any]:
        """Return what a clinician would ask, as plain data; see ``immunosim.report.summarise`` for its keys."""
        from immunosim.report import summarise

        return summarise(self)

    def rates(self) -> xr.Dataset:
        """Return the rate of every process over time; each in the unit of its pool per day."""
        import xarray as xr

        problem, model = self.problem, self.problem.model
        inputs = problem.inputs_at(self.time)
        values = model.rates_at(self.solution.states, problem.vector, inputs)
        described = model.module.PROCESSES
        units = {name: f"{described_pool[1]}/day" for name, described_pool in model.module.POOLS.items()}
        variables = {
            name: ("time", values[:, i], {"units": units[reactant or product], "long_name": label, "mechanism": owner})
            for i, (name, (label, owner, reactant, product)) in enumerate(described.items())
        }
        return xr.Dataset(variables, coords={"time": ("time", self.time, TIME_ATTRIBUTES)})


def _labelled(problem: Problem, solution: Solution) -> dict[str, Labelled]:
    module = problem.model.module
    inputs = problem.inputs_at(problem.times)
    readouts = problem.model.readouts_at(solution.states, problem.vector, inputs)
    variables = {}
    for i, (name, (label, unit)) in enumerate(module.READOUTS.items()):
        variables[name] = Labelled(readouts[:, i], {"units": unit, "long_name": label, "kind": "read-out"})
    for i, (name, (label, unit, owner, _)) in enumerate(module.POOLS.items()):
        attributes = {"units": unit, "long_name": label, "kind": "pool", "mechanism": owner}
        variables[name] = Labelled(solution.states[:, i], attributes)
    status, reached, steps = (
        np.array(number) for number in (int(solution.status), solution.fail_time, solution.n_steps)
    )
    variables["status"] = Labelled(status, {"long_name": "status of the integration, 0 is OK"})
    variables["fail_time"] = Labelled(reached, {"units": "day", "long_name": "time of failure"})
    variables["n_steps"] = Labelled(steps, {"long_name": "accepted steps"})
    return variables


def day_of(scenario: Scenario, time: float | str) -> float:
    """Return a time as a scenario understands it, day.

    Raises
    ------
    DataError
        If the text is not a time.
    """
    if not isinstance(time, str):
        return float(time)
    try:
        return Clock.of(scenario).days(time)
    except QuantityError as error:
        raise DataError(error.reason, key="time", cure=error.cure) from error
