"""Small wrong changes of the package, each of which a named test notices.

``mutations.toml`` holds them as data: a file, a text that stands in it once, what replaces it, and the test that must
fail then. Each runs in a temporary copy of the repository. One of them: ``pytest -m slow tests/mutations -k NAME``.
"""

import ast
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MUTATIONS = tomllib.loads((Path(__file__).with_name("mutations.toml")).read_text(encoding="utf-8"))
NEEDED = ("immunosim", "tests", "configs", "docs", "experiments", "benchmarks", "pyproject.toml", "README.md")

COMPILED = ("immunosim/numerics/", "immunosim/codegen/", "immunosim/model/", "immunosim/models/")
"""Sources that name the entries of the cache: what a wrong one makes must not be left in it."""

TESTS_FAILED = 1
"""Exit code of pytest; any other than this and 0 means that no test ran."""

each = pytest.mark.parametrize("name", MUTATIONS)


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """Return a copy of what the tests need."""
    folder = tmp_path_factory.mktemp("mutated")
    for name in NEEDED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    return folder


def run(folder, test, cache):
    environment = os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "MPLBACKEND": "Agg"}
    if cache is not None:
        environment["IMMUNOSIM_CACHE_DIR"] = str(cache)
    command = [sys.executable, "-m", "pytest", "-q", "-x", "--tb=line", "-p", "no:cacheprovider", test]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.slow
@each
def test_a_wrong_change_is_noticed(name, copy, tmp_path):
    wrong = MUTATIONS[name]
    path = copy / wrong["file"]
    right = path.read_text(encoding="utf-8")
    path.write_text(right.replace(wrong["text"], wrong["replacement"]), encoding="utf-8")
    try:
        found = run(copy, wrong["test"], tmp_path if wrong["file"].startswith(COMPILED) else None)
    finally:
        path.write_text(right, encoding="utf-8")
    assert found.returncode == TESTS_FAILED, f"{wrong['test']} did not notice it\n{found.stdout[-2000:]}"


@each
def test_what_is_changed_stands_there_once_and_stays_python(name):
    wrong = MUTATIONS[name]
    text = (ROOT / wrong["file"]).read_text(encoding="utf-8")
    assert text.count(wrong["text"]) == 1
    assert wrong["replacement"] != wrong["text"]
    ast.parse(text.replace(wrong["text"], wrong["replacement"]))


@each
def test_the_test_that_notices_it_is_there(name):
    file, _, test = MUTATIONS[name]["test"].partition("::")
    function = test.partition("[")[0]
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_the_whole_package_is_looked_at():
    """About forty changes, spread over the subpackages."""
    assert len(MUTATIONS) >= 40
    assert len({wrong["file"].split("/")[1] for wrong in MUTATIONS.values()}) >= 12
