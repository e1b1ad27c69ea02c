"""Choice of the step in all lanes at once, the formulas of ``step_control`` and ``stepping``, written as LLVM IR.

A lane whose trial cannot be judged by its error alone is only marked: the driver looks at it by itself.
"""

from typing import Any

from immunosim.numerics.lanes.vector_ir import LaneBuilder
from immunosim.numerics.rosenbrock import GROWTH_LIMIT
from immunosim.numerics.step_control import (
    LARGEST_ERROR,
    LARGEST_FACTOR,
    SAFETY,
    SMALLEST_ERROR,
    SMALLEST_FACTOR,
    SMALLEST_REMEMBERED_ERROR,
)
from immunosim.numerics.stepping import LANDS, SHORTEST_OF_REST, SHORTEST_OF_TIME
from immunosim.numerics.tableaus import Tableau

# Newton's iterations double the digits, from an estimate that is right to a few hundredths.
ITERATIONS = 5
# The mean error of reading the bits of a number as its logarithm.
LOGARITHM_OFFSET = 0.045


def propose(writer: LaneBuilder, at: dict[str, Any], gamma: float) -> tuple[Any, Any]:
    """Write the fitting of the next trial, as ``fit_step``; return its step and what is left of the segment."""
    t, end = writer.load(at["t"], 0), writer.load(at["end"], 0)
    rest = writer.subtract(end, t)
    h = writer.larger(
        shortest(writer, t, rest), writer.smaller(writer.load(at["h"], 0), writer.load(at["max_step"], 0))
    )
    half = writer.multiply(writer.constant(0.5), rest)
    short = writer.choose(writer.add(h, h), ">", rest, half, h)
    # LLVM keeps this difference: contraction is the only liberty, and only reassociation would make it the step again.
    exact = writer.subtract(writer.add(t, short), t)
    h = writer.choose(writer.multiply(h, writer.constant(LANDS)), ">=", rest, rest, exact)
    one = writer.constant(1.0)
    writer.store(writer.divide(one, writer.multiply(writer.constant(gamma), h)), at["shift"], 0)
    writer.store(writer.divide(one, h), at["per_h"], 0)
    return h, rest


def shortest(writer: LaneBuilder, t: Any, rest: Any) -> Any:
    """Return the shortest step at a time."""
    of_time = writer.multiply(writer.constant(SHORTEST_OF_TIME), writer.magnitude(t))
    return writer.larger(of_time, writer.multiply(writer.constant(SHORTEST_OF_REST), rest))


def judge(writer: LaneBuilder, at: dict[str, Any], tableau: Tableau, h: Any, rest: Any, trial: dict[str, Any]) -> None:
    """Write the judgement of a trial with its norm, validity and margin, as ``take_step``."""
    build, zero, one = writer.build, writer.constant(0.0), writer.constant(1.0)
    power = tableau.embedded_order + 1
    norm, t, end = trial["norm"], writer.load(at["t"], 0), writer.load(at["end"], 0)
    last_h, last_root = writer.load(at["last_h"], 0), writer.load(at["last_root"], 0)
    was_rejected = writer.load(at["was_rejected"], 0)

    is_sound = build.and_(
        writer.compare(writer.load(at["growth"], 0), "<=", writer.constant(GROWTH_LIMIT)),
        writer.compare(trial["validity"], "==", zero),
    )
    is_small = writer.compare(norm, "<=", one)
    has_room = writer.compare(trial["margin"], ">=", zero)
    accepted = build.and_(is_sound, build.and_(is_small, has_room))
    is_calm = build.and_(is_sound, build.or_(has_room, writer.compare(norm, ">", one)))

    bounded = writer.smaller(writer.larger(norm, writer.constant(SMALLEST_ERROR)), writer.constant(LARGEST_ERROR))
    root = inverse_root(writer, bounded, power)
    plain = writer.multiply(writer.constant(SAFETY), root)
    ratio = writer.multiply(writer.constant(SAFETY), writer.divide(h, last_h))
    predicted = writer.multiply(ratio, writer.divide(writer.multiply(root, root), last_root))
    # Vectors compute both branches: where there was no last step the prediction is infinite or NaN, and not chosen.
    grown = writer.choose(last_h, ">", zero, writer.smaller(plain, predicted), plain)
    grown = writer.smaller(writer.constant(LARGEST_FACTOR), writer.larger(writer.constant(SMALLEST_FACTOR), grown))
    grown = writer.choose(was_rejected, ">", zero, writer.smaller(grown, one), grown)
    shrunk = writer.larger(writer.constant(SMALLEST_FACTOR), plain)
    h_next = build.select(accepted, writer.multiply(h, grown), build.select(is_calm, writer.multiply(h, shrunk), h))
    remembered = writer.smaller(root, writer.constant(SMALLEST_REMEMBERED_ERROR ** (-1.0 / power)))
    reached = writer.choose(h, "==", rest, end, writer.add(t, h))
    t_new = build.select(accepted, reached, t)
    n_trials = writer.add(writer.load(at["n_trials"], 0), one)

    is_stuck = build.and_(build.not_(accepted), writer.compare(h_next, "<", shortest(writer, t, rest)))
    is_last = writer.compare(n_trials, ">=", writer.load(at["max_trials"], 0))
    is_through = build.and_(accepted, writer.compare(t_new, ">=", end))
    # The driver looked at every lane after every trial once, for 85 ns each: a third of an ensemble's time (decision
    # 11).
    event = build.or_(build.or_(build.not_(is_calm), is_stuck), build.or_(is_last, is_through))
    due = build.and_(accepted, writer.compare(writer.load(at["output_time"], 0), "<=", t_new))
    results = {
        "h": h_next,
        "last_h": build.select(accepted, h, last_h),
        "last_root": build.select(accepted, remembered, last_root),
        "was_rejected": build.select(accepted, zero, build.select(is_calm, one, was_rejected)),
        "t_new": t_new,
        "n_trials": n_trials,
        "n_accepted": writer.add(writer.load(at["n_accepted"], 0), build.select(accepted, one, zero)),
        "accepted": build.select(accepted, one, zero),
        "event": build.select(event, one, zero),
        "due": build.select(due, one, zero),
    }
    for name, value in results.items():
        writer.store(value, at[name], 0)


def inverse_root(writer: LaneBuilder, x: Any, k: int) -> Any:
    """Return x^(-1/k) for ordinary positive numbers, by Newton's iteration.

    The start is a line through the logarithm, which the leading half of a number's bits resembles.
    """
    build = writer.build
    bits = build.lshr(writer.as_integers(x), writer.integer(32))
    share = build.lshr(build.mul(bits, writer.integer((1 << 32) // k + 1)), writer.integer(32))
    start = int((1 << 20) * (1023.0 - LOGARITHM_OFFSET) * (1.0 + 1.0 / k))
    root = writer.as_numbers(build.shl(build.sub(writer.integer(start), share), writer.integer(32)))
    part, whole = writer.multiply(x, writer.constant(1.0 / k)), writer.constant(1.0 + 1.0 / k)
    for _ in range(ITERATIONS):
        correction = writer.subtract(whole, writer.multiply(part, power_of(writer, root, k)))
        root = writer.multiply(root, correction)
    return root


def power_of(writer: LaneBuilder, x: Any, k: int) -> Any:
    """Return x^k for a whole k > 0, by squaring."""
    if k == 1:
        return x
    half = power_of(writer, x, k // 2)
    square = writer.multiply(half, half)
    return writer.multiply(square, x) if k % 2 else square
