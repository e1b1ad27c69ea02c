"""A sweep that is killed at any moment, and workers that die, cost time and never a number."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from immunosim.sweeps import RunOptions, Shard, digest_of, run_sweep

ROOT = Path(__file__).parents[2]
N_KILLS = 20

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX")]


@pytest.fixture(scope="module")
def long_plan(make_plan):
    """Return 4000 patients in 250 blocks, some seconds of work."""
    return make_plan("blood_lysis_rate=x0.5:x2:log", "age=20:60", n=4000, readouts=("cd4",), times=(0.0, 30.0))


@pytest.fixture(scope="module")
def expected(long_plan, tmp_path_factory):
    """Return the checksum of the uninterrupted run."""
    path = tmp_path_factory.mktemp("long") / "whole.zarr"
    run_sweep(long_plan, path, RunOptions(2, 16))
    return digest_of(path)


@pytest.mark.parametrize("name", ["a.zarr", "a.nc"])
def test_kills_at_random_moments(configs, tmp_path, expected, name):
    """Each run begins where the killed one before it ended; the last ones may find everything done."""
    arguments = (
        *("sweep", configs / "one_course.toml", "--set", "horizon=6 months", "--out", name, "--resume"),
        *("--vary", "blood_lysis_rate=x0.5:x2:log", "--vary", "age=20:60", "--design", "sobol", "-n", 4000),
        *("--endpoint", "nadir of cd4", "--endpoint", "risk relapse_rate", "--chunk", 16),
        *("--readout", "cd4", "--at", "0 days", "--at", "30 days"),
    )
    command = [sys.executable, "-m", "immunosim", *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    moments, killed = random.Random(3), 0
    for number in range(N_KILLS):
        with subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        ) as process:
            # At first within a run's start, later while it computes.
            delay = moments.uniform(0.0, 2.0) if number < 3 else moments.uniform(2.0, 4.0)
            timer = threading.Timer(delay, process.kill)
            timer.start()
            _, said = process.communicate()
            timer.cancel()
        assert process.returncode in (0, -signal.SIGKILL), said
        assert "not what was written" not in said  # a killed process leaves blocks undone, never wrong
        killed += process.returncode != 0
    found = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    assert killed > 5
    assert digest_of(tmp_path / name) == expected
    assert name in os.listdir(tmp_path)
    assert not (tmp_path / "a.nc.partial").exists()


@pytest.fixture
def cluster(request):
    """Return a cluster of two processes on this machine, with settings of Dask where the test gives some."""
    distributed, dask = pytest.importorskip("distributed"), pytest.importorskip("dask")
    settings = getattr(request, "param", {})
    with (
        pytest.MonkeyPatch.context() as patch,
        dask.config.set(settings),
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as local,
    ):
        patch.setenv("PYTHONPATH", str(ROOT))
        yield local


def kill_workers(cluster, path, moments):
    """Kill a worker whenever so many blocks are stored."""

    def watch():
        for moment in moments:
            while len(list(path.glob("block_checksum/c/*/0"))) < moment:
                time.sleep(0.01)
            worker = next(iter(cluster.scheduler.workers.values()))
            os.kill(cluster.workers[worker.name].process.pid, signal.SIGKILL)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    return watcher


# Dask gives up a block after four deaths, or at the first where it is told so: then we hand it out again.
@pytest.mark.parametrize("cluster", [{}, {"distributed.scheduler.allowed-failures": 0}], indirect=True)
@pytest.mark.filterwarnings("ignore")  # a cluster whose workers are killed warns of much that is not ours
def test_a_cluster_whose_workers_are_killed_ends_in_the_same_numbers(long_plan, expected, cluster, tmp_path):
    path = tmp_path / "a.zarr"
    watcher = kill_workers(cluster, path, [20, 100])
    run_sweep(long_plan, path, RunOptions(2, 16, scheduler=cluster.scheduler_address))
    watcher.join(1.0)
    assert not watcher.is_alive()
    assert digest_of(path) == expected


@pytest.mark.filterwarnings("ignore")
def test_a_stopped_run_goes_on_on_a_cluster(long_plan, expected, cluster, tmp_path):
    path = tmp_path / "a.zarr"
    run_sweep(long_plan, path, RunOptions(2, 16, shard=Shard(1, 2)))
    run_sweep(long_plan, path, RunOptions(2, 16, is_resumed=True, scheduler=cluster.scheduler_address))
    assert digest_of(path) == expected


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense", "tcp://no.such.host.invalid:8786"])
def test_an_address_without_a_scheduler_is_named(small_plan, manner, tmp_path, refusal, address):
    assert refusal(run_sweep, small_plan, tmp_path / "a.zarr", replace(manner, scheduler=address)) == (
        f"scheduler: there is no scheduler at {address}, start one (dask scheduler), or correct the address"
    )
    assert list(tmp_path.iterdir()) == []
