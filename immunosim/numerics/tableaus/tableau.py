"""The record of a stiffly accurate Rosenbrock method, in the form that needs no matrix-vector product with J.

With increments u_i (Hairer and Wanner, Solving Ordinary Differential Equations II, 2nd ed., section IV.7),

    (I / (gamma h) - J) u_i = f(y + sum_j A_ij u_j) + sum_j (C_ij / h) u_j                              (T1)
    y_new = y + sum_j A_sj u_j + u_s,   error estimate = u_s                                            (T2)
    y(t + theta h) = (1 - theta) y + theta (y_new + (1 - theta) p(theta)),                              (T3)
        p(theta) = d_1 + theta (d_2 + theta (d_3 + theta d_4)),   d_i = sum_j H_ij u_j

The step has s stages. Further ones, where a method has them, serve (T3) only and are computed where output is wanted.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Tableau:
    """One stiffly accurate Rosenbrock method with dense output.

    Attributes
    ----------
    name : str
    order, embedded_order, dense_order : int
    gamma : float
        The one diagonal coefficient.
    A, C : ndarray, shape (n_increments, n_increments)
        Strictly lower triangular, equation (T1).
    c, d : ndarray, shape (n_increments,)
        Row sums of alpha and of gamma_ij.  Autonomous kernels do not need them; the tests do.
    H : ndarray, shape (3 or 4, n_increments)
        Dense output, equation (T3).
    n_output_stages : int
        Last stages, which only H uses.
    least_rtol : float
        Relative tolerance below which the errors of a step are no longer seen by its estimate.
    """

    name: str
    order: int
    embedded_order: int
    dense_order: int
    gamma: float
    A: Array
    C: Array
    c: Array
    d: Array
    H: Array
    n_output_stages: int = 0
    least_rtol: float = 0.0

    def __post_init__(self) -> None:
        """Make the arrays read-only: a method is a constant."""
        for array in (self.A, self.C, self.c, self.d, self.H):
            array.setflags(write=False)

    @property
    def n_increments(self) -> int:
        """Number of all stages, those for dense output included."""
        return self.c.size

    @property
    def n_stages(self) -> int:
        """Number of stages of a step, each one right-hand side and one triangular solve."""
        return self.c.size - self.n_output_stages


def lower_triangle(rows: list[list[float]]) -> Array:
    """Return a square matrix of the rows of a strictly lower triangle, the empty first one included."""
    return np.array([row + [0.0] * (len(rows) - len(row)) for row in rows])
