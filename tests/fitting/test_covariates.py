"""Effects of covariates: numbers count from their mean in standard deviations, words from the most frequent one."""

import numpy as np
import pytest

from immunosim.errors import DataError
from immunosim.fitting import arrange, estimate
from immunosim.fitting.likelihood.covariates import EFFECT_REACH, EFFECT_SD, effects_of
from immunosim.fitting.search.sampling import _around
from immunosim.observations import PatientRecord
from tests.fitting.linear import free, posterior, subject


def patients(**covariates):
    """Return patients with the values of each covariate."""
    rows = zip(*covariates.values(), strict=True)
    return [PatientRecord(f"P{k}", (), (), dict(zip(covariates, row, strict=True))) for k, row in enumerate(rows)]


def test_a_number_counts_from_the_mean_in_standard_deviations():
    weights = [50.0, 60.0, 70.0, 100.0]
    (effect,) = effects_of("a", "weight", patients(weight=weights))
    np.testing.assert_allclose(effect.scores, (np.array(weights) - 70.0) / np.std(weights, ddof=1))
    assert (effect.name, effect.reference) == ("a by weight", "70")
    assert effect.label == "factor on a for 21.6 more of weight (mean 70)"


def test_a_word_counts_from_the_most_frequent_one():
    first, second = effects_of("a", "sex", patients(sex=["x", "m", "m", "f", "f", "m"]))
    assert [(one.word, one.reference) for one in (first, second)] == [("f", "m"), ("x", "m")]
    assert first.scores.tolist() == [0.0, 0.0, 0.0, 1.0, 1.0, 0.0]
    assert second.scores.tolist() == [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]


def test_numbers_beside_words_are_words():
    found = effects_of("a", "arm", patients(arm=[1.0, "B", 1.0]))
    assert [(one.word, one.reference) for one in found] == [("B", "1.0")]


def test_a_factor_has_a_prior_around_one_unless_priors_are_left_out():
    (effect,) = effects_of("a", "weight", patients(weight=[1.0, 2.0]))
    factor = effect.unknown(True)
    assert (factor.prior_median, factor.prior_sd) == (1.0, EFFECT_SD)
    assert (factor.value, factor.lower, factor.upper) == (1.0, 1 / EFFECT_REACH, EFFECT_REACH)
    assert not effect.unknown(False).has_prior


def test_a_design_has_one_for_the_own_unknown_and_the_score_for_each_factor():
    who = patients(weight=[50.0, 70.0, 90.0], sex=["m", "f", "f"])
    found = arrange([free("a"), free("b")], who, ["b"], {"a": ["weight", "sex"]})
    assert found.coordinates.names == ["b", "a by weight", "a by sex m", *(f"a of P{k}" for k in range(3))]
    assert found.individual == ("a",)
    np.testing.assert_allclose(found.designs[0], [[0, -1, 1, 1, 0, 0], [1, 0, 0, 0, 0, 0]])
    np.testing.assert_allclose(found.designs[2], [[0, 1, 0, 0, 0, 1], [1, 0, 0, 0, 0, 0]])
    assert found.places(["P2", "P0"]).tolist() == [[5], [3]]


def test_a_shared_parameter_may_depend_on_a_covariate():
    found = arrange([free("a")], patients(weight=[50.0, 90.0]), ["a"], {"a": ["weight"]})
    assert found.coordinates.names == ["a", "a by weight"]
    assert found.places(["P0", "P1"]).shape == (2, 0)


@pytest.mark.parametrize(
    ("common", "covariates", "message"),
    [
        ([], {"a": ["weight", "weight"]}, "covariate a=weight: is named twice, leave one out"),
        (["c"], {}, "c: is not fitted, known are a, b"),
        ([], {"c": ["weight"]}, "c: is not fitted"),
        ([], {"a": ["wieght"]}, 'covariate a=wieght: the table has no covariate "wieght", did you mean "weight"'),
    ],
)
def test_what_cannot_be_arranged_is_refused(common, covariates, message):
    with pytest.raises(DataError) as caught:
        arrange([free("a"), free("b")], patients(weight=[50.0, 90.0]), common, covariates)
    assert str(caught.value).startswith(message)


@pytest.mark.usefixtures("linear")
def test_walkers_start_around_the_best_point_also_along_a_flat_direction():
    found = estimate(posterior(subject([[1.0, 0.0]] * 4, [0.1, 0.2, 0.0, 0.1]), [free("a"), free("b")]), 1)
    walkers = _around(found, 40, np.random.default_rng(1))
    assert walkers.shape == (40, 2)
    assert np.isfinite(found.posterior.log_density(walkers)).all()
    assert 0.1 < walkers[:, 1].std() < 1.0  # half of a coordinate where nothing is known
