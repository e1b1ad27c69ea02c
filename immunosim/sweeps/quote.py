"""Cost estimate of a sweep from a pilot of some of its patients: time, memory and disk, and whether they suffice."""

from __future__ import annotations

import math
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.ensembles.solving import ROWS_PER_CHUNK
from immunosim.errors import DataError
from immunosim.formatting import duration, size
from immunosim.machine import cores, memory_available, memory_used
from immunosim.sweeps.blocks import Variables, bytes_per_row, solve_rows, template_of
from immunosim.sweeps.creating import create_store
from immunosim.sweeps.export import write_netcdf
from immunosim.sweeps.plan import FORMAT, Plan
from immunosim.sweeps.store import free_space, size_on_disk

PILOT_SECONDS = 0.8
MOST_PILOT = ROWS_PER_CHUNK
FIRST_PILOT = 64
PILOT_BYTES = 2**24

BLOCK_BYTES = 2**25
BLOCK_SECONDS = 5.0
LEAST_BLOCK, USUAL_BLOCK, MOST_BLOCKS = 64, 8192, 4096
"""A block is computed in about this time and fits into this memory, within the limit on the number of blocks."""

PAGE = 4096
"""Smallest disk space of a file on most file systems."""

LARGEST_FILE = 2**27
"""Larger results are stored as Zarr by default."""


@dataclass(frozen=True)
class Pilot:
    """Measured cost of some patients.

    Attributes
    ----------
    n, n_failed : int
    seconds : float
        Of the whole pilot.
    seconds_preparing : float
        Part of it, for building patients from values.
    seconds_writing, seconds_filing : float
        For storing them, and for exporting one file.
    bytes_per_row, bytes_once, bytes_filed : float
        On disk, compressed; per patient in one file.
    n_threads : int
    template : dict
        Its variables.
    """

    n: int
    n_failed: int
    seconds: float
    seconds_preparing: float
    seconds_writing: float
    seconds_filing: float
    bytes_per_row: float
    bytes_once: float
    bytes_filed: float
    n_threads: int
    template: Variables

    @property
    def seconds_per_row(self) -> float:
        """Of a long run, in which one thread prepares patients while others simulate earlier ones."""
        preparing, solving = self.seconds_preparing, self.seconds - self.seconds_preparing
        n_cores = min(cores(), self.n_threads + 1)
        shared = (preparing + solving * min(self.n_threads, n_cores)) / n_cores
        return max(preparing, solving, shared) / self.n

    @property
    def memory_per_row(self) -> int:
        """Memory of the results of one patient, bytes."""
        return bytes_per_row(self.template)


@dataclass(frozen=True)
class Quote:
    """The estimated cost of a sweep.

    Attributes
    ----------
    n, n_left : int
        Patients of the sweep, and the remaining ones.
    rows_per_block, n_blocks : int
    seconds : float
        NaN where no pilot ran.
    memory, disk : int
        Bytes.
    memory_available, disk_free : int
        Bytes.
    n_files : int
        Of the store.
    n_pilot, n_pilot_failed : int
    """

    n: int
    n_left: int
    rows_per_block: int
    n_blocks: int
    seconds: float
    memory: int
    disk: int
    memory_available: int
    disk_free: int
    n_files: int
    n_pilot: int
    n_pilot_failed: int

    @property
    def in_words(self) -> str:
        """The quote in a sentence."""
        left = f"{self.n_left:,} of {self.n:,}" if self.n_left < self.n else f"{self.n:,}"
        failures = f"; {self.n_pilot_failed:,} of {self.n_pilot:,} pilot patients failed" if self.n_pilot_failed else ""
        about = "at most" if math.isnan(self.seconds) else f"about {duration(self.seconds)},"
        return (
            f"{left} patients in chunks of {self.rows_per_block:,}: {about} "
            f"{size(self.memory)} of memory and {size(self.disk)} on disk{failures}"
        )

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values, ready for JSON."""
        return asdict(self)


def run_pilot(plan: Plan, n_threads: int) -> Pilot:
    """Simulate some patients spread over the design, store them in a temporary folder, and measure the cost."""
    recipe = plan.recipe
    warm = solve_rows(recipe, plan.design.rows(0, min(plan.n, 8 * n_threads)), n_threads)  # compiles if needed
    first = _chosen(plan, min(plan.n, FIRST_PILOT))
    started = time.perf_counter()
    solve_rows(recipe, first, n_threads)
    rate = len(first) / (time.perf_counter() - started)
    per_row = bytes_per_row(warm)
    most = min(MOST_PILOT, plan.n // 8, PILOT_BYTES // per_row)
    values = _chosen(plan, max(len(first), int(min(rate * PILOT_SECONDS, most))))
    started = time.perf_counter()
    recipe.population.rows(values)
    seconds_preparing = time.perf_counter() - started
    # Else the run that is timed next would find the patients built.
    recipe.population.forget()
    started = time.perf_counter()
    solved = solve_rows(recipe, values, n_threads)
    seconds = time.perf_counter() - started
    with tempfile.TemporaryDirectory(prefix="immunosim-pilot-") as folder:
        about, times = {"format": FORMAT, "fingerprint": plan.fingerprint}, np.array(recipe.outputs.times)
        store = create_store(Path(folder) / "pilot.zarr", len(values), len(values), solved, about, times)
        once = size_on_disk(store.path)
        started = time.perf_counter()
        store.write(0, solved)
        writing = time.perf_counter() - started
        written = size_on_disk(store.path) - once
        file = Path(folder) / "pilot.nc"
        for _ in range(2):  # the first call imports several packages
            started = time.perf_counter()
            write_netcdf(store, file)
            filing = time.perf_counter() - started
        filed = file.stat().st_size
    n, n_failed = len(values), int((solved["status"][1] != 0).sum())
    return Pilot(
        *(n, n_failed, seconds, seconds_preparing, writing, filing),
        *(written / n, once, filed / n, n_threads, solved),
    )


def _chosen(plan: Plan, n: int) -> Array:
    """Return the values of about ``n`` patients spread over the design."""
    parts = min(8, n)
    length = n // parts
    # From everywhere: where a design is sorted by a factor, the first patients may all be slow, or all fail.
    starts = np.linspace(0, plan.n - length, parts).astype(np.int64)
    return np.concatenate([plan.design.rows(int(start), int(start) + length) for start in starts])


def block_size(plan: Plan, pilot: Pilot) -> int:
    """Return the default number of patients per block."""
    # Large blocks lose more to a crash and hold more memory; small ones make many files, which disks pay for by the
    # page.
    rows = min(BLOCK_BYTES / pilot.memory_per_row, BLOCK_SECONDS / pilot.seconds_per_row, USUAL_BLOCK)
    rows = max(rows, LEAST_BLOCK, plan.n / MOST_BLOCKS)
    return int(2 ** math.floor(math.log2(rows)))


def quote(plan: Plan, pilot: Pilot, path: Path, rows_per_block: int, n_left: int) -> Quote:
    """Return the cost of a sweep, or of its remaining part."""
    n_blocks = -(-plan.n // rows_per_block)
    blocks_left = -(-n_left // rows_per_block)
    writing = pilot.seconds_writing * max(1.0, rows_per_block / pilot.n)
    filing, disk = 0.0, pilot.bytes_once + pilot.bytes_per_row * plan.n
    if is_one_file(path):
        filing, disk = pilot.seconds_filing * plan.n / pilot.n, pilot.bytes_filed * plan.n
    return Quote(
        n=plan.n,
        n_left=n_left,
        rows_per_block=rows_per_block,
        n_blocks=n_blocks,
        seconds=n_left * pilot.seconds_per_row + blocks_left * writing + filing,
        memory=_memory(plan, path, rows_per_block, pilot.memory_per_row),
        disk=int(disk),
        memory_available=memory_available() + memory_used(),
        disk_free=free_space(path),
        n_files=n_blocks * (len(pilot.template) + 1),
        n_pilot=pilot.n,
        n_pilot_failed=pilot.n_failed,
    )


def _memory(plan: Plan, path: Path, rows_per_block: int, per_row: int) -> int:
    """Return the peak memory of a sweep in bytes, including that of this process."""
    held = min(rows_per_block, plan.n) * per_row * 3  # parts, joined, and compressed
    prepared = 3 * min(ROWS_PER_CHUNK, plan.n) * plan.recipe.population.base.problem.vector.nbytes
    is_drawn = plan.design.describe()["kind"] in ("latin_hypercube", "rows")
    drawn = plan.n * len(plan.recipe.factors) * 8 if is_drawn else 0
    whole = 2 * plan.n * per_row if is_one_file(path) else 0
    return int(memory_used() + held + prepared + drawn + whole)


def refuse_hopeless(plan: Plan, path: Path, rows_per_block: int = 0) -> None:
    """Raise a DataError if the minimal resources of a sweep are missing; computes nothing.

    Parameters
    ----------
    plan : Plan
    path : Path
    rows_per_block : int
        0 for the default.
    """
    rows = rows_per_block or max(LEAST_BLOCK, plan.n // (2 * MOST_BLOCKS))
    needed = _memory(plan, path, rows, bytes_per_row(template_of(plan.recipe)))
    _refuse_memory(needed, memory_available() + memory_used(), path)
    if rows_per_block:
        _refuse_disk(-(-plan.n // rows) * PAGE, free_space(path), path)


def refuse_too_much(quote: Quote, path: Path) -> None:
    """Raise a DataError if memory or disk will not suffice, with a remedy."""
    _refuse_memory(quote.memory, quote.memory_available, path)
    # One file is made of the finished store, so both are on the disk at the end.
    need = quote.disk * (quote.n_left / quote.n + is_one_file(path)) + quote.n_files * PAGE
    _refuse_disk(need, quote.disk_free, path)


def _refuse_memory(needed: int, available: int, path: Path) -> None:
    if needed > available:
        reason = f"needs about {size(needed)} of memory, {size(available)} are available"
        smaller = "make blocks smaller with `rows_per_block`"
        change = "write Zarr instead (`path=NAME.zarr`)" if is_one_file(path) else smaller
        raise DataError(reason, file=str(path), cure=f"{change}, or store fewer outputs per patient")


def _refuse_disk(needed: float, free: int, path: Path) -> None:
    if needed > free:
        reason = f"needs about {size(needed)} of disk, {size(free)} are free"
        cure = "choose another disk with `path`, fewer times, or endpoints alone"
        raise DataError(reason, file=str(path), cure=cure)


def bounds(plan: Plan, path: Path, rows_per_block: int, n_left: int) -> Quote:
    """Return an upper bound of the cost of a sweep from its plan alone: nothing is simulated, and the time is unknown.

    Parameters
    ----------
    plan : Plan
    path : Path
    rows_per_block : int
        0 for the default.
    n_left : int
        Remaining patients.

    Returns
    -------
    Quote
        With ``seconds`` NaN, and ``disk`` without compression.
    """
    template = template_of(plan.recipe)
    per_row = bytes_per_row(template)
    rows = rows_per_block or max(LEAST_BLOCK, 2 ** math.floor(math.log2(min(BLOCK_BYTES / per_row, USUAL_BLOCK))))
    n_blocks = -(-plan.n // rows)
    return Quote(
        n=plan.n,
        n_left=n_left,
        rows_per_block=rows,
        n_blocks=n_blocks,
        seconds=math.nan,
        memory=_memory(plan, path, rows, per_row),
        disk=plan.n * per_row,
        memory_available=memory_available() + memory_used(),
        disk_free=free_space(path),
        n_files=n_blocks * (len(template) + 1),
        n_pilot=0,
        n_pilot_failed=0,
    )


def is_large(plan: Plan) -> bool:
    """Whether the results of a plan suit a Zarr store better than one file."""
    return plan.n * bytes_per_row(template_of(plan.recipe)) > LARGEST_FILE


def is_one_file(path: Path) -> bool:
    """Whether the result becomes one NetCDF file."""
    return path.suffix == ".nc"
