"""Run experiments and print the scorecard: ``python -m experiments [NAME...]``.

Exit codes: 0 all within tolerance or known misses, 2 bad input, 3 a number failed, 130 interrupted.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from experiments.running import chosen, find_experiments, keep_figure, keep_values, run_experiment
from experiments.tables import as_data, as_markdown, as_text
from immunosim.cli.options import BAD_INPUT, FAILED, INTERRUPTED
from immunosim.cli.printing import say, show_text
from immunosim.codegen.loader import load_model
from immunosim.errors import ImmunosimError, SolverError
from immunosim.models import load_parameters
from immunosim.report import to_json

OK = 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except ImmunosimError as error:
        say(str(error))
        return FAILED if isinstance(error, SolverError) else BAD_INPUT
    except KeyboardInterrupt:
        say("Interrupted: nothing was left half-written")
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    names = ", ".join(find_experiments())
    parser = argparse.ArgumentParser(
        prog="python -m experiments",
        description="Run experiments and print simulated numbers against published ones, with sources.",
        epilog="00_cases is a fit and not part of the scorecard: python experiments/00_cases/run.py",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {names}; default all")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print the scorecard as JSON")
    form.add_argument("--markdown", action="store_true", help="print the scorecard as a Markdown table")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("results/experiments"),
        metavar="DIR",
        help="write figures to DIR/NAME/figure.png (default: results/experiments)",
    )
    parser.add_argument("--update-figures", action="store_true", help="also replace the figures in the repository")
    parser.add_argument(
        "--update-values", action="store_true", help="take the numbers as those of the release, in expected.json"
    )
    return parser


def _run(options: argparse.Namespace) -> int:
    folders = chosen(options.names, find_experiments())
    load_model(load_parameters().units(), say)
    results = {}
    for name, folder in folders.items():
        start = time.perf_counter()
        outcome = run_experiment(folder)
        written = [keep_figure(outcome, options.out / name)]
        if options.update_figures:
            written.append(keep_figure(outcome, folder))
        if options.update_values:
            outcome = keep_values(outcome, folder)
        say(f"{name}: {time.perf_counter() - start:.1f} s, wrote {', '.join(map(str, written))}")
        results[name] = outcome.judged
    if options.json:
        show_text(to_json(as_data(results)).rstrip())
    else:
        show_text(as_markdown(results) if options.markdown else as_text(results))
    return FAILED if any(one.has_failed for found in results.values() for one in found) else OK


if __name__ == "__main__":
    sys.exit(main())
