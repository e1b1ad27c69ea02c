"""Virtual cohorts: patients drawn by number and run as those of a sweep, their statistics, and published targets."""

from immunosim.cohorts.draws import CohortDraws, draw
from immunosim.cohorts.planning import CohortRequest, cohort_plan
from immunosim.cohorts.population import BoundPopulation, bind
from immunosim.cohorts.reading import bound_population, read_population, shipped_populations
from immunosim.cohorts.result import CohortResult, open_cohort

__all__ = [
    "BoundPopulation",
    "CohortDraws",
    "CohortRequest",
    "CohortResult",
    "bind",
    "bound_population",
    "cohort_plan",
    "draw",
    "open_cohort",
    "read_population",
    "shipped_populations",
]
