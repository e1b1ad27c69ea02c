"""``immunosim check``: say what a scenario means without simulating it."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from immunosim.cli.options import Changes, ScenarioFile, command_line
from immunosim.cli.printing import say, show, show_table

if TYPE_CHECKING:
    from immunosim.problem import Problem
    from immunosim.scenario import Scenario


def check(scenario: ScenarioFile, changes: Changes = None) -> None:
    """Validate a scenario and print how it was understood.

    Names and parameters of the model are checked as well. Nothing is simulated or written.
    """
    from immunosim.problem import prepare
    from immunosim.report.doses import dose_headers, dose_rows
    from immunosim.scenario import load_scenario

    found = load_scenario(scenario, changes or [])
    problem = prepare(found, str(scenario), say)
    show(found.title or "Untitled scenario")
    for sentence in _sentences(problem):
        show(sentence)
    show_table("Doses", dose_headers(found), list(dose_rows(found)), align="<<")
    observed = ("read-out", "day", "month" if found.start_date is None else "date", "value", "unit")
    show_table("Observed", observed, list(_observed_rows(found)), align="<>>><")
    if found.sweep is not None:
        show_table("Sweep", ("varied", "values"), list(_varied(scenario, changes or [])), align="<<")
    show()
    show(f"{scenario} is a valid scenario.")
    show(f"Next:  {command_line('run', scenario, changes or [])}")


def _sentences(problem: "Problem") -> Iterator[str]:
    from immunosim.formatting import calendar
    from immunosim.report.doses import deviations

    scenario, patient = problem.scenario, problem.scenario.patient
    yield f"Patient: {patient.sex}, {patient.age:g} years, {patient.weight:g} kg."
    start, end = float(problem.times[0]), float(problem.times[-1])
    word = "month " if scenario.start_date is None else ""
    span = f"{word}{calendar(scenario, start)} to {word}{calendar(scenario, end)}"
    yield f"Time: day {start:.0f} to day {end:.0f} ({span}), {len(problem.times)} output times."
    yield from deviations(scenario)
    if scenario.mechanisms.off:
        yield f"Mechanisms off: {', '.join(scenario.mechanisms.off)}."
    if scenario.parameters:
        own = (f"{name} {value}" for name, value in scenario.parameters.items())
        yield f"Individual parameters: {', '.join(own)}."
    yield f"Solver: {problem.options.method}, relative tolerance {problem.options.rtol:g}."


def _varied(scenario: Path, changes: list[str]) -> Iterator[tuple[str, str]]:
    """Yield what a sweep of the scenario would vary, after everything that it asks for was checked."""
    from immunosim.sweeps import SweepRequest, plan_of, read_base

    base = read_base(scenario, changes)
    plan, _ = plan_of(base, SweepRequest({}).over(base.section, base.folder))
    for factor in plan.recipe.factors:
        yield factor.name, factor.in_words
    yield "patients", f"{plan.n:,}"


def _observed_rows(scenario: "Scenario") -> Iterator[tuple[str, ...]]:
    from immunosim.formatting import calendar

    for series in scenario.observed:
        for point in series.points:
            low, high = point.ends
            value = f"<{high:g}" if point.below else f"{low:g}" if low == high else f"{low:g} to {high:g}"
            yield series.readout, f"{point.time:.2f}", calendar(scenario, point.time), value, series.unit
