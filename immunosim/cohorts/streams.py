"""Random numbers that belong to a patient: keyed by seed, name of the draw and number of the patient.

A patient's number is the same in a cohort of any size, in any order, block or process. Knows neither populations nor
events.

References
----------
Salmon, Moraes, Dror and Shaw, Parallel random numbers: as easy as 1, 2, 3, SC11, 2011 (Philox).
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from immunosim.codegen.loader import Array
from immunosim.errors import DataError

PER_COUNT = 4
"""Numbers of 64 bits that Philox gives for each value of its counter."""

SPAN = 1_000_000
"""Patients whose numbers are drawn at once."""


def uniforms(seed: int, name: str, patients: NDArray[np.int64]) -> Array:
    """Return one number between 0 and 1, both excluded, for each patient.

    Parameters
    ----------
    seed : int
        Of the cohort.
    name : str
        Of the draw, such as that of an event; draws of different names are independent.
    patients : ndarray of int, shape (n,)
        Numbers of the patients, from 0.

    Raises
    ------
    DataError
        If a number of a patient is negative.
    """
    patients = np.asarray(patients, np.int64)
    if patients.size and patients.min() < 0:
        raise DataError("holds a negative number of a patient", key="patients", cure="count patients from 0")
    numbers, spans = np.empty(patients.shape), patients // SPAN
    for span in np.unique(spans):
        chosen = spans == span
        numbers[chosen] = _drawn(seed, name, patients[chosen])
    return numbers


def exponentials(seed: int, name: str, patients: NDArray[np.int64]) -> Array:
    """Return one draw from the standard exponential distribution for each patient; see ``uniforms``."""
    return np.asarray(-np.log(uniforms(seed, name, patients)), np.float64)


def _drawn(seed: int, name: str, patients: NDArray[np.int64]) -> Array:
    first = int(patients.min()) // PER_COUNT
    generator = np.random.Philox(key=_key(seed, name))
    generator.advance(first)
    raw = generator.random_raw(int(patients.max()) + 1 - first * PER_COUNT)
    # The middle of one of 2^53 intervals, so that neither 0 nor 1 occurs.
    chosen = raw[patients - first * PER_COUNT] >> np.uint64(11)
    return (chosen.astype(np.float64) + 0.5) * 2.0**-53


def _key(seed: int, name: str) -> NDArray[np.uint64]:
    digest = hashlib.sha256(name.encode()).digest()[:16]
    entropy = [seed, *np.frombuffer(digest, "<u4").tolist()]
    return np.asarray(np.random.SeedSequence(entropy).generate_state(2, np.uint64), np.uint64)
