"""The cache of a process: what is damaged is made again with one sentence, what cannot be kept is used all the same."""

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from immunosim.codegen import sealed, store
from immunosim.codegen.loader import Model
from immunosim.codegen.sealed import SET_ASIDE, Folder
from immunosim.codegen.store import VARIABLE, MachineStore, cache_root
from immunosim.errors import ModelError

ROOT = Path(__file__).parents[2]
NAME, FILES = "lanes-0123", {"code.o": b"machine code"}
NOBODY = 65534

needs_root = pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root is several users")
needs_owners = pytest.mark.skipif(not hasattr(os, "getuid"), reason="this system has no owners of files")


class Making:
    """What makes an entry, and counts how often; what was announced."""

    def __init__(self) -> None:
        self.times = 0
        self.said: list[str] = []

    def __call__(self) -> Mapping[str, bytes]:
        self.times += 1
        return FILES

    def get(self, waiting: str = "") -> Mapping[str, bytes]:
        """Ask for the entry, as a new process would."""
        return MachineStore(self.said.append).get(NAME, self, "us", waiting)


@pytest.fixture
def making() -> Making:
    return Making()


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Return a cache that is named, and the user's own."""
    named, own = tmp_path / "named", tmp_path / "home" / "immunosim"
    monkeypatch.setenv(VARIABLE, str(named))
    monkeypatch.setattr(store, "user_cache_path", lambda name: own)
    return named, own


def test_the_cache_lies_where_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    assert cache_root() == tmp_path
    for nothing in (lambda: monkeypatch.setenv(VARIABLE, ""), lambda: monkeypatch.delenv(VARIABLE)):
        nothing()
        assert cache_root().name == "immunosim"


def test_an_entry_is_made_once(places: tuple[Path, Path], making: Making) -> None:
    assert [making.get("slow") for _ in range(3)] == [FILES] * 3
    assert making.times == 1
    assert making.said == ["slow"]
    assert [path.name for path in places[0].iterdir()] == [NAME]
    assert not places[1].exists()


def test_a_damaged_entry_is_set_aside_and_made_again_with_one_sentence(
    places: tuple[Path, Path], making: Making
) -> None:
    for turn in range(1, 3):
        making.get()
        (places[0] / NAME / "code.o").write_bytes(b"machine c0de")
        making.said.clear()
        assert making.get() == FILES
        assert making.times == 1 + turn
        assert making.said == [f"{places[0] / NAME}: code.o is not what was written; it is set aside and made again"]
        assert making.get() == FILES
        assert sorted(path.name for path in places[0].iterdir()) == [SET_ASIDE + NAME, NAME]


def test_a_cache_that_can_only_be_read_is_read_and_completed_in_the_users_own(
    places: tuple[Path, Path], making: Making, monkeypatch: pytest.MonkeyPatch
) -> None:
    named, own = places
    making.get()
    read_only(named, monkeypatch)
    assert making.get() == FILES
    assert making.times == 1
    assert MachineStore(making.said.append).get("lanes-4567", lambda: FILES, "us") == FILES
    assert [path.name for path in own.iterdir()] == ["lanes-4567"]
    assert making.said == []


def test_damage_in_a_cache_that_can_only_be_read_is_told_as_it_is(
    places: tuple[Path, Path], making: Making, monkeypatch: pytest.MonkeyPatch
) -> None:
    making.get()
    (places[0] / NAME / "code.o").unlink()
    read_only(places[0], monkeypatch)
    assert making.get() == FILES
    assert "it is not used and made again" in making.said[0]
    assert Folder(places[1]).read(NAME) == FILES


def read_only(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing in a folder be written, whoever we are."""
    access, replace = os.access, os.replace

    def refused(source: Path, target: Path) -> None:
        if Path(target).parent == folder:
            raise PermissionError(13, "Permission denied")
        replace(source, target)

    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != folder and access(path, mode))
    monkeypatch.setattr(os, "replace", refused)


def test_a_named_cache_that_may_not_be_entered_is_passed_over(
    places: tuple[Path, Path], making: Making, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As below the home of another user."""
    named, own = places
    named.mkdir()

    def denied(function: Callable[..., object]) -> Callable[..., object]:
        def call(path: object, *arguments: object, **options: object) -> object:
            if Path(str(path)).is_relative_to(named):
                raise PermissionError(13, "Permission denied")
            return function(path, *arguments, **options)

        return call

    for name in ("stat", "lstat"):
        monkeypatch.setattr(os, name, denied(getattr(os, name)))
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).is_relative_to(own.parent))
    own.parent.mkdir()
    assert [making.get() for _ in range(2)] == [FILES] * 2
    assert making.times == 1
    assert making.said == []


@pytest.mark.parametrize("named_too", [False, True], ids=["home", "home and the named one"])
def test_where_nothing_can_be_kept_everything_works_and_one_sentence_says_so(
    places: tuple[Path, Path], making: Making, monkeypatch: pytest.MonkeyPatch, named_too: bool
) -> None:
    named, own = places
    if named_too:
        named.write_text("a file in the way", encoding="utf-8")
    else:
        monkeypatch.setenv(VARIABLE, str(own))
    own.parent.write_text("a file in the way", encoding="utf-8")
    assert [making.get() for _ in range(2)] == [FILES] * 2
    (said,) = making.said
    assert said.startswith(f"{cache_root()} cannot be written")
    assert "compiled for this run only" in said
    assert VARIABLE in said


@pytest.mark.parametrize("operation", ["mkdtemp", "write_synced", "sync_folder"])
def test_a_full_disk_costs_a_sentence_and_leaves_nothing(
    places: tuple[Path, Path], making: Making, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    def full(*arguments: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sealed.tempfile if operation == "mkdtemp" else sealed, operation, full)
    assert [making.get() for _ in range(2)] == [FILES] * 2
    (said,) = making.said
    assert "cannot be written (No space left on device)" in said
    assert list(places[0].iterdir()) == []


@needs_owners
@pytest.mark.parametrize("mode", [0o777, 0o775])
def test_a_cache_that_others_may_write_is_refused_before_anything_is_read(
    places: tuple[Path, Path], making: Making, mode: int
) -> None:
    making.get()
    places[0].chmod(mode)
    with pytest.raises(ModelError, match="can be written by others") as caught:
        making.get()
    assert "chmod go-w" in str(caught.value.cure)
    assert making.times == 1


def test_a_cache_under_a_generous_umask_can_be_used_at_once(places: tuple[Path, Path], making: Making) -> None:
    before = os.umask(0)
    try:
        assert [making.get() for _ in range(2)] == [FILES] * 2
    finally:
        os.umask(before)
    assert making.times == 1
    for path in (places[0], *places[0].rglob("*")):
        assert not path.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def test_drivers_are_kept_by_name(places: tuple[Path, Path]) -> None:
    said: list[str] = []
    own = MachineStore(said.append)
    assert own.load("lanes") is None
    assert "once per installation" in said[0]
    own.keep("lanes", b"code")
    assert (MachineStore(said.append).load("lanes"), own.load("slopes")) == (b"code", None)


# Several users

COMPILE_NOTHING = """
from immunosim.codegen.vector import build
from immunosim.numerics import compiled_code

def refuse(*arguments):
    raise AssertionError("compiled again")

build.machine_code = compiled_code.code_of = refuse
"""
BECOME = """
import os, sys
from immunosim.codegen import cache
from immunosim.numerics.lanes import compiled

user = int(sys.argv[1])
os.setgroups([])
os.setgid(user)
os.setuid(user)
os.environ.update(HOME=sys.argv[2], XDG_CACHE_HOME="", IMMUNOSIM_CACHE_DIR=sys.argv[3])
cache._LOADED.clear()
compiled._COMPILED.clear()
print("now the other user")
"""
SOLVE = """
import numpy as np
from immunosim import load_scenario
from immunosim.numerics import solve_ensemble
from immunosim.problem import prepare

problem = prepare(load_scenario("configs/one_course.toml", ("horizon=2 months",)), announce=print)
states, vectors = np.tile(problem.initial_state, (3, 1)), np.tile(problem.vector, (3, 1))
found = solve_ensemble(problem.model.ensemble_kernels, states, vectors, problem.segments, problem.times)
assert (found.status == 0).all()
print("solved")
"""


def run_as(user: int, home: Path, cache: Path) -> "subprocess.CompletedProcess[str]":
    """Solve as another user, who may read nothing of ours.

    The process becomes that user when all modules are there: the interpreter may lie where only we may read.
    """
    home.mkdir()
    os.chown(home, user, user)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", SOLVE + BECOME + COMPILE_NOTHING + SOLVE, str(user), str(home), str(cache)]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def whole(model: Model, run_python: Callable[..., str]) -> Path:
    """Return our cache, with all that an ensemble needs."""
    assert model.core.name == "lanes"
    run_python(SOLVE)
    return cache_root()


@pytest.fixture
def shared(whole: Path, tmp_path: Path) -> Path:
    """Return a copy of the cache, below folders that anybody may pass."""
    folder = tmp_path / "shared"
    shutil.copytree(whole, folder, ignore=shutil.ignore_patterns("numba", "damaged-*", "writing-*"))
    for parent in (folder, *folder.parents):
        if parent.stat().st_uid == os.getuid() and not parent.stat().st_mode & stat.S_IXOTH:
            parent.chmod(0o755)
    return folder


@needs_root
def test_a_second_user_works_from_a_shared_cache_without_a_word_and_without_compiling(
    shared: Path, tmp_path: Path
) -> None:
    finished = run_as(NOBODY, tmp_path / "second", shared)
    said = "solved\nnow the other user\nsolved\n"
    assert (finished.stdout, finished.stderr, finished.returncode) == (said, "", 0)
    assert list((tmp_path / "second").rglob("*-*")) == []


@needs_root
def test_a_second_user_refuses_a_cache_that_anybody_may_write(shared: Path, tmp_path: Path) -> None:
    shared.chmod(0o777)
    finished = run_as(NOBODY, tmp_path / "second", shared)
    assert finished.returncode == 1
    assert "can be written by others" in finished.stderr
    assert finished.stdout.endswith("now the other user\n")


@needs_root
def test_a_second_user_does_not_trust_an_entry_of_a_third(shared: Path, tmp_path: Path) -> None:
    for code in shared.glob("lanes-*/code.o"):
        os.chown(code, 4711, 4711)
    finished = run_as(NOBODY, tmp_path / "second", shared)
    assert "belongs to another user (4711)" in finished.stdout
    assert "compiled again" in finished.stderr  # and would have been, were it not forbidden here
