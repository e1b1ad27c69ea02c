"""Kernels of a small network by the very emitter of the real model, kept in the same cache folder."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.work import Array, Work
from immunosim.codegen.cache import text_of
from immunosim.codegen.kernel_module import KernelModule
from immunosim.codegen.store import MachineStore
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


def load_kernels(net: Network) -> KernelModule:
    """Return the kernels of a network; their machine code is kept with that of the model."""
    return text_of(net, store=MachineStore(lambda message: None))
