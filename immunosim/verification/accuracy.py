"""Comparison with a reference solution, and a check for negative pools.

Errors are relative to each pool's own value and maximum: a norm over all pools would let 1e4 naive cells hide a wrong
clone of 1e-3.
"""

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.problem import Problem
from immunosim.verification.records import Check
from immunosim.verification.reference import FLOOR, Reference

LARGEST_ERROR = 1e-4

# Rounding error relative to a pool's magnitude.
ROUND_OFF = 1e-9


def errors_against(reference: Reference, times: Array, states: Array) -> Array:
    """Return |y - ref| / (|ref| + 1e-4 max |ref|), shape (n_times, n_pools).

    Parameters
    ----------
    reference : Reference
    times : ndarray, shape (n_times,), day
        Among those of the reference.
    states : ndarray, shape (n_times, n_pools)
    """
    true = reference.at(times)
    errors: Array = np.abs(states - true) / (np.abs(true) + FLOOR * reference.magnitudes)
    return errors


def check_accuracy(problem: Problem, errors: Array, times: Array, label: str) -> Check:
    """Check the largest of the errors, shape (n_times, n_pools)."""
    row, pool = np.unravel_index(int(np.argmax(errors)), errors.shape)
    where = f"{problem.model.pools[pool]} on day {times[row]:.6g}"
    return Check("accuracy", f"largest error against {label}", float(errors[row, pool]), LARGEST_ERROR, where)


def check_signs(problem: Problem, states: Array, magnitudes: Array) -> Check:
    """Check that no pool is below zero in any of the states, shape (n, n_pools), beyond rounding."""
    depths = np.maximum(0.0, -states.min(axis=0) / magnitudes)
    pool = int(np.argmax(depths))
    where = problem.model.pools[pool] if depths[pool] else "no pool"
    return Check("signs", "deepest pool below zero, as a share of its maximum", float(depths[pool]), ROUND_OFF, where)
