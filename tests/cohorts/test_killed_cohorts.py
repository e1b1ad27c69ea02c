"""A cohort that is killed and resumed, or whose workers die, has the digest of an undisturbed run."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from immunosim.cohorts import CohortRequest, cohort_plan
from immunosim.scenario.population import Population
from immunosim.sweeps import Plan, RunOptions, digest_of, read_base, run_sweep

ROOT = Path(__file__).parents[2]
N, BLOCK = 2000, 16
SCENARIO = "label_trial"
CHANGES = ["horizon=6 months", "course=[{start = '0 days', dose = '12 mg', doses = 5, every = '24 h'}]"]

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX")]


@pytest.fixture(scope="module")
def plan() -> Plan:
    """Return 2,000 patients of the trials in 125 blocks, some seconds of work."""
    base = read_base(SCENARIO, CHANGES)
    return cohort_plan(Population(file="trials"), base, CohortRequest(n=N, endpoints=("nadir of cd4",)))


@pytest.fixture(scope="module")
def expected(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the checksum of the uninterrupted run."""
    path = tmp_path_factory.mktemp("whole") / "whole.zarr"
    run_sweep(plan, path, RunOptions(2, BLOCK))
    return digest_of(path)


def n_stored(path: Path) -> int:
    return len(list(path.glob("block_checksum/c/*/0")))


def test_a_run_that_is_killed_is_resumed_to_the_same_digest(expected: str, tmp_path: Path) -> None:
    changes = [word for change in CHANGES for word in ("--set", change)]
    kept = ["--endpoint", "nadir of cd4", "--chunk", str(BLOCK), "--out", "a.zarr", "--resume"]
    command = [sys.executable, "-m", "immunosim", "cohort", SCENARIO, "-n", str(N), *changes, *kept]
    for more in (3, 30):
        with subprocess.Popen(
            command,
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            while n_stored(tmp_path / "a.zarr") < more and process.poll() is None:
                time.sleep(0.01)
            process.kill()
        assert process.returncode == -signal.SIGKILL
    again = subprocess.run(
        command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert again.returncode == 0, again.stderr
    assert digest_of(tmp_path / "a.zarr") == expected


@pytest.fixture
def cluster() -> Iterator[Any]:
    """Return a cluster of two processes on this machine."""
    distributed = pytest.importorskip("distributed")
    with (
        pytest.MonkeyPatch.context() as patch,
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as local,
    ):
        patch.setenv("PYTHONPATH", str(ROOT))
        yield local


@pytest.mark.filterwarnings("ignore")  # a cluster whose workers are killed warns of much that is not ours
def test_a_cluster_whose_worker_is_killed_ends_in_the_same_digest(
    plan: Plan, expected: str, cluster: Any, tmp_path: Path
) -> None:
    path = tmp_path / "a.zarr"

    def kill() -> None:
        while n_stored(path) < 20:
            time.sleep(0.01)
        worker = next(iter(cluster.scheduler.workers.values()))
        os.kill(cluster.workers[worker.name].process.pid, signal.SIGKILL)

    watcher = threading.Thread(target=kill, daemon=True)
    watcher.start()
    run_sweep(plan, path, RunOptions(2, BLOCK, scheduler=cluster.scheduler_address))
    watcher.join(1.0)
    assert not watcher.is_alive()
    assert digest_of(path) == expected
