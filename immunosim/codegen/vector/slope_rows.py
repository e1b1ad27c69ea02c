"""The system of equation (V3) for a block of directions, row by row: its right-hand side, and its solution.

Straight-line code over a few directions side by side. An entry of a matrix is loaded once for all of them, and rows
that read the same are written in groups, which load that once.
"""

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from llvmlite import ir

from immunosim.codegen.vector.slopes import Tables, places_of
from immunosim.errors import ModelError
from immunosim.numerics.lanes.vector_ir import LaneBuilder
from immunosim.numerics.tangents.records import Block

# Rows in a group: with three directions their sums fill twelve registers.
LARGEST_GROUP = 4


@dataclass(frozen=True)
class _Term:
    """An entry of a matrix times a row of a vector over directions."""

    matrix: str
    place: int
    vector: str
    row: int

    @property
    def source(self) -> tuple[str, int]:
        return self.vector, self.row


@dataclass(frozen=True)
class _Row:
    """A row of b that changes by terms, which are added or subtracted, and is then multiplied by a pivot."""

    row: int
    terms: tuple[_Term, ...]
    is_added: bool
    pivot: int | None = None


def add_multiply(module: ir.Module, name: str, tables: Tables, block: Block, width: int) -> None:
    """Add ``name(jacobian, curvature, slopes, state_slopes, b)`` for a block: b plus J s_i + curvature s."""
    arrays = ["jacobian", "curvature", "slopes", "state_slopes", "b_"]
    _add_rows(module, name, arrays, _grouped(_products(tables, block.pools)), len(block.directions), width)


def add_substitute(module: ir.Module, name: str, solve: ast.FunctionDef, block: Block, width: int) -> None:
    """Add ``name(lu, b)`` for a block: the system solved in place."""
    groups = [group for rows in _substitutions(solve, block.pools) for group in _grouped(rows)]
    _add_rows(module, name, ["lu_", "b_"], groups, len(block.directions), width)


def _add_rows(
    module: ir.Module, name: str, arrays: Sequence[str], groups: Sequence[Sequence[_Row]], block: int, width: int
) -> None:
    """Add a function that changes the rows of b, in groups, for a block of directions."""
    writer = LaneBuilder(module, name, arrays, width)
    # Nothing is said of overlap: LLVM would keep what it loaded for later rows, and have to spill it.
    for argument in writer.function.args:
        argument.attributes.discard("noalias")
    for group in groups:
        _add_group(writer, group, block)
    writer.build.ret_void()


def _add_group(writer: LaneBuilder, group: Sequence[_Row], size: int) -> None:
    """Write a group of rows; what they read in common is loaded once."""
    at, block = writer.pointers, range(size)
    totals = {one.row: [writer.load(at["b_"], one.row * size + k) for k in block] for one in group}
    for vector, row in sorted({term.source for one in group for term in one.terms}):
        values = [writer.load(at[vector], row * size + k) for k in block]
        for one in group:
            join, total = writer.add if one.is_added else writer.subtract, totals[one.row]
            for term in one.terms:
                if term.source == (vector, row):
                    entry = writer.load(at[term.matrix], term.place)
                    total[:] = [join(total[k], writer.multiply(entry, values[k])) for k in block]
    for one in group:
        total = totals[one.row]
        if one.pivot is not None:
            inverse = writer.load(at["lu_"], one.pivot)
            total = [writer.multiply(value, inverse) for value in total]
        for k in block:
            writer.store(total[k], at["b_"], one.row * size + k)


def _grouped(rows: Sequence[_Row]) -> list[list[_Row]]:
    """Put rows that read much in common into groups; none is taken before the rows of b that it reads are complete."""
    left, groups = list(rows), []
    while left:
        ready = [one for one in left if not _waits_for(one, left)]
        group = [ready.pop(0)]
        read = {term.source for term in group[0].terms}
        while ready and len(group) < LARGEST_GROUP:
            gains = [_gain(one, read) for one in ready]
            best = max(range(len(ready)), key=gains.__getitem__)
            if gains[best] <= 0.0:
                break
            read |= {term.source for term in ready[best].terms}
            group.append(ready.pop(best))
        left = [one for one in left if one not in group]
        groups.append(group)
    return groups


def _waits_for(one: _Row, left: Sequence[_Row]) -> bool:
    unfinished = {("b_", other.row) for other in left if other is not one}
    return any(term.source in unfinished for term in one.terms)


def _gain(one: _Row, read: set[tuple[str, int]]) -> float:
    """Return how much a row has in common with what is read; what it reads alone counts a tenth against it."""
    common = sum(term.source in read for term in one.terms)
    return common - 0.1 * (len(one.terms) - common)


def _products(tables: Tables, pools: Sequence[int]) -> list[_Row]:
    """Return the rows of J s_i + curvature s among pools that move nothing else."""
    terms: dict[int, list[_Term]] = {}
    for matrix, vector in (("jacobian", "state_slopes"), ("curvature", "slopes")):
        for k, (row, column) in enumerate(places_of(tables, matrix)):
            if column in pools:
                terms.setdefault(pools.index(row), []).append(_Term(matrix, k, vector, pools.index(column)))
    rows = [_Row(row, tuple(found), is_added=True) for row, found in terms.items()]
    return sorted(rows, key=lambda one: -len(one.terms))


def _substitutions(solve: ast.FunctionDef, pools: Sequence[int]) -> tuple[list[_Row], list[_Row]]:
    """Return the rows of the forward and the backward substitution, from the text of ``solve``.

    Rows of other pools are zero throughout and left out.
    """
    forward: dict[int, list[_Term]] = {}
    backward = []
    for statement in solve.body:
        match statement:
            case ast.AugAssign(target=ast.Subscript(slice=ast.Constant(value=int() as row)), op=ast.Sub(), value=value):
                term = _term(value, pools)
                if term is not None:
                    forward.setdefault(pools.index(row), []).append(term)
            case ast.Assign(
                targets=[ast.Subscript(slice=ast.Constant(value=int() as row))],
                value=ast.BinOp(
                    left=value, op=ast.Mult(), right=ast.Subscript(slice=ast.Constant(value=int() as pivot))
                ),
            ):
                terms = []
                while isinstance(value, ast.BinOp):
                    terms.append(_term(value.right, pools))
                    value = value.left
                if row in pools:
                    kept = tuple(term for term in terms[::-1] if term is not None)
                    backward.append(_Row(pools.index(row), kept, is_added=False, pivot=pivot))
    order = [one.row for one in reversed(backward)]
    return [_Row(row, tuple(forward[row]), is_added=False) for row in order if row in forward], backward


def _term(node: ast.expr, pools: Sequence[int]) -> _Term | None:
    """Return a factor times a row of b, None where that row is always zero."""
    match node:
        case ast.BinOp(
            left=ast.Subscript(slice=ast.Constant(value=int() as place)),
            op=ast.Mult(),
            right=ast.Subscript(slice=ast.Constant(value=int() as row)),
        ):
            return _Term("lu_", place, "b_", pools.index(row)) if row in pools else None
    raise ModelError(f"{ast.unparse(node)}: is not a factor times a row")
