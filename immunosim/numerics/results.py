"""Records of what a solve produced."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from immunosim.numerics import workspace
from immunosim.numerics.status import Status

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Result of ``solve_ensemble``.

    Attributes
    ----------
    states : ndarray, shape (n, n_times, n_pools)
        NaN throughout for a row that failed; no times where states were not asked for.
    readouts : ndarray, shape (n, n_times, n_chosen)
        The read-outs that were asked for, in that order, NaN likewise.
    summaries : ndarray, shape (n, n_summaries)
        NaN likewise.
    status : ndarray of int, shape (n,), values of ``Status``
    fail_time : ndarray, shape (n,)
        Time reached by a row that failed, NaN for the others.
    fail_state : ndarray, shape (n, n_pools)
        State at ``fail_time``, NaN for rows that did not fail.
    end_state : ndarray, shape (n, n_pools)
        State at the last boundary, from which a row may be continued; NaN for rows that failed.
    worst_pool : ndarray of int, shape (n,)
        Pool that decided the last trial step: largest scaled error, first not finite, or first negative; -1 for none.
    counts : ndarray of int, shape (n, 6)
        Accepted steps, rejected steps, right-hand sides, Jacobians, factorisations, and those repeated with pivoting.
    """

    states: Array
    readouts: Array
    summaries: Array
    status: Integers
    fail_time: Array
    fail_state: Array
    end_state: Array
    worst_pool: Integers
    counts: Integers

    @property
    def n_steps(self) -> Integers:
        """Accepted steps of each row."""
        return self.counts[:, workspace.STEPS]

    @property
    def n_rejected(self) -> Integers:
        """Rejected steps of each row."""
        return self.counts[:, workspace.REJECTED]

    @property
    def n_rhs(self) -> Integers:
        """Right-hand sides evaluated for each row."""
        return self.counts[:, workspace.RHS]

    @property
    def n_jacobian(self) -> Integers:
        """Jacobians evaluated for each row."""
        return self.counts[:, workspace.JACOBIAN]

    @property
    def n_lu(self) -> Integers:
        """Factorisations done for each row."""
        return self.counts[:, workspace.LU]

    @property
    def n_pivoted(self) -> Integers:
        """Factorisations of each row that were repeated with pivoting."""
        return self.counts[:, workspace.PIVOTED]

    def row(self, i: int) -> "Solution":
        """Return one row."""
        return Solution(
            states=self.states[i],
            readouts=self.readouts[i],
            summaries=self.summaries[i],
            status=Status(self.status[i]),
            fail_time=float(self.fail_time[i]),
            fail_state=self.fail_state[i],
            end_state=self.end_state[i],
            worst_pool=int(self.worst_pool[i]),
            n_steps=int(self.n_steps[i]),
            n_rejected=int(self.n_rejected[i]),
            n_rhs=int(self.n_rhs[i]),
            n_jacobian=int(self.n_jacobian[i]),
            n_lu=int(self.n_lu[i]),
            n_pivoted=int(self.n_pivoted[i]),
        )


@dataclass(frozen=True, eq=False)
class Solution:
    """Result of ``solve_one``: one row of an ``Ensemble``, so ``states`` has shape (n_times, n_pools)."""

    states: Array
    readouts: Array
    summaries: Array
    status: Status
    fail_time: float
    fail_state: Array
    end_state: Array
    worst_pool: int
    n_steps: int
    n_rejected: int
    n_rhs: int
    n_jacobian: int
    n_lu: int
    n_pivoted: int
