"""Static sparse LU: an elimination order found once, and the straight-line statements that carry it out.

W = shift I - J is eliminated with pivots on its diagonal, in the order of least Markowitz cost. There is no pivoting
for size at run time: the growth of the entries is measured instead, and the integrator decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass

Entry = tuple[int, int]


@dataclass(frozen=True)
class Elimination:
    """The pattern of the factors and the operations that fill them.

    Attributes
    ----------
    position : dict
        (row, column) -> index among the stored factors.
    pivots : list of int
        Rows in the order of elimination.
    lower, upper : dict
        Pivot -> rows below it in its column, and columns right of it in its row, at its turn.
    """

    position: dict[Entry, int]
    pivots: list[int]
    lower: dict[int, list[int]]
    upper: dict[int, list[int]]

    @property
    def size(self) -> int:
        """Number of stored factors."""
        return len(self.position)


def plan_elimination(n: int, entries: Sequence[Entry]) -> Elimination:
    """Find a diagonal pivot order of least Markowitz cost, and the fill-in it causes.

    Parameters
    ----------
    n : int
        Order of the matrix.
    entries : sequence of (row, column)
        Structural nonzeros; the diagonal is added.
    """
    rows = {i: {i} for i in range(n)}
    columns = {i: {i} for i in range(n)}
    for i, j in entries:
        rows[i].add(j)
        columns[j].add(i)
    left = set(range(n))
    filled = {(i, j) for i in rows for j in rows[i]}
    pivots: list[int] = []
    lower: dict[int, list[int]] = {}
    upper: dict[int, list[int]] = {}
    while left:
        pivot = min(left, key=lambda k: ((len(rows[k] & left) - 1) * (len(columns[k] & left) - 1), k))
        left.remove(pivot)
        pivots.append(pivot)
        lower[pivot] = sorted(columns[pivot] & left)
        upper[pivot] = sorted(rows[pivot] & left)
        for i in lower[pivot]:
            for j in upper[pivot]:
                rows[i].add(j)
                columns[j].add(i)
                filled.add((i, j))
    position = {entry: k for k, entry in enumerate(sorted(filled))}
    return Elimination(position, pivots, lower, upper)


def assemble_statements(plan: Elimination, places: Sequence[Entry], size: int) -> list[str]:
    """Return the statements that write W = shift I - J, zeros for fill-in and padding included."""
    source = {index: f"jac_[{k}]" for k, index in enumerate(places)}
    statements = []
    for (i, j), k in plan.position.items():
        shift, slope = "shift" if i == j else "", source.get((i, j), "")
        value = f"{shift} - {slope}".strip() if slope else shift or "0.0"
        statements.append(f"lu_[{k}] = {value}")
    return statements + [f"lu_[{k}] = 0.0" for k in range(plan.size, size)]


def factorise_statements(plan: Elimination, size: int) -> list[str]:
    """Return the statements of the elimination; inverse pivots are stored from index ``size`` on."""
    at, inverse = plan.position, {pivot: size + pivot for pivot in plan.pivots}
    statements = []
    for k in plan.pivots:
        statements.append(f"lu_[{inverse[k]}] = 1.0/lu_[{at[k, k]}]")
        for i in plan.lower[k]:
            statements.append(f"lu_[{at[i, k]}] *= lu_[{inverse[k]}]")
            for j in plan.upper[k]:
                statements.append(f"lu_[{at[i, j]}] -= lu_[{at[i, k]}]*lu_[{at[k, j]}]")
    return statements


def solve_statements(plan: Elimination, size: int) -> list[str]:
    """Return the statements of the forward and backward substitution, in place on ``b_``; ``size`` as above."""
    at = plan.position
    statements = [f"b_[{i}] -= lu_[{at[i, k]}]*b_[{k}]" for k in plan.pivots for i in plan.lower[k]]
    for k in reversed(plan.pivots):
        terms = "".join(f" - lu_[{at[k, j]}]*b_[{j}]" for j in plan.upper[k])
        statements.append(f"b_[{k}] = (b_[{k}]{terms})*lu_[{size + k}]")
    return statements
