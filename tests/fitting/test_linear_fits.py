"""Estimates, intervals, samples and distributions of linear normal problems are those of algebra."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import chi2

from immunosim.errors import SolverError
from immunosim.fitting import estimate, judge_parameters, laplace_draws, profiles, sample
from immunosim.fitting.conclusions.goodness_of_fit import residuals
from immunosim.fitting.search.estimation import data_information, draw_starts, inverse
from immunosim.fitting.search.multistart import Search
from immunosim.fitting.search.profiles import MAX_COORDINATE, WIDEST_STEP, _lowest, _moved
from tests.fitting.linear import SD, exact, free, patch, posterior, subject

pytestmark = pytest.mark.usefixtures("linear")

DESIGN = np.array([[1.0, 0.0], [1.0, 0.5], [1.0, 1.0], [1.0, 2.0], [1.0, 3.0]])
LOGS = np.array([0.3, 0.1, 0.35, 0.6, 0.4])


@pytest.fixture
def two():
    """Return the posterior of a line with priors on both of its coefficients."""
    parameters = [free("a", prior=(1.5, 0.4)), free("b", prior=(0.8, 0.3))]
    return posterior(subject(DESIGN, LOGS), parameters)


def test_the_best_point_is_the_mean_of_the_normal_posterior(two):
    found = estimate(two, 4)
    mean, covariance = exact(DESIGN, LOGS, medians=[1.5, 0.8], prior_sds=[0.4, 0.3])
    # The search ends at a gradient of 1e-3 in coordinates, a hundredth of a standard deviation at most.
    np.testing.assert_allclose(np.log(found.values), mean, atol=0.01 * np.sqrt(covariance.max()))
    np.testing.assert_allclose(found.covariance, covariance, rtol=1e-8)
    sd = np.sqrt(np.diag(covariance))
    np.testing.assert_allclose(found.correlation, covariance / np.outer(sd, sd), rtol=1e-8)


def test_without_priors_the_best_point_is_that_of_least_squares():
    parameters = [free("a", prior=(9.0, 0.1)), free("b", prior=(9.0, 0.1))]
    found = estimate(posterior(subject(DESIGN, LOGS), parameters, with_priors=False), 3)
    expected = np.linalg.lstsq(DESIGN, LOGS, rcond=None)[0]
    np.testing.assert_allclose(np.log(found.values), expected, atol=2e-3)


def test_the_information_of_the_data_leaves_the_priors_out(two):
    found = estimate(two, 1)
    by_log = found.values / two.coordinates.slopes_at(found.best.end)
    information = by_log[:, np.newaxis] * data_information(found) * by_log
    np.testing.assert_allclose(information, DESIGN.T @ DESIGN / SD**2, rtol=1e-8)


def test_all_starts_of_a_normal_posterior_end_at_its_mean(two):
    found = estimate(two, 12, seed=3)
    assert (found.n_failed, found.n_at_best) == (0, 12)
    values = [one.value for one in found.searches]
    assert values == sorted(values)


def test_a_factor_on_the_noise_is_that_of_the_residuals():
    """With one constant the factor f maximises -n log f - S / (2 f^2) - (log f)^2 / (2 0.5^2)."""
    logs = np.array([0.5, -0.4, 0.8, -0.7, 0.1, -0.6, 0.9, -0.6])
    one = subject(np.ones((8, 1)), logs, factors=("cd4",))
    found = estimate(posterior(one, [free()], factors=("cd4",)), 3)
    total = ((logs - logs.mean()) ** 2).sum() / SD**2
    grid = np.linspace(0.0, 2.0, 200_001)
    expected = grid[np.argmax(-8 * grid - 0.5 * total * np.exp(-2 * grid) - 0.5 * (grid / 0.5) ** 2)]
    assert np.log(found.values[1]) == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize("confidence", [0.68, 0.9, 0.95])
def test_the_ends_of_a_profile_are_those_of_the_normal_distribution(two, confidence):
    found = estimate(two, 1)
    one = profiles(found, ["a"], confidence)["a"]
    # The profiled parameter's own prior is left out, that of the other is kept.
    mean, covariance = exact(DESIGN, LOGS, medians=[1.0, 0.8], prior_sds=[1e6, 0.3])
    reach = np.sqrt(chi2.ppf(confidence, 1) * covariance[0, 0])
    assert one.threshold == pytest.approx(chi2.ppf(confidence, 1) / 2)
    np.testing.assert_allclose(np.log([one.low, one.high]), [mean[0] - reach, mean[0] + reach], atol=0.02 * reach)
    assert np.log(one.best) == pytest.approx(mean[0], abs=0.02 * reach)


def test_along_a_profile_the_others_follow_the_ridge(two):
    one = profiles(estimate(two, 1), ["a"])["a"]
    _, covariance = exact(DESIGN, LOGS, medians=[1.0, 0.8], prior_sds=[1e6, 0.3])
    inside = one.rise < 2.0
    at, other = np.log(one.values[inside]), np.log(one.others[inside, 1])
    slope = np.polyfit(at, other, 1)[0]
    assert slope == pytest.approx(covariance[0, 1] / covariance[0, 0], rel=0.02)
    np.testing.assert_allclose(one.rise[inside], 0.5 * (at - np.log(one.best)) ** 2 / covariance[0, 0], atol=0.02)


def test_all_parameters_are_profiled_unless_some_are_named(two):
    found = estimate(two, 1)
    assert list(profiles(found, n_points=3)) == ["a", "b"]
    assert list(profiles(found, ["b"], n_points=3)) == ["b"]


def verdicts(design, logs, *parameters, **options):
    found = estimate(posterior(subject(design, logs, **options), parameters), 3, seed=1)
    return {one.name: one for one in judge_parameters(found, profiles(found))}


def test_a_direction_that_the_data_do_not_see_is_flat():
    found = verdicts([[1.0, 0.0]] * 4, [0.1, 0.2, 0.0, 0.1], free("a"), free("b", prior=(2.0, 0.5)))
    assert found["a"].kind == "identified"
    assert found["a"].sentence == f"Identifiable: between {found['a'].data_low:.3g} and {found['a'].data_high:.3g}."
    assert found["b"].kind == "flat"
    assert found["b"].sentence == "Not identifiable: the profile is flat from 0.01 to 100."
    assert np.isnan([found["b"].data_low, found["b"].data_high]).all()
    np.testing.assert_allclose(
        np.log([found["b"].low, found["b"].high]), np.log(2.0) + 1.645 * 0.5 * np.array([-1, 1]), atol=0.02
    )
    assert found["b"].share_of_prior == pytest.approx(1.0, rel=1e-6)  # nothing was learnt
    assert np.isnan(found["a"].share_of_prior)  # nothing was believed


def test_two_factors_of_a_product_are_not_identifiable_on_their_own():
    found = verdicts([[1.0, 1.0]] * 4, [0.1, 0.2, 0.0, 0.1], free("a"), free("b"))
    for name, partner in (("a", "b"), ("b", "a")):
        assert (found[name].kind, found[name].partner) == ("traded", partner)
        assert found[name].sentence == f"Not identifiable on its own: strongly correlated with {partner}."


@pytest.mark.parametrize(("sd", "kind"), [(0.2, "traded"), (0.01, "identified")])
def test_what_is_known_well_is_identified_whatever_it_is_correlated_with(sd, kind):
    """A line far from its origin: intercept and slope are correlated by -0.999."""
    design = np.array([[1.0, 10.0 + x] for x in (0.0, 0.5, 1.0, 1.5)])
    found = verdicts(design, design @ [0.0, 0.0], free("a"), free("b", lower=0.5, upper=2.0), sd=sd)
    assert found["a"].kind == kind


def test_what_the_data_could_not_tell_alone_is_flat_and_not_traded():
    found = verdicts([[0.01, 0.01]] * 4, [0.0] * 4, free("a"), free("b"))
    assert {one.kind for one in found.values()} == {"flat"}


def at(end, hessian):
    """Return a search that ended there."""
    return Search(end, end, 0.0, np.zeros(3), hessian, True, 1, "")


def test_a_profile_starts_the_others_where_the_quadratic_says_that_they_follow_to():
    best, hessian = np.array([0.5, 1.0, -1.0]), np.array([[4.0, 1.0, 0.5], [1.0, 2.0, 0.2], [0.5, 0.2, 3.0]])
    start = _moved(at(best, hessian), 0, 0.8)
    follow = -np.linalg.solve(hessian[1:, 1:], hessian[1:, 0]) * 0.3
    np.testing.assert_allclose(start, [0.8, *(best[1:] + follow)], rtol=1e-9)
    far = _moved(at(best, 100.0 * np.eye(3) + np.eye(3)[::-1] * 99.0), 0, 4.0)
    assert (np.abs(far[1:] - best[1:]) <= 1.5).all()  # the quadratic is not believed far away


def test_a_profile_walks_in_small_steps_and_not_far_beyond_its_interval(two):
    best = estimate(two, 1)
    for name, profile in profiles(best).items():
        walked = two.coordinates.of(profile.others)[:, two.coordinates.names.index(name)]
        assert (np.diff(walked) > 0.0).all()
        assert np.diff(walked).max() <= WIDEST_STEP + 1e-9
        assert np.abs(walked).max() <= MAX_COORDINATE + 1e-9
        assert (profile.rise[[0, -1]] > profile.threshold).all()
        assert (profile.rise[[0, -1]] < 6.0 * profile.threshold).all()
        assert ((profile.rise > 0.0) & (profile.rise < profile.threshold)).sum() >= 4


def test_a_flat_profile_walks_to_the_limits_of_the_search():
    flat = posterior(subject([[1.0, 0.0]] * 4, [0.1, 0.2, 0.0, 0.1]), [free("a"), free("b")])
    profile = profiles(estimate(flat, 1), ["b"])["b"]
    ends = flat.coordinates.of(profile.others)[[0, -1], 1]
    np.testing.assert_allclose(ends, [-MAX_COORDINATE, MAX_COORDINATE], atol=1e-6)
    assert profile.is_closed == (False, False)


def test_draws_along_a_direction_without_information_fill_the_limits():
    one = posterior(subject([[1.0, 0.0]] * 4, [0.1, 0.2, 0.0, 0.1]), [free("a"), free("b")])
    drawn = one.coordinates.of(laplace_draws(estimate(one, 1), 4000, seed=1))
    assert drawn[:, 1].std() == pytest.approx(0.05**-0.5, rel=0.06)  # as if the information were 0.05


def test_residuals_stand_in_the_order_of_time():
    order = [3, 0, 4, 1, 2]
    mixed = subject(DESIGN[order], LOGS[order], times=order)
    sorted_residuals, total = residuals(estimate(posterior(mixed, [free("a"), free("b")]), 1))
    expected, same = residuals(estimate(posterior(subject(DESIGN, LOGS), [free("a"), free("b")]), 1))
    np.testing.assert_allclose(sorted_residuals, expected, atol=1e-3)
    assert total == pytest.approx(same, abs=1e-5)


def test_what_lies_near_a_limit_has_a_bound_on_the_other_side_alone():
    low = verdicts([[1.0]] * 2, np.log([0.012, 0.012]), free("a", upper=10.0), sd=0.4)["a"]
    assert low.kind == "one-sided"
    assert low.sentence.startswith(f"Upper bound only: below {low.high:.3g}.")
    assert np.isnan(low.low)
    high = verdicts([[1.0]] * 2, np.log([95.0, 95.0]), free("a", lower=0.1), sd=0.4)["a"]
    assert high.sentence.startswith(f"Lower bound only: above {high.low:.3g}.")
    assert high.sentence.endswith("The best value is at the limit of the search, 100, which `limits` widens.")
    assert np.isnan(high.high)


def test_the_width_that_is_left_is_a_share_of_that_of_the_prior():
    found = verdicts(np.ones((4, 1)), [0.1] * 4, free("a", prior=(1.0, 0.2)))["a"]
    # Four values with the prior's own standard deviation: a fifth of the variance is left.
    assert found.share_of_prior == pytest.approx(5**-0.5, rel=1e-3)


def test_starts_are_a_latin_hypercube_between_the_limits_and_the_first_is_the_scenario():
    parameters = [free("a", value=2.0, lower=0.5, upper=8.0), free("b", value=3.0, lower=0.0, upper=10.0)]
    one = posterior(subject(DESIGN, LOGS), parameters)
    starts = one.natural(draw_starts(one, 21, 5))
    np.testing.assert_allclose(starts[0], [2.0, 3.0], rtol=1e-12)
    inner_log, inner = (0.02 + 0.96 * np.arange(21) / 20.0 for _ in range(2))
    places = np.log(starts[1:, 0] / 0.5) / np.log(16.0), starts[1:, 1] / 10.0
    for place, edges in zip(places, (inner_log, inner), strict=True):
        assert np.histogram(place, edges)[0].tolist() == [1] * 20  # one in each stratum
    np.testing.assert_array_equal(draw_starts(one, 21, 5), draw_starts(one, 21, 5))
    assert len(draw_starts(one, 1, 5)) == 1


def test_starts_lie_where_the_prior_does_and_within_the_limits():
    parameters = [free("a", prior=(2.0, 0.3)), free("b", value=0.5, lower=0.4, upper=0.6, prior=(0.5, 2.0))]
    one = posterior(subject(DESIGN, LOGS), parameters, factors=("cd4",))
    starts = one.natural(draw_starts(one, 40, 1))[1:]
    assert np.abs(np.log(starts[:, 0] / 2.0)).max() <= 1.5 * 0.3 + 1e-9
    assert 0.4 < starts[:, 1].min() < starts[:, 1].max() < 0.6
    assert np.abs(np.log(starts[:, 2])).max() <= 0.5
    assert np.log(starts[:, 2]).std() > 0.2


def test_an_inverse_of_singular_information_is_large_where_there_is_none():
    found = inverse(np.diag([4.0, 0.0]), 1e-6)
    np.testing.assert_allclose(found, np.diag([0.25, 1.0 / 4e-6]))
    regular = np.array([[2.0, 0.5], [0.5, 1.0]])
    np.testing.assert_allclose(inverse(regular), np.linalg.inv(regular), rtol=1e-12)


def test_a_fit_from_which_nothing_can_be_simulated_is_refused(monkeypatch, two):
    def nothing(subjects, values, n_threads=1, among=()):
        return [(np.full((len(own), 5), np.nan), np.full((len(own), 5, 2), np.nan)) for own in values]

    monkeypatch.setattr("immunosim.fitting.likelihood.posterior.differentiate", nothing)
    with pytest.raises(SolverError, match="no start of the fit could be simulated"):
        estimate(two, 3)


@pytest.fixture(scope="module")
def drawn():
    """Return a sample of the posterior of a line."""
    pytest.importorskip("emcee")
    with pytest.MonkeyPatch.context() as monkeypatch:
        patch(monkeypatch)
        parameters = [free("a", prior=(1.5, 0.4)), free("b", prior=(0.8, 0.3))]
        return sample(estimate(posterior(subject(DESIGN, LOGS), parameters), 1), 400, 150, seed=2)


def test_a_sample_has_the_mean_and_the_covariance_of_the_posterior(drawn):
    mean, covariance = exact(DESIGN, LOGS, medians=[1.5, 0.8], prior_sds=[0.4, 0.3])
    logs, sd = np.log(drawn.flat), np.sqrt(np.diag(covariance))
    assert drawn.draws.shape == (16, 400, 2)
    standard_error = 1.0 / np.sqrt(drawn.effective)
    assert (np.abs(logs.mean(axis=0) - mean) / sd < 5 * standard_error).all()
    np.testing.assert_allclose(logs.std(axis=0), sd, rtol=0.12)
    assert np.corrcoef(logs.T)[0, 1] == pytest.approx(covariance[0, 1] / sd.prod(), abs=0.1)


def test_the_diagnostics_of_a_sample_are_those_of_arviz(drawn):
    from immunosim.fitting.search.sampling import load_arviz

    arviz = load_arviz()
    for j in range(2):
        logs = np.log(drawn.draws[:, :, j])
        assert drawn.r_hat[j] == pytest.approx(float(arviz.rhat(logs)))
        assert drawn.effective[j] == pytest.approx(float(arviz.ess(logs)))


@pytest.mark.parametrize(
    ("r_hat", "effective", "has_converged"),
    [
        ([1.0, 1.05], [100.0, 500.0], True),
        ([1.0, 1.051], [400.0, 500.0], False),
        ([1.0, 1.0], [400.0, 99.0], False),
        ([1.0, np.nan], [400.0, 400.0], False),
    ],
)
def test_a_sample_has_converged_where_both_diagnostics_of_every_unknown_say_so(drawn, r_hat, effective, has_converged):
    one = replace(drawn, r_hat=np.array(r_hat), effective=np.array(effective))
    assert one.has_converged is has_converged


def test_the_density_along_a_sample_is_that_of_its_draws(two):
    pytest.importorskip("emcee")
    drawn = sample(estimate(two, 1), 10, 5, seed=4)
    unknowns = two.coordinates.of(drawn.flat)
    np.testing.assert_allclose(drawn.log_density.ravel(), two.log_density(unknowns), rtol=1e-8)


def test_draws_of_the_normal_approximation_are_those_of_the_posterior():
    parameters = [
        free("a", lower=1e-4, upper=1e4, prior=(1.5, 0.1)),
        free("b", lower=1e-4, upper=1e4, prior=(0.8, 0.1)),
    ]
    found = estimate(posterior(subject(DESIGN, LOGS), parameters), 1)
    mean, covariance = exact(DESIGN, LOGS, medians=[1.5, 0.8], prior_sds=[0.1, 0.1])
    logs = np.log(laplace_draws(found, 4000, seed=1))
    sd = np.sqrt(np.diag(covariance))
    # Of 4000 draws a mean is good to 0.016 standard deviations, a standard deviation to 1.1 %.
    np.testing.assert_allclose((logs.mean(axis=0) - mean) / sd, 0.0, atol=0.08)
    np.testing.assert_allclose(logs.std(axis=0) / sd, 1.0, atol=0.05)
    np.testing.assert_array_equal(laplace_draws(found, 5, seed=1), laplace_draws(found, 5, seed=1))


def test_a_sample_goes_to_arviz_with_its_units_new_measurements_and_likelihoods(drawn):
    from immunosim.fitting.exchange.inference_data import inference_data

    one = posterior(subject(DESIGN, LOGS, below=(4,)), [free("a", prior=(1.5, 0.4)), free("b", prior=(0.8, 0.3))])
    few = replace(drawn, draws=drawn.draws[:, :25], log_density=drawn.log_density[:, :25])
    found = inference_data(few, one, seed=3)
    np.testing.assert_array_equal(found.posterior["b"].values, few.draws[:, :, 1])
    assert found.log_likelihood["value"].shape == found.posterior_predictive["value"].shape == (16, 25, 5)
    unknowns = one.coordinates.of(few.flat)
    whole = found.log_likelihood["value"].values.sum(axis=-1).ravel()
    np.testing.assert_allclose(whole, one.log_likelihoods(unknowns)[:, 0], rtol=1e-9)
    assert found.observed_data["value"].attrs["units"] == "cd4: cells/uL"
    assert found.constant_data["is_below"].values.tolist() == [False] * 4 + [True]
    known = [np.exp(LOGS[4]) if one >= LOGS[4] else 0.0 for one in LOGS]
    np.testing.assert_allclose(found.constant_data["limit_of_quantification"], known)
    np.testing.assert_array_equal(
        found.posterior_predictive["value"], inference_data(few, one, 3).posterior_predictive["value"]
    )


def test_a_parabola_far_below_its_points_is_not_believed():
    at = np.array([0.0, 1.0, 2.0])
    assert _lowest(at, np.array([1.0, 0.0, 0.9]), 0.3)[0] == pytest.approx(0.0, abs=0.01)
    assert _lowest(at, np.array([100.0, 10.0, 10.5]), 0.3) == (10.0, 1.0)
