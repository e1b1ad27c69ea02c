"""Searches find optima of functions that are known, in lockstep as alone, and say where they could not begin."""

import numpy as np
import pytest

from immunosim.fitting.search.multistart import search_together


def rosenbrock(points):
    x, y = points.T
    value = (1 - x) ** 2 + 100 * (y - x**2) ** 2
    gradient = np.stack([-2 * (1 - x) - 400 * x * (y - x**2), 200 * (y - x**2)], axis=1)
    one = np.ones_like(x)
    hessian = np.array([[2 - 400 * (y - 3 * x**2), -400 * x], [-400 * x, 200 * one]]).transpose(2, 0, 1)
    return np.where(x > 5.0, np.inf, value), gradient, hessian


def test_every_start_finds_the_optimum():
    found = search_together(rosenbrock, np.array([[-1.2, 1.0], [0.0, 0.0], [3.0, -2.0]]), tolerance=1e-8)
    assert all(one.is_converged for one in found)
    np.testing.assert_allclose([one.end for one in found], 1.0, atol=1e-6)


def test_a_start_that_cannot_be_computed_is_data_and_stops_no_other():
    found = search_together(rosenbrock, np.array([[6.0, 0.0], [0.0, 0.0]]), tolerance=1e-8)
    assert found[0].value == np.inf
    assert not found[0].is_converged
    assert found[1].is_converged


def test_an_unknown_that_is_held_stays_where_it_is():
    (found,) = search_together(rosenbrock, np.array([[0.5, 3.0]]), [0], tolerance=1e-8)
    assert found.end[0] == 0.5
    assert found.end[1] == pytest.approx(0.25)


def test_a_search_does_not_depend_on_the_others():
    starts = np.array([[-1.2, 1.0], [2.0, 2.0], [0.3, -0.4]])
    together = search_together(rosenbrock, starts)
    for start, one in zip(starts, together, strict=True):
        (alone,) = search_together(rosenbrock, start[np.newaxis])
        np.testing.assert_array_equal(alone.end, one.end)


def test_an_error_of_the_evaluation_reaches_the_caller_and_ends_the_threads():
    def broken(points):
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        search_together(broken, np.zeros((3, 2)))
