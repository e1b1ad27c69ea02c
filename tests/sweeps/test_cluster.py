"""What a worker of a cluster does with a block, and what is said where there is no cluster."""

import json
import sys

import pytest

from immunosim.sweeps import RunOptions, run_sweep
from immunosim.sweeps.cluster import solve_block
from immunosim.sweeps.running import begin
from immunosim.sweeps.store import open_store


@pytest.fixture
def empty(small_plan, whole_path, tmp_path):
    """Return a store of the small plan without blocks."""
    whole = open_store(whole_path, writable=False)
    dimensions, about = whole.described()
    template = {name: (dimensions[name], values, about[name]) for name, values in whole.read(0).items()}
    return begin(small_plan, tmp_path / "a.zarr", 16, template, "immunosim sweep")


def test_a_worker_writes_the_block_that_is_computed_here(small_plan, whole_path, empty):
    identity = json.dumps(small_plan.recipe.as_dict())
    assert solve_block(str(empty.path), identity, 6, small_plan.design.rows(96, 100)) == (4, 0)
    assert empty.done() == [6]
    assert empty.checksum(6) == open_store(whole_path, writable=False).checksum(6)


@pytest.mark.parametrize("key", ["model", "core"])
def test_a_worker_with_another_model_is_refused(small_plan, empty, refusal, key):
    identity = json.dumps(small_plan.recipe.as_dict() | {key: "another"})
    assert refusal(solve_block, str(empty.path), identity, 0, small_plan.design.rows(0, 16)) == (
        "scheduler: this worker has another version of the model, or lacks the vector instructions of the others, "
        "install the same immunosim on every worker"
    )
    assert empty.done() == []


def test_a_missing_package_is_named(small_plan, tmp_path, monkeypatch, refusal):
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert refusal(run_sweep, small_plan, tmp_path / "a.zarr", RunOptions(2, 16, scheduler="tcp://127.0.0.1:8786")) == (
        "scheduler: a cluster needs the package distributed, run: python -m pip install 'immunosim[dask]'"
    )
