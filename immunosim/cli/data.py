"""``immunosim data check``: read a clinic's table of counts and say what was understood, or what is wrong with it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from immunosim.cli.options import AsJson
from immunosim.cli.printing import show, show_table

if TYPE_CHECKING:
    from immunosim.observations import Measurement

LONG = 36_525.0
"""A hundred years, day: without a scenario no visit is too late."""

data = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Look at tables of counts.")


@data.callback()
def tables() -> None:
    """Look at tables of counts."""


@data.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A clinic's table (CSV).", show_default=False)],
    scenario: Annotated[
        Path | None,
        typer.Option(
            "--scenario", metavar="SCENARIO", help="For the date of day 0 and the horizon.", show_default=False
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Read a clinic's table of counts, and say what was understood, or every problem with its line and column."""
    from immunosim.observations import read_clinic_table
    from immunosim.report import to_json
    from immunosim.scenario import Scenario, load_scenario

    of = Scenario(horizon=LONG) if scenario is None else load_scenario(scenario)
    found = read_clinic_table(file, of)
    if as_json:
        show(to_json({name: [vars(one) for one in own] for name, own in found.items()}).rstrip())
        return
    show(f"{file}: {sum(map(len, found.values()))} values of {len(found)} patient{'s' if len(found) > 1 else ''}")
    rows = [_row(name, own) for name, own in found.items()]
    show_table("Patients", ("patient", "visits", "from day", "to day", "values", "below", "analytes"), rows, "<>>>>><")
    show("\nNext:  immunosim fit SCENARIO --data " + str(file))


def _row(name: str, own: "list[Measurement]") -> tuple[str, ...]:
    times = sorted({one.time for one in own})
    analytes = ", ".join(sorted({one.analyte for one in own}))
    below = sum(one.is_below for one in own)
    return name, str(len(times)), f"{times[0]:g}", f"{times[-1]:g}", str(len(own)), str(below), analytes
