"""Which core is in use is chosen and said; machine code is compiled once and found again."""

import time

import numpy as np
import pytest

from immunosim.codegen.vector import build, core
from immunosim.codegen.vector.processor import host
from immunosim.errors import ModelError


def refuse(error):
    def raises(*arguments):
        raise error

    return raises


def test_the_model_says_which_core_solves_its_ensembles(model):
    assert model.core.name == "lanes", model.core.reason
    assert str(host().width) in model.core.reason
    assert model.ensemble_kernels.lanes is model.core.lanes
    assert model.kernels.lanes is None  # one row needs none


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ImportError("No module named llvmlite"), "llvmlite cannot be imported"),
        (RuntimeError("No available targets"), "LLVM cannot build vector code here"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (ModelError("tanh(x): cannot be computed"), "a kernel cannot be computed in lanes"),
    ],
    ids=["import", "target", "disk", "kernel"],
)
def test_where_lanes_cannot_be_built_the_scalar_core_takes_over_and_says_why(model, monkeypatch, error, reason):
    monkeypatch.setattr(build, "lane_functions", refuse(error))
    chosen = core.choose_core(model.module)
    assert chosen.name == "scalar"
    assert chosen.lanes is None
    assert reason in chosen.reason


def test_without_numba_the_scalar_core_is_used(model, monkeypatch):
    monkeypatch.setattr("numba.config.DISABLE_JIT", 1)
    assert core.choose_core(model.module).reason == "numba is switched off"


def test_machine_code_is_compiled_once_and_found_again(model, tmp_path, monkeypatch):
    lanes = build.lane_functions(model.module)
    monkeypatch.setattr(build, "compile_lanes", refuse(AssertionError("compiled twice")))
    started = time.perf_counter()
    again = build.lane_functions(model.module)
    assert time.perf_counter() - started < 0.5  # 5 ms measured; compiling takes a second
    assert again.width == lanes.width
    assert again.attempt.keys() == lanes.attempt.keys()


def test_another_processor_has_its_own_machine_code():
    here = host()
    other = build.Processor("x86-64-v2", "-avx", 2)
    keys = {build._key(here, 4), build._key(here, 8), build._key(other, 4)}
    assert len(keys) == 3


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    build._write(tmp_path / "lanes.o", b"machine code")
    assert [path.name for path in tmp_path.iterdir()] == ["lanes.o"]
    monkeypatch.setattr(build.os, "replace", refuse(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space"):
        build._write(tmp_path / "other.o", b"machine code")
    assert [path.name for path in tmp_path.iterdir()] == ["lanes.o"]


def test_another_process_compiles_nothing(run_python, model):
    assert model.core.name == "lanes"
    text = """
from immunosim.codegen.loader import load_model
from immunosim.codegen.vector import build
from immunosim.parameters import load_parameters

def refuse(*arguments):
    raise AssertionError("compiled again")

build.compile_lanes = refuse
print(load_model(load_parameters().units()).core.name)
"""
    assert run_python(text).strip() == "lanes"


def test_arrays_over_lanes_start_on_a_cache_line():
    from immunosim.numerics.lanes.records import CACHE_LINE, aligned

    arrays = [aligned(n, 8) for n in range(1, 40)]
    assert all(array.ctypes.data % CACHE_LINE == 0 for array in arrays)
    assert all(np.all(array == 0.0) for array in arrays)
