"""``immunosim calibrate``: fit a population to published targets, stored after each iteration."""

from pathlib import Path
from typing import Annotated

import typer

from immunosim.cli.options import AsJson, OfModel
from immunosim.cli.progress import progress
from immunosim.cli.sweep import Force, Resume, Workers
from immunosim.models.registry import DEFAULT_MODEL

CalibrationFile = Annotated[
    str,
    typer.Argument(
        metavar="FILE",
        help="A calibration file (TOML), or the name of one that comes with the model, such as trials.",
        show_default=False,
    ),
]
CalibrationOut = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="Folder of the results. [default: results/<file>_calibration]"),
]
SeedOfPatients = Annotated[
    int | None, typer.Option("--seed", min=0, help="Seed of the patients. [default: that of the file]")
]


def calibrate(
    file: CalibrationFile,
    out: CalibrationOut = None,
    seed: SeedOfPatients = None,
    resume: Resume = False,
    force: Force = False,
    workers: Workers = 0,
    as_json: AsJson = False,
    of_model: OfModel = DEFAULT_MODEL,
) -> None:
    """Fit typical values, spreads, shares of strata and cohort factors to published targets.

    Levenberg-Marquardt on standardised residuals with priors; all parameter vectors see the same patients. Then draws
    of the Laplace approximation are simulated and the plausible ones kept, and the result is judged on other patients.
    Progress is stored after each step: --resume continues to the same bits.

    Writes a parameter set, a population, scenarios that use both, the targets before and after, the plausible sets, and
    for each quantity its prior, its posterior and the targets that inform it.
    """
    from immunosim.cli.calibration_tables import show_calibration
    from immunosim.door.calibrating import calibration_setup, forget_earlier, refuse_earlier, run_calibration

    folder = out or Path("results") / f"{Path(file).stem}_calibration"
    if force:
        forget_earlier(folder)
    refuse_earlier(folder, resume)
    with progress("Reading scenarios and targets") as now:
        setup = calibration_setup(file, of_model, seed, now.announce)
        result, paths = run_calibration(setup, folder, workers, now)
    show_calibration(result, paths, as_json)
