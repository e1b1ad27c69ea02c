"""What is done where elimination without pivoting cannot be trusted: the same matrix, dense, with partial pivoting.

The generated kernels eliminate in one order, fixed when they were written. Where a pivot cancels, the factors grow, and
the trial is done with these instead, at a cost of n^3 operations. They need to know which nonzero stands where: kernels
that come without that pattern have no such fallback, and their step shrinks.
"""

import numpy as np
import numpy.typing as npt

from immunosim.numerics.calling import substitute
from immunosim.numerics.compilation import inlined, kernel
from immunosim.numerics.workspace import PIVOTED, Functions, Work

Array = npt.NDArray[np.float64]


@kernel
def assemble(work: Work, shift: float) -> bool:
    """Write shift I - J as a dense matrix, and the size of each row; False if a row is empty or not finite."""
    pivoting = work.pivoting
    matrix, sizes = pivoting.matrix, pivoting.sizes
    for i in range(sizes.size):
        for j in range(sizes.size):
            matrix[i, j] = 0.0
        matrix[i, i] = shift
        sizes[i] = 0.0
    for k in range(work.jacobian.size):
        matrix[pivoting.rows[k], pivoting.columns[k]] -= work.jacobian[k]
    for i in range(sizes.size):
        for j in range(sizes.size):
            size = abs(matrix[i, j])
            if not np.isfinite(size):
                return False
            sizes[i] = max(sizes[i], size)
        if sizes[i] == 0.0:
            return False
    return True


@kernel
def factorise_pivoted(work: Work, shift: float) -> bool:
    """Factorise shift I - J with partial pivoting; False if there is no pattern, or the matrix is singular.

    A row's candidate counts in units of the row's largest entry: pools have different units, and so have their rows.
    """
    pivoting = work.pivoting
    matrix, sizes, swaps = pivoting.matrix, pivoting.sizes, pivoting.swaps
    if pivoting.rows.size == 0 or not assemble(work, shift):
        return False
    for k in range(sizes.size):
        best, chosen = 0.0, k
        for i in range(k, sizes.size):
            candidate = abs(matrix[i, k]) / sizes[i]
            if candidate > best:
                best, chosen = candidate, i
        # Nothing but zero ends it: however small, the pivot is the largest there is, and the error of the step judges.
        if best == 0.0:
            return False
        swaps[k] = chosen
        if chosen != k:
            for j in range(sizes.size):
                matrix[k, j], matrix[chosen, j] = matrix[chosen, j], matrix[k, j]
            sizes[chosen] = sizes[k]
        for i in range(k + 1, sizes.size):
            share = matrix[i, k] / matrix[k, k]
            matrix[i, k] = share
            for j in range(k + 1, sizes.size):
                matrix[i, j] -= share * matrix[k, j]
    pivoting.in_use[0] = 1
    work.counts[PIVOTED] += 1
    return True


@kernel
def solve_pivoted(work: Work, b: Array) -> None:
    """Replace ``b`` by the solution."""
    matrix, swaps = work.pivoting.matrix, work.pivoting.swaps
    for k in range(b.size):
        chosen = swaps[k]
        if chosen != k:
            b[k], b[chosen] = b[chosen], b[k]
    for i in range(b.size):
        for j in range(i):
            b[i] -= matrix[i, j] * b[j]
    for i in range(b.size - 1, -1, -1):
        for j in range(i + 1, b.size):
            b[i] -= matrix[i, j] * b[j]
        b[i] /= matrix[i, i]


@inlined
def solve_shifted(functions: Functions, work: Work, b: Array) -> None:
    """Replace ``b`` by the solution, with the factors that the step was given."""
    if work.pivoting.in_use[0] == 0:
        substitute(functions.solve, work.lu, b)
    else:
        solve_pivoted(work, b)
