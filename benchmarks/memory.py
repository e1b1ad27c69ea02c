"""Simulate many patients for endpoints alone, and print the time and the most memory that the process ever held.

The regimen of ``problems/default.py``, every rate scattered by 30 %; who is impossible is refused and counted.

    python -m benchmarks.memory [--rows 100000]
"""

import argparse
import resource
import sys
import time
from collections.abc import Callable

import numpy as np

from benchmarks.problems.default import CHANGES, SCENARIO, SEED, SPREAD
from immunosim import Endpoint, load_scenario, simulate_ensemble
from immunosim.models import load_parameters

ENDPOINTS = (
    Endpoint("nadir", "cd4"),
    Endpoint("time_below", "cd4", "0.2e9/L"),
    Endpoint("first_above", "lymphocytes", "1e9/L", start="30 days"),
    Endpoint("peak", "salt_score"),
    Endpoint("area", "cd8"),
    Endpoint("risk", "relapse_rate"),
)


def main(announce: Callable[[str], None] = print) -> None:
    """Read the arguments and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    generator, parameters = np.random.default_rng(SEED), load_parameters()
    rates = {
        name: parameters.value(name) * generator.lognormal(sigma=SPREAD, size=rows)
        for name in parameters
        if name.endswith("_rate")
    }
    started = time.perf_counter()
    found = simulate_ensemble(
        load_scenario(SCENARIO, CHANGES), rates, endpoints=ENDPOINTS, report=_tell, announce=announce
    )
    elapsed = time.perf_counter() - started
    most = most_memory(resource.RUSAGE_SELF)
    announce(f"{rows} patients in {elapsed:.1f} s, {rows / elapsed:.0f} a second: {found.counts()}")
    announce(f"most memory of the process: {most:.2f} GiB")


def most_memory(*processes: int) -> float:
    """Return the most memory that any of some processes held, GiB; processes as ``resource.getrusage`` names them."""
    # Kilobytes on Linux, bytes on macOS.
    unit = 1 if sys.platform == "darwin" else 1024
    return max(resource.getrusage(process).ru_maxrss for process in processes) * unit / 2**30


def _tell(done: int, of: int, failed: int) -> None:
    print(f"\r{done} of {of}, {failed} failed", end="\n" if done == of else "", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
