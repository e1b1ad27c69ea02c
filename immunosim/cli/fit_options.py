"""Options that the verbs about fits share, and the case that they describe."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from immunosim.cli.options import Changes, ScenarioFile, simulated_day_of
from immunosim.cli.printing import say
from immunosim.cli.progress import Progress

if TYPE_CHECKING:
    from immunosim.fitting import ErrorModel, FitProblem
    from immunosim.observations import PatientRecord
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
        help="A parameter to fit; by default up to eight that the data say most about. May be repeated.",
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
Patient = Annotated[str, typer.Option("--patient", metavar="NAME", help="Only this patient of the table.")]
Pooling = Annotated[
    Together,
    typer.Option(
        "--patients",
        help="pooled: fit all patients of the table as if they were one. two-stage is for the verb fit.",
    ),
]
Starts = Annotated[int, typer.Option("--starts", min=1, help="Starts of the search.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Seed of everything that is drawn.")]
Likelihood = Annotated[bool, typer.Option("--likelihood", help="Leave priors out: maximum likelihood.")]
Shared = Annotated[
    float, typer.Option("--shared", min=0.0, max=0.99, help="Share of a subset's variance that is the total's error.")
]
Draws = Annotated[
    int, typer.Option("--draws", min=0, help="Steps of each walker of a posterior sample; 0 for the approximation.")
]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run.")]
Workers = Annotated[int, typer.Option("--workers", min=0, help="Threads to compute in; 0 for one a core.")]


@dataclass(frozen=True)
class FitInput:
    """Scenario, data and free parameters: the options that all verbs about fits have."""

    scenario: ScenarioFile
    data: Data = None
    patient: Patient = ""
    free: Free = None
    limits: Limits = None
    noise: NoiseOf = None
    shared: Shared = 0.5
    changes: Changes = None
    seed: Seed = 0
    workers: Workers = 0

    def read(self, now: Progress, priors: bool = True) -> "FitProblem":
        """Read scenario and data, and return what is to be fitted."""
        from immunosim.fitting import FitOptions, case_of
        from immunosim.machine import cores
        from immunosim.problem import prepare
        from immunosim.scenario import load_scenario

        problem = prepare(load_scenario(self.scenario, self.changes or []), str(self.scenario), now.announce)
        patients = self._patients(problem)
        wishes = FitOptions(
            free=tuple(self.free or ()),
            limits=dict(_limits(problem, text) for text in self.limits or ()),
            noise=dict(_noise(problem, text) for text in self.noise or ()),
            shared=self.shared,
            priors=priors,
            n_threads=self.workers or cores(),
        )
        case = case_of(problem, patients, wishes, str(self.scenario), now.begin)
        if case.is_chosen:
            names = ", ".join(case.coordinates.names)
            now.announce(f"Nothing is named to fit: {names}, of which the data say most")
        return case

    def _patients(self, problem: "Problem") -> "list[PatientRecord]":
        from immunosim.errors import DataError
        from immunosim.observations import PatientRecord, observed_in

        if self.data is not None:
            return _of_table(problem, self.data, self.patient)
        if self.patient:
            raise DataError("needs a table of patients", key="--patient", cure="give one with --data")
        found = observed_in(problem.scenario, problem.model.units)
        if not found:
            cure = "add [[observed]] with the patient's counts (docs/scenarios.md), or give a table with --data"
            raise DataError("holds no measurements to fit", file=str(self.scenario), cure=cure)
        return [PatientRecord("patient", tuple(found))]


def refuse_several(case: "FitProblem", together: Together) -> None:
    """Raise where a verb about one patient gets several, unless they are pooled.

    Raises
    ------
    DataError
        With the names of the patients.
    """
    from immunosim.errors import DataError

    if together is Together.TWO_STAGE:
        raise DataError("two-stage is for the verb fit", key="--patients", cure="use pooled, or choose a --patient")
    if len(case.patients) > 1 and together is Together.EACH:
        names = ", ".join([one.name for one in case.patients][:10])
        cure = f"choose one with --patient ({names}), or take them as one with --patients pooled"
        raise DataError(f"there are {len(case.patients)} patients", key="--data", cure=cure)


def target_of(problem: "Problem", text: str, option: str) -> tuple[str, float]:
    """Return read-out and day of a text such as ``cd4@24 months``."""
    from immunosim.errors import DataError, did_you_mean

    readout, at, time = text.partition("@")
    if not at or readout.strip() not in problem.model.readouts:
        cure = did_you_mean(readout.strip(), problem.model.readouts)
        raise DataError(f'"{text}" names no read-out and time', key=option, cure=f"write cd4@24 months; {cure}")
    return readout.strip(), simulated_day_of(problem.scenario, time.strip(), option)


def _of_table(problem: "Problem", path: Path, patient: str) -> "list[PatientRecord]":
    """Return the patients of a table who were measured, after the linter has found no error in what is said of them."""
    from immunosim.errors import DataError, InputProblem
    from immunosim.observations import Observations, lint, read_observations

    observations, notes = read_observations(path, problem.scenario)
    chosen = [observations[patient]] if patient else list(observations)
    wrong: list[InputProblem] = []
    for finding in [*notes, *lint(Observations(tuple(chosen), observations.file), problem.scenario)]:
        if finding.severity == "error":
            where = f"{path}: line {finding.line}" if finding.line else str(path)
            wrong.append(InputProblem(finding.reason, where, finding.column or None, finding.cure or None))
        elif finding.severity == "warning":
            say(f"{path}: {finding}")
    if wrong:
        raise DataError(problems=wrong)
    without = [one.name for one in chosen if not one.measurements]
    if len(without) == len(chosen):
        whose = f" of patient {patient}" if patient else ""
        raise DataError(f"has no measurements{whose}", file=str(path), cure="choose another patient or table")
    if without:
        say(f"{path}: {', '.join(without)}: no measurements, left out")
    return [one for one in chosen if one.measurements]


def _noise(problem: "Problem", text: str) -> "tuple[str, ErrorModel]":
    from immunosim.errors import DataError
    from immunosim.fitting import ErrorModel
    from immunosim.observations.laboratory import measurable

    analyte, equals, noise = text.partition("=")
    if not equals:
        raise DataError(f'"{text}" names no analyte', key="--noise", cure="write for example cd4=lognormal:0.15")
    name = analyte.strip()
    return name, ErrorModel.parse(noise, measurable().get(name) or problem.model.units.get(name, "1"))


def _limits(problem: "Problem", text: str) -> tuple[str, tuple[float, float]]:
    from immunosim.errors import DataError, QuantityError
    from immunosim.units import parse_quantity

    name, _, between = text.partition("=")
    ends = between.split(":")
    if len(ends) != 2 or not all(end.strip() for end in ends):
        cure = "write for example antibody_clearance=0.5:5"
        raise DataError(f'"{text}" has no two limits', key="--limits", cure=cure)
    known = name.strip() in problem.parameters
    unit = problem.parameters[name.strip()].unit if known else "1"
    try:
        low, high = (parse_quantity(end, unit, bare=True) for end in ends)
    except QuantityError as error:
        raise DataError(error.reason, key=f"--limits {name.strip()}", cure=error.cure) from error
    return name.strip(), (low, high)
