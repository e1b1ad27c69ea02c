"""One patient: simulate, verify, explain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from immunosim.codegen.loader import say_nothing
from immunosim.door.scenarios import AnyScenario, as_scenario
from immunosim.door.times import Time, day_of
from immunosim.scenario.overrides import Overrides
from immunosim.trajectory import Trajectory

if TYPE_CHECKING:
    from typing_extensions import TypeIs

    from immunosim.attribution import Counterfactuals, Explanation
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
    scenario: Course,
    overrides: Overrides = (),
    *,
    timing: bool = False,
    announce: Callable[[str], None] = say_nothing,
) -> Verification:
    """Check a simulation against an independent solver, and its doses, mass balances and signs.

    Parameters
    ----------
    scenario : Scenario, Path, str or Trajectory
        A trajectory is judged as it is.
    overrides : mapping of str to object, or iterable of str
    timing : bool
        Measure computing time against SciPy's LSODA as well.
    announce : callable

    Raises
    ------
    SolverError
        If the integration failed, or the reference cannot be found.
    """
    from immunosim import verification

    trajectory = simulated(scenario, overrides, announce)
    found = verification.verify(trajectory, announce=announce)
    if not timing:
        return found
    return replace(found, timing=verification.time_against_lsoda(trajectory.problem, announce=announce))


def explain(
    scenario: Course,
    readout: str,
    at: Time | None = None,
    since: Time | None = None,
    *,
    accounting: bool = False,
    direct: bool = False,
    gross: bool = False,
    overrides: Overrides = (),
    announce: Callable[[str], None] = say_nothing,
) -> Counterfactuals | Explanation:
    """Say what a read-out would be without each treatment and mechanism, or account for its change by processes.

    Parameters
    ----------
    scenario : Scenario, Path, str or Trajectory
    readout : str
        Name of a read-out or a pool.
    at : float, day, or str, optional
        Time of the question; by default the one at which a treatment makes the largest difference. Of an accounting:
        its end, by default that of the simulation.
    since : float, day, or str, optional
        Start of an accounting, by default that of the simulation.
    accounting : bool
        Write the change as a sum of contributions of the processes, instead of simulating what would be without.
    direct : bool
        Of an accounting: leave the exchange between blood and tissue as it is, instead of tracing cells through it.
    gross : bool
        Of an accounting: count whole flows, not their excess over the untreated ones.
    overrides : mapping of str to object, or iterable of str
    announce : callable
        Told in a sentence when something slow starts.

    Returns
    -------
    Counterfactuals or Explanation
        An Explanation where an accounting is asked for.

    Raises
    ------
    ExplanationError
        If the read-out is unknown, a time lies outside the simulated time, or an argument of an accounting is given
        without it.
    SolverError
        If the simulation failed.
    """
    from immunosim import attribution

    if not accounting:
        _refuse_accounting(since=since is not None, direct=direct, gross=gross)
    if not isinstance(scenario, Trajectory):
        found = as_scenario(scenario, overrides)[0]
        for time, key in ((since, "since"), (at, "at")):  # before anything slow starts
            if time is not None:
                day_of(found, time, key)
    trajectory = simulated(scenario, overrides, announce)
    end = None if at is None else day_of(trajectory.scenario, at, "at")
    if not accounting:
        return attribution.counterfactuals(trajectory, readout, end)
    start = None if since is None else day_of(trajectory.scenario, since, "since")
    end = float(trajectory.time[-1]) if end is None else end
    return attribution.explain(trajectory, readout, end, start, direct, gross)


def _refuse_accounting(**given: bool) -> None:
    from immunosim.attribution import ExplanationError

    for key in (key for key, is_given in given.items() if is_given):
        raise ExplanationError("applies to an accounting only", key=key, cure="add `accounting`")


def is_accounting(explanation: Counterfactuals | Explanation) -> TypeIs[Explanation]:
    """Return whether an explanation is a sum of contributions."""
    from immunosim.attribution import Explanation

    return isinstance(explanation, Explanation)


def explanation_files(explanation: Counterfactuals | Explanation) -> dict[str, bytes]:
    """Return the figure and the two tables of an explanation by file name."""
    from immunosim.attribution import courses_csv, effects_csv, series_csv, table_csv
    from immunosim.plots import encoded

    if is_accounting(explanation):
        name, tables = f"why_{explanation.readout}", (table_csv(explanation), series_csv(explanation))
        endings = (".csv", "_series.csv")
    else:
        name, tables = f"counterfactuals_{explanation.readout}", (effects_csv(explanation), courses_csv(explanation))
        endings = (".csv", "_courses.csv")
    figure = {f"{name}.png": encoded(explanation.plot(), "png")}
    return figure | {f"{name}{ending}": text.encode() for ending, text in zip(endings, tables, strict=True)}


def simulated(course: Course, overrides: Overrides = (), announce: Callable[[str], None] = say_nothing) -> Trajectory:
    """Return the trajectory of a scenario; one that was simulated is simulated again only where there are changes."""
    if not isinstance(course, Trajectory):
        return simulate(course, overrides, announce=announce)
    return simulate(course.scenario, overrides, announce=announce) if overrides else course
