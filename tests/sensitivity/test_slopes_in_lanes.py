"""Slopes of an ensemble are the same bits however its rows are arranged, and cost the states not a bit."""

from dataclasses import replace

import numpy as np
import pytest
from sensitivity.conftest import TWELVE

from immunosim.codegen.vector.build import lane_functions
from immunosim.derivatives import Task
from immunosim.numerics import Status, solve_ensemble
from immunosim.numerics.tangents import solve_sensitivities

WIDTH = 4


@pytest.fixture(scope="module")
def solved(population):
    return population.solve(width=WIDTH)


def test_the_states_are_those_of_the_lane_core_bit_for_bit(population, solved):
    kernels = replace(population.model.kernels, lanes=lane_functions(population.model.module, WIDTH))
    problem = population.problem
    plain = solve_ensemble(
        kernels, population.states, population.vectors, problem.segments, problem.times, problem.options
    )
    found, slopes = solved
    assert (found.status == Status.OK).all()
    assert np.isfinite(slopes).all()
    for name in ("states", "counts", "worst_pool", "status"):
        np.testing.assert_array_equal(getattr(found, name), getattr(plain, name))


@pytest.mark.parametrize("width", [1, 2, 8])
def test_all_widths_give_the_same_bits(population, solved, width):
    np.testing.assert_array_equal(population.solve(width=width)[1], solved[1])


def test_the_order_of_the_rows_changes_no_bit(population, solved):
    order = np.random.default_rng(3).permutation(len(population.states))
    np.testing.assert_array_equal(population.solve(order, WIDTH)[1], solved[1][order])


@pytest.mark.parametrize("rows", [slice(0, 1), slice(5, 8)], ids=["one", "three"])
def test_the_rows_beside_it_change_no_bit_of_a_row(population, solved, rows):
    np.testing.assert_array_equal(population.solve(rows, WIDTH)[1], solved[1][rows])


@pytest.mark.parametrize("n_threads", [2, 3])
def test_the_number_of_threads_changes_no_bit(population, solved, n_threads):
    np.testing.assert_array_equal(population.solve(width=WIDTH, n_threads=n_threads)[1], solved[1])


def test_no_rows_are_no_error(population):
    ensemble, slopes = population.solve(slice(0, 0), WIDTH)
    assert ensemble.states.shape[0] == slopes.shape[0] == 0


def test_a_direction_does_not_depend_on_those_beside_it(population, solved):
    """It is computed in another block there, over other pools: the same sums in the same order."""
    names = TWELVE[3:5]
    problem = replace(population.problem, vector=population.vectors[0])
    task = Task(problem, names)
    kernels, functions = task.compiled(lane_functions(population.model.module, WIDTH))
    _, slopes = solve_sensitivities(
        kernels,
        functions,
        population.states[:1],
        population.vectors[:1],
        problem.segments,
        task.directions(),
        problem.times,
        problem.options,
    )
    expected = solved[1][0][:, 3:5]
    # Rows are grouped otherwise, so that sums end otherwise: rounding, and what 600 steps make of it.
    np.testing.assert_allclose(slopes[0], expected, rtol=1e-8, atol=1e-9 * np.abs(expected).max())
