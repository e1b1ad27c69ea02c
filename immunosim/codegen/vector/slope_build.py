"""Machine code of the derivative of a step, for one model and one set of directions: found on disk, or compiled."""

import ast
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from immunosim.codegen.kernel_module import KernelModule
from immunosim.codegen.vector.build import OBJECT, loaded, machine_code
from immunosim.numerics.machine_code import call_on_frame
from immunosim.numerics.tangents.records import Pairs, SensitivityFunctions, SlopeLayout

# One, two, three, four and six side by side cost 11.4, 8.9, 8.6, 8.0 and 10.3 plain trajectories (decision 8, twelve
# derivatives); three leave registers for groups of four rows.
# Directions that stand side by side.
LARGEST_BLOCK = 3


def sensitivity_functions(
    module: KernelModule,
    variations: KernelModule,
    parameters: Sequence[Collection[int]],
    inputs: Sequence[Collection[int]],
    pools: Sequence[Collection[int]],
    width: int,
) -> SensitivityFunctions:
    """Return the functions for a set of directions, compiled at the first call of an installation.

    Parameters
    ----------
    module : KernelModule
        Of a text as ``emit.core_text`` writes it.
    variations : KernelModule
        Of a text as ``variations.variations_text`` writes it.
    parameters, inputs : sequence of collections of int, one for each direction
        Places in the closed parameter vector, and of inputs, that the direction may move.
    pools : sequence of collections of int, one for each direction
        Pools whose initial state or jumps the direction may move.
    width : int
        Lanes, as in the lane core that takes the steps.

    Raises
    ------
    ModelError
        If the kernels hold something that cannot be said over lanes.
    """
    from immunosim.numerics.tangents.step_ir import METHODS

    in_rhs = set(variations.SHIFTS_COLUMNS)
    pairs = [_pairs(parameters, in_rhs, 0), _pairs(inputs, in_rhs, variations.N_PARAMETERS)]
    tables = {**module.tables, **variations.tables}
    reach = reach_of(tables, pairs, pools)
    layout = SlopeLayout.of(reach, len(module.POOLS), LARGEST_BLOCK)

    def compiled() -> dict[str, bytes]:
        functions = {**module.functions, **variations.functions}
        return {OBJECT: compile_slopes(functions, tables, pairs[0], pairs[1], layout, width)}

    engine = loaded(variations, "slopes", compiled, module.digest, width, layout, *pairs)
    address = engine.get_function_address
    return SensitivityFunctions(
        width=width,
        layout=layout,
        parameters=tuple(map(frozenset, parameters)),
        inputs=tuple(map(frozenset, inputs)),
        parameter_pairs=pairs[0],
        input_pairs=pairs[1],
        n_constants=variations.N_EXTRA,
        n_points=variations.N_POINTS,
        n_jacobian=len(module.JACOBIAN_ROWS),
        n_curvature=len(variations.CURVATURE_ROWS),
        n_sources=len(module.POOLS) * len(parameters),
        differentiate={name: call_on_frame(address(f"differentiate_{name}"), engine) for name in METHODS},
        sample={name: call_on_frame(address(f"sample_slopes_{name}"), engine) for name in METHODS},
        constants=call_on_frame(address("fill_constants"), engine),
        advance=call_on_frame(address("advance_slopes"), engine),
    )


def compile_slopes(
    functions: Mapping[str, ast.FunctionDef],
    tables: Mapping[str, Any],
    parameter_pairs: Pairs,
    input_pairs: Pairs,
    layout: SlopeLayout,
    width: int,
) -> bytes:
    """Return the object file for the functions of a kernel module and of its second derivatives."""
    from llvmlite import ir

    from immunosim.codegen.vector.slope_rows import add_multiply, add_substitute
    from immunosim.codegen.vector.slopes import add_extra_constants, add_linearise, add_points
    from immunosim.numerics.tangents.step_ir import (
        METHODS,
        add_constants,
        add_differentiate,
        add_slope_advance,
        add_slope_sample,
    )

    module = ir.Module("slopes")
    moved = {pool for block in layout.blocks for pool in block.pools}
    sources, points, constants = add_linearise(module, functions, tables, parameter_pairs, input_pairs, moved, width)
    constants |= add_points(module, functions, points, width)
    add_extra_constants(module, functions, constants, width)
    for shape, (block, *_) in enumerate(layout.shapes):
        add_multiply(module, f"multiply_{shape}", tables, block, width)
        add_substitute(module, f"substitute_{shape}", functions["solve"], block, width)
    for tableau in METHODS.values():
        add_differentiate(module, tableau, layout, sources, width)
        add_slope_sample(module, tableau, layout, width)
    add_slope_advance(module, layout, width)
    add_constants(module, width)
    return machine_code(module)


def reach_of(
    tables: Mapping[str, Any], pairs: Sequence[Pairs], pools: Sequence[Collection[int]]
) -> list[frozenset[int]]:
    """Return the pools that each direction can move: those it moves at once, and all that follow by the Jacobian."""
    followers: dict[int, set[int]] = {}
    for row, column in zip(tables["JACOBIAN_ROWS"], tables["JACOBIAN_COLUMNS"], strict=True):
        followers.setdefault(column, set()).add(row)
    rows: dict[int, set[int]] = {}
    for row, column in zip(tables["SHIFTS_ROWS"], tables["SHIFTS_COLUMNS"], strict=True):
        rows.setdefault(column, set()).add(row)
    reach = [set(moved) for moved in pools]
    for offset, some in zip((0, tables["N_PARAMETERS"]), pairs, strict=True):
        for direction, place in some:
            reach[direction] |= rows[offset + place]
    for moved in reach:
        new = set(moved)
        while new:
            new = set().union(*(followers.get(pool, set()) for pool in new)) - moved
            moved |= new
    return [frozenset(moved) for moved in reach]


def _pairs(moved: Sequence[Collection[int]], in_rhs: set[int], offset: int) -> Pairs:
    """Return (direction, place) of what the right-hand side reads, direction by direction."""
    return tuple((k, place) for k, places in enumerate(moved) for place in sorted(places) if offset + place in in_rhs)
