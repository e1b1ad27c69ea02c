"""Running the page's own modules in node, against what the package computes."""

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from immunosim.codegen.web.bundle import model_script
from immunosim.models import find_model

HERE = Path(__file__).parent
MODULES = Path(__file__).parents[2] / "immunosim" / "teach" / "site" / "modules"
NODE = shutil.which("node")

needs_node = pytest.mark.skipif(NODE is None, reason="node is not installed: JavaScript is not compared")


@cache
def model_text(name: str) -> str:
    """Return the script of a model; it is made once for all tests of a process."""
    return model_script(find_model(name))


def in_node(script: str, data: Any, folder: Path) -> Any:
    """Return what a script of this folder prints as JSON, given data and the scripts of all models."""
    models = {name: model_text(name) for name in ("alemtuzumab", "alemtuzumab_1", "teaching")}
    (folder / "data.json").write_text(json.dumps({"models": models, "data": data}))
    command = [NODE or "node", str(HERE / script), str(MODULES), str(folder / "data.json")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)
