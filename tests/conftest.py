"""What the tests of the model, of its kernels and of the simulation start from."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from immunosim.codegen.loader import Model, load_model
from immunosim.models import load_parameters
from immunosim.parameters import ParameterSet

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def configs() -> Path:
    """Return the folder of the shipped scenarios."""
    return ROOT / "configs"


@pytest.fixture(scope="session")
def parameters() -> ParameterSet:
    """Return the default parameter set."""
    return load_parameters()


@pytest.fixture(scope="session")
def defaults(parameters: ParameterSet) -> dict[str, float]:
    """Return the default values by name."""
    return parameters.values()


@pytest.fixture(scope="session")
def model(parameters: ParameterSet) -> Model:
    """Return the compiled model."""
    return load_model(parameters.units())


@pytest.fixture(scope="session")
def run_python() -> Callable[..., str]:
    """Return what runs a text in a fresh interpreter, warnings as errors, and gives what it prints."""

    def run(text: str, **environment: str) -> str:
        inherited = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
        command = [sys.executable, "-W", "error", "-c", text]
        finished = subprocess.run(command, cwd=ROOT, env=inherited, capture_output=True, text=True, check=False)
        assert finished.returncode == 0, finished.stderr
        return finished.stdout

    return run


@pytest.fixture
def bytes_below() -> Callable[[Path], dict[str, bytes]]:
    """Return what reads every file below a folder, by its path in it."""

    def read(folder: Path) -> dict[str, bytes]:
        paths = [Path(where, name) for where, _, names in os.walk(folder) for name in names]
        return {str(path.relative_to(folder)): path.read_bytes() for path in paths}

    return read
