"""The compiled model as the rest of the package sees it: names, units and functions over vectors.

The only door to the kernel modules. Knows names and arrays, neither sympy nor scenarios.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from immunosim.codegen.cache import load_text, numerics_key
from immunosim.codegen.kernel_module import KernelModule
from immunosim.codegen.vector.core import Core, choose_core, is_compiled
from immunosim.errors import ParameterError
from immunosim.model.package import ModelPackage
from immunosim.model.readout_info import (
    Analyte,
    DefaultQuestions,
    DisplayGroup,
    GroupKind,
    ReadoutInfo,
    readouts_from,
)
from immunosim.model.scope import ModelScope
from immunosim.models import find_model
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
    package: ModelPackage
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
    def readout_info(self) -> dict[str, ReadoutInfo]:
        """How to read, draw, measure and compare each read-out, and each pool that a display group shows."""
        return readouts_from(self.module.READOUT_INFO)

    @cached_property
    def groups(self) -> dict[str, DisplayGroup]:
        """Groups of read-outs that stand together, in the order of the page."""
        return {name: DisplayGroup(**about) for name, about in self.module.GROUPS.items()}

    @cached_property
    def analytes(self) -> dict[str, Analyte]:
        """What laboratories measure, in the order of a blood count."""
        return {name: Analyte(**about) for name, about in self.module.ANALYTES.items()}

    @cached_property
    def sums(self) -> dict[str, tuple[str, ...]]:
        """Read-outs that make each analyte that is none itself."""
        return {name: analyte.parts for name, analyte in self.analytes.items() if analyte.parts}

    @cached_property
    def totals(self) -> frozenset[str]:
        """Analytes that others are parts of, and share the error of a sample with."""
        return frozenset(analyte.part_of for analyte in self.analytes.values() if analyte.part_of)

    @cached_property
    def questions(self) -> DefaultQuestions:
        """What commands answer when the user asks for nothing else."""
        return DefaultQuestions(**self.module.QUESTIONS)

    @cached_property
    def scope(self) -> ModelScope:
        """What the model was fitted to, and what is known to be wrong or missing in it."""
        return ModelScope(**self.module.SCOPE)

    def about(self, name: str) -> ReadoutInfo:
        """Return how to show a read-out or a pool; without a declaration nothing but defaults."""
        return self.readout_info.get(name, ReadoutInfo())

    def kind_of(self, name: str) -> str:
        """Return the kind of the display group of a read-out or a pool; empty where it is in none."""
        group = self.about(name).group
        return self.groups[group].kind if group else ""

    def readouts_in(self, group: str) -> dict[str, ReadoutInfo]:
        """Return the read-outs, and pools, of a display group in the order of their declaration."""
        return {name: info for name, info in self.readout_info.items() if info.group == group}

    def readouts_of_kind(self, kind: GroupKind) -> dict[str, ReadoutInfo]:
        """Return the read-outs of all display groups of a kind, in the order of the page."""
        groups = (name for name, group in self.groups.items() if group.kind == kind)
        return {name: info for group in groups for name, info in self.readouts_in(group).items()}

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
        return load_text(self.package, self.parameter_units, "derivatives", self.announce)

    @cached_property
    def gradients(self) -> KernelModule:
        """The kernel of the derivatives of the read-outs by the pools, compiled at first use."""
        return load_text(self.package, self.parameter_units, "gradients", self.announce)

    @cached_property
    def variations(self) -> KernelModule:
        """The text of the second derivatives, written at first use and translated into lanes."""
        return load_text(self.package, self.parameter_units, "variations", self.announce)

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
            index = int(np.flatnonzero(~np.isfinite(vector))[0])
            name = self.parameters[index] if index < len(self.parameters) else "a product or quotient of parameters"
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


def load_model(
    parameter_units: Mapping[str, str],
    announce: Callable[[str], None] = say_nothing,
    package: ModelPackage | None = None,
) -> Model:
    """Load a compiled model, compiling it first where this installation has not done so.

    Parameters
    ----------
    parameter_units : Mapping[str, str]
        Unit of every primary parameter, in the order of the vector.
    announce : callable
        Receives a sentence before a slow step.
    package : ModelPackage, optional
        The default model where none is given.

    Raises
    ------
    ModelError
        If the cache can be written by others, or the model cannot be declared.
    """
    package = package or find_model()
    return Model(load_text(package, parameter_units, "kernels", announce), package, parameter_units, announce)


@cache
def default_model() -> Model:
    """Return the model that a scenario has where it names none, for those that have no scenario."""
    return load_model(find_model().parameters().units())
