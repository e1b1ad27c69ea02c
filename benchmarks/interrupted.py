"""Simulate a large cohort that is killed and resumed, and again on a cluster whose worker is killed; compare digests.

One course of antibody, a year, patients of the trials, two endpoints. The first run is ``immunosim cohort``, ended by
SIGKILL at a fifth and at a half of its chunks and then resumed. The second is on a Dask cluster of two processes, of
which one is killed at a fifth. Printed are the quote, the time, the most memory of any process, and both digests.

    python -m benchmarks.interrupted [--patients 1000000] [--out FOLDER]
"""

import argparse
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.memory import most_memory
from immunosim.cli.exit_codes import FAILED
from immunosim.cohorts import CohortRequest, cohort_plan
from immunosim.scenario.population import Population
from immunosim.sweeps import Plan, RunOptions, digest_of, read_base, run_sweep

SCENARIO, POPULATION, HORIZON = "one_course", "trials", "horizon=12 months"
ENDPOINTS = ("nadir of cd4", "time_below cd4 0.2e9/L")
KILLED_AT = (0.2, 0.5)
CHUNK = 8192
LIMIT = 2.0
"""Memory that the run may take, GiB."""


def n_stored(path: Path) -> int:
    """Return how many chunks are complete."""
    return len(list(path.glob("block_checksum/c/*/0")))


def killed_and_resumed(n: int, path: Path) -> None:
    """Run the cohort from the command line, kill it twice, and let it end."""
    kept = [word for text in ENDPOINTS for word in ("--endpoint", text)]
    about = ["--set", HORIZON, "--population", POPULATION, "-n", str(n), "--chunk", str(CHUNK), "--out", str(path)]
    command = [sys.executable, "-m", "immunosim", "cohort", SCENARIO, *about, *kept]
    subprocess.run([*command, "--dry-run"], check=True, stderr=subprocess.DEVNULL)
    for share in KILLED_AT:
        with subprocess.Popen([*command, "--resume"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            while n_stored(path) < share * n / CHUNK and process.poll() is None:
                time.sleep(0.05)
            process.kill()
        if process.returncode != -signal.SIGKILL:
            raise SystemExit(f"ended with {process.returncode} before it was killed")
        print(f"killed with {n_stored(path)} of {-(-n // CHUNK)} chunks stored", flush=True)
    code = subprocess.run([*command, "--resume"], stderr=subprocess.DEVNULL, check=False).returncode
    if code not in (0, FAILED):
        raise SystemExit(f"the resumed run ended with {code}")


def on_a_cluster(plan: Plan, path: Path) -> None:
    """Run the cohort on two processes, and kill one of them at a fifth."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:

        def kill() -> None:
            while n_stored(path) < KILLED_AT[0] * plan.n / CHUNK:
                time.sleep(0.05)
            worker = next(iter(cluster.scheduler.workers.values()))
            os.kill(cluster.workers[worker.name].process.pid, signal.SIGKILL)
            print(f"a worker killed with {n_stored(path)} chunks stored", flush=True)

        threading.Thread(target=kill, daemon=True).start()
        run_sweep(plan, path, RunOptions(2, CHUNK, scheduler=cluster.scheduler_address))


def main() -> None:
    """Read the arguments, run both, and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patients", type=int, default=1_000_000)
    parser.add_argument("--out", type=Path, help="keep the results in this folder")
    asked = parser.parse_args()
    with TemporaryDirectory() as scratch:
        folder = asked.out or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        request = CohortRequest(n=asked.patients, endpoints=ENDPOINTS)
        plan = cohort_plan(Population(file=POPULATION), read_base(SCENARIO, [HORIZON]), request)
        digests = {}
        for name, run in (
            ("killed and resumed", lambda path: killed_and_resumed(asked.patients, path)),
            ("on a cluster whose worker is killed", lambda path: on_a_cluster(plan, path)),
        ):
            path = folder / f"{name.split()[0]}.zarr"
            shutil.rmtree(path, ignore_errors=True)
            begun = time.perf_counter()
            run(path)
            digests[name] = digest_of(path)
            print(f"{name}: {time.perf_counter() - begun:.0f} s, digest {digests[name]}", flush=True)
    most = most_memory(resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    print(f"most memory of a process: {most:.2f} GiB, limit {LIMIT}: {'met' if most <= LIMIT else 'missed'}")
    same = len(set(digests.values())) == 1
    raise SystemExit(None if same else "the digests differ")


if __name__ == "__main__":
    main()
