"""Populations of small scenarios."""

from collections.abc import Callable
from typing import Any

import pytest

from immunosim.cohorts import BoundPopulation, bind
from immunosim.errors import ImmunosimError
from immunosim.scenario.population import Population
from immunosim.sweeps import Base, read_base


@pytest.fixture(scope="session")
def base() -> Base:
    """Return one course in the teaching model, followed for six months."""
    return read_base("teaching_course", ["horizon=6 months"])


@pytest.fixture(scope="session")
def full_base() -> Base:
    """Return two courses in the full model, followed for 14 months."""
    return read_base("two_courses", ["horizon=14 months"])


@pytest.fixture(scope="session")
def described() -> Callable[..., Population]:
    """Return what reads a population as a file gives it."""

    def read(**tables: Any) -> Population:
        return Population.model_validate(tables, context={"file": "population.toml"})

    return read


@pytest.fixture(scope="session")
def make(base: Base, described: Callable[..., Population]) -> Callable[..., BoundPopulation]:
    """Return what binds a population, as a file gives it, to the teaching model."""

    def build(of: Base = base, **tables: Any) -> BoundPopulation:
        return bind(described(**tables), of, "population.toml")

    return build


@pytest.fixture(scope="session")
def refusal() -> Callable[..., str]:
    """Return what calls a function that must raise one of our errors, and gives its message."""

    def call(function: Callable[..., object], *arguments: object, **named: object) -> str:
        with pytest.raises(ImmunosimError) as caught:
            function(*arguments, **named)
        return str(caught.value)

    return call


@pytest.fixture(scope="session")
def rich(make: Callable[..., BoundPopulation]) -> BoundPopulation:
    """Return a population with every kind of trait and covariate, two strata and a named cohort."""
    return make(
        trait=[
            {"name": "count", "multiplies": ["t_cell_count"], "sd": 0.3, "keeps_mean": True},
            {"name": "sharing", "odds": ["t_cell_blood_fraction"], "sd": 0.5},
            {"name": "balance", "splits": [["antibody_volume", "lysis_rate"]], "sd": 0.2},
            {
                "name": "sensitivity",
                "multiplies": ["lysis_ec50"],
                "component": [
                    {"share": 0.1, "sampled": 0.5, "value": 2.0, "sd": 0.1},
                    {"share": 0.9, "sampled": 0.5},
                ],
            },
        ],
        covariate=[
            {"name": "size", "unit": "kg", "distribution": "lognormal", "median": "70 kg", "log_sd": 0.2},
            {
                "name": "years",
                "distribution": "normal",
                "mean": 34,
                "sd": 8.2,
                "low": 18,
                "high": 75,
                "effect": [{"parameter": "thymic_export_rate", "slope": -0.04, "reference": 34}],
            },
            {
                "name": "smoker",
                "distribution": "share",
                "share": 0.35,
                "effect": [{"parameter": "division_rate", "factors": {"yes": 2.0}}],
            },
            {"name": "colour", "distribution": "choice", "choices": {"red": 0.2, "green": 0.5, "blue": 0.3}},
            {"name": "threshold", "distribution": "exponential", "mean": 2},
        ],
        correlation=[{"between": ["count", "years"], "value": -0.6}],
        stratum=[
            {"name": "usual", "share": 0.9, "sampled": 0.75},
            {
                "name": "resistant",
                "share": 0.1,
                "sampled": 0.25,
                "parameters": {"lysis_rate": "2 1/day"},
                "cohort": "older",
            },
        ],
        cohorts=[
            {
                "name": "older",
                "factors": {"thymic_export_rate": 0.5},
                "covariate": [{"name": "years", "distribution": "normal", "mean": 60, "sd": 3}],
            }
        ],
    )
