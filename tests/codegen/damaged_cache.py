"""Solve with a cache of which one bit is wrong or one end is missing, each time in a child process.

Run by the tests as a script. What is noticed as damaged is not compiled again, which would take minutes, but taken from
what was sound; what is not noticed is loaded, and crashes or computes what it likes.
"""

import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from immunosim import load_scenario
from immunosim.codegen import cache, store
from immunosim.codegen.sealed import Folder
from immunosim.codegen.store import MachineStore, cache_root
from immunosim.derivatives import Task
from immunosim.numerics import solve_ensemble
from immunosim.numerics.lanes import compiled
from immunosim.numerics.tangents import solve_sensitivities
from immunosim.problem import prepare
from immunosim.simulation import solve

SCENARIO = Path(__file__).parents[2] / "configs" / "one_course.toml"


def use(announce: Callable[[str], None]) -> list[str]:
    """Return what every kind of entry has a part in, to the last bit."""
    problem = prepare(load_scenario(SCENARIO, ("horizon=40 days",)), announce=announce)
    model, rows = problem.model, (problem.initial_state[np.newaxis], problem.vector[np.newaxis])
    single = solve(problem)
    ensemble = solve_ensemble(model.ensemble_kernels, *rows, problem.segments, problem.times, problem.options)
    task = Task(problem, ("thymic_export_rate",))
    kernels, functions = task.compiled()
    options = task.problem.options
    _, slopes = solve_sensitivities(
        kernels, functions, *rows, problem.segments, task.directions(), problem.times, options
    )
    states, inputs = single.states[:3], np.zeros((3, len(model.inputs)))
    gradient = model.gradient_at("cd4", states, problem.vector, inputs)
    closing = np.zeros(len(model.derivatives.CLOSE_SLOPES_ROWS))
    model.derivatives.close_slopes(problem.vector, closing)
    found = (single.states, ensemble.states, slopes, gradient, closing)
    return [float(np.abs(one).sum()).hex() for one in found]


def entries_in_use() -> dict[str, Mapping[str, bytes]]:
    """Solve once, and return the entries that this asked for."""
    asked: dict[str, Mapping[str, bytes]] = {}
    find = MachineStore.find

    def noting(self: MachineStore, name: str) -> Mapping[str, bytes] | None:
        found = find(self, name)
        if found is not None:
            asked[name] = found
        return found

    MachineStore.find = noting  # type: ignore[method-assign]
    try:
        use(print)
    finally:
        MachineStore.find = find  # type: ignore[method-assign]
    return asked


def forget() -> None:
    """Let this process load everything again."""
    cache._LOADED.clear()
    compiled._COMPILED.clear()


def solve_damaged(sound: Mapping[str, Mapping[str, bytes]]) -> dict[str, Any]:
    """Solve, with what is noticed as damaged replaced by what was sound; return results and sentences."""
    said: list[str] = []
    find = MachineStore.find

    def find_or_replace(self: MachineStore, name: str) -> Mapping[str, bytes]:
        return find(self, name) or sound[name]

    MachineStore.find = find_or_replace  # type: ignore[method-assign]
    forget()
    return {"results": use(said.append), "said": said}


def in_a_child(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return what a child process returns, or how it ended."""
    readable, writable = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writable, json.dumps(work()).encode())
            os._exit(0)
        finally:  # with an error on standard error
            os._exit(1)
    os.close(writable)
    with os.fdopen(readable, "rb") as stream:
        text = stream.read()
    _, status = os.waitpid(child, 0)
    return json.loads(text) if status == 0 else {"crash": status}


def harms(n_flips: int, n_cuts: int, sound: Mapping[str, Mapping[str, bytes]]) -> list[tuple[Path, int, bool]]:
    """Return file, place of a bit or length, and whether it is a bit: over all files, more often in larger ones."""
    generator = np.random.default_rng(7)
    files = sorted(path for name in sound for path in (cache_root() / name).iterdir())
    chosen = [(files[k % len(files)], k < n_flips) for k in range(n_flips + n_cuts)]
    return [(path, int(generator.integers((8 if flip else 1) * path.stat().st_size)), flip) for path, flip in chosen]


def main(n_flips: int, n_cuts: int) -> None:
    """Print a line of JSON for each harm."""
    store.SHIPPED = Folder(cache_root() / "none")  # the texts of the cache are what is damaged
    expected = use(print)
    forget()
    sound = entries_in_use()
    for path, place, is_flip in harms(n_flips, n_cuts, sound):
        content = path.read_bytes()
        harmed = bytearray(content[: None if is_flip else place])
        if is_flip:
            harmed[place // 8] ^= 1 << place % 8
        path.write_bytes(harmed)
        found = in_a_child(lambda: solve_damaged(sound))
        about = {"entry": path.parent.name, "file": path.name, "place": place, "is_flip": is_flip}
        restore(path, content)
        noticed = any(path.parent.name in sentence for sentence in found.get("said", []))
        right = found.get("results") == expected
        print(json.dumps(about | {"crash": found.get("crash", 0), "noticed": noticed, "right": right}), flush=True)


def restore(path: Path, content: bytes) -> None:
    """Put back an entry that was set aside."""
    entry, aside = path.parent, path.parent.with_name(f"damaged-{path.parent.name}")
    if aside.exists():
        aside.rename(entry)
    path.write_bytes(content)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
