"""The verb ``calibrate``: tables, files, refusals, and a calibration that is killed and continued."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from immunosim.cli.main import app

ROOT = Path(__file__).parents[2]
Written = Callable[..., Path]
BRIEF = (("iterations = 6", "iterations = 1"), ("n = 8\nmost = 40", "n = 2\nmost = 4"))


def run(*arguments: object) -> Result:
    """Return what ``immunosim`` did with arguments."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_a_calibration_prints_prior_to_posterior_and_targets_before_and_after(
    written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, *BRIEF)
    monkeypatch.chdir(tmp_path)
    result = run("calibrate", path, "--workers", 1)
    assert result.exit_code == 0, result.output
    assert "division_rate in slow" in result.stdout
    assert "first mean day 14" in result.stdout
    assert "Iteration 1: loss" in result.stderr
    folder = tmp_path / "results" / "calibration_calibration"
    assert f"Next:  immunosim cohort {folder.relative_to(tmp_path)}/first.toml" in result.stdout
    again = run("calibrate", path, "--workers", 1)
    assert again.exit_code == 2
    assert "holds an earlier calibration" in again.stderr
    continued = run("calibrate", path, "--resume", "--json", "--workers", 2)
    assert continued.exit_code == 0, continued.output
    assert json.loads(continued.stdout)["after"]["n_targets"] == 16
    anew = run("calibrate", path, "--force", "--seed", 9, "--json")
    assert json.loads(anew.stdout)["costs"] != json.loads(continued.stdout)["costs"]


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX")
def test_a_calibration_that_is_killed_ends_in_the_same_numbers(written: Written, tmp_path: Path) -> None:
    path = written(tmp_path)
    command = [sys.executable, "-m", "immunosim", "calibrate", str(path), "--out", "a", "--resume", "--json"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        while not (tmp_path / "a" / "progress.json").exists() and process.poll() is None:
            time.sleep(0.01)
        process.kill()
    killed = json.loads(subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=True).stdout)
    whole = json.loads(run("calibrate", path, "--out", tmp_path / "b", "--json").stdout)
    assert killed["costs"] == whole["costs"]
    assert killed["quantities"] == whole["quantities"]
    assert killed["after"] == whole["after"]
