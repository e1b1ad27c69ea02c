"""The loaders with all that they start from: a scenario to vary, and a small sweep and a chain to damage."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import platformdirs
import pytest
from emcee import State
from fuzz.judging import wrong_with
from fuzz.loaders import CORPUS, Loader, result_loaders, text_loaders

from immunosim.ensembles import Endpoint
from immunosim.fitting.search.chains import open_chain
from immunosim.sweeps import (
    Outputs,
    Plan,
    Recipe,
    RowPopulation,
    RunOptions,
    design_of,
    factor_of,
    read_base,
    read_varying,
    run_sweep,
)

Try = Callable[..., list[str]]

BESIDE = {
    "scenario.toml": "scenarios/short.toml",
    "counts.csv": "tables/clinic.csv",
    "nonmem.csv": "tables/nonmem.csv",
}
"""What lies in the working folder, for command lines that name it."""


@pytest.fixture(scope="session")
def results(configs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a sweep of eight patients as store and as file, and a chain of three steps."""
    folder = tmp_path_factory.mktemp("results")
    base = read_base(configs / "one_course.toml", ["horizon=2 months"])
    varied = read_varying(base, ["blood_lysis_rate=x0.5:x2:log", "age=20:60"])
    factors = tuple(factor_of(base, key, values) for key, values in varied.items())
    outputs = Outputs((Endpoint.of("nadir of cd4"),), ("cd4",), (0.0, 30.0), False)
    plan = Plan(Recipe(RowPopulation(base, factors), outputs), design_of("sobol", factors, 8, 0))
    for name in ("a.zarr", "a.nc"):
        run_sweep(plan, folder / name, RunOptions(n_threads=1, rows_per_block=4))
    chain = open_chain(folder / "chain.h5", "a fit", 4, 2)
    chain.grow(3, None)
    state = State(np.ones((4, 2)), log_prob=np.zeros(4), random_state=np.random.RandomState(0).get_state())
    for _ in range(3):
        chain.save_step(state, np.ones(4, bool))
    return folder


@pytest.fixture(scope="session")
def loaders(configs: Path, results: Path) -> dict[str, Loader]:
    """Return all loaders by name."""
    base = read_base(configs / "two_courses.toml", ["horizon=14 months"])
    return text_loaders(base) | result_loaders(results)


@pytest.fixture
def tried(loaders: dict[str, Loader], results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Try:
    """Return what reads inputs, (label, place, content) each, and gives a report of each that goes wrong."""
    monkeypatch.chdir(tmp_path)
    for name, source in BESIDE.items():
        shutil.copy(CORPUS / source, tmp_path / name)
    kept = (os.environ.get("IMMUNOSIM_CACHE_DIR"), platformdirs.user_cache_dir(), platformdirs.user_config_dir())
    allowed = [Path(place) for place in kept if place]

    def read(name: str, inputs: list[tuple[str, str, bytes]]) -> list[str]:
        loader, found = loaders[name], []
        if name == "stores":
            shutil.copytree(results / "a.zarr", tmp_path / "a.zarr", dirs_exist_ok=True)
        for label, place, content in inputs:
            path = tmp_path / place
            before = path.read_bytes() if path.exists() else None
            path.parent.mkdir(exist_ok=True, parents=True)
            path.write_bytes(content)
            wrong = wrong_with(lambda path=path: loader.read(path), tmp_path, allowed, loader.may_write)
            if before is None:
                path.unlink()
            else:
                path.write_bytes(before)
            if wrong:
                found.append(f"{label}, {place}: {wrong}\n{content[:300]!r}")
        return found

    return read
