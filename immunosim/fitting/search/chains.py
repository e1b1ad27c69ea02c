"""The steps of a sampler on disk, kept as they are made, so that an interrupted sample goes on where it was.

A file begins with a line that names the sample, and holds a record of fixed length for each step: positions,
densities, acceptances, the state of the random numbers, and a SHA-256 over all of them and over the record before. A
record that was cut off or damaged ends what is taken from the file; the steps after it are made again, with the same
draws.
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

CURE = "remove it, or leave `resume` out to begin anew"

_FORMAT = "immunosim steps 1"
_SIZE = 32
_MOST = 2**36
_STATE_WORDS = 624
"""Words of the state of numpy's Mersenne Twister, which emcee draws with."""


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
        """Take over the steps that a file holds, and return the bytes of those that are what was written."""
        size = self._type.itemsize
        steps = np.frombuffer(records[: len(records) // size * size], self._type)
        n = next((place for place, step in enumerate(steps) if not self._follows(step)), len(steps))
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
        """Whether a step is what was written, after the one before it."""
        seal = _sealed(self._seal, step)
        is_right = bool(seal == step["seal"].tobytes())
        if is_right:
            self._seal = seal
        return is_right

    def save_step(self, state: State, accepted: Array) -> None:
        """Keep a step.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        super().save_step(state, accepted)
        name, words, place, has_normal, normal = state.random_state
        assert name == "MT19937"
        step = np.zeros((), self._type)
        step["positions"], step["densities"], step["accepted"] = state.coords, state.log_prob, accepted
        step["words"], step["place"], step["has_normal"], step["normal"] = words, place, has_normal, normal
        self._seal = _sealed(self._seal, step)
        step["seal"] = np.frombuffer(self._seal, np.uint8)
        with explained(self._path), self._path.open("ab") as stream:
            stream.write(step.tobytes())
            stream.flush()
            os.fsync(stream.fileno())


def open_chain(
    path: Path, fingerprint: str, n_walkers: int, n_unknowns: int, note: Callable[[str], None] = say_nothing
) -> KeptSteps:
    """Return emcee's store of steps in a file, with the steps that are there.

    Parameters
    ----------
    path : Path
        Created where it does not exist.
    fingerprint : str
        Of all that determines the sample.
    n_walkers, n_unknowns : int
    note : callable
        Told in a sentence where steps are damaged and made again.

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
            "holds the steps of another sample" if is_chain else "cannot be read (it holds no steps of a sample)",
            file=str(path),
            cure=CURE,
        )
    used = len(head) + steps.take_over(content[len(head) :])
    if used < len(content):
        note(f"{path}: the steps after the {steps.iteration}th are cut off or damaged; they are made again")
        with explained(path):
            os.truncate(path, used)
    return steps


def _sealed(before: bytes, step: Any) -> bytes:
    return hashlib.sha256(before + step.tobytes()[:-_SIZE]).digest()
