"""numbalsoda: LSODA in C++ (liblsoda), called from numba.

Everything runs in compiled code, the loop over patients and doses included. numbalsoda takes one absolute tolerance for
all pools, so it is given the pools in units of their scale, in which one tolerance means what ours mean. It can take no
Jacobian. Its longest run between two output times is raised from 10,000 steps, so that none fails for that.
"""

from benchmarks.peers.compiled import row_loop, scaled_callback
from benchmarks.peers.tool import Run
from benchmarks.work import MAX_STEPS, NEGLIGIBLE, Work


def prepare(work: Work) -> Run:
    """Return what solves rows of the work."""
    from numba import njit
    from numbalsoda import lsoda, lsoda_sig  # type: ignore[import-untyped]

    callback = scaled_callback(work, lsoda_sig, ("t", "y", "dy", "data"))

    @njit(error_model="numpy")
    def solve_piece(address, y, times, data, rtol, atol, out):  # type: ignore[no-untyped-def]
        states, success = lsoda(address, y, times, data, rtol, atol, MAX_STEPS)
        out[:] = states
        return success

    return row_loop(work, callback, solve_piece, NEGLIGIBLE)
