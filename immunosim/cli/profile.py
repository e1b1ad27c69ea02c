"""``immunosim profile``: the profile likelihood of fitted parameters."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from immunosim.cli.fit_options import FitInput, Likelihood, Pooling, Starts, Together, refuse_several
from immunosim.cli.option_groups import with_option_groups
from immunosim.cli.options import ResultFolder, typed
from immunosim.cli.printing import show_text
from immunosim.cli.progress import progress

if TYPE_CHECKING:
    from immunosim.fitting import Fitted

Parameters = Annotated[
    list[str] | None,
    typer.Option(
        "--parameter",
        metavar="NAME",
        help="A fitted parameter to profile; by default all. May be repeated.",
        show_default=False,
    ),
]
Confidence = Annotated[
    float, typer.Option("--confidence", min=0.5, max=0.999, help="Confidence level of the intervals.")
]
Points = Annotated[
    int, typer.Option("--points", min=4, max=200, help="Points of a profile on each side of the estimate.")
]


@dataclass(frozen=True)
class ProfileOptions:
    """What is profiled, and how finely."""

    parameter: Parameters = None
    confidence: Confidence = 0.9
    points: Points = 10


@with_option_groups
def profile(
    context: typer.Context,
    given: FitInput,
    chosen: ProfileOptions,
    results: ResultFolder,
    patients: Pooling = Together.EACH,
    starts: Starts = 20,
    likelihood: Likelihood = False,
) -> None:
    """Fit, then compute the profile likelihood of each parameter.

    A parameter is held at a value and all others are optimised again. Its own prior is left out, so that the profile
    shows the information in the data. If it does not rise beyond the threshold, the interval is open on that side.

    Writes profiles.csv, profiles.json and profiles.png.
    """
    from immunosim.cli.fit_tables import show_paths, show_verdicts
    from immunosim.fitting import Fitted, estimate, profiles
    from immunosim.report import to_json
    from immunosim.report.output_files import PROFILE, refuse_existing

    folder, names = results.folder(given.scenario, "profiles"), chosen.parameter or []
    if results.is_written:
        refuse_existing(folder, results.force, PROFILE)
    with progress("Reading the scenario") as now:
        case = given.read(now, priors=not likelihood)
        refuse_several(case, patients)
        posterior = case.all_alike()
        _refuse_unknown(names, posterior.coordinates.names)
        now.begin("Searching")

        def report(done: int, of: int) -> None:
            now.detail = f"{done} of {of} searches have ended"

        best = estimate(posterior, starts, given.seed, report)
        now.begin("Profiling")
        one = Fitted(best, profiles(best, names, chosen.confidence, chosen.points, report))
        command = typed(context, ("force", "as_json", "workers"))
        paths = _write(one, folder, results.force, command) if results.is_written else []
    if results.as_json:
        show_text(to_json(_as_dict(one)).rstrip())
        return
    show_verdicts(one, chosen.confidence)
    show_paths(paths)


def _refuse_unknown(names: list[str], known: list[str]) -> None:
    from immunosim.errors import DataError, did_you_mean

    for name in names:
        if name not in known:
            cure = f"{did_you_mean(name, known)}, or fit it with --free"
            raise DataError("is not fitted", key=f"--parameter {name}", cure=cure)


def _as_dict(one: "Fitted") -> dict[str, Any]:
    from dataclasses import asdict

    from immunosim.fitting.exchange.checkpoint import as_record

    return {
        "parameters": [asdict(verdict) for verdict in one.verdicts],
        "profiles": as_record(one.estimate, one.profiles)["profiles"],
    }


def _write(one: "Fitted", folder: Path, force: bool, command: str) -> list[Path]:
    from immunosim.cli.fit_files import caption, profile_table, profile_titles
    from immunosim.plots import encoded
    from immunosim.plots.fits import profile_figure
    from immunosim.report import to_json, write_folder
    from immunosim.report.output_files import PROFILE

    files = {
        "profiles.csv": profile_table(one.profiles),
        "profiles.json": to_json(_as_dict(one) | {"command": command}).encode(),
        "profiles.png": encoded(profile_figure(one.profiles, profile_titles(one), caption(one)), "png"),
    }
    return write_folder(folder, files, force, PROFILE)
