"""Indices of global sensitivity with intervals, from outcomes of which some may be missing.

Estimators are SALib's. A block (see ``designs``) with a missing outcome is left out whole: the indices then describe
those blocks that are complete, never a mixture. Interval half-widths are bootstrapped over blocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from immunosim.codegen.loader import Array
from immunosim.sensitivity_analysis.designs import LEAST, LEVELS, Cube, problem_of

METHODS = ("sobol", "morris", "pawn", "local")

RESAMPLES = 200
SLIDES = 10
"""Conditioning intervals of PAWN, SALib's default."""

DUMMIES = 50
"""Quantities without effect, from which PAWN's chance level is taken."""

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class IndexEstimate:
    """Indices of one outcome.

    Attributes
    ----------
    values, half_widths : dict of str to ndarray, shape (n_factors,) or (n_factors, n_factors)
        By the name of the index; NaN where there is none.
    n_blocks : int
        Blocks that were used.
    remark : str
        Why there are no indices; empty if there are.
    """

    values: dict[str, Array]
    half_widths: dict[str, Array]
    n_blocks: int
    remark: str = ""


def estimate(cube: Cube, outcome: Array, is_known: Flags, confidence: float, seed: int) -> IndexEstimate:
    """Return the indices of one outcome.

    Parameters
    ----------
    cube : Cube
    outcome : ndarray, shape (n,)
    is_known : ndarray of bool, shape (n,)
    confidence : float
        Of the intervals, such as 0.95.
    seed : int
        Of the bootstrap.
    """
    complete = is_known.reshape(-1, cube.rows_per_block).all(axis=1)
    n_blocks, n_factors = int(complete.sum()), cube.unit.shape[1]
    if n_blocks < LEAST[cube.method]:
        return _nothing(cube, n_blocks, f"only {n_blocks} complete blocks are left, {LEAST[cube.method]} are needed")
    rows = np.repeat(complete, cube.rows_per_block)
    unit, known = cube.unit[rows], outcome[rows]
    if np.ptp(known) <= 1e-12 * np.abs(known).max():
        return _nothing(cube, n_blocks, "the outcome is the same for all patients")
    # SALib takes a seed of 0 for none.
    arguments = (problem_of(n_factors), unit, known, confidence, seed + 1)
    values, half_widths = _ESTIMATORS[cube.method](*arguments, cube.has_second_order)
    return IndexEstimate(values, half_widths, n_blocks)


def names_of(cube: Cube) -> tuple[str, ...]:
    """Return the names of the indices that a design gives."""
    names = {"sobol": ("S1", "ST"), "morris": ("mu_star", "mu", "sigma"), "pawn": ("median", "chance")}[cube.method]
    return (*names, "S2") if cube.has_second_order else names


def _nothing(cube: Cube, n_blocks: int, remark: str) -> IndexEstimate:
    n = cube.unit.shape[1]
    empty = {name: np.full((n, n) if name == "S2" else n, np.nan) for name in names_of(cube)}
    return IndexEstimate(empty, dict(empty), n_blocks, remark)


Found = tuple[dict[str, Array], dict[str, Array]]


def _sobol(problem: dict[str, object], unit: Array, y: Array, confidence: float, seed: int, pairs: bool) -> Found:
    from SALib.analyze import sobol

    indices = sobol.analyze(
        problem, y, calc_second_order=pairs, num_resamples=RESAMPLES, conf_level=confidence, seed=seed
    )
    names = ("S1", "ST", "S2") if pairs else ("S1", "ST")
    return {name: np.asarray(indices[name]) for name in names}, {
        name: np.asarray(indices[f"{name}_conf"]) for name in names
    }


def _morris(problem: dict[str, object], unit: Array, y: Array, confidence: float, seed: int, pairs: bool) -> Found:
    from SALib.analyze import morris

    indices = morris.analyze(
        problem, unit, y, num_resamples=RESAMPLES, conf_level=confidence, num_levels=LEVELS, seed=seed
    )
    values = {name: np.asarray(indices[name], np.float64) for name in ("mu_star", "mu", "sigma")}
    unknown = np.full(len(values["mu"]), np.nan)
    half = {"mu_star": np.asarray(indices["mu_star_conf"], np.float64), "mu": unknown, "sigma": unknown}
    return values, half


def _pawn(problem: dict[str, object], unit: Array, y: Array, confidence: float, seed: int, pairs: bool) -> Found:
    """Return PAWN indices; ``chance`` is what a quantity without any effect seldom exceeds."""
    from scipy.stats import norm

    generator = np.random.default_rng(seed)
    median = _pawn_medians(unit, y)
    resampled = []
    for _ in range(RESAMPLES // 4):  # a Kolmogorov-Smirnov distance for each slide makes it the slowest estimator
        rows = generator.integers(len(y), size=len(y))
        resampled.append(_pawn_medians(unit[rows], y[rows]))
    z = norm.ppf(0.5 + confidence / 2)
    half = z * np.std(resampled, axis=0, ddof=1)
    return (
        {"median": median, "chance": np.full(len(median), _chance(len(y), confidence))},
        {"median": half, "chance": np.full(len(median), np.nan)},
    )


@lru_cache(maxsize=64)
def _chance(n: int, confidence: float) -> float:
    """Return what quantities without effect seldom exceed; the distance does not depend on how outcomes are spread."""
    generator = np.random.default_rng(0)
    dummies = _pawn_medians(generator.random((n, DUMMIES)), generator.random(n))
    return float(np.quantile(dummies, confidence))


def _pawn_medians(unit: Array, y: Array) -> Array:
    from SALib.analyze import pawn

    indices = pawn.analyze(problem_of(unit.shape[1]), unit, y, S=SLIDES)
    return np.asarray(indices["median"], np.float64)


_ESTIMATORS = {"sobol": _sobol, "morris": _morris, "pawn": _pawn}
