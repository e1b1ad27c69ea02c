"""The layer fails what it is told to fail, and nothing else; a cut of power takes what was not waited for."""

import contextlib
import errno
import os
from pathlib import Path

import pytest
from faults.layer import PowerCut, failing


def write(path: Path, text: str, is_synced: bool) -> None:
    with path.open("wb", buffering=0) as stream:  # a buffer would write again what failed when it is closed
        stream.write(text.encode())
        if is_synced:
            os.fsync(stream.fileno())


def write_and_rename(path: Path) -> None:
    write(path, "text", is_synced=True)
    path.replace(path.with_name("b"))


def test_operations_are_logged_in_their_order(tmp_path: Path) -> None:
    with failing(tmp_path) as layer:
        write(tmp_path / "a", "text", is_synced=True)
        (tmp_path / "a").replace(tmp_path / "b")
        assert (tmp_path / "b").read_text() == "text"
    names = [(what, os.path.basename(path)) for what, path in layer.log]
    assert names == [
        *(("open", "a"), ("write", "a"), ("fsync", "a"), ("replace", "b")),
        *(("open", "b"), ("read", "b")),
    ]


def test_other_folders_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    with failing(tmp_path / "inside", 1) as layer:
        write(tmp_path / "beside", "text", is_synced=True)
    assert layer.log == []


@pytest.mark.parametrize(("n", "left"), [(1, None), (2, ""), (3, "text"), (4, "text")])
def test_the_nth_operation_fails(tmp_path: Path, n: int, left: str | None) -> None:
    path = tmp_path / "a"
    with failing(tmp_path, n, errno.ENOSPC), pytest.raises(OSError, match="No space left"):
        write_and_rename(path)
    assert (path.read_text() if path.exists() else None) == left


def test_a_write_and_a_read_are_cut_in_half(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with failing(tmp_path, 2, is_cut=True), pytest.raises(OSError, match="error"):
        write(path, "text", is_synced=False)
    assert path.read_text() == "te"
    path.write_text("text")
    with failing(tmp_path, 2, is_cut=True):
        assert path.read_text() == "te"


@pytest.mark.parametrize(("is_synced", "left"), [(True, "text"), (False, "")])
def test_a_cut_of_power_takes_what_was_not_waited_for(tmp_path: Path, is_synced: bool, left: str) -> None:
    with failing(tmp_path, 99, is_last=True) as layer:
        write(tmp_path / "a", "text", is_synced)
        (tmp_path / "a").replace(tmp_path / "b")
    layer.lose_power()
    assert (tmp_path / "b").read_text() == left


def test_after_a_cut_of_power_nothing_happens_any_more(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("kept")
    with failing(tmp_path, 2, is_last=True), contextlib.suppress(PowerCut):
        try:
            write(tmp_path / "a", "text", is_synced=True)
        finally:
            (tmp_path / "kept").unlink()
    assert (tmp_path / "kept").read_text() == "kept"
