"""Derivatives of read-outs by pools against a complex step, read-out by read-out."""

import numpy as np
import pytest

STEP = 1e-30
N_DRAWS = 10


def by_complex_step(model, kernel, draw):
    """The slopes of all read-outs, shape (n_readouts, n_pools)."""
    slopes = np.empty((len(model.readouts), len(model.pools)))
    for pool in range(len(model.pools)):
        state, out = draw.state.astype(complex), np.zeros(len(model.readouts), dtype=complex)
        state[pool] += STEP * 1j
        kernel(state, draw.vector.astype(complex), draw.inputs, out)
        slopes[:, pool] = out.imag / STEP
    return slopes


def gradient(model, name, draw):
    (found,) = model.gradient_at(name, draw.state[np.newaxis], draw.vector, draw.inputs[np.newaxis])
    return found


@pytest.mark.parametrize("seed", range(N_DRAWS))
def test_every_gradient_is_that_of_a_complex_step(model, drawn, seed):
    draw = drawn(seed, empty=0.0)
    expected = by_complex_step(model, model.module.python["readouts"], draw)
    for name, slopes in zip(model.readouts, expected, strict=True):
        # Ten digits; a slope that is a difference keeps those of the largest slope of its read-out.
        allowed = 1e-10 * np.abs(slopes) + 1e-13 * np.abs(slopes).max()
        assert (np.abs(gradient(model, name, draw) - slopes) <= allowed).all(), name


def test_the_gradient_of_a_sum_of_pools_is_one_for_each_of_them(model, drawn):
    pools = {pool for pool, slope in zip(model.pools, gradient(model, "cd4", drawn(1)), strict=True) if slope == 1.0}
    assert pools == {"naive_cd4_blood", "memory_cd4_blood", "treg_blood"}


def test_gradients_of_several_states_are_those_of_each(model, drawn):
    draws = [drawn(seed, off=(), empty=0.0) for seed in range(3)]
    states, inputs = np.array([draw.state for draw in draws]), np.array([draw.inputs for draw in draws])
    together = model.gradient_at("naive_fraction_of_cd4", states, draws[0].vector, inputs)
    for found, state in zip(together, states, strict=True):
        one = model.gradient_at("naive_fraction_of_cd4", state[np.newaxis], draws[0].vector, inputs[:1])
        assert np.array_equal(found, one[0])
