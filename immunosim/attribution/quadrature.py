"""Adaptive Gauss quadrature over panels with a known total.

A panel lies between neighbouring edges and crosses no dose. Its residual is known, since the change of the read-out is
known: a panel with too large a residual is cut in four.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from immunosim.codegen.loader import Array

N_NODES = 6
NODES, NODE_WEIGHTS = np.polynomial.legendre.leggauss(N_NODES)
"""Nodes of a panel on (-1, 1) and their weights, which add up to 2."""

SHORTEST = 1e-6
"""A panel of this length (day, about 0.1 s) is not cut again."""

CUTS = 4
"""Parts of a panel that is cut. Each round costs a solve, so that four parts at once are cheaper than two twice."""

GAIN, PATIENCE = 0.75, 3
"""A residual that in so many rounds did not fall below this part of its least so far is due to rounding.

Not in one: where a rate jumps, the part that holds the jump may keep the whole residual for a while.
"""

CHUNK = 4096
"""Panels computed at once; bounds the memory."""

Parts = tuple[Array, Array]
"""Contributions in each panel, shape (n_panels, n_rows), and residuals, shape (n_panels,)."""


@cache
def derivative_weights() -> Array:
    """Return weights that integrate g dy over a panel, shape (n_nodes, n_nodes + 2).

    Row k holds the weight of node k times the derivative there of the polynomial through y at the start, the nodes and
    the end: sum_k g_k sum_l D_kl y_l. A constant g gives g times the change of y to the last digit, however fast y is
    replaced.
    """
    points = np.concatenate([[-1.0], NODES, [1.0]])
    rows = []
    for column in np.eye(points.size):
        slopes = np.polynomial.Polynomial.fit(points, column, points.size - 1, domain=[-1, 1], window=[-1, 1]).deriv()
        rows.append(NODE_WEIGHTS * slopes(NODES))
    return np.array(rows).T


def integrate(compute: Callable[[Array, Array], Parts], edges: Array, tolerance: float) -> tuple[Array, Parts]:
    """Integrate between edges until every panel closes, or cutting it no longer helps.

    Parameters
    ----------
    compute : callable
        Takes starts and ends of panels, returns their parts.
    edges : ndarray, shape (n_edges,)
        Strictly increasing.
    tolerance : float
        Residual of a panel that is small enough.

    Returns
    -------
    ends : ndarray, shape (n_panels,)
        Increasing; every edge but the first is among them.
    parts : (ndarray, shape (n_panels, n_rows), ndarray, shape (n_panels,))
        Contributions and residuals.
    """
    starts, ends = edges[:-1], edges[1:]
    least, idle = np.full(starts.size, np.inf), np.zeros(starts.size)
    kept: list[tuple[Array, Array, Array]] = []
    while starts.size:
        contributions, residuals = _in_chunks(compute, starts, ends)
        left = np.abs(residuals)
        idle = np.where(left < GAIN * least, 0, idle + 1)
        is_open = (left > tolerance) & (idle < PATIENCE) & (ends - starts > SHORTEST)
        kept.append((ends[~is_open], contributions[~is_open], residuals[~is_open]))
        starts, ends = _cut(starts[is_open], ends[is_open])
        least, idle = np.tile(np.minimum(left, least)[is_open], CUTS), np.tile(idle[is_open], CUTS)
    found_ends, contributions, residuals = (np.concatenate(column) for column in zip(*kept, strict=True))
    order = np.argsort(found_ends)
    return found_ends[order], (contributions[order], residuals[order])


def _in_chunks(compute: Callable[[Array, Array], Parts], starts: Array, ends: Array) -> Parts:
    n_chunks = -(-starts.size // CHUNK)
    pairs = zip(np.array_split(starts, n_chunks), np.array_split(ends, n_chunks), strict=True)
    parts = [compute(*pair) for pair in pairs]
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def _cut(starts: Array, ends: Array) -> tuple[Array, Array]:
    """Return the parts of panels, which share their edges to the last digit."""
    edges = np.linspace(starts, ends, CUTS + 1)
    return edges[:-1].ravel(), edges[1:].ravel()
