"""The files of a run, and the folder that holds them, written atomically.

Every file is made in memory first; then all go into a temporary folder beside the target, which takes its name at the
end. An interruption or a full disk leaves the target as it was. Nothing here depends on the clock: the same run gives
the same bytes.
"""

from __future__ import annotations

import math
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import numpy as np

from immunosim.errors import any_of
from immunosim.files import OutputError, default_mode, explained, sync_folder, sync_tree
from immunosim.report.netcdf import netcdf
from immunosim.report.provenance import INTENDED_USE, model_description, software
from immunosim.safe_text import json_text
from immunosim.scenario import Scenario, output_times, to_toml
from immunosim.trajectory import Trajectory


@dataclass(frozen=True)
class FolderKind:
    """The contents of a folder of results.

    Attributes
    ----------
    signature : frozenset of str
        Files that it always holds: a folder without them is foreign and is never replaced.
    others : tuple of str
        All other files that immunosim writes into it; ``*`` is a wildcard.
    """

    signature: frozenset[str]
    others: tuple[str, ...]

    def foreign(self, present: Iterable[str]) -> list[str]:
        """Return the files that immunosim did not write there."""
        known = (*self.signature, *self.others)
        return sorted(name for name in present if not any(fnmatch(name, pattern) for pattern in known))


RUN = FolderKind(
    frozenset({"scenario.toml", "summary.json"}),
    ("trajectory.nc", "trajectory.csv", "figure.png", "verify.json", "report.html", "figure.pdf"),
)
FIT = FolderKind(
    frozenset({"fit.json", "parameters.csv"}),
    (
        *("fitted*.toml", "course*.png", "profiles.*", "waterfall.png", "posterior.nc", "population.csv"),
        *("individuals.csv", "petab", "report.html"),
        *("predictions.csv", "observed_predicted.png", "residuals.png", "vpc.png", "shrinkage.png", "pairs.png"),
    ),
)
PROFILE = FolderKind(frozenset({"profiles.json", "profiles.csv"}), ("profiles.png",))
SAMPLE = FolderKind(frozenset({"posterior.nc", "sample.json"}), ("pairs.png", "vpc.png"))
FORECAST = FolderKind(frozenset({"forecast.json", "forecast.csv"}), ("forecast*.png", "report.html"))
COMPARISON = FolderKind(
    frozenset({"comparison.json", "differences.csv"}),
    ("attribution.csv", "overlay.png", "why_difference_*.png", "counterfactuals.csv", "counterfactuals_*.png"),
)
SENSITIVITY = FolderKind(frozenset({"indices.nc", "indices.csv"}), ("importance_*.png",))

MOST_TIMES = 300_000
"""Largest number of output times of a run: about half a gigabyte of files, made in two gigabytes of memory."""

BYTES_PER_TIME = 1800
"""Size of one output time in all files together, about 90 columns as text and as numbers (measured)."""


def result_files(trajectory: Trajectory, summary: Mapping[str, Any], command: str = "") -> dict[str, bytes]:
    """Return the data files of a run by name: the trajectory twice, the summary, the resolved scenario.

    Parameters
    ----------
    trajectory : Trajectory
    summary : mapping
        What ``summarise`` returned.
    command : str
        Command of the run, recorded in the NetCDF file.
    """
    curves = {"trajectory.csv": _csv(trajectory).encode(), "trajectory.nc": _netcdf(trajectory, command)}
    return record_files(trajectory, summary) | curves


def record_files(trajectory: Trajectory, summary: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the files of every folder of results: the resolved scenario and the summary."""
    return {"scenario.toml": to_toml(trajectory.scenario).encode(), "summary.json": to_json(summary).encode()}


def to_json(data: Any) -> str:
    """Return plain data as JSON text that ends in a line break; a number that is not finite becomes null."""
    return json_text(_finite(data)) + "\n"


def refuse_foreign(folder: Path, kind: FolderKind = RUN) -> None:
    """Refuse a folder that must not be written, before anything is computed.

    Parameters
    ----------
    folder : Path
        Earlier results in it are replaced.
    kind : FolderKind

    Raises
    ------
    OutputError
        If a file is in the way, or if the folder holds anything but results of this kind.
    """
    where, elsewhere = str(folder), "choose another folder with `path`"
    with explained(folder):
        present = {entry.name for entry in folder.iterdir()} if folder.is_dir() else set()
        in_the_way = folder.exists() and not folder.is_dir()
    if in_the_way:
        raise OutputError("is a file, not a folder", file=where, cure=elsewhere)
    if not present:
        return
    foreign = kind.foreign(present)
    if foreign or not present >= kind.signature:
        contents = f"holds {any_of(foreign[:3])}" if foreign else "is not empty"
        raise OutputError(
            f"{contents}, which is not a result of immunosim and is not replaced", file=where, cure=elsewhere
        )


def refuse_large(folder: Path, scenario: Scenario) -> None:
    """Refuse a run with excessively large files, before it is computed.

    Raises
    ------
    OutputError
        With the number of output times and the size, where there are more than ``MOST_TIMES``.
    """
    count = len(output_times(scenario))
    if count > MOST_TIMES:
        size = f"{count * BYTES_PER_TIME / 1e9:.1f} GB"
        reason = f"would hold {count} output times, about {size}, more than {MOST_TIMES}"
        cure = "raise output.every or output.during_treatment, or shorten the horizon"
        raise OutputError(reason, file=str(folder), cure=cure)


def write_folder(folder: Path, files: Mapping[str, bytes], kind: FolderKind = RUN) -> list[Path]:
    """Write files into a folder, all or none, and return their paths.

    Parameters
    ----------
    folder : Path
        Created together with its parents; earlier results in it are replaced whole.
    files : mapping of str to bytes
        Content by file name, which may begin with that of a folder: ``petab/problem.yaml``.
    kind : FolderKind

    Raises
    ------
    OutputError
        As for ``refuse_foreign``, or if the disk is full or the place cannot be written.
    """
    refuse_foreign(folder, kind)
    target = folder.resolve()
    with explained(folder):
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}-writing-"))
        try:
            for name, content in files.items():
                (temporary / name).parent.mkdir(exist_ok=True)
                (temporary / name).write_bytes(content)
            temporary.chmod(default_mode())
            sync_tree(temporary)
            _move(temporary, target)
            sync_folder(target.parent)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    return [folder / name for name in files]


def _move(temporary: Path, target: Path) -> None:
    """Rename the temporary folder to the target; the earlier folder is restored if that fails."""
    if not target.exists():
        temporary.rename(target)
        return
    aside = temporary.with_name(f"{temporary.name}-replaced")
    try:
        target.rename(aside)
        temporary.rename(target)
    finally:
        if aside.exists() and not target.exists():
            aside.rename(target)
    shutil.rmtree(aside, ignore_errors=True)


def _csv(trajectory: Trajectory) -> str:
    """Return the curves as text: time in days, read-outs, pools; `repr` keeps every bit of a number."""
    curves = {name: variable.values for name, variable in trajectory.variables.items() if variable.dimensions}
    table = np.column_stack([trajectory.time, *curves.values()])
    rows = (",".join(map(repr, row)) for row in table.tolist())
    return "\n".join([",".join(["time", *curves]), *rows]) + "\n"


def _netcdf(trajectory: Trajectory, command: str) -> bytes:
    about = {
        "title": trajectory.scenario.title,
        "intended_use": INTENDED_USE,
        "scenario": to_toml(trajectory.scenario),
        "model_key": model_description(trajectory.problem)["key"],
        "software": ", ".join(f"{name} {version}" for name, version in software().items()),
        "command": command,
    }
    return netcdf(trajectory, about)


def _finite(data: Any) -> Any:
    if isinstance(data, Mapping):
        return {key: _finite(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [_finite(value) for value in data]
    return None if isinstance(data, float) and not math.isfinite(data) else data
