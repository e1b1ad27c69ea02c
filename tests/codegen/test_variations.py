"""Second derivatives, as they are generated, against complex steps of the Jacobian and of the right-hand side."""

import numpy as np
import pytest

STEP = 1e-30
SQUARED = 1e-55  # what a step leaves of x^2 at x = 0, with room for coefficients


class Variations:
    """The functions of one model as matrices, and what a complex step gives in their place."""

    def __init__(self, model):
        self.model, self.module, self.text = model, model.module, model.variations
        self.n_pools, self.n_named, self.n_inputs = len(model.pools), len(model.parameters), len(model.inputs)

    def matrix(self, name, shape, *arguments):
        rows, columns = (getattr(self.text, f"{name.upper()}_{kind}") for kind in ("ROWS", "COLUMNS"))
        values = np.full(len(rows), np.nan)
        getattr(self.text, name)(*arguments, values)
        full = np.zeros(shape)
        full[rows, columns] = values
        return full

    def generated(self, draw, along):
        """Return shifts, curvature and twists; columns of constants are parameters, then inputs."""
        extra, points = np.full(self.text.N_EXTRA, np.nan), np.full(self.text.N_POINTS, np.nan)
        self.text.extra_constants(draw.vector, extra)
        self.text.points(draw.state, draw.vector, draw.inputs, extra, points)
        by_constants = (self.n_pools, self.n_named + self.n_inputs)
        return {
            "shifts": self.matrix("shifts", by_constants, draw.state, draw.vector, draw.inputs, extra),
            "curvature": self.matrix("curvature", (self.n_pools,) * 2, draw.vector, extra, points, along),
            "twists": self.matrix("twists", by_constants, draw.vector, extra, points, along),
        }

    def jacobian_along(self, state, vector, inputs, along):
        nonzeros = np.zeros(len(self.module.JACOBIAN_ROWS), dtype=complex)
        self.module.python["jacobian"](state, vector, inputs, nonzeros)
        product = np.zeros(self.n_pools, dtype=complex)
        np.add.at(product, list(self.module.JACOBIAN_ROWS), nonzeros * along[list(self.module.JACOBIAN_COLUMNS)])
        return product.imag / STEP

    def slopes(self, state, vector, inputs):
        out = np.zeros(self.n_pools, dtype=complex)
        self.module.python["rhs"](state, vector, inputs, out)
        return out.imag / STEP


@pytest.fixture(scope="module")
def variations(model):
    return Variations(model)


@pytest.fixture(params=[(0, 0.0), (1, 0.0), (7, 0.3)], ids=["one", "another", "with empty pools"])
def draw(request, drawn):
    seed, empty = request.param
    return drawn(seed, off=(), empty=empty)


@pytest.fixture
def along(model):
    return np.random.default_rng(5).normal(size=len(model.pools)) * model.scales


def moved(values, place):
    stepped = values.astype(complex)
    stepped[place] += STEP * 1j
    return stepped


def assert_close(found, expected, terms):
    """Ten digits; an entry that is a difference keeps those of its terms."""
    assert np.isfinite(found).all()
    np.testing.assert_array_less(np.abs(found - expected), 1e-10 * np.abs(expected) + 1e-13 * terms + SQUARED)


def test_curvature_is_the_derivative_of_the_jacobian_along_a_vector(variations, draw, along):
    found = variations.generated(draw, along)["curvature"]
    expected = np.array(
        [
            variations.jacobian_along(moved(draw.state, j), draw.vector + 0j, draw.inputs + 0j, along)
            for j in range(variations.n_pools)
        ]
    ).T
    assert np.count_nonzero(found) > 100
    assert_close(found, expected, np.abs(expected).max(axis=1, keepdims=True))


def test_shifts_and_twists_compose_to_total_derivatives_by_every_primary_parameter(variations, draw, along):
    """Constants count as independent; the closure, differentiated in their order, makes the derivatives total."""
    found, module = variations.generated(draw, along), variations.module
    n_primary = len(module.PARAMETERS) + len(module.SWITCHES)
    closing = variations.matrix("close_slopes", (variations.n_named - n_primary, variations.n_named), draw.vector)
    chain, sizes = (np.vstack([np.eye(n_primary), np.zeros((len(closing), n_primary))]) for _ in range(2))
    for i, row in enumerate(closing):
        chain[n_primary + i] = row @ chain
        sizes[n_primary + i] = np.abs(row) @ sizes
    for j in range(n_primary):
        vector = moved(draw.vector, j)
        module.python["close"](vector)
        arguments = (draw.state + 0j, vector, draw.inputs + 0j)
        for name, expected in (
            ("shifts", variations.slopes(*arguments)),
            ("twists", variations.jacobian_along(*arguments, along)),
        ):
            partial = found[name][:, : variations.n_named]
            assert_close(partial @ chain[:, j], expected, np.abs(partial) @ sizes[:, j])


def test_shifts_and_twists_by_the_inputs_are_those_of_a_complex_step(variations, draw, along):
    found = variations.generated(draw, along)
    for i in range(variations.n_inputs):
        arguments = (draw.state + 0j, draw.vector + 0j, moved(draw.inputs, i))
        shift, twist = (found[name][:, variations.n_named + i] for name in ("shifts", "twists"))
        assert np.abs(shift).max() > 0.0 or not draw.state.all()  # a challenge wakes none of an empty pool
        assert_close(shift, variations.slopes(*arguments), np.abs(shift).max())
        assert_close(twist, variations.jacobian_along(*arguments, along), np.abs(twist).max())


def test_what_runs_once_a_solve_is_what_the_module_of_derivatives_has(variations, draw):
    derivatives, gradients = variations.model.derivatives, variations.model.gradients
    state = (draw.state, draw.vector, draw.inputs)
    for name, module, arguments in (
        ("close_slopes", derivatives, (draw.vector,)),
        ("baseline_slopes", derivatives, (draw.vector,)),
        ("readout_slopes", derivatives, state),
        ("readout_state_slopes", gradients, state),
    ):
        rows = getattr(module, f"{name.upper()}_ROWS")
        assert rows == getattr(variations.text, f"{name.upper()}_ROWS")
        assert getattr(module, f"{name.upper()}_COLUMNS") == getattr(variations.text, f"{name.upper()}_COLUMNS")
        found, expected = np.zeros(len(rows)), np.zeros(len(rows))
        with np.errstate(all="ignore"):
            getattr(variations.text, name)(*arguments, found)
        getattr(module, name)(*arguments, expected)
        np.testing.assert_allclose(found, expected, rtol=1e-10)  # contraction in the compiled one
