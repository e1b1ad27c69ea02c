"""Options that the verbs about fits share, and the case that they describe."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from immunosim.cli.options import Changes, ScenarioOrTable
from immunosim.cli.progress import Progress

if TYPE_CHECKING:
    from immunosim.fitting import FitProblem
    from immunosim.problem import Problem


class Together(StrEnum):
    """How several patients are fitted."""

    EACH = "each"
    POOLED = "pooled"
    TWO_STAGE = "two-stage"


Free = Annotated[
    list[str] | None,
    typer.Option(
        "--free",
        metavar="NAME",
        help="A parameter to report; by default up to eight that the data inform most. May be repeated.",
        show_default=False,
    ),
]
Fix = Annotated[
    list[str] | None,
    typer.Option(
        "--fix",
        metavar="NAME",
        help="A parameter to hold at the scenario's value; 'others' holds all that are not reported. By default all "
        "parameters with a prior are free under it. May be repeated.",
        show_default=False,
    ),
]
Limits = Annotated[
    list[str] | None,
    typer.Option(
        "--limits",
        metavar="NAME=LOW:HIGH",
        help="Limits of a fitted parameter, in its unit or with another one. By default a tenth to ten times its "
        "value, within those of the parameter set. May be repeated.",
        show_default=False,
    ),
]
NoiseOf = Annotated[
    list[str] | None,
    typer.Option(
        "--noise",
        metavar="ANALYTE=NOISE",
        help="Residual error model of an analyte: lognormal:0.15, proportional:0.15, additive:20, combined:0.1:20, "
        "each also with ':estimated'. By default lognormal with 0.132, the week-to-week variation of counts. "
        "May be repeated.",
        show_default=False,
    ),
]
Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="FILE",
        help="A table of counts (CSV; clinical or NONMEM-like) that replaces [[observed]].",
    ),
]
RecipeFile = Annotated[
    Path | None,
    typer.Option(
        "--recipe",
        metavar="RECIPE",
        help="Import recipe (TOML) that says what the columns of the table mean; 'immunosim data recipe' writes one.",
    ),
]
TimeUnit = Annotated[
    str | None, typer.Option("--time-unit", metavar="UNIT", help="Unit of TIME in a NONMEM table, by default day.")
]
Patient = Annotated[str, typer.Option("--patient", metavar="NAME", help="Only this patient of the table.")]
Pooling = Annotated[
    Together,
    typer.Option(
        "--patients",
        help="pooled: fit all patients of the table as if they were one. two-stage is for the verb fit.",
    ),
]
Starts = Annotated[int, typer.Option("--starts", min=1, help="Starting points of the multistart optimisation.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Seed of all random numbers.")]
Likelihood = Annotated[bool, typer.Option("--likelihood", help="Ignore priors (maximum likelihood).")]
Shared = Annotated[
    float,
    typer.Option(
        "--shared", min=0.0, max=0.99, help="Fraction of a subset's error variance shared with the total count."
    ),
]
Draws = Annotated[int, typer.Option("--draws", min=0, help="MCMC steps per walker; 0 draws without a chain.")]
Anyway = Annotated[
    bool,
    typer.Option(
        "--anyway",
        help="Forecast even if the residuals reject the fit, with widened intervals.",
    ),
]
Resume = Annotated[bool, typer.Option("--resume", help="Continue an interrupted run.")]
Page = Annotated[bool, typer.Option("--report", help="Add report.html, a page to read, print and keep.")]
Workers = Annotated[int, typer.Option("--workers", min=0, help="Threads; 0 uses one per core.")]


@dataclass(frozen=True)
class FitInput:
    """Scenario, data and free parameters: the options that all verbs about fits have."""

    scenario: ScenarioOrTable
    data: Data = None
    recipe: RecipeFile = None
    time_unit: TimeUnit = None
    patient: Patient = ""
    free: Free = None
    fix: Fix = None
    limits: Limits = None
    noise: NoiseOf = None
    shared: Shared = 0.5
    changes: Changes = None
    seed: Seed = 0
    workers: Workers = 0

    def read(self, now: Progress, priors: bool = True) -> "FitProblem":
        """Read scenario and data, and return what is to be fitted."""
        from immunosim.door.fit_input import fit_problem

        return fit_problem(
            self.scenario,
            self.data,
            recipe=self.recipe,
            time_unit=self.time_unit,
            patient=self.patient,
            free=self.free,
            fix=self.fix,
            limits=self.limits,
            noise=self.noise,
            shared=self.shared,
            priors=priors,
            overrides=self.changes,
            n_threads=self.workers,
            watch=now,
        )


def target_of(problem: "Problem", text: str, option: str) -> tuple[str, float]:
    """Return read-out and day of a text such as ``cd4@24 months``."""
    from immunosim.errors import DataError, did_you_mean

    readout, at, time = text.partition("@")
    if not at:
        raise DataError(f'"{text}" is not READOUT@TIME', key=option, cure="write cd4@24 months")
    if readout.strip() not in problem.model.readouts:
        cure = did_you_mean(readout.strip(), problem.model.readouts)
        raise DataError(f'"{readout.strip()}" is not a read-out', key=option, cure=cure)
    from immunosim.door.times import simulated_day_of

    return readout.strip(), simulated_day_of(problem.scenario, time.strip(), option)
