"""Total derivatives by every primary parameter, composed from the generated slopes, against a complex step.

The slopes take derived constants as independent; the chain rule through ``close_slopes`` makes them total. Steps go
through closure and kernel together, so a chain that is broken anywhere shows.
"""

import numpy as np
import pytest

STEP = 1e-30
N_DRAWS = 4
KINDS = ("baseline", "rhs", "readouts")

# Shares of CD4 cells are not defined in blood without CD4 cells, nor those of hair without hair.
UNDEFINED_WHEN_EMPTY = ("treg_fraction_of_cd4", "naive_fraction_of_cd4", "hair_pull", "white_hair")


class Derivatives:
    """Composes the total derivatives of one model."""

    def __init__(self, model):
        self.model, self.module, self.slopes = model, model.module, model.derivatives
        self.n_primary = len(self.module.PARAMETERS) + len(self.module.SWITCHES)
        self.n_named = len(model.parameters)
        self.sizes = {"baseline": len(model.pools), "rhs": len(model.pools), "readouts": len(model.readouts)}

    def matrix(self, name, shape, *arguments):
        rows, columns = (getattr(self.slopes, f"{name.upper()}_{kind}") for kind in ("ROWS", "COLUMNS"))
        values = np.full(len(rows), np.nan)
        getattr(self.slopes, name)(*arguments, values)
        full = np.zeros(shape)
        full[rows, columns] = values
        return full

    def composed(self, draw):
        """Total derivatives, and what the terms of each add up to before they cancel."""
        partial = self.partial(draw)
        chain, sizes = self.closure(partial["close"]), self.closure(np.abs(partial["close"]))
        total = {kind: partial[kind] @ chain for kind in KINDS}
        return total, {kind: np.abs(partial[kind]) @ sizes for kind in KINDS}

    def partial(self, draw):
        """Slopes as they are generated, derived constants taken as independent."""
        state = (draw.state, draw.vector, draw.inputs)
        return {
            "close": self.matrix("close_slopes", (self.n_named - self.n_primary, self.n_named), draw.vector),
            "baseline": self.matrix("baseline_slopes", (self.sizes["baseline"], self.n_named), draw.vector),
            "rhs": self.matrix("rhs_slopes", (self.sizes["rhs"], self.n_named), *state),
            "readouts": self.matrix("readout_slopes", (self.sizes["readouts"], self.n_named), *state),
        }

    def closure(self, partial):
        """d (named parameter)/d (primary parameter): constants in their order, each through the earlier ones."""
        total = np.vstack([np.eye(self.n_primary), np.zeros((len(partial), self.n_primary))])
        for i, row in enumerate(partial):
            total[self.n_primary + i] = row @ total
        return total

    def stepped(self, draw):
        found = {kind: np.empty((size, self.n_primary)) for kind, size in self.sizes.items()}
        close, kernels = self.module.python["close"], {k: self.module.python[k] for k in KINDS}
        state, inputs = draw.state.astype(complex), draw.inputs.astype(complex)
        for parameter in range(self.n_primary):
            vector = draw.vector.astype(complex)
            vector[parameter] += STEP * 1j
            close(vector)
            for kind, arguments in (("baseline", (vector,)), ("rhs", (state, vector, inputs))):
                found[kind][:, parameter] = self.step(kernels[kind], arguments, self.sizes[kind])
            found["readouts"][:, parameter] = self.step(
                kernels["readouts"], (state, vector, inputs), self.sizes["readouts"]
            )
        return found

    @staticmethod
    def step(kernel, arguments, size):
        out = np.zeros(size, dtype=complex)
        with np.errstate(invalid="ignore"):
            kernel(*arguments, out)
        return out.imag / STEP


@pytest.fixture(scope="module")
def derivatives(model):
    return Derivatives(model)


def differing(derivatives, draw, skipped=()):
    (found, magnitude), expected = derivatives.composed(draw), derivatives.stepped(draw)
    wrong = []
    for kind in KINDS:
        names = derivatives.model.readouts if kind == "readouts" else derivatives.model.pools
        # Nine digits of each entry; one that is a difference keeps those of its terms.
        allowed = 1e-9 * np.abs(expected[kind]) + 1e-13 * magnitude[kind]
        wrong += [
            (kind, names[i], derivatives.model.parameters[j], found[kind][i, j], expected[kind][i, j])
            for i, j in np.argwhere(~(np.abs(found[kind] - expected[kind]) <= allowed))
            if names[i] not in skipped
        ]
    return wrong


@pytest.mark.parametrize("seed", range(N_DRAWS))
def test_every_total_derivative_is_that_of_a_complex_step(derivatives, drawn, seed):
    assert differing(derivatives, drawn(seed, off=(), empty=0.0)) == []


def test_every_total_derivative_holds_with_mechanisms_off_and_pools_empty(derivatives, drawn):
    draw = drawn(12, off=("cytokines", "thymopoiesis", "depletion"), empty=0.3)
    assert differing(derivatives, draw, skipped=UNDEFINED_WHEN_EMPTY) == []


def test_every_total_derivative_holds_at_zero_concentrations(derivatives, model, drawn):
    draw = drawn(3, off=())
    empty = type(draw)(**{**vars(draw), "state": np.zeros(len(model.pools))})
    slopes = derivatives.partial(empty)
    slopes["readouts"] = slopes["readouts"][[name not in UNDEFINED_WHEN_EMPTY for name in model.readouts]]
    assert all(np.isfinite(values).all() for values in slopes.values())
    assert differing(derivatives, empty, skipped=UNDEFINED_WHEN_EMPTY) == []


def test_every_total_derivative_holds_for_the_default_values(derivatives, model, defaults, drawn):
    draw = drawn(0, off=(), empty=0.0)
    assert differing(derivatives, type(draw)(**{**vars(draw), "vector": model.close(defaults)})) == []


@pytest.mark.parametrize("off", [(), ("regulatory_t_cells",), ("thymopoiesis", "t_cell_homeostasis")])
def test_the_untreated_state_stays_steady_as_any_parameter_moves(derivatives, model, defaults, drawn, off):
    """d rhs(y_0(p), p)/dp = J dy_0/dp + d rhs/dp = 0: closure, Jacobian and slopes agree with one another."""
    draw, vector, module = drawn(0), model.close(defaults, off), model.module
    untreated = type(draw)(
        **{**vars(draw), "vector": vector, "state": model.baseline(vector), "inputs": 0.0 * draw.inputs}
    )
    jacobian, nonzeros = np.zeros((len(model.pools),) * 2), np.empty(len(module.JACOBIAN_ROWS))
    module.jacobian(untreated.state, vector, untreated.inputs, nonzeros)
    jacobian[module.JACOBIAN_ROWS, module.JACOBIAN_COLUMNS] = nonzeros
    total, magnitude = derivatives.composed(untreated)
    moved = jacobian @ total["baseline"] + total["rhs"]
    terms = np.abs(jacobian) @ magnitude["baseline"] + magnitude["rhs"]
    # Thirteen digits of the terms; where these vanish exactly, the rounding of a pool of ordinary size is left.
    wrong = np.argwhere(np.abs(moved) > 1e-13 * terms + 1e-15 * model.scales[:, np.newaxis])
    assert [(model.pools[i], model.parameters[j], moved[i, j], terms[i, j]) for i, j in wrong] == []


def test_no_parameter_is_without_effect(derivatives, model, drawn):
    """A constant folded by mistake has a derivative of zero and is silently never fitted."""
    largest = np.zeros(derivatives.n_primary)
    for seed in range(N_DRAWS):
        for slopes in derivatives.composed(drawn(seed, off=(), empty=0.0))[0].values():
            largest = np.maximum(largest, np.abs(slopes).max(axis=0))
    without = [name for name, slope in zip(model.parameters, largest, strict=False) if slope == 0.0]
    assert without == []
