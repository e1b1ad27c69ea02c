"""Cohorts: virtual populations whose patients are drawn by number, and run as the patients of a sweep are."""

from immunosim.cohorts.draws import CohortDraws, draw
from immunosim.cohorts.population import BoundPopulation, bind
from immunosim.cohorts.reading import bound_population, read_population, shipped_populations

__all__ = [
    "BoundPopulation",
    "CohortDraws",
    "bind",
    "bound_population",
    "draw",
    "read_population",
    "shipped_populations",
]
