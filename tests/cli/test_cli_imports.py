"""Help answers at once, and a warm run loads neither sympy nor the declared model."""

import os
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest
from typer.testing import Result

from immunosim.cli.verbs import NAMES, Verbs

HEAVY = {"numpy", "numba", "scipy", "sympy", "pandas", "xarray", "matplotlib", "pint"}

UNUSED = {
    *("numba", "scipy", "sympy", "pint", "jinja2", "rich"),
    *("xarray", "pandas", "h5netcdf", "zarr", "dask", "distributed", "pyarrow", "netCDF4"),
    *("SALib", "sklearn", "emcee", "arviz", "petab", "psutil"),
}
"""What no command of a single patient needs, although it is installed."""

CLINIC = {
    *("immunosim.model", "immunosim.model.drug", "immunosim.model.package"),
    *("immunosim.model.patient_keys", "immunosim.model.readout_info", "immunosim.model.scope"),
    *("immunosim.models", "immunosim.models.registry"),
    *("immunosim.models.alemtuzumab", "immunosim.models.alemtuzumab.clinic"),
}
"""What a model says of itself, without its equations."""

DRAWING = {"matplotlib", "PIL", "h5py"}
"""What figures and files are made with."""

PRINT_MODULES = """
import sys
from immunosim.cli.main import main
try:
    main()
finally:
    print(*sys.modules, file=sys.stderr)
"""


ROOT = Path(__file__).parents[2]


def fresh(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run Python in a fresh process that finds the package wherever it works."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder, env=environment)


def modules_after(*arguments: str, folder: Path) -> set[str]:
    """Return the modules that a command has imported in a fresh process."""
    return set(fresh("-c", PRINT_MODULES, *arguments, folder=folder).stderr.split())


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["--version"]])
def test_help_imports_nothing_heavy(arguments: list[str], tmp_path: Path) -> None:
    assert not modules_after(*arguments, folder=tmp_path) & HEAVY


@pytest.mark.usefixtures("model")  # generates the kernels where that has not been done
@pytest.mark.parametrize(
    ("arguments", "unused"),
    [(["run"], UNUSED), (["run", "--json"], UNUSED | DRAWING), (["check"], UNUSED | DRAWING)],
    ids=["run", "run --json", "check"],
)
def test_a_warm_command_imports_what_it_uses(arguments: list[str], unused: set[str], short: Path) -> None:
    found = modules_after(*arguments, str(short), folder=short.parent)
    assert not {name.partition(".")[0] for name in found} & unused
    assert not {name for name in found if name.startswith("immunosim.sweeps")}
    assert {name for name in found if name.startswith("immunosim.model")} <= CLINIC  # literals, no declaration
    assert "matplotlib.pyplot" not in found


def test_a_verb_is_imported_without_the_others(short: Path) -> None:
    found = modules_after("check", "--help", folder=short.parent)
    verbs = {name.removeprefix("immunosim.cli.") for name in found if name.startswith("immunosim.cli.")}
    assert verbs & set(NAMES) == {"check"}


def test_every_verb_is_called_like_its_module() -> None:
    verbs = Verbs()
    assert {name: verbs[name].name for name in verbs} == {name: name for name in NAMES}
    assert "chek" not in verbs


def test_the_module_is_the_command_line(tmp_path: Path) -> None:
    assert fresh("-m", "immunosim", "--version", folder=tmp_path).stdout.startswith("immunosim ")


def test_the_version_is_that_of_the_installed_package(
    command: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metadata, "version", lambda name: "9.9")
    assert command("--version").stdout == "immunosim 9.9\n"


def test_no_command_shows_the_help(command: Callable[..., Result]) -> None:
    text = command().output
    assert all(verb in text for verb in ("run", "check", "verify", "params"))
