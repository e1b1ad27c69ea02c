"""``immunosim sensitivity``: rank inputs by their influence on outputs."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from immunosim.cli.option_groups import with_option_groups
from immunosim.cli.options import FAILED, Changes, ResultFolder, ScenarioFile
from immunosim.cli.printing import say, show, show_table, show_text
from immunosim.cli.progress import progress
from immunosim.cli.sweep import KeptOptions, Seed, Workers
from immunosim.safe_text import file_name

if TYPE_CHECKING:
    from immunosim.sensitivity_analysis import AnalysedOutput, Analysis

MOST_ROWS = 12

Method = Annotated[str, typer.Option("--method", help="sobol, morris, pawn or local.")]
Vary = Annotated[
    list[str] | None,
    typer.Option(
        "--vary",
        metavar="KEY[=VALUES]",
        help="A factor, as for sweep; with --method local a key alone. By default the twelve parameters that move "
        "the results most, from half to twice their value. May be repeated.",
        show_default=False,
    ),
]
Number = Annotated[
    int | None,
    typer.Option(
        "-n",
        "--number",
        min=1,
        help="Base points of sobol (a power of two), trajectories of morris, patients of pawn. "
        "[default: 1024, 50, 2048]",
    ),
]
SecondOrder = Annotated[
    bool,
    typer.Option(
        "--second-order", help="Estimate second-order indices as well (sobol): nearly twice as many patients."
    ),
]
Confidence = Annotated[
    float, typer.Option("--confidence", min=0.5, max=0.999, help="Confidence level of the intervals.")
]


@dataclass(frozen=True)
class AnalysisOptions:
    """The factors, and how their influence is measured."""

    method: Method = "sobol"
    vary: Vary = None
    number: Number = None
    seed: Seed = None
    second_order: SecondOrder = False
    confidence: Confidence = 0.95


@with_option_groups
def sensitivity(
    scenario: ScenarioFile,
    how: AnalysisOptions,
    kept: KeptOptions,
    results: ResultFolder,
    changes: Changes = None,
    workers: Workers = 0,
) -> None:
    """Rank inputs by their influence on outputs (Sobol, Morris, PAWN, or local elasticities).

    sobol: shares of the variance, first order (S1) and total (ST). morris: screening by elementary effects, cheap.
    pawn: distances between distributions, for skewed outputs. local: exact elasticities at the scenario's values.
    Factors and outputs may also stand in the scenario's [sweep] section. Read-outs without times are taken at
    up to 60 times.

    Writes indices.nc, indices.csv and a figure of each result. Blocks of the design with a failed patient are left out
    whole and counted. An event that does not happen counts with the end of its window, and is counted. Exit code 3:
    patients failed.
    """
    from immunosim.door.sensitivity import refuse_method
    from immunosim.door.sensitivity import sensitivity as analysed
    from immunosim.report.output_files import SENSITIVITY, refuse_foreign

    refuse_method(how.method)
    folder = results.folder(scenario, "sensitivity")
    if results.is_written:
        refuse_foreign(folder, SENSITIVITY)
    with progress("Reading the scenario") as now:
        analysis = analysed(
            *(scenario, how.method, how.vary or []),
            n=how.number,
            seed=how.seed or 0,
            second_order=how.second_order,
            confidence=how.confidence,
            overrides=changes or (),
            n_threads=workers,
            watch=now,
            **kept.outputs(),
        )
        now.begin("Drawing")
        paths = _write(analysis, folder) if results.is_written else []
    _show(analysis, paths, results.as_json)
    if analysis.n_patients_failed:
        say(f"{analysis.n_patients_failed:,} of {analysis.n_patients:,} patients failed: their blocks are left out")
        raise typer.Exit(FAILED)


def _write(analysis: "Analysis", folder: Path) -> list[Path]:
    from immunosim.netcdf import netcdf_bytes
    from immunosim.plots import encoded
    from immunosim.plots.importance import importance_figure
    from immunosim.report import INTENDED_USE
    from immunosim.report.output_files import SENSITIVITY, write_folder

    files = {
        "indices.nc": netcdf_bytes(analysis.to_dataset()),
        "indices.csv": analysis.to_csv(),
    }
    for output in analysis.outcomes:
        figure = importance_figure(analysis, output, INTENDED_USE)
        files[f"importance_{file_name(output.name, 120)}.png"] = encoded(figure, "png")
    return write_folder(folder, files, SENSITIVITY)


def _show(analysis: "Analysis", paths: list[Path], as_json: bool) -> None:
    from immunosim.report import to_json

    if as_json:
        show_text(to_json(analysis.as_dict()).rstrip())
        return
    if analysis.method != "local":
        show(
            f"{analysis.method}: {analysis.n_patients:,} patients in {analysis.n_blocks:,} blocks, seed {analysis.seed}"
        )
    for output in analysis.outcomes:
        _show_outcome(analysis, output)
    if paths:
        show("", f"Files: {paths[0].parent}/ ({', '.join(path.name for path in paths)})")
        show(f"Next:  open {next(path for path in paths if path.suffix == '.png')}")


def _show_outcome(analysis: "Analysis", output: "AnalysedOutput") -> None:
    from immunosim.units import DAYS_PER_MONTH

    indices = [name for name in output.values if name != "S2"]
    last = -1
    when = "" if output.times is None else f", month {output.times[last] / DAYS_PER_MONTH:.3g}"
    order = sorted(range(len(analysis.names)), key=lambda i: -_size(_at(output.values[analysis.main_index], i, last)))
    rows = [
        (analysis.names[i], *(_in_words(output, index, i, last) for index in indices), analysis.ranges[i])
        for i in order[:MOST_ROWS]
    ]
    show_table(f"{output.label}{when}", ("quantity", *indices, "range"), rows, "<" + ">" * len(indices) + "<")
    for sentence in _remarks(analysis, output, last):
        show(sentence)


def _remarks(analysis: "Analysis", output: "AnalysedOutput", last: int) -> Iterator[str]:
    if analysis.method == "sobol":
        total = sum(_at(output.values["S1"], i, last) for i in range(len(analysis.names)))
        yield f"Sum of S1: {total:.2f}; the remainder to 1 is due to interactions."
    if output.times is not None and output.times.size > 1:
        yield f"{output.times.size} times were analysed; the last is shown, the figure has all."
    if output.n_failed or output.n_not_reached:
        yield (
            f"{output.n_used:,} of {analysis.n_blocks:,} blocks were used: {output.n_failed:,} have a patient who "
            f"failed, {output.n_not_reached:,} one without this result. Indices describe the others."
        )
    if output.censoring:
        yield output.censoring
    if output.remark:
        yield f"Where indices are missing: {output.remark}."


def _at(values: "object", quantity: int, time: int) -> float:
    import numpy as np

    column = np.asarray(values)[quantity]
    return float(column if column.ndim == 0 else column[time])


def _size(value: float) -> float:
    return abs(value) if value == value else -1.0


def _in_words(output: "AnalysedOutput", index: str, quantity: int, time: int) -> str:
    value, half = _at(output.values[index], quantity, time), _at(output.half_widths[index], quantity, time)
    if value != value:
        return "-"
    return f"{value:.3g} ± {half:.2g}" if half == half else f"{value:.3g}"
