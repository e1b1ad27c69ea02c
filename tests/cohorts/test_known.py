"""What is known of one patient: independent covariates are set, others are matched."""

from collections.abc import Callable

import numpy as np
import pytest

from immunosim.cohorts import BoundPopulation, draw
from immunosim.cohorts.known import known_covariates
from immunosim.cohorts.population import bind
from immunosim.errors import DataError
from immunosim.scenario.population import Population
from immunosim.sweeps import Base, read_base

WEIGHT = {"name": "size", "sets": "patient.weight", "distribution": "lognormal", "median": "70 kg", "log_sd": 0.2}
AGE = {"name": "age", "sets": "patient.age", "distribution": "normal", "mean": "34 years", "sd": "8 years", "low": 18}
SEX = {"name": "sex", "sets": "patient.sex", "distribution": "choice", "choices": {"male": 0.3, "female": 0.7}}
SMOKER = {"name": "smoker", "sets": "patient.smoker", "distribution": "share", "share": 0.35}
DRAW = {"name": "draw", "sets": "patient.draws.thyroid", "distribution": "exponential", "mean": 1}
KEYS = {"patient.age", "patient.weight", "patient.sex", "patient.smoker", "patient.draws.thyroid"}


@pytest.fixture(scope="module")
def person() -> Base:
    """Return the scenario of one patient."""
    return read_base(
        "two_courses", ["horizon=14 months", "patient.age=51", "patient.weight=81 kg", "patient.smoker=true"]
    )


@pytest.fixture(scope="module")
def population(person: Base) -> Callable[..., BoundPopulation]:
    """Return what binds covariates to the patient's scenario."""

    def build(*covariates: dict, **tables: object) -> BoundPopulation:
        return bind(Population.model_validate({"covariate": covariates, **tables}), person)

    return build


def test_independent_covariates_are_set_to_the_patient_and_cost_no_patients(population, person) -> None:
    known = known_covariates(population(AGE, WEIGHT, SMOKER), KEYS)
    assert known.values == {"age": 51.0, "size": 81.0, "smoker": 1.0}
    assert known.matches == ()
    drawn = draw(bind(known.population, person), np.arange(16))
    for name, value in known.values.items():
        assert np.all(drawn.covariates[name] == value)


def test_what_the_scenario_does_not_say_stays_as_it_is(population) -> None:
    bound = population(AGE, WEIGHT)
    known = known_covariates(bound, {"patient.age"})
    assert known.values == {"age": 51.0}
    assert known.population.covariate[1] == bound.population.covariate[1]


def test_correlated_covariates_are_matched_on_their_own_scale(population) -> None:
    known = known_covariates(population(AGE, WEIGHT, correlation=[{"between": ["age", "size"], "value": 0.3}]), KEYS)
    assert [(match.name, match.is_exact, match.is_log) for match in known.matches] == [
        ("age", False, False),
        ("size", False, True),
    ]
    assert known.matches[1].log_weight([81.0, 40.0], [1.0, 1.0])[0] == 0.0


def test_a_covariate_that_a_chosen_cohort_replaces_is_matched(population) -> None:
    cohorts = [{"name": "older", "covariate": [{**AGE, "mean": "42 years"}]}]
    assert known_covariates(population(AGE, cohorts=cohorts), KEYS).matches == ()
    assert known_covariates(population(AGE, cohorts=cohorts, cohort="older"), KEYS).matches[0].name == "age"


def test_a_name_is_matched_exactly_and_one_that_nobody_has_is_refused(population) -> None:
    (match,) = known_covariates(population(SEX), KEYS).matches
    assert match.log_weight([0.0, 1.0], [1.0, 1.0]).tolist() == [-np.inf, 0.0]
    men = {**SEX, "choices": {"male": 1.0}}
    with pytest.raises(DataError, match='nobody in the population is "female"'):
        known_covariates(population(men), KEYS)


def test_a_draw_that_a_scenario_assumes_is_not_known(population) -> None:
    assert known_covariates(population(DRAW), KEYS).values == {}
