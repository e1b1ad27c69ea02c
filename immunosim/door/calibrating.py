"""Calibration of a population to targets: set up, refused or run, and its files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from immunosim.calibration.result import CalibrationResult
from immunosim.calibration.running import PROGRESS, CalibrationRun, StepWatch
from immunosim.calibration.setup import CalibrationSetup, located_calibration, read_calibration, set_up
from immunosim.codegen.loader import say_nothing
from immunosim.door.calibration_files import write_calibration
from immunosim.door.watching import Quiet
from immunosim.errors import DataError
from immunosim.machine import cores
from immunosim.models.registry import DEFAULT_MODEL


def calibrate(
    file: Path | str,
    *,
    seed: int | None = None,
    model: str = DEFAULT_MODEL,
    path: Path | str | None = None,
    resume: bool = False,
    n_threads: int | None = None,
    announce: Callable[[str], None] = say_nothing,
) -> CalibrationResult:
    """Fit typical values, spreads, shares of strata and factors of cohorts to published targets.

    Parameters
    ----------
    file : Path or str
        A calibration file, or the name of one that comes with the model.
    seed : int, optional
        Of the patients, in place of that of the file.
    model : str
        The model whose calibrations have names.
    path : Path or str, optional
        A folder for progress and results; by default nothing is written.
    resume : bool
        Continue what is stored in the folder; begin where there is nothing.
    n_threads : int, optional
        By default one for each core; it does not change any number.
    announce : callable
        Told in a sentence after each iteration.

    Raises
    ------
    DataError, ScenarioError, ParameterError
        If a file is at fault, a free quantity does not exist, or the folder holds an earlier calibration.
    OutputError
        If the folder cannot be written.
    """
    folder = None if path is None else Path(path)
    if folder is not None:
        refuse_earlier(folder, resume)
    setup = calibration_setup(file, model, seed, announce)
    result, _ = run_calibration(setup, folder, n_threads, Quiet(announce))
    return result


def calibration_setup(
    file: Path | str, model: str = DEFAULT_MODEL, seed: int | None = None, announce: Callable[[str], None] = say_nothing
) -> CalibrationSetup:
    """Return a calibration that can be run.

    Raises
    ------
    DataError, ScenarioError, ParameterError
        As ``calibrate`` does.
    """
    path = located_calibration(file, model)
    return set_up(read_calibration(path), path, announce, seed)


def run_calibration(
    setup: CalibrationSetup, folder: Path | None, n_threads: int | None, watch: StepWatch
) -> tuple[CalibrationResult, list[Path]]:
    """Return the result of a calibration, and the files that were written.

    Raises
    ------
    DataError, OutputError
        As ``calibrate`` does.
    """
    result = CalibrationRun(setup, folder, n_threads or cores(), watch).result()
    return result, [] if folder is None else write_calibration(result, folder)


def refuse_earlier(folder: Path, is_resumed: bool) -> None:
    """Refuse a folder with an earlier calibration, unless it is to be continued.

    Raises
    ------
    DataError
        If there is one.
    """
    if not is_resumed and (folder / PROGRESS).exists():
        cure = "continue it with resume, or choose another folder"
        raise DataError("holds an earlier calibration", file=str(folder), key="path", cure=cure)


def forget_earlier(folder: Path) -> None:
    """Delete the progress of an earlier calibration; its results are replaced at the end."""
    (folder / PROGRESS).unlink(missing_ok=True)
