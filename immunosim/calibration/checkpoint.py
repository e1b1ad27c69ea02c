"""The state of a calibration on disk: written whole after each iteration, read back to the same bits.

JSON keeps every bit of a float. Knows arrays only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from immunosim.calibration.least_squares import Array, SearchState
from immunosim.errors import DataError
from immunosim.files import readable, write_file

FORMAT = "immunosim calibration 1"


@dataclass(frozen=True, eq=False)
class StoredProgress:
    """What a calibration has computed so far.

    Attributes
    ----------
    fingerprint : str
        Of all that determines its numbers.
    state : SearchState
    initial : ndarray, shape (m,)
        Residuals at the start.
    ensemble : tuple of ndarray, shape (m,)
        Numbers of the targets under draws of the posterior, in the order of the draws.
    seconds : float
        Time taken by all sessions.
    """

    fingerprint: str
    state: SearchState
    initial: Array
    ensemble: tuple[Array, ...] = field(default=())
    seconds: float = 0.0

    def with_more(self, numbers: Array) -> StoredProgress:
        """Return it with the targets' numbers of further draws, shape (k, m)."""
        return replace(self, ensemble=(*self.ensemble, *numbers))

    def save(self, path: Path) -> None:
        """Write it, whole or not at all.

        Raises
        ------
        OutputError
            If the file cannot be written.
        """
        state = self.state
        plain = {
            "format": FORMAT,
            "fingerprint": self.fingerprint,
            "seconds": self.seconds,
            "initial": self.initial.tolist(),
            "ensemble": [line.tolist() for line in self.ensemble],
            "state": {
                "theta": state.theta.tolist(),
                "residuals": state.residuals.tolist(),
                "costs": list(state.costs),
                "damping": state.damping,
                "jacobian": state.jacobian.tolist(),
                "is_over": state.is_over,
            },
        }
        write_file(path, json.dumps(plain).encode())


def read_progress(path: Path, fingerprint: str) -> StoredProgress | None:
    """Return the stored progress of a calibration; None where there is none.

    Raises
    ------
    DataError
        If the file is damaged, or belongs to a calibration with other settings.
    """
    if not path.is_file():
        return None
    with readable(path):
        text = path.read_bytes()
    try:
        plain = json.loads(text)
        progress = _progress(plain)
    except (ValueError, TypeError, KeyError) as error:
        cure = "delete it to start again"
        raise DataError("is not the progress of a calibration", file=str(path), cure=cure) from error
    if plain.get("format") != FORMAT or progress.fingerprint != fingerprint:
        reason = "belongs to a calibration with other settings, files or another version of the model"
        raise DataError(reason, file=str(path), cure="choose another folder, or delete it to start again")
    return progress


def _progress(plain: Mapping[str, Any]) -> StoredProgress:
    state = plain["state"]
    return StoredProgress(
        fingerprint=plain["fingerprint"],
        state=SearchState(
            theta=np.array(state["theta"]),
            residuals=np.array(state["residuals"]),
            costs=tuple(state["costs"]),
            damping=state["damping"],
            jacobian=np.array(state["jacobian"]).reshape(len(state["residuals"]), -1),
            is_over=state["is_over"],
        ),
        initial=np.array(plain["initial"]),
        ensemble=tuple(np.array(line) for line in plain["ensemble"]),
        seconds=plain["seconds"],
    )
