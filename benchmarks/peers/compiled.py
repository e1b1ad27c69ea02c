"""What the tools called from numba share: the right-hand side as a C callback, and the loop over patients and doses."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks.peers.tool import Run
from benchmarks.work import Array, Work
from immunosim.numerics.compilation import INNER_OPTIONS


def scaled_callback(work: Work, signature: Any, order: Sequence[str]) -> Any:
    """Return the right-hand side in units of the pools' scales, as a C callback.

    Parameters
    ----------
    work : Work
    signature : numba signature
        Of the callback: a time and pointers to the state, its derivative and the data.
    order : sequence of str
        Order of its arguments "t", "y", "dy", "data". The data are the row's parameters, the segment's inputs, the
        scales, their reciprocals and room for a state, one after the other.
    """
    from numba import carray, cfunc, njit  # type: ignore[attr-defined]

    # Without numba's reference counting, which our own driver also does without.
    rhs = njit(**INNER_OPTIONS)(work.module.python["rhs"])
    n, n_p, n_u = work.n_pools, work.parameters.shape[1], work.segments.inputs.shape[1]

    places = np.cumsum([0, n_p, n_u, n, n, n])
    to_p, to_u, to_scale, to_inverse, to_state, size = (int(place) for place in places)

    @njit(**INNER_OPTIONS)
    def evaluate(states, slopes, values):  # type: ignore[no-untyped-def]
        scale, inverse, state = values[to_scale:to_inverse], values[to_inverse:to_state], values[to_state:]
        for i in range(n):
            state[i] = states[i] * scale[i]
        rhs(state, values[to_p:to_u], values[to_u:to_scale], slopes)
        for i in range(n):
            slopes[i] *= inverse[i]

    # The callback's arguments have the order that the tool wants.
    if tuple(order) == ("t", "y", "dy", "data"):

        @cfunc(signature, error_model="numpy")
        def callback(t, y, dy, data):  # type: ignore[no-untyped-def]
            evaluate(carray(y, (n,)), carray(dy, (n,)), carray(data, (size,)))

    else:

        @cfunc(signature, error_model="numpy")
        def callback(dy, t, y, data):  # type: ignore[no-untyped-def]
            evaluate(carray(y, (n,)), carray(dy, (n,)), carray(data, (size,)))

    return callback


def row_loop(work: Work, callback: Any, solve_piece: Callable[..., bool], share: float) -> Run:
    """Return a run over rows in compiled code.

    Parameters
    ----------
    work : Work
    callback : numba C callback
        As ``scaled_callback`` returns it; kept as long as the run, since its code goes with it.
    solve_piece : numba function
        ``solve_piece(address, y, times, data, rtol, atol, out)`` fills ``out``, shape (len(times), n_pools), in scaled
        units; returns whether it succeeded.
    share : float
        Absolute tolerance in units of the scale and of the relative tolerance.
    """
    from numba import njit

    @njit(error_model="numpy")
    def solve_rows(address, initial, parameters, inputs, jumps, scales, first, times, place, rtol, atol, states):  # type: ignore[no-untyped-def]
        n_p, n_u, n = parameters.shape[1], inputs.shape[1], initial.shape[1]
        data = np.zeros(n_p + n_u + 3 * n)
        data[n_p + n_u : n_p + n_u + n] = scales
        data[n_p + n_u + n : n_p + n_u + 2 * n] = 1.0 / scales
        buffer = np.empty((times.size, n))
        for row in range(initial.shape[0]):
            data[:n_p] = parameters[row]
            y = initial[row] / scales
            for k in range(inputs.shape[0]):
                data[n_p : n_p + n_u] = inputs[k]
                y += jumps[k] / scales
                begin, end = first[k], first[k + 1]
                found = buffer[: end - begin]
                if not solve_piece(address, y, times[begin:end], data, rtol, atol, found):
                    states[row] = np.nan
                    break
                for j in range(begin + 1, end):
                    if place[j] >= 0:
                        states[row, place[j]] = found[j - begin] * scales
                y[:] = found[end - begin - 1]

    pieces, segments = work.pieces, work.segments

    def run(rtol: float, n_rows: int) -> Array:
        states = work.empty_states(n_rows)
        solve_rows(
            callback.address,
            work.states[:n_rows],
            work.parameters[:n_rows],
            segments.inputs,
            segments.jumps,
            work.scales,
            pieces.first,
            pieces.times,
            pieces.place,
            rtol,
            share * rtol,
            states,
        )
        return states

    return run
