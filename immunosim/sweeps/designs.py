"""Designs of a sweep: a full grid, a space-filling design of the unit cube, or the rows of a table.

A design yields any slice of its rows without the others, so that a sweep can be divided, resumed and distributed; only
a Latin hypercube is drawn whole. Points come from ``scipy.stats.qmc``.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.errors import DataError
from immunosim.sweeps.factors import Factor

KINDS = ("grid", "latin_hypercube", "sobol")

MOST_DRAWN = 2**28
"""Largest number of values in a Latin hypercube, which is drawn whole: 2 GiB."""

MOST_SOBOL = 2**30
"""Largest number of points of a Sobol sequence with 30 bits."""


class Design(Protocol):
    """The rows of a sweep."""

    @property
    def n(self) -> int:
        """Number of rows."""

    def rows(self, start: int, stop: int) -> Array:
        """Return the values of the factors, shape (stop - start, n_factors)."""

    def describe(self) -> dict[str, Any]:
        """Return the parameters that determine the rows, as plain values."""


@dataclass(frozen=True)
class Grid:
    """Every combination of the factors' levels; the last factor runs fastest."""

    factors: tuple[Factor, ...]
    n_levels: int

    @cached_property
    def levels(self) -> list[Array]:
        """Levels of each factor."""
        return [factor.levels(self.n_levels) for factor in self.factors]

    @property
    def n(self) -> int:
        """Number of rows."""
        return math.prod(len(levels) for levels in self.levels)

    def rows(self, start: int, stop: int) -> Array:
        """Return the values of the factors, shape (stop - start, n_factors)."""
        places = np.unravel_index(np.arange(start, stop), [len(levels) for levels in self.levels])
        return np.stack([levels[index] for levels, index in zip(self.levels, places, strict=True)], axis=1)

    def describe(self) -> dict[str, Any]:
        """Return the parameters that determine the rows, as plain values."""
        return {"kind": "grid", "levels": self.n_levels}


@dataclass(frozen=True)
class Filling:
    """A space-filling design of the unit cube."""

    kind: str
    factors: tuple[Factor, ...]
    n: int
    seed: int

    def rows(self, start: int, stop: int) -> Array:
        """Return the values of the factors, shape (stop - start, n_factors)."""
        unit = self._drawn[start:stop] if self.kind == "latin_hypercube" else self._sobol(start, stop)
        return np.stack([factor.at(unit[:, j]) for j, factor in enumerate(self.factors)], axis=1)

    @cached_property
    def _drawn(self) -> Array:
        from scipy.stats import qmc

        drawn: Array = qmc.LatinHypercube(len(self.factors), rng=self.seed).random(self.n)
        return drawn

    @cached_property
    def _sequence(self) -> Any:
        from scipy.stats import qmc

        return qmc.Sobol(len(self.factors), rng=self.seed)

    def _sobol(self, start: int, stop: int) -> Array:
        # Skipped points are drawn all the same: moving forward is cheap, moving back restarts the sequence.
        sequence = self._sequence
        if start < sequence.num_generated:
            sequence.reset()
        if start > sequence.num_generated:
            sequence.fast_forward(start - sequence.num_generated)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="The balance properties")
            points: Array = sequence.random(stop - start)
        return points

    def describe(self) -> dict[str, Any]:
        """Return the parameters that determine the rows, as plain values."""
        return {"kind": self.kind, "n": self.n, "seed": self.seed}


@dataclass(frozen=True, eq=False)
class Listed:
    """Rows that are given, shape (n, n_factors)."""

    values: Array

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.values)

    def rows(self, start: int, stop: int) -> Array:
        """Return the values of the factors, shape (stop - start, n_factors)."""
        return self.values[start:stop]

    def describe(self) -> dict[str, Any]:
        """Return the parameters that determine the rows, as plain values."""
        import hashlib

        content = np.ascontiguousarray(self.values).tobytes()
        return {"kind": "rows", "n": self.n, "sha256": hashlib.sha256(content).hexdigest()}


def design_of(kind: str, factors: Sequence[Factor], n: int, seed: int) -> Design:
    """Return a design.

    Parameters
    ----------
    kind : str
        One of ``KINDS``.
    factors : sequence of Factor
    n : int
        Rows; of a grid, levels of each range.
    seed : int

    Raises
    ------
    DataError
        If there is no such design, or it cannot be drawn.
    """
    if kind not in KINDS:
        raise DataError(f'unknown design "{kind}"', key="design", cure=f"choose from {', '.join(KINDS)}")
    if n < 1:
        raise DataError(f"a design of {n} rows or levels", key="-n", cure="ask for 1 or more")
    if seed < 0:
        raise DataError(f"{seed} is negative", key="seed", cure="give 0 or more")
    if kind == "grid":
        return Grid(tuple(factors), n)
    if kind == "sobol" and n > MOST_SOBOL:
        raise DataError(f"a Sobol sequence has at most {MOST_SOBOL:,} points", key="-n", cure="ask for fewer")
    if kind == "latin_hypercube" and n * len(factors) > MOST_DRAWN:
        reason = f"a Latin hypercube of {n:,} rows must be drawn whole, which takes too much memory"
        raise DataError(reason, key="design", cure="choose sobol, which is drawn block by block")
    return Filling(kind, tuple(factors), n, seed)
