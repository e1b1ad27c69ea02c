"""``immunosim check``: say what a scenario means without simulating it."""

import datetime
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from immunosim.cli.options import Changes, ScenarioFile, command_line
from immunosim.cli.printing import say, show, show_table

if TYPE_CHECKING:
    from immunosim.scenario import Scenario
    from immunosim.simulation import Problem


def check(scenario: ScenarioFile, changes: Changes = None) -> None:
    """Check a scenario and print what was understood.

    Names and parameters of the model are checked as well. Nothing is simulated or written.
    """
    from immunosim.scenario import load_scenario
    from immunosim.simulation import prepare

    found = load_scenario(scenario, changes or [])
    problem = prepare(found, str(scenario), say)
    show(found.title or "Untitled scenario")
    for sentence in _sentences(problem):
        show(sentence)
    calendar = "month" if found.start_date is None else "date"
    doses = ("drug", "given by", "from day", "to day", calendar, "doses", "mg in all")
    show_table("Doses", doses, list(_dose_rows(found)), align="<<")
    observed = ("read-out", "day", calendar, "value", "unit")
    show_table("Observed", observed, list(_observed_rows(found)), align="<>>><")
    show()
    show(f"{scenario} is a valid scenario.")
    show(f"Next:  {command_line('run', scenario, changes or [])}")


def _sentences(problem: "Problem") -> Iterator[str]:
    scenario, patient = problem.scenario, problem.scenario.patient
    yield f"Patient: {patient.sex}, {patient.age:g} years, {patient.weight:g} kg."
    start, end = float(problem.times[0]), float(problem.times[-1])
    word = "month " if scenario.start_date is None else ""
    calendar = f"{word}{_calendar(scenario, start)} to {word}{_calendar(scenario, end)}"
    yield f"Time: day {start:.0f} to day {end:.0f} ({calendar}), {len(problem.times)} output times."
    if scenario.mechanisms.off:
        yield f"Mechanisms off: {', '.join(scenario.mechanisms.off)}."
    if scenario.parameters:
        own = (f"{name} {value}" for name, value in scenario.parameters.items())
        yield f"Individual parameters: {', '.join(own)}."
    yield f"Solver: {problem.options.method}, relative tolerance {problem.options.rtol:g}."


def _dose_rows(scenario: "Scenario") -> Iterator[tuple[str, ...]]:
    from immunosim.scenario import dose_totals
    from immunosim.scenario.regimen import begin_of, end_of, keyed_events

    for key, pairs in groupby(keyed_events(scenario), key=lambda pair: pair[0]):
        events = [event for _, event in pairs]
        first, last = min(map(begin_of, events)), max(map(end_of, events))
        for drug, total in dose_totals(events).items():
            count = "daily" if drug == "dimethyl_fumarate" else str(len(events))
            when = f"{first:.2f}", f"{last:.2f}", _calendar(scenario, first)
            yield drug.replace("_", " "), key, *when, count, f"{total:g}"


def _observed_rows(scenario: "Scenario") -> Iterator[tuple[str, ...]]:
    for series in scenario.observed:
        for point in series.points:
            value = f"{point.low:g} to {point.high:g}" if point.value is None else f"{point.value:g}"
            yield series.readout, f"{point.time:.2f}", _calendar(scenario, point.time), value, series.unit


def _calendar(scenario: "Scenario", day: float) -> str:
    """Return a day as a date where the scenario has one, else as the month that it falls in."""
    from immunosim.units import DAYS_PER_MONTH

    if scenario.start_date is None:
        return f"{day / DAYS_PER_MONTH:.1f}"
    return str(scenario.start_date + datetime.timedelta(days=day))
