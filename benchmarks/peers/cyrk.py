"""CyRK: LSODA in C++, called from numba through ``nbsolve2_ivp``.

As with numbalsoda everything runs in compiled code and the pools are given in units of their scale. CyRK copies what it
was given and allocates its result in each call; its result is freed at once.
"""

from benchmarks.peers.compiled import row_loop, scaled_callback
from benchmarks.peers.tool import Run
from benchmarks.work import NEGLIGIBLE, Work


def prepare(work: Work, method: str = "LSODA") -> Run:
    """Return what solves rows of the work."""
    from CyRK import nbsolve2_ivp  # type: ignore[import-untyped]
    from CyRK.nb.numba_solver import cyjit_sig  # type: ignore[import-untyped]
    from numba import njit

    callback = scaled_callback(work, cyjit_sig, ("dy", "t", "y", "data"))

    @njit(error_model="numpy")
    def solve_piece(address, y, times, data, rtol, atol, out):  # type: ignore[no-untyped-def]
        found = nbsolve2_ivp(
            address, (times[0], times[-1]), y, method=method, t_eval=times, args=data, rtol=rtol, atol=atol
        )
        success = found.success and found.size == times.size
        if success:
            out[:] = found.y.T
        found.free()
        return success

    return row_loop(work, callback, solve_piece, NEGLIGIBLE)
