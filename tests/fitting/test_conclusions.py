"""What a fit means follows by arithmetic from likelihood, draws and residuals; each verdict has its words."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import chi2, norm

from immunosim.ensembles.survival import EventTimes
from immunosim.errors import DataError, SolverError
from immunosim.fitting import ErrorModel, estimate, judge_fit
from immunosim.fitting.conclusions import alternative_mechanisms, mechanism_comparison, recovery
from immunosim.fitting.conclusions.goodness_of_fit import _about_fit, _runs_p_value
from immunosim.fitting.conclusions.mechanism_comparison import NO_PART, alternatives
from immunosim.fitting.conclusions.optimal_sampling import Draw, _draw
from immunosim.fitting.conclusions.recovery import Return, forecast
from immunosim.fitting.conclusions.recovery_by_visit import Goal, _prior_draws
from immunosim.fitting.likelihood.transforms import Coordinates
from immunosim.model.readout_info import ReadoutInfo
from immunosim.observations import Measurement
from immunosim.scenario import build_scenario
from immunosim.scenario.time_reference import TimeReference
from immunosim.units import DAYS_PER_MONTH
from tests.fitting.linear import SD, free, posterior, subject

pytestmark = pytest.mark.usefixtures("linear")

DESIGN = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0], [1.0, 3.0], [1.0, 4.0], [1.0, 5.0]])
LOGS = np.array([0.1, 0.3, 0.2, 0.5, 0.3, 0.6])


def fitted(logs=LOGS, design=DESIGN, prior=None, **options):
    parameters = [free(name, prior=prior) for name in "ab"[: np.shape(design)[1]]]
    return estimate(posterior(subject(design, logs, **options), parameters), 2)


def test_the_goodness_of_fit_is_that_of_the_residuals():
    found, verdict = fitted(), judge_fit(fitted())
    residuals = (LOGS - DESIGN @ np.log(found.values)) / SD
    assert verdict.chi_squared == pytest.approx(residuals @ residuals, rel=1e-9)
    assert verdict.p_value == pytest.approx(chi2.sf(verdict.chi_squared, 6 - 2), rel=1e-6)
    likelihood = (norm.logpdf(residuals) - np.log(SD) - LOGS).sum()
    assert verdict.log_likelihood == pytest.approx(likelihood, rel=1e-9)
    assert verdict.aic == pytest.approx(2 * 2 - 2 * likelihood)
    assert verdict.bic == pytest.approx(2 * np.log(6) - 2 * likelihood)
    assert (verdict.n_measurements, verdict.n_censored, verdict.n_unknowns) == (6, 0, 2)
    assert verdict.as_dict()["aic"] == verdict.aic


def test_unknowns_that_priors_hold_take_no_degree_of_freedom():
    """With priors of a thousandth the data determine nothing: all residuals count."""
    verdict = judge_fit(fitted(prior=(1.1, 1e-3)))
    assert verdict.p_value == pytest.approx(chi2.sf(verdict.chi_squared, 6), rel=1e-3)


def test_censored_values_are_counted_and_have_no_residual():
    verdict = judge_fit(fitted(below=(0, 3)))
    assert (verdict.n_measurements, verdict.n_censored) == (6, 2)
    found = fitted(below=(0, 3))
    residuals = ((LOGS - DESIGN @ np.log(found.values)) / SD)[[1, 2, 4, 5]]
    assert verdict.chi_squared == pytest.approx(residuals @ residuals, rel=1e-9)


@pytest.mark.parametrize(
    ("arguments", "sentences"),
    [
        ((3, 3, 0.5, np.nan, False), ["3 quantified values cannot test a model of which they determine 3 unknowns."]),
        (
            (9, 3, 0.5, 0.5, False),
            ["Residuals are consistent with the assumed measurement error (chi-squared p = 0.5)."],
        ),
        (
            (9, 3, 0.004, 0.5, False),
            [
                "Residuals are larger than the assumed measurement error explains (chi-squared p = 0.004): "
                "the model does not fit, or the assumed error is too small."
            ],
        ),
        (
            (9, 3, 0.004, 0.5, True),
            ["The measurement error was estimated, so the size of the residuals does not test the fit."],
        ),
        (
            (9, 3, 0.01, 0.003, False),
            [
                "Residuals are consistent with the assumed measurement error (chi-squared p = 0.01).",
                "Residuals have long runs of one sign (runs test p = 0.003): "
                "the observed time course differs in shape.",
            ],
        ),
        (
            (9, 3, 0.5, np.nan, False),
            ["Residuals are consistent with the assumed measurement error (chi-squared p = 0.5)."],
        ),
    ],
)
def test_each_finding_of_a_fit_has_its_words(arguments, sentences):
    assert list(_about_fit(*arguments)) == sentences


def exact_runs(signs):
    """Return how often an order of these signs has as few runs, over all orders."""
    n, positive = len(signs), sum(signs)
    runs = 1 + sum(a != b for a, b in itertools.pairwise(signs))
    few = total = 0
    for places in itertools.combinations(range(n), positive):
        order = [i in places for i in range(n)]
        few += 1 + sum(a != b for a, b in itertools.pairwise(order)) <= runs
        total += 1
    return few / total


@pytest.mark.parametrize("text", ["++++----++++", "+-+-+-+-+-+-", "++++++------", "++-+--++-+-+"])
def test_the_runs_test_is_near_the_exact_one(text):
    signs = [one == "+" for one in text]
    found = _runs_p_value(np.where(signs, 1.0, -1.0))
    assert found == pytest.approx(exact_runs(signs), abs=0.02)


def test_too_few_residuals_or_one_sign_alone_have_no_runs_test():
    assert np.isnan(_runs_p_value(np.array([1.0, -1.0] * 3)))
    assert np.isnan(_runs_p_value(np.ones(20)))
    assert np.isnan(_runs_p_value(-np.ones(20)))


# --- other models ----------------------------------------------------------------------------------------------------


def test_another_model_is_compared_by_its_own_fit(monkeypatch):
    found = fitted(3 * LOGS)
    flat = np.array([[1.0, 0.0]] * 6)
    monkeypatch.setattr(alternative_mechanisms, "_subject", lambda one, name: subject(flat, 3 * LOGS))
    reports = []
    (other,) = alternatives(found, ["trend"], 2, report=reports.append)
    alone = judge_fit(fitted(3 * LOGS, design=flat))
    own = judge_fit(found)
    assert reports == ["trend"]
    assert other.without == "trend"
    assert other.log_likelihood == pytest.approx(alone.log_likelihood, abs=1e-5)
    # One unknown less is determined without the trend.
    assert (own.n_effective, alone.n_effective) == (pytest.approx(2.0), pytest.approx(1.0, abs=1e-6))
    assert other.more_aic == pytest.approx(2 * (own.log_likelihood - alone.log_likelihood) - 2.0, abs=1e-5)
    assert other.more_bic == pytest.approx(other.more_aic + 2.0 - np.log(6.0), abs=1e-5)
    assert other.sentence.startswith("Supported by the data")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        *(
            (4.01, "Supported by the data: the model fits worse"),
            (4.0, "Not informed by the data"),
            (0.0, "Not informed"),
        ),
        *((-4.0, "Not informed by the data"), (-4.01, "Contradicted by the data: the model fits better")),
    ],
)
def test_a_difference_of_aic_up_to_four_says_nothing(more, words):
    assert mechanism_comparison._sentence(more).startswith(words)


def test_a_mechanism_without_a_part_in_the_data_is_said_without_a_fit(monkeypatch):
    found = fitted()
    monkeypatch.setattr(alternative_mechanisms, "_subject", lambda one, name: subject(DESIGN, LOGS))
    monkeypatch.setattr(mechanism_comparison, "estimate", None)
    (other,) = alternatives(found, ["nothing"])
    assert (other.more_aic, other.more_bic, other.sentence) == (0.0, 0.0, NO_PART)
    assert other.aic == judge_fit(found).aic


def test_a_model_that_cannot_be_fitted_is_said_and_the_others_go_on(monkeypatch):
    def broken(one, name):
        if name == "bad":
            raise SolverError("no start of the fit could be simulated")
        return subject(DESIGN, LOGS)

    monkeypatch.setattr(alternative_mechanisms, "_subject", broken)
    bad, good = alternatives(fitted(), ["bad", "good"])
    assert np.isnan([bad.log_likelihood, bad.aic, bad.bic, bad.more_aic, bad.more_bic]).all()
    assert bad.sentence == "Cannot be fitted without it: no start of the fit could be simulated"
    assert good.sentence == NO_PART


# --- recovery --------------------------------------------------------------------------------------------------------


@pytest.fixture
def forecasted(monkeypatch):
    """Return a function from days of last passages, and statuses, to the forecast from day 10 of a course of 400."""

    def forecasted(days, status=None, confidence=0.9):
        status = np.zeros(len(days), int) if status is None else np.array(status)
        asked = {}

        class Found(dict):
            pass

        def simulate_ensemble(scenario, columns, endpoints, n_threads):
            asked.update(columns=columns, endpoints=endpoints)
            found = Found(goal_0=np.array(days, float))
            found.status = status
            return found

        monkeypatch.setattr(recovery, "simulate_ensemble", simulate_ensemble)
        course = {"start": "9 days", "dose": "12 mg"}
        problem = SimpleNamespace(
            scenario=build_scenario({"horizon": "400 days", "start_date": "2020-01-01", "course": [course]}),
            segments=SimpleNamespace(boundaries=np.array([0.0, 400.0])),
            model=SimpleNamespace(
                questions=SimpleNamespace(recovery=(("cd4", "200 cells/uL"),)),
                about=lambda name: ReadoutInfo(unit="cells/uL", label=f"{name} cells"),
            ),
        )
        draws = np.arange(2.0 * len(days)).reshape(-1, 2)
        (found,) = forecast(SimpleNamespace(problem=problem, names=("a", "b")), draws, 10.0, confidence=confidence)
        return found, asked

    return forecasted


def test_the_day_of_recovery_has_quantiles_over_the_draws(forecasted):
    found, asked = forecasted(np.arange(100.0, 200.0))
    assert (found.readout, found.level, found.share) == ("cd4", "200 cells/uL", 1.0)
    assert (found.low, found.median, found.high) == (104.0, 149.0, 194.0)  # by these 5, 50 and 95 of 100 recover
    (endpoint,) = asked["endpoints"]
    assert (endpoint.kind, endpoint.readout, endpoint.threshold, endpoint.start) == (
        *("last_below", "cd4", "200 cells/uL", 10.0),
    )
    np.testing.assert_array_equal(asked["columns"]["b"], np.arange(1.0, 200.0, 2.0))


def test_what_was_never_below_is_back_from_the_start(forecasted):
    found, _ = forecasted([np.nan] * 4)
    assert (found.low, found.median, found.high, found.share) == (10.0, 10.0, 10.0, 1.0)


def test_what_is_below_at_the_horizon_does_not_come_back(forecasted):
    found, _ = forecasted([400.0] * 4)
    assert (found.low, found.median, found.high, found.share) == (np.inf, np.inf, np.inf, 0.0)
    almost, _ = forecasted([399.999] * 4)
    assert almost.share == 1.0


def test_an_interval_may_have_a_finite_beginning_and_no_end(forecasted):
    found, _ = forecasted([100.0, 200.0, 300.0, 400.0, 400.0], confidence=0.8)
    assert (found.low, found.median, found.high, found.share) == (100.0, 300.0, np.inf, 0.6)


def test_draws_that_cannot_be_simulated_are_counted_apart_and_not_as_censored(forecasted):
    found, _ = forecasted([100.0, 0.0, 120.0, 400.0], status=[0, 2, 0, 1])
    assert (found.low, found.high, found.share) == (100.0, 120.0, 1.0)
    assert found.counts() == {"n_draws": 2, "n_recovered": 2, "n_at_start": 0, "n_failed": 2}


def test_a_recovery_counts_months_from_the_last_course_and_has_a_date(forecasted):
    found, _ = forecasted([np.nan, 9.0 + 2 * DAYS_PER_MONTH, 9.0 + 3 * DAYS_PER_MONTH, 400.0, 400.0])
    plain = found.as_dict()
    assert (plain["last_course_day"], plain["median_month"]) == (9.0, pytest.approx(3.0))
    assert (plain["median_date"], plain["high_date"], plain["high_month"]) == ("2020-04-10", "", np.inf)
    assert (plain["n_at_start"], plain["n_recovered"], plain["n_draws"]) == (1, 3, 5)


def test_patients_are_pooled_by_the_time_after_the_last_course_of_each():
    late = EventTimes(np.array([130.0, 400.0]), np.array([True, False]), 100.0, n_failed=1)
    early = EventTimes(np.array([50.0]), np.array([True]))
    returns = [
        Return("cd4", "1", 0.0, 0.0, 0.0, 1.0, reference=TimeReference(last_course=100.0), times=late),
        Return("cd4", "1", 0.0, 0.0, 0.0, 1.0, times=early),
    ]
    found = recovery.pooled_returns(returns)
    assert (found.days.tolist(), found.is_observed.tolist()) == ([30.0, 300.0, 50.0], [True, False, True])
    assert (found.median, found.n_failed) == (50.0, 1)


def test_a_forecast_from_no_draw_is_an_error(forecasted):
    with pytest.raises(SolverError, match="no draw of the parameters could be simulated"):
        forecasted([0.0, 0.0], status=[2, 2])


def test_many_draws_are_thinned_from_the_first_to_the_last(forecasted, monkeypatch):
    monkeypatch.setattr(recovery, "MOST_DRAWS", 3)
    _, asked = forecasted([1.0, 2.0, 3.0, 4.0, 5.0], status=[0, 0, 0, 0, 0])
    assert asked["columns"]["a"].tolist() == [0.0, 4.0, 8.0]


@pytest.mark.parametrize("text", ["", "cd4", "cd4@", "@200", " @ ", "cd4@ "])
def test_a_goal_needs_a_readout_and_a_level(text):
    with pytest.raises(DataError, match=r"goal: .* has no read-out and level, write for example cd4@0.2e9/L"):
        Goal.parse(text)


def test_a_goal_is_read_with_its_unit():
    assert Goal.parse(" cd4 @ 0.2e9/L ") == Goal("cd4", "0.2e9/L")


def test_draws_of_the_prior_are_lognormal_and_cut_at_the_limits():
    coordinates = Coordinates((free("a", prior=(2.0, 0.3)), free("b", lower=0.9, upper=1.1, prior=(1.0, 1.0))))
    draws = _prior_draws(coordinates, 4000, 1)
    assert np.log(draws[:, 0]).mean() == pytest.approx(np.log(2.0), abs=0.02)
    assert np.log(draws[:, 0]).std() == pytest.approx(0.3, rel=0.05)
    assert (draws[:, 1].min(), draws[:, 1].max()) == (0.9, 1.1)


# --- the next sample -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("noise", "sd"),
    [
        (ErrorModel("lognormal", 0.2), 0.2),
        (ErrorModel("proportional", 0.1), 0.1),
        (ErrorModel("additive", 0.0, 50.0), 0.1),  # of a prediction of 500
        (ErrorModel("combined", 0.3, 200.0), 0.5),
    ],
    ids=lambda noise: getattr(noise, "kind", ""),
)
def test_a_sample_reduces_the_variance_as_a_linear_normal_measurement_does(noise, sd):
    covariance = np.array([[0.04, 0.01], [0.01, 0.09]])
    slopes, target = np.array([1.0, 0.5]), np.array([0.2, 1.0])
    before = target @ covariance @ target
    found = _draw(Measurement("p", 3.0, "cd4", 1.0), 500.0, slopes, target, covariance, before, noise)
    updated = np.linalg.inv(np.linalg.inv(covariance) + np.outer(slopes, slopes) / sd**2)
    assert found.sd_before == pytest.approx(before**0.5)
    assert found.sd_after == pytest.approx((target @ updated @ target) ** 0.5, rel=1e-10)
    assert (found.time, found.analyte, found.predicted) == (3.0, "cd4", 500.0)


def test_a_sample_that_is_independent_of_the_target_reduces_nothing():
    covariance, noise = np.diag([0.04, 0.09]), ErrorModel("lognormal", 0.2)
    first, second = np.eye(2)
    found = _draw(Measurement("p", 3.0, "cd4", 1.0), 500.0, first, second, covariance, 0.09, noise)
    assert found.reduction == pytest.approx(0.0)


def test_what_is_known_already_is_reduced_by_nothing():
    assert Draw(3.0, "cd4", 500.0, 0.0, 0.0).reduction == 0.0
