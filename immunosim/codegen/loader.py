"""The compiled model as the rest of the package sees it: names, units and functions over vectors.

The only door to the kernel modules. Knows names and arrays, neither sympy nor scenarios.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from immunosim.codegen.cache import load_text, numerics_key
from immunosim.codegen.kernel_module import KernelModule
from immunosim.codegen.vector.core import Core, choose_core, is_compiled
from immunosim.errors import ParameterError
from immunosim.numerics import Kernels

Array = npt.NDArray[np.float64]


def say_nothing(message: str) -> None:
    """Announce nothing: the default for callers that have no user to tell."""


@dataclass(frozen=True)
class Model:
    """A compiled model: the names of its vectors and its kernels.

    Vectors: parameters = primary, then switches, then derived constants, then nameless hoisted ones; pools, inputs,
    processes and read-outs in the order of their names here.
    """

    module: KernelModule
    parameter_units: Mapping[str, str]
    announce: Callable[[str], None] = say_nothing

    @cached_property
    def key(self) -> str:
        """What results name the model and its numerics by: a hash of text, sources and versions."""
        return numerics_key(self.module)

    @cached_property
    def pools(self) -> tuple[str, ...]:
        """Names of the pools."""
        return tuple(self.module.POOLS)

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs."""
        return tuple(self.module.INPUTS)

    @cached_property
    def readouts(self) -> tuple[str, ...]:
        """Names of the read-outs."""
        return tuple(self.module.READOUTS)

    @cached_property
    def units(self) -> dict[str, str]:
        """Unit of every read-out and pool."""
        described: dict[str, tuple[str, ...]] = {**self.module.READOUTS, **self.module.POOLS}
        return {name: about[1] for name, about in described.items()}

    @cached_property
    def processes(self) -> tuple[str, ...]:
        """Names of the processes."""
        return tuple(self.module.PROCESSES)

    @cached_property
    def mechanisms(self) -> tuple[str, ...]:
        """Names of the mechanisms."""
        return tuple(self.module.MECHANISMS)

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameter vector, primary, switches, derived; the hoisted constants behind them have none."""
        return (*self.module.PARAMETERS, *self.module.SWITCHES, *self.module.DERIVED)

    @cached_property
    def position(self) -> dict[str, int]:
        """Position of each name in the parameter vector."""
        return {name: i for i, name in enumerate(self.parameters)}

    @cached_property
    def scales(self) -> Array:
        """Magnitude of each pool that matters, shape (n_pools,), in the pools' own units."""
        return np.array([described[3] for described in self.module.POOLS.values()])

    @cached_property
    def kernels(self) -> Kernels:
        """What the integrator needs of the model."""
        module = self.module
        sizes = (len(self.pools), len(module.JACOBIAN_ROWS), module.N_LU)
        return Kernels(
            *(module.rhs, module.jacobian, module.factorise, module.solve),
            *sizes,
            readouts=module.readouts,
            n_readouts=len(self.readouts),
            pattern=(tuple(module.JACOBIAN_ROWS), tuple(module.JACOBIAN_COLUMNS)),
        )

    @cached_property
    def core(self) -> Core:
        """What solves ensembles on this machine, and why; compiled at first use."""
        return choose_core(self.module)

    @cached_property
    def ensemble_kernels(self) -> Kernels:
        """The kernels, with lanes where this machine can have them."""
        return replace(self.kernels, lanes=self.core.lanes)

    @property
    def is_compiled(self) -> bool:
        """Whether ensembles can be solved here without compiling anything first."""
        return is_compiled(self.module)

    @cached_property
    def derivatives(self) -> KernelModule:
        """The kernels of the parameter derivatives, compiled at first use."""
        return load_text(self.parameter_units, "derivatives", self.announce)

    @cached_property
    def gradients(self) -> KernelModule:
        """The kernel of the derivatives of the read-outs by the pools, compiled at first use."""
        return load_text(self.parameter_units, "gradients", self.announce)

    @cached_property
    def variations(self) -> KernelModule:
        """The text of the second derivatives, written at first use and translated into lanes."""
        return load_text(self.parameter_units, "variations", self.announce)

    def close(self, values: Mapping[str, float], off: tuple[str, ...] = ()) -> Array:
        """Return the whole parameter vector from the primary values.

        Parameters
        ----------
        values : Mapping[str, float]
            Every primary parameter in its own unit.
        off : tuple of str
            Mechanisms that are switched off.

        Returns
        -------
        ndarray, shape (n_parameters,)

        Raises
        ------
        ParameterError
            If a derived constant makes no biological sense, with its name, value and cure.
        """
        vector = np.zeros(len(self.parameters) + self.module.N_HOISTED)
        for name in self.module.PARAMETERS:
            vector[self.position[name]] = values[name]
        for mechanism in self.mechanisms:
            vector[self.position[f"on_{mechanism}"]] = mechanism not in off
        self.module.close(vector)
        self.check(vector)
        return vector

    def check(self, vector: Array) -> None:
        """Refuse a closed parameter vector that is not admissible.

        Raises
        ------
        ParameterError
            With the name and value of the constant at fault and what to change.
        """
        for name, least, cure in self.module.ADMISSIBLE:
            value = vector[self.position[name]]
            if not value >= least:
                reason = f"follows from the parameters as {value:.4g}, but must be at least {least:g}"
                raise ParameterError(reason, key=name, cure=cure)
        if not np.isfinite(vector).all():
            place = int(np.flatnonzero(~np.isfinite(vector))[0])
            name = self.parameters[place] if place < len(self.parameters) else "a product or quotient of parameters"
            raise ParameterError("does not follow from the parameters as a finite number", key=name)

    def baseline(self, vector: Array) -> Array:
        """Return the untreated state, shape (n_pools,), for a closed parameter vector."""
        state = np.zeros(len(self.pools))
        self.module.baseline(vector, state)
        return state

    def readouts_at(self, states: Array, vector: Array, inputs: Array) -> Array:
        """Return the read-outs of states.

        Parameters
        ----------
        states : ndarray, shape (n_times, n_pools)
        vector : ndarray, shape (n_parameters,), closed
        inputs : ndarray, shape (n_times, n_inputs)

        Returns
        -------
        ndarray, shape (n_times, n_readouts)
        """
        return self._over_times(self.module.readouts, len(self.readouts), states, vector, inputs)

    def rates_at(self, states: Array, vector: Array, inputs: Array) -> Array:
        """Return the rate of every process, shape (n_times, n_processes); arguments as ``readouts_at``."""
        return self._over_times(self.module.rates, len(self.processes), states, vector, inputs)

    def gradient_at(self, readout: str, states: Array, vector: Array, inputs: Array) -> Array:
        """Return the derivatives of a read-out by the pools, shape (n_times, n_pools); arguments as ``readouts_at``."""
        module = self.gradients
        entries = np.array(module.READOUT_STATE_SLOPES_ROWS) == self.readouts.index(readout)
        columns = np.array(module.READOUT_STATE_SLOPES_COLUMNS)[entries]
        slopes = self._over_times(module.readout_state_slopes, entries.size, states, vector, inputs)
        gradient = np.zeros((len(states), len(self.pools)))
        gradient[:, columns] = slopes[:, entries]
        return gradient

    @staticmethod
    def _over_times(kernel: Any, width: int, states: Array, vector: Array, inputs: Array) -> Array:
        values = np.empty((len(states), width))
        for i, state in enumerate(states):
            kernel(np.ascontiguousarray(state), vector, np.ascontiguousarray(inputs[i]), values[i])
        return values


def load_model(parameter_units: Mapping[str, str], announce: Callable[[str], None] = say_nothing) -> Model:
    """Load the compiled model, compiling it first where this installation has not done so.

    Parameters
    ----------
    parameter_units : Mapping[str, str]
        Unit of every primary parameter, in the order of the vector.
    announce : callable
        Told in a sentence when something slow starts.
    """
    return Model(load_text(parameter_units, "kernels", announce), parameter_units, announce)
