"""The page of results on disk: of a fit, a forecast, a sweep or a cohort, from their files alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from immunosim.cohorts import CohortResult
from immunosim.cohorts.targeted import TargetedCohorts
from immunosim.door.stored import presented
from immunosim.errors import DataError
from immunosim.files import readable, write_file
from immunosim.report.patient_figures import AnyTarget, page_of_cohort

PAGE = "report.html"
RECORDS = {"fit.json": "data", "forecast.json": "data"}
"""Files of results with a page, and the key without which an earlier version wrote them."""

STORES = (".nc", ".zarr")
"""Endings of the results of sweeps and ensembles."""


def write_report(result: Path | str, path: Path | str | None = None, *, targets: Sequence[AnyTarget] = ()) -> Path:
    """Write the page of results that are on disk, whole or not at all, and return its path.

    Parameters
    ----------
    result : Path or str
        A folder of a fit or a forecast, its fit.json or forecast.json, or a sweep (a .zarr folder or a .nc file).
    path : Path or str, optional
        By default report.html in the folder, or <name>_report.html beside a sweep or a cohort.
    targets : sequence of PublishedTarget, Path or str
        Published numbers, their files, or names of those of the model, with which a cohort is compared.

    Raises
    ------
    DataError
        If it holds no such result, or an earlier version wrote it.
    OutputError
        If the location is not writable.
    """
    source = Path(result)
    record = record_of(source)
    if record is not None:
        _refuse_targets(targets, source)
        target = Path(path) if path else record.with_name(PAGE)
        write_file(target, _page(record))
        return target
    if not is_result(source):
        cure = "name the folder of a fit or a forecast, or a sweep (.zarr or .nc)"
        raise DataError("holds no result with a page", file=str(source), cure=cure)
    target = Path(path) if path else source.with_name(f"{source.stem}_{PAGE}")
    shown = presented(source)
    if isinstance(shown, CohortResult):
        write_file(target, page_of_cohort(shown, targets))
        return target
    _refuse_targets(targets, source)
    return shown.report(target)


def pages_of(compared: TargetedCohorts) -> dict[str, bytes]:
    """Return the page of each cohort that was compared with targets, by file name.

    Parameters
    ----------
    compared : TargetedCohorts
    """
    published = [result.target for result in compared.targets.results]
    return {
        f"{name or 'cohort'}_{PAGE}": page_of_cohort(
            cohort,
            [target for target in published if not name or target.cohort in ("", name)],
            compared.targets.sets,
        )
        for name, cohort in compared.cohorts.items()
    }


def _refuse_targets(targets: Sequence[AnyTarget], source: Path) -> None:
    if targets:
        raise DataError("holds no cohort", file=str(source), key="targets", cure="leave targets out")


def is_result(path: Path) -> bool:
    """Return whether a path is a result with a page, rather than a scenario."""
    return record_of(path) is not None or (path.suffix in STORES and path.exists())


def record_of(path: Path) -> Path | None:
    """Return the record of a fit or a forecast in a folder, or that a path names."""
    candidates = [path] if path.name in RECORDS else [path / name for name in RECORDS]
    return next((file for file in candidates if file.is_file()), None)


def _page(file: Path) -> bytes:
    from immunosim.report.page.fit import fit_page
    from immunosim.report.page.forecast import forecast_page

    record = _read(file)
    return fit_page(record) if file.name == "fit.json" else forecast_page(record)


def _read(file: Path) -> dict[str, Any]:
    with readable(file):
        text = file.read_bytes()
    try:
        record = json.loads(text)
    except ValueError as error:
        raise DataError(f"is not JSON ({error})", file=str(file), cure="compute the result again") from error
    if not isinstance(record, dict) or RECORDS[file.name] not in record:
        reason = "holds no data, without which it has no page: an earlier version wrote it"
        raise DataError(reason, file=str(file), cure="compute the result again")
    return record
