"""Which core is in use is chosen and said; where there is no machine code everything works, only slower."""

import numpy as np
import pytest

from immunosim.codegen.kernel_module import KernelModule
from immunosim.codegen.vector import build, core
from immunosim.codegen.vector.processor import host
from immunosim.errors import ModelError
from immunosim.numerics.lanes.records import CACHE_LINE, aligned


def refuse(error):
    def raises(*arguments):
        raise error

    return raises


def test_the_model_says_which_core_solves_its_ensembles(model):
    assert model.core.name == "lanes", model.core.reason
    assert str(host().width) in model.core.reason
    assert model.ensemble_kernels.lanes is model.core.lanes
    assert model.kernels.lanes is None  # the scalar core, for who asks for it


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ImportError("No module named llvmlite"), "llvmlite cannot be imported"),
        (RuntimeError("No available targets"), "LLVM cannot build vector code here"),
        (ModelError("tanh(x): cannot be computed"), "a kernel cannot be computed in lanes"),
    ],
    ids=["import", "target", "kernel"],
)
def test_where_lanes_cannot_be_built_the_scalar_core_takes_over_and_says_why(model, monkeypatch, error, reason):
    monkeypatch.setattr(build, "lane_functions", refuse(error))
    chosen = core.choose_core(model.module)
    assert chosen.name == "scalar"
    assert chosen.lanes is None
    assert reason in chosen.reason


def test_without_numba_the_scalar_core_is_used(model, monkeypatch):
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    assert core.choose_core(model.module).reason == "numba is switched off"
    assert core.machine_functions(model.module) == {}


TWICE = "def twice(x_, out_):\n    out_[0] = 2.0*x_[0]\n"


@pytest.mark.parametrize("error", [ImportError("no llvmlite"), RuntimeError("no target"), ModelError("tanh")])
def test_where_a_text_cannot_be_compiled_python_runs_it(monkeypatch, error):
    module, out = KernelModule(TWICE), np.zeros(1)
    monkeypatch.setattr(build, "scalar_functions", refuse(error))
    module.twice(np.array([21.0]), out)
    assert out[0] == 42.0
    assert module.twice is module.python["twice"]


def test_a_cache_that_others_may_write_is_no_reason_to_go_on_without_machine_code(model, monkeypatch):
    refusal = ModelError("the cache can be written by others", cure="chmod")
    for name in ("scalar_functions", "lane_functions"):
        monkeypatch.setattr(build, name, refuse(refusal))
    with pytest.raises(ModelError, match="by others"):
        core.machine_functions(model.module)
    with pytest.raises(ModelError, match="by others"):
        core.choose_core(model.module)


def test_lanes_are_made_once_a_process(model, monkeypatch):
    lanes = build.lane_functions(model.module)
    monkeypatch.setattr(build, "machine_code", refuse(AssertionError("compiled twice")))
    assert build.lane_functions(model.module) is lanes


def test_another_process_compiles_nothing(run_python, model):
    assert model.core.name == "lanes"
    text = """
from immunosim.codegen.loader import load_model
from immunosim.codegen.vector import build
from immunosim.models import load_parameters

def refuse(*arguments):
    raise AssertionError("compiled again")

build.machine_code = refuse
print(load_model(load_parameters().units()).core.name)
"""
    assert run_python(text).strip() == "lanes"


def test_arrays_over_lanes_start_on_a_cache_line():
    arrays = [aligned(n, 8) for n in range(1, 40)]
    assert all(array.ctypes.data % CACHE_LINE == 0 for array in arrays)
    assert all(np.all(array == 0.0) for array in arrays)
