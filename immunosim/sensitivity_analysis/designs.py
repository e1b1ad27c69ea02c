"""Designs of the unit cube for global sensitivity analysis, from SALib.

Rows come in blocks that an estimator needs whole: the rows around a base point (Sobol), a trajectory (Morris), a row
(PAWN).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from immunosim.codegen.loader import Array
from immunosim.errors import DataError, did_you_mean

LEVELS = 4
"""Levels of a Morris trajectory, SALib's default."""

DEFAULTS = {"sobol": 1024, "morris": 50, "pawn": 2048}
"""Default number of base points, trajectories or rows."""

LEAST = {"sobol": 16, "morris": 4, "pawn": 100}
"""Smallest number of blocks for an estimate."""


@dataclass(frozen=True, eq=False)
class Cube:
    """Points of the unit cube.

    Attributes
    ----------
    method : str
    unit : ndarray, shape (n, n_factors)
    rows_per_block : int
    has_second_order : bool
    """

    method: str
    unit: Array
    rows_per_block: int
    has_second_order: bool = False

    @property
    def n_blocks(self) -> int:
        """Number of blocks."""
        return len(self.unit) // self.rows_per_block


def rows_of(method: str, n_factors: int, n: int, second_order: bool = False) -> int:
    """Return the number of patients of a design."""
    return n * {"sobol": (2 if second_order else 1) * n_factors + 2, "morris": n_factors + 1, "pawn": 1}[method]


def problem_of(n_factors: int) -> dict[str, Any]:
    """Return the unit cube as SALib describes it."""
    names = [f"x{j}" for j in range(n_factors)]
    return {"num_vars": n_factors, "names": names, "bounds": [[0.0, 1.0]] * n_factors}


def cube_of(method: str, n_factors: int, n: int, seed: int, second_order: bool = False) -> Cube:
    """Draw a design.

    Parameters
    ----------
    method : str
        ``sobol``, ``morris`` or ``pawn``.
    n_factors : int
    n : int
        Base points, trajectories or rows.
    seed : int
    second_order : bool
        Of Sobol indices, whether those of pairs are estimated, which nearly doubles the rows.

    Raises
    ------
    DataError
        If SALib is missing, the method is unknown, or n does not suit it.
    """
    try:
        from SALib.sample import latin, morris, sobol
    except ImportError as error:
        cure = "run: python -m pip install 'immunosim[sweep]'"
        raise DataError("sensitivity analysis needs the package SALib", key="method", cure=cure) from error
    if method not in LEAST:
        raise DataError(f'unknown method "{method}"', key="method", cure=did_you_mean(method, LEAST))
    if n < LEAST[method]:
        raise DataError(f"{n} is too few for {method}", key="-n", cure=f"ask for {LEAST[method]} or more")
    problem = problem_of(n_factors)
    if method == "morris":
        return Cube(method, morris.sample(problem, n, num_levels=LEVELS, seed=seed), n_factors + 1)
    if method == "pawn":
        return Cube(method, latin.sample(problem, n, seed=seed), 1)
    if n & (n - 1):
        below = 1 << (n.bit_length() - 1)
        raise DataError(f"{n} is not a power of two", key="-n", cure=f"ask for {below} or {2 * below} base points")
    unit = sobol.sample(problem, n, calc_second_order=second_order, seed=seed)
    return Cube(method, unit, rows_of(method, n_factors, 1, second_order), second_order)
