"""``immunosim cache`` lists and removes what immunosim made, and nothing else."""

import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numba
import pytest
from typer.testing import Result

from immunosim.codegen import cache, emit
from immunosim.diagnosis.kernel_cache import BUSY, current_key
from immunosim.parameters import ParameterSet

Command = Callable[..., Result]

STALE = "0123456789abcdef"
FOREIGN = "fedcba9876543210"  # named as a key, but without kernels


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a cache with one entry of each kind and things of somebody else, all of them an hour old."""
    folder = tmp_path / "cache"
    for name in (current_key(), STALE, "writing-abc", "numba", FOREIGN, "notes"):
        (folder / name / "__pycache__").mkdir(parents=True)
    for name in (current_key(), STALE):
        (folder / name / "kernels.py").write_text("x = 1\n", encoding="utf-8")
    (folder / current_key() / "__pycache__" / "rhs.1.nbc").write_bytes(b"0" * 2_000_000)
    (folder / "readme").write_text("mine", encoding="utf-8")
    set_age(folder, 3600.0)
    monkeypatch.setenv("IMMUNOSIM_CACHE_DIR", str(folder))
    return folder


def set_age(folder: Path, seconds: float) -> None:
    then = time.time() - seconds
    for path in (folder, *folder.rglob("*")):
        os.utime(path, (then, then))


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_the_entries_are_listed_with_their_state_and_size(command: Command, root: Path) -> None:
    result = command("cache")
    assert result.exit_code == 0, result.output
    assert str(root) in result.stdout
    rows = {line.split()[0]: line for line in result.stdout.splitlines() if line}
    assert "in use" in rows[current_key()]
    assert " 2.0 " in rows[current_key()]
    assert rows[current_key()].endswith("yes")
    assert "stale" in rows[STALE]
    assert "left over" in rows["writing-abc"]
    assert not {FOREIGN, "notes", "readme"} & set(rows)
    assert result.stdout.rstrip().endswith("immunosim cache clear")


def test_json_holds_the_same_entries(command: Command, root: Path) -> None:
    record = json.loads(command("cache", "--json").stdout)
    assert record["place"] == str(root)
    assert {entry["name"] for entry in record["entries"]} == {current_key(), STALE, "writing-abc", "numba"}
    assert record["removed"] == []


def test_clearing_removes_what_is_stale_and_keeps_the_rest(command: Command, root: Path) -> None:
    before = names(root)
    assert command("cache", "clear").exit_code == 0
    assert names(root) == before - {STALE, "writing-abc"}


def test_clearing_all_keeps_what_is_not_ours(command: Command, root: Path) -> None:
    assert command("cache", "clear", "--all", "--yes").exit_code == 0
    assert names(root) == {FOREIGN, "notes", "readme"}


def test_all_is_not_cleared_without_a_yes(command: Command, root: Path) -> None:
    before = names(root)
    result = command("cache", "clear", "--all")
    assert result.exit_code == 2
    assert "add --yes" in result.stderr
    assert names(root) == before


def test_an_entry_that_may_be_compiled_at_the_moment_stays(command: Command, root: Path) -> None:
    set_age(root / STALE / "__pycache__", BUSY / 2)
    result = command("cache", "clear")
    assert result.exit_code == 0
    assert STALE in names(root)
    assert "another process may be compiling it" in result.stderr


def test_a_link_is_never_followed(command: Command, root: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    shutil.move(root / STALE, elsewhere)
    (root / STALE).symlink_to(elsewhere)
    assert command("cache", "clear", "--all", "--yes").exit_code == 0
    assert (elsewhere / "kernels.py").is_file()


def test_a_cache_that_does_not_exist_is_empty(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMMUNOSIM_CACHE_DIR", str(tmp_path / "nowhere"))
    for arguments in (["cache"], ["cache", "clear"]):
        result = command(*arguments)
        assert result.exit_code == 0
        assert "It is empty" in result.stdout
    assert not (tmp_path / "nowhere").exists()


def test_a_cache_that_cannot_be_made_is_replaced_for_this_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parameters: ParameterSet
) -> None:
    (tmp_path / "home").write_text("a file in the way", encoding="utf-8")
    monkeypatch.delenv("IMMUNOSIM_CACHE_DIR", raising=False)
    monkeypatch.setattr(cache, "user_cache_path", lambda name: tmp_path / "home" / name)
    monkeypatch.setattr(cache, "source_key", lambda units: FOREIGN)
    for text in ("core_text", "derivatives_text", "gradients_text"):
        monkeypatch.setattr(emit, text, lambda net, key: "readouts = 1\n")
    said: list[str] = []
    module = cache.load_module(parameters.units(), "kernels", said.append)
    monkeypatch.delitem(sys.modules, module.__name__)
    assert "compiling for this run only, set IMMUNOSIM_CACHE_DIR to keep the result" in said[0]
    assert not Path(str(module.__file__)).is_relative_to(tmp_path / "home")
    assert names(tmp_path) == {"home"}


def test_numba_gets_a_place_of_ours_only_where_the_package_is_read_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")
    cache._give_numba_a_place(tmp_path)
    assert numba.config.CACHE_DIR == ""
    monkeypatch.setattr(cache, "is_writable", lambda folder: folder == tmp_path)
    cache._give_numba_a_place(tmp_path)
    assert str(tmp_path / "numba") == numba.config.CACHE_DIR
