"""``immunosim sweep``: simulate many patients who differ in what is varied, stored as they are computed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from immunosim.cli.counting import Count
from immunosim.cli.option_groups import with_option_groups
from immunosim.cli.options import BAD_INPUT, INTERRUPTED, AsJson, Changes, ScenarioFile, typed
from immunosim.cli.printing import say, say_error
from immunosim.cli.progress import progress
from immunosim.cli.spelling import respelled
from immunosim.errors import ImmunosimError

if TYPE_CHECKING:
    from immunosim.door.estimating import SweepArguments
    from immunosim.door.sweeping import KeptOutputs
    from immunosim.sweeps import Plan, RunOptions, SweepStore

Vary = Annotated[
    list[str] | None,
    typer.Option(
        "--vary",
        metavar="KEY=VALUES",
        help="A factor and its values: a range LOW:HIGH or LOW:HIGH:log, or values joined by commas, for a parameter "
        "or any key of patient, mechanisms or treatments: 'blood_lysis_rate=x0.5:x2:log' (multiples of the scenario's "
        "value), 'patient.age=20:60', 'course.1.dose=6 mg,12 mg', 'mechanisms.thymopoiesis=on,off'. May be repeated.",
        show_default=False,
    ),
]
Number = Annotated[
    int | None,
    typer.Option("-n", "--number", min=1, help="Patients; of a grid, levels of each range. [default: 1000]"),
]
Seed = Annotated[int | None, typer.Option("--seed", min=0, help="Seed of the design. [default: 0]")]
Design = Annotated[
    str | None, typer.Option("--design", help="grid, latin_hypercube or sobol. [default: latin_hypercube]")
]
Rows = Annotated[Path | None, typer.Option("--rows", metavar="FILE", help="CSV or Parquet: one patient a row.")]
Endpoints = Annotated[
    list[str] | None,
    typer.Option(
        "--endpoint",
        metavar="TEXT",
        help="An endpoint, one number from the whole course: KIND READOUT [THRESHOLD] [from TIME] [to TIME] "
        "[as NAME], such as 'nadir of cd4' or 'time_below cd4 0.2e9/L from 1 month'. May be repeated.",
        show_default=False,
    ),
]
Readouts = Annotated[
    list[str] | None,
    typer.Option("--readout", metavar="NAME", help="A read-out to keep over time, or all. May be repeated."),
]
At = Annotated[
    list[str] | None,
    typer.Option("--at", metavar="TIME", help="When to keep read-outs, such as '6 months'. May be repeated."),
]
Every = Annotated[
    str | None, typer.Option("--every", metavar="TIME", help="Keep read-outs at this interval. [default: 1 month]")
]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="RESULT",
        help="A .zarr folder or a .nc file; by default results/<scenario>_sweep, as .zarr where it is large.",
    ),
]
Pools = Annotated[bool, typer.Option("--pools", help="Keep every pool over time as well.")]
Parquet = Annotated[bool, typer.Option("--parquet", help="Write tidy Parquet tables beside the result.")]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run",
        help="Estimate time, memory and disk, and stop. The time is measured only if an earlier sweep has compiled "
        "the solver.",
    ),
]
Resume = Annotated[bool, typer.Option("--resume", help="Continue a stopped run; start a new one if there is none.")]
Force = Annotated[bool, typer.Option("--force", help="Replace an earlier result.")]
Workers = Annotated[int, typer.Option("--workers", min=0, help="Threads; 0 uses one per core.")]
Chunk = Annotated[int, typer.Option("--chunk", min=0, help="Patients per stored block; 0 chooses automatically.")]
ShardOf = Annotated[
    str, typer.Option("--shard", metavar="I/N", help="Compute only part I of N, for job arrays that share a folder.")
]
Scheduler = Annotated[
    str, typer.Option("--scheduler", metavar="ADDRESS", help="Compute on the Dask cluster of this scheduler.")
]


@dataclass(frozen=True)
class DesignOptions:
    """What differs between the patients."""

    vary: Vary = None
    number: Number = None
    seed: Seed = None
    design: Design = None
    rows: Rows = None


@dataclass(frozen=True)
class KeptOptions:
    """What is kept of each patient."""

    endpoint: Endpoints = None
    readout: Readouts = None
    at: At = None
    every: Every = None

    def outputs(self) -> "KeptOutputs":
        """Return what is kept as ``immunosim.sweep`` takes it."""
        return {
            "endpoints": self.endpoint or (),
            "readouts": self.readout or (),
            "at": self.at or (),
            "every": self.every,
        }


@dataclass(frozen=True)
class ExecutionOptions:
    """How a sweep is computed, and what becomes of an earlier result."""

    dry_run: DryRun = False
    resume: Resume = False
    force: Force = False
    workers: Workers = 0
    chunk: Chunk = 0
    shard: ShardOf = "1/1"
    scheduler: Scheduler = ""

    def manner(self, command: str) -> "RunOptions":
        """Return how to run, and the command to go on with."""
        from immunosim.sweeps import RunOptions, Shard

        part = Shard.parse(self.shard)
        return RunOptions(self.workers, self.chunk, self.resume, self.force, part, self.scheduler, command)


@with_option_groups
def sweep(
    context: typer.Context,
    scenario: ScenarioFile,
    varied: DesignOptions,
    kept: KeptOptions,
    execution: ExecutionOptions,
    pools: Pools = False,
    changes: Changes = None,
    out: Out = None,
    parquet: Parquet = False,
    as_json: AsJson = False,
) -> None:
    """Run a parameter sweep or a virtual population: cost estimate first, checkpointed, resumable, distributable.

    A short pilot run estimates time, memory and disk. Patients are stored chunk by chunk: Ctrl-C or a crash loses only
    the chunk in progress, and --resume ends with the same numbers as an uninterrupted run, whatever --workers, --chunk,
    --shard or --scheduler. Factors and outputs may also stand in the scenario's [sweep] section. Without
    --endpoint and --readout six usual endpoints are kept.

    A patient who fails or is impossible stays in the result with status, time and state. Exit code 3: some did.
    """
    from immunosim.door.sweeping import KeptOutputs, plan_sweep
    from immunosim.sweeps import SweepRequest

    outputs: KeptOutputs = {**kept.outputs(), "pools": pools}
    manner = execution.manner(typed(context, without=("resume", "force", "as_json", "dry_run", "workers")))
    asked = SweepRequest({}, varied.rows, varied.design, varied.number, varied.seed)
    given = (scenario, varied.vary or [], asked, outputs, changes or [], out, manner)
    if execution.dry_run:
        _foretell(given, as_json)
        return
    with progress("Reading the scenario") as now:
        plan, target = plan_sweep(*given, announce=now.announce)
    carry_out(context, plan, target, manner, parquet, as_json)


def _foretell(given: "SweepArguments", as_json: bool) -> None:
    """Say what a sweep would take, and what exists; write nothing, and compile nothing to measure the time."""
    from immunosim.cli.sweep_tables import show_estimate
    from immunosim.door.estimating import estimate_of

    with progress("Reading the scenario") as now:
        estimate = estimate_of(given, now)
    show_estimate(estimate, as_json)


def carry_out(
    context: typer.Context,
    plan: "Plan",
    target: Path,
    manner: "RunOptions",
    parquet: bool,
    as_json: bool,
    report: bool = False,
) -> None:
    """Run a sweep, or what is left of it, while no other process may write its result."""
    from immunosim.cli.sweep_tables import finish
    from immunosim.sweeps.export import refuse_tables
    from immunosim.sweeps.sweeping import taken

    if parquet:
        refuse_tables(target, may_replace=manner.is_forced or manner.goes_on)
    with taken(target, manner, say):
        _compute(context, plan, target, manner)
        finish(target, manner, parquet, as_json, report)


def compute(context: typer.Context, plan: "Plan", target: Path, manner: "RunOptions") -> None:
    """Compute what is left of a sweep, while no other process may write its result."""
    from immunosim.sweeps.sweeping import taken

    with taken(target, manner, say):
        _compute(context, plan, target, manner)


def _compute(context: typer.Context, plan: "Plan", target: Path, manner: "RunOptions") -> None:
    from immunosim.sweeps.run import ready_store

    store = ready_store(plan, target, manner, _stage, lambda quote: say(quote.in_words))
    if store is None:
        say(f"{target} is complete")
    else:
        _run(context, plan, target, store, manner)


@contextmanager
def _stage(title: str) -> Iterator[Callable[[str], None]]:
    with progress(title) as now:
        yield now.announce


def _run(context: typer.Context, plan: "Plan", target: Path, store: "SweepStore", manner: "RunOptions") -> None:
    """Run what is left, with its progress; Ctrl-C or a full disk ends in how to go on."""
    from immunosim.sweeps.running import remaining
    from immunosim.sweeps.sweeping import sweep_states

    places = remaining(store, manner.shard)
    count = Count(sum(end - first for first, end in map(store.span, places)), "patients")
    stored = len(store.done())
    with progress("Simulating") as now:

        def report(n: int, n_failed: int) -> None:
            now.detail = count.add(n, n_failed)

        try:
            for state in sweep_states(plan, target, store, manner, report):
                stored = state.n_done
        except (KeyboardInterrupt, ImmunosimError) as error:
            if isinstance(error, ImmunosimError):
                say_error(respelled(error, context))
            else:
                say("Interrupted")
            say(f"{stored} of {store.n_blocks} chunks are stored; continue with: {manner.command} --resume")
            raise typer.Exit(BAD_INPUT if isinstance(error, ImmunosimError) else INTERRUPTED) from None
