"""Every parameter with a prior is free; what is not reported counts in the intervals of what is."""

from dataclasses import replace

import numpy as np
import pytest

from immunosim.errors import DataError
from immunosim.fitting import FitOptions, Fitted, case_of, estimate, profiles
from immunosim.fitting.conclusions.identifiability import share_of_uninformed
from immunosim.fitting.parameter_selection import with_priors
from immunosim.fitting.search.estimation import inverse
from immunosim.observations import PatientRecord

FREE = ("memory_cd4_from_naive_fraction", "antibody_clearance")


@pytest.fixture(scope="module")
def patient(make_posterior):
    (subject,) = make_posterior()[0].subjects
    return PatientRecord("a", subject.measurements)


@pytest.fixture(scope="module")
def case(problem, patient):
    return case_of(problem, [patient], FitOptions(FREE, shared=0.0))


@pytest.fixture(scope="module")
def fitted(case):
    best = estimate(case.alone(), 2)
    return Fitted(best, profiles(best, case.reported))


def test_all_parameters_with_a_prior_are_free_and_the_named_ones_are_reported(case, problem):
    position = problem.model.position
    values = {name: float(problem.vector[position[name]]) for name in problem.parameters}
    assert case.coordinates.names == with_priors(problem.parameters, values)
    assert case.reported == FREE
    assert set(case.coordinates.reported) == set(FREE)
    assert case.coordinates.have_priors


def test_what_is_reported_moves_no_bit_of_the_posterior(case, problem, patient):
    other = case_of(problem, [patient], FitOptions(FREE[1:], shared=0.0))
    point = case.alone().start[np.newaxis]
    for here, there in zip(case.alone().evaluate(point), other.alone().evaluate(point), strict=True):
        np.testing.assert_array_equal(here, there)


def test_parameters_are_held_by_name_by_key_or_all_but_the_reported(problem, patient):
    held = case_of(problem, [patient], FitOptions(FREE, ("nk_count", "parameters.thymic_export_rate"), shared=0.0))
    assert not {"nk_count", "thymic_export_rate"} & set(held.coordinates.names)
    alone = case_of(problem, [patient], FitOptions(FREE, ("others",), shared=0.0))
    assert set(alone.coordinates.names) == set(FREE)
    assert alone.coordinates.nuisance == []


def test_without_priors_only_the_reported_are_free(problem, patient):
    assert set(case_of(problem, [patient], FitOptions(FREE, priors=False)).coordinates.names) == set(FREE)


@pytest.mark.parametrize(
    ("fix", "reason"),
    [("nk_cuont", "is not a parameter, did you mean .nk_count"), (FREE[0], "is to be reported as well")],
)
def test_what_cannot_be_held_is_refused(problem, patient, fix, reason):
    with pytest.raises(DataError, match=reason):
        case_of(problem, [patient], FitOptions(FREE, (fix,)))


def test_the_best_value_lies_in_its_interval(fitted):
    for verdict in fitted.verdicts:
        assert verdict.low < verdict.value < verdict.high


def test_the_interval_of_the_posterior_is_that_of_the_data_and_the_prior(fitted):
    for name, profile in fitted.profiles.items():
        parameters = fitted.estimate.posterior.coordinates
        prior = parameters.parameters[parameters.names.index(name)]
        added = 0.5 * (np.log(profile.values / prior.prior_median) / prior.prior_sd) ** 2
        whole = profile.rise + added
        np.testing.assert_allclose(profile.rise_with_prior, whole - whole.min(), atol=1e-9)


def test_intervals_are_wider_than_with_the_others_known(problem, patient, fitted):
    known = case_of(problem, [patient], FitOptions(FREE, ("others",), shared=0.0))
    best = estimate(known.alone(), 2)
    narrow = Fitted(best, profiles(best, known.reported))
    for free, held in zip(fitted.verdicts, narrow.verdicts, strict=True):
        assert np.log(free.high / free.low) > np.log(held.high / held.low)
        assert (free.share_of_uninformed > 0.0, held.share_of_uninformed) == (True, 0.0)


def test_the_share_of_the_uninformed_is_what_knowing_them_would_take_off_the_variance(fitted):
    estimated = fitted.estimate
    j = estimated.posterior.coordinates.names.index(FREE[1])
    others = [k for k, one in enumerate(estimated.posterior.coordinates.parameters) if one.is_nuisance]
    hessian = estimated.best.hessian.copy()
    hessian[others, others] += 1e9  # as if they were known
    expected = 1.0 - inverse(hessian)[j, j] / inverse(estimated.best.hessian)[j, j]
    assert share_of_uninformed(estimated, j) == pytest.approx(expected, abs=1e-5)


def test_a_value_at_the_limit_of_the_search_is_said_to_be_there(problem, patient):
    value = float(problem.vector[problem.model.position["antibody_clearance"]])
    narrow = {"antibody_clearance": (0.4 * value, 1.0001 * value)}
    far = replace(patient, measurements=tuple(replace(one, value=3.0 * one.value) for one in patient.measurements))
    case = case_of(problem, [far], FitOptions(FREE[1:], ("others",), limits=narrow, priors=False, shared=0.0))
    best = estimate(case.alone(), 2)
    (verdict,) = Fitted(best, profiles(best)).verdicts
    assert verdict.is_at_limit
    assert "The best value is at the limit of the search" in verdict.sentence
    assert verdict.sentence.endswith("which `limits` widens.")


def test_the_data_count_the_unknowns_that_they_determine(fitted):
    verdict = fitted.fit_verdict
    assert 2.0 < verdict.n_effective < len(fitted.subjects[0].measurements) < verdict.n_unknowns + 1
    assert verdict.aic == pytest.approx(2.0 * verdict.n_effective - 2.0 * verdict.log_likelihood)


def test_a_nuisance_parameter_can_be_profiled_too(fitted):
    name = fitted.estimate.posterior.coordinates.nuisance[0]
    (verdict,) = Fitted(fitted.estimate, profiles(fitted.estimate, [name], n_points=2)).verdicts
    assert verdict.name == name
    assert 0.0 <= verdict.share_of_uninformed <= 1.0
