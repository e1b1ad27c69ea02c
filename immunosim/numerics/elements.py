"""What kernels do to every element of a vector: whole arrays in Python, loops for numba; see ``compilation.looped``."""

from typing import Any

import numpy as np
import numpy.typing as npt

from immunosim.numerics.compilation import looped

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def _copy_into(target: npt.NDArray[Any], source: npt.NDArray[Any]) -> None:
    for i in range(target.size):
        target[i] = source[i]


@looped(_copy_into)
def copy_into(target: npt.NDArray[Any], source: npt.NDArray[Any]) -> None:
    """Copy a vector, as far as the target goes."""
    target[:] = source[: target.size]


def _gather(vector: Array, lane: int, out: Array) -> None:
    for i in range(out.size):
        out[i] = vector[i, lane]


@looped(_gather)
def gather(vector: Array, lane: int, out: Array) -> None:
    """Copy one lane out of a vector over lanes."""
    out[:] = vector[: out.size, lane]


def _scatter(values: Array, vector: Array, lane: int) -> None:
    for i in range(values.size):
        vector[i, lane] = values[i]


@looped(_scatter)
def scatter(values: Array, vector: Array, lane: int) -> None:
    """Copy values into one lane of a vector over lanes."""
    vector[: values.size, lane] = values


def _add_scaled(total: Array, share: float, values: Array) -> None:
    for i in range(total.size):
        total[i] += share * values[i]


@looped(_add_scaled)
def add_scaled(total: Array, share: float, values: Array) -> None:
    """Add a multiple of a vector to another."""
    total += share * values


def _add_into(total: Array, values: Array) -> None:
    for i in range(total.size):
        total[i] += values[i]


@looped(_add_into)
def add_into(total: Array, values: Array) -> None:
    """Add a vector to another."""
    total += values


def _clear(values: Array) -> None:
    for i in range(values.size):
        values[i] = 0.0


@looped(_clear)
def clear(values: Array) -> None:
    """Set a vector to zero."""
    values[:] = 0.0


def _clear_counts(values: Integers) -> None:
    for i in range(values.size):
        values[i] = 0


@looped(_clear_counts)
def clear_counts(values: Integers) -> None:
    """Set counts to zero."""
    values[:] = 0


def _fill_with_nan(values: Array, start: int) -> None:
    for i in range(start, values.shape[0]):
        for j in range(values.shape[1]):
            values[i, j] = np.nan


@looped(_fill_with_nan)
def fill_with_nan(values: Array, start: int) -> None:
    """Mark the output of a row from a time on as not available."""
    values[start:] = np.nan


def _first_non_finite(values: Array) -> int:
    for i in range(values.size):
        if not np.isfinite(values[i]):
            return i
    return -1


@looped(_first_non_finite)
def first_non_finite(values: Array) -> int:
    """Return the index of the first NaN or infinite value, -1 if there is none."""
    wrong = ~np.isfinite(values)
    return int(wrong.argmax()) if wrong.any() else -1


def _first_below(values: Array, tolerance: Array) -> int:
    for i in range(values.size):
        if values[i] < -tolerance[i]:
            return i
    return -1


@looped(_first_below)
def first_below(values: Array, tolerance: Array) -> int:
    """Return the index of the first value below minus its tolerance, -1 if there is none."""
    wrong = values < -tolerance
    return int(wrong.argmax()) if wrong.any() else -1


def _largest_scaled(values: Array, size: Array, other_size: Array, atol: Array, rtol: float) -> tuple[float, int]:
    largest = 0.0
    place = 0
    for i in range(values.size):
        scaled = abs(values[i]) / (atol[i] + rtol * max(abs(size[i]), abs(other_size[i])))
        if scaled > largest:
            largest = scaled
            place = i
    return largest, place


@looped(_largest_scaled)
def largest_scaled(values: Array, size: Array, other_size: Array, atol: Array, rtol: float) -> tuple[float, int]:
    """Return the largest value in units of the tolerance at the larger of two sizes, and its index; NaN are passed."""
    if not values.size:
        return 0.0, 0
    one, other = np.abs(size), np.abs(other_size)
    scaled = np.abs(values) / (atol + rtol * np.where(other > one, other, one))  # as ``max``, where one is NaN
    scaled[np.isnan(scaled)] = 0.0
    place = int(scaled.argmax())
    return float(scaled[place]), place
