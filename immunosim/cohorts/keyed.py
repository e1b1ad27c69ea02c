"""Random numbers keyed by seed, patient and name: the same for a patient in any order, chunk or number of patients.

Independent numbers come from the counter-based generator Philox, whose counter is the patient. Sobol points are
those of ``scipy.stats.qmc``, with a random digital shift keyed by seed and name. Knows neither populations nor events.

References
----------
Salmon, Moraes, Dror and Shaw, Parallel random numbers: as easy as 1, 2, 3, SC11, 2011 (Philox).
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from immunosim.codegen.loader import Array
from immunosim.ensembles.columns import RowIndices
from immunosim.errors import DataError

BITS = 52
"""Random bits of a number: with half a step added, no number is 0 or 1."""

SOBOL_BITS = 30
MOST_PATIENTS = 2**SOBOL_BITS
"""Number of points of the Sobol sequence."""

WORDS_PER_COUNTER = 4
"""Numbers that Philox yields for each value of its counter; the first is used."""

MOST_SKIPPED = 64
"""Patients whose numbers are drawn and not used where the requested ones lie apart; beyond, the counter is moved."""


def uniform(seed: int, name: str, patients: RowIndices) -> Array:
    """Return independent uniform numbers, each strictly between 0 and 1.

    Parameters
    ----------
    seed : int
    name : str
        Of the variable, such as a trait or an event.
    patients : ndarray of int, shape (n,)
        Numbers of the patients, from 0.

    Returns
    -------
    ndarray, shape (n,)

    Raises
    ------
    DataError
        If the number of a patient is negative or beyond the Sobol sequence.
    """
    refuse_impossible(patients)
    numbers = np.empty(len(patients), np.uint64)
    for first, end, rows, index in _runs(patients):
        generator = np.random.Philox(key=_key(seed, name)).advance(first)
        words = generator.random_raw(WORDS_PER_COUNTER * (end - first)).reshape(-1, WORDS_PER_COUNTER)
        numbers[rows] = words[index, 0]
    return _open(numbers >> np.uint64(64 - BITS))


def exponential(seed: int, name: str, patients: RowIndices) -> Array:
    """Return independent draws from the standard exponential distribution; see ``uniform``."""
    return np.asarray(-np.log(uniform(seed, name, patients)), np.float64)


def event_gap(seed: int, name: str, number: int, patients: RowIndices) -> Array:
    """Return the hazard that each patient gathers before the next event of a kind, shape (n,).

    Parameters
    ----------
    seed : int
    name : str
        The hazard.
    number : int
        Events before; the draw for the first event is the same whether later ones count or not.
    patients : ndarray of int, shape (n,)
    """
    return exponential(seed, f"{name}, event {number}" if number else f"event of {name}", patients)


def refuse_impossible(patients: RowIndices) -> None:
    """Raise a DataError if the number of a patient is negative or beyond the Sobol sequence."""
    if patients.size and (patients.min() < 0 or patients.max() >= MOST_PATIENTS):
        reason = f"patients are numbered from 0 to {MOST_PATIENTS - 1:,}"
        raise DataError(reason, key="patients", cure="count patients from 0")


@dataclass(frozen=True, eq=False)
class SobolPoints:
    """Points of a shifted Sobol sequence, one dimension for each name.

    Attributes
    ----------
    seed : int
    names : sequence of str
        The order is that of the dimensions: a name added at the end changes no other.
    """

    seed: int
    names: Sequence[str]
    _lock: Any = field(default_factory=Lock, repr=False)

    def points(self, patients: RowIndices) -> Array:
        """Return the numbers of patients, shape (n, n_names), each strictly between 0 and 1."""
        numbers = np.empty((len(patients), len(self.names)), np.uint64)
        with self._lock:
            for first, end, rows, index in _runs(patients):
                numbers[rows] = self._unshifted(first, end)[index]
        return _open(numbers ^ self._shifts)

    @cached_property
    def _shifts(self) -> NDArray[np.uint64]:
        words = [np.random.Philox(key=_key(self.seed, name)).random_raw() for name in self.names]
        return np.array(words, np.uint64) >> np.uint64(64 - BITS)

    @cached_property
    def _sequence(self) -> Any:
        from scipy.stats import qmc

        return qmc.Sobol(len(self.names), scramble=False, bits=SOBOL_BITS)

    def _unshifted(self, first: int, end: int) -> NDArray[np.uint64]:
        # Moving forward skips points quickly; moving back restarts the sequence.
        sequence = self._sequence
        if first < sequence.num_generated:
            sequence.reset()
        if first > sequence.num_generated:
            sequence.fast_forward(first - sequence.num_generated)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="The balance properties")
            points = sequence.random(end - first)
        whole: NDArray[np.uint64] = (points * 2.0**SOBOL_BITS).astype(np.uint64) << np.uint64(BITS - SOBOL_BITS)
        return whole


def _key(seed: int, name: str) -> int:
    """Return the key of a stream, 128 bits."""
    return int.from_bytes(hashlib.sha256(f"{seed}\0{name}".encode()).digest()[:16], "little")


def _open(numbers: NDArray[np.uint64]) -> Array:
    values: Array = (numbers.astype(np.float64) + 0.5) * 2.0**-BITS
    return values


def _runs(patients: RowIndices) -> Iterator[tuple[int, int, RowIndices, RowIndices]]:
    """Yield runs of nearly consecutive patients: first, end, their rows, and the position of each in the run."""
    order = np.argsort(patients, kind="stable")
    ordered = patients[order]
    cuts = np.flatnonzero(np.diff(ordered) > MOST_SKIPPED) + 1
    for rows, numbers in zip(np.split(order, cuts), np.split(ordered, cuts), strict=True):
        if len(numbers):
            yield int(numbers[0]), int(numbers[-1]) + 1, rows, numbers - numbers[0]
