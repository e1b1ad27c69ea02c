"""``immunosim fit``: fit parameters to observed counts of one patient or several, and say what the fit means."""

from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from immunosim.cli.fit_options import (
    Asked,
    Data,
    Draws,
    Force,
    Free,
    Likelihood,
    Limits,
    NoiseOf,
    Patient,
    Resume,
    Seed,
    Shared,
    Starts,
    Workers,
    target_of,
)
from immunosim.cli.options import FAILED, AsJson, Changes, ScenarioFile, typed
from immunosim.cli.partial import kept_parts
from immunosim.cli.progress import progress


class Together(StrEnum):
    """How several patients are fitted."""

    EACH = "each"
    POOLED = "pooled"
    TWO_STAGE = "two-stage"


Patients = Annotated[
    Together,
    typer.Option(
        "--patients",
        help="Several patients: each alone; pooled, as if they were one; two-stage, each with parameters of its own "
        "that are drawn from one distribution.",
    ),
]
Common = Annotated[
    list[str] | None,
    typer.Option("--common", metavar="NAME", help="With two-stage: a parameter that all share. May be repeated."),
]
Covariate = Annotated[
    list[str] | None,
    typer.Option(
        "--covariate",
        metavar="NAME=COVARIATE",
        help="With two-stage or pooled: a parameter and the covariate of the table that it depends on. May be "
        "repeated.",
    ),
]
Without = Annotated[
    list[str] | None,
    typer.Option(
        "--without",
        metavar="MECHANISM",
        help="A mechanism that the fit is compared without, by default every one; 'none' for none. May be repeated.",
        show_default=False,
    ),
]
NextDraw = Annotated[
    str,
    typer.Option(
        "--next-draw",
        metavar="READOUT@TIME",
        help="Rank further blood draws by what they would tell about a read-out at a time, such as 'cd4@24 months'.",
    ),
]


def fit(
    context: typer.Context,
    scenario: ScenarioFile,
    data: Data = None,
    patient: Patient = "",
    patients: Patients = Together.EACH,
    common: Common = None,
    covariate: Covariate = None,
    free: Free = None,
    limits: Limits = None,
    noise: NoiseOf = None,
    starts: Starts = 20,
    seed: Seed = 0,
    likelihood: Likelihood = False,
    shared: Shared = 0.5,
    without: Without = None,
    next_draw: NextDraw = "",
    draws: Draws = 0,
    changes: Changes = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Folder, by default results/<scenario>_fit.")
    ] = None,
    force: Force = False,
    resume: Resume = False,
    workers: Workers = 0,
    as_json: AsJson = False,
) -> None:
    """Fit parameters to a clinic's table or to the scenario's [[observed]] series, and say what the fit means.

    Searches from many starts with exact derivatives, draws the profile of every parameter, and judges: identified,
    one-sided, flat, multimodal, or traded against another; whether the model fits at all, and whether it does without
    each mechanism; when counts come back. Values below quantification (`<0.01`, `below`) are censored, ranges count
    with their spread. Priors come from the parameter set; a patient's doses, age and weight from the table.

    Writes fit.json, tables, scenarios with the fitted values, PEtab tables and figures. Exit code 3: a patient failed.
    """
    from immunosim.cli.fit_files import write_fit, write_several
    from immunosim.cli.fit_running import fit_one, fit_several
    from immunosim.cli.fit_tables import show_fit, show_several
    from immunosim.door.fitting import FitPlan, mechanisms_of, refuse_mixture
    from immunosim.fitting import require_sampler
    from immunosim.locks import refuse_held
    from immunosim.report.output_files import FIT, refuse_existing

    folder = out or Path("results") / f"{scenario.stem}_fit"
    is_written = out is not None or not as_json
    if is_written:
        refuse_existing(folder, force, FIT)
        refuse_held(folder)
    if draws:
        require_sampler()
    asked = Asked(
        scenario, data, patient, free or [], limits or [], noise or [], likelihood, shared, changes or [], workers
    )
    command = typed(context, without=("resume", "force", "as_json", "workers"))
    with progress("Reading the scenario") as now, ExitStack() as stack:
        case = asked.read(now)
        wanted = FitPlan(
            *(starts, seed, draws, patients is Together.TWO_STAGE, tuple(common or [])),
            covariates=_covariates(covariate or []),
            mechanisms=mechanisms_of(case, [] if without == ["none"] else without or None),
            target=target_of(case.problem, next_draw, "--next-draw") if next_draw else None,
        )
        is_one = len(case.patients) == 1 or patients is Together.POOLED
        refuse_mixture(case, wanted, patients, without)
        store = (
            stack.enter_context(kept_parts(folder, wanted.fingerprint(case), resume, command)) if is_written else None
        )
        if is_one:
            one = fit_one(case, wanted, store, command, now)
            paths = write_fit(one, case, folder, force, command) if is_written else []
        else:
            several = fit_several(case, wanted, store, command, now)
            paths = write_several(several, folder, force, command) if is_written else []
        if store is not None:
            store.remove()
    if is_one:
        show_fit(one, wanted.target, paths, as_json)
        return
    show_several(several, paths, as_json)
    if several.failures:
        raise typer.Exit(FAILED)


def _covariates(texts: list[str]) -> dict[str, list[str]]:
    from immunosim.errors import DataError

    found: dict[str, list[str]] = {}
    for text in texts:
        name, equals, covariate = text.partition("=")
        if not equals:
            cure = "write for example antibody_clearance=weight"
            raise DataError(f'"{text}" names no parameter and covariate', key="--covariate", cure=cure)
        found.setdefault(name.strip(), []).append(covariate.strip())
    return found
