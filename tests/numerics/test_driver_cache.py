"""The driver is compiled once per installation, whatever the kernels, and again when its sources change."""

import subprocess
import sys
from pathlib import Path

import pytest
from numba import config

from immunosim.numerics import compilation, driver

OTHER_PROCESS = """
import numpy as np
from numba import njit
from immunosim import numerics
from immunosim.numerics.driver import compiled_driver

def solve_with(rate):
    @njit(numerics.RHS_SIGNATURE)
    def rhs(y_, p_, u_, out_):
        out_[0] = -rate * y_[0]
    @njit(numerics.JACOBIAN_SIGNATURE)
    def jacobian(y_, p_, u_, out_):
        out_[0] = -rate
    @njit(numerics.FACTORISE_SIGNATURE)
    def factorise(jac_, shift, lu_):
        lu_[0] = shift - jac_[0]
        return 1.0
    @njit(numerics.SOLVE_SIGNATURE)
    def solve(lu_, b_):
        b_[0] /= lu_[0]
    kernels = numerics.Kernels(rhs, jacobian, factorise, solve, 1, 1, 1)
    segments = numerics.Segments([0.0, 1.0], [[0.0]], [[0.0]])
    return numerics.solve_one(kernels, [1.0], [0.0], segments, [1.0]).states[0, 0]

assert abs(solve_with(1.0) - np.exp(-1.0)) < 1e-6
assert abs(solve_with(2.0) - np.exp(-2.0)) < 1e-6
stats = compiled_driver().stats
print(sum(stats.cache_hits.values()), sum(stats.cache_misses.values()))
"""


@pytest.mark.skipif(bool(config.DISABLE_JIT), reason="nothing is compiled")
def test_another_process_with_other_kernels_compiles_nothing():
    driver.compiled_driver()
    root = Path(driver.__file__).parents[2]
    found = subprocess.run([sys.executable, "-c", OTHER_PROCESS], cwd=root, capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["1", "0"]


def test_the_driver_is_made_once_per_process():
    assert driver.compiled_driver() is driver.compiled_driver()


def test_the_fingerprint_follows_the_sources(tmp_path, monkeypatch):
    source = tmp_path / "kernel.py"
    monkeypatch.setattr(compilation, "__file__", str(source))
    source.write_text("h = 1.0")
    before = compilation.source_fingerprint()
    assert compilation.source_fingerprint() == before
    source.write_text("h = 2.0")
    assert compilation.source_fingerprint() != before
    assert 0 <= before < 2**63
