"""``immunosim profile``: the profile likelihood of fitted parameters."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from immunosim.cli.fit_options import FitInput, Likelihood, Pooling, Starts, Together
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
    from immunosim.door.fit_parts import profile_of, profile_record, refuse_several
    from immunosim.report import to_json
    from immunosim.report.output_files import PROFILE, refuse_foreign

    folder = results.folder(given.scenario, "profiles")
    if results.is_written:
        refuse_foreign(folder, PROFILE)
    with progress("Reading the scenario") as now:
        case = given.read(now, priors=not likelihood)
        refuse_several(case, patients)
        fitted = profile_of(
            *(case, chosen.parameter or [], chosen.confidence, chosen.points),
            *(starts, given.seed, now),
        )
        command = typed(context, ("as_json", "workers"))
        paths = _write(fitted, folder, command) if results.is_written else []
    if results.as_json:
        show_text(to_json(profile_record(fitted)).rstrip())
        return
    show_verdicts(fitted, chosen.confidence)
    show_paths(paths)


def _write(fitted: "Fitted", folder: Path, command: str) -> list[Path]:
    from immunosim.door.fit_files import caption, profile_table, profile_titles
    from immunosim.door.fit_parts import profile_record
    from immunosim.plots import encoded
    from immunosim.plots.fits import profile_figure
    from immunosim.report import to_json, write_folder
    from immunosim.report.output_files import PROFILE

    files = {
        "profiles.csv": profile_table(fitted.profiles),
        "profiles.json": to_json(profile_record(fitted) | {"command": command}).encode(),
        "profiles.png": encoded(profile_figure(fitted.profiles, profile_titles(fitted), caption(fitted)), "png"),
    }
    return write_folder(folder, files, PROFILE)
