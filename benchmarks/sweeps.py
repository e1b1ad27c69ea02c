"""Run sweeps from the command line, and compare them with the core alone and with what they said they would take.

Each sweep runs in a process of its own. Its time counts from the line with the quote; its memory is the most that the
process ever held. The throughput of the core is that of ``solve_ensemble`` on rows that are ready, of the same design,
before and after the sweep: by the clock, and by processor time, which other work on the machine disturbs less.

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
from immunosim.sweeps import Recipe, read_base
from immunosim.sweeps.planning import SweepRequest, plan_of
from immunosim.sweeps.store import size_on_disk

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


@dataclass(frozen=True)
class Taken:
    """What a run took: seconds by the clock and of the processor, and the most bytes of memory."""

    seconds: float
    processor: float
    memory: float


def _measure(sweep: Sweep, folder: Path, announce: Callable[[str], None]) -> None:
    quoted = _quote(sweep.command(folder))
    before = run_core(sweep)
    took = _run(sweep.command(folder))
    after = run_core(sweep)
    result = folder / sweep.out
    disk = size_on_disk(result) if result.is_dir() else result.stat().st_size
    announce(f"{sweep.name}: {sweep.n:,} patients, {sweep.n / took.seconds:,.0f} a second in {took.seconds:.1f} s")
    for what, real in (("seconds", took.seconds), ("memory", took.memory), ("disk", disk)):
        announce(f"  {what}: quoted {quoted[what]:.4g}, real {real:.4g}, quoted / real {quoted[what] / real:.2f}")
    by_clock = (before.seconds + after.seconds) / 2 * sweep.n / took.seconds
    by_processor = (before.processor + after.processor) / 2 * sweep.n / took.processor
    alone = f"{1 / before.seconds:,.0f} and {1 / after.seconds:,.0f} a second"
    announce(
        f"  core alone: {alone}; the sweep reaches {by_clock:.0%} by the clock, {by_processor:.0%} by the processor"
    )


def run_core(sweep: Sweep) -> Taken:
    """Return what the core takes for a patient of the sweep, once its row is ready."""
    base = read_base(SCENARIO, CHANGES)
    wishes = SweepRequest(sweep.vary, design="sobol", n=CORE_ROWS, seed=1)
    if sweep.options:
        wishes = SweepRequest(sweep.vary, design="sobol", n=CORE_ROWS // 8, seed=1, readouts=["all"], every=7.0)
    plan, _ = plan_of(base, wishes)
    rows = plan.recipe.population.rows(plan.design.rows(0, plan.n))
    arguments = (plan.recipe.model.ensemble_kernels, rows.states, rows.vectors, rows.segments, _times(plan.recipe))
    solve = {"options": base.problem.options, "n_threads": cores(), "request": plan.recipe.question.request}
    solve_ensemble(*arguments, **solve)  # type: ignore[arg-type]
    started, processor = time.perf_counter(), time.process_time()
    solve_ensemble(*arguments, **solve)  # type: ignore[arg-type]
    return Taken((time.perf_counter() - started) / plan.n, (time.process_time() - processor) / plan.n, 0.0)


def _times(recipe: Recipe) -> Any:
    times = recipe.question.times
    return [] if times is None else times


def _quote(command: Sequence[str]) -> dict[str, float]:
    found = subprocess.run([*command, "--dry-run", "--json"], capture_output=True, check=True, text=True)
    quoted: dict[str, float] = json.loads(found.stdout)
    return quoted


def _run(command: Sequence[str]) -> Taken:
    """Run a sweep and return what it took from the quote on; of memory, the most that it ever held."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        if "on disk" in line:
            break
    watched, started = psutil.Process(process.pid), time.perf_counter()
    before = sum(watched.cpu_times()[:2])
    processor, memory = before, 0
    while process.poll() is None:
        try:
            memory = max(memory, int(watched.memory_info().rss))
            processor = sum(watched.cpu_times()[:2]) or processor
        except psutil.Error:  # it has just ended
            break
        time.sleep(0.02)
    process.stderr.read()
    process.wait()
    return Taken(time.perf_counter() - started, processor - before, memory)


if __name__ == "__main__":
    main()
