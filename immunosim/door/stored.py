"""Results that are stored: opened, merged, their checksum, who failed in them, and one patient again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from immunosim import ensembles
from immunosim.codegen.loader import say_nothing
from immunosim.cohorts.result import CohortResult, cohort_of
from immunosim.ensembles import EnsembleResult, Replay, atlas
from immunosim.ensembles.atlas import FailureAtlas
from immunosim.errors import DataError
from immunosim.files import write_file
from immunosim.sweeps import digest_of as digest_of
from immunosim.sweeps import open_result
from immunosim.sweeps.merging import merge_stores as merge_stores
from immunosim.sweeps.result import SweepResult
from immunosim.sweeps.result import sweep_in as sweep_in

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
        return atlas.failure_atlas(opened(result).dataset)
    return atlas.failure_atlas(result)


def replay(
    result: Stored,
    patient: int | None = None,
    *,
    trials: int = 10,
    path: Path | str | None = None,
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
    path : Path or str, optional
        Where to write the patient as a scenario, with the parameters and all doses that were given; a file there is
        replaced. By default nothing is written.
    announce : callable
        Told in a sentence when something slow starts.

    Raises
    ------
    DataError
        If there is no such patient, none failed, or no scenario can say what is to be written.
    OutputError
        If the path cannot be written.
    """
    ensemble = opened(result)
    chosen = _first_failed(ensemble, result, announce) if patient is None else patient
    again = ensembles.replay(ensemble, chosen, n_trials=trials, announce=announce)
    if path is not None and not again.scenario:
        reason = f"patient {chosen} cannot be written: it is refused, or infusions of a drug overlap"
        raise DataError(reason, file=str(path), cure="leave out `path` to see how it ends")
    if path is not None:
        write_file(Path(path), again.scenario.encode())
    return again


def opened(result: Stored) -> EnsembleResult:
    """Return a result that may be given by its path."""
    return result if isinstance(result, EnsembleResult) else open_result(result)


def presented(result: Stored) -> EnsembleResult | CohortResult:
    """Return a result as a cohort, whose statistics are weighted, where it is one; else as the ensemble that it is."""
    stored = opened(result)
    if isinstance(stored, SweepResult) and "population" in stored.identity:
        return cohort_of(stored, str(result))
    return stored


def _first_failed(ensemble: EnsembleResult, result: Stored, announce: Callable[[str], None]) -> int:
    if not ensemble.failed:
        file = None if isinstance(result, EnsembleResult) else str(result)
        cure = "name one of them with `patient` to run it again all the same"
        raise DataError(f"none of its {len(ensemble)} patients failed", file=file, cure=cure)
    announce(f"{len(ensemble.failed)} of {len(ensemble)} patients failed: {ensemble.counts()}; this is the first")
    return ensemble.failed[0]
