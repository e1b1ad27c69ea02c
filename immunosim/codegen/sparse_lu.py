"""Static sparse LU: an elimination order found once, and the straight-line statements that carry it out.

W = shift I - J is eliminated with pivots on its diagonal, in the order of least Markowitz cost. There is no pivoting
for size at run time: the growth of the entries is measured instead, and the integrator decides.
"""

from collections.abc import Mapping, Sequence
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
    return Elimination(_in_order_of_use(pivots, lower, upper), pivots, lower, upper)


def _in_order_of_use(pivots: list[int], lower: dict[int, list[int]], upper: dict[int, list[int]]) -> dict[Entry, int]:
    """Return the places of the factors: as the substitutions read them, so that no cache line is fetched for half."""
    forward = [(i, k) for i in pivots for k in pivots if i in lower[k]]
    backward = [(k, j) for k in reversed(pivots) for j in (*upper[k], k)]
    return {entry: index for index, entry in enumerate(forward + backward)}


def assemble_statements(plan: Elimination, places: Sequence[Entry]) -> list[str]:
    """Return the statements that write W = shift I - J, zeros for fill-in included."""
    source = _sources(places)
    return [statement for row in plan.pivots for statement in _assemble_row(plan, source, row)]


def factorise_statements(plan: Elimination) -> list[str]:
    """Return the statements of the elimination; the inverse of a pivot takes its place."""
    return [statement for row in plan.pivots for statement in (*_eliminate_row(plan, row), _invert(plan, row))]


def measured_statements(plan: Elimination, places: Sequence[Entry]) -> list[str]:
    """Return the statements that assemble and eliminate row by row, and sum the squares ``before`` and ``after``.

    A row is complete before the next one begins, so that its entries stay in registers from the Jacobian to the factor.
    """
    source = _sources(places)
    statements = ["before = 0.0", "after = 0.0"]
    for row in plan.pivots:
        columns = _columns(plan, row)
        filled = [plan.position[row, j] for j in columns if j == row or (row, j) in source]
        stored = [plan.position[row, j] for j in columns]
        statements += _assemble_row(plan, source, row)
        statements.append(f"before += {_squares(filled)}")
        statements += _eliminate_row(plan, row)
        statements.append(f"after += {_squares(stored)}")
        statements.append(_invert(plan, row))
    return statements


def solve_statements(plan: Elimination) -> list[str]:
    """Return the statements of the forward and backward substitution, in place on ``b_``.

    Both go by rows: the sum of a row stays in a register, and each factor is read where it is used.
    """
    at = plan.position
    statements = []
    for i in plan.pivots:
        below = [k for k in plan.pivots if i in plan.lower[k]]
        if below:
            terms = "".join(f" - lu_[{at[i, k]}]*b_[{k}]" for k in below)
            statements.append(f"b_[{i}] = b_[{i}]{terms}")
    for k in reversed(plan.pivots):
        terms = "".join(f" - lu_[{at[k, j]}]*b_[{j}]" for j in plan.upper[k])
        statements.append(f"b_[{k}] = (b_[{k}]{terms})*lu_[{at[k, k]}]")
    return statements


def _sources(places: Sequence[Entry]) -> dict[Entry, str]:
    return {index: f"jac_[{k}]" for k, index in enumerate(places)}


def _columns(plan: Elimination, row: int) -> list[int]:
    return [k for k in plan.pivots if row in plan.lower[k]] + [row, *plan.upper[row]]


def _squares(stored: Sequence[int]) -> str:
    return " + ".join(f"lu_[{k}]*lu_[{k}]" for k in stored)


def _assemble_row(plan: Elimination, source: Mapping[Entry, str], row: int) -> list[str]:
    statements = []
    for j in _columns(plan, row):
        shift, slope = "shift" if row == j else "", source.get((row, j), "")
        value = f"{shift} - {slope}".strip() if slope else shift or "0.0"
        statements.append(f"lu_[{plan.position[row, j]}] = {value}")
    return statements


def _eliminate_row(plan: Elimination, row: int) -> list[str]:
    at = plan.position
    statements = []
    for k in plan.pivots:
        if row in plan.lower[k]:
            statements.append(f"lu_[{at[row, k]}] *= lu_[{at[k, k]}]")
            statements += [f"lu_[{at[row, j]}] -= lu_[{at[row, k]}]*lu_[{at[k, j]}]" for j in plan.upper[k]]
    return statements


def _invert(plan: Elimination, row: int) -> str:
    index = plan.position[row, row]
    return f"lu_[{index}] = 1.0/lu_[{index}]"
