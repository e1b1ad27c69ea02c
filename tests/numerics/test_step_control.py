"""The pieces of step control, as plain Python functions."""

import numpy as np
import pytest

from immunosim.numerics import step_control, stepping
from immunosim.numerics.workspace import Control, Method

NONE = np.zeros((8, 8))
METHOD = Method(gamma=0.2, order=5, embedded_order=4, n_stages=8, A=NONE, C=NONE, H=NONE[:3])


def control(rtol, atol):
    """Return tolerances without limits."""
    return Control(rtol, 0.0, np.inf, 1000, np.asarray(atol), np.full(len(atol), np.inf))


def test_one_wrong_pool_among_many_decides_the_error_norm():
    n = 46
    error = np.full(n, 1e-9)
    error[30] = 5e-6
    norm, pool = step_control.error_norm(control(1e-6, np.full(n, 1e-9)), np.ones(n), np.ones(n), error)
    assert pool == 30
    assert norm == pytest.approx(5.0, rel=0.01)


@pytest.mark.parametrize(("start", "end"), [(-20.0, 3.0), (3.0, -20.0)])
def test_the_error_is_scaled_by_the_larger_end_of_the_step(start, end):
    norm, _ = step_control.error_norm(control(0.1, [0.5]), np.array([start]), np.array([end]), np.array([2.5]))
    assert norm == pytest.approx(1.0)


def test_a_steady_error_at_the_safe_level_keeps_the_step():
    # The root remembered of an error that asks for the same step, once reduced by the safety factor.
    memory = np.array([1.0, 1.0 / step_control.SAFETY])
    factor = step_control.accepted_factor(METHOD, memory, 1.0, step_control.SAFETY**5)
    assert factor == pytest.approx(1.0)


def test_the_controller_sees_a_growing_error_coming():
    falling, growing = (np.array([1.0, last**-0.2]) for last in (0.5, 0.05))
    factor = step_control.accepted_factor
    assert factor(METHOD, growing, 1.0, 0.5) < factor(METHOD, falling, 1.0, 0.5)


def test_the_factors_stay_within_their_limits():
    factor = step_control.accepted_factor
    assert factor(METHOD, np.zeros(2), 1.0, 0.0) == step_control.LARGEST_FACTOR
    assert step_control.rejected_factor(METHOD, np.inf) == step_control.SMALLEST_FACTOR
    assert step_control.rejected_factor(METHOD, 1.01) < 1.0


@pytest.mark.parametrize(("h", "expected"), [(0.3, 0.3), (0.6, 0.5), (1.0, 1.0), (7.0, 1.0)])
def test_a_step_lands_on_the_end_or_leaves_room_for_another(h, expected):
    assert stepping.fit_step(0.0, 1.0, h) == pytest.approx(expected)


def test_a_fitted_step_is_the_difference_of_two_times():
    t, h = 1e6, 1.0 / 3.0
    fitted = stepping.fit_step(t, 2e6, h)
    assert t + fitted == t + h
    assert fitted == (t + h) - t
