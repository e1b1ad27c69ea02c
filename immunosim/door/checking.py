"""How a scenario was understood, as one result, without simulating it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from immunosim.codegen.loader import say_nothing
from immunosim.door.scenarios import AnyScenario, as_scenario
from immunosim.formatting import calendar
from immunosim.models import find_model
from immunosim.problem import Problem, prepare
from immunosim.report.doses import (
    assumed_effects,
    challenges_in_words,
    deviations,
    dose_headers,
    dose_rows,
    volumes_in_words,
)
from immunosim.result import Result
from immunosim.scenario import Scenario
from immunosim.scenario.overrides import Overrides

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from immunosim.scenario.population import Population


@dataclass(frozen=True, eq=False, repr=False)
class ScenarioCheck(Result):
    """How a valid scenario was understood.

    Attributes
    ----------
    name : str
        What messages call it.
    problem : Problem
    varied : tuple of (str, str)
        What its [sweep] section varies, with the number of patients; empty without one.
    population : tuple of (str, str, str)
        What differs between the patients of its [population] section, what it acts on, and how; empty without one.
    """

    name: str
    problem: Problem
    varied: tuple[tuple[str, str], ...] = ()
    population: tuple[tuple[str, str, str], ...] = ()

    @property
    def scenario(self) -> Scenario:
        """The scenario, with its changes."""
        return self.problem.scenario

    def headline(self) -> str:
        """Return in a line that it is valid."""
        return f"{self.name} is a valid scenario"

    def sentences(self) -> Iterator[str]:
        """Yield patient, time, deviations, mechanisms, parameters and solver, a sentence each."""
        scenario, patient, times = self.scenario, self.scenario.patient, self.problem.times
        if version := find_model(scenario.model).version_in_words():
            yield f"Model: {version}."
        yield f"Patient: {patient.in_words()}."
        start, end = float(times[0]), float(times[-1])
        word = "month " if scenario.start_date is None else ""
        span = f"{word}{calendar(scenario, start)} to {word}{calendar(scenario, end)}"
        yield f"Time: day {start:.0f} to day {end:.0f} ({span}), {len(times)} output times."
        yield from deviations(scenario)
        yield from volumes_in_words(scenario)
        yield from assumed_effects(scenario)
        yield from challenges_in_words(scenario)
        if scenario.mechanisms.off:
            yield f"Mechanisms off: {', '.join(scenario.mechanisms.off)}."
        if scenario.parameters:
            values = (f"{name} {value}" for name, value in scenario.parameters.items())
            yield f"Individual parameters: {', '.join(values)}."
        yield f"Solver: {self.problem.options.method}, relative tolerance {self.problem.options.rtol:g}."

    def facts(self) -> dict[str, object]:
        """Return the sentences by what they are about, and what is varied."""
        facts: dict[str, object] = {}
        for sentence in self.sentences():
            what, _, text = sentence.removesuffix(".").partition(": ")
            facts[what] = f"{facts[what]}; {text}" if what in facts else text
        return facts | dict(self.varied)

    def doses(self) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
        """Return headers and rows of the orders, as text."""
        return dose_headers(self.scenario), list(dose_rows(self.scenario))

    def observed(self) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
        """Return headers and rows of the observed values, as text."""
        when = "month" if self.scenario.start_date is None else "date"
        return ("read-out", "day", when, "value", "unit"), list(_observed_rows(self.scenario))

    def summary(self) -> dict[str, Any]:
        """Return everything as plain values."""
        doses, observed = _records(*self.doses()), _records(*self.observed())
        about = {"scenario": self.name, "title": self.scenario.title}
        population = _records(("name", "acts_on", "distribution"), list(self.population))
        return about | self.facts() | {"doses": doses, "observed": observed, "population": population}

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row an order of a drug."""
        import pandas as pd

        headers, rows = self.doses()
        return pd.DataFrame(rows, columns=list(headers))

    @property
    def dataset(self) -> xr.Dataset:
        """The orders over ``order``."""
        table = self.to_dataframe()
        table.index.name = "order"
        return table.to_xarray()


def _records(headers: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[dict[str, str]]:
    return [dict(zip(headers, row, strict=True)) for row in rows]


def check(
    scenario: AnyScenario, overrides: Overrides = (), *, announce: Callable[[str], None] = say_nothing
) -> ScenarioCheck:
    """Validate a scenario, with names and parameters of its model, its sweep and its population, without simulating it.

    Parameters
    ----------
    scenario : Scenario, Path or str
    overrides : mapping of str to object, or iterable of str
    announce : callable
        Told in a sentence when something slow starts.

    Raises
    ------
    ScenarioError, ParameterError, DataError
        With everything that is wrong, where it stands, and what to write instead.
    """
    found, name = as_scenario(scenario, overrides)
    problem = prepare(found, name, announce)
    varied = () if found.sweep is None else tuple(_varied(scenario, overrides))
    population = () if found.population is None else tuple(_population(scenario, overrides, found.population))
    return ScenarioCheck(name, problem, varied, population)


def _varied(scenario: AnyScenario, overrides: Overrides) -> Iterator[tuple[str, str]]:
    """Yield what a sweep of the scenario would vary, after everything that it asks for was checked."""
    from immunosim.door.sweeping import base_of_scenario
    from immunosim.sweeps import SweepRequest, plan_of

    base = base_of_scenario(scenario, overrides, say_nothing)
    plan, _ = plan_of(base, SweepRequest({}).over(base.section, base.folder))
    for factor in plan.recipe.factors:
        yield factor.name, factor.in_words
    yield "patients", f"{plan.n:,}"


def _population(scenario: AnyScenario, overrides: Overrides, section: Population) -> Iterator[tuple[str, str, str]]:
    """Yield what differs between the patients of a cohort of the scenario, after everything in it was checked."""
    from immunosim.cohorts.planning import CohortRequest, cohort_plan
    from immunosim.cohorts.reading import bound_population
    from immunosim.cohorts.words import in_words
    from immunosim.door.over_sets import planned_sets
    from immunosim.door.sweeping import base_of_scenario

    base = base_of_scenario(scenario, overrides, say_nothing)
    plan = cohort_plan(section, base, CohortRequest())
    bound = bound_population(section, base)
    planned_sets(section, base, bound, None)
    yield from in_words(bound)
    yield "patients", "", f"{plan.n:,}"


def _observed_rows(scenario: Scenario) -> Iterator[tuple[str, ...]]:
    for series in scenario.observed:
        for point in series.points:
            low, high = point.ends
            value = f"<{high:g}" if point.below else f"{low:g}" if low == high else f"{low:g} to {high:g}"
            yield series.readout, f"{point.time:.2f}", calendar(scenario, point.time), value, series.unit
