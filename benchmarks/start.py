"""Measure how long a new user waits for a first result, and what a command takes once everything is compiled.

Commands run in processes of their own, and what is counted is their processor time (user and system), children
included. Cold ones start with an empty home and an empty kernel cache, in this order: the first run, the first sweep
of 1,000 patients, and a run after an edit of one mechanism, made in a copy of the package. Warm ones are interleaved
with a yardstick, the import of the libraries that a script for the same job would load: on a machine that is busy or
slow the ratio to it says more than the seconds. Python keeps its bytecode or does not, as the environment says.

    python -m benchmarks.start [--rounds 5] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import immunosim
from benchmarks.files import write_whole

PACKAGE = Path(immunosim.__file__).resolve().parent
SCENARIO = Path(__file__).resolve().parents[1] / "configs" / "case_report.toml"
YARDSTICK = "import numpy, scipy.integrate, matplotlib.pyplot, xarray, numba"
PATIENTS = 1000

EDITED = "models/alemtuzumab/mechanisms/nk_cells.py"
BEFORE, AFTER = "nk, turnover * nk)", 'nk, turnover * nk**2 / net["nk_count_0"])'
"""The edit: NK cells die in proportion to their square; the untreated state stays steady."""

Environment = Mapping[str, str]


@dataclass(frozen=True)
class Start:
    """A command and what it took.

    Attributes
    ----------
    name : str
    seconds : list of float
        Processor time of each round.
    ratio : float
        Median over the rounds of the ratio to the yardstick just before.
    """

    name: str
    seconds: list[float]
    ratio: float

    def line(self) -> str:
        """Return it as a row of the table."""
        return f"{self.name:<32} {median(self.seconds):7.2f} s  {self.ratio:7.2f}"


def main(arguments: Sequence[str] | None = None, announce: Callable[[str], None] = print) -> None:
    """Read the arguments and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="rounds of the warm commands; medians are printed")
    parser.add_argument("--cold-rounds", type=int, default=1, help="rounds of the cold commands, a minute each")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        folders = [Path(folder) / str(number) for number in range(max(1, given.cold_rounds))]
        starts = [*_together([_cold(one) for one in folders]), *_warm(folders[0], max(1, given.rounds))]
    announce(f"{'':<32} {'processor':>9}  {'ratio':>7}")
    for start in starts:
        announce(start.line())
    if given.json:
        record = {"yardstick": YARDSTICK, "patients": PATIENTS, "starts": [asdict(start) for start in starts]}
        write_whole(given.json, json.dumps(record, indent=1).encode() + b"\n")


def processor_time(command: Sequence[str], environment: Environment | None = None) -> float:
    """Return the user and system time of a command and of all processes that it started, s.

    Raises
    ------
    subprocess.CalledProcessError
        If the command fails; what it wrote to standard error is shown.
    """
    home = None if environment is None else environment["HOME"]  # Python looks into the working folder first
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env=environment, cwd=home, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)


def edited_copy(folder: Path) -> Path:
    """Return a folder from which Python imports a copy of the package with one mechanism edited.

    Raises
    ------
    ValueError
        If the mechanism does not hold the text that is edited.
    """
    copy = folder / PACKAGE.name
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    path = copy / EDITED
    text = path.read_text(encoding="utf-8")
    if BEFORE not in text:
        raise ValueError(f'{EDITED} does not hold "{BEFORE}": correct BEFORE and AFTER of this benchmark')
    path.write_text(text.replace(BEFORE, AFTER), encoding="utf-8")
    return folder


def _environment(folder: Path, packages: Path = PACKAGE.parent) -> dict[str, str]:
    """Return an environment whose home and caches lie in a folder, with immunosim imported from `packages`."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("XDG_", "MPL"))}
    places = {"HOME": str(folder / "home"), "IMMUNOSIM_CACHE_DIR": str(folder / "cache")}
    return {**inherited, **places, "PYTHONPATH": str(packages)}


def _command(*words: str | Path) -> list[str]:
    return [sys.executable, "-m", "immunosim", *map(str, words)]


def _yardstick(environment: Environment) -> float:
    return processor_time([sys.executable, "-c", YARDSTICK], environment)


def _cold(folder: Path) -> list[Start]:
    """Return what each cold command takes; the folder is then that of a user for whom everything is compiled."""
    (folder / "home").mkdir(parents=True)
    (folder / "cache").mkdir(mode=0o700)
    environment = _environment(folder)
    edited = _environment(folder, edited_copy(folder / "edited"))
    sweep = _command("sweep", SCENARIO, "--vary", "patient.age=20 years:60 years", "-n", str(PATIENTS))
    commands = {
        "first run": (_command("run", SCENARIO, "--out", folder / "first"), environment),
        f"first sweep of {PATIENTS} patients": ([*sweep, "--out", str(folder / "sweep.zarr")], environment),
        "run after an edit of a mechanism": (_command("run", SCENARIO, "--out", folder / "third"), edited),
    }
    seconds = {name: processor_time(*command) for name, command in commands.items()}
    unit = _yardstick(environment)
    return [Start(name, [taken], taken / unit) for name, taken in seconds.items()]


def _together(rounds: Sequence[Sequence[Start]]) -> list[Start]:
    return [
        Start(same[0].name, [one.seconds[0] for one in same], median(one.ratio for one in same))
        for same in zip(*rounds, strict=True)
    ]


def _warm(folder: Path, rounds: int) -> list[Start]:
    environment = _environment(folder)
    commands = {
        "run, files and figure": _command("run", SCENARIO, "--out", folder / "warm"),
        "run --json": _command("run", SCENARIO, "--json"),
        "check": _command("check", SCENARIO),
        "--help": _command("--help"),
    }
    units: list[float] = []
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        units.append(_yardstick(environment))
        for name, command in commands.items():
            seconds[name].append(processor_time(command, environment))
    warm = [Start(name, taken, median(map(_ratio, taken, units))) for name, taken in seconds.items()]
    return [*warm, Start("yardstick", units, 1.0)]


def _ratio(seconds: float, unit: float) -> float:
    return seconds / unit


if __name__ == "__main__":
    main()
