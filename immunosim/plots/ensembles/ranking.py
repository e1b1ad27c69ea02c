"""Rank correlations of the factors with a result."""

from __future__ import annotations

import numpy as np
import xarray as xr
from scipy.stats import rankdata

from immunosim.codegen.loader import Array
from immunosim.ensembles.columns import OutcomeColumns, varied, varied_names
from immunosim.plots.ensembles.thinning import chosen_rows

MOST_ROWS = 20_000
"""Largest number of patients for correlations: more would not change the order."""


def most_correlated(dataset: xr.Dataset, of_outcome: OutcomeColumns, n: int) -> list[str]:
    """Return the factors most correlated with a result, at most `n`, the strongest first.

    Constant factors are left out.
    """
    rows = chosen_rows(np.flatnonzero(~np.isnan(of_outcome.values)), MOST_ROWS)
    scores = {}
    for name in varied_names(dataset):
        column = varied(dataset, name)
        if not column.is_constant:
            scores[name] = abs(rank_correlation(column.values[rows], of_outcome.values[rows]))
    return sorted(scores, key=lambda name: -scores[name])[:n]


def rank_correlation(first: Array, second: Array) -> float:
    """Return Spearman's correlation over pairs of numbers; 0 where one is constant. An infinite time is the longest."""
    is_there = ~(np.isnan(first) | np.isnan(second))
    ranks = [rankdata(values[is_there]) for values in (first, second)]
    if is_there.sum() < 3 or min(float(rank.std()) for rank in ranks) == 0.0:
        return 0.0
    return float(np.corrcoef(*ranks)[0, 1])
