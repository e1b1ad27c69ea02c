"""The NetCDF result of a sweep as a file: whether it is complete, and the handling of a damaged one."""

from __future__ import annotations

import mmap
from pathlib import Path

from immunosim.ensembles.netcdf import load_netcdf
from immunosim.errors import DataError
from immunosim.files import readable
from immunosim.seals import is_sealed
from immunosim.sweeps.plan import Plan
from immunosim.sweeps.result import finished_file
from immunosim.sweeps.running import refuse_other_plan

_SIGNATURE, _FORMAT = b"\x89HDF\r\n\x1a\n", b"immunosim sweep"


def damage_of_file(plan: Plan, path: Path) -> tuple[str, bool]:
    """Return why a file is not the finished result of a plan, and whether it certainly is one of this plan.

    Returns
    -------
    reason : str
        Empty where it is complete and its checksum matches.
    is_certain : bool
        Whether it is, or was, a result of this plan: then replacing it loses nothing.

    Raises
    ------
    DataError
        If it belongs to another sweep, or is another file that must be kept.
    """
    try:
        file = finished_file(path)
    except DataError as error:
        if _holds(path, plan.fingerprint.encode()):
            return error.reason, True
        if is_sealed(path) or (_begins_as_netcdf(path) and not _can_be_read(path)):
            return error.reason, False
        raise
    refuse_other_plan(path, file.dataset.attrs["fingerprint"], file.identity, plan)
    return "", True


def is_replaceable(path: Path) -> bool:
    """Whether a file is the result of a sweep, possibly damaged."""
    return (_begins_as_netcdf(path) or is_sealed(path)) and _holds(path, _FORMAT)


def _holds(path: Path, text: bytes) -> bool:
    """Whether a file contains a text; HDF5 stores attributes unencoded."""
    if path.stat().st_size == 0:
        return False
    with readable(path), path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(text) >= 0


def _begins_as_netcdf(path: Path) -> bool:
    """Whether a file, possibly truncated, begins like NetCDF."""
    with readable(path), path.open("rb") as stream:
        return _SIGNATURE.startswith(stream.read(len(_SIGNATURE)))


def _can_be_read(path: Path) -> bool:
    try:
        load_netcdf(path)
    except DataError:
        return False
    return True
