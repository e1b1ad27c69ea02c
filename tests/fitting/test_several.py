"""Several patients: unknowns that they share or not, covariates, doses of their own, and the distribution of all."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from immunosim.errors import DataError
from immunosim.fitting import (
    ErrorModel,
    Posterior,
    arrange,
    coordinates_of,
    estimate,
    fit_population,
    judge_fit,
    subject_of,
)
from immunosim.fitting.conclusions.mechanism_comparison import NO_PART, alternatives
from immunosim.fitting.exchange.checkpoint import as_record, from_record
from immunosim.fitting.likelihood.prediction import predict
from immunosim.fitting.search.profiles import profiles
from immunosim.fitting.search.two_stage import distribution_of
from immunosim.observations import Measurement, PatientRecord
from tests.fitting.conftest import ANALYTES, DAYS, values_of

NAMES = ("antibody_clearance", "memory_cd4_from_naive_fraction", "memory_cd8_turnover_rate")
SPREADS = (0.2, 0.3, 0.0)
SHARED, EFFECT = 1.3, 1.25
"""What the turnover of memory CD8 cells is multiplied by in all; the factor of the weight on the clearance."""


@pytest.fixture(scope="module")
def clinic(problem):
    """Return ten patients, their subjects, the coordinates of one, and the true parameters, shape (10, 3)."""
    generator, noise = np.random.default_rng(7), dict.fromkeys(ANALYTES, ErrorModel())
    values = values_of(problem, NAMES)
    coordinates = coordinates_of(problem.parameters, values, NAMES)
    asked = [Measurement("x", day, analyte, 1.0) for day in DAYS for analyte in ANALYTES]
    perfect = subject_of("x", problem, coordinates.names, asked, noise)
    weights = generator.normal(70.0, 12.0, 10)
    scores = (weights - weights.mean()) / weights.std(ddof=1)
    truth = np.array(list(values.values())) * np.exp(generator.normal(size=(10, 3)) * SPREADS)
    truth[:, 0] *= EFFECT**scores
    truth[:, 2] *= SHARED
    seen = predict((perfect,), [truth])[0] * np.exp(0.132 * generator.normal(size=(10, len(asked))))
    patients, subjects = [], []
    for i, row in enumerate(seen):
        own = tuple(replace(one, patient=f"P{i}", value=float(v)) for one, v in zip(asked, row, strict=True))
        patients.append(PatientRecord(f"P{i}", own, (), {"weight": float(weights[i]), "sex": "fm"[i % 3 == 0]}))
        subjects.append(subject_of(f"P{i}", problem, coordinates.names, own, noise, shared=0.0))
    return patients, subjects, coordinates, truth


@pytest.fixture(scope="module")
def arrangement(clinic):
    patients, _, coordinates, _ = clinic
    common = ["memory_cd8_turnover_rate"]
    return arrange(coordinates.parameters, patients, common, {"antibody_clearance": ["weight"]})


def test_the_unknowns_are_what_is_shared_then_effects_then_each_patients_own(arrangement):
    names = arrangement.coordinates.names
    assert names[:3] == ["memory_cd8_turnover_rate", "antibody_clearance by weight", "antibody_clearance of P0"]
    assert len(names) == 2 + 10 * 2
    assert arrangement.individual == NAMES[:2]


def test_the_parameters_of_a_patient_follow_from_the_unknowns(clinic, arrangement):
    _, subjects, _, _ = clinic
    posterior = Posterior(tuple(subjects), arrangement.coordinates, designs=arrangement.designs)
    values = np.array([[2.0, 1.5, *np.linspace(1.0, 2.0, 20)]])
    own = posterior.of_patients(values)[3][0]
    score = arrangement.effects[0].scores[3]
    np.testing.assert_allclose(own, [values[0, 2 + 6] * 1.5**score, values[0, 2 + 7], 2.0], rtol=1e-14)


def test_words_have_a_factor_for_each_but_the_most_frequent(clinic):
    patients, _, coordinates, _ = clinic
    found = arrange(coordinates.parameters, patients, [], {"antibody_clearance": ["sex"]})
    (effect,) = found.effects
    assert effect.name == "antibody_clearance by sex m"
    assert effect.label == "factor on antibody_clearance where sex is m, not f"
    assert effect.scores.tolist() == [1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0]


@pytest.mark.parametrize(
    ("change", "covariate", "message"),
    [
        (lambda c: c, "height", 'the table has no covariate "height"'),
        (lambda c: {}, "weight", "weight is not known of P0, give it for every patient, or leave the covariate out"),
        (
            lambda c: c | {"centre": "A"},
            "centre",
            "centre is not known of P1, P2, P3, P4, P5, give it for every patient",
        ),
    ],
)
def test_a_covariate_that_is_not_known_is_refused(clinic, change, covariate, message):
    (first, *others), _, coordinates, _ = clinic
    patients = [replace(first, covariates=change(first.covariates)), *others]
    with pytest.raises(DataError, match=message):
        arrange(coordinates.parameters, patients, [], {"antibody_clearance": [covariate]})


def test_a_covariate_that_is_the_same_for_all_is_refused(clinic):
    patients, _, coordinates, _ = clinic
    alike = [replace(who, covariates={"weight": 70.0}) for who in patients]
    with pytest.raises(DataError, match=r"weight is 70.0 for all patients, leave the covariate out"):
        arrange(coordinates.parameters, alike, [], {"antibody_clearance": ["weight"]})


def test_the_joint_gradient_is_that_of_tight_differences(clinic, arrangement):
    _, subjects, _, _ = clinic
    chosen = subjects[:10]
    posterior = Posterior(tuple(chosen), arrangement.coordinates, designs=arrangement.designs)
    options = chosen[0].problem.options
    tight = replace(options, rtol=1e-10, atol=options.atol * 1e-5)
    exact = replace(
        posterior, subjects=tuple(replace(one, problem=replace(one.problem, options=tight)) for one in chosen)
    )
    point = posterior.start + 0.1
    _, gradient, _ = exact.evaluate(point[np.newaxis])
    for j in (0, 1, 2, 3, 21):
        moved = np.zeros(len(point))
        moved[j] = 1e-4
        up, down = (exact.evaluate((point + sign * moved)[np.newaxis])[0][0] for sign in (1, -1))
        assert gradient[0, j] == pytest.approx((up - down) / 2e-4, rel=1e-5, abs=1e-5)


def test_likelihoods_of_patients_together_are_those_of_each_alone(clinic, arrangement):
    _, subjects, coordinates, _ = clinic
    point = Posterior(tuple(subjects), coordinates).start[np.newaxis]
    together = Posterior(tuple(subjects), coordinates).log_likelihoods(point)[0]
    alone = [Posterior((one,), coordinates).log_likelihoods(point)[0, 0] for one in subjects]
    np.testing.assert_allclose(together, alone, rtol=1e-12)


@pytest.fixture(scope="module")
def population(clinic, arrangement):
    _, subjects, coordinates, _ = clinic
    alone = [estimate(Posterior((one,), coordinates), 2) for one in subjects]
    return fit_population(subjects, arrangement, alone)


def test_two_stages_find_what_patients_share_and_how_they_differ(population, clinic, problem):
    _, _, _, truth = clinic
    assert population.has_converged
    errors = np.sqrt(np.diag(population.estimate.covariance))
    shared, effect = np.log(population.estimate.values[:2])
    assert abs(shared - np.log(truth[0, 2])) < 3.0 * errors[0]
    assert abs(effect - np.log(EFFECT)) < 3.0 * errors[1]
    typical = np.array([values_of(problem, NAMES)[name] for name in NAMES[:2]])
    distance = np.log(population.medians / typical) / population.median_sds
    assert np.abs(distance).max() < 3.0
    # Ten patients tell a standard deviation to a factor of 1.6 (chi-squared, 90 %).
    assert np.abs(np.log(population.sds / SPREADS[:2])).max() < np.log(1.7)


def test_patients_are_nearer_the_truth_together_than_alone(population, clinic):
    _, _, _, truth = clinic
    scores = population.arrangement.effects[0].scores
    own = population.together * np.stack([population.estimate.values[1] ** scores, np.ones(10)], axis=1)
    errors = [np.sqrt((np.log(found / truth[:, :2]) ** 2).mean(axis=0)) for found in (own, population.alone)]
    assert (errors[0] < 1.05 * errors[1]).all()
    assert errors[0][0] < errors[1][0]


def test_shrinkage_is_between_none_and_all(population):
    assert (population.shrinkage >= 0.0).all()
    assert (population.shrinkage < 1.0).all()
    assert judge_fit(population.estimate).p_value > 0.001


def test_without_a_mechanism_the_model_fits_worse_where_it_acts_and_the_same_where_it_does_not(clinic):
    _, subjects, coordinates, _ = clinic
    found = estimate(Posterior((subjects[0],), coordinates), 2)
    worse, same, alike = alternatives(found, ["t_cell_homeostasis", "relapse", "hair_follicle"], 2)
    assert worse.more_aic > 10.0
    assert worse.sentence.startswith("Supported by the data")
    for one in (same, alike):
        assert (one.more_aic, one.sentence) == (0.0, NO_PART)


def test_a_kept_fit_is_the_fit(clinic):
    import json

    _, subjects, coordinates, _ = clinic
    posterior = Posterior((subjects[0],), coordinates)
    best = estimate(posterior, 2)
    drawn = profiles(best, ["antibody_clearance"])
    again, again_drawn = from_record(posterior, json.loads(json.dumps(as_record(best, drawn))))
    assert again.values.tolist() == best.values.tolist()
    assert again.covariance.tolist() == best.covariance.tolist()
    for name in ("values", "rise", "others"):
        one, other = (getattr(found["antibody_clearance"], name) for found in (drawn, again_drawn))
        np.testing.assert_array_equal(one, other)


def test_the_spread_between_patients_counts_what_is_not_known_of_each():
    """Patients who agree exactly and of whom little is known may differ by as much as is not known."""
    places = np.array([[0], [1]])
    agreeing = SimpleNamespace(values=np.array([2.0, 2.0]), covariance=np.diag([0.09, 0.16]))
    medians, sds = distribution_of(agreeing, places)
    assert medians == pytest.approx([2.0])
    assert sds == pytest.approx([np.sqrt(0.125)])
    differing = SimpleNamespace(values=np.exp([0.0, 0.6]), covariance=np.diag([0.09, 0.16]))
    assert distribution_of(differing, places)[1] == pytest.approx([np.sqrt(0.3**2 + 0.125)])
