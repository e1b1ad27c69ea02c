"""Whom the model calls ill before treatment is drawn again: the others follow the population, given their health."""

from collections.abc import Callable

import numpy as np
import pytest

from immunosim.cohorts import BoundPopulation, bind, draw, read_population, shipped_populations
from immunosim.cohorts.draws import drawn_values
from immunosim.cohorts.rows import CohortRows
from immunosim.scenario.population import Population
from immunosim.sweeps import Base, read_base

N = 4096


@pytest.fixture(scope="module")
def trial() -> Base:
    return read_base("one_course", ["horizon=1 month"])


@pytest.fixture(scope="module")
def at_risk(trial: Base, described: Callable[..., Population]) -> Callable[..., BoundPopulation]:
    """Return what binds smokers with a family history to the model, half of whom are ill before treatment."""

    def build(median: float = 0.0, **tables: object) -> BoundPopulation:
        liability = {"name": "liability", "sets": "parameters.thyroid_liability", "distribution": "logistic"}
        both = {"name": "smoker", "sets": "patient.smoker", "distribution": "share", "share": 1.0}
        family = {**both, "name": "family", "sets": "patient.family_history", "share": 0.5}
        liability |= {"median": median, "scale": 1}
        return bind(described(covariate=[liability, both, family], **tables), trial, "population.toml")

    return build


@pytest.mark.parametrize("sampling", ["sobol", "random"])
def test_the_healthy_follow_the_population_given_their_health(
    at_risk: Callable[..., BoundPopulation], trial: Base, sampling: str
) -> None:
    drawn = draw(at_risk(sampling=sampling), np.arange(N))
    values = {name: trial.problem.parameters[name].value for name in trial.problem.parameters}
    threshold = np.log((1 - 1e-9) / values["thyroid_median_avidity"]) / values["avidity_spread"]
    limit = threshold - values["smoking_liability"] - np.array([0.0, values["family_history_liability"]])
    healthy = 1 / (1 + np.exp(-limit))  # share without and with a family history, of a logistic distribution
    has_family_history = drawn.covariates["family"] == 1
    # Of independent patients the share has a standard error of 0.008.
    assert has_family_history.mean() == pytest.approx(healthy[1] / healthy.sum(), abs=0.03)
    for index in (0, 1):
        liability = drawn.covariates["liability"][has_family_history == bool(index)]
        assert liability.max() < limit[index]
        quantiles = 1 / (1 + np.exp(-liability)) / healthy[index]  # uniform if the law is the truncated one
        assert np.quantile(quantiles, [0.1, 0.5, 0.9]) == pytest.approx([0.1, 0.5, 0.9], abs=0.04)


def test_who_is_healthy_at_the_first_draw_stays_as_drawn(at_risk: Callable[..., BoundPopulation]) -> None:
    healthy, fewer = draw(at_risk(-20.0), np.arange(N)), draw(at_risk(), np.arange(N))
    kept = np.isclose(healthy.covariates["liability"] + 20.0, fewer.covariates["liability"], atol=1e-9)
    assert 0.6 < kept.mean() < 0.9


def test_a_drawn_again_patient_is_the_same_alone(at_risk: Callable[..., BoundPopulation]) -> None:
    bound, patients = at_risk(), np.random.default_rng(3).permutation(N)[:200]
    np.testing.assert_array_equal(drawn_values(bound, np.arange(N))[patients], drawn_values(bound, patients))


def test_who_is_never_healthy_is_refused_and_counted(at_risk: Callable[..., BoundPopulation]) -> None:
    bound = at_risk(25.0)
    rows = CohortRows(bound).rows(drawn_values(bound, np.arange(8)))
    assert np.isnan(rows.vectors).all()


def test_nobody_of_the_shipped_population_is_refused() -> None:
    base = read_base("label_trial", [])
    bound = bind(read_population(shipped_populations(base.scenario.model)["trials"]), base, "trials")
    rows = CohortRows(bound).rows(drawn_values(bound, np.arange(N)))
    assert np.isfinite(rows.vectors).all()
