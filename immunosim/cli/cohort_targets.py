"""``immunosim cohort --targets``: simulate the cohorts that targets name, and compare them with published numbers."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from immunosim.cli.options import FAILED
from immunosim.cli.printing import say, show, show_text
from immunosim.cli.progress import progress
from immunosim.cli.sweep import compute

PAGE_ENDING = ".html"

if TYPE_CHECKING:
    from immunosim.cli.progress import Progress
    from immunosim.cli.target_options import TargetOptions
    from immunosim.cohorts.targeted import TargetedCohorts
    from immunosim.door.cohorts import CohortArguments, TargetPlans
    from immunosim.door.over_sets import Told


def compare_with_targets(
    context: typer.Context,
    asked: "CohortArguments",
    published: "TargetOptions",
    is_dry: bool,
    report: bool,
    as_json: bool,
) -> None:
    """Simulate what is left of each cohort, print the table and write it with its forest; exit with 3 on failures."""
    from immunosim.door.cohorts import plan_targets, target_files
    from immunosim.door.reporting import pages_of
    from immunosim.door.stored import sweep_in
    from immunosim.report import write_file

    with progress("Reading the scenario") as now:
        targets = published.targets or []
        plans = plan_targets(asked, targets, sets=published.asked(), is_dry=is_dry, announce=now.announce)
    if is_dry:
        _foretell(plans, asked, as_json)
        return
    stored = {}
    for name, (plan, target) in plans.cohorts.items():
        say(f"Cohort {name or 'of the scenario'}")
        compute(context, plan, target, asked.options)
        stored[name] = sweep_in(target)
    missing = sum(result.n_missing for result in stored.values())
    if missing:
        say(f"{plans.folder}: {missing:,} patients are not computed yet; targets are compared when all are")
        raise typer.Exit(0 if asked.options.shard.of > 1 else FAILED)
    with progress("Comparing with the targets") as now:
        compared = plans.compared(stored)
        if plans.sets is not None:
            now.begin("Simulating plausible sets")
            compared = plans.over_sets(compared, asked.options.n_threads, _telling(now))
            now.begin("Writing the table")
        files = target_files(compared, asked.options.command)
    if report:
        with progress("Writing the reports"):
            files |= pages_of(compared)
    for file, content in files.items():
        write_file(plans.folder / file, content)
        if file.endswith(PAGE_ENDING):
            say(f"Report: {plans.folder / file} (open it in a browser)")
    _show(compared, plans.folder, as_json)
    if compared.n_failed:
        raise typer.Exit(FAILED)


def _telling(now: "Progress") -> "Told":
    """Return what is told how many plausible sets of a cohort are done."""

    def told(name: str, done: int, of: int) -> None:
        now.detail = f"{done:,} of {of:,} of the cohort {name or 'of the scenario'}"

    return told


def _show(compared: "TargetedCohorts", folder: Path, as_json: bool) -> None:
    from immunosim.cli.target_tables import show_targets
    from immunosim.report import to_json

    if as_json:
        show_text(to_json({"result": str(folder), **compared.summary()}).rstrip())
        return
    for name, cohort in compared.cohorts.items():
        show(f"Cohort {name or 'of the scenario'}: {cohort.headline()}")
    show_targets(compared.targets)
    show(f"Tables: {folder / 'targets.csv'}, {folder / 'targets.json'}; figure: {folder / 'targets.png'}")


def _foretell(plans: "TargetPlans", asked: "CohortArguments", as_json: bool) -> None:
    """Say what each cohort would take; write nothing."""
    from immunosim.cli.sweep_tables import show_estimate
    from immunosim.door.estimating import estimate_plan

    for name, planned in plans.cohorts.items():
        say(f"Cohort {name or 'of the scenario'}")
        with progress("Estimating") as now:
            estimate = estimate_plan(lambda _tell, planned=planned: planned, asked.options, now)  # type: ignore[misc]
        show_estimate(estimate, as_json)
    if plans.sets is not None:
        say(f"Besides, {plans.sets.n} plausible sets of {plans.sets.asked.patients:,} patients of each cohort")
