"""Which of the varied quantities go with a result: their rank correlations."""

from __future__ import annotations

import numpy as np
import xarray as xr
from scipy.stats import rankdata

from immunosim.codegen.loader import Array
from immunosim.ensembles.columns import OutcomeColumns, varied, varied_names
from immunosim.plots.ensembles.thinning import chosen_rows

MOST_ROWS = 20_000
"""Patients over which correlations are computed: more would not change the order of quantities that matter."""


def most_correlated(dataset: xr.Dataset, found: OutcomeColumns, n: int) -> list[str]:
    """Return at most `n` varied quantities that correlate most with a result, the strongest first.

    Quantities that are the same in all patients are left out.
    """
    rows = chosen_rows(np.flatnonzero(np.isfinite(found.values)), MOST_ROWS)
    scores = {}
    for name in varied_names(dataset):
        column = varied(dataset, name)
        if not column.is_constant:
            scores[name] = abs(rank_correlation(column.values[rows], found.values[rows]))
    return sorted(scores, key=lambda name: -scores[name])[:n]


def rank_correlation(first: Array, second: Array) -> float:
    """Return Spearman's correlation of what is finite in both; 0 where one does not differ."""
    is_there = np.isfinite(first) & np.isfinite(second)
    ranks = [rankdata(values[is_there]) for values in (first, second)]
    if is_there.sum() < 3 or min(float(rank.std()) for rank in ranks) == 0.0:
        return 0.0
    return float(np.corrcoef(*ranks)[0, 1])
