"""The distribution of patients is the maximum likelihood answer of a linear mixed model, which is known."""

import numpy as np
import pytest

from immunosim.errors import SolverError
from immunosim.fitting import arrange, estimate, fit_population
from immunosim.fitting.conclusions.predictive import population_predictive
from immunosim.fitting.search.two_stage import LEAST_SD, _sd_of_data
from immunosim.observations import PatientRecord
from tests.fitting.linear import SD, free, posterior, subject

pytestmark = pytest.mark.usefixtures("linear")

N, REPEATS = 12, 6
"""Patients, and measurements of each."""


def balanced(spread=0.4, seed=3, n=N):
    """Return logarithms of measurements, shape (n, REPEATS), of patients who differ by a lognormal constant."""
    generator = np.random.default_rng(seed)
    return 0.5 + spread * generator.normal(size=(n, 1)) + SD * generator.normal(size=(n, REPEATS))


def together(logs, parameters, design=None, common=(), covariates=None, known=None):
    design = np.ones((logs.shape[1], 1)) if design is None else design
    records = [PatientRecord(f"P{i}", (), (), known(i) if known else {}) for i in range(len(logs))]
    subjects = [subject(design, row, name=f"P{i}") for i, row in enumerate(logs)]
    alone = [estimate(posterior(one, parameters), 1) for one in subjects]
    arrangement = arrange(parameters, records, common, covariates)
    return fit_population(subjects, arrangement, alone), alone


def test_median_and_spread_of_balanced_data_are_those_of_maximum_likelihood():
    logs = balanced()
    found, _ = together(logs, [free("a", prior=(1.0, 1.0))])
    means = logs.mean(axis=1)
    # One-way random effects with known error: the grand mean, and the variance of means less that of their errors.
    variance = means.var() - SD**2 / REPEATS
    assert found.has_converged
    assert np.log(found.medians[0]) == pytest.approx(means.mean(), abs=0.02 * variance**0.5)
    assert found.sds[0] == pytest.approx(variance**0.5, rel=0.02)


def test_estimates_of_patients_are_drawn_to_the_median_by_their_reliability():
    logs = balanced()
    found, _ = together(logs, [free("a", prior=(1.0, 1.0))])
    reliability = found.sds[0] ** 2 / (found.sds[0] ** 2 + SD**2 / REPEATS)
    expected = np.log(found.medians[0]) + reliability * (logs.mean(axis=1) - np.log(found.medians[0]))
    np.testing.assert_allclose(np.log(found.together[:, 0]), expected, atol=5e-3)
    np.testing.assert_allclose(found.together_sd[:, 0], (reliability * SD**2 / REPEATS) ** 0.5, rtol=0.02)
    spread = np.log(found.together[:, 0]).std(ddof=1)
    assert found.shrinkage[0] == pytest.approx(1.0 - min(spread / found.sds[0], 1.0))


def test_the_first_stage_is_that_of_each_patient_alone_without_the_prior():
    logs = balanced()
    found, alone = together(logs, [free("a", prior=(1.0, 1.0))])
    np.testing.assert_allclose(found.alone[:, 0], [one.values[0] for one in alone])
    np.testing.assert_allclose(found.alone_sd, SD / REPEATS**0.5, rtol=1e-6)
    error = ((found.sds[0] ** 2 + SD**2 / REPEATS) / N) ** 0.5
    assert found.median_sds[0] == pytest.approx(error, rel=1e-6)


def test_what_the_data_of_a_patient_say_nothing_of_has_no_standard_deviation():
    one = posterior(subject([[1.0, 0.0]] * 3, [0.1, 0.2, 0.0]), [free("a", prior=(1, 1)), free("b", prior=(1, 1))])
    found = _sd_of_data(estimate(one, 1), [0, 1])
    assert found[0] == pytest.approx(SD / 3**0.5, rel=1e-6)
    assert found[1] == np.inf


def test_patients_who_do_not_differ_have_the_least_spread_and_not_none():
    logs = np.full((6, REPEATS), 0.3)
    found, _ = together(logs, [free("a", prior=(1.0, 1.0))])
    assert LEAST_SD <= found.sds[0] < SD / REPEATS**0.5
    np.testing.assert_allclose(found.together, np.exp(0.3), rtol=0.01)


def test_what_patients_share_is_fitted_to_all_of_them():
    design = np.array([[1.0, x] for x in (0.0, 0.5, 1.0, 1.5, 2.0, 2.5)])
    generator = np.random.default_rng(1)
    own, slope = 0.2 + 0.4 * generator.normal(size=10), 0.6
    logs = own[:, np.newaxis] + slope * design[:, 1] + SD * generator.normal(size=(10, 6))
    parameters = [free("a", prior=(1.0, 1.0)), free("b")]
    found, _ = together(logs, parameters, design, common=["b"])
    assert found.arrangement.coordinates.names == ["b", *(f"a of P{i}" for i in range(10))]
    # Within patients a common slope is that of least squares after each patient's mean is taken off, nearly.
    centred = design[:, 1] - design[:, 1].mean()
    within = (logs @ centred).mean() / (centred @ centred)
    assert np.log(found.values[:, 1]) == pytest.approx(np.full(10, within), abs=0.02)
    assert found.of("P3")[0] == pytest.approx(found.together[3, 0])
    assert found.names == ("a", "b")


def test_a_covariate_takes_its_part_out_of_the_spread():
    generator = np.random.default_rng(4)
    weights = np.linspace(50.0, 90.0, N)
    scores = (weights - weights.mean()) / weights.std(ddof=1)
    own = 0.3 * scores + 0.1 * generator.normal(size=N)
    logs = own[:, np.newaxis] + SD * generator.normal(size=(N, REPEATS))
    parameters = [free("a", prior=(1.0, 1.0))]
    plain, _ = together(logs, parameters)
    found, _ = together(logs, parameters, covariates={"a": ["weight"]}, known=lambda i: {"weight": float(weights[i])})
    effect = np.log(found.estimate.values[0])
    assert effect == pytest.approx(0.3, abs=0.1)
    assert found.sds[0] < 0.6 * plain.sds[0]
    # A patient's parameter is the patient's own unknown times the factor to the power of the score.
    np.testing.assert_allclose(found.values[:, 0], found.together[:, 0] * np.exp(effect * scores), rtol=1e-12)


def test_the_last_round_is_told_as_converged():
    rounds = []
    records = [PatientRecord(f"P{i}") for i in range(N)]
    parameters, logs = [free("a", prior=(1.0, 1.0))], balanced()
    subjects = [subject(np.ones((REPEATS, 1)), row, name=f"P{i}") for i, row in enumerate(logs)]
    alone = [estimate(posterior(one, parameters), 1) for one in subjects]
    arrangement = arrange(parameters, records, [])
    found = fit_population(subjects, arrangement, alone, report=lambda number, moved: rounds.append((number, moved)))
    assert [number for number, _ in rounds] == list(range(1, found.n_rounds + 1))
    assert rounds[-1][1] <= 1.0
    assert all(moved > 1.0 for _, moved in rounds[:-1])


def test_patients_who_cannot_be_simulated_together_are_said(monkeypatch):
    def nothing(subjects, values, n_threads=1, among=()):
        return [(np.full((len(own), REPEATS), np.nan), np.full((len(own), REPEATS, 1), np.nan)) for own in values]

    parameters, logs = [free("a", prior=(1.0, 1.0))], balanced(n=3)
    subjects = [subject(np.ones((REPEATS, 1)), row, name=f"P{i}") for i, row in enumerate(logs)]
    alone = [estimate(posterior(one, parameters), 1) for one in subjects]
    arrangement = arrange(parameters, [PatientRecord(f"P{i}") for i in range(3)], [])
    monkeypatch.setattr("immunosim.fitting.likelihood.posterior.differentiate", nothing)
    with pytest.raises(SolverError, match="the patients cannot be simulated together"):
        fit_population(subjects, arrangement, alone)


def test_new_patients_of_the_distribution_scatter_between_patients_and_by_the_noise():
    found, _ = together(balanced(), [free("a", prior=(1.0, 1.0))])
    new = np.log(population_predictive(found, 3000, seed=1).replicates)
    assert new.shape == (3000, N * REPEATS)
    np.testing.assert_allclose(new.std(axis=0), np.hypot(found.sds[0], SD), rtol=0.06)
    # Measurements of one patient share the patient, those of two share nothing.
    reliability = found.sds[0] ** 2 / (found.sds[0] ** 2 + SD**2)
    assert np.corrcoef(new[:, 0], new[:, 1])[0, 1] == pytest.approx(reliability, abs=0.06)
    assert abs(np.corrcoef(new[:, 0], new[:, REPEATS])[0, 1]) < 0.06


def test_new_patients_stay_within_the_limits_of_the_search():
    found, _ = together(balanced(), [free("a", lower=1.2, upper=2.2, value=1.6, prior=(1.0, 1.0))])
    new = population_predictive(found, 500, seed=1)
    spread = np.log(new.replicates)
    assert spread.min() > np.log(1.2) - 6 * SD
    assert spread.max() < np.log(2.2) + 6 * SD
