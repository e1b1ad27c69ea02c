"""A sweep of eight patients in two blocks, to be interrupted."""

from pathlib import Path

import pytest
from faults.operations import Operation, sweeps

from immunosim.ensembles import Endpoint
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
    run_pilot,
    run_sweep,
)
from immunosim.sweeps.sweeping import new_store, sweep_states


@pytest.fixture(scope="session")
def sweep_operations(configs: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Operation]:
    """Return what concerns sweeps, by name."""
    base = read_base(configs / "one_course.toml", ["horizon=2 months"])
    varied = read_varying(base, ["blood_lysis_rate=x0.5:x2:log"])
    factors = tuple(factor_of(base, key, values) for key, values in varied.items())
    outputs = Outputs((Endpoint.of("nadir of cd4"),), ("cd4",), (0.0, 30.0), False)
    plan = Plan(Recipe(RowPopulation(base, factors), outputs), design_of("sobol", factors, 8, 0))
    manner = RunOptions(n_threads=1, rows_per_block=4)
    folder = tmp_path_factory.mktemp("unfinished")
    run_sweep(plan, folder / "whole.zarr", manner)
    store = new_store(plan, folder / "a.zarr", manner, run_pilot(plan, 1))
    next(sweep_states(plan, folder / "a.zarr", store, manner))  # the first of two blocks
    return sweeps(plan, manner, folder / "a.zarr", digest_of(folder / "whole.zarr"))
