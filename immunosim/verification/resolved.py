"""The integrator's solution around each boundary and at the nodes of a quadrature, for the checks of doses and signs.

Reads the solution through the integrator's ordinary output, so that its steps are those of the verified trajectory.
"""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.problem import Problem
from immunosim.simulation import solve

# Panels start small after a boundary, where the fastest rates of the model act, and grow by half; the cap resolves what
# happens later for its own reasons, such as the antibody falling through its effective concentration.
FIRST_PANEL = 1e-4
PANEL_GROWTH = 1.5
LONGEST_PANEL = 5.0
NODES_PER_PANEL = 8


@dataclass(frozen=True, eq=False)
class Resolved:
    """States of the integrator's solution.

    Attributes
    ----------
    before : ndarray, shape (n_segments + 1, n_pools)
        At each boundary, before the jump.
    after : ndarray, shape (n_segments, n_pools)
        One rounding of time after each boundary but the last: after the jump.
    segment : ndarray of int, shape (n_nodes,)
        Segment of each node.
    weights : ndarray, shape (n_nodes,), day
        Gauss-Legendre weights; those of a segment add up to its length.
    states : ndarray, shape (n_nodes, n_pools)
    """

    before: Array
    after: Array
    segment: np.ndarray[tuple[int], np.dtype[np.intp]]
    weights: Array
    states: Array


def resolve(problem: Problem) -> Resolved:
    """Solve a problem with output around each boundary and at quadrature nodes between them."""
    boundaries = problem.segments.boundaries
    spans = list(pairwise(boundaries))
    rules = [_rule(start, end) for start, end in spans]
    nodes = np.concatenate([nodes for nodes, _ in rules])
    wanted = np.concatenate([boundaries, np.nextafter(boundaries[:-1], np.inf), nodes])
    times, index = np.unique(wanted, return_inverse=True)
    states = solve(replace(problem, times=times)).states[index]
    before, after, at_nodes = np.split(states, [len(boundaries), 2 * len(boundaries) - 1])
    segment = np.repeat(np.arange(len(spans)), [len(nodes) for nodes, _ in rules])
    return Resolved(before, after, segment, np.concatenate([weights for _, weights in rules]), at_nodes)


def _rule(start: float, end: float) -> tuple[Array, Array]:
    """Return nodes and weights of a Gauss-Legendre rule on panels that grow from ``start``."""
    edges = _edges(end - start)
    points, weights = np.polynomial.legendre.leggauss(NODES_PER_PANEL)
    half = np.diff(edges) / 2
    nodes = edges[:-1, None] + half[:, None] * (1 + points)
    return start + nodes.ravel(), (half[:, None] * weights).ravel()


def _edges(length: float) -> Array:
    edges = [0.0]
    width = FIRST_PANEL
    # A last panel shorter than half its width is joined to the one before.
    while length - edges[-1] > 1.5 * width:
        edges.append(edges[-1] + width)
        width = min(width * PANEL_GROWTH, LONGEST_PANEL)
    return np.array([*edges, length])
