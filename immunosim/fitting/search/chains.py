"""The steps of a sampler on disk, stored as they are made, so that an interrupted sample can be resumed.

A file begins with a line that names the sample, and holds a record of fixed length for each step: positions,
densities, acceptances, the state of the random numbers, and a SHA-256 over all of them and over the record before.
Reading ends at a truncated or damaged record; the steps after it are repeated, with the same draws.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from emcee.backends import Backend

from immunosim.codegen.loader import Array, say_nothing
from immunosim.errors import DataError
from immunosim.files import explained, read_plain, write_file

if TYPE_CHECKING:
    from emcee.state import State

CURE = "remove it, or leave out `resume` to start over"

_FORMAT = "immunosim steps 1"
_SIZE = 32
_MOST = 2**36
_STATE_WORDS = 624
"""Words of the state of numpy's Mersenne Twister, the generator of emcee."""


class KeptSteps(Backend):  # type: ignore[misc]
    """The steps of a sampler, in memory and in a file.

    Parameters
    ----------
    path : Path
    head : bytes
        First line of the file.
    n_walkers, n_unknowns : int
    """

    def __init__(self, path: Path, head: bytes, n_walkers: int, n_unknowns: int) -> None:
        super().__init__()
        self._path = path
        self._seal = hashlib.sha256(head).digest()
        self._type = np.dtype(
            [
                ("positions", "<f8", (n_walkers, n_unknowns)),
                ("densities", "<f8", (n_walkers,)),
                ("accepted", "<f8", (n_walkers,)),
                ("words", "<u4", (_STATE_WORDS,)),
                ("place", "<i8"),
                ("has_normal", "<i8"),
                ("normal", "<f8"),
                ("seal", "u1", (_SIZE,)),
            ]
        )
        self.reset(n_walkers, n_unknowns)

    def take_over(self, records: bytes) -> int:
        """Read the steps of a file, and return the number of bytes with valid checksums."""
        size = self._type.itemsize
        steps = np.frombuffer(records[: len(records) // size * size], self._type)
        n = next((index for index, step in enumerate(steps) if not self._follows(step)), len(steps))
        if n:
            self.chain, self.log_prob = steps["positions"][:n].copy(), steps["densities"][:n].copy()
            self.accepted = steps["accepted"][:n].sum(axis=0)
            last = steps[n - 1]
            words = last["words"].astype(np.uint32)
            self.random_state = (
                *("MT19937", words, int(last["place"]), int(last["has_normal"]), float(last["normal"])),
            )
            self.iteration = n
        return n * size

    def _follows(self, step: Any) -> bool:
        """Whether the checksum of a step matches, given the step before."""
        seal = _sealed(self._seal, step)
        is_right = bool(seal == step["seal"].tobytes())
        if is_right:
            self._seal = seal
        return is_right

    def save_step(self, state: State, accepted: Array) -> None:
        """Store a step.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        super().save_step(state, accepted)
        name, words, position, has_normal, normal = state.random_state
        assert name == "MT19937"
        step = np.zeros((), self._type)
        step["positions"], step["densities"], step["accepted"] = state.coords, state.log_prob, accepted
        step["words"], step["place"], step["has_normal"], step["normal"] = words, position, has_normal, normal
        self._seal = _sealed(self._seal, step)
        step["seal"] = np.frombuffer(self._seal, np.uint8)
        with explained(self._path), self._path.open("ab") as stream:
            stream.write(step.tobytes())
            stream.flush()
            os.fsync(stream.fileno())


def open_chain(
    path: Path, fingerprint: str, n_walkers: int, n_unknowns: int, note: Callable[[str], None] = say_nothing
) -> KeptSteps:
    """Return an emcee backend on a file, with its stored steps.

    Parameters
    ----------
    path : Path
        Created where it does not exist.
    fingerprint : str
        Of all that determines the sample.
    n_walkers, n_unknowns : int
    note : callable
        Receives a sentence if steps are damaged and repeated.

    Raises
    ------
    DataError
        If the file cannot be read, or holds the steps of another sample.
    OutputError
        If it cannot be written.
    """
    head = f"{_FORMAT}: {fingerprint}, {n_walkers} x {n_unknowns}\n".encode()
    steps = KeptSteps(path, head, n_walkers, n_unknowns)
    if not path.exists():
        write_file(path, head)
        return steps
    try:
        content = read_plain(path, _MOST)
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror})", file=str(path), cure=CURE) from error
    if not content.startswith(head):
        is_chain = content.startswith(_FORMAT.encode())
        raise DataError(
            "holds the steps of another sample" if is_chain else "cannot be read (it is not a checkpoint of a sample)",
            file=str(path),
            cure=CURE,
        )
    used = len(head) + steps.take_over(content[len(head) :])
    if used < len(content):
        note(f"{path}: the steps after the {steps.iteration}th are truncated or damaged; they are repeated")
        with explained(path):
            os.truncate(path, used)
    return steps


def _sealed(before: bytes, step: Any) -> bytes:
    return hashlib.sha256(before + step.tobytes()[:-_SIZE]).digest()
