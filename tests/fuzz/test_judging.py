"""What looks for escapes finds them: other errors, hangs, long messages, writes, and what is executed."""

import pickle
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from fuzz import judging
from fuzz.judging import wrong_with

from immunosim.errors import DataError


def refuse(message: str) -> None:
    raise DataError(message)


def spin() -> None:
    while True:
        pass


def suppress_all() -> None:
    try:
        spin()
    except Exception:
        return


def test_an_input_that_is_taken_or_refused_is_right(tmp_path: Path) -> None:
    assert wrong_with(lambda: None, tmp_path) == ""
    assert wrong_with(lambda: refuse("is empty"), tmp_path) == ""


@pytest.mark.parametrize(
    ("read", "found"),
    [
        (lambda: 1 / 0, "ZeroDivisionError"),
        (lambda: refuse(" "), "the message is empty"),
        (lambda: subprocess.run(["true"], check=True), "subprocess.Popen"),
        (lambda: pickle.loads(b"cos\nsystem\n."), "pickle.find_class"),
    ],
)
def test_what_is_neither_is_found(tmp_path: Path, read: Callable[[], object], found: str) -> None:
    assert found in wrong_with(read, tmp_path)


def test_a_message_that_nobody_reads_to_its_end_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "LONGEST_MESSAGE", 50)
    assert wrong_with(lambda: refuse("x" * 60), tmp_path).startswith("the message has 60 characters")


@pytest.mark.parametrize("read", [spin, suppress_all])
def test_a_hang_is_ended_and_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: Callable[[], None]) -> None:
    monkeypatch.setattr(judging, "MOST_SECONDS", 0.05)
    assert wrong_with(read, tmp_path).startswith("more than 0.05 s of processor time")


def test_a_write_is_prevented_and_found_where_it_is_not_allowed(tmp_path: Path) -> None:
    inside, beside = tmp_path / "inside", tmp_path / "beside"
    inside.mkdir()
    beside.mkdir()
    (inside / "input").write_text("a")
    assert "PermissionError" in wrong_with(lambda: (beside / "new").write_text("b"), inside)
    assert "PermissionError" in wrong_with(lambda: (inside / "input").write_text("b"), inside)
    assert wrong_with(lambda: (beside / "new").write_text("b"), inside, [beside]) == ""
    assert (inside / "input").read_text() == "a"


def test_a_write_that_is_allowed_is_undone_and_found_where_the_input_is_refused(tmp_path: Path) -> None:
    def half() -> None:
        (tmp_path / "half").write_text("a")
        raise DataError("is wrong")

    assert wrong_with(half, tmp_path, may_write=True) == "changes files: ['half']"
    assert wrong_with(lambda: (tmp_path / "whole").write_text("a"), tmp_path, may_write=True) == ""
    assert list(tmp_path.iterdir()) == []
