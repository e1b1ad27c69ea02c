"""``immunosim risk``: the risk of an event of one patient, from a population that is calibrated to it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from immunosim.cli.cohort import PopulationFile, SeedOfDraws
from immunosim.cli.fit_options import NoiseOf, Patient
from immunosim.cli.option_groups import with_option_groups
from immunosim.cli.options import AsJson, Changes, ScenarioFile
from immunosim.cli.printing import show, show_text
from immunosim.cli.progress import progress

if TYPE_CHECKING:
    from immunosim.door.risks import Risk

OrganEvent = Annotated[
    str, typer.Option("--event", metavar="EVENT", help="An organ that may fall ill, or its cumulative hazard.")
]
ByTime = Annotated[
    str, typer.Option("--by", metavar="TIME", help="The time by which the event happens, such as '7 years'.")
]
FreeUntil = Annotated[
    str | None,
    typer.Option(
        "--free-until",
        metavar="TIME",
        help="The time until which the patient is known not to have had the event.",
        show_default=False,
    ),
]
PatientCounts = Annotated[
    Path | None,
    typer.Option("--data", metavar="FILE", help="A table of the patient's counts and doses, in place of [[observed]]."),
]
NumberSimulated = Annotated[
    int | None, typer.Option("-n", "--number", min=1, help="Patients of the population to simulate. [default: 4096]")
]


@dataclass(frozen=True)
class PatientKnown:
    """What is known of the patient."""

    data: PatientCounts = None
    patient: Patient = ""
    free_until: FreeUntil = None
    noise: NoiseOf = None


@dataclass(frozen=True)
class SimulatedPatients:
    """Who is simulated."""

    population: PopulationFile = None
    number: NumberSimulated = None
    seed: SeedOfDraws = None


@with_option_groups
def risk(
    scenario: ScenarioFile,
    event: OrganEvent,
    by: ByTime,
    known: PatientKnown,
    simulated: SimulatedPatients,
    changes: Changes = None,
    as_json: AsJson = False,
) -> None:
    """Tell the risk of an event of one patient, given covariates and counts so far.

    The patients of the population get the treatment of the scenario, and are weighted by how much the patient is like
    them: by what the scenario says of the patient, by counts through the error model of fits, and by time without the
    event. The interval is that of a finite number of patients; doubt about the population is not in it.

    No risk is told unless the population is calibrated to the event (`calibrated_to`), or if too few of its patients
    are like this one.
    """
    from immunosim.door.risks import PATIENTS
    from immunosim.door.risks import risk as risk_of
    from immunosim.report import to_json

    with progress("Reading the scenario") as now:
        told = risk_of(
            scenario,
            event,
            by,
            population=simulated.population,
            data=known.data,
            patient=known.patient,
            free_until=known.free_until,
            noise=known.noise or (),
            n=simulated.number or PATIENTS,
            seed=simulated.seed,
            overrides=changes or (),
            announce=now.announce,
        )
    if as_json:
        show_text(to_json(told.summary()).rstrip())
    else:
        _show(told)


def _show(told: "Risk") -> None:
    from immunosim.report import INTENDED_USE

    headline = told.headline()
    show(f"{headline[:1].upper()}{headline[1:]}")
    for name, value in told.facts().items():
        show(f"{name.capitalize()}: {value}")
    show("The interval is that of a finite number of simulated patients; doubt about the population is not in it.")
    show()
    show(INTENDED_USE)
