"""Checks of what is kept: sweeps that are killed, and damage to the kernel cache and to stored results.

Judges by what a user sees: numbers, exit codes and sentences.
"""

from __future__ import annotations

import json
import math
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from immunosim.codegen.store import cache_root
from immunosim.ensembles import Endpoint
from immunosim.errors import ImmunosimError
from immunosim.machine import cores
from immunosim.qualification.commands import command, killed
from immunosim.qualification.damage import damages
from immunosim.qualification.records import CheckOutcome, Tell, outcome
from immunosim.scenario.examples import shipped_folder
from immunosim.sweeps import (
    Outputs,
    Plan,
    Recipe,
    RowPopulation,
    RunOptions,
    design_of,
    digest_of,
    factor_of,
    read_base,
    read_varying,
    run_sweep,
)

SWEPT = shipped_folder() / "one_course.toml"
CHANGES = ("horizon=6 months",)
VARIED = ("blood_lysis_rate=x0.5:x2:log", "age=20:60")
ENDPOINTS, READOUTS, TIMES = ("nadir of cd4",), ("cd4",), (30.0,)
DESIGN = (
    *(word for change in CHANGES for word in ("--set", change)),
    *(word for factor in VARIED for word in ("--vary", factor)),
    *(word for endpoint in ENDPOINTS for word in ("--endpoint", endpoint)),
    *("--design", "sobol", "--readout", READOUTS[0], "--at", f"{TIMES[0]:g} days"),
)
"""The same sweep for the command line."""

BLOCK = 16
KILLED_PATIENTS, DAMAGED_PATIENTS = 2048, 64
KILLS = {"killed.zarr": 2, "killed.nc": 1}
FILES_PER_KILL = 60
"""New files after which a sweep is killed: a few of its 128 blocks."""

CACHE_DAMAGES, STORE_DAMAGES = 12, 12
SEED = 20160615

LARGEST_CACHE = 500e6
"""Bytes of a cache beyond which an empty one is damaged, which the first run fills."""

SAME = 1e-9
"""Largest difference, relative, between a run with a sound cache and one that had to make its kernels again."""

SHORT = """
horizon = "40 days"

[[course]]
start = "0 days"
dose = "12 mg"
doses = 2
every = "24 h"
premedication = true
"""


def check_kills(tell: Tell) -> CheckOutcome:
    """Check that a sweep that is killed and resumed has the digest of one that ran through."""
    with folder() as place:
        tell(f"{KILLED_PATIENTS} patients without interruption")
        expected = _swept(KILLED_PATIENTS, place / "whole.zarr")
        n_killed, faults = 0, []
        for name, kills in KILLS.items():
            again = ("sweep", SWEPT, *DESIGN, "-n", KILLED_PATIENTS, "--chunk", BLOCK, "--out", name, "--resume")
            for number in range(1, kills + 1):
                tell(f"{name}: kill {number} of {kills}")
                n_killed += killed(again, place, FILES_PER_KILL)
            tell(f"{name}: to the end")
            resumed = command(again, place)
            found = _digest(place / name) if resumed.code == 0 else resumed.sentence
            faults += [] if found == expected else [f"{name}: {found}, expected {expected}"]
        if n_killed < sum(KILLS.values()):
            faults.append(f"only {n_killed} of {sum(KILLS.values())} sweeps could be killed before their end")
        value = (
            f"{n_killed} kills, {len(KILLS)} formats: {'other digests' if faults else f'same digest {expected[:16]}'}"
        )
        return outcome(value, not faults, faults)


def check_cache_damage(tell: Tell) -> CheckOutcome:
    """Check that a damaged kernel cache gives the right numbers or a sentence."""
    with folder() as place:
        (place / "short.toml").write_text(SHORT, encoding="utf-8")
        run = ("run", "short.toml", "--json")
        cache = _copied_cache(place)
        tell("a run with a sound copy of the cache")
        sound = command(run, place, cache)
        if sound.code:
            return outcome("the run with a sound cache failed", False, [sound.sentence])
        faults, n_right, n = [], 0, 0
        for n, damage in enumerate(damages(cache, CACHE_DAMAGES, SEED), 1):
            tell(f"damage {n} of {CACHE_DAMAGES}: {damage}")
            damage.inflict(cache)
            said = command(run, place, cache)
            is_right = said.code == 0 and is_same(said.output, sound.output)
            n_right += is_right
            if not is_right and not (said.code != 0 and said.is_tidy):
                faults.append(f"{damage}: {'WRONG NUMBERS' if said.code == 0 else said.sentence}")
        value = f"{n} damages: {n_right} right numbers, {n - n_right - len(faults)} refused in a sentence"
        return outcome(f"{value}, {len(faults)} neither", not faults, faults)


def check_store_damage(tell: Tell) -> CheckOutcome:
    """Check that damage to a finished sweep is noticed by ``digest`` and mended by ``--resume``."""
    with folder() as place:
        sound, hurt = place / "sound.zarr", place / "hurt.zarr"
        expected = _swept(DAMAGED_PATIENTS, sound)
        faults, n = [], 0
        for n, damage in enumerate(damages(sound, STORE_DAMAGES, SEED), 1):
            tell(f"damage {n} of {STORE_DAMAGES}: {damage}")
            shutil.rmtree(hurt, ignore_errors=True)
            shutil.copytree(sound, hurt)
            damage.inflict(hurt)
            if _digest(hurt) == expected:
                faults.append(f"{damage}: not noticed by digest")
                continue
            mended = _swept(DAMAGED_PATIENTS, hurt, is_resumed=True)
            faults += [] if mended == expected else [f"{damage}: not mended by --resume: {mended}"]
        return outcome(f"{n} damages, {n - len(faults)} noticed and mended", not faults, faults)


def _swept(n: int, path: Path, is_resumed: bool = False) -> str:
    """Run, or go on with, a sweep of so many patients, and return its digest; a sentence where it is refused."""
    base = read_base(SWEPT, CHANGES)
    factors = tuple(factor_of(base, key, values) for key, values in read_varying(base, VARIED).items())
    outputs = Outputs(tuple(map(Endpoint.of, ENDPOINTS)), READOUTS, TIMES, False)
    plan = Plan(Recipe(RowPopulation(base, factors), outputs), design_of("sobol", factors, n, 0))
    try:
        run_sweep(plan, path, RunOptions(cores(), BLOCK, is_resumed=is_resumed))
    except ImmunosimError as error:
        return str(error)
    return _digest(path)


def _digest(path: Path) -> str:
    """Return the digest of a result; a sentence where it is refused."""
    try:
        return digest_of(path)
    except ImmunosimError as error:
        return str(error)


def is_same(one: str, other: str) -> bool:
    """Return whether two JSON texts say the same, numbers within ``SAME``."""
    try:
        return _alike(json.loads(one), json.loads(other))
    except ValueError:
        return False


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    if isinstance(one, float) and isinstance(other, (int, float)):
        return math.isclose(one, other, rel_tol=SAME, abs_tol=SAME)
    return bool(one == other)


def _copied_cache(directory: Path) -> Path:
    """Return a copy of the user's kernel cache; an empty folder where there is none, or it is very large."""
    root, copy = cache_root(), directory / "cache"
    sizes = [path.stat().st_size for path in root.rglob("*") if path.is_file()] if root.is_dir() else []
    if sizes and sum(sizes) <= LARGEST_CACHE:
        shutil.copytree(root, copy)
    else:
        copy.mkdir()
    copy.chmod(0o700)
    return copy


@contextmanager
def folder() -> Iterator[Path]:
    """Give a temporary folder of one's own, which is removed in the end."""
    with tempfile.TemporaryDirectory(prefix="immunosim-qualify-", ignore_cleanup_errors=True) as name:
        yield Path(name)
