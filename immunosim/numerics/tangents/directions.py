"""Directions along which a problem is differentiated: how its parameters, initial states and segments move."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from immunosim.numerics.tangents.records import SensitivityFunctions, Tangents
from immunosim.numerics.workspace import Batch

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class SegmentSlopes:
    """Derivatives of a set of segments along the directions; what is None does not move.

    Attributes
    ----------
    inputs : ndarray, shape (n_segments, n_directions, n_inputs)
    jumps : ndarray, shape (n_segments, n_directions, n_pools)
    boundary_times : ndarray, shape (n_segments + 1, n_directions)
        Of the times of the boundaries; output times stay where they are.
    """

    inputs: Array | None = None
    jumps: Array | None = None
    boundary_times: Array | None = None


@dataclass(frozen=True, eq=False)
class Directions:
    """Derivatives of the input of a solve along the directions.

    Attributes
    ----------
    parameters : ndarray, shape (n or 1, n_directions, n_parameters)
        Of the closed parameter vector; it may be shorter than the vector by constants that follow from the others.
    initial_states : ndarray, shape (n or 1, n_directions, n_pools)
    segments : sequence of SegmentSlopes
        One for each set of segments; none where no segment moves.
    """

    parameters: Array
    initial_states: Array
    segments: Sequence[SegmentSlopes] = field(default=())


def tangents_of(directions: Directions, functions: SensitivityFunctions, batch: Batch, outputs: Array) -> Tangents:
    """Check directions and put them in the form the kernels read.

    Raises
    ------
    ValueError
        If shapes disagree, or a direction moves what its functions were not compiled for.
    """
    n, n_pools = batch.initial_states.shape
    n_directions, n_sets = functions.layout.n_directions, batch.set_start.size - 1
    n_segments = int(batch.set_start[-1])
    parameters = _native(directions.parameters, "parameters", n, (n_directions, None))
    states = _native(directions.initial_states, "initial_states", n, (n_directions, n_pools))
    sets = list(directions.segments) or [SegmentSlopes()] * n_sets
    if len(sets) != n_sets:
        raise ValueError(f"Directions.segments has {len(sets)} items, expected {n_sets}, one for each set of segments")
    inputs = np.zeros((n_segments, n_directions, batch.inputs.shape[1]))
    jumps = np.zeros((n_segments, n_directions, n_pools))
    times = np.zeros((n_segments + n_sets, n_directions))
    for i, one in enumerate(sets):
        first, end = int(batch.set_start[i]), int(batch.set_start[i + 1])
        _fill(inputs[first:end], one.inputs, "inputs")
        _fill(jumps[first:end], one.jumps, "jumps")
        _fill(times[first + i : end + i + 1], one.boundary_times, "boundary_times")
    _refuse_unforeseen(parameters, functions.parameters, "parameter")
    _refuse_unforeseen(inputs, functions.inputs, "input")
    places = functions.layout.places()
    _refuse_unforeseen(states, _moved(places), "the initial state of pool")
    _refuse_unforeseen(jumps, _moved(places), "the jump of pool")
    return Tangents(
        parameters=_chosen(parameters, functions.parameter_pairs),
        initial_states=states,
        inputs=_chosen(inputs, functions.input_pairs),
        jumps=jumps,
        boundary_times=times,
        outputs=outputs,
        places=places,
    )


def _native(values: npt.ArrayLike, name: str, n: int, shape: tuple[int | None, ...]) -> Array:
    array = np.require(values, np.float64, ["C", "A", "W"])
    fits = array.ndim == len(shape) + 1 and all(
        size in (None, given) for size, given in zip(shape, array.shape[1:], strict=True)
    )
    if not fits or array.shape[0] not in (1, n) or not np.isfinite(array).all():
        raise ValueError(f"Directions.{name} has shape {array.shape}, expected finite numbers of ({n} or 1, *{shape})")
    return array


def _fill(target: Array, values: Array | None, name: str) -> None:
    if values is None:
        return
    given = np.asarray(values, np.float64)
    if given.shape != target.shape or not np.isfinite(given).all():
        raise ValueError(f"SegmentSlopes.{name} has shape {given.shape}, expected finite numbers of {target.shape}")
    target[:] = given


def _refuse_unforeseen(values: Array, allowed: Sequence[frozenset[int]], what: str) -> None:
    moved = (values != 0.0).any(axis=0)
    for k, places in enumerate(allowed):
        beyond = set(np.flatnonzero(moved[k]).tolist()) - places
        if beyond:
            raise ValueError(f"direction {k} moves {what} {min(beyond)}, which its functions were not compiled for")


def _moved(places: Integers) -> list[frozenset[int]]:
    """Return the pools that each direction may move."""
    return [frozenset(np.flatnonzero(row >= 0).tolist()) for row in places]


def _chosen(values: Array, pairs: Sequence[tuple[int, int]]) -> Array:
    """Return the values of the pairs, shape (n_rows, n_pairs)."""
    k, place = (np.array([pair[axis] for pair in pairs], np.int64) for axis in (0, 1))
    return np.ascontiguousarray(values[:, k, place])
