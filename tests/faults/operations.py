"""Everything that the package writes and reads again, as operations that can be interrupted and done again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from emcee import State
from synthetic_ensembles import ensemble
from zarr.core.sync import sync

from immunosim.codegen.loader import say_nothing
from immunosim.codegen.sealed import DamageError, Folder
from immunosim.codegen.store import VARIABLE, MachineStore
from immunosim.door.keeping import Partial
from immunosim.ensembles.result import FORMAT, EnsembleResult, load_ensemble
from immunosim.errors import ImmunosimError
from immunosim.files import write_file
from immunosim.fitting.search.chains import open_chain
from immunosim.observations import read_observations
from immunosim.report.output_files import write_folder
from immunosim.scenario import load_scenario, to_toml
from immunosim.sweeps import Plan, RunOptions, digest_of, run_sweep


@dataclass(frozen=True)
class Operation:
    """Something that ends in files or values.

    Attributes
    ----------
    act : callable
        Does it in a folder.
    prepare : callable, optional
        Makes what is there before.
    again : callable, optional
        Does it again after an interruption; by default like the first time.
    look : callable, optional
        Returns what files hold afterwards; by default what was done returned a value.
    sound : callable, optional
        Asserts that no half result is visible after an interruption.
    is_checked : bool, optional
        Whether it can tell that what it reads was cut short.
    """

    act: Callable[[Path], Any]
    prepare: Callable[[Path], object] = field(default=lambda folder: None)
    again: Callable[[Path], Any] | None = None
    look: Callable[[Path], Any] | None = None
    sound: Callable[[Path], object] = field(default=lambda folder: None)
    is_checked: bool = True

    def repeat(self, folder: Path) -> Any:
        """Do it again."""
        return (self.again or self.act)(folder)

    def outcome(self, folder: Path, returned: Any) -> Any:
        """Return what came of it."""
        return returned if self.look is None else self.look(folder)


def operations() -> dict[str, Operation]:
    """Return what needs no sweep, by name."""
    return {
        "a new file": Operation(_write, look=_content, sound=lambda folder: _is_one_of(folder, NEW, None)),
        "a file in place of another": Operation(
            _write, _write_old, look=_content, sound=lambda folder: _is_one_of(folder, NEW, OLD)
        ),
        "a new folder": Operation(_write_folder, look=_files, sound=_is_whole_folder),
        "a folder in place of another": Operation(
            _write_folder, _write_old_folder, look=_files, sound=_is_whole_folder
        ),
        "an ensemble": Operation(_save_ensemble, look=_load_ensemble, sound=_loads_or_is_missing),
        "an ensemble that is read": Operation(_load_ensemble, _save_ensemble),
        "fits that are kept": Operation(_keep_fits, look=_load_fits),
        "fits that are read": Operation(_load_fits, _keep_fits),
        "the steps of a sample": Operation(_sample, look=_steps),
        "steps that are gone on with": Operation(_sample, lambda folder: _sample(folder, 3), look=_steps),
        "an entry of the cache": Operation(_entry, sound=_is_whole_entry),
        "an entry of the cache that is read": Operation(_entry, _entry, sound=_is_whole_entry),
        "an entry of the cache that is damaged": Operation(_entry, _damaged_entry, sound=_is_whole_entry),
        "a scenario that is read": Operation(_read_scenario, _write_scenario, is_checked=False),
        "a table that is read": Operation(_read_table, _write_table, is_checked=False),
    }


def sweeps(plan: Plan, manner: RunOptions, unfinished: Path, whole: str) -> dict[str, Operation]:
    """Return what concerns sweeps, by name.

    Parameters
    ----------
    plan : Plan
    manner : RunOptions
    unfinished : Path
        A store of the plan of which the last block is not done.
    whole : str
        Digest of the finished result.
    """
    on = replace(manner, is_resumed=True)

    def run(name: str, how: RunOptions) -> Callable[[Path], Any]:
        def act(folder: Path) -> None:
            try:
                run_sweep(plan, folder / name, how)
            finally:
                sync(_come_to_rest())

        return act

    def look(folder: Path) -> str:
        return digest_of(next(path for path in folder.iterdir() if path.name in ("a.zarr", "a.nc")))

    def copied(folder: Path) -> None:
        shutil.copytree(unfinished, folder / "a.zarr")

    def sound(folder: Path) -> None:
        for path in folder.iterdir():
            if path.name in ("a.zarr", "a.nc"):
                _is_finished_or_refused(path, whole)

    return {
        "a sweep in a store": Operation(run("a.zarr", manner), again=run("a.zarr", on), look=look, sound=sound),
        "a sweep in a file": Operation(run("a.nc", manner), again=run("a.nc", on), look=look, sound=sound),
        "a sweep that is gone on with": Operation(run("a.zarr", on), copied, look=look, sound=sound),
    }


async def _come_to_rest() -> None:
    """Wait for what Zarr does side by side, so that nothing is written when the layer is gone."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.gather(*others, return_exceptions=True)


NEW, OLD = b"new " * 5000, b"old " * 3000
FILES: Mapping[str, bytes] = {"scenario.toml": b"a" * 900, "summary.json": b"b" * 70_000, "figure.png": b"c" * 20_000}
OLD_FILES = {name: content[:50] for name, content in FILES.items()}
ENTRY, ENTRY_FILES = "driver-0123", {"code": b"\x7fELF" * 3000, "tables.json": b"{}" * 20}
FIT: dict[str, Any] = {"searches": [[1.5, 2.5]] * 200}


def _write(folder: Path) -> None:
    write_file(folder / "below" / "a.txt", NEW)


def _write_old(folder: Path) -> None:
    write_file(folder / "below" / "a.txt", OLD)


def _content(folder: Path) -> bytes | None:
    path = folder / "below" / "a.txt"
    return path.read_bytes() if path.exists() else None


def _is_one_of(folder: Path, *allowed: bytes | None) -> None:
    assert _content(folder) in allowed


def _write_folder(folder: Path) -> None:
    write_folder(folder / "results", FILES)


def _write_old_folder(folder: Path) -> None:
    write_folder(folder / "results", OLD_FILES)


def _is_whole_folder(folder: Path) -> None:
    assert _files(folder) in ({}, FILES, OLD_FILES)


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "results").glob("*")}


def _save_ensemble(folder: Path) -> None:
    values = np.linspace(0.0, 1.0, 500)
    dataset = ensemble({"blood_lysis_rate": values}, {"nadir_cd4": values * 2.0})
    EnsembleResult(dataset.assign_attrs(format=FORMAT)).save(folder / "a.nc")


def _load_ensemble(folder: Path) -> list[float]:
    found: list[float] = load_ensemble(folder / "a.nc")["nadir_cd4"].tolist()
    return found


def _loads_or_is_missing(folder: Path) -> None:
    if (folder / "a.nc").exists():
        assert len(_load_ensemble(folder)) == 500


def _keep_fits(folder: Path) -> None:
    partial = Partial(folder / "fit", "one fit", True)
    for name in ("P01", "P02"):
        if partial.load(name) is None:
            partial.save(name, FIT)


def _load_fits(folder: Path) -> list[Any]:
    """Return the fits that are kept; one that cannot be read is made again by who asks."""
    partial = Partial(folder / "fit", "one fit", True)
    return [(partial.load(name) or FIT)["searches"] for name in ("P01", "P02")]


def _sample(folder: Path, n: int = 4) -> None:
    """Make steps, each from its number, until there are so many."""
    chain = open_chain(folder / "chain.h5", "a sample", 4, 2)
    chain.grow(n - chain.iteration, None)
    while chain.iteration < n:
        at = np.full((4, 2), float(chain.iteration))
        state = State(at, log_prob=at[:, 0], random_state=np.random.RandomState(chain.iteration).get_state())
        chain.save_step(state, np.ones(4, bool))


def _steps(folder: Path) -> list[Any]:
    found: list[Any] = open_chain(folder / "chain.h5", "a sample", 4, 2).get_chain().tolist()
    return found


def _entry(folder: Path) -> dict[str, bytes]:
    """Return an entry of the kernel cache, made where there is none that is sound."""
    with mock.patch.dict(os.environ, {VARIABLE: str(folder / "cache")}):
        return dict(MachineStore(say_nothing).get(ENTRY, lambda: ENTRY_FILES, "us"))


def _damaged_entry(folder: Path) -> None:
    _entry(folder)
    code = folder / "cache" / ENTRY / "code"
    code.write_bytes(code.read_bytes()[:-1])


def _is_whole_entry(folder: Path) -> None:
    """Assert that an entry is whole, or missing, or known to be damaged."""
    with contextlib.suppress(DamageError):
        assert Folder(folder / "cache").read(ENTRY) in (None, ENTRY_FILES)


def _write_scenario(folder: Path) -> None:
    (folder / "base.toml").write_text('horizon = "9 days"\ntitle = "base"\n' + "# words\n" * 2000, encoding="utf-8")
    text = 'extends = "base.toml"\n[[course]]\nstart = "0 days"\ndose = "12 mg"\n'
    (folder / "a.toml").write_text(text, encoding="utf-8")


def _read_scenario(folder: Path) -> str:
    return to_toml(load_scenario(folder / "a.toml"))


def _write_table(folder: Path) -> None:
    rows = "".join(f"P{number // 4:03},{number % 4},{number + 1}\n" for number in range(800))
    (folder / "a.csv").write_text("patient,day,CD4 [cells/uL]\n" + rows, encoding="utf-8")


def _read_table(folder: Path) -> list[float]:
    return [one.value for one in read_observations(folder / "a.csv")[0].measurements]


def _is_finished_or_refused(path: Path, whole: str) -> None:
    """Assert that a result is whole, or that whoever asks is told that it is not."""
    try:
        found = digest_of(path)
    except ImmunosimError:
        return
    assert found == whole
