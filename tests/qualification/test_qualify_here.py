"""The whole qualification on this machine, and what it says of a package in which one shipped number was changed."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow


def qualify(root, folder):
    environment = os.environ | {"PYTHONPATH": str(root)}
    command = [sys.executable, "-m", "immunosim", "qualify", "--out", str(folder)]
    done = subprocess.run(command, cwd=folder.parent, env=environment, capture_output=True, text=True, check=False)
    return done, json.loads((folder / "qualification.json").read_text(encoding="utf-8"))


def test_this_machine_qualifies(tmp_path):
    done, record = qualify(ROOT, tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert record["passed"]


@pytest.mark.parametrize(
    ("file", "written", "instead", "failing"),
    [
        (
            "immunosim/models/alemtuzumab/parameters/default.toml",
            "value = 11.83",
            "value = 11.84",
            {"IQ-02", "OQ-03", "OQ-04", "OQ-08"},
        ),
        ("immunosim/conformance/cases/11_one_tablet.toml", '"50 mg"', '"51 mg"', {"IQ-02", "OQ-03", "OQ-04"}),
        ("immunosim/qualification/holdouts.json", "56.0403", "57.0403", {"IQ-02", "PQ-11"}),
        ("configs/two_courses.toml", '"12 mg"', '"13 mg"', {"IQ-02"}),
    ],
)
def test_one_changed_number_fails_and_is_named(tmp_path, file, written, instead, failing):
    for name in ("immunosim", "configs"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    text = (tmp_path / file).read_text(encoding="utf-8")
    assert written in text
    (tmp_path / file).write_text(text.replace(written, instead, 1), encoding="utf-8")
    done, record = qualify(tmp_path, tmp_path / "out")
    assert done.returncode == 3
    failed = {check["id"] for check in record["checks"] if check["verdict"] == "FAILED"}
    assert failing <= failed, done.stderr
    assert f"{file} is not what was shipped" in done.stderr
