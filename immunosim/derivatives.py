"""Exact derivatives of a simulation by its parameters and by the numbers of its treatments.

The derivative is that of the computed solution along its own steps. A parameter acts through the closure, the untreated
state, the right-hand side, the read-outs and, where untreated counts are given, the scales that follow from them; a
number of a treatment acts through inputs, jumps and the times of boundaries.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr

from immunosim.codegen.loader import Array, Model
from immunosim.errors import ParameterError, ScenarioError, SolverError, any_of, did_you_mean
from immunosim.numerics import Kernels, Status
from immunosim.numerics.lanes.records import LaneFunctions
from immunosim.numerics.tangents import Directions, SegmentSlopes, solve_sensitivities
from immunosim.numerics.tangents.records import SensitivityFunctions
from immunosim.patient_parameters import unscaled_vector
from immunosim.problem import Problem
from immunosim.scenario.dose_slopes import (
    find_treatment_number,
    is_treatment_number,
    moved_targets,
    segment_slopes,
)


def differentiate(problem: Problem, names: Sequence[str], relative: bool = False, n_threads: int = 1) -> xr.Dataset:
    """Solve a prepared problem together with the derivatives of its read-outs and pools.

    Arguments, result and errors are those of ``immunosim.differentiate``, which takes a scenario as well.
    """
    task = Task(problem, tuple(names))
    kernels, functions = task.compiled()
    method = problem.options.method
    if method not in functions.differentiate:
        known = any_of(list(functions.differentiate))
        raise ScenarioError(f'"{method}" cannot be differentiated', key="solver.method", cure=f"set it to {known}")
    ensemble, slopes = solve_sensitivities(
        kernels,
        functions,
        problem.initial_state[np.newaxis],
        problem.vector[np.newaxis],
        problem.segments,
        task.directions(),
        problem.times,
        problem.options,
        n_threads=n_threads,
    )
    states, pool_slopes = ensemble.states[0], slopes[0].transpose(1, 0, 2)
    readouts = problem.model.readouts_at(states, problem.vector, problem.inputs_at(problem.times))
    readout_slopes = task.readout_slopes(states, pool_slopes)
    if relative:
        values = task.values[:, np.newaxis, np.newaxis]
        with np.errstate(divide="ignore", invalid="ignore"):
            pool_slopes = np.where(states == 0.0, np.nan, values * pool_slopes / states)
            readout_slopes = np.where(readouts == 0.0, np.nan, values * readout_slopes / readouts)
    return _labelled(task, pool_slopes, readout_slopes, Status(int(ensemble.status[0])), relative)


@dataclass(frozen=True)
class Task:
    """A problem and the names to differentiate by: how its input moves along each.

    Attributes
    ----------
    problem : Problem
    names : tuple of str
        As ``differentiate`` takes them.
    """

    problem: Problem
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.names:
            raise ParameterError("there is no parameter to differentiate by", cure="name at least one")
        for name in self.names:
            if self.names.count(name) > 1:
                raise ParameterError("is named twice", key=name, cure="leave one out")
            if is_treatment_number(name):
                find_treatment_number(self.problem.scenario, name)
            elif name not in self.problem.parameters:
                cure = did_you_mean(name, self.problem.parameters)
                raise ParameterError("is not a parameter", key=name, cure=cure)

    @property
    def model(self) -> Model:
        """The compiled model."""
        return self.problem.model

    @property
    def n_named(self) -> int:
        """Parameters with a name: primary, switches, derived."""
        return len(self.model.parameters)

    @cached_property
    def values(self) -> Array:
        """Value of each parameter, shape (n_directions,)."""
        numbers = (
            find_treatment_number(self.problem.scenario, name).value
            if is_treatment_number(name)
            else self.problem.vector[self.model.position[name]]
            for name in self.names
        )
        return np.array(list(numbers), np.float64)

    @cached_property
    def units(self) -> list[str]:
        """Unit of each parameter."""
        return [
            find_treatment_number(self.problem.scenario, name).unit
            if is_treatment_number(name)
            else self.problem.parameters[name].unit
            for name in self.names
        ]

    # --- how the input moves ---------------------------------------------------------------------------------------

    @cached_property
    def parameters(self) -> Array:
        """Derivatives of the named parameters, shape (n_directions, n_named)."""
        model, problem = self.model, self.problem
        primary = np.zeros((len(self.names), self.n_named))
        for k, name in enumerate(self.names):
            if not is_treatment_number(name):
                primary[k, model.position[name]] = 1.0
        given = problem.scenario.patient.baseline.model_dump(exclude_none=True)
        if given:
            self._scale(primary, given)
        return _closed_slopes(model, problem.vector, primary)

    def _scale(self, primary: Array, given: dict[str, float]) -> None:
        """Let the scales follow: each is its value in the set times count given / count that follows from the set."""
        model, problem = self.model, self.problem
        vector = unscaled_vector(problem.scenario, problem.parameters, model)
        closed = _closed_slopes(model, vector, primary)
        untreated, inputs = model.baseline(vector), np.zeros(len(model.inputs))
        states = closed @ _matrix(model, "baseline_slopes", len(model.pools), self.n_named, vector).T
        slopes = (
            closed @ _matrix(model, "readout_slopes", len(model.readouts), self.n_named, untreated, vector, inputs).T
        )
        slopes += (
            states
            @ _matrix(model, "readout_state_slopes", len(model.readouts), len(model.pools), untreated, vector, inputs).T
        )
        counts = model.readouts_at(untreated[np.newaxis], vector, inputs[np.newaxis])[0]
        for name in given:
            index = model.readouts.index(name)
            for scale in problem.parameters.scales_of(name):
                at = model.position[scale]
                by_parameter = primary[:, at] / vector[at]
                primary[:, at] = problem.vector[at] * (by_parameter - slopes[:, index] / counts[index])

    @cached_property
    def initial_states(self) -> Array:
        """Derivatives of the untreated state, shape (n_directions, n_pools)."""
        # Term by term: a product of full matrices this size wakes the threads of BLAS, who spin longer than they work.
        derivatives = np.zeros((len(self.names), len(self.model.pools)))
        for row, column, value in _nonzeros(self.model, "baseline_slopes", self.problem.vector):
            if column < self.n_named:
                derivatives[:, row] += value * self.parameters[:, column]
        return derivatives

    @cached_property
    def moved_segments(self) -> tuple[Array, Array, Array]:
        """Derivatives of inputs, jumps and boundary times, each (n_segments or one more, n_directions, ...)."""
        problem, model = self.problem, self.model
        boundaries, n = problem.segments.boundaries, len(self.names)
        inputs = np.zeros((problem.segments.n_segments, n, len(model.inputs)))
        jumps = np.zeros((problem.segments.n_segments, n, len(model.pools)))
        times = np.zeros((boundaries.size, n))
        for k, name in enumerate(self.names):
            if is_treatment_number(name):
                moved = segment_slopes(problem.scenario, name, boundaries, model.inputs, model.pools)
                inputs[:, k], jumps[:, k], times[:, k] = moved
        jumps[:, :, self._frozen] = 0.0
        return inputs, jumps, times

    @property
    def _frozen(self) -> list[int]:
        """Pools of mechanisms that are off: doses into them are ignored."""
        off = self.problem.scenario.mechanisms.off
        return [i for i, (_, _, owner, _) in enumerate(self.model.module.POOLS.values()) if owner in off]

    def directions(self) -> Directions:
        """Return the directions as the integrator wants them."""
        return Directions(
            self.parameters[np.newaxis], self.initial_states[np.newaxis], (SegmentSlopes(*self.moved_segments),)
        )

    # --- what can move ---------------------------------------------------------------------------------------------

    def compiled(
        self, lanes: LaneFunctions | None = None, others: Sequence[Task] = ()
    ) -> tuple[Kernels, SensitivityFunctions]:
        """Return the kernels with lanes, by default those of this machine, and the functions for the directions.

        Parameters
        ----------
        lanes : LaneFunctions, optional
        others : sequence of Task
            Tasks with the same names for which the functions must do as well: what a direction moves may be zero, by
            chance, for one of them.

        Raises
        ------
        SolverError
            If there are no lanes here, or nothing can be compiled.
        """
        lanes = lanes or self.model.core.lanes
        if lanes is None:
            raise SolverError(f"derivatives are computed in lanes, and here there are none: {self.model.core.reason}")
        from immunosim.codegen.vector.slope_build import sensitivity_functions

        tasks = (self, *others)
        moved = [[task._moved(k) for task in tasks] for k in range(len(self.names))]
        parameters, inputs, pools = (
            [sorted(set().union(*(rows[i] for rows in alike))) for alike in moved] for i in range(3)
        )
        try:
            functions = sensitivity_functions(
                self.model.module, self.model.variations, parameters, inputs, pools, lanes.width
            )
        except (OSError, RuntimeError) as error:  # a cache that cannot be written, or what LLVM refuses
            raise SolverError(f"derivatives cannot be compiled here ({error})") from error
        return replace(self.model.kernels, lanes=lanes), functions

    def _moved(self, k: int) -> tuple[list[int], list[int], list[int]]:
        """Return the parameters, inputs and pools that a direction moves by itself."""
        parameters = np.flatnonzero(self.parameters[k])
        pools = np.flatnonzero(self.initial_states[k])
        inputs: list[int] = []
        if is_treatment_number(self.names[k]):
            input_names, pool_names = moved_targets(self.problem.scenario, self.names[k])
            inputs = sorted(self.model.inputs.index(name) for name in input_names)
            pools = np.array(sorted(self._dosed(inputs) | {self.model.pools.index(name) for name in pool_names}))
        return parameters.tolist(), inputs, pools.tolist()

    def _dosed(self, inputs: Sequence[int]) -> set[int]:
        """Return the pools whose change the inputs enter: a boundary that moves makes them jump."""
        variations = self.model.variations
        places = zip(variations.SHIFTS_ROWS, variations.SHIFTS_COLUMNS, strict=True)
        columns = {variations.N_PARAMETERS + i for i in inputs}
        return {row for row, column in places if column in columns}

    # --- read-outs -------------------------------------------------------------------------------------------------

    def readout_slopes(self, states: Array, pool_slopes: Array) -> Array:
        """Return the derivatives of the read-outs, shape (n_directions, n_times, n_readouts).

        Parameters
        ----------
        states : ndarray, shape (n_times, n_pools)
        pool_slopes : ndarray, shape (n_directions, n_times, n_pools)
        """
        model, problem = self.model, self.problem
        segment = np.searchsorted(problem.segments.boundaries, problem.times, side="left") - 1
        segment = np.clip(segment, 0, problem.segments.n_segments - 1)
        moved_inputs = self.moved_segments[0][segment].transpose(1, 0, 2)
        derivatives = np.zeros((*pool_slopes.shape[:2], len(model.readouts)))
        arguments = (states.T, problem.vector, problem.segments.inputs[segment].T)
        with np.errstate(invalid="ignore"):  # shares of nothing are not a number
            for row, column, values in _nonzeros(model, "readout_state_slopes", *arguments):
                derivatives[:, :, row] += values * pool_slopes[:, :, column]
        for row, column, values in _nonzeros(model, "readout_slopes", *arguments):
            if column < self.n_named:
                derivatives[:, :, row] += values * self.parameters[:, column, np.newaxis]
            else:
                derivatives[:, :, row] += values * moved_inputs[:, :, column - self.n_named]
        return derivatives


def _closed_slopes(model: Model, vector: Array, primary: Array) -> Array:
    """Return the derivatives of all named parameters from those of the primary ones: constants in their order."""
    n_named = len(model.parameters)
    first = len(model.module.PARAMETERS) + len(model.module.SWITCHES)
    slopes = _matrix(model, "close_slopes", n_named - first, n_named, vector)
    closed = primary.copy()
    closed[:, first:] = 0.0
    for i, row in enumerate(slopes):
        closed[:, first + i] = closed @ row
    return closed


def _matrix(model: Model, name: str, n_rows: int, n_columns: int, *arguments: Array) -> Array:
    """Return a derivative as a full matrix; columns beyond ``n_columns`` are those of inputs."""
    full = np.zeros((n_rows, n_columns))
    for row, column, value in _nonzeros(model, name, *arguments):
        if column < n_columns:
            full[row, column] = value
    return full


def _nonzeros(model: Model, name: str, *arguments: Array) -> Iterator[tuple[int, int, Any]]:
    """Yield (row, column, value) of a derivative; values over times where states and inputs have them as columns."""
    module = model.variations
    rows, columns = (getattr(module, f"{name.upper()}_{kind}") for kind in ("ROWS", "COLUMNS"))
    values = np.zeros((len(rows), *arguments[0].shape[1:]))
    with np.errstate(all="ignore"):  # shares of nothing are not a number, in read-outs as in their derivatives
        module.python[name](*arguments, values)  # over arrays, which machine code does not take
    return zip(rows, columns, values, strict=True)


def _labelled(task: Task, pools: Array, readouts: Array, status: Status, relative: bool) -> xr.Dataset:
    module, dims = task.model.module, ("parameter", "time")
    what = "elasticity" if relative else "derivative"
    variables: dict[str, Any] = {}
    for kind, table, values in (("read-out", module.READOUTS, readouts), ("pool", module.POOLS, pools)):
        for i, (name, (label, unit, *_)) in enumerate(table.items()):
            attributes = {"units": "1" if relative else f"{unit} per unit of parameter"}
            attributes |= {"long_name": f"{what} of {label}", "kind": kind}
            variables[name] = (dims, values[:, :, i], attributes)
    variables["status"] = ((), int(status), {"long_name": "status of the integration, 0 is OK"})
    coordinates = {
        "parameter": ("parameter", list(task.names), {"long_name": "parameter"}),
        "parameter_value": ("parameter", task.values, {"long_name": "value of the parameter, in its unit"}),
        "parameter_units": ("parameter", task.units, {"long_name": "unit of the parameter"}),
        "time": ("time", task.problem.times, {"units": "day", "long_name": "time since day 0"}),
    }
    return xr.Dataset(variables, coords=coordinates)
