"""``immunosim cohort``: simulate patients of a virtual population, stored as they are computed."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from immunosim.cli.option_groups import with_option_groups
from immunosim.cli.options import AsJson, Changes, ScenarioFile, typed
from immunosim.cli.progress import progress
from immunosim.cli.sweep import ExecutionOptions, KeptOptions, Parquet, Pools, carry_out
from immunosim.cli.target_options import TargetOptions

if TYPE_CHECKING:
    from immunosim.door.cohorts import CohortArguments

NumberOfPatients = Annotated[
    int | None,
    typer.Option("-n", "--number", min=1, help="Patients, the first of the population. [default: its n, or 1000]"),
]
SeedOfDraws = Annotated[
    int | None, typer.Option("--seed", min=0, help="Seed of all draws. [default: that of the population, or 0]")
]
PopulationFile = Annotated[
    str | None,
    typer.Option(
        "--population",
        metavar="FILE",
        help="A population (TOML), or the name of one that comes with the model; by default the scenario's own.",
        show_default=False,
    ),
]
NamedCohort = Annotated[
    str | None,
    typer.Option(
        "--cohort",
        metavar="NAME",
        help="The named cohort of the population that everybody belongs to, with its covariates and factors.",
        show_default=False,
    ),
]
CohortOut = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="RESULT",
        help="A .zarr folder or a .nc file; by default results/<scenario>_cohort, as .zarr where it is large. With "
        "--targets a folder, by default results/<scenario>_targets.",
    ),
]


CohortPage = Annotated[
    bool,
    typer.Option(
        "--report",
        help="Add a page to read and print, <result>_report.html; with --targets one for each cohort.",
    ),
]


@dataclass(frozen=True)
class PatientOptions:
    """Who is simulated."""

    number: NumberOfPatients = None
    seed: SeedOfDraws = None
    population: PopulationFile = None
    cohort: NamedCohort = None


@with_option_groups
def cohort(
    context: typer.Context,
    scenario: ScenarioFile,
    patients: PatientOptions,
    kept: KeptOptions,
    execution: ExecutionOptions,
    published: TargetOptions,
    pools: Pools = False,
    changes: Changes = None,
    out: CohortOut = None,
    parquet: Parquet = False,
    report: CohortPage = False,
    as_json: AsJson = False,
) -> None:
    """Simulate patients of a virtual population: cost estimate first, checkpointed, resumable, distributable.

    How patients differ stands in the scenario's [population] section, in a file, or in a population of the model. Every
    draw is keyed by seed, patient and name: patient 17 of 100 is patient 17 of 10,000, whatever --workers, --chunk,
    --shard or --scheduler. Without --endpoint and --readout the outputs of the population are kept, or six usual
    endpoints; statistics are weighted where strata are sampled more often than they occur. Times to events, and events
    drawn from the cumulative hazards that are kept, are shown as survival data.

    With --targets, each cohort that the targets name is simulated in its trial, with what they need; the table of
    published against simulated numbers is printed, and written with its forest. Intervals are those of finite patients;
    with --sets others hold the doubt about the values of the population, which has to name its plausible_sets.

    A patient who fails or is impossible stays in the result with status, time and state. Exit code 3: some did.
    """
    from immunosim.door.cohorts import CohortArguments, plan_cohort, refuse_sets

    manner = execution.manner(typed(context, without=("resume", "force", "as_json", "dry_run", "workers")))
    who = (patients.population, patients.number, patients.seed, patients.cohort)
    asked = CohortArguments(scenario, *who, {**kept.outputs(), "pools": pools}, changes or [], out, manner)
    if published.targets:
        from immunosim.cli.cohort_targets import compare_with_targets

        refuse_parquet(parquet)
        compare_with_targets(context, asked, published, execution.dry_run, report, as_json)
        return
    refuse_sets(published.asked())
    if execution.dry_run:
        _foretell(asked, as_json)
        return
    with progress("Reading the scenario") as now:
        plan, target = plan_cohort(asked, announce=now.announce)
    carry_out(context, plan, target, manner, parquet, as_json, report)


def refuse_parquet(parquet: bool) -> None:
    """Refuse tables of several cohorts."""
    from immunosim.errors import DataError

    if parquet:
        cure = "leave it out; immunosim data export writes tables of the result of each cohort"
        raise DataError("is not written of several cohorts", key="--parquet", cure=cure)


def _foretell(asked: "CohortArguments", as_json: bool) -> None:
    """Say what a cohort would take, and what exists; write nothing, and compile nothing to measure the time."""
    from immunosim.cli.sweep_tables import show_estimate
    from immunosim.door.cohorts import plan_cohort
    from immunosim.door.estimating import estimate_plan

    with progress("Reading the scenario") as now:
        estimate = estimate_plan(lambda tell: plan_cohort(asked, is_dry=True, announce=tell), asked.options, now)
    show_estimate(estimate, as_json)
