"""Ctrl-C ends in one line and exit code 130 however early it comes, within imports, destructors and executed text."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

IN_A_DESTRUCTOR = """
class Kept:
    def __del__(self):
        kill()

def run():
    Kept()
    import time
    time.sleep(30)
"""
IN_EXECUTED_TEXT = "def run():\n    exec('kill()')"
AT_ONCE = "def run():\n    kill()"
WRAPPED = "def run():\n    try:\n        kill()\n    except KeyboardInterrupt:\n        raise ImportError('array')"

DRIVER = """
import builtins, os, sys, types
builtins.kill = lambda: os.kill(os.getpid(), 2)
sys.path.insert(0, {folder!r})
from immunosim.cli import main as entry
verbs = types.ModuleType("immunosim.cli.application")

def app():
    import interrupted
    interrupted.run()

verbs.app = app
sys.modules["immunosim.cli.application"] = verbs
entry.main()
"""


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")
@pytest.mark.parametrize(
    "text",
    [IN_A_DESTRUCTOR, IN_EXECUTED_TEXT, AT_ONCE, WRAPPED, "kill()\nrun = lambda: __import__('time').sleep(30)"],
    ids=["destructor", "executed text", "at once", "as another error", "import"],
)
def test_an_interruption_is_one_line_and_130(text: str, tmp_path: Path) -> None:
    (tmp_path / "interrupted.py").write_text(text)
    command = [sys.executable, "-c", DRIVER.format(folder=str(tmp_path))]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    result = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=25)
    assert result.stderr == "Interrupted: nothing was left half-written\n"
    assert result.returncode == 128 + signal.SIGINT


def test_nothing_but_what_python_has_loaded_is_imported_before_signals_are_handled(tmp_path: Path) -> None:
    text = "import sys; before = set(sys.modules); import immunosim.cli.main; print(*set(sys.modules) - before)"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    found = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True, env=environment)
    ours = {"immunosim", "immunosim.cli", "immunosim.cli.main", "immunosim.cli.exit_codes"}
    assert set(found.stdout.split()) - {"time"} == ours
