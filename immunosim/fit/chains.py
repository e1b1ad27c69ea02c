"""The steps of a sampler on disk, kept as they are made, so that an interrupted sample goes on where it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from immunosim.errors import DataError

CURE = "remove it, or leave --resume out to begin anew"


def open_chain(path: Path, fingerprint: str, n_walkers: int, n_unknowns: int) -> Any:
    """Return emcee's store of steps in an HDF5 file, with the steps that are there.

    Parameters
    ----------
    path : Path
        Created where it does not exist.
    fingerprint : str
        Of all that determines the sample.
    n_walkers, n_unknowns : int

    Raises
    ------
    DataError
        If the file cannot be read, or holds the steps of another sample.
    """
    import h5py
    from emcee.backends import HDFBackend

    backend = HDFBackend(str(path))
    try:
        if not path.is_file() or not backend.initialized:
            backend.reset(n_walkers, n_unknowns)
            with h5py.File(path, "a") as file:
                file.attrs["fingerprint"] = fingerprint
            return backend
        with h5py.File(path, "r") as file:
            is_same = file.attrs.get("fingerprint", "") == fingerprint
        shape = tuple(backend.shape)
    except (OSError, KeyError, AttributeError) as error:
        raise DataError(f"cannot be read ({error})", file=str(path), cure=CURE) from error
    if not is_same or shape != (n_walkers, n_unknowns):
        raise DataError("holds the steps of another sample", file=str(path), cure=CURE)
    return backend
