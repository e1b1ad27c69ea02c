"""Slopes of the model by twelve parameters: against differences of solutions that are tighter by far."""

import numpy as np
import pytest
from sensitivity.conftest import TWELVE, at_tolerance

from immunosim.derivatives import Task
from immunosim.numerics import Status, solve_ensemble
from immunosim.numerics.tangents import solve_sensitivities

RELATIVE_STEP = 1e-3
# What changes less than this share of itself for a whole unit of log p is noise of the differences.
NOTICEABLE = 1e-6


@pytest.fixture(scope="module")
def differences(problem):
    """Differences of fourth order between solutions at 1e-11, shape (n_times, n_parameters, n_pools)."""
    exact, model = at_tolerance(problem, 1e-11), problem.model
    vectors = []
    for name in TWELVE:
        for steps in (1, -1, 2, -2):
            vector = problem.vector.copy()
            vector[model.position[name]] *= 1.0 + steps * RELATIVE_STEP
            model.module.close(vector)
            vectors.append(vector)
    states = [model.baseline(vector) for vector in vectors]
    found = solve_ensemble(
        model.ensemble_kernels, states, vectors, exact.segments, exact.times, exact.options, n_threads=2
    )
    assert (found.status == Status.OK).all()
    near, back, far, far_back = found.states.reshape(len(TWELVE), 4, *found.states.shape[1:]).swapaxes(0, 1)
    values = problem.vector[[model.position[name] for name in TWELVE]][:, np.newaxis, np.newaxis]
    slopes = (8.0 * (near - back) - (far - far_back)) / (12.0 * RELATIVE_STEP * values)
    return slopes.swapaxes(0, 1)


def slopes_at(problem, rtol):
    task = Task(at_tolerance(problem, rtol), TWELVE)
    kernels, functions = task.compiled()
    ensemble, slopes = solve_sensitivities(
        kernels,
        functions,
        problem.initial_state[np.newaxis],
        problem.vector[np.newaxis],
        problem.segments,
        task.directions(),
        problem.times,
        task.problem.options,
    )
    assert ensemble.status[0] == Status.OK
    return ensemble.states[0], slopes[0]


def worst(problem, states, slopes, expected):
    """Return the largest error of each parameter and pool as a share of the peak, where there is one to speak of."""
    values = problem.vector[[problem.model.position[name] for name in TWELVE]]
    peak = np.abs(expected).max(axis=0)
    noticed = peak * values[:, np.newaxis] > NOTICEABLE * np.abs(states).max(axis=0)
    assert noticed.sum() > 200  # of 12 x 46, of which eight pools of steroids follow no cell
    return np.where(noticed, np.abs(slopes - expected).max(axis=0) / np.where(noticed, peak, 1.0), 0.0)


@pytest.mark.parametrize(
    ("rtol", "allowed"),
    [
        (1e-10, 5e-6),  # a few times what differences of solutions at 1e-11 can tell, of hair least
        (1e-6, 1e-5),
        (1e-5, 5e-5),
    ],
)
def test_twelve_slopes_agree_with_tight_differences(problem, differences, rtol, allowed):
    states, slopes = slopes_at(problem, rtol)
    errors = worst(problem, states, slopes, differences)
    k, pool = np.unravel_index(errors.argmax(), errors.shape)
    assert errors.max() < allowed, (TWELVE[k], problem.model.pools[pool])


def test_no_slope_is_zero_where_the_parameter_matters(problem, differences):
    states, slopes = slopes_at(problem, 1e-6)
    assert (np.abs(slopes).max(axis=(0, 2)) > 0.0).all()
    assert (np.abs(differences).max(axis=(0, 2)) > 0.0).all()
    assert states.shape == (problem.times.size, len(problem.model.pools))
