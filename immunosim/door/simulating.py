"""One patient: simulate, verify, explain, compare, differentiate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from immunosim.codegen.loader import say_nothing
from immunosim.door.scenarios import AnyScenario, as_scenario
from immunosim.door.times import Time, day_of
from immunosim.scenario.overrides import Overrides
from immunosim.trajectory import Trajectory

if TYPE_CHECKING:
    import xarray as xr

    from immunosim.attribution import Attribution, Comparison, Explanation
    from immunosim.problem import Problem
    from immunosim.verification import Verification

Course = AnyScenario | Trajectory
"""A scenario to simulate, or a trajectory that was simulated."""


def simulate(
    scenario: AnyScenario,
    overrides: Overrides = (),
    *,
    announce: Callable[[str], None] = say_nothing,
) -> Trajectory:
    """Simulate a scenario.

    Parameters
    ----------
    scenario : Scenario, Path or str
        A scenario, the path of its file, or the name of a shipped one.
    overrides : mapping of str to object, or iterable of str
        Changes, such as ``{"patient.weight": "80 kg"}`` or ``["patient.weight=80 kg"]``.
    announce : callable
        Told in a sentence when something slow starts.

    Returns
    -------
    Trajectory
        With NaN throughout and a status other than OK where the integration failed: a failure is a result, not an
        error.

    Raises
    ------
    ScenarioError, ParameterError
        If the scenario is impossible.
    """
    from immunosim import simulation

    found, name = as_scenario(scenario, overrides)
    return simulation.simulate(found, name, announce)


def verify(
    scenario: Course, overrides: Overrides = (), *, announce: Callable[[str], None] = say_nothing
) -> Verification:
    """Check a simulation against an independent solver, and its doses, mass balances and signs.

    Parameters
    ----------
    scenario : Scenario, Path, str or Trajectory
        A trajectory is judged as it is.
    overrides : mapping of str to object, or iterable of str
    announce : callable

    Raises
    ------
    SolverError
        If the integration failed, or the reference cannot be found.
    """
    from immunosim import verification

    return verification.verify(_simulated(scenario, overrides, announce), announce=announce)


def explain(
    scenario: Course,
    readout: str,
    at: Time | None = None,
    since: Time | None = None,
    *,
    direct: bool = False,
    gross: bool = False,
    overrides: Overrides = (),
) -> Explanation:
    """Explain the change of a read-out as a sum of contributions of the processes.

    Parameters
    ----------
    scenario : Scenario, Path, str or Trajectory
    readout : str
        Name of a read-out or a pool.
    at, since : float, day, or str, optional
        End and start of the accounting, by default those of the simulation.
    direct : bool
        Leave the exchange between blood and tissue as it is, instead of tracing cells through it.
    gross : bool
        Count whole flows, not their excess over the untreated ones.
    overrides : mapping of str to object, or iterable of str

    Raises
    ------
    ExplanationError
        If the read-out is unknown or a time lies outside the simulated time.
    SolverError
        If the simulation failed.
    """
    from immunosim import attribution

    trajectory = _simulated(scenario, overrides)
    end = float(trajectory.time[-1]) if at is None else day_of(trajectory.scenario, at, "at")
    start = None if since is None else day_of(trajectory.scenario, since, "since")
    return attribution.explain(trajectory, readout, end, start, direct, gross)


def compare(
    *scenarios: Course | Mapping[str, Course], at: Sequence[Time] = (), overrides: Overrides = ()
) -> Comparison:
    """Put the courses of two to six scenarios side by side; the first is the reference.

    Parameters
    ----------
    scenarios : Scenario, Path, str or Trajectory
        Or one mapping of these by name.
    at : sequence of float, day, or str
        Further times, which a date or a course of the reference may give.
    overrides : mapping of str to object, or iterable of str
        Changes of all scenarios.

    Raises
    ------
    ComparisonError
        If there are too few or too many, or if they share no time.
    SolverError
        If a simulation failed.
    """
    from immunosim import attribution

    courses = {name: _simulated(course, overrides) for name, course in _named(scenarios).items()}
    times = [day_of(next(iter(courses.values())).scenario, time, "at") for time in at]
    return attribution.compare(courses, times)


def attribute(comparison: Comparison, readout: str) -> tuple[Attribution, ...]:
    """Attribute the difference of a read-out from the reference to the processes.

    Raises
    ------
    ComparisonError
        If there is no such read-out.
    """
    from immunosim import attribution

    return attribution.attribute(comparison, readout)


def differentiate(
    scenario: AnyScenario | Problem,
    names: Sequence[str],
    relative: bool = False,
    *,
    overrides: Overrides = (),
    n_threads: int = 1,
) -> xr.Dataset:
    """Solve a scenario together with the exact derivatives of its read-outs and pools.

    Parameters
    ----------
    scenario : Scenario, Path, str or Problem
    names : sequence of str
        Parameters, such as ``thymic_export_rate``, and numbers of treatments by their key path, such as
        ``course[1].dose`` or ``course[2].start``.
    relative : bool
        Return elasticities instead.
    overrides : mapping of str to object, or iterable of str
        Of a scenario.
    n_threads : int

    Returns
    -------
    xarray.Dataset
        One variable a read-out or pool, dimensions ``parameter`` and ``time`` [day], in its unit per unit of the
        parameter. NaN throughout and a status other than OK where the integration failed.

    Raises
    ------
    ParameterError, ScenarioError
        If a name is unknown, given twice, or cannot be differentiated.
    SolverError
        If this machine cannot compute in lanes.
    """
    from immunosim import derivatives
    from immunosim.problem import Problem, prepare

    problem = scenario if isinstance(scenario, Problem) else prepare(*as_scenario(scenario, overrides))
    return derivatives.differentiate(problem, names, relative, n_threads)


def _simulated(course: Course, overrides: Overrides = (), announce: Callable[[str], None] = say_nothing) -> Trajectory:
    if not isinstance(course, Trajectory):
        return simulate(course, overrides, announce=announce)
    return simulate(course.scenario, overrides, announce=announce) if overrides else course


def _named(scenarios: Sequence[Course | Mapping[str, Course]]) -> Mapping[str, Course]:
    """Return scenarios by name: what they are called, numbered where two are called the same."""
    if len(scenarios) == 1 and isinstance(scenarios[0], Mapping):
        return scenarios[0]
    found: dict[str, Course] = {}
    for one in scenarios:
        if isinstance(one, Mapping):
            raise TypeError("give one mapping of scenarios by name, or scenarios alone")
        name, number = _name_of(one), 1
        while name in found:
            number += 1
            name = f"{_name_of(one)} ({number})"
        found[name] = one
    return found


def _name_of(course: Course) -> str:
    from pathlib import Path

    if isinstance(course, (str, Path)):
        return Path(course).stem
    scenario = course.scenario if isinstance(course, Trajectory) else course
    return scenario.title or "scenario"
