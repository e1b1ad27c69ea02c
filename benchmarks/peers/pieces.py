"""The loop over patients and doses for tools that are called from Python."""

from collections.abc import Callable

from benchmarks.peers.tool import Run
from benchmarks.work import Array, Work

PieceSolver = Callable[[Array, Array, float, Array], Array | None]
"""``solve(y, times, rtol, atol)`` returns the states at ``times``, shape (len(times), n_pools), None if it failed."""


def piecewise(work: Work, begin: Callable[[Array, Array], None], solve: PieceSolver) -> Run:
    """Return a run over rows.

    Parameters
    ----------
    work : Work
    begin : callable
        ``begin(parameters, inputs)`` tells the tool what holds in the next piece.
    solve : callable
    """
    pieces, segments = work.pieces, work.segments
    grids = [pieces.times[a:b] for a, b in zip(pieces.first, pieces.first[1:], strict=False)]
    places = [pieces.place[a:b] for a, b in zip(pieces.first, pieces.first[1:], strict=False)]
    wanted = [place >= 0 for place in places]

    def run(rtol: float, n_rows: int) -> Array:
        states, atol = work.empty_states(n_rows), work.atol(rtol)
        for row in range(n_rows):
            y = work.states[row]
            for k, times in enumerate(grids):
                begin(work.parameters[row], segments.inputs[k])
                try:
                    found = solve(y + segments.jumps[k], times, rtol, atol)
                except ArithmeticError:  # plain Python raises where compiled code computes infinity
                    found = None
                if found is None:
                    states[row] = float("nan")
                    break
                states[row, places[k][wanted[k]]] = found[wanted[k]]
                y = found[-1]
        return states

    return run
