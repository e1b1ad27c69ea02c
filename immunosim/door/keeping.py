"""What an interrupted run has finished, beside the folder of its results, so that it can go on."""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from immunosim.codegen.loader import say_nothing
from immunosim.errors import DataError
from immunosim.files import read_plain, write_file
from immunosim.locks import held
from immunosim.seals import MOST_JSON, sealed_json, unsealed_json


class Partial:
    """Finished parts of a run.

    Parameters
    ----------
    target : Path
        The folder that the results will have.
    fingerprint : str
        Of all that determines the results.
    goes_on : bool
        Whether parts of an earlier run are used; else they are removed.
    announce : callable
        Told in a sentence what is not used.

    Raises
    ------
    DataError
        If there are parts of another run.
    """

    def __init__(
        self, target: Path, fingerprint: str, goes_on: bool, announce: Callable[[str], None] = say_nothing
    ) -> None:
        self._announce = announce
        self.folder = target.parent / f".{target.name}-partial"
        self._mark = self.folder / "fingerprint"
        if self._mark.is_file() and goes_on:
            self._refuse_other(fingerprint)
        elif self._mark.is_file():
            self.remove()
        elif goes_on:
            announce("No earlier run found: starting a new one")
        self._fingerprint = fingerprint

    def _refuse_other(self, fingerprint: str) -> None:
        cure = "leave out `resume` to start over"
        try:
            found = read_plain(self._mark, 2**20)
        except OSError as error:
            raise DataError("cannot be continued", file=str(self.folder), cure=cure) from error
        if found != fingerprint.encode():
            raise DataError("was started with other data or options", file=str(self.folder), cure=cure)

    def file(self, name: str) -> Path:
        """Return the place of a part, whose folder then exists."""
        if not self._mark.is_file():
            write_file(self._mark, self._fingerprint.encode())
        return self.folder / name

    def load(self, name: str) -> dict[str, Any] | None:
        """Return a finished part; nothing where it is not finished."""
        path = self.folder / _file_name(name)
        try:
            found = unsealed_json(read_plain(path, MOST_JSON), str(path))
        except FileNotFoundError:
            return None
        except (OSError, DataError):
            self._announce(f"{path}: is damaged; {name} is computed again")
            return None
        return found if isinstance(found, dict) and found.get("fingerprint") == self._fingerprint else None

    def save(self, name: str, record: dict[str, Any]) -> None:
        """Keep a finished part, whole or not at all."""
        write_file(self.file(_file_name(name)), sealed_json(record | {"fingerprint": self._fingerprint}))

    def remove(self) -> None:
        """Remove all parts: the results are there."""
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def kept_parts(
    target: Path,
    fingerprint: str,
    goes_on: bool,
    command: str = "",
    announce: Callable[[str], None] = say_nothing,
) -> Iterator[Partial]:
    """Give the finished parts of a run, and hold its results against other processes while the block runs.

    Raises
    ------
    DataError
        If another process makes these results, or there are parts of another run.
    """
    with held(target, command, announce):
        yield Partial(target, fingerprint, goes_on, announce)


def _file_name(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:16] + ".json"


@contextmanager
def parts_of(
    keep: Path | str | None, fingerprint: str, announce: Callable[[str], None] = say_nothing
) -> Iterator[Partial | None]:
    """Give what an earlier run kept beside a path, which goes when the block ends; nothing without a path."""
    if keep is None:
        yield None
        return
    with kept_parts(Path(keep), fingerprint, True, announce=announce) as store:
        yield store
        store.remove()
