"""``immunosim teach``: the lessons in the browser, and what a teacher needs to write, check and grade them."""

from pathlib import Path
from typing import Annotated

import typer

from immunosim.cli.options import BAD_INPUT, FAILED, AsJson, Changes
from immunosim.cli.printing import say, show, show_text
from immunosim.cli.progress import progress
from immunosim.cli.verbs import Verb
from immunosim.safe_text import shell_command

teach = typer.Typer(
    name="teach",
    help="Explore the model in the browser, and teach with it.",
    add_completion=False,
    rich_markup_mode=None,
    invoke_without_command=True,
)

LessonsFolder = Annotated[
    Path | None,
    typer.Argument(
        metavar="[FOLDER]",
        help="Folder of a lesson, or of several; by default the lessons that come with the package.",
        show_default=False,
    ),
]


@teach.command(cls=Verb)
def check(
    folder: LessonsFolder = None,
    changes: Changes = None,
    update: Annotated[bool, typer.Option("--update", help="Store the answers as they are now.")] = False,
    as_json: AsJson = False,
) -> None:
    """Recompute every answer of lessons by running the model, and say which moved.

    Right answers must differ from wrong ones, states must be reachable, and all texts complete in every language. With
    --set, say which lessons follow from a value. Exit code 2 where something is wrong, 3 where answers moved.
    """
    from immunosim.cli.teach_tables import as_record, show_check
    from immunosim.teach.check import check_lessons

    overrides = dict(_pair(change) for change in changes or ())
    with progress("Computing answers") as shown:

        def report(done: int, of: int, name: str) -> None:
            shown.detail = f"{name} ({done + 1} of {of})"

        found = check_lessons(folder, overrides=overrides, announce=shown.announce, report=report)
    if as_json:
        show_text(as_record(found))
    else:
        show_check(found)
    for problem in found.problems:
        say(str(problem))
    if found.problems:
        raise typer.Exit(BAD_INPUT)
    if update:
        show(f"Wrote {found.update()}.")
    elif found.moved:
        raise typer.Exit(FAILED)


@teach.command(cls=Verb)
def new(
    name: Annotated[str, typer.Argument(metavar="ID", help="Name of the lesson and of its folder.")],
    into: Annotated[Path, typer.Option("--in", metavar="DIR", help="Folder in which it is written.")] = Path(),
) -> None:
    """Write a lesson to start from: a folder with comments on all that a lesson may hold.

    It is complete as it is, so that check accepts it, and each change can be checked at once.
    """
    from immunosim.teach.new import write_lesson

    folder = write_lesson(name, into)
    show(f"Wrote {folder}: lesson.toml, en.toml, teacher.en.md.")
    show(f"Next:  {shell_command(['immunosim', 'teach', 'check', str(folder)])}")


@teach.command(cls=Verb)
def grade(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder of hand-in files (JSON).")],
    lessons: Annotated[
        Path | None,
        typer.Option("--lessons", metavar="DIR", help="Your own lessons, besides those of the package."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Table to write.")] = None,
) -> None:
    """Recompute every answer of hand-in files by running the model, and write a table (CSV).

    One line for each file and task: right, wrong, the misconception that a wrong answer shows, or missing. A file can
    be edited by whoever hands it in: it is no proof against cheating.
    """
    from immunosim.cli.teach_tables import show_grades
    from immunosim.teach.grade import grade_lessons

    with progress("Computing answers") as shown:
        graded = grade_lessons(folder, lessons, announce=shown.announce)
    target = out or folder / "grades.csv"
    graded.save(target)
    show_grades(graded)
    show(f"Wrote {target}. {graded.caution}")


@teach.callback()
def site(
    context: typer.Context,
    lesson: Annotated[str | None, typer.Option("--lesson", metavar="ID", help="Open this lesson.")] = None,
    export: Annotated[
        Path | None, typer.Option("--export", metavar="DIR", help="Write the site as a folder, for any web server.")
    ] = None,
    single: Annotated[
        Path | None, typer.Option("--single", metavar="FILE.html", help="Write the site as one file, to be opened.")
    ] = None,
    scorm: Annotated[
        Path | None, typer.Option("--scorm", metavar="FILE.zip", help="Write a SCORM 1.2 package of a lesson.")
    ] = None,
    link: Annotated[
        str | None,
        typer.Option("--link", metavar="SCENARIO", help="Print the link that opens a scenario in the site."),
    ] = None,
    lessons: Annotated[
        Path | None, typer.Option("--lessons", metavar="DIR", help="Your own lessons, besides those of the package.")
    ] = None,
    language: Annotated[str, typer.Option("--language", metavar="CODE", help="Language to begin with.")] = "en",
    teacher: Annotated[bool, typer.Option("--teacher", help="With the teacher's pages, which hold answers.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace what is there.")] = False,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0 chooses a free one.")] = 0,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Print the address, open no browser.")] = False,
) -> None:
    """Explore the model in the browser, and teach with it.

    Alone, it serves the site to this machine only, until Ctrl-C. --export, --single, --scorm and --link write instead.
    """
    if context.invoked_subcommand is not None:
        return
    from immunosim.cli.teach_site import Wish, fulfil

    fulfil(Wish(lesson, export, single, scorm, link, lessons, language, teacher, force, port, no_browser))


def _pair(change: str) -> tuple[str, str]:
    from immunosim.errors import ScenarioError

    key, equals, value = change.partition("=")
    if not equals:
        raise ScenarioError(f'"{change}" is not an override', cure='write for example "patient.age=40"')
    return key.strip(), value.strip()
