"""``immunosim fit``: fit parameters to the counts that a scenario observed, and say what the fit means."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from immunosim.cli.options import AsJson, Changes, ScenarioFile, command_line, day_of
from immunosim.cli.printing import say, show, show_table
from immunosim.cli.progress import Progress, progress

if TYPE_CHECKING:
    from immunosim.cli.fit_files import Fitted
    from immunosim.fit import Noise
    from immunosim.observations import Measurement
    from immunosim.simulation import Problem

Free = Annotated[
    list[str] | None,
    typer.Option(
        "--free",
        metavar="NAME",
        help="A parameter to fit; by default up to eight that the data say most about. May be repeated.",
        show_default=False,
    ),
]
NoiseOf = Annotated[
    list[str] | None,
    typer.Option(
        "--noise",
        metavar="ANALYTE=NOISE",
        help="How an analyte scatters: lognormal:0.15, proportional:0.15, additive:20, combined:0.1:20, each also with "
        "':estimated'. By default lognormal with 0.132, the week-to-week variation of counts. May be repeated.",
        show_default=False,
    ),
]
Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="FILE",
        help="A table of counts (CSV) of a clinic or of the NONMEM family, in place of [[observed]].",
    ),
]
Patient = Annotated[
    str, typer.Option("--patient", metavar="NAME", help="The patient of the table to fit, where it has several.")
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
    scenario: ScenarioFile,
    data: Data = None,
    patient: Patient = "",
    free: Free = None,
    noise: NoiseOf = None,
    starts: Annotated[int, typer.Option("--starts", min=1, help="Starts of the search.")] = 20,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the starts.")] = 0,
    likelihood: Annotated[bool, typer.Option("--likelihood", help="Leave priors out: maximum likelihood.")] = False,
    shared: Annotated[
        float,
        typer.Option("--shared", min=0.0, max=0.99, help="Share of a subset's variance that is the total's error."),
    ] = 0.5,
    next_draw: NextDraw = "",
    draws: Annotated[
        int, typer.Option("--draws", min=0, help="Steps of each walker of a posterior sample; 0 for the approximation.")
    ] = 0,
    changes: Changes = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Folder, by default results/<scenario>_fit.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace earlier results in the folder.")] = False,
    workers: Annotated[int, typer.Option("--workers", min=0, help="Threads to compute in; 0 for one a core.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Fit parameters to a clinic's table or to the scenario's [[observed]] series, and say what the fit means.

    Searches from many starts with exact derivatives, draws the profile of every parameter, and judges: identified,
    one-sided, flat, multimodal, or traded against another; whether the model fits at all; when counts come back. Values
    below quantification (`below`) are censored, ranges count with their spread. Priors come from the parameter set.

    Writes fit.json, fitted.toml (a scenario with the fitted values) and figures.
    """
    from immunosim.cli.fit_files import write_fit
    from immunosim.machine import cores
    from immunosim.report.output_files import FIT, refuse_existing
    from immunosim.scenario import load_scenario
    from immunosim.simulation import prepare

    folder = out or Path("results") / f"{scenario.stem}_fit"
    is_written = out is not None or not as_json
    if is_written:
        refuse_existing(folder, force, FIT)
    with progress("Reading the scenario") as now:
        found = load_scenario(scenario, changes or [])
        problem = prepare(found, str(scenario), now.announce)
        measurements = _measurements(problem, scenario) if data is None else _of_table(problem, data, patient)
        noises = _noises(noise or [], measurements)
        target = _target(problem, next_draw)
        how = (starts, seed, likelihood, shared, workers or cores())
        fitted = _fit(problem, measurements, noises, free or [], how, now)
        if draws:
            fitted = fitted.with_sample(draws, seed, now)
        now.begin("Drawing")
        paths = write_fit(fitted, folder, force, command_line("fit", scenario, changes or [])) if is_written else []
    _show(fitted, target, paths, as_json)


def _measurements(problem: "Problem", scenario: Path) -> "list[Measurement]":
    from immunosim.errors import DataError
    from immunosim.observations import observed_in

    found = observed_in(problem.scenario, problem.model.units)
    if not found:
        cure = "add [[observed]] with the patient's counts (docs/scenarios.md)"
        raise DataError("holds no measurements to fit", file=str(scenario), cure=cure)
    return found


def _of_table(problem: "Problem", path: Path, patient: str) -> "list[Measurement]":
    """Return the measurements of one patient of a table, after the linter has found no error in it."""
    from immunosim.errors import DataError, Problem
    from immunosim.observations import lint, read_observations

    observations, notes = read_observations(path, problem.scenario)
    wrong: list[Problem] = []
    for finding in [*notes, *lint(observations, problem.scenario)]:
        if finding.severity == "error":
            where = f"{path}: line {finding.line}" if finding.line else str(path)
            wrong.append(Problem(finding.reason, where, finding.column or None, finding.cure or None))
        elif finding.severity == "warning":
            say(f"{path}: {finding}")
    if wrong:
        raise DataError(problems=wrong)
    if not patient and len(observations) > 1:
        names = ", ".join([one.name for one in observations][:10])
        raise DataError(f"has {len(observations)} patients", file=str(path), cure=f"choose one with --patient: {names}")
    chosen = observations[patient] if patient else observations.patients[0]
    if not chosen.measurements:
        raise DataError(f"has no measurements of patient {chosen.name}", file=str(path), cure="choose another patient")
    return list(chosen.measurements)


def _noises(texts: Sequence[str], measurements: "Sequence[Measurement]") -> "dict[str, Noise]":
    from immunosim.errors import DataError, did_you_mean
    from immunosim.fit import Noise

    analytes = sorted({one.analyte for one in measurements})
    found = {analyte: Noise() for analyte in analytes}
    for text in texts:
        analyte, equals, noise = text.partition("=")
        if not equals or analyte.strip() not in analytes:
            cure = did_you_mean(analyte.strip(), analytes)
            raise DataError(f'"{text}" names no analyte that was measured', key="--noise", cure=cure)
        found[analyte.strip()] = Noise.parse(noise)
    return found


def _target(problem: "Problem", text: str) -> tuple[str, float] | None:
    from immunosim.errors import DataError, did_you_mean

    if not text:
        return None
    readout, at, time = text.partition("@")
    if not at or readout.strip() not in problem.model.readouts:
        cure = did_you_mean(readout.strip(), problem.model.readouts)
        raise DataError(f'"{text}" names no read-out and time', key="--next-draw", cure=f"write cd4@24 months; {cure}")
    return readout.strip(), day_of(problem.scenario, time.strip(), "--next-draw")


def _fit(
    problem: "Problem",
    measurements: "list[Measurement]",
    noises: "dict[str, Noise]",
    free: list[str],
    how: tuple[int, int, bool, float, int],
    now: Progress,
) -> "Fitted":
    from immunosim.cli.fit_files import Fitted
    from immunosim.fit import Posterior, coordinates_of, estimate, informed_parameters, profiles, subject_of

    n_starts, seed, likelihood, shared, threads = how
    if not free:
        now.begin("Looking for what the data say most about")
        free = informed_parameters(problem, measurements, noises)
        now.announce(f"Nothing is named to fit: {', '.join(free)}, of which the data say most")
    position = problem.model.position
    values = {name: float(problem.vector[position[name]]) for name in problem.parameters}
    coordinates = coordinates_of(problem.parameters, values, free, priors=not likelihood)
    factors = [name for name, one in noises.items() if one.is_estimated]
    subject = subject_of("patient", problem, coordinates.names, measurements, noises, factors, shared)
    posterior = Posterior((subject,), coordinates, tuple(factors), not likelihood, threads)
    now.begin("Searching")

    def report(ended: int, of: int) -> None:
        now.detail = f"{ended} of {of} searches have ended"

    best = estimate(posterior, n_starts, seed, report)
    now.begin("Profiling")
    return Fitted(best, profiles(best, report=report))


def _show(fitted: "Fitted", target: tuple[str, float] | None, paths: list[Path], as_json: bool) -> None:
    from immunosim.report import to_json

    if as_json:
        show(to_json(fitted.as_dict()).rstrip())
        return
    best = fitted.estimate
    n = len(best.searches)
    show(f"{best.posterior.n_measurements} measurements, {best.posterior.n_unknowns} unknowns; {n} starts:")
    show(f"{best.n_at_best} ended at the best value, {best.n_failed} could not be simulated.")
    rows = [
        (one.name, f"{one.value:.4g}", _interval(one.low, one.high), one.unit, one.kind, _share(one.share_of_prior))
        for one in fitted.verdicts
    ]
    columns = ("parameter", "best", "90 % by profile", "unit", "verdict", "of the prior's width")
    show_table("Parameters", columns, rows, "<><<<>")
    for one in fitted.verdicts:
        show(f"- {one.name}: {one.sentence}")
    fixed = fitted.n_fixed
    show(
        f"All of this holds with {fixed} other parameters at the scenario's values: the data were not asked about them."
    )
    show_table("The fit", ("what", "value"), list(_about(fitted)), "<>")
    for sentence in fitted.fit_verdict.sentences:
        show(sentence)
    show_table(
        "When counts are back", ("read-out", "level", "month", "90 %", "of draws"), list(_returns(fitted)), "<<>>>"
    )
    if target is not None:
        show_table(
            f"Further draws for {target[0]} at month {_month(target[1])}",
            ("month", "analyte", "would show", "off the uncertainty"),
            list(_draws(fitted, *target)),
            "><>>",
        )
    if paths:
        show(f"\nFiles: {paths[0].parent}/ ({', '.join(path.name for path in paths)})")
        show(f"Next:  immunosim run {next(path for path in paths if path.suffix == '.toml')}")


def _about(fitted: "Fitted") -> Iterator[tuple[str, str]]:
    verdict = fitted.fit_verdict
    yield "squared residuals", f"{verdict.chi_squared:.3g}"
    yield "log likelihood", f"{verdict.log_likelihood:.4g}"
    yield "AIC", f"{verdict.aic:.4g}"
    yield "BIC", f"{verdict.bic:.4g}"


def _returns(fitted: "Fitted") -> Iterator[tuple[str, ...]]:
    for one in fitted.returns:
        yield one.readout, one.level, _month(one.median), f"{_month(one.low)} to {_month(one.high)}", f"{one.share:.0%}"


def _draws(fitted: "Fitted", readout: str, at: float) -> Iterator[tuple[str, ...]]:
    for draw in fitted.next_draws(readout, at)[:8]:
        yield _month(draw.time), draw.analyte, f"{draw.predicted:.3g}", f"{draw.reduction:.0%}"


def _month(day: float) -> str:
    from immunosim.units import DAYS_PER_MONTH

    return "later" if day == float("inf") else f"{day / DAYS_PER_MONTH:.1f}"


def _interval(low: float, high: float) -> str:
    return f"{'?' if low != low else f'{low:.3g}'} to {'?' if high != high else f'{high:.3g}'}"


def _share(share: float) -> str:
    return "-" if share != share else f"{share:.0%}"
