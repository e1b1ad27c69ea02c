"""The solution that errors are measured against: at a relative tolerance of 1e-12, and checked by another method.

All rows are solved by our core in one lane with Rodas5P at 1e-12: no row has another beside it, and at that tolerance
it is three digits better than anything measured. Some rows are solved again by SciPy's Radau at 1e-12, which shares
with it only the right-hand side and its Jacobian. Radau takes seconds a row, too long for all of them.
"""

from dataclasses import dataclass

from benchmarks.errors import errors_of_rows
from benchmarks.peers import immunosim_core, scipy_lsoda
from benchmarks.work import Array, Work

RTOL = 1e-12
METHOD = "rodas5p"

# A tenth of the smallest error that is looked at, of tools at a tolerance of 1e-8.
LARGEST_DISAGREEMENT = 1e-9


@dataclass(frozen=True, eq=False)
class Reference:
    """The reference states.

    Attributes
    ----------
    states : ndarray, shape (n_rows, n_times, n_pools)
    disagreement : float
        Largest error, as equation (E1) of ``errors``, of Radau against them.
    rows_checked : int
    """

    states: Array
    disagreement: float
    rows_checked: int


def solve_reference(work: Work, n_rows: int, rows_checked: int) -> Reference:
    """Return the reference of the first rows.

    Raises
    ------
    ArithmeticError
        If a row cannot be solved, or Radau disagrees: nothing could be measured then.
    """
    states = immunosim_core.prepare(work, METHOD, width=1)(RTOL, n_rows)
    other = scipy_lsoda.prepare(work, method="Radau")(RTOL, rows_checked)
    disagreement = float(errors_of_rows(other, states, work.scales).max())
    if not disagreement <= LARGEST_DISAGREEMENT or not errors_of_rows(states, states, work.scales).max() == 0.0:
        raise ArithmeticError(f"{work.name}: the reference is not sure, Radau differs from it by {disagreement:.1e}")
    return Reference(states, disagreement, rows_checked)
