"""Run sweeps from the command line, and compare them with the core alone and with what they said they would take.

Each sweep runs in a process of its own. Its time counts from the line with the quote; its memory is the most that the
process ever held. The throughput of the core is that of ``solve_ensemble`` on rows that are ready, of the same design,
before and after the sweep.

    python -m benchmarks.sweeps [--rows 1000000]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from benchmarks.problems.default import CHANGES, SCENARIO
from immunosim.machine import cores
from immunosim.numerics import solve_ensemble
from immunosim.sweep import Recipe, read_base
from immunosim.sweep.planning import Wishes, plan_of
from immunosim.sweep.store import size_on_disk

VARY = {
    "parameters.blood_lysis_rate": "x0.5:x2:log",
    "parameters.antibody_clearance": "x0.7:x1.4:log",
    "parameters.blood_exit_rate": "x0.7:x1.4:log",
    "patient.age": "20:60",
}
DOSES = {"course.1.dose": "6 mg:24 mg", "course.2.start": "300 days:500 days"}
CORE_ROWS = 16_384


@dataclass(frozen=True)
class Sweep:
    """A sweep to run: what it is called, how many patients, and the options of the command."""

    name: str
    n: int
    out: str
    vary: dict[str, str]
    options: Sequence[str] = ()

    def command(self, folder: Path) -> list[str]:
        """Return the command."""
        changes = [word for change in CHANGES for word in ("--set", change)]
        varied = [word for key, values in self.vary.items() for word in ("--vary", f"{key}={values}")]
        design = ["--design", "sobol", "-n", str(self.n), "--seed", "1"]
        start = [sys.executable, "-m", "immunosim", "sweep", str(SCENARIO)]
        return [*start, *changes, *varied, *design, *self.options, "--out", str(folder / self.out)]


def sweeps(rows: int) -> list[Sweep]:
    """Return the sweeps, the one with all rows last."""
    return [
        Sweep("read-outs every week, one file", 5_000, "weekly.nc", VARY, ("--readout", "all", "--every", "1 week")),
        Sweep("doses and times, six endpoints", 20_000, "doses.zarr", DOSES),
        Sweep("six endpoints", rows, "endpoints.zarr", VARY),
    ]


def main(announce: Callable[[str], None] = print) -> None:
    """Read the arguments and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        for sweep in sweeps(rows):
            _measure(sweep, Path(folder), announce)


def _measure(sweep: Sweep, folder: Path, announce: Callable[[str], None]) -> None:
    quoted = _quote(sweep.command(folder))
    before = core_throughput(sweep)
    seconds, memory = _run(sweep.command(folder))
    after = core_throughput(sweep)
    result = folder / sweep.out
    disk = size_on_disk(result) if result.is_dir() else result.stat().st_size
    announce(f"{sweep.name}: {sweep.n:,} patients, {sweep.n / seconds:,.0f} a second in {seconds:.1f} s")
    for what, real in (("seconds", seconds), ("memory", memory), ("disk", disk)):
        announce(f"  {what}: quoted {quoted[what]:.4g}, real {real:.4g}, quoted / real {quoted[what] / real:.2f}")
    core = (before + after) / 2
    announce(f"  core alone: {before:,.0f} and {after:,.0f} a second; the sweep reaches {sweep.n / seconds / core:.0%}")


def core_throughput(sweep: Sweep) -> float:
    """Return how many patients of the sweep the core solves in a second, once their rows are ready."""
    base = read_base(SCENARIO, CHANGES)
    options = sweep.options
    wishes = Wishes(sweep.vary, design="sobol", n=CORE_ROWS, seed=1)
    if options:
        wishes = Wishes(sweep.vary, design="sobol", n=CORE_ROWS // 8, seed=1, readouts=["all"], every=7.0)
    plan, _ = plan_of(base, wishes)
    rows = plan.recipe.population.rows(plan.design.rows(0, plan.n))
    arguments = (plan.recipe.model.ensemble_kernels, rows.states, rows.vectors, rows.segments, _times(plan.recipe))
    solve = {"options": base.problem.options, "n_threads": cores(), "request": plan.recipe.question.request}
    solve_ensemble(*arguments, **solve)  # type: ignore[arg-type]
    started = time.perf_counter()
    solve_ensemble(*arguments, **solve)  # type: ignore[arg-type]
    return plan.n / (time.perf_counter() - started)


def _times(recipe: Recipe) -> Any:
    times = recipe.question.times
    return [] if times is None else times


def _quote(command: Sequence[str]) -> dict[str, float]:
    found = subprocess.run([*command, "--dry-run", "--json"], capture_output=True, check=True, text=True)
    quoted: dict[str, float] = json.loads(found.stdout)
    return quoted


def _run(command: Sequence[str]) -> tuple[float, float]:
    """Run a sweep; return its seconds from the quote on, and the most memory that it held."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    started = time.perf_counter()
    for line in process.stderr:
        if "on disk" in line:
            started = time.perf_counter()
            break
    most = 0
    while process.poll() is None:
        try:
            most = max(most, int(psutil.Process(process.pid).memory_info().rss))
        except psutil.NoSuchProcess:
            break
        time.sleep(0.02)
    process.stderr.read()
    process.wait()
    return time.perf_counter() - started, most


if __name__ == "__main__":
    main()
