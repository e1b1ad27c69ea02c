"""Whatever happens to the cache, results are right or there is a sentence: damage, haste, deletion, sudden death."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from immunosim.codegen.loader import Model
from immunosim.codegen.sealed import Folder
from immunosim.codegen.store import SHIPPED, VARIABLE, cache_root, maker_of_text
from immunosim.diagnosis import Severity, examination
from immunosim.diagnosis.kernel_cache import IN_USE, KEPT_ASIDE, LEFT_OVER, cache_entries
from immunosim.numerics.compilation import is_compiling

ROOT = Path(__file__).parents[2]
SCRIPT = Path(__file__).with_name("damaged_cache.py")
KINDS = {"kernels", "derivatives", "gradients", "variations", "scalar", "lanes", "slopes", "driver"}

pytestmark = [
    pytest.mark.skipif(not is_compiling(), reason="numba is switched off"),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork"),
]


@pytest.fixture
def copied(model: Model, tmp_path: Path) -> Path:
    """Return a copy of the cache, with all that this session has made, and of the texts that came with the package."""
    assert model.core.name == "lanes"
    folder = tmp_path / "cache"
    shutil.copytree(cache_root(), folder, ignore=shutil.ignore_patterns("numba", "damaged-*", "writing-*"))
    for name in SHIPPED.names():
        Folder(folder).write(name, SHIPPED.read(name) or {}, maker_of_text())
    return folder


def damage(folder: Path, n_flips: int, n_cuts: int) -> list[dict[str, object]]:
    """Return what became of solving with each of so many damages."""
    command = [sys.executable, str(SCRIPT), str(n_flips), str(n_cuts)]
    environment = os.environ | {VARIABLE: str(folder), "PYTHONPATH": str(ROOT)}
    finished = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    return [json.loads(line) for line in finished.stdout.splitlines() if line.startswith("{")]


def assert_harmless(found: list[dict[str, object]], n: int) -> None:
    assert len(found) == n
    assert [one for one in found if one["crash"] or not one["right"]] == []
    assert [one for one in found if not one["noticed"]] == []


def test_a_few_damages_are_noticed_and_change_no_bit_of_a_result(copied: Path) -> None:
    assert_harmless(damage(copied, 2, 1), 3)


@pytest.mark.slow
def test_two_hundred_flipped_bits_and_forty_cut_files_are_noticed_and_change_no_bit(copied: Path) -> None:
    found = damage(copied, 200, 40)
    assert_harmless(found, 240)
    assert {str(one["entry"]).partition("-")[0] for one in found} == KINDS
    assert {"MANIFEST.json", "text.txt", "tables.json", "code.o", "functions.json", "code"} == {
        one["file"] for one in found
    }


def test_the_doctor_names_and_mends_every_damaged_entry(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(copied))
    names = [entry.path.name for entry in cache_entries() if entry.state == IN_USE]
    assert {name.partition("-")[0] for name in names} >= {"kernels", "scalar", "lanes"}
    for k, name in enumerate(names):
        files = sorted((copied / name).iterdir())
        file = files[k % len(files)]
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(content)
    found = list(examination._cache())
    assert {one.found.partition(":")[0] for one in found if one.name == "damage"} == set(names)
    assert all(one.state is Severity.WARNING and one.found.endswith("set aside") for one in found[:-1])
    assert [one.name for one in examination._cache()] == ["cache"]
    assert {entry.state for entry in cache_entries() if entry.path.name in names} == set()


# With compilation: minutes

SINGLE = """
from immunosim import load_scenario
from immunosim.problem import prepare
from immunosim.simulation import solve

problem = prepare(load_scenario("configs/one_course.toml", ("horizon=2 months",)), announce=print)
assert problem.model.core.name == "lanes", problem.model.core.reason
print(float(abs(solve(problem).states).sum()).hex())
"""


@pytest.fixture(scope="module")
def expected(run_python: Callable[..., str]) -> str:
    """Return what a run prints at last."""
    return run_python(SINGLE).split()[-1]


@pytest.mark.slow
def test_six_cold_starts_at_once_agree_and_leave_a_whole_cache(
    run_python: Callable[..., str], tmp_path: Path, expected: str
) -> None:
    folder = tmp_path / "cache"
    with ThreadPoolExecutor(6) as pool:
        runs = [pool.submit(run_python, SINGLE, **{VARIABLE: str(folder)}) for _ in range(6)]
    assert {run.result().split()[-1] for run in runs} == {expected}
    assert {entry.state for entry in cache_entries(folder)} == {IN_USE}
    assert len(cache_entries(folder)) == 3


def start(folder: Path) -> "subprocess.Popen[str]":
    environment = os.environ | {VARIABLE: str(folder), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", SINGLE]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)


@pytest.mark.slow
@pytest.mark.parametrize("is_warm", [False, True], ids=["cold", "warm"])
def test_a_cache_that_is_deleted_again_and_again_while_a_run_starts_costs_no_result(
    run_python: Callable[..., str], tmp_path: Path, expected: str, is_warm: bool
) -> None:
    folder = tmp_path / "cache"
    if is_warm:
        run_python(SINGLE, **{VARIABLE: str(folder)})
    with start(folder) as process:
        while process.poll() is None:
            shutil.rmtree(folder, ignore_errors=True)
        said, _ = process.communicate()
    assert process.returncode == 0
    assert said.split()[-1] == expected


@pytest.mark.slow
def test_a_run_that_is_killed_while_it_compiles_leaves_nothing_half(
    run_python: Callable[..., str], tmp_path: Path, expected: str
) -> None:
    """Each time right after the first, second, third or fourth thing appears in the cache."""
    for k in range(8):
        folder = tmp_path / f"cache-{k}"
        with start(folder) as process:
            while process.poll() is None and len(list(Folder(folder).names())) <= k // 2:
                pass
            process.send_signal(signal.SIGKILL)
        assert {entry.state for entry in cache_entries(folder)} <= {IN_USE, LEFT_OVER, KEPT_ASIDE}
        assert run_python(SINGLE, **{VARIABLE: str(folder)}).split()[-1] == expected
