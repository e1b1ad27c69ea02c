"""``immunosim explain``: say why a read-out changed, as a sum of what each process contributed."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from immunosim.cli.options import AsJson, Changes, ScenarioFile, command_line
from immunosim.cli.printing import say, show, show_table, show_text
from immunosim.formatting import number
from immunosim.safe_text import shell_command

if TYPE_CHECKING:
    from immunosim.attribution import Contribution, Explanation

Readout = Annotated[
    str, typer.Option("--readout", metavar="NAME", help="Read-out or pool, such as cd4.", show_default=False)
]
At = Annotated[
    str | None,
    typer.Option("--at", metavar="TIME", help="End of the accounting, such as '6 months'; by default the horizon."),
]
Since = Annotated[
    str | None,
    typer.Option(
        "--from", metavar="TIME", help="Start of the accounting; by default the untreated start of the simulation."
    ),
]
Direct = Annotated[
    bool, typer.Option("--direct", help="Do not trace cells through the exchange between blood and tissue.")
]
Gross = Annotated[
    bool, typer.Option("--gross", help="Report total flows instead of their excess over the untreated state.")
]
Top = Annotated[int, typer.Option("--top", metavar="N", min=1, help="Rows of the table; the others are added up.")]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="Folder for the results, by default results/<name>_explain.")
]


def explain(
    scenario: ScenarioFile,
    readout: Readout,
    at: At = None,
    since: Since = None,
    direct: Direct = False,
    gross: Gross = False,
    top: Top = 12,
    changes: Changes = None,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Attribute the change of a read-out to processes.

    Prints what each process and mechanism contributed, and draws it over time: why_<readout>.png, .csv and _series.csv.
    With --json files are written only where --out is given. Exit code 3: the simulation failed.
    """
    from immunosim.door.simulating import explain as explained
    from immunosim.door.simulating import explanation_files
    from immunosim.report import to_json, write_file

    folder = out or Path("results") / f"{scenario.stem}_explain"
    is_written = out is not None or not as_json
    explanation = explained(
        *(scenario, readout, at, since), direct=direct, gross=gross, overrides=changes or (), announce=say
    )
    files = explanation_files(explanation) if is_written else {}
    for name, content in files.items():
        write_file(folder / name, content)
    if as_json:
        asked = ("--readout", readout, *(("--at", at) if at else ()), *(("--from", since) if since else ()))
        command = f"{command_line('explain', scenario, changes or [])} {shell_command(asked)}"
        show_text(to_json(explanation.summary() | {"command": command}).rstrip())
    else:
        _show(explanation, top)
        show("", f"Files: {', '.join(str(folder / name) for name in files)}")
    if not explanation.is_closed:
        say(f"{scenario}: {number(abs(explanation.residual))} {_unit(explanation)} of the change are unexplained")


def _show(explanation: "Explanation", top: int) -> None:
    for sentence in _sentences(explanation):
        show(sentence)
    unit = _unit(explanation) or "contribution"
    mechanisms = [(item.label, *_amounts(explanation, item)) for item in explanation.by_mechanism()]
    show_table("By mechanism", ("mechanism", unit, "share"), mechanisms)
    labels = explanation.mechanisms
    rows = [
        (item.label, labels.get(item.mechanism, ""), *_amounts(explanation, item))
        for item in explanation.shortened(top)
    ]
    rows.append(("not accounted for", "", f"{explanation.residual:+.1e}", ""))
    rows.append(("sum: the change", "", f"{explanation.change:+.5g}", "100 %"))
    show_table("By process", ("process", "mechanism", unit, "share"), rows, align="<<")


def _sentences(explanation: "Explanation") -> Iterator[str]:
    before, after, unit = number(explanation.before), number(explanation.after), _unit(explanation)
    start = "untreated" if explanation.is_from_start else _when(explanation.since)
    if abs(explanation.change) <= explanation.tolerance:
        yield (
            f"{explanation.label}: {after} {unit}".rstrip() + f" at {_when(explanation.at)}, as at the start, {start}."
        )
    else:
        moved = "rises" if explanation.change > 0.0 else "falls"
        values = f"{moved} from {before} to {after} {unit}".rstrip()
        yield f"{explanation.label}: {values} between {start} and {_when(explanation.at)}."
    found = [item for item in explanation.by_mechanism() if abs(item.value) > explanation.tolerance]
    for kind, sign in (("loss", -1.0), ("gain", 1.0)):
        item = next((item for item in found if sign * item.value > 0.0), None)
        if item is not None:
            yield f"Largest {kind}: {item.label} ({f'{_signed(item.value)} {unit}'.rstrip()})."
    if not explanation.is_gross:
        yield "Contributions are the excess over untreated: a loss that is smaller than untreated counts as a gain."


def _amounts(explanation: "Explanation", item: "Contribution") -> tuple[str, str]:
    share = explanation.share(item)
    return _signed(item.value), "-" if share is None else f"{100.0 * share:.1f} %"


def _signed(value: float) -> str:
    return ("+" if value > 0.0 else "") + number(value)


def _when(day: float) -> str:
    from immunosim.units import DAYS_PER_MONTH

    return f"month {day / DAYS_PER_MONTH:.3g}" if abs(day) > DAYS_PER_MONTH else f"day {day:.4g}"


def _unit(explanation: "Explanation") -> str:
    return "" if explanation.unit == "1" else explanation.unit
