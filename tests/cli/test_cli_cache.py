"""``immunosim cache`` lists and removes what immunosim made, and nothing else."""

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from immunosim.codegen.cache import TEXT
from immunosim.codegen.sealed import Folder
from immunosim.codegen.store import entry_name, maker_of_code, maker_of_text
from immunosim.diagnosis.kernel_cache import BUSY

Command = Callable[..., Result]

CURRENT = entry_name("lanes", "of this installation")
STALE = entry_name("scalar", "of another text")
KERNELS = entry_name("kernels", "of this installation")
EDITED = entry_name("kernels", "of other sources")
DAMAGED = entry_name("driver", "damaged")
EARLIER = "0123456789abcdef"
"""What an earlier version called its folders."""

FOREIGN = "fedcba9876543210"  # named so, but without kernels
OURS = {CURRENT, KERNELS, STALE, EDITED, DAMAGED, EARLIER, "writing-abc", "numba", f"damaged-{CURRENT}"}
NOT_OURS = {FOREIGN, "notes", "readme"}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a cache with one entry of each kind and things of somebody else, all of them an hour old."""
    folder = Folder(tmp_path / "cache")
    folder.write(KERNELS, {TEXT: b"text"}, maker_of_text())
    folder.write(CURRENT, {"code.o": b"0" * 2_000_000}, maker_of_code(hashlib.sha256(b"text").hexdigest()))
    folder.write(STALE, {"code.o": b"0"}, maker_of_code(hashlib.sha256(b"another text").hexdigest()))
    folder.write(EDITED, {TEXT: b"edited"}, "other sources")
    folder.write(DAMAGED, {"code": b"0"}, maker_of_code())
    (folder.path / DAMAGED / "code").write_bytes(b"1")
    for name in ("writing-abc", "numba", f"damaged-{CURRENT}", EARLIER, FOREIGN, "notes"):
        (folder.path / name).mkdir()
    (folder.path / EARLIER / "kernels.py").write_text("x = 1\n", encoding="utf-8")
    (folder.path / "readme").write_text("mine", encoding="utf-8")
    set_age(folder.path, 3600.0)
    monkeypatch.setenv("IMMUNOSIM_CACHE_DIR", str(folder.path))
    return folder.path


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
    assert "in use" in rows[CURRENT]
    assert "in use" in rows[KERNELS]
    assert " 2.0 " in rows[CURRENT]
    assert rows[CURRENT].endswith("machine code")
    assert "damaged: code is not what was written" in rows[DAMAGED]
    assert "set aside" in rows[f"damaged-{CURRENT}"]
    assert "left over" in rows["writing-abc"]
    assert all("stale" in rows[name] for name in (STALE, EDITED, EARLIER, "numba"))
    assert set(rows) >= OURS
    assert not NOT_OURS & set(rows)
    assert result.stdout.rstrip().endswith("immunosim cache clear")


def test_json_holds_the_same_entries(command: Command, root: Path) -> None:
    record = json.loads(command("cache", "--json").stdout)
    assert record["place"] == str(root)
    assert {entry["name"] for entry in record["entries"]} == OURS
    assert record["removed"] == []


def test_clearing_removes_what_is_stale_and_keeps_the_rest(command: Command, root: Path) -> None:
    assert command("cache", "clear").exit_code == 0
    assert names(root) == {CURRENT, KERNELS} | NOT_OURS


def test_clearing_all_keeps_what_is_not_ours(command: Command, root: Path) -> None:
    assert command("cache", "clear", "--all", "--yes").exit_code == 0
    assert names(root) == NOT_OURS


def test_all_is_not_cleared_without_a_yes(command: Command, root: Path) -> None:
    before = names(root)
    result = command("cache", "clear", "--all")
    assert result.exit_code == 2
    assert "add --yes" in result.stderr
    assert names(root) == before


def test_an_entry_that_may_be_compiled_at_the_moment_stays(command: Command, root: Path) -> None:
    set_age(root / STALE, BUSY / 2)
    result = command("cache", "clear")
    assert result.exit_code == 0
    assert STALE in names(root)
    assert "another process may be compiling it" in result.stderr


@pytest.mark.parametrize("kind", ["link", "file", "pipe"])
def test_what_is_in_the_place_of_an_entry_is_damage_and_no_link_is_followed(
    command: Command, root: Path, tmp_path: Path, kind: str
) -> None:
    elsewhere, entry = tmp_path / "elsewhere", root / STALE
    shutil.move(entry, elsewhere)
    {"link": lambda: entry.symlink_to(elsewhere), "file": entry.touch, "pipe": lambda: os.mkfifo(entry)}[kind]()
    os.utime(entry, (0.0, 0.0), follow_symlinks=False)
    (found,) = (one for one in json.loads(command("cache", "--json").stdout)["entries"] if one["name"] == STALE)
    assert (found["state"], found["reason"]) == ("damaged", "is not a folder")
    assert command("cache", "clear").exit_code == 0
    assert names(root) == {CURRENT, KERNELS} | NOT_OURS
    assert (elsewhere / "code.o").is_file()


def test_an_entry_that_others_may_write_is_not_called_sound(command: Command, root: Path) -> None:
    (root / CURRENT / "code.o").chmod(0o666)
    (found,) = (one for one in json.loads(command("cache", "--json").stdout)["entries"] if one["name"] == CURRENT)
    assert (found["state"], found["reason"]) == ("damaged", "code.o can be written by others")


def test_a_cache_that_does_not_exist_is_empty(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMMUNOSIM_CACHE_DIR", str(tmp_path / "nowhere"))
    for arguments in (["cache"], ["cache", "clear"]):
        result = command(*arguments)
        assert result.exit_code == 0
        assert "It is empty" in result.stdout
    assert not (tmp_path / "nowhere").exists()
