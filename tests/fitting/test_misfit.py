"""A misfit is explained by the fault that was planted; evidence, residuals and wider intervals follow from algebra."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import chi2, multivariate_normal

from immunosim.fitting import ErrorModel, estimate, judge_fit, laplace_draws
from immunosim.fitting.conclusions import misfit
from immunosim.fitting.conclusions.alternative_days import SHIFTS, day_alternatives, dose_groups
from immunosim.fitting.conclusions.alternative_mechanisms import mechanism_alternatives
from immunosim.fitting.conclusions.alternative_noise import noise_alternatives
from immunosim.fitting.conclusions.hypotheses import Hypothesis
from immunosim.fitting.conclusions.misfit import CLEAR, MisfitCause, explanations, likely_cause, refusal
from immunosim.fitting.conclusions.outliers import outlier_alternative, outliers_of
from immunosim.fitting.conclusions.recovery import widened
from immunosim.fitting.likelihood.error_model import scatter_of, standardised
from immunosim.fitting.likelihood.posterior import evaluate_together
from immunosim.fitting.search.estimation import Estimate
from immunosim.fitting.search.multistart import Search
from tests.fitting.linear import SD, exact, free, posterior, subject

DAYS = np.arange(24.0)
DESIGN = np.stack([np.ones(24), DAYS / 12.0], axis=1)
PRIOR = (1.0, 1.0)
TRUTH = np.array([0.3, 0.8])


@pytest.fixture
def alone(linear, monkeypatch):
    """Let errors alone be explanations: linear subjects have neither treatment nor mechanisms."""
    for without in ("day_alternatives", "mechanism_alternatives"):
        monkeypatch.setattr(misfit, without, lambda posterior: iter(()))


def logs(seed=1, sd=SD):
    return DESIGN @ TRUTH + sd * np.random.default_rng(seed).normal(size=len(DAYS))


def fitted(values, sd=SD, noise=None):
    patient = subject(DESIGN, values, sd=sd)
    if noise is not None:
        scatter = scatter_of(patient.measurements, {"cd4": noise}, [], 0.0, set())
        patient = replace(patient, scatter=scatter)
    return estimate(posterior(patient, [free(name, prior=PRIOR) for name in "ab"]), 1)


@pytest.mark.usefixtures("linear")
def test_differences_of_evidence_are_those_of_the_marginal_likelihood():
    values = logs()

    def marginal(sd):
        covariance = sd**2 * np.eye(len(DAYS)) + DESIGN @ DESIGN.T
        return multivariate_normal(np.zeros(len(DAYS)), covariance).logpdf(values)

    difference = fitted(values, 0.3).log_evidence - fitted(values, 0.2).log_evidence
    assert difference == pytest.approx(marginal(0.3) - marginal(0.2), abs=1e-4)  # the search ends at a gradient of 1e-3


@pytest.mark.usefixtures("linear")
def test_posteriors_that_are_evaluated_together_answer_as_they_do_alone():
    parameters = [free(name, prior=PRIOR) for name in "ab"]
    first, second, third = (posterior(subject(DESIGN, logs(seed)), parameters) for seed in (1, 2, 3))
    points = np.array([[0.1, 0.2], [0.3, -0.1]])
    together = evaluate_together([(first, points), (second, points[:0]), (third, points[:1])])
    for answers, alone in zip(together[0], first.evaluate(points), strict=True):
        np.testing.assert_array_equal(answers, alone)
    assert together[1][0].shape == (0,)
    np.testing.assert_array_equal(together[2][1], third.evaluate(points[:1])[1])


@pytest.mark.usefixtures("alone")
def test_outliers_are_named_the_largest_first():
    values = logs()
    values[7] += 5.0 * SD
    values[15] -= 8.0 * SD
    first = explanations(fitted(values))[0]
    assert first.cause == "outliers"
    assert first.is_clear
    assert [outlier.time for outlier in first.outliers] == [15.0, 7.0]
    said = likely_cause([first])
    assert said.startswith("Most likely cause: 2 measurements are outliers: cd4 of ")
    assert "on day 15, expected " in said


@pytest.mark.usefixtures("linear")
def test_an_outlier_is_judged_by_the_fit_without_it():
    values = logs()
    values[7] += 6.0 * SD
    whole = fitted(values).posterior
    hypothesis, left_out = outlier_alternative(whole, fitted(values))
    assert left_out == [(0, 7)]
    (outlier,) = outliers_of(whole, estimate(hypothesis.posterior, 1), left_out)
    kept = np.delete(np.arange(24), 7)
    mean, covariance = exact(DESIGN[kept], values[kept], medians=[1.0, 1.0], prior_sds=[1.0, 1.0])
    spread = np.sqrt(SD**2 + DESIGN[7] @ covariance @ DESIGN[7])
    assert outlier.expected == pytest.approx(np.exp(DESIGN[7] @ mean), rel=1e-3)
    assert outlier.studentised == pytest.approx((values[7] - DESIGN[7] @ mean) / spread, rel=1e-3)
    assert np.log(outlier.high / outlier.expected) == pytest.approx(1.644854 * spread, rel=1e-3)


@pytest.mark.usefixtures("linear")
def test_right_data_have_no_outlier():
    assert outlier_alternative(fitted(logs()).posterior, fitted(logs())) == (None, [])


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("factor", [0.4, 2.5])
def test_a_wrong_size_of_the_error_is_named_with_its_factor(factor):
    first = explanations(fitted(logs(), sd=SD * factor))[0]
    assert first.cause == "noise size"
    assert first.is_clear
    said = float(first.sentence.split()[3])
    assert said == pytest.approx(1.0 / factor, rel=0.4)


@pytest.mark.usefixtures("alone")
def test_errors_that_grow_with_the_value_are_not_taken_for_additive_ones():
    steep = DESIGN * [1.0, 3.0]
    values = steep @ TRUTH + SD * np.random.default_rng(4).normal(size=len(DAYS))
    patient = subject(steep, values)
    additive = ErrorModel("additive", 0.0, SD * float(np.exp(np.median(values))))
    patient = replace(patient, scatter=scatter_of(patient.measurements, {"cd4": additive}, [], 0.0, set()))
    found = estimate(posterior(patient, [free(name, prior=PRIOR) for name in "ab"]), 1)
    assert judge_fit(found).form_p_value < 0.01
    first = explanations(found)[0]
    assert (first.cause, first.is_clear) == ("noise form", True)
    assert first.sentence.startswith("errors are proportional to the value")


@pytest.mark.usefixtures("alone")
def test_a_wrong_size_is_not_taken_for_two_faults_at_once():
    tried = [model for model in noise_alternatives(fitted(logs()).posterior) if model.cause == "noise form"]
    assert {len(model.posterior.factors): np.exp(model.log_constant) for model in tried} == pytest.approx(
        {0: 1.6, 1: 0.4}
    )
    rows = explanations(fitted(logs(), sd=3.0 * SD))
    assert [row.cause for row in rows][:2] == ["noise size", "noise form"]
    assert rows[1].log_bayes_factor < rows[0].log_bayes_factor - 1.0


@pytest.mark.usefixtures("linear")
def test_lognormal_residuals_of_hardly_any_cells_have_no_density_and_no_warning():
    measured = fitted(logs()).posterior.subjects[0]
    n = len(measured.measurements)
    nearly_none = standardised(measured.scatter, np.full(n, 100.0), np.zeros(n, bool), np.full(n, 1e-310), np.zeros(0))
    assert np.isposinf(nearly_none[0]).all()


@pytest.mark.usefixtures("alone")
def test_a_right_fit_has_no_clear_explanation():
    found = fitted(logs(5))
    verdict = judge_fit(found)
    assert not verdict.is_rejected
    assert verdict.widening == 1.0
    assert not any(cause.is_clear for cause in explanations(found))


@pytest.mark.usefixtures("linear")
def test_the_prior_predictive_check_adds_the_distance_from_the_priors():
    found = fitted(logs())
    verdict = judge_fit(found)
    distance = float((np.log(found.values) ** 2).sum())
    assert verdict.prior_p_value == pytest.approx(chi2.sf(verdict.chi_squared + distance, 24), rel=1e-6)


@pytest.mark.usefixtures("linear")
def test_intervals_of_a_rejected_fit_are_widened_by_the_root_of_chi_squared_over_its_degrees():
    found = fitted(logs(), sd=0.4 * SD)
    verdict = judge_fit(found)
    assert verdict.is_rejected
    assert verdict.widening == pytest.approx(np.sqrt(verdict.chi_squared / (24 - verdict.n_effective)))
    plain, wide = laplace_draws(found, 400), laplace_draws(found, 400, widening=verdict.widening)
    ratio = np.log(wide).std(axis=0) / np.log(plain).std(axis=0)
    np.testing.assert_allclose(ratio, verdict.widening, rtol=0.02)  # logits of wide limits are nearly logarithms
    drawn = np.exp(np.random.default_rng(1).normal(size=(50, 2)))
    assert np.log(widened(drawn, 3.0)).std() == pytest.approx(3.0 * np.log(drawn).std(), rel=0.05)


def test_the_cause_is_said_where_it_is_clear():
    clear, doubtful = (MisfitCause("noise size", "errors are larger", "say so", CLEAR + d) for d in (0.1, -0.1))
    assert likely_cause([clear]) == "Most likely cause: errors are larger."
    assert likely_cause([doubtful]).startswith("No cause that was tried explains it clearly")


@pytest.mark.usefixtures("linear")
def test_a_refusal_says_the_test_and_the_cause():
    verdict = judge_fit(fitted(logs(), sd=0.4 * SD))
    said = refusal(verdict, [MisfitCause("outliers", "one measurement is an outlier", "", 9.0)])
    assert said.startswith("forecasts are withheld, since the model does not fit the data (chi-squared p = ")
    assert said.endswith("Most likely cause: one measurement is an outlier.")


def test_doses_that_were_given_together_are_moved_together(problem, make_posterior):
    (group,) = dose_groups(problem.scenario)
    assert (group.start, group.keys) == (0.0, (("course", 0),))
    hypotheses = list(day_alternatives(make_posterior()[0]))
    assert len(hypotheses) <= len(SHIFTS)
    later = hypotheses[-1]
    assert later.sentence(None) == f"{group.label} was given on day 30, 30 days later than day 0"
    moved = later.posterior.subjects[0].problem.scenario
    assert moved.course[0].start == 30.0
    assert later.posterior.subjects[0].problem.times.tolist() == [30.0, 90.0, 180.0, 270.0, 360.0]


def test_each_mechanism_that_acts_on_the_data_is_switched_off_in_turn(problem, make_posterior):
    posterior = make_posterior()[0]
    start = posterior.start
    at_start = Search(start, start, 0.0, start, np.eye(len(start)), True, 1, "")
    tried = list(mechanism_alternatives(Estimate(posterior, (at_start,))))
    off = [each.posterior.subjects[0].problem.scenario.mechanisms.off for each in tried]
    assert ["depletion"] in map(list, off)
    assert ["relapse"] not in map(list, off)  # counts are the same without it
    assert {each.subject_matter for each in tried} == {f"without {names[0]}" for names in off}
    assert tried[0].sentence(None) == f"the model without {off[0][0]} fits better"


@pytest.mark.usefixtures("linear")
def test_mechanisms_stand_in_the_list_of_other_causes(monkeypatch):
    days_alone = np.stack([DESIGN[:, 0], np.zeros(24)], axis=1)
    whole = fitted(0.0 * DAYS)
    without = replace(whole.posterior, subjects=(replace(whole.posterior.subjects[0], design=days_alone),))
    told = Hypothesis("mechanism", "without trend", without, lambda _: "the model without trend fits better", "")
    monkeypatch.setattr(misfit, "day_alternatives", lambda posterior: iter(()))
    monkeypatch.setattr(misfit, "mechanism_alternatives", lambda fitted: iter([told]))
    rows = {row.cause: row for row in explanations(whole)}
    gain = estimate(without, 1).log_evidence - whole.log_evidence
    assert rows["mechanism"].log_bayes_factor == pytest.approx(gain, abs=0.02)
    assert len(rows) > 2


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["outliers", "noise twice too small", "noise twice too large"])
def test_a_planted_fault_is_named_first(fault):
    from benchmarks.misspecification import FAULTS, one_patient

    assert one_patient(fault, 0, 4).named == FAULTS[fault]
