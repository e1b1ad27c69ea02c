"""Machine code of one patient is the text as Python reads it, to rounding; and what is not text of ours has none."""

import numpy as np
import pytest

from immunosim.codegen.kernel_module import KernelModule, tables_of
from immunosim.codegen.vector.build import scalar_functions
from immunosim.errors import ModelError
from immunosim.numerics.compilation import is_compiling
from immunosim.numerics.machine_code import MachineFunction

pytestmark = pytest.mark.skipif(not is_compiling(), reason="numba is switched off")

# Contraction of a product and a sum into one rounding; sums have up to twenty terms, which may cancel.
ROUNDING = 1e-12


def arguments_of(model, draw, function):
    """Return arguments as every caller gives them: what is read, and room for what is written."""
    generator = np.random.default_rng(3)
    module, names = model.module, [one.arg for one in function.args.args]
    jacobian, lu = np.empty(len(module.JACOBIAN_ROWS)), np.empty(module.N_LU)
    module.python["jacobian"](draw.state, draw.vector, draw.inputs, jacobian)
    module.python["factorise"](jacobian, 2.0, lu)
    known = {
        **{"y_": draw.state, "p_": draw.vector, "u_": draw.inputs, "jac_": jacobian, "lu_": lu, "shift": 2.0},
        "b_": generator.normal(size=draw.state.size),
        "out_": np.zeros(4000),
    }
    return [np.array(known[name]) if name.endswith("_") else known[name] for name in names]


@pytest.mark.parametrize("text", ["module", "derivatives", "gradients"])
@pytest.mark.parametrize("seed", [1, 2])
def test_every_function_computes_what_its_text_says(model, drawn, text, seed):
    module, draw = getattr(model, text), drawn(seed)
    assert set(module.functions) == set(module.python)
    for name, function in module.functions.items():
        found, expected = arguments_of(model, draw, function), arguments_of(model, draw, function)
        returned = getattr(module, name)(*found)
        with np.errstate(all="ignore"):
            wanted = module.python[name](*expected)
        assert isinstance(getattr(module, name), MachineFunction), name
        assert (returned is None) == (wanted is None), name
        assert returned is None or returned == pytest.approx(wanted, rel=ROUNDING), name
        for one, other in zip(found, expected, strict=True):
            if isinstance(one, np.ndarray) and one.size:
                largest = np.abs(other[np.isfinite(other)]).max(initial=0.0)
                # Where terms cancel, a result keeps the digits of the largest beside it.
                np.testing.assert_allclose(one, other, rtol=1e-9, atol=ROUNDING * largest, err_msg=name)


def test_the_lanes_fall_back_on_the_same_functions(model):
    scalar = model.core.lanes.scalar
    for name in ("rhs", "jacobian", "factorise", "solve", "readouts"):
        assert getattr(scalar, name).address == getattr(model.module, name).address
        assert int(getattr(scalar, name)) == getattr(model.kernels, name).address


def test_what_is_written_is_the_array_that_was_given(model, drawn):
    draw = drawn(1)
    out = np.full(len(model.pools) + 1, 7.0)
    model.module.rhs(draw.state, draw.vector, draw.inputs, out)
    assert np.isfinite(out).all()
    assert out[-1] == 7.0


@pytest.mark.parametrize(
    "wrong",
    [
        lambda n: np.zeros(2 * n)[::2],
        lambda n: np.zeros(n, np.float32),
        lambda n: np.zeros(n, np.int64),
        lambda n: np.zeros(n, complex),
        lambda n: np.zeros((n, 2)).T,
    ],
    ids=["strided", "single", "integers", "complex", "transposed"],
)
def test_an_array_whose_memory_would_be_misread_is_refused(model, drawn, wrong):
    draw, out = drawn(1), np.zeros(len(model.pools))
    with pytest.raises(TypeError, match="expected a contiguous array of float64"):
        model.module.rhs(wrong(len(model.pools)), draw.vector, draw.inputs, out)
    assert not out.any()


def test_an_array_that_may_only_be_read_is_read(model, drawn):
    # Machine code writes as many values as there are pools, whatever room there is.
    draw, found, expected = drawn(1), np.zeros(len(model.pools)), np.zeros(len(model.pools))
    model.module.rhs(draw.state, draw.vector, draw.inputs, expected)
    draw.vector.setflags(write=False)
    model.module.rhs(draw.state, draw.vector, draw.inputs, found)
    np.testing.assert_array_equal(found, expected)


def test_arrays_without_items_are_passed(model):
    out = np.zeros(1)
    module = KernelModule("def first(u_, out_):\n    out_[0] = 3.0\n")
    module.first(np.zeros(0), out)
    assert out[0] == 3.0


@pytest.mark.parametrize("line", ["out_[0] = tanh(y_[0])", "while y_[0]:\n        pass", "out_[k] = 1.0"])
def test_text_that_is_none_of_ours_is_refused_by_name(line):
    module = KernelModule(f"def rhs(y_, out_):\n    {line}\n")
    with pytest.raises(ModelError, match="cannot be computed"):
        scalar_functions(module)


def test_a_module_says_what_it_does_not_have(model):
    for name in ("no_such_kernel", "_private"):
        with pytest.raises(AttributeError, match=name):
            getattr(model.module, name)


def test_tables_are_the_literals_of_a_text():
    module = KernelModule("A, B = [1, 2], (3,)\nC = {'x': [4, [5]]}\nD = 1e-3\n")
    assert dict(module.tables) == {"A": (1, 2), "B": (3,), "C": {"x": (4, (5,))}, "D": 1e-3}
    assert tables_of(module._tree) == dict(module.tables)
