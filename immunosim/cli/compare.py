"""``immunosim compare``: what differs between scenarios, in what comes out, and which processes make the difference."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from immunosim.cli.options import FAILED, AsJson, Changes, command_line, day_of
from immunosim.cli.printing import say, show, show_text
from immunosim.safe_text import shell_command

if TYPE_CHECKING:
    from immunosim.attribution.comparison import Attribution, Comparison
    from immunosim.trajectory import Trajectory

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
Out = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="Folder for the results, by default results/<A>_vs_<B>.")
]


RECORD = "comparison.json"
"""The file of a comparison that is written last."""


def compare(
    scenarios: Scenarios,
    at: At = None,
    readout: Readouts = None,
    changes: Changes = None,
    out: Out = None,
    force: Annotated[bool, typer.Option("--force", help="Replace earlier results in the folder.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compare scenarios and attribute the differences to processes.

    Writes overlay.png, why_difference_<read-out>.png (of two scenarios), differences.csv, attribution.csv and
    comparison.json. --at, --readout and --set may be repeated; --set changes all scenarios. With --json files are
    written only where --out is given. Exit code 3: a simulation failed; the others are compared.
    """
    from immunosim.attribution.comparison import check_number, check_readouts
    from immunosim.attribution.comparison import compare as compared
    from immunosim.report import to_json

    check_number(len(scenarios))
    folder = out or Path("results") / "_vs_".join(path.stem for path in scenarios)
    is_written = out is not None or not as_json
    if is_written and not force:
        _refuse_existing(folder)
    complete, failures = _simulated(scenarios, changes or [])
    reference = next(iter(complete.values())).scenario  # dates and courses are those of the reference
    times = [day_of(reference, text, "--at") for text in at or []]
    comparison = compared(complete, times)
    check_readouts(comparison, readout or [])
    attributions = _attributions(comparison, readout or [])
    record = _record(comparison, attributions, readout or [], times)
    record |= {"failures": failures, "command": _command(scenarios, at or [], readout or [], changes or [])}
    written = _write(folder, comparison, attributions, record) if is_written else []
    if as_json:
        show_text(to_json(record).rstrip())
    else:
        from immunosim.cli.compare_tables import show_comparison

        show_comparison(comparison, record)
        show(f"Files: {folder}/ ({', '.join(written)})")
        show(f"Next:  {_following(scenarios, attributions, changes or [])}")
    if failures:
        raise typer.Exit(FAILED)


def distinct_names(paths: Sequence[Path]) -> list[str]:
    """Return a name for each file: its stem, after its folder where another file has the same, numbered if repeated."""
    stems = [path.stem for path in dict.fromkeys(paths)]
    names = [path.stem if stems.count(path.stem) == 1 else f"{path.parent.name}/{path.stem}" for path in paths]
    before = [names[:i].count(name) for i, name in enumerate(names)]
    return [f"{name} ({count + 1})" if count else name for name, count in zip(names, before, strict=True)]


def _simulated(paths: Sequence[Path], changes: Sequence[str]) -> "tuple[dict[str, Trajectory], dict[str, str]]":
    """Return the courses that could be simulated, and why the others could not, by name."""
    from immunosim.errors import SolverError
    from immunosim.scenario import load_scenario
    from immunosim.simulation import simulate

    files = dict(zip(distinct_names(paths), paths, strict=True))
    scenarios = {name: load_scenario(path, changes) for name, path in files.items()}
    found = {name: simulate(scenario, str(files[name]), say) for name, scenario in scenarios.items()}
    failures = {name: trajectory.failure() for name, trajectory in found.items() if not trajectory.is_complete}
    for name, failure in failures.items():
        say(f"{files[name]}: {failure}")
    complete = {name: trajectory for name, trajectory in found.items() if name not in failures}
    if len(complete) < 2:
        reason = f"{len(complete)} of {len(found)} scenarios could be simulated, which leaves nothing to compare"
        raise SolverError(reason, cure="correct the others, see above")
    return complete, failures


def _attributions(comparison: "Comparison", readouts: Sequence[str]) -> "list[Attribution]":
    """Return the attributions over the common time: of the read-outs that are named, or that are worth explaining."""
    from immunosim.attribution.choice import worth_explaining
    from immunosim.attribution.comparison import attribute

    wanted = {i: tuple(dict.fromkeys(readouts)) or worth_explaining(comparison, i) for i in comparison.others}
    names = dict.fromkeys(name for chosen in wanted.values() for name in chosen)
    by_readout = (attribute(comparison, name, [i for i in wanted if name in wanted[i]]) for name in names)
    return [found for attributions in by_readout for found in attributions]


def _record(
    comparison: "Comparison", attributions: "Sequence[Attribution]", readouts: Sequence[str], times: Sequence[float]
) -> dict[str, Any]:
    """Return the comparison as plain data, each attribution at the times asked for or at the largest difference."""
    from immunosim.attribution.choice import compared_readouts, visits
    from immunosim.attribution.comparison_tables import comparison_dict
    from immunosim.report import INTENDED_USE

    cut = [found.until(time) for found in attributions for time in (times or [_of_largest(comparison, found)])]
    usual = compared_readouts(comparison.trajectories[0].problem.model)
    shown = tuple(dict.fromkeys((*readouts, *usual)))
    found = comparison_dict(comparison, shown, times or visits(comparison), cut)
    return {"intended_use": INTENDED_USE} | found


def _of_largest(comparison: "Comparison", found: "Attribution") -> float:
    return comparison.largest(comparison.names.index(found.name), found.explanation.readout).time


def _following(
    scenarios: Sequence[Path],
    attributions: "Sequence[Attribution]",
    changes: Sequence[str],
) -> str:
    """Return what to ask next: what moved the read-out within the scenario that differs."""
    if not attributions:
        return command_line("run", scenarios[0], changes)
    found = attributions[0]
    path = scenarios[distinct_names(scenarios).index(found.name)]
    return f"{command_line('explain', path, changes)} --readout {found.explanation.readout}"


def _command(scenarios: Sequence[Path], at: Sequence[str], readouts: Sequence[str], changes: Sequence[str]) -> str:
    given = {"--at": at, "--readout": readouts, "--set": changes}
    options = [part for option, values in given.items() for value in values for part in (option, value)]
    return shell_command(["immunosim", "compare", *map(str, scenarios), *options])


def _refuse_existing(folder: Path) -> None:
    from immunosim.report import OutputError

    path = folder / RECORD
    if path.exists():
        cure = "choose another folder with --out, or replace it with --force"
        raise OutputError("already exists", file=str(path), cure=cure)


def _write(
    folder: Path, comparison: "Comparison", attributions: "Sequence[Attribution]", record: dict[str, Any]
) -> list[str]:
    """Write the figures and tables, each whole, and return their names; the record comes last: it marks the end."""
    from immunosim.attribution.comparison_tables import attribution_csv, rows_csv
    from immunosim.plots import encoded
    from immunosim.plots.comparison import difference_figure, overlay_figure
    from immunosim.report import INTENDED_USE, limits_of, to_json, write_file

    limits = limits_of(comparison.trajectories[0].problem.model)
    files = {"overlay.png": encoded(overlay_figure(comparison, limits, INTENDED_USE), "png")}
    if len(comparison.names) == 2:
        for found in attributions:
            name = f"why_difference_{found.explanation.readout}.png"
            files[name] = encoded(difference_figure(comparison, found, INTENDED_USE), "png")
    files["differences.csv"] = rows_csv(record["differences"]).encode()
    files["attribution.csv"] = attribution_csv(record["attributions"]).encode()
    files[RECORD] = to_json(record).encode()
    for name, content in files.items():
        write_file(folder / name, content)
    return list(files)
