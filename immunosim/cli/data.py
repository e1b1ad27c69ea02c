"""``immunosim data``: what was measured in patients, as it is understood, what is wrong with it, in other formats."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from immunosim.cli.fit_options import RecipeFile, TimeUnit
from immunosim.cli.options import BAD_INPUT, AsJson
from immunosim.cli.printing import say, show, show_text
from immunosim.cli.verbs import Verb
from immunosim.safe_text import shell_command

data = typer.Typer(
    name="data",
    help="Check tables of counts and doses, and convert them.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

DataFile = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        help="Table of counts and doses (CSV or Excel; clinical, long, NONMEM, Monolix, PEtab).",
        show_default=False,
    ),
]
OfScenario = Annotated[
    Path | None,
    typer.Option(
        "--scenario",
        metavar="SCENARIO",
        help="Scenario that gives the date of day 0, the horizon and the planned doses.",
    ),
]
FromFirstDose = Annotated[
    bool, typer.Option("--from-first-dose", help="Count days from each patient's first dose in the table.")
]


class Format(StrEnum):
    """What data can be converted to."""

    NONMEM = "nonmem"
    PETAB = "petab"


@data.command(cls=Verb)
def check(
    file: DataFile,
    scenario: OfScenario = None,
    from_first_dose: FromFirstDose = False,
    time_unit: TimeUnit = None,
    recipe: RecipeFile = None,
    as_json: AsJson = False,
) -> None:
    """Print what was understood of a table of counts and doses, and what is probably wrong with it.

    Nothing is simulated or written. Errors end in exit code 2; warnings and notes do not.
    """
    from immunosim.cli.data_tables import as_record, show_data
    from immunosim.door.data import read_data

    table = read_data(file, scenario, from_first_dose=from_first_dose, time_unit=time_unit, recipe=recipe, strict=False)
    observations, findings = table.observations, table.findings
    is_wrong = any(finding.severity == "error" for finding in findings)
    if as_json:
        from immunosim.report import to_json

        show_text(to_json(as_record(observations, findings)).rstrip())
    else:
        show_data(observations, findings)
        if not is_wrong:
            show("", f"Next:  {_conversion(file, scenario, from_first_dose, time_unit, recipe)}")
        elif table.n_unread and recipe is None:
            show("", f"Next:  correct the table, or {shell_command(['immunosim', 'data', 'recipe', str(file)])}")
    if is_wrong:
        raise typer.Exit(BAD_INPUT)


@data.command(cls=Verb)
def convert(
    file: DataFile,
    to: Annotated[Format, typer.Option("--to", help="Format to write.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", metavar="PATH", help="File, or folder for petab.", show_default=False)],
    scenario: OfScenario = None,
    from_first_dose: FromFirstDose = False,
    time_unit: TimeUnit = None,
    recipe: RecipeFile = None,
    force: Annotated[bool, typer.Option("--force", help="Replace what is there.")] = False,
) -> None:
    """Write a table of counts and doses in another format: a NONMEM table, or the tables of a PEtab problem.

    Those of PEtab have log-normal noise with one standard deviation for each read-out; the model, and the parameters
    that are to be fitted, are added later.
    """
    from immunosim.door.data import read_data

    _refuse_existing(out, force)
    table = read_data(file, scenario, from_first_dose=from_first_dose, time_unit=time_unit, recipe=recipe)
    observations = table.observations
    for finding in table.findings:
        if finding.severity != "note":
            say(f"{file}: {finding}")
    table.convert(out, to.value)
    n, below = observations.n_measurements, observations.n_below
    show(f"Wrote {out}: patients {len(observations)}, measurements {n}, {below} of them below quantification.")
    show(
        f"Next:  {shell_command(['immunosim', 'data', 'check', str(out)])}"
        if to is Format.NONMEM
        else _READ_IT.format(out)
    )


@data.command(cls=Verb)
def recipe(
    file: DataFile,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The recipe.")] = Path("recipe.toml"),
    scenario: OfScenario = None,
    force: Annotated[bool, typer.Option("--force", help="Replace what is there.")] = False,
) -> None:
    """Write what the columns of a table mean, as they are understood, as a recipe (TOML) to be edited and reused.

    What is not understood stands in it as a question. A recipe is used where --recipe names it, and nowhere else.
    """
    from immunosim.door.data import write_recipe

    _refuse_existing(out, force)
    path = write_recipe(file, out, scenario)
    n_questions = path.read_text(encoding="utf-8").count('= "?"')
    show(f"Wrote {path}: questions {n_questions}.")
    words = ["immunosim", "data", "check", str(file), "--recipe", str(path)]
    show(f"Next:  {'answer the questions, then ' if n_questions else ''}{shell_command(words)}")


_READ_IT = "Next:  read {0}/README.md, then add the model and the parameters to fit"


def _conversion(
    file: Path, scenario: Path | None, from_first_dose: bool, time_unit: str | None, recipe: Path | None
) -> str:
    """Return the command that converts what was checked."""
    words = ["immunosim", "data", "convert", str(file)]
    words += ["--scenario", str(scenario)] if scenario else []
    words += ["--from-first-dose"] if from_first_dose else []
    words += ["--time-unit", time_unit] if time_unit else []
    words += ["--recipe", str(recipe)] if recipe else []
    return shell_command([*words, "--to", "petab", "--out", f"{file.stem}_petab"])


def _refuse_existing(out: Path, force: bool) -> None:
    from immunosim.files import OutputError

    if not force and (out.is_file() or (out.is_dir() and any(out.iterdir()))):
        cure = "choose another place with --out, or replace it with --force"
        raise OutputError("exists", file=str(out), cure=cure)
