"""The generated Jacobian against the right-hand side by complex step, entry by entry, and its factors against numpy."""

import numpy as np
import pytest

STEP = 1e-30  # a complex step has no cancellation, so it may be as small as one likes
N_DRAWS = 20


def generated(model, draw):
    """The Jacobian as a full matrix."""
    module, n = model.module, len(model.pools)
    nonzeros = np.full(len(module.JACOBIAN_ROWS), np.nan)
    module.jacobian(draw.state, draw.vector, draw.inputs, nonzeros)
    matrix = np.zeros((n, n))
    matrix[module.JACOBIAN_ROWS, module.JACOBIAN_COLUMNS] = nonzeros
    return matrix


def by_complex_step(rhs, draw):
    n = draw.state.size
    matrix, vector, inputs = np.empty((n, n)), draw.vector.astype(complex), draw.inputs.astype(complex)
    for pool in range(n):
        state, change = draw.state.astype(complex), np.zeros(n, dtype=complex)
        state[pool] += STEP * 1j
        rhs(state, vector, inputs, change)
        matrix[:, pool] = change.imag / STEP
    return matrix


def replaced(draw, **changes):
    return type(draw)(**{**vars(draw), **changes})


def differing_entries(model, rhs, draw):
    found, expected = generated(model, draw), by_complex_step(rhs, draw)
    # Ten digits of each entry; an entry that is a difference keeps those of the largest entry of its row.
    allowed = 1e-10 * np.abs(expected) + 1e-13 * np.abs(expected).max(axis=1, keepdims=True)
    wrong = np.argwhere(~(np.abs(found - expected) <= allowed))
    return {(model.pools[i], model.pools[j]): (found[i, j], expected[i, j]) for i, j in wrong}


def test_every_entry_is_the_derivative_in_random_states(model, drawn):
    rhs = model.module.python["rhs"]
    wrong = {seed: differing_entries(model, rhs, drawn(seed)) for seed in range(N_DRAWS)}
    assert {seed: entries for seed, entries in wrong.items() if entries} == {}


def test_every_entry_is_the_derivative_in_the_untreated_state(model, drawn):
    rhs, draw = model.module.python["rhs"], drawn(0, off=())
    untreated = replaced(draw, state=model.baseline(draw.vector))
    assert differing_entries(model, rhs, untreated) == {}


def test_every_entry_is_the_derivative_where_everything_is_empty(model, drawn):
    rhs, draw = model.module.python["rhs"], drawn(0, off=())
    empty = replaced(draw, state=np.zeros(len(model.pools)))
    assert np.isfinite(generated(model, empty)).all()
    assert differing_entries(model, rhs, empty) == {}


def test_a_pool_of_a_mechanism_that_is_off_neither_changes_nor_responds(model, drawn):
    for mechanism in model.mechanisms:
        draw = drawn(7, off=[mechanism])
        owned = [i for i, (_, _, owner, _) in enumerate(model.module.POOLS.values()) if owner == mechanism]
        assert not generated(model, draw)[owned].any()


def test_no_entry_of_the_pattern_is_superfluous(model, drawn):
    largest = np.zeros((len(model.pools),) * 2)
    for seed in range(N_DRAWS):
        largest = np.maximum(
            largest, np.abs(by_complex_step(model.module.python["rhs"], drawn(seed, off=(), empty=0.0)))
        )
    found = {(int(i), int(j)) for i, j in np.argwhere(largest > 0.0)}
    assert found == set(zip(model.module.JACOBIAN_ROWS, model.module.JACOBIAN_COLUMNS, strict=True))


@pytest.mark.parametrize("shift", [1e-2, 1.0, 1e3, 1e7])
def test_the_generated_factors_solve_the_shifted_system(model, drawn, shift):
    kernels, generator = model.kernels, np.random.default_rng(3)
    for seed in range(N_DRAWS):
        draw = drawn(seed)
        matrix = shift * np.eye(len(model.pools)) - generated(model, draw)
        nonzeros, factors = np.empty(kernels.n_jacobian), np.empty(kernels.n_lu)
        kernels.jacobian(draw.state, draw.vector, draw.inputs, nonzeros)
        growth = kernels.factorise(nonzeros, shift, factors)
        right = generator.normal(size=len(model.pools)) * model.scales
        solution = right.copy()
        kernels.solve(factors, solution)
        # Backward error: what is left over against what the terms of each row add up to, with the growth of pivots.
        terms = np.abs(matrix) @ np.abs(solution) + np.abs(right)
        assert (np.abs(matrix @ solution - right) <= 1e-13 * max(growth, 1.0) * terms).all(), seed


def test_a_broken_factorisation_reports_a_growth_that_is_not_finite(model, drawn):
    kernels, draw = model.kernels, drawn(0)
    nonzeros, factors = np.empty(kernels.n_jacobian), np.empty(kernels.n_lu)
    kernels.jacobian(draw.state, draw.vector, draw.inputs, nonzeros)
    nonzeros[0] = np.nan
    assert not np.isfinite(kernels.factorise(nonzeros, 1.0, factors))
