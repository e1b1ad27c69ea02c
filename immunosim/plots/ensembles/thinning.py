"""Stratified sample of patients where there are too many to draw, with a fixed seed."""

from __future__ import annotations

import numpy as np

from immunosim.ensembles.columns import RowIndices

SEED = 1
"""Seed of every choice, which figures state."""


def chosen_rows(rows: RowIndices, most: int, seed: int = SEED) -> RowIndices:
    """Return at most so many of the rows, in their order: one drawn at random from each of `most` parts of equal size.

    Parameters
    ----------
    rows : ndarray, shape (n,)
        Indices of patients, in the order over which the sample is even.
    most : int
    seed : int
    """
    if rows.size <= most:
        return rows
    # Not every k-th: a stride can fall in step with the lines of a grid.
    edges = np.arange(most + 1) * rows.size // most
    return rows[np.random.default_rng(seed).integers(edges[:-1], edges[1:])]
