"""``immunosim cache``: shows what is ours and whether it is sound, and removes nothing else."""

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from immunosim.codegen.sealed import Folder
from immunosim.codegen.store import MachineStore, entry_name, installation
from immunosim.diagnosis.kernel_cache import BUSY

Command = Callable[..., Result]

IN_USE = entry_name("lanes", "of this installation")
STALE = entry_name("scalar", "of another version")
DAMAGED = entry_name("kernels", "of a bad disk")
FOREIGN = "driver-of-somebody-else"
EARLIER = "0123456789abcdef"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a cache with one entry of each state and things of somebody else, all of them an hour old."""
    folder = Folder(tmp_path / "cache")
    folder.write(IN_USE, {"code.o": b"0" * 2_000_000}, installation())
    folder.write(STALE, {"code.o": b"1"}, "another")
    folder.write(DAMAGED, {"text.txt": b"x = 1"}, installation())
    (folder.path / DAMAGED / "text.txt").write_bytes(b"x = 2")
    for name in ("writing-abc", FOREIGN, "notes", EARLIER):
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


def test_the_entries_are_listed_with_their_state_size_and_content(command: Command, root: Path) -> None:
    result = command("cache")
    assert result.exit_code == 0, result.output
    assert str(root) in result.stdout
    rows = {line.split()[0]: line for line in result.stdout.splitlines() if line}
    assert "in use" in rows[IN_USE]
    assert " 2.0 " in rows[IN_USE]
    assert rows[IN_USE].endswith("machine code")
    assert "stale" in rows[STALE]
    assert "stale" in rows[EARLIER]
    assert "left over" in rows["writing-abc"]
    assert not {FOREIGN, "notes", "readme"} & set(rows)
    assert result.stdout.rstrip().endswith("immunosim cache clear")


def test_what_is_damaged_is_called_so_with_the_reason(command: Command, root: Path) -> None:
    rows = {line.split()[0]: line for line in command("cache").stdout.splitlines() if line}
    assert "damaged: text.txt is not what was written" in rows[DAMAGED]
    assert names(root) >= {DAMAGED}  # showing changes nothing


def test_json_holds_the_same_entries(command: Command, root: Path) -> None:
    record = json.loads(command("cache", "--json").stdout)
    assert record["place"] == str(root)
    states = {entry["name"]: entry["state"] for entry in record["entries"]}
    expected = {IN_USE: "in use", STALE: "stale", DAMAGED: "damaged", "writing-abc": "left over", EARLIER: "stale"}
    assert states == expected
    assert record["removed"] == []


def test_clearing_removes_what_is_not_in_use_and_keeps_the_rest(command: Command, root: Path) -> None:
    before = names(root)
    assert command("cache", "clear").exit_code == 0
    assert names(root) == before - {STALE, DAMAGED, EARLIER, "writing-abc"}


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
    set_age(root / STALE, BUSY / 2)
    result = command("cache", "clear")
    assert result.exit_code == 0
    assert STALE in names(root)
    assert "another process may be compiling it" in result.stderr


def test_a_link_is_never_followed(command: Command, root: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    shutil.move(root / STALE, elsewhere)
    (root / STALE).symlink_to(elsewhere)
    assert command("cache", "clear", "--all", "--yes").exit_code == 0
    assert (elsewhere / "code.o").is_file()


def test_a_cache_that_does_not_exist_is_empty(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMMUNOSIM_CACHE_DIR", str(tmp_path / "nowhere"))
    for arguments in (["cache"], ["cache", "clear"]):
        result = command(*arguments)
        assert result.exit_code == 0
        assert "It is empty" in result.stdout
    assert not (tmp_path / "nowhere").exists()


def test_what_cannot_be_kept_is_used_and_said_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    monkeypatch.setenv("IMMUNOSIM_CACHE_DIR", str(tmp_path / "file"))
    monkeypatch.setattr("immunosim.codegen.store.user_cache_path", lambda name: tmp_path / "file" / name)
    said: list[str] = []
    store = MachineStore(said.append)
    for name in (IN_USE, STALE):
        assert store.get(name, lambda: {"code": b"1"}) == {"code": b"1"}
    assert len(said) == 1
    assert "for this run only, set IMMUNOSIM_CACHE_DIR" in said[0]
    assert names(tmp_path) == {"file"}
