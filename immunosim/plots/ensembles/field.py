"""A field: one result over two factors, as medians of the patients in each cell.

The cells of a grid are its points. Scattered patients are binned, with as many bins as their number allows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.ensembles.columns import Flags, OutcomeColumns, RowIndices, Varied
from immunosim.errors import DataError

PATIENTS_A_BIN = 10
"""Average number of patients per bin."""

MIN_PATIENTS = 3
"""Smallest number of patients in a drawn bin."""

FEWEST_BINS, MOST_BINS, MOST_OF_ONE = 3, 40, 20
"""Bins along an axis; the last where the other axis is not binned, so that a cell is not a thin stripe."""

FEW_LEVELS = 12
"""Largest number of values that are separate cells even without a grid."""

MOST_LEVELS = 300
"""Largest number of lines of a grid; a factor with more values is binned."""

OUTER = 0.5
"""Percent of patients at each end that are left out if they would stretch the axis."""


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells along one axis.

    Attributes
    ----------
    about : Varied
    edges : ndarray, shape (n_cells + 1,)
    centres : ndarray, shape (n_cells,)
    index : ndarray, shape (n,)
        Cell of each patient, -1 for none.
    is_exact : bool
        Whether each cell is one value, not a bin.
    """

    about: Varied
    edges: Array
    centres: Array
    index: RowIndices
    is_exact: bool


@dataclass(frozen=True, eq=False)
class Field:
    """Medians over the cells of two axes.

    Attributes
    ----------
    x, y : Cells
    medians : ndarray, shape (n_y, n_x)
        NaN where no patient has a value, infinite where the median of times to an event is not reached.
    counts, failed : ndarray, shape (n_y, n_x)
        Patients with a value; patients that failed.
    patients : ndarray, shape (n_y, n_x)
        All of them.
    fewest : int
        Patients with a value that a cell needs.
    """

    x: Cells
    y: Cells
    medians: Array
    counts: RowIndices
    failed: RowIndices
    patients: RowIndices
    fewest: int

    @property
    def is_grid(self) -> bool:
        """Whether every cell is a point of the design."""
        return self.x.is_exact and self.y.is_exact

    @property
    def shown(self) -> Array:
        """Medians of the cells with enough patients."""
        return np.where(self.counts >= self.fewest, self.medians, np.nan)

    @property
    def most_failed(self) -> Flags:
        """Cells in which more than half of the patients failed."""
        return np.asarray(2 * self.failed > self.patients)

    @property
    def without_value(self) -> Flags:
        """Cells whose patients did not fail but have no value: the event does not occur."""
        return np.asarray((self.counts == 0) & (self.patients > self.failed))

    @property
    def not_reached(self) -> Flags:
        """Cells with enough patients, of whom fewer than half have had the event."""
        return np.isinf(self.shown)

    @property
    def n_outside(self) -> int:
        """Patients that lie in no cell."""
        return int(((self.x.index < 0) | (self.y.index < 0)).sum())


def field_of(x: Varied, y: Varied, column: OutcomeColumns, failed: Flags) -> Field:
    """Return the field of a result.

    Parameters
    ----------
    x, y : Varied
    column : OutcomeColumns
    failed : ndarray, shape (n,)
        Which patients failed.

    Raises
    ------
    DataError
        If no cell has enough patients.
    """
    horizontal, vertical = _axes(x, y)
    fewest = 1 if horizontal.is_exact and vertical.is_exact else MIN_PATIENTS
    shape = (vertical.centres.size, horizontal.centres.size)
    is_inside = (horizontal.index >= 0) & (vertical.index >= 0)
    cell = vertical.index * shape[1] + horizontal.index
    has_value = is_inside & ~failed & ~np.isnan(column.values)
    medians, counts = medians_by(cell[has_value], column.values[has_value], shape[0] * shape[1])
    if counts.max() < fewest:
        reason = f"{int(has_value.sum())} patients with a value are too few for a map of {x.name} and {y.name}"
        raise DataError(reason, key="of", cure="draw `kind=parallel`, or simulate more patients")
    n_failed, n = (np.bincount(cell[rows], minlength=medians.size) for rows in (is_inside & failed, is_inside))
    if not np.isfinite(medians[counts >= fewest]).any():
        reason = f"the median is reached nowhere over {x.name} and {y.name}"
        raise DataError(reason, key="of", cure="draw `kind=kaplan_meier`, or let the scenario last longer")
    maps = (counts.reshape(shape), n_failed.reshape(shape), n.reshape(shape))
    return Field(horizontal, vertical, medians.reshape(shape), *maps, fewest)


def medians_by(cell: RowIndices, values: Array, n_cells: int) -> tuple[Array, RowIndices]:
    """Return the median of the values of each cell, NaN for an empty one, and how many there are.

    Where half of the values are infinite it is the largest of the others, as of a Kaplan-Meier curve.
    """
    order = np.lexsort((values, cell))
    ranked = values[order]
    counts: RowIndices = np.bincount(cell, minlength=n_cells).astype(np.int64)
    starts = np.cumsum(counts) - counts
    medians = np.full(n_cells, np.nan)
    filled = counts > 0
    low = ranked[starts[filled] + (counts[filled] - 1) // 2]
    high = ranked[starts[filled] + counts[filled] // 2]
    medians[filled] = np.where(np.isinf(high), low, 0.5 * (low + high))
    return medians, counts


def _axes(x: Varied, y: Varied) -> tuple[Cells, Cells]:
    """Return exact cells where the design is a grid or a quantity has few values, bins elsewhere."""
    is_there = np.isfinite(x.scaled) & np.isfinite(y.scaled)
    levels = [np.unique(axis.values[is_there]) for axis in (x, y)]
    n = int(is_there.sum())
    is_grid = _is_grid(x.values[is_there], y.values[is_there], levels)
    exact = [
        bool(axis.choices) or is_grid or distinct.size <= FEW_LEVELS
        for axis, distinct in zip((x, y), levels, strict=True)
    ]
    if all(exact):
        return _exact(x, levels[0]), _exact(y, levels[1])
    if exact[0]:
        return _exact(x, levels[0]), _binned(y, _bins_of_one(n / levels[0].size))
    if exact[1]:
        return _binned(x, _bins_of_one(n / levels[1].size)), _exact(y, levels[1])
    number = int(np.clip((n / PATIENTS_A_BIN) ** 0.5, FEWEST_BINS, MOST_BINS))
    return _binned(x, number), _binned(y, number)


def _is_grid(x: Array, y: Array, levels: list[Array]) -> bool:
    """Return whether at least half of all pairs of values occur."""
    n_x, n_y = levels[0].size, levels[1].size
    if max(n_x, n_y) > MOST_LEVELS or n_x * n_y > 2 * x.size:
        return False
    pairs = np.searchsorted(levels[1], y) * n_x + np.searchsorted(levels[0], x)
    return 2 * np.unique(pairs).size >= n_x * n_y


def _bins_of_one(patients: float) -> int:
    return int(np.clip(patients / PATIENTS_A_BIN, FEWEST_BINS, MOST_OF_ONE))


def _exact(about: Varied, levels: Array) -> Cells:
    if about.choices:
        levels = np.arange(float(max(len(about.choices), levels.max(initial=0.0) + 1.0)))
    index = np.searchsorted(levels, about.values)
    is_level = np.isfinite(about.scaled) & np.isin(about.values, levels)
    return Cells(about, _edges(about, levels), levels, np.where(is_level, index, -1), True)


def _edges(about: Varied, levels: Array) -> Array:
    """Return edges halfway between the levels, on a logarithmic scale where that is theirs."""
    line = np.log10(levels) if about.is_log else levels
    if line.size == 1:
        return np.array([levels[0] * 0.9, levels[0] * 1.1]) if levels[0] else np.array([-0.5, 0.5])
    middle = 0.5 * (line[1:] + line[:-1])
    edges = np.concatenate([[1.5 * line[0] - 0.5 * line[1]], middle, [1.5 * line[-1] - 0.5 * line[-2]]])
    return np.asarray(10.0**edges if about.is_log else edges)


def _binned(about: Varied, n_bins: int) -> Cells:
    line = about.scaled
    finite = line[np.isfinite(line)]
    low, high = finite.min(), finite.max()
    inner = np.percentile(finite, (OUTER, 100.0 - OUTER))
    if inner[1] - inner[0] < 0.8 * (high - low):
        low, high = inner
    edges = np.linspace(low, high, n_bins + 1)
    is_inside = np.isfinite(line) & (line >= low) & (line <= high)
    index = np.clip(np.searchsorted(edges, np.where(is_inside, line, low), side="right") - 1, 0, n_bins - 1)
    centres = 0.5 * (edges[1:] + edges[:-1])
    if about.is_log:
        edges, centres = 10.0**edges, 10.0**centres
    return Cells(about, edges, centres, np.where(is_inside, index, -1), False)
