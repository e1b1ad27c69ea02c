"""diffrax: an implicit Runge-Kutta method, over rows at once by ``vmap``, in double precision on the CPU.

The text of the right-hand side is run on JAX arrays once, to be traced and compiled; its Jacobian comes from automatic
differentiation. The pools are given in units of their scale, since diffrax takes one absolute tolerance. Compiled code
is made once for pieces of few and once for pieces of many output times; shorter pieces repeat their end. JAX's threads
are kept on one core. Kvaerno3 is used: on the default model Kvaerno5 was slower and less accurate at a tolerance.
"""

import ast
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers.tool import Run
from benchmarks.work import MAX_STEPS, NEGLIGIBLE, Array, Work

# Rows are solved in groups of a fixed size, since every other size would be compiled anew.
GROUP = 8
FEW = 4


@contextmanager
def on_one_core() -> Iterator[None]:
    """Keep this thread, and those that it starts meanwhile, on one core."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def prepare(work: Work) -> Run:
    """Return what solves rows of the work."""
    with on_one_core():
        solve_group = _compile(work)
        solve_group(1e-3, np.zeros(GROUP, int))  # starts the threads and compiles

    def run(rtol: float, n_rows: int) -> Array:
        states = work.empty_states(n_rows)
        for first in range(0, n_rows, GROUP):
            rows = np.minimum(np.arange(first, first + GROUP), n_rows - 1)
            states[first : first + GROUP] = solve_group(rtol, rows)[: n_rows - first]
        return states

    run.rows_at_once = GROUP  # type: ignore[attr-defined]
    return run


def _compile(work: Work) -> Callable[[float, Any], Array]:
    import jax

    jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]
    solve_pieces = jax.jit(jax.vmap(_piece_solver(work), in_axes=(0, 0, None, None, None)))
    pieces, segments, scales = work.pieces, work.segments, work.scales
    most = int(np.diff(pieces.first).max())

    def solve_group(rtol: float, rows: Any) -> Array:
        states = np.full((len(rows), work.times.size, work.n_pools), np.nan)
        states[:, work.times == segments.boundaries[0]] = work.states[rows][:, np.newaxis]
        y, parameters, failed = work.states[rows] / scales, work.parameters[rows], np.zeros(len(rows), bool)
        for k, (begin, end) in enumerate(zip(pieces.first, pieces.first[1:], strict=False)):
            times, place = pieces.times[begin:end], pieces.place[begin:end]
            room = FEW if times.size <= FEW else most
            padded = np.concatenate([times, np.full(room - times.size, times[-1])])
            found, success = solve_pieces(y + segments.jumps[k] / scales, parameters, segments.inputs[k], padded, rtol)
            found = np.asarray(found)
            failed |= ~np.asarray(success)
            states[:, place[place >= 0]] = found[:, : times.size][:, place >= 0] * scales
            y = found[:, times.size - 1]
        states[failed] = np.nan
        return states

    return solve_group


def _piece_solver(work: Work) -> Callable[..., Any]:
    """Return ``solve(y, p, u, times, rtol)``, which returns the states at the times and whether it succeeded."""
    import diffrax
    import jax.numpy as jnp

    text, n, scales = _traceable(work), work.n_pools, jnp.asarray(work.scales)

    def rhs(_: Any, y: Any, arguments: Any) -> Any:
        out: list[Any] = [0.0] * n
        text(y * scales, *arguments, out)
        return jnp.stack([jnp.asarray(value, float) for value in out]) / scales

    def solve(y: Any, p: Any, u: Any, times: Any, rtol: Any) -> Any:
        found = diffrax.diffeqsolve(
            diffrax.ODETerm(rhs),
            diffrax.Kvaerno3(),
            t0=times[0],
            t1=times[-1],
            dt0=None,
            y0=y,
            args=(p, u),
            saveat=diffrax.SaveAt(ts=times),
            stepsize_controller=diffrax.PIDController(rtol=rtol, atol=NEGLIGIBLE * rtol),
            max_steps=MAX_STEPS,
            throw=False,
        )
        return found.ys, found.result == diffrax.RESULTS.successful

    return solve


class _Selections(ast.NodeTransformer):
    """Turns a choice of a number by a comparison into a selection, which can be traced."""

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        self.generic_visit(node)
        return ast.Call(ast.Name("where", ast.Load()), [node.test, node.body, node.orelse], [])


def _traceable(work: Work) -> Callable[..., None]:
    """Return the function of the right-hand side's text, to be called with JAX arrays."""
    import jax.numpy as jnp

    tree = ast.parse(Path(str(work.module.__file__)).read_text(encoding="utf-8"))
    function = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "rhs")
    function.decorator_list = []
    module = ast.fix_missing_locations(ast.Module([_Selections().visit(function)], []))
    names: dict[str, Any] = {"where": jnp.where, "exp": jnp.exp, "log": jnp.log, "sqrt": jnp.sqrt}
    exec(compile(module, "rhs", "exec"), names)  # our own generated text
    traced: Callable[..., None] = names["rhs"]
    return traced
