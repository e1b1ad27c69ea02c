"""From a population and what is kept of each patient to the plan of a run, which sweeps carry out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from immunosim.cohorts.draws import FIRST_COLUMNS
from immunosim.cohorts.keyed import MOST_PATIENTS
from immunosim.cohorts.reading import bound_population, merged_population, protocol_table
from immunosim.cohorts.rows import CohortDesign, CohortRows
from immunosim.ensembles.questions import TAKEN
from immunosim.errors import DataError, ImmunosimError
from immunosim.scenario.population import Population
from immunosim.sweeps import Base, Plan, Recipe
from immunosim.sweeps.outputs import outputs_of
from immunosim.sweeps.planning import EVERY_READOUT

USUAL_PATIENTS = 1000


@dataclass(frozen=True)
class CohortRequest:
    """A request for a cohort; None or empty where the population decides.

    Attributes
    ----------
    n, seed : int, optional
    cohort : str, optional
        The named cohort that everybody belongs to.
    endpoints, readouts : sequence of str
        ``all`` requests every read-out.
    at : sequence of float, day
    every : float, day, optional
    pools : bool
    """

    n: int | None = None
    seed: int | None = None
    cohort: str | None = None
    endpoints: Sequence[str] = ()
    readouts: Sequence[str] = ()
    at: Sequence[float] = ()
    every: float | None = None
    pools: bool = False

    @property
    def is_of_outputs(self) -> bool:
        """Whether it says what is kept; then the population's outputs do not count."""
        return bool(self.endpoints or self.readouts or self.pools)


def cohort_plan(section: Population, base: Base, request: CohortRequest, protocol: Path | None = None) -> Plan:
    """Return the plan of a cohort.

    Parameters
    ----------
    section : Population
        With the name of its base file, if it has one.
    base : Base
    request : CohortRequest
    protocol : Path, optional
        File of the population's protocol, where it is not relative to the population.

    Raises
    ------
    DataError, ScenarioError, ParameterError
        If the population does not fit the model, or an output does not exist.
    """
    update = {"seed": request.seed, "cohort": request.cohort}
    given = section.model_copy(update={name: value for name, value in update.items() if value is not None})
    bound = bound_population(given, base)
    n = request.n or bound.population.n or USUAL_PATIENTS
    if n > MOST_PATIENTS:
        raise DataError(f"{n:,} patients are more than {MOST_PATIENTS:,}", key="n", cure="ask for fewer")
    rows = CohortRows(bound, protocol_table(section, base, protocol))
    wanted = request if request.is_of_outputs else _outputs_of(bound.population, request)
    dosed = [base.scenario]
    for index in range(len(bound.strata)):
        with suppress(ImmunosimError):  # an invalid patient is refused in the result
            dosed.append(rows.regimen_of(index))
    known = base.problem.model.readouts
    readouts = known if EVERY_READOUT in wanted.readouts else wanted.readouts
    kept = (wanted.endpoints, readouts, wanted.at, wanted.every, wanted.pools)
    outputs = outputs_of(base.problem, *kept, dosed)
    asked = outputs.asked_of(base.problem)
    rows.refuse_impossible_protocol(asked)
    _refuse_names(rows, rows.further(asked), [*outputs.readouts, *(endpoint.label for endpoint in outputs.endpoints)])
    return Plan(Recipe(rows, outputs), CohortDesign(bound, n))


def section_of(population: str | Population | None, base: Base, section: Population | None) -> Population:
    """Return the population that is asked for: by name or file, as a record, or that of the scenario.

    Raises
    ------
    DataError
        If there is none.
    """
    if isinstance(population, Population):
        return population
    if population is not None and not population.strip():
        raise DataError("is empty", key="population", cure="name a file, or a population of the model")
    if population is not None:
        return Population(file=population)
    if section is None:
        cure = "add [population] to the scenario, or name one: `population=FILE`"
        raise DataError("there is no population", file=base.file, cure=cure)
    return section


def population_of(section: Population, base: Base) -> Population:
    """Return a population with the entries of its base file."""
    return merged_population(section, base.scenario.model, base.folder)[0]


def _outputs_of(population: Population, request: CohortRequest) -> CohortRequest:
    """Return what the population keeps, at the requested times where there are any."""
    return CohortRequest(
        endpoints=population.endpoints,
        readouts=population.readouts,
        at=request.at or population.at,
        every=request.every or population.every,
        pools=population.pools,
    )


def _refuse_names(rows: CohortRows, further: Iterable[str], outputs: Sequence[str]) -> None:
    names = [factor.name for factor in rows.factors]
    taken = {*FIRST_COLUMNS, *TAKEN, *outputs, *further, *rows.base.problem.model.pools}
    for name in names[len(FIRST_COLUMNS) :]:
        if name in taken:
            reason = f'"{name}" is also the name of a result'
            raise DataError(reason, key=f"population: {name}", cure="give the trait or covariate another name")
