"""Translation of the second derivatives into lanes, for a set of directions: only what these touch is computed."""

import ast
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from llvmlite import ir

from immunosim.codegen.vector.translate import Translation
from immunosim.numerics.lanes.vector_ir import LaneBuilder
from immunosim.numerics.tangents.records import Pairs

Functions = Mapping[str, ast.FunctionDef]
Tables = Mapping[str, Any]
Entry = tuple[int, int]


class _SlopeTranslation(Translation):
    """A translation that divides once by each number: the same denominators stand below many derivatives."""

    def operation(self, name: str, *operands: ast.expr) -> Any:
        if name != "divide":
            return super().operation(name, *operands)
        return self.product(self.expression(operands[0]), self.reciprocal(operands[1]))

    def product(self, a: Any, b: Any) -> Any:
        return b if a is self.one else self.once(("multiply", id(a), id(b)), self.writer.multiply, a, b)

    @property
    def one(self) -> Any:
        return self.once(("constant", 1.0), self.writer.constant, 1.0)

    def reciprocal(self, node: ast.expr) -> Any:
        """Return 1 / x; of a product, the product of the reciprocals."""
        match node:
            case ast.BinOp(left=left, op=ast.Mult(), right=right):
                return self.product(self.reciprocal(left), self.reciprocal(right))
        value = self.expression(node)
        return self.once(("reciprocal", id(value)), self.writer.divide, self.one, value)


def add_linearise(
    module: ir.Module,
    functions: Functions,
    tables: Tables,
    parameter_pairs: Pairs,
    input_pairs: Pairs,
    pools: Collection[int],
    width: int,
) -> tuple[list[tuple[int, int]], set[int], set[int]]:
    """Add ``linearise``: the matrices of equation (V3) for a stage, and its terms in the constants.

    ``pools`` are those that any direction can move: nothing else of the matrices is read.

    Returns
    -------
    sources : list of (pool, direction)
        Where the terms in the constants belong.
    points, constants : set of int
        What it reads of the results of ``points`` and ``extra_constants``.
    """
    arrays = ["y_", "p_", "u_", "extra_", "point_", "along_", "parameters", "inputs"]
    arrays += ["jacobian", "curvature", "sources"]
    writer = LaneBuilder(module, "linearise", arrays, width)
    translation = _SlopeTranslation(writer, {})
    for name in ("jacobian", "curvature", "shifts", "twists"):
        translation.postpone(functions[name].body, {"out_": name})
    for name in ("jacobian", "curvature"):
        for k, (_, column) in enumerate(places_of(tables, name)):
            if column not in pools:
                continue
            value = translation.expression(translation.postponed[f"{name}[{k}]"])
            writer.store(value, writer.pointers[name], k)
    given = [(k, column, "parameters", place) for place, (k, column) in enumerate(parameter_pairs)]
    given += [(k, tables["N_PARAMETERS"] + column, "inputs", place) for place, (k, column) in enumerate(input_pairs)]
    sources = _add_sources(translation, tables, given)
    writer.build.ret_void()
    return sources, _read_from(translation, "point_"), _read_from(translation, "extra_")


def _add_sources(
    translation: _SlopeTranslation, tables: Tables, given: Iterable[tuple[int, int, str, int]]
) -> list[tuple[int, int]]:
    """Write the slopes by each constant times its derivative along each direction; return (pool, direction)."""
    writer = translation.writer
    entries: dict[Entry, list[Any]] = {}
    for name in ("shifts", "twists"):
        for k, nonzero in enumerate(places_of(tables, name)):
            entries.setdefault(nonzero, []).append(translation.postponed[f"{name}[{k}]"])
    by_column: dict[int, list[int]] = {}
    for row, column in entries:
        by_column.setdefault(column, []).append(row)
    values: dict[Entry, Any] = {}
    terms: dict[tuple[int, int], list[tuple[Entry, str, int]]] = {}
    for direction, column, array, place in given:
        for row in by_column.get(column, ()):
            terms.setdefault((direction, row), []).append(((row, column), array, place))
    for k, (_, found) in enumerate(sorted(terms.items())):
        total = None
        for entry, array, place in found:
            if entry not in values:
                parts = [translation.expression(node) for node in entries[entry]]
                values[entry] = parts[0] if len(parts) == 1 else writer.add(*parts)
            slope = translation.once(("load", array, place), writer.load, writer.pointers[array], place)
            term = writer.multiply(values[entry], slope)
            total = term if total is None else writer.add(total, term)
        writer.store(total, writer.pointers["sources"], k)
    return [(row, direction) for direction, row in sorted(terms)]


def places_of(tables: Tables, name: str) -> list[tuple[int, int]]:
    """Return the (row, column) of the nonzeros of a matrix."""
    return list(zip(tables[f"{name.upper()}_ROWS"], tables[f"{name.upper()}_COLUMNS"], strict=True))


def add_points(module: ir.Module, functions: Functions, chosen: set[int], width: int) -> set[int]:
    """Add ``points(y, p, u, extra, point)`` for the chosen points; return the constants that it reads."""
    writer = LaneBuilder(module, "points", ["y_", "p_", "u_", "extra_", "point_"], width)
    translation = _SlopeTranslation(writer, {})
    translation.block(_chosen_stores(translation, functions["points"], chosen))
    writer.build.ret_void()
    return _read_from(translation, "extra_")


def add_extra_constants(module: ir.Module, functions: Functions, chosen: set[int], width: int) -> None:
    """Add ``extra_constants(p, extra)`` for the chosen constants."""
    writer = LaneBuilder(module, "extra_constants", ["p_", "extra_"], width)
    translation = _SlopeTranslation(writer, {})
    translation.block(_chosen_stores(translation, functions["extra_constants"], chosen))
    writer.build.ret_void()


def _chosen_stores(translation: _SlopeTranslation, function: ast.FunctionDef, chosen: set[int]) -> list[ast.stmt]:
    stores: list[ast.stmt] = []
    for statement in translation.postpone(function.body, {}):
        match statement:
            case ast.Assign(targets=[ast.Subscript(slice=ast.Constant(value=place))]) if place in chosen:
                stores.append(statement)
    return stores


def _read_from(translation: _SlopeTranslation, array: str) -> set[int]:
    return {key[2] for key in translation.made if key[0] == "load" and key[1] == array}
