"""The solution inside a step of all lanes, equation (T3) of ``tableaus``, and its defect, written as LLVM IR.

``theta`` holds the fraction of the step for each lane. Both sums over the increments are taken in one pass, with
coefficients that hold theta, so that nothing is prepared for steps without output.
"""

from typing import Any

from llvmlite import ir

from immunosim.numerics.lanes.step_ir import add_stage, framed, scaled
from immunosim.numerics.summaries import LAST_NODE
from immunosim.numerics.tableaus import Tableau


def add_sample(module: ir.Module, tableau: Tableau, n_pools: int, width: int) -> None:
    """Add ``sample_<method>(frame)``: fill ``state`` and ``change``, minus its slope in time.

    Stages that only the output needs are computed here, again in each round: rounds are far fewer than steps.
    """
    writer, at = framed(module, f"sample_{tableau.name}", width)
    increments = [writer.address(at["increments"], j * n_pools) for j in range(tableau.n_increments)]
    for stage in range(tableau.n_stages, tableau.n_increments):
        add_stage(writer, at, tableau, n_pools, increments, stage, "state")
    theta, one = writer.load(at["theta"], 0), writer.constant(1.0)
    per_h = writer.negate(writer.load(at["per_h"], 0))
    rest = writer.subtract(one, theta)
    both = writer.multiply(theta, rest)
    tilt = writer.subtract(rest, theta)
    values, slopes = [], []
    for j in range(tableau.n_increments):
        first, second, *higher = (writer.constant(row[j]) for row in tableau.H)
        lifted = writer.multiply(theta, higher[0])
        bend = writer.add(second, writer.add(lifted, lifted))
        if len(higher) == 2:
            cubic = writer.multiply(theta, writer.multiply(theta, higher[1]))
            lifted = writer.add(lifted, cubic)
            bend = writer.add(bend, writer.multiply(writer.constant(3.0), cubic))
        inner = writer.add(first, writer.multiply(theta, writer.add(second, lifted)))
        values.append(writer.multiply(both, inner))
        slopes.append(writer.add(writer.multiply(tilt, inner), writer.multiply(both, bend)))
    with writer.loop(0, n_pools, 1, []) as (i, _):
        y, y_new = writer.load(at["y"], i), writer.load(at["y_new"], i)
        state = writer.add(writer.multiply(rest, y), writer.multiply(theta, y_new))
        change = writer.subtract(y_new, y)
        for value, slope, increment in zip(values, slopes, increments, strict=True):
            u_j = writer.load(increment, i)
            state = writer.add(state, writer.multiply(value, u_j))
            change = writer.add(change, writer.multiply(slope, u_j))
        writer.store(state, at["state"], i)
        writer.store(writer.multiply(change, per_h), at["change"], i)
    writer.build.ret_void()


def add_trace(module: ir.Module, tableau: Tableau, n_pools: int, n_readouts: int, width: int) -> None:
    """Add ``trace_<method>(frame)``: fill ``nodes`` 1 to 4 with the read-outs at the quarters and the end of the step.

    ``state`` is scratch. The places are the same in all lanes, so the weights of equation (T3) are constants. Stages
    that only the output needs are there from ``sample``.
    """
    writer, at = framed(module, f"trace_{tableau.name}", width)
    for k in range(1, LAST_NODE):
        theta = 0.25 * k
        rest = 1.0 - theta
        weights = theta * rest * sum(row * theta**power for power, row in enumerate(tableau.H))
        with writer.loop(0, n_pools, 1, []) as (i, _):
            y, y_new = writer.load(at["y"], i), writer.load(at["y_new"], i)
            state = writer.add(
                writer.multiply(writer.constant(rest), y), writer.multiply(writer.constant(theta), y_new)
            )
            for j, weight in enumerate(weights):
                u_j = writer.load(writer.address(at["increments"], j * n_pools), i)
                state = writer.add(state, writer.multiply(writer.constant(weight), u_j))
            writer.store(state, at["state"], i)
        node = writer.address(at["nodes"], k * n_readouts)
        writer.call("readouts", at["state"], at["p"], at["u"], node)
    writer.call("readouts", at["y_new"], at["p"], at["u"], writer.address(at["nodes"], LAST_NODE * n_readouts))
    writer.build.ret_void()


def add_defect(module: ir.Module, n_pools: int, width: int) -> None:
    """Add ``defect(frame)``: the norm of W^-1 (f(s) - s') for the sampled states s; overwrites ``change``."""
    writer, at = framed(module, "defect", width)
    writer.call("rhs", at["state"], at["p"], at["u"], at["change"])
    writer.call("solve", at["lu"], at["change"])
    carried: list[Any] = [writer.constant(0.0)]
    with writer.loop(0, n_pools, 1, carried) as (i, turn):
        state = writer.load(at["state"], i)
        turn[0] = writer.larger(scaled(writer, at, i, state, state, writer.load(at["change"], i)), turn[0])
    writer.store(carried[0], at["norm"], 0)
    writer.build.ret_void()
