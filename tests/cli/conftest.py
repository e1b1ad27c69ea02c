"""A short scenario on disk and a runner of the command line in an empty working folder."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from immunosim.cli.main import app

SHORT = """
title = "Short"
horizon = "40 days"
start_date = 2017-06-15

[[course]]
start = "0 days"
dose = "12 mg"
doses = 2
every = "24 h"
infusion = "4 h"
premedication = true

[[observed]]
readout = "lymphocytes"
unit = "1e9/L"
points = [{ time = "30 days", value = 0.5 }, { time = "35 days", low = 0.1, high = 2.0 }]

[parameters]
field_at_risk = 0.5
"""

Command = Callable[..., Result]


@pytest.fixture
def short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a short scenario in an otherwise empty folder, which becomes the working folder."""
    path = tmp_path / "short.toml"
    path.write_text(SHORT, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return path


@pytest.fixture
def command() -> Command:
    """Return a function that runs ``immunosim`` with arguments, in this process."""
    return lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def contents(tmp_path: Path) -> Callable[[], list[str]]:
    """Return a function that lists the files below the working folder."""
    return lambda: sorted(
        str((Path(folder) / name).relative_to(tmp_path)) for folder, _, names in os.walk(tmp_path) for name in names
    )
