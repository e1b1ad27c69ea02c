"""Find experiments, run them, keep their figures and values.

A folder is an experiment of the scorecard if it holds run.py, with a function ``run`` that returns the numbers by name
and a figure, and expected.json.
"""

from __future__ import annotations

import json
import runpy
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from experiments.scorecard import Judged, judge, load_rows
from immunosim.cli.printing import say
from immunosim.errors import DataError, SolverError, did_you_mean
from immunosim.plots import STYLE, encoded
from immunosim.report import to_json, write_file

HERE = Path(__file__).parent
DOTS_PER_INCH = 160


@dataclass(frozen=True)
class Outcome:
    """What an experiment gave."""

    judged: tuple[Judged, ...]
    figure: Figure


def find_experiments(folder: Path = HERE) -> dict[str, Path]:
    """Return the folders of the scorecard's experiments by name, in order."""
    found = sorted(path.parent for path in folder.glob("*/expected.json") if (path.parent / "run.py").is_file())
    return {path.name: path for path in found}


def chosen(names: Sequence[str], known: dict[str, Path]) -> dict[str, Path]:
    """Return the folders of the named experiments, all where none is named.

    Raises
    ------
    DataError
        If a name is unknown, with close matches.
    """
    for name in names:
        if name not in known:
            raise DataError(f'unknown experiment "{name}" in the scorecard', cure=did_you_mean(name, known))
    return {name: known[name] for name in names or known}


def run_experiment(folder: Path) -> Outcome:
    """Run the experiment of a folder; where it cannot be simulated, none of its numbers is one."""
    rows = load_rows(folder / "expected.json")
    with mpl.rc_context(STYLE):
        try:
            numbers, figure = runpy.run_path(str(folder / "run.py"))["run"]()
        except SolverError as error:
            say(f"{folder.name}: {error}")
            numbers, figure = {row.name: float("nan") for row in rows}, Figure()
    return Outcome(judge(rows, numbers), figure)


def keep_figure(outcome: Outcome, folder: Path) -> Path:
    """Write the figure into a folder and return its path."""
    path = folder / "figure.png"
    write_file(path, encoded(outcome.figure, "png", DOTS_PER_INCH))
    return path


def keep_values(outcome: Outcome, folder: Path) -> Outcome:
    """Write the simulated numbers into the folder's expected.json as those of the release, and judge by them."""
    path = folder / "expected.json"
    simulated = {one.row.name: one.simulated for one in outcome.judged}
    rows = json.loads(path.read_text(encoding="utf-8"))
    for row in rows:
        row["simulated_at_release"] = float(f"{simulated[row['name']]:.6g}")
    write_file(path, to_json(rows).encode())
    return Outcome(judge(load_rows(path), simulated), outcome.figure)
