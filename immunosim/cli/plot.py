"""``immunosim plot``: draw many patients, as a map of two quantities, as courses over time, or one line each."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from immunosim.cli.printing import show
from immunosim.cli.progress import progress
from immunosim.safe_text import file_name, shell_command

if TYPE_CHECKING:
    from immunosim.cohorts import CohortResult
    from immunosim.ensembles import EnsembleResult
    from immunosim.plots.cohorts import CohortPlot
    from immunosim.plots.ensembles import Plot

SUFFIXES = (".png", ".pdf", ".svg")

DOTS_PER_INCH = 200

OPTIONS = {"of": "readout"}
"""Options that are called otherwise than the arguments they become."""

ResultFile = Annotated[
    Path, typer.Argument(metavar="RESULT", help="Result of a sweep or ensemble.", show_default=False)
]
Kind = Annotated[
    str,
    typer.Option(
        "--kind",
        metavar="KIND",
        help="heatmap, contour, bands, spaghetti, kaplan_meier or parallel; of a cohort also visits or forest. By "
        "default chosen from the result.",
        show_default=False,
    ),
]
Readout = Annotated[
    str,
    typer.Option(
        "--readout",
        metavar="NAME",
        help="Endpoint, read-out or pool to draw; by default the first.",
        show_default=False,
    ),
]
X = Annotated[
    str,
    typer.Option(
        "--x",
        metavar="NAME",
        help="Factor on the horizontal axis; by default one that correlates with the result.",
        show_default=False,
    ),
]
Y = Annotated[str, typer.Option("--y", metavar="NAME", help="Factor on the vertical axis.", show_default=False)]
At = Annotated[
    str | None,
    typer.Option("--at", metavar="TIME", help="When a read-out is taken, such as '12 months'; by default the end."),
]
Level = Annotated[
    str,
    typer.Option(
        "--threshold",
        metavar="VALUE",
        help="Level to draw, such as '0.2e9/L'; by default the lower limit of normal.",
        show_default=False,
    ),
]
Color = Annotated[
    str,
    typer.Option(
        "--color",
        metavar="NAME",
        help="Factor that colours the lines, or divides Kaplan-Meier curves.",
        show_default=False,
    ),
]
Competing = Annotated[
    list[str] | None,
    typer.Option(
        "--competing",
        metavar="NAME",
        help="Of a cohort: hazard or endpoint whose events compete with the one drawn (Aalen-Johansen). Repeatable.",
        show_default=False,
    ),
]
Targets = Annotated[
    list[str] | None,
    typer.Option(
        "--targets",
        metavar="FILE",
        help="Of a cohort: target file (TOML), or the name of one that comes with the model. Repeatable.",
        show_default=False,
    ),
]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="File (.png, .pdf or .svg), by default a PNG beside the result."),
]


def plot(
    result: ResultFile,
    kind: Kind = "",
    readout: Readout = "",
    x: X = "",
    y: Y = "",
    at: At = None,
    threshold: Level = "",
    color: Color = "",
    competing: Competing = None,
    targets: Targets = None,
    out: Out = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier file.")] = False,
) -> None:
    """Plot the patients of a sweep, an ensemble or a cohort.

    heatmap and contour show one result over two factors, by default those that correlate most with it;
    bands and spaghetti show a read-out over time; kaplan_meier the fraction that has had an event, by default in one
    group, with --color by a factor; parallel shows every patient as a line. Patients that failed are counted on the
    figure.

    Of a cohort, bands and kaplan_meier are weighted, visits shows boxes of a read-out at each visit, and forest the
    residuals of targets. With --targets published numbers are drawn as points; kaplan_meier of a cumulative hazard
    draws the events from it.
    """
    from immunosim.door.stored import presented
    from immunosim.errors import DataError
    from immunosim.files import write_file
    from immunosim.plots import encoded
    from immunosim.report.patient_figures import planned_figure

    if out is not None:
        _check_target(out, force)
    options = {"kind": kind, "x": x, "y": y, "at": at, "color": color, "threshold": threshold}
    with progress("Drawing"):
        drawn = presented(result)
        try:
            asked, draw = planned_figure(drawn, readout, competing or (), targets or (), **options)
            target = out or _beside(result, asked)
            if out is None:
                _check_target(target, force)
            write_file(target, encoded(draw(), target.suffix.lower().lstrip("."), DOTS_PER_INCH))
        except DataError as error:
            if error.file:
                raise
            key = f"--{OPTIONS.get(error.key, error.key)}" if error.key else None
            cure = None if error.cure is None else error.cure.replace("RESULT", shell_command([str(result)]))
            raise DataError(error.reason, file=str(result), key=key, cure=cure) from None
    _report(result, drawn, asked, target)


def _beside(result: Path, asked: "Plot | CohortPlot") -> Path:
    name = "_".join(filter(None, (result.stem, asked.kind, asked.of)))
    return result.parent / f"{file_name(name, 120)}.png"


def _check_target(path: Path, force: bool) -> None:
    """Refuse a file of an unknown kind, or one that is there already."""
    from immunosim.errors import DataError
    from immunosim.files import OutputError

    if path.suffix.lower() not in SUFFIXES:
        raise DataError(f'"{path}" has an unknown file type', key="--out", cure=f"end it with {', '.join(SUFFIXES)}")
    if path.exists() and not force:
        cure = "choose another file with --out, or replace it with --force"
        raise OutputError("already exists", file=str(path), cure=cure)


def _report(result: Path, drawn: "EnsembleResult | CohortResult", asked: "Plot | CohortPlot", target: Path) -> None:
    """Print what was drawn, where it is, and what to ask next."""
    n, n_failed = len(drawn), len(drawn.failed)
    who = f"{n - n_failed:,} of {n:,} patients" if n_failed else f"{n:,} patients"
    show(f"Drawn:  {asked.kind}{f' of {asked.of}' if asked.of else ''}{_over(asked)}, {who}")
    show(f"Figure: {target}")
    if n_failed:
        show(f"Next:   {shell_command(['immunosim', 'failures', str(result)])}")
    else:
        show(f"Next:   {shell_command(['immunosim', 'plot', str(result), '--kind', _other(asked)])}")


def _over(asked: "Plot | CohortPlot") -> str:
    """Return the factors of a map."""
    x, y = (getattr(asked, name, "") for name in ("x", "y"))
    return f" over {x} and {y}" if x else ""


def _other(asked: "Plot | CohortPlot") -> str:
    """Return another kind of figure of the same result."""
    if hasattr(asked, "competing"):
        return "visits" if asked.kind == "bands" else "bands"
    return "contour" if asked.kind == "heatmap" else "parallel" if asked.kind != "parallel" else "heatmap"
