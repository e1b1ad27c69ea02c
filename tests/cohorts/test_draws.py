"""A patient is the same in any order, chunk and number of patients, and draws have the moments of closed forms."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import kstest, norm

from immunosim.cohorts import BoundPopulation, draw
from immunosim.cohorts.keyed import SobolPoints, uniform

N = 4096
"""A power of two: Sobol points are then balanced, and moments are exact to about 1/N."""


@pytest.fixture(scope="module", params=["sobol", "random"])
def either(rich: BoundPopulation, request: pytest.FixtureRequest) -> BoundPopulation:
    """Return the population with each way of sampling."""
    return replace(rich, population=rich.population.model_copy(update={"sampling": request.param}))


def everything(bound: BoundPopulation, patients: object) -> dict[str, np.ndarray]:
    drawn = draw(bound, patients)
    first = {"patient": drawn.patients, "weight": drawn.weight, "stratum": drawn.stratum}
    return {**first, **drawn.traits, **drawn.covariates, **drawn.columns}


def test_patients_are_the_same_in_any_order_to_the_last_bit(either: BoundPopulation) -> None:
    patients = np.random.default_rng(1).permutation(1000)[:100]
    whole, some = everything(either, np.arange(1000)), everything(either, patients)
    assert {name for name in whole if whole[name][patients].tobytes() != some[name].tobytes()} == set()


@pytest.mark.parametrize("patient", [0, 17, 999])
def test_a_patient_alone_is_the_patient_of_the_cohort_to_the_last_bit(either: BoundPopulation, patient: int) -> None:
    whole, alone = everything(either, np.arange(1000)), everything(either, [patient])
    assert {name for name in whole if whole[name][[patient]].tobytes() != alone[name].tobytes()} == set()


def test_another_seed_gives_other_patients(either: BoundPopulation) -> None:
    first, second = draw(either, np.arange(100), seed=1), draw(either, np.arange(100), seed=2)
    assert not np.isin(first.columns["t_cell_count"], second.columns["t_cell_count"]).any()


def test_a_trait_that_is_added_at_the_end_changes_no_other(make: Callable[..., BoundPopulation]) -> None:
    traits = [{"name": name, "multiplies": [name], "sd": 0.3} for name in ("lysis_rate", "division_rate")]
    one, two = make(trait=traits[:1]), make(trait=traits)
    assert draw(one, range(64)).columns["lysis_rate"].tobytes() == draw(two, range(64)).columns["lysis_rate"].tobytes()


def test_a_log_normal_trait_keeps_the_mean(rich: BoundPopulation) -> None:
    factor = draw(rich, np.arange(N)).traits["count"]
    assert factor.mean() == pytest.approx(1.0, abs=2e-3)
    assert np.log(factor).std() == pytest.approx(0.3, rel=5e-3)


def test_odds_are_log_normal_and_fractions_stay_between_0_and_1(rich: BoundPopulation) -> None:
    drawn = draw(rich, np.arange(N))
    fraction = drawn.columns["t_cell_blood_fraction"]
    logits = np.log(fraction / (1.0 - fraction))
    assert np.median(logits) == pytest.approx(np.log(0.02 / 0.98), abs=2e-3)
    assert logits.std() == pytest.approx(0.5, rel=5e-3)


def test_a_split_keeps_the_sum(rich: BoundPopulation) -> None:
    drawn = draw(rich, np.arange(N))
    columns, usual = drawn.columns, drawn.stratum == 0
    total = columns["antibody_volume"] + columns["lysis_rate"]
    assert np.allclose(total[usual], 25.0, rtol=1e-14)
    assert np.allclose(total[~usual], 7.0, rtol=1e-14)
    ratio = columns["antibody_volume"][usual] / columns["lysis_rate"][usual]
    assert np.allclose(ratio, 0.25 * drawn.traits["balance"][usual], rtol=1e-12)


def test_weights_give_the_shares_of_the_population(rich: BoundPopulation) -> None:
    drawn = draw(rich, np.arange(N))
    weight = drawn.weight
    assert weight.sum() == pytest.approx(N, rel=2e-3)
    assert (drawn.stratum == 1).mean() == pytest.approx(0.25, abs=1e-3)
    assert weight[drawn.stratum == 1].sum() / weight.sum() == pytest.approx(0.1, abs=2e-3)
    # Twice as large a factor for a tenth of the population, which is half of those simulated.
    assert np.average(drawn.traits["sensitivity"] > 1.5, weights=weight) == pytest.approx(0.1, abs=2e-3)


def clipped_mean(low: float, high: float, mean: float, sd: float) -> float:
    """Return the mean of a normal variable whose values beyond the cuts are set to them."""
    below, above = (low - mean) / sd, (high - mean) / sd
    inside = mean * (norm.cdf(above) - norm.cdf(below)) - sd * (norm.pdf(above) - norm.pdf(below))
    return float(inside + low * norm.cdf(below) + high * norm.sf(above))


def test_a_cut_normal_covariate_has_the_mean_of_the_clipped_distribution(rich: BoundPopulation) -> None:
    drawn = draw(rich, np.arange(N))
    years, usual = drawn.covariates["years"], drawn.stratum == 0
    assert years[usual].min() == 18.0
    assert years[usual].max() <= 75.0
    assert years[usual].mean() == pytest.approx(clipped_mean(18, 75, 34, 8.2), rel=5e-3)
    assert (years[usual] == 18.0).mean() == pytest.approx(norm.cdf((18 - 34) / 8.2), abs=3e-3)
    assert years[~usual].mean() == pytest.approx(60.0, rel=5e-3)


def test_shares_choices_and_thresholds_have_their_distributions(rich: BoundPopulation) -> None:
    drawn = draw(rich, np.arange(N))
    assert drawn.covariates["smoker"].mean() == pytest.approx(0.35, abs=1e-3)
    assert drawn.choices["colour"] == ("red", "green", "blue")
    counts = np.bincount(drawn.covariates["colour"].astype(int)) / N
    assert counts == pytest.approx([0.2, 0.5, 0.3], abs=2e-3)
    assert drawn.covariates["threshold"].mean() == pytest.approx(2.0, rel=5e-3)
    assert np.log(drawn.covariates["size"]).std() == pytest.approx(0.2, rel=5e-3)


def test_bands_are_sampled_as_asked_and_weights_correct_for_it(
    make: Callable[..., BoundPopulation],
) -> None:
    bands = [{"share": 0.97, "sampled": 0.7}, {"share": 0.02, "sampled": 0.2}, {"share": 0.01, "sampled": 0.1}]
    liability = {"name": "liability", "distribution": "logistic", "median": 0, "scale": 2.0, "high": 20}
    plain = draw(make(covariate=[liability]), np.arange(N))
    assert kstest(plain.covariates["liability"] / 2.0, "logistic").statistic < 2e-3
    drawn = draw(make(covariate=[{**liability, "band": bands}]), np.arange(N))
    values, weight = drawn.covariates["liability"], drawn.weight
    top, upper = 2.0 * np.log(0.99 / 0.01), 2.0 * np.log(0.97 / 0.03)
    assert (values > top).mean() == pytest.approx(0.1, abs=1e-3)
    assert ((values > upper) & (values <= top)).mean() == pytest.approx(0.2, abs=1e-3)
    assert np.average(values > top, weights=weight) == pytest.approx(0.01, rel=1e-2)
    assert np.average(values > 0.0, weights=weight) == pytest.approx(0.5, abs=1e-3)
    assert weight.sum() / N == pytest.approx(1.0, abs=1e-3)
    assert sorted(set(weight.round(6))) == pytest.approx([0.1, 0.97 / 0.7])


def test_weights_of_bands_multiply_those_of_strata(make: Callable[..., BoundPopulation]) -> None:
    covariate = {"name": "z", "distribution": "normal", "mean": 0, "sd": 1}
    bands = [{"share": 0.9, "sampled": 0.5}, {"share": 0.1, "sampled": 0.5}]
    strata = [{"name": "a", "share": 0.8, "sampled": 0.5}, {"name": "b", "share": 0.2, "sampled": 0.5}]
    drawn = draw(make(covariate=[{**covariate, "band": bands}], stratum=strata), np.arange(N))
    assert sorted(set(drawn.weight.round(9))) == pytest.approx([0.08, 0.32, 0.72, 2.88])


def test_effects_factors_and_strata_act_on_parameters(rich: BoundPopulation) -> None:
    drawn = draw(rich, np.arange(256))
    columns, covariates, resistant = drawn.columns, drawn.covariates, drawn.stratum == 1
    of_age = np.exp(-0.04 * (covariates["years"] - 34.0))
    expected = 2e-4 * np.where(resistant, 0.5, of_age)  # the covariate of the cohort is another one, without effect
    assert columns["thymic_export_rate"] == pytest.approx(expected, rel=1e-12)
    assert columns["division_rate"] == pytest.approx(0.002 * (1.0 + covariates["smoker"]), rel=1e-12)


def test_correlated_variables_have_their_correlation_and_their_distributions(either: BoundPopulation) -> None:
    drawn = draw(either, np.arange(N))
    usual = drawn.stratum == 0
    scores = np.log(drawn.traits["count"][usual]), drawn.covariates["years"][usual]
    # 3,072 patients: a standard error of 0.012; the cut at 18 years takes about 0.01 from it.
    assert np.corrcoef(*scores)[0, 1] == pytest.approx(-0.6, abs=0.04)


def test_independent_numbers_are_uniform_and_uncorrelated() -> None:
    first, second = uniform(5, "first", np.arange(20_000)), uniform(5, "second", np.arange(20_000))
    assert kstest(first, "uniform").pvalue > 1e-3
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.03
    assert abs(np.corrcoef(first[1:], first[:-1])[0, 1]) < 0.03


def test_sobol_points_are_balanced_in_every_dimension() -> None:
    points = SobolPoints(3, [f"trait {number}" for number in range(20)]).points(np.arange(1024))
    counts = np.floor(points * 1024).astype(int)
    assert all(sorted(column) == list(range(1024)) for column in counts.T)
    assert abs(norm.ppf(points).mean(axis=0)).max() < 5e-3


def test_patients_beyond_the_sequence_are_refused(rich: BoundPopulation, refusal: Callable[..., str]) -> None:
    reason = "patients: patients are numbered from 0 to 1,073,741,823, count patients from 0"
    assert refusal(draw, rich, [-1]) == reason
    assert refusal(draw, rich, [2**30]) == reason
