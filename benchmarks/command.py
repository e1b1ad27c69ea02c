"""Measure immunosim against the solvers that are installed: speed, error, worst row, failures.

Nothing is installed; tools that are not present are listed. Every tool gets the same right-hand side, doses, output
times and tolerances, and each measurement follows one of a yardstick, our core in one lane, so that ratios also hold on
a busy machine. Tables go to standard output, progress to standard error.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.files import write_whole
from benchmarks.peers.catalogue import TOOLS
from benchmarks.problems.catalogue import PROBLEMS
from benchmarks.settings import FULL, QUICK, Settings
from immunosim.errors import ImmunosimError, did_you_mean

BAD_INPUT = 2
FIGURE = "work_precision.png"


class UsageError(Exception):
    """The command line asks for what there is not."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0, or 2 where what is asked for cannot be done."""
    given = _parser().parse_args(arguments)
    try:
        results = _read(given.results) if given.results else _measure(_settings(given))
        _write(results, given)
    except (UsageError, ImmunosimError, OSError) as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return BAD_INPUT
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="two problems, few rows, rounds and tolerances")
    parser.add_argument("--tools", help=f"with commas between, of {', '.join(TOOLS)}; by default all that are present")
    parser.add_argument("--problems", help=f"with commas between, of {', '.join(PROBLEMS)}; by default all")
    parser.add_argument("--rtol", help="relative tolerances, with commas between")
    parser.add_argument("--rows", type=int, help="rows of an ensemble; a slow tool solves fewer")
    parser.add_argument("--rounds", type=int, help="rounds that medians are taken over")
    parser.add_argument("--lanes", type=int, help="lanes of our vectors; by default what the processor has")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write table, figure and results there")
    parser.add_argument("--page", type=Path, metavar="FILE", help="write the page of the documentation and its figure")
    parser.add_argument("--from", dest="results", type=Path, metavar="FILE", help="use these results, measure nothing")
    return parser


def _settings(given: argparse.Namespace) -> Settings:
    settings = QUICK if given.quick else FULL
    chosen = (name for name, tool in TOOLS.items() if not (tool.absence or (given.quick and tool.compiles_long)))
    settings = replace(settings, tools=tuple(chosen))
    if given.tools:
        names = _named(given.tools, TOOLS, "tool")
        for name in names:
            if TOOLS[name].absence:
                raise UsageError(f"{TOOLS[name].label}: {TOOLS[name].absence}")
        settings = replace(settings, tools=names)
    if given.problems:
        settings = replace(settings, problems=_named(given.problems, PROBLEMS, "problem"))
    if given.rtol:
        settings = replace(settings, rtols=tuple(sorted(map(_tolerance, given.rtol.split(",")), reverse=True)))
    for option, attribute in (("rows", "n_rows"), ("rounds", "n_rounds"), ("lanes", "width")):
        value = getattr(given, option)
        if value is not None:
            if value < 1:
                raise UsageError(f"--{option} is {value}, expected at least 1")
            settings = replace(settings, **{attribute: value})
    fewer = {name: min(getattr(settings, name), settings.n_rows) for name in ("error_rows", "rows_checked")}
    return replace(settings, **fewer)


def _named(text: str, known: Sequence[str] | dict[str, Any], kind: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    for name in names:
        if name not in known:
            raise UsageError(f'"{name}" is no {kind}; {did_you_mean(name, known)}')
    return names


def _tolerance(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 1e-10 <= value <= 1e-1:
        raise UsageError(f'--rtol: "{text}" is no relative tolerance between 1e-10 and 0.1')
    return value


def _measure(settings: Settings) -> dict[str, Any]:
    from benchmarks.running import run_benchmarks

    return run_benchmarks(settings, lambda text: print(text, file=sys.stderr, flush=True))


def _read(path: Path) -> dict[str, Any]:
    try:
        results: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UsageError(f"{path}: is no file of results ({error})") from error
    return results


def _write(results: dict[str, Any], given: argparse.Namespace) -> None:
    from benchmarks.tables import all_tables

    tables = all_tables(results)
    record = json.dumps(results, indent=1, allow_nan=False).encode() + b"\n"
    print(tables)
    if given.json:
        write_whole(given.json, record)
    if given.out:
        from benchmarks.figure import draw_figure

        files = {"table.md": tables.encode(), "results.json": record, FIGURE: draw_figure(results)}
        for name, content in files.items():
            write_whole(given.out / name, content)
    if given.page:
        from benchmarks.figure import draw_figure
        from benchmarks.page import page_text

        write_whole(given.page.parent / "figures" / FIGURE, draw_figure(results))
        write_whole(given.page, page_text(results, f"figures/{FIGURE}").encode())
