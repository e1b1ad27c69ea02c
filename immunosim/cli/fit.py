"""``immunosim fit``: fit parameters to observed counts of one patient or several, and say what the fit means."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
from immunosim.cli.partial import Partial, interruptible
from immunosim.cli.progress import Progress, progress

if TYPE_CHECKING:
    from immunosim.fit import Case, Fitted, Several


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
    from immunosim.report.output_files import FIT, refuse_existing

    folder = out or Path("results") / f"{scenario.stem}_fit"
    is_written = out is not None or not as_json
    if is_written:
        refuse_existing(folder, force, FIT)
    asked = Asked(
        scenario, data, patient, free or [], limits or [], noise or [], likelihood, shared, changes or [], workers
    )
    command = typed(context, without=("resume", "force", "as_json", "workers"))
    with progress("Reading the scenario") as now:
        case = asked.read(now)
        effects = _covariates(case, covariate or [])
        _refuse_mixture(case, patients, common or [], effects, next_draw, draws)
        if len(case.patients) == 1 or patients is Together.POOLED:
            target = target_of(case.problem, next_draw, "--next-draw") if next_draw else None
            mechanisms = _mechanisms(case, without)
            one = _fit_one(case, effects, (starts, seed, draws), mechanisms, now)
            paths = _write_one(one, case, folder, force, command, now) if is_written else []
        else:
            store = Partial(folder, _fingerprint(case, starts, seed), resume) if is_written else None
            several = _fit_several(case, patients, common or [], effects, (starts, seed), store, command, now)
            paths = _write_several(several, folder, force, command, now) if is_written else []
            if store is not None:
                store.remove()
    if len(case.patients) == 1 or patients is Together.POOLED:
        from immunosim.cli.fit_tables import show_fit

        show_fit(one, target, paths, as_json)
        return
    from immunosim.cli.fit_tables import show_several

    show_several(several, paths, as_json)
    if several.failures:
        raise typer.Exit(FAILED)


def _covariates(case: "Case", texts: list[str]) -> dict[str, list[str]]:
    from immunosim.errors import DataError

    found: dict[str, list[str]] = {}
    for text in texts:
        name, equals, covariate = text.partition("=")
        if not equals:
            cure = "write for example antibody_clearance=weight"
            raise DataError(f'"{text}" names no parameter and covariate', key="--covariate", cure=cure)
        found.setdefault(name.strip(), []).append(covariate.strip())
    return found


def _refuse_mixture(
    case: "Case", patients: Together, common: list[str], effects: dict[str, list[str]], next_draw: str, draws: int
) -> None:
    """Refuse options that would do nothing."""
    from immunosim.errors import DataError

    is_one = len(case.patients) == 1
    if is_one and patients is not Together.EACH:
        raise DataError("there is one patient", key="--patients", cure="give a table of several, or leave it out")
    if common and patients is not Together.TWO_STAGE:
        raise DataError("is for --patients two-stage", key="--common", cure="add it, or leave --common out")
    if effects and patients is Together.EACH:
        cure = "add --patients two-stage or pooled"
        raise DataError("cannot be told from one patient", key="--covariate", cure=cure)
    if not is_one and patients is not Together.POOLED and (next_draw or draws):
        option = "--next-draw" if next_draw else "--draws"
        raise DataError("is for one patient", key=option, cure="choose one with --patient, or --patients pooled")


def _fit_one(
    case: "Case", effects: dict[str, list[str]], how: tuple[int, int, int], mechanisms: list[str], now: Progress
) -> "Fitted":
    from immunosim.fit import Fitted, estimate, profiles, sample
    from immunosim.fit.alternatives import alternatives

    starts, seed, draws = how
    posterior = case.pooled(effects)[0] if len(case.patients) > 1 else case.alone()

    def report(done: int, of: int) -> None:
        now.detail = f"{done} of {of}"

    now.begin("Searching")
    best = estimate(posterior, starts, seed, report)
    now.begin("Profiling")
    found = profiles(best, report=report)
    now.begin("Fitting without each mechanism")
    others = tuple(alternatives(best, mechanisms, report=lambda name: setattr(now, "detail", f"without {name}")))
    sampled = None
    if draws:
        now.begin("Sampling")
        sampled = sample(best, draws, draws // 2, seed=seed, report=report)
    return Fitted(best, found, others, sampled)


def _mechanisms(case: "Case", without: list[str] | None) -> list[str]:
    """Return the mechanisms to leave out in turn."""
    from immunosim.errors import DataError, did_you_mean

    known = [one for one in case.problem.model.mechanisms if one not in case.problem.scenario.mechanisms.off]
    chosen = [] if without == ["none"] else without or known
    for name in chosen:
        if name not in known:
            raise DataError("is no mechanism that acts", key=f"--without {name}", cure=did_you_mean(name, known))
    return chosen


def _fit_several(
    case: "Case",
    patients: Together,
    common: list[str],
    effects: dict[str, list[str]],
    how: tuple[int, int],
    store: Partial | None,
    command: str,
    now: Progress,
) -> "Several":
    from immunosim.fit import fit_each, fit_together

    starts, seed = how
    now.begin("Fitting")
    if patients is Together.TWO_STAGE:
        case.arranged(common, effects)  # what is wrong with names is said before anything is computed

    def report(name: str, done: int, of: int) -> None:
        now.detail = f"patient {name}, {done} of {of} are done"

    def rounds(number: int, change: float) -> None:
        now.detail = f"round {number}, {change:.3g} times what still counts as a move"

    with interruptible("patients that are done", command):
        found = fit_each(case, starts, seed, store, report)
    if patients is Together.TWO_STAGE:
        now.begin("Fitting all together")
        found = fit_together(found, common, effects, rounds)
    return found


def _fingerprint(case: "Case", starts: int, seed: int) -> str:
    from immunosim.fit import fingerprint_of

    return f"{fingerprint_of(case.all_alike())} {starts} starts, seed {seed}"


def _write_one(one: "Fitted", case: "Case", folder: Path, force: bool, command: str, now: Progress) -> list[Path]:
    from immunosim.cli.fit_files import write_fit

    now.begin("Drawing")
    return write_fit(one, case, folder, force, command)


def _write_several(several: "Several", folder: Path, force: bool, command: str, now: Progress) -> list[Path]:
    from immunosim.cli.fit_files import write_several

    now.begin("Drawing")
    return write_several(several, folder, force, command)
