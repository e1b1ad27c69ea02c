"""``immunosim compare``: what differs between scenarios, in what comes out, and which keys make the difference."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from immunosim.cli.options import FAILED, AsJson, Changes, command_line
from immunosim.cli.printing import show, show_text
from immunosim.cli.progress import progress
from immunosim.safe_text import shell_command

Scenarios = Annotated[
    list[Path],
    typer.Argument(metavar="A B [C]...", help="Scenario files or names; A is the reference.", show_default=False),
]
At = Annotated[
    list[str] | None,
    typer.Option("--at", metavar="TIME", help="When to compare, such as '18 months' or 'course 2 + 30 days' of A."),
]
Readouts = Annotated[
    list[str] | None, typer.Option("--readout", metavar="NAME", help="Read-out or pool to compare and explain.")
]
AsSums = Annotated[bool, typer.Option("--accounting", help="Attribute the differences to processes instead, as sums.")]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="Folder for the results, by default results/<A>_vs_<B>.")
]


def compare(
    scenarios: Scenarios,
    at: At = None,
    readout: Readouts = None,
    accounting: AsSums = False,
    changes: Changes = None,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Compare scenarios and say which of the differing keys make the read-outs differ.

    Each key is set back alone and simulated again. Writes overlay.png, counterfactuals_<read-out>.png (of two
    scenarios), differences.csv, counterfactuals.csv and comparison.json. With --accounting the differences are sums
    over processes instead: why_difference_<read-out>.png and attribution.csv. --at, --readout and --set may be
    repeated; --set changes all scenarios. With --json files are written only where --out is given. Exit code 3: a
    simulation failed; the others are compared.
    """
    from immunosim.door.comparing import attribute, comparison_files, comparison_record, explain_difference
    from immunosim.door.comparing import compare as compared
    from immunosim.report import refuse_foreign, to_json, write_folder
    from immunosim.report.output_files import COMPARISON

    folder = out or Path("results") / "_vs_".join(path.stem for path in scenarios)
    is_written = out is not None or not as_json
    if is_written:
        refuse_foreign(folder, COMPARISON)
    with progress("Simulating the scenarios, and with each differing key set back") as shown:
        comparison = compared(*scenarios, at=at or [], overrides=changes or (), announce=shown.announce)
        attributions = attribute(comparison, *(readout or [])) if accounting else ()
        causes = None if accounting else explain_difference(comparison, *(readout or []))
        record = comparison_record(comparison, attributions, readout or [], causes)
        record |= {"command": _command(scenarios, at or [], readout or [], changes or [], accounting)}
        shown.begin("Drawing")
        files = comparison_files(comparison, attributions, record, causes) if is_written else {}
    if files:
        write_folder(folder, files, COMPARISON)
    if as_json:
        show_text(to_json(record).rstrip())
    else:
        from immunosim.cli.compare_tables import show_comparison

        show_comparison(comparison, record)
        show(f"Files: {folder}/ ({', '.join(files)})")
        explained = [(item.name, item.explanation.readout) for item in attributions]
        explained += [(cause.name, cause.readout) for cause in causes or ()]
        show(f"Next:  {_following(scenarios, explained, changes or [])}")
    if comparison.failures:
        raise typer.Exit(FAILED)


def _following(scenarios: Sequence[Path], explained: Sequence[tuple[str, str]], changes: Sequence[str]) -> str:
    """Return what to ask next: what moved the read-out within the scenario that differs."""
    from immunosim.door.comparing import distinct_names

    if not explained:
        return command_line("run", scenarios[0], changes)
    name, readout = explained[0]
    path = scenarios[distinct_names(scenarios).index(name)]
    return f"{command_line('explain', path, changes)} --readout {readout}"


def _command(
    scenarios: Sequence[Path], at: Sequence[str], readouts: Sequence[str], changes: Sequence[str], accounting: bool
) -> str:
    given = {"--at": at, "--readout": readouts, "--set": changes}
    options = [part for option, values in given.items() for value in values for part in (option, value)]
    options += ["--accounting"] if accounting else []
    return shell_command(["immunosim", "compare", *map(str, scenarios), *options])
