"""Kernels of a small network by the very emitter of the real model, kept in the same cache folder."""

import hashlib
import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np

from benchmarks.work import Array, Work
from immunosim.codegen.cache import cache_root, source_key
from immunosim.codegen.emit import core_text
from immunosim.model.network import Network
from immunosim.numerics import Kernels, Segments

SPREAD = 0.3
SEED = 1


@dataclass(frozen=True, eq=False)
class SmallProblem:
    """A network with numbers.

    Attributes
    ----------
    label : str
    net : Network
    values : dict of str to float
        Every primary parameter; those whose names start with "rate" scatter over the rows.
    segments : Segments
    times : ndarray, shape (n_times,)
    """

    label: str
    net: Network
    values: dict[str, float]
    segments: Segments
    times: Array

    def work(self, n_rows: int, spread: float = SPREAD) -> Work:
        """Return an ensemble whose rates scatter log-normally, with a fixed seed."""
        module = load_kernels(self.net)
        n_pools = len(module.POOLS)
        names = [*module.PARAMETERS, *module.SWITCHES, *module.DERIVED]
        vector = np.zeros(len(names) + module.N_HOISTED)
        vector[: len(self.values)] = [self.values[name] for name in module.PARAMETERS]
        vector[len(self.values) : len(self.values) + len(module.SWITCHES)] = 1.0
        rates = [i for i, name in enumerate(names) if name.startswith("rate")]
        vectors = np.tile(vector, (n_rows, 1))
        vectors[:, rates] *= np.random.default_rng(SEED).lognormal(sigma=spread, size=(n_rows, len(rates)))
        states = np.zeros((n_rows, n_pools))
        for row in range(n_rows):
            module.close(vectors[row])
            module.baseline(vectors[row], states[row])
        return Work(
            name=self.net.name,
            label=self.label,
            module=module,
            kernels=Kernels(
                module.rhs,
                module.jacobian,
                module.factorise,
                module.solve,
                n_pools,
                len(module.JACOBIAN_ROWS),
                module.N_LU,
            ),
            states=states,
            parameters=vectors,
            segments=self.segments,
            times=self.times,
            scales=np.array([described[3] for described in module.POOLS.values()]),
        )


def one_segment(end: float, n_pools: int) -> Segments:
    """Return a single segment from zero, without inputs or jumps."""
    return Segments(np.array([0.0, end]), np.zeros((1, 0)), np.zeros((1, n_pools)))


def add_pools(net: Network, pools: Sequence[tuple[str, float, float]]) -> None:
    """Add pools by name, initial value and scale."""
    for name, initial, scale in pools:
        net.add_pool(name, name, "1", initial, scale)


def load_kernels(net: Network) -> ModuleType:
    """Return the compiled kernels of a network, written and compiled first where this installation has not done so."""
    text = core_text(net, "benchmark")
    key = hashlib.sha256((text + source_key(())).encode()).hexdigest()[:16]
    name, folder = f"immunosim_benchmark_{key}", cache_root() / f"benchmark-{key}"
    if name not in sys.modules:
        _write(folder, text)
        spec = importlib.util.spec_from_file_location(name, folder / "kernels.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module  # numba's cache looks for it there
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
    return sys.modules[name]


def _write(folder: Path, text: str) -> None:
    """Write the text into a temporary folder that then takes its name; whoever is first leaves the same content."""
    if folder.is_dir():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix="writing-"))
    (temporary / "kernels.py").write_text(text, encoding="utf-8")
    try:
        os.replace(temporary, folder)
    except OSError:
        shutil.rmtree(temporary, ignore_errors=True)
        if not folder.is_dir():
            raise
