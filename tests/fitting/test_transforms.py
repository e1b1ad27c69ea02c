"""Coordinates of a search run over all numbers, come back from parameters, and have the slopes of differences."""

import numpy as np
import pytest
from scipy.stats import norm

from immunosim.errors import DataError
from immunosim.fitting import Coordinates, coordinates_of
from immunosim.fitting.likelihood.transforms import FARTHEST, free_parameter
from immunosim.fitting.setup import _within
from immunosim.models import load_parameters
from tests.fitting.linear import free

BOTH = Coordinates((free("a", lower=0.01, upper=100.0), free("b", lower=0.0, upper=4.0)))
"""One that is searched by its logarithm, and one that is not."""


def test_coordinates_come_back_from_parameters():
    places = np.stack([np.linspace(-6.0, 6.0, 25), np.linspace(4.0, -4.0, 25)], axis=-1)
    np.testing.assert_allclose(BOTH.of(BOTH.values_at(places)), places, rtol=1e-9, atol=1e-9)
    values = np.array([[0.02, 0.1], [1.0, 2.0], [99.0, 3.9]])
    np.testing.assert_allclose(BOTH.values_at(BOTH.of(values)), values, rtol=1e-12)


def test_the_middle_is_that_of_the_scale_of_a_parameter():
    np.testing.assert_allclose(BOTH.values_at(np.zeros(2)), [1.0, 2.0], rtol=1e-14)


def test_no_coordinate_leaves_the_limits():
    for at in (-np.inf, -1e300, -FARTHEST, FARTHEST, 1e300, np.inf):
        values = BOTH.values_at(np.array([at, at]))
        expected = [0.01, 0.0] if at < 0 else [100.0, 4.0]
        np.testing.assert_allclose(values, expected, atol=1e-11)
        assert (values >= [0.01 * (1 - 1e-12), 0.0]).all()


def test_a_parameter_at_its_limit_has_a_finite_coordinate():
    ends = BOTH.of(np.array([[0.01, 0.0], [100.0, 4.0]]))
    assert np.isfinite(ends).all()
    np.testing.assert_allclose(ends[0], -ends[1], rtol=1e-3)  # a share of 1 is coarser than one of 0
    np.testing.assert_allclose(BOTH.values_at(ends), [[0.01, 0.0], [100.0, 4.0]], atol=1e-10)


def test_slopes_are_those_of_differences():
    places, step = np.array([[-3.0, -1.0], [0.0, 0.5], [2.0, 3.0]]), 1e-5
    numeric = (BOTH.values_at(places + step) - BOTH.values_at(places - step)) / (2 * step)
    np.testing.assert_allclose(BOTH.slopes_at(places), numeric, rtol=1e-8)


def test_a_prior_is_normal_in_the_logarithm_and_has_its_slopes():
    coordinates = Coordinates((free("a", prior=(2.0, 0.5)), free("b"), free("c", prior=(0.3, 1.0))))
    values = np.array([[2.0, 7.0, 0.3], [3.0, 0.1, 0.2]])
    value, slope, curvature = coordinates.log_prior(values)
    expected = norm.logpdf(np.log(values[:, [0, 2]] / [2.0, 0.3]), scale=[0.5, 1.0]).sum(axis=1)
    assert value[0] == 0.0  # at the medians; constants are left out
    assert value[1] - value[0] == pytest.approx(expected[1] - expected[0], rel=1e-12)
    step = 1e-6
    for j in range(3):
        factor = np.exp(step * (np.arange(3) == j))
        up, down = (coordinates.log_prior(values * factor**sign) for sign in (1, -1))
        np.testing.assert_allclose(slope[:, j], (up[0] - down[0]) / (2 * step), atol=1e-8)
        np.testing.assert_allclose(curvature[:, j], -(up[1] - down[1])[:, j] / (2 * step), atol=1e-8)
    assert not slope[:, 1].any()


def test_a_parameter_without_its_prior_keeps_its_limits():
    one = free("a", lower=0.5, upper=8.0, prior=(2.0, 0.5))
    bare = one.without_prior()
    assert one.has_prior
    assert not bare.has_prior
    assert (bare.lower, bare.upper, bare.value) == (0.5, 8.0, 1.0)
    assert Coordinates((one,)).have_priors
    assert not Coordinates((one, bare)).have_priors


@pytest.fixture(scope="module")
def parameters():
    return load_parameters(model="teaching")


def test_a_parameter_is_searched_a_decade_to_both_sides_but_within_its_bounds(parameters):
    about = parameters["lysis_rate"]
    inside = free_parameter(parameters, "lysis_rate", 1.0)
    assert (inside.lower, inside.upper) == (max(about.lower, 0.1), min(about.upper, 10.0))
    edge = free_parameter(parameters, "lysis_rate", about.upper)
    assert edge.upper == about.upper
    assert edge.lower == about.upper / 10.0
    assert (inside.unit, inside.label, inside.is_log) == ("1/day", about.label, True)


def test_a_parameter_is_named_as_in_the_scenario_or_alone(parameters):
    names = {free_parameter(parameters, name, 2.0).name for name in ("lysis_rate", "parameters.lysis_rate")}
    assert names == {"lysis_rate"}


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("lysis_rat", 1.0, r'free lysis_rat: is not a parameter, did you mean "lysis_rate"'),
        ("lysis_rate", 0.0, "free lysis_rate: has the value 0, which cannot be searched .*, give it a positive"),
        ("lysis_rate", -2.0, "free lysis_rate: has the value -2"),
        ("lysis_rate", float("nan"), "free lysis_rate: has the value nan"),
    ],
)
def test_what_cannot_be_searched_is_refused_with_its_cure(parameters, name, value, message):
    with pytest.raises(DataError, match=message):
        free_parameter(parameters, name, value)


def test_a_parameter_is_free_once_and_at_least_one_is(parameters):
    values = parameters.values()
    with pytest.raises(DataError, match=r"free parameters.lysis_rate: is named twice, leave one out"):
        coordinates_of(parameters, values, ["lysis_rate", "parameters.lysis_rate"])
    with pytest.raises(DataError, match="free: there is nothing to fit, name at least one parameter"):
        coordinates_of(parameters, values, [])


def test_limits_of_the_search_replace_the_usual_ones(parameters):
    coordinates = coordinates_of(parameters, parameters.values(), ["lysis_rate", "homing_rate"])
    first, second = _within(coordinates, {"lysis_rate": (1.0, 1e3)}).parameters
    assert (first.lower, first.upper) == (1.0, 1e3)
    assert second == coordinates.parameters[1]


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"lysis_rat": (1.0, 2.0)}, r'limits lysis_rat: is not fitted, did you mean "lysis_rate"'),
        ({"lysis_rate": (-1.0, 1e3)}, "limits lysis_rate: -1 to 1000 does not contain"),
        ({"lysis_rate": (1e3, 1e4)}, "limits lysis_rate: 1000 to 10000 does not contain the initial value"),
        ({"lysis_rate": (1e3, 1.0)}, "limits lysis_rate: 1000 to 1 does not contain"),
        ({"lysis_rate": (float("nan"), 1e3)}, "limits lysis_rate: nan to 1000 does not contain"),
    ],
)
def test_limits_that_do_not_hold_the_start_are_refused(parameters, limits, message):
    coordinates = coordinates_of(parameters, parameters.values(), ["lysis_rate"])
    with pytest.raises(DataError, match=message):
        _within(coordinates, limits)
