"""``immunosim sensitivity``: which of the varied quantities results follow."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from immunosim.cli.counting import Count
from immunosim.cli.options import FAILED, AsJson, Changes, ScenarioFile, day_of, duration_of
from immunosim.cli.printing import say, show, show_table, show_text
from immunosim.cli.progress import Progress, progress
from immunosim.cli.sweep import At, Endpoints, Every, Readouts, Seed, Workers
from immunosim.safe_text import file_name

if TYPE_CHECKING:
    from immunosim.sensitivity_analysis import AnalysedOutput, Analysis
    from immunosim.sweeps import Base, Factor, Outputs, SweepRequest

MANY_TIMES = 60
"""Times of a read-out at which indices are estimated, where the user does not say."""

LOCAL_READOUTS = ("lymphocytes", "cd4")
"""What exact elasticities are of, where the user does not say: most of the usual endpoints have none."""

MOST_ROWS = 12

Method = Annotated[str, typer.Option("--method", help="sobol, morris, pawn or local.")]
Vary = Annotated[
    list[str] | None,
    typer.Option(
        "--vary",
        metavar="KEY[=VALUES]",
        help="What differs, as for sweep; with --method local a key alone. By default the twelve parameters that move "
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
    bool, typer.Option("--second-order", help="Estimate pairs as well (sobol): nearly twice as many patients.")
]
Confidence = Annotated[float, typer.Option("--confidence", min=0.5, max=0.999, help="Of the intervals.")]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="Folder for the results, by default results/<scenario>_sensitivity."),
]


def sensitivity(
    scenario: ScenarioFile,
    method: Method = "sobol",
    vary: Vary = None,
    number: Number = None,
    seed: Seed = None,
    second_order: SecondOrder = False,
    confidence: Confidence = 0.95,
    endpoint: Endpoints = None,
    readout: Readouts = None,
    at: At = None,
    every: Every = None,
    changes: Changes = None,
    out: Out = None,
    force: Annotated[bool, typer.Option("--force", help="Replace earlier results in the folder.")] = False,
    workers: Workers = 0,
    as_json: AsJson = False,
) -> None:
    """Say which of the varied quantities results follow.

    sobol: shares of the variance, alone (S1) and with all interactions (ST). morris: a cheap screening by effects over
    the whole range. pawn: for skewed results, by distributions. local: exact elasticities at the scenario's own values.
    What varies and what is kept may also stand in the scenario's [sweep] section. Read-outs without times are taken at
    up to 60 times.

    Writes indices.nc, indices.csv and a figure of each result. Blocks of the design with a failed patient are left out
    whole and counted. Exit code 3: patients failed.
    """
    from immunosim.machine import cores
    from immunosim.report.output_files import SENSITIVITY, refuse_existing
    from immunosim.sensitivity_analysis import METHODS
    from immunosim.sweeps import SweepRequest, read_base

    _refuse_method(method, METHODS)
    folder = out or Path("results") / f"{scenario.stem}_sensitivity"
    is_written = out is not None or not as_json
    if is_written:
        refuse_existing(folder, force, SENSITIVITY)
    with progress("Reading the scenario") as now:
        base = read_base(scenario, changes or [], now.announce)
        own = SweepRequest(
            vary={},
            endpoints=endpoint or (),
            readouts=readout or (),
            at=[day_of(base.scenario, text, "--at") for text in at or []],
            every=None if every is None else duration_of(every, "--every"),
        )
        wishes = own.over(base.section, base.folder)
        if method == "local" and not (wishes.endpoints or wishes.readouts):
            wishes = replace(wishes, readouts=LOCAL_READOUTS)
        outputs = _outputs(base, wishes)
        threads = workers or cores()
        if method == "local":
            found = _local(base, vary or [], wishes, outputs, threads, now)
        else:
            factors = _factors(base, vary or [], wishes, outputs, threads, now)
            asked = (method, number, seed or 0, second_order, confidence)
            found = _global(base, factors, outputs, asked, threads, now)
        now.begin("Drawing")
        paths = _write(found, folder, force) if is_written else []
    _show(found, paths, as_json)
    if found.n_patients_failed:
        say(f"{found.n_patients_failed:,} of {found.n_patients:,} patients failed: their blocks are left out")
        raise typer.Exit(FAILED)


def _refuse_method(method: str, known: tuple[str, ...]) -> None:
    from immunosim.errors import DataError, did_you_mean

    if method not in known:
        raise DataError(f'there is no method "{method}"', key="--method", cure=did_you_mean(method, known))


def _outputs(base: "Base", wishes: "SweepRequest") -> "Outputs":
    """Return what is kept: read-outs without times at no more times than can be looked at."""
    from immunosim.sweeps import outputs_of
    from immunosim.units import DAYS_PER_MONTH

    every = wishes.every
    if wishes.readouts and every is None and not wishes.at:
        every = max(DAYS_PER_MONTH, base.scenario.horizon / MANY_TIMES)
    known = base.problem.model.readouts
    readouts = known if "all" in wishes.readouts else wishes.readouts
    return outputs_of(base.problem, wishes.endpoints, readouts, wishes.at, every, False)


def _factors(
    base: "Base", vary: list[str], wishes: "SweepRequest", outputs: "Outputs", threads: int, now: Progress
) -> tuple["Factor", ...]:
    from immunosim.sensitivity_analysis import most_influential
    from immunosim.sweeps import factor_of, read_varying
    from immunosim.sweeps.factor_syntax import full_key

    given: Mapping[str, str | Sequence[Any]] = read_varying(base, vary)
    if not given:
        given = {full_key(base, key): values for key, values in wishes.vary.items()}
    if given:
        return tuple(factor_of(base, key, values) for key, values in given.items())
    now.begin("Looking for the parameters that matter")
    found = most_influential(base, outputs, n_threads=threads)
    now.announce(f"Nothing is said to vary: the {len(found)} parameters that move the results most, from half to twice")
    return found


def _local(
    base: "Base", vary: list[str], wishes: "SweepRequest", outputs: "Outputs", threads: int, now: Progress
) -> "Analysis":
    from immunosim.sensitivity_analysis import elasticities
    from immunosim.sweeps.factor_syntax import full_key

    keys = [full_key(base, text.partition("=")[0].strip()) for text in vary or wishes.vary]
    if not keys:
        keys = [factor.key for factor in _factors(base, [], wishes, outputs, threads, now)]
    now.begin("Differentiating")
    return elasticities(base, keys, outputs, threads)


def _global(
    base: "Base",
    factors: tuple["Factor", ...],
    outputs: "Outputs",
    asked: tuple[str, int | None, int, bool, float],
    threads: int,
    now: Progress,
) -> "Analysis":
    from immunosim.sensitivity_analysis import analyse
    from immunosim.sensitivity_analysis.designs import DEFAULTS, rows_of
    from immunosim.sweeps import Recipe, RowPopulation

    method, number, seed, second_order, confidence = asked
    n = number or DEFAULTS[method]
    count = Count(rows_of(method, len(factors), n, second_order), "patients")

    def report(done: int, failed: int) -> None:
        now.detail = count.add(done, failed)
        if count.done == count.of:
            now.begin("Estimating")

    now.begin("Simulating")
    recipe = Recipe(RowPopulation(base, factors), outputs)
    return analyse(
        recipe,
        method,
        n,
        seed,
        second_order=second_order,
        confidence=confidence,
        n_threads=threads,
        report=report,
    )


def _write(found: "Analysis", folder: Path, force: bool) -> list[Path]:
    from immunosim.netcdf import netcdf_bytes
    from immunosim.plots import encoded
    from immunosim.plots.importance import importance_figure
    from immunosim.report import INTENDED_USE
    from immunosim.report.output_files import SENSITIVITY, write_folder

    files = {
        "indices.nc": netcdf_bytes(found.to_dataset()),
        "indices.csv": found.to_csv(),
    }
    for one in found.outcomes:
        figure = importance_figure(found, one, INTENDED_USE)
        files[f"importance_{file_name(one.name, 120)}.png"] = encoded(figure, "png")
    return write_folder(folder, files, force, SENSITIVITY)


def _show(found: "Analysis", paths: list[Path], as_json: bool) -> None:
    from immunosim.report import to_json

    if as_json:
        show_text(to_json(found.as_dict()).rstrip())
        return
    if found.method != "local":
        show(f"{found.method}: {found.n_patients:,} patients in {found.n_blocks:,} blocks, seed {found.seed}")
    for one in found.outcomes:
        _show_outcome(found, one)
    if paths:
        show("", f"Files: {paths[0].parent}/ ({', '.join(path.name for path in paths)})")
        show(f"Next:  open {next(path for path in paths if path.suffix == '.png')}")


def _show_outcome(found: "Analysis", one: "AnalysedOutput") -> None:
    from immunosim.sensitivity_analysis.result import MAIN
    from immunosim.units import DAYS_PER_MONTH

    indices = [name for name in one.values if name != "S2"]
    place = -1
    when = "" if one.times is None else f", month {one.times[place] / DAYS_PER_MONTH:.3g}"
    order = sorted(range(len(found.names)), key=lambda i: -_size(_at(one.values[MAIN[found.method]], i, place)))
    rows = [
        (found.names[i], *(_in_words(one, index, i, place) for index in indices), found.ranges[i])
        for i in order[:MOST_ROWS]
    ]
    show_table(f"{one.label}{when}", ("quantity", *indices, "range"), rows, "<" + ">" * len(indices) + "<")
    for sentence in _remarks(found, one, place):
        show(sentence)


def _remarks(found: "Analysis", one: "AnalysedOutput", place: int) -> Iterator[str]:
    if found.method == "sobol":
        total = sum(_at(one.values["S1"], i, place) for i in range(len(found.names)))
        yield f"Sum of S1: {total:.2f}; what is missing to 1 are interactions."
    if one.times is not None and one.times.size > 1:
        yield f"{one.times.size} times were analysed; the last is shown, the figure has all."
    if one.n_failed or one.n_not_reached:
        yield (
            f"{one.n_used:,} of {found.n_blocks:,} blocks were used: {one.n_failed:,} have a patient who failed, "
            f"{one.n_not_reached:,} one without this result. Indices describe the others."
        )
    if one.remark:
        yield f"Where indices are missing: {one.remark}."


def _at(values: "object", quantity: int, place: int) -> float:
    import numpy as np

    found = np.asarray(values)[quantity]
    return float(found if found.ndim == 0 else found[place])


def _size(value: float) -> float:
    return abs(value) if value == value else -1.0


def _in_words(one: "AnalysedOutput", index: str, quantity: int, place: int) -> str:
    value, half = _at(one.values[index], quantity, place), _at(one.half_widths[index], quantity, place)
    if value != value:
        return "-"
    return f"{value:.3g} ± {half:.2g}" if half == half else f"{value:.3g}"
