"""Options of published numbers with which cohorts are compared."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from immunosim.door.over_sets import SetRequest

TargetFiles = Annotated[
    list[str] | None,
    typer.Option(
        "--targets",
        metavar="FILE",
        help="Published numbers (TOML), the name of a file that comes with the model, or all. Cohorts they name are "
        "simulated and compared. May be repeated.",
        show_default=False,
    ),
]
NumberOfSets = Annotated[
    int | None,
    typer.Option(
        "--sets",
        metavar="M",
        min=2,
        help="With --targets: simulate M plausible sets of the population as well, for intervals that hold the doubt "
        "about its values.",
        show_default=False,
    ),
]
PatientsOfSet = Annotated[
    int, typer.Option("--set-patients", min=1, help="Patients of each cohort under each set, the same under all.")
]


@dataclass(frozen=True)
class TargetOptions:
    """What cohorts are compared with, and under how many sets of values."""

    targets: TargetFiles = None
    sets: NumberOfSets = None
    set_patients: PatientsOfSet = 512

    def asked(self) -> "SetRequest | None":
        """Return the sets that are asked for."""
        from immunosim.door.over_sets import SetRequest

        return None if self.sets is None else SetRequest(self.sets, self.set_patients)
