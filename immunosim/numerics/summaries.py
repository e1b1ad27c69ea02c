"""Summaries of read-outs, step by step, without storing a trajectory.

Each has two numbers that it carries through a row. They see the five nodes of an accepted step, of which the first is
the end of the step before.
"""

import numpy as np
import numpy.typing as npt

from immunosim.numerics.calling import evaluate
from immunosim.numerics.compilation import inlined, kernel
from immunosim.numerics.quartic import (
    Values,
    below,
    coefficients,
    lowest,
    may_reach,
    mean_of,
    part,
    root_between,
    value_at,
)
from immunosim.numerics.request import Kind
from immunosim.numerics.workspace import Functions, Outcome, Report

Array = npt.NDArray[np.float64]

N_NODES = 5
LAST_NODE = N_NODES - 1

# Plain integers: numba would give each member of an enumeration used in a comparison its own conversion.
MINIMUM, TIME_OF_MINIMUM, MAXIMUM, TIME_OF_MAXIMUM, AREA, MEAN = (
    int(kind) for kind in (Kind.MINIMUM, Kind.TIME_OF_MINIMUM, Kind.MAXIMUM, Kind.TIME_OF_MAXIMUM, Kind.AREA, Kind.MEAN)
)
TIME_BELOW, TIME_ABOVE = int(Kind.TIME_BELOW), int(Kind.TIME_ABOVE)
FIRST_BELOW, FIRST_ABOVE = int(Kind.FIRST_BELOW), int(Kind.FIRST_ABOVE)


@kernel
def begin_summaries(report: Report, lane: int) -> None:
    """Forget the row before."""
    for s in range(report.kind.size):
        report.memory[lane, s, 0] = report.memory[lane, s, 1] = np.nan


@inlined
def fill_node(functions: Functions, report: Report, k: int, lane: int, state: Array, p: Array, u: Array) -> None:
    """Fill node k of the lane's step from the state there; node k of read-out r is kept at k * n_readouts + r.

    Node 0 is filled at the start of a segment, where a jump or a new input may have changed the read-outs.
    """
    evaluate(functions.readouts, state, p, u, report.values)
    for s in range(report.kind.size):
        place = report.place[s]
        report.nodes[k * report.values.size + place, lane] = report.values[place]


@inlined
def note_step(report: Report, lane: int, t: float, t_new: float) -> None:
    """Take an accepted step into every summary, and make its last node the first of the next step."""
    n_readouts, nodes = report.values.size, report.nodes
    for s in range(report.kind.size):
        start, end = max(t, report.start[s]), min(t_new, report.end[s])
        if not start < end:
            continue
        r = report.place[s]
        v = (
            nodes[r, lane],
            nodes[n_readouts + r, lane],
            nodes[2 * n_readouts + r, lane],
            nodes[3 * n_readouts + r, lane],
            nodes[4 * n_readouts + r, lane],
        )
        if start > t or end < t_new:
            per_node = 4.0 / (t_new - t)
            v = part(v, (start - t) * per_node, (end - t) * per_node)
        _take(report.memory[lane, s], report.kind[s], report.threshold[s], start, end, v)
    for s in range(report.kind.size):
        # In a loop of its own: summaries may share a read-out, and the first would move its nodes under the second.
        nodes[report.place[s], lane] = nodes[LAST_NODE * n_readouts + report.place[s], lane]


@kernel
def _negated(v: Values) -> Values:
    return -v[0], -v[1], -v[2], -v[3], -v[4]


@kernel
def _take(memory: Array, kind: int, threshold: float, start: float, end: float, v: Values) -> None:
    """Take the part of a step that lies in the window into one summary."""
    if kind <= TIME_OF_MINIMUM:
        _take_minimum(memory, start, end, v)
    elif kind <= TIME_OF_MAXIMUM:
        _take_minimum(memory, start, end, _negated(v))
    elif kind <= MEAN:
        # memory: area, time seen
        area = (end - start) * mean_of(v)
        memory[0] = area if np.isnan(memory[0]) else memory[0] + area
        memory[1] = end - start if np.isnan(memory[1]) else memory[1] + (end - start)
    elif (kind - TIME_BELOW) % 2 == 0:
        _take_below(memory, kind, threshold, start, end, v)
    else:
        _take_below(memory, kind - 1, -threshold, start, end, _negated(v))


@kernel
def _take_minimum(memory: Array, start: float, end: float, v: Values) -> None:
    """Memory: lowest value, its time."""
    if np.isnan(memory[0]) or may_reach(v, memory[0]):
        place, value = lowest(v)
        # Negated, so that the NaN of a memory that is still empty is replaced.
        if not memory[0] <= value:
            memory[0], memory[1] = value, start + 0.25 * place * (end - start)


@kernel
def _take_below(memory: Array, kind: int, level: float, start: float, end: float, v: Values) -> None:
    """Memory: the time asked for, or the time spent below."""
    is_first, is_total = kind == FIRST_BELOW, kind == TIME_BELOW
    if is_total and np.isnan(memory[0]):
        memory[0] = 0.0
    if (is_first and not np.isnan(memory[0])) or not may_reach(v, level):
        return
    # Nearly all steps lie on one side of a level: no roots are sought where the quartic cannot reach it.
    if max(v[0], v[1], v[2], v[3], v[4]) < level and not may_reach(_negated(v), -level):
        first, last, total = 0.0, 4.0, 4.0
    else:
        first, last, total = below(v, level)
    quarter = 0.25 * (end - start)
    if is_total:
        memory[0] += quarter * (total - crest_above(v, level))
    elif total > 0.0:
        memory[0] = start + quarter * (first if is_first else last)


@kernel
def crest_above(v: Values, level: float) -> float:
    """Return how many places a crest between two nodes that lie below the level rises above it; ``below`` sees none."""
    place, depth = lowest(_negated(v))
    if not -depth > level:
        return 0.0
    c, k = coefficients(v), min(int(place), LAST_NODE - 1)
    shifted = (c[0] - level, c[1], c[2], c[3], c[4])
    if not (value_at(shifted, float(k)) < 0.0 and value_at(shifted, k + 1.0) < 0.0):  # as ``below`` judges them
        return 0.0
    crest: float = root_between(shifted, place, k + 1.0) - root_between(shifted, float(k), place)
    return crest


@kernel
def end_summaries(report: Report, outcome: Outcome, row: int, lane: int) -> None:
    """Write the summaries of a row that reached its end."""
    for s in range(report.kind.size):
        kind, memory = report.kind[s], report.memory[lane, s]
        value = memory[0]
        if kind in (TIME_OF_MINIMUM, TIME_OF_MAXIMUM):
            value = memory[1]
        elif kind == MAXIMUM:
            value = -memory[0]
        elif kind == MEAN:
            value = memory[0] / memory[1]
        outcome.summaries[row, s] = value
