"""Results that are stored: who failed in them, one patient again, and tables of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from immunosim import ensembles
from immunosim.codegen.loader import say_nothing
from immunosim.ensembles import EnsembleResult, Replay, atlas
from immunosim.ensembles.atlas import FailureAtlas
from immunosim.errors import DataError
from immunosim.sweeps import open_result

if TYPE_CHECKING:
    import xarray as xr

Stored = EnsembleResult | Path | str
"""A result, or the path of one."""


def failure_atlas(result: Stored | xr.Dataset) -> FailureAtlas:
    """Return who failed in an ensemble or a sweep, how, and where in the space of what was varied.

    Parameters
    ----------
    result : EnsembleResult, Path, str or xarray.Dataset

    Raises
    ------
    DataError
        If there is no result.
    """
    if isinstance(result, (EnsembleResult, Path, str)):
        return atlas.failure_atlas(_opened(result).dataset)
    return atlas.failure_atlas(result)


def replay(
    result: Stored,
    patient: int | None = None,
    *,
    trials: int = 10,
    announce: Callable[[str], None] = say_nothing,
) -> Replay:
    """Simulate one patient of an ensemble or a sweep again, alone, and show why the integration failed.

    Parameters
    ----------
    result : EnsembleResult, Path or str
    patient : int, optional
        Counted from 0; by default the first that failed.
    trials : int
        How many of the last trial steps to keep.
    announce : callable
        Told in a sentence when something slow starts.

    Raises
    ------
    DataError
        If there is no such patient, or none failed.
    """
    found = _opened(result)
    chosen = _first_failed(found, result, announce) if patient is None else patient
    return ensembles.replay(found, chosen, n_trials=trials, announce=announce)


def _opened(result: Stored) -> EnsembleResult:
    return result if isinstance(result, EnsembleResult) else open_result(result)


def _first_failed(found: EnsembleResult, result: Stored, announce: Callable[[str], None]) -> int:
    if not found.failed:
        file = None if isinstance(result, EnsembleResult) else str(result)
        cure = "name one of them with `patient` to run it again all the same"
        raise DataError(f"none of its {len(found)} patients failed", file=file, cure=cure)
    announce(f"{len(found.failed)} of {len(found)} patients failed: {found.counts()}; this is the first")
    return found.failed[0]
