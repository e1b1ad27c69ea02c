"""``immunosim fit``: fit parameters to observed counts of one patient or several, and say what the fit means."""

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from immunosim.cli.fit_options import Anyway, Draws, FitInput, Likelihood, Page, Resume, Starts, Together, target_of
from immunosim.cli.option_groups import with_option_groups
from immunosim.cli.options import FAILED, ResultFolder, typed
from immunosim.cli.printing import say
from immunosim.cli.progress import progress

if TYPE_CHECKING:
    from immunosim.door.fitting import FitPlan
    from immunosim.fitting import FitProblem


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
CovariateOption = Annotated[
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
        help="Refit with this mechanism switched off and compare; by default each in turn, 'none' for none. "
        "May be repeated.",
        show_default=False,
    ),
]
NextDraw = Annotated[
    str,
    typer.Option(
        "--next-draw",
        metavar="READOUT@TIME",
        help="Rank further blood draws by how much they reduce the SD of a predicted read-out, "
        "such as 'cd4@24 months'.",
    ),
]


@dataclass(frozen=True)
class PopulationOptions:
    """How several patients are fitted."""

    patients: Patients = Together.EACH
    common: Common = None
    covariate: CovariateOption = None


@dataclass(frozen=True)
class Extras:
    """What is computed beyond estimate and profiles."""

    without: Without = None
    next_draw: NextDraw = ""
    draws: Draws = 0
    anyway: Anyway = False
    report: Page = False


@with_option_groups
def fit(
    context: typer.Context,
    given: FitInput,
    population: PopulationOptions,
    extras: Extras,
    results: ResultFolder,
    starts: Starts = 20,
    likelihood: Likelihood = False,
    resume: Resume = False,
) -> None:
    """Fit parameters to a table of counts or to the scenario's [[observed]] series, and assess identifiability and fit.

    Multistart optimisation with exact derivatives, then the profile likelihood of every parameter (identified,
    one-sided, flat, multimodal, or traded against another), a test of the residuals with the likely causes of a misfit,
    refits with each mechanism switched off, and predicted recovery unless the fit is rejected. Values below
    quantification (`<0.01`, `below`) are censored; a range counts with its spread. Priors come from the parameter set;
    a patient's doses, age and weight from the table.

    Writes fit.json, tables, scenarios with the fitted values, PEtab tables, figures, and with --report a page to read
    and print. Exit code 3: a patient failed.
    """
    from immunosim.cli.fit_running import fit_one, fit_several
    from immunosim.cli.fit_tables import show_fit, show_several
    from immunosim.door.fit_files import write_fit, write_several
    from immunosim.door.fitting import refuse_mixture, require_sampler
    from immunosim.door.keeping import kept_parts
    from immunosim.locks import refuse_held
    from immunosim.report.output_files import FIT, refuse_foreign

    folder, is_written = results.folder(given.scenario, "fit"), results.is_written
    if is_written:
        refuse_foreign(folder, FIT)
        refuse_held(folder)
    if extras.draws:
        require_sampler()
    command = typed(context, without=("resume", "as_json", "workers"))
    with progress("Reading the scenario") as now, ExitStack() as stack:
        case = given.read(now, priors=not likelihood)
        wanted = _wanted(case, given, population, extras, starts)
        is_one = len(case.patients) == 1 or population.patients is Together.POOLED
        refuse_mixture(case, wanted, population.patients, extras.without)
        store = (
            stack.enter_context(kept_parts(folder, wanted.fingerprint(case), resume, command, say))
            if is_written
            else None
        )
        if is_one:
            fitted = fit_one(case, wanted, store, command, now)
            paths = write_fit(fitted, case, folder, command, extras.report) if is_written else []
        else:
            several = fit_several(case, wanted, store, command, now)
            paths = write_several(several, folder, command, extras.report) if is_written else []
        if store is not None:
            store.remove()
    if is_one:
        show_fit(fitted, wanted.target, paths, results.as_json)
        return
    show_several(several, paths, results.as_json)
    if several.failures:
        raise typer.Exit(FAILED)


def _wanted(
    case: "FitProblem", given: FitInput, population: PopulationOptions, extras: Extras, starts: int
) -> "FitPlan":
    """Return what is asked of the fit, after its names have been found in the model."""
    from immunosim.door.fitting import FitPlan, mechanisms_of

    is_two_stage = population.patients is Together.TWO_STAGE
    return FitPlan(
        *(starts, given.seed, extras.draws, is_two_stage, tuple(population.common or [])),
        covariates=_covariates(population.covariate or []),
        mechanisms=mechanisms_of(case, [] if extras.without == ["none"] else extras.without or None),
        target=target_of(case.subjects[0].problem, extras.next_draw, "--next-draw") if extras.next_draw else None,
        anyway=extras.anyway,
    )


def _covariates(texts: list[str]) -> dict[str, list[str]]:
    from immunosim.errors import DataError

    by_parameter: dict[str, list[str]] = {}
    for text in texts:
        name, equals, covariate = text.partition("=")
        if not equals:
            cure = "write for example antibody_clearance=weight"
            raise DataError(f'"{text}" is not NAME=COVARIATE', key="--covariate", cure=cure)
        by_parameter.setdefault(name.strip(), []).append(covariate.strip())
    return by_parameter
