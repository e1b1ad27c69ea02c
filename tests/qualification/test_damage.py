"""Damages are the same at every run, reach every kind of file, and change what they should."""

import json

import pytest

from immunosim.qualification.commands import Said
from immunosim.qualification.damage import Damage, damages
from immunosim.qualification.durability import is_same


@pytest.fixture
def files(tmp_path):
    for name in ("a.o", "b.o", "c.py", "d/0", "d/1", "zarr.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(bytes(range(100)))
    return tmp_path


def test_damages_are_the_same_at_every_run_and_reach_every_kind_of_file(files):
    first, second = (list(damages(files, 8, seed=1)) for _ in range(2))
    assert first == second
    assert {damage.path.split("/")[0].split(".")[-1] for damage in first} == {"o", "py", "d", "json"}
    assert {damage.kind for damage in first} == {"flip", "cut", "empty"}


@pytest.mark.parametrize(("kind", "expected"), [("flip", 100), ("cut", 50), ("empty", 0)])
def test_a_damage_changes_the_file(files, kind, expected):
    before = (files / "a.o").read_bytes()
    damage = Damage("a.o", kind, 0.5, 3)
    damage.inflict(files)
    after = (files / "a.o").read_bytes()
    assert len(after) == expected
    assert after != before
    if kind == "flip":
        assert [i for i in range(100) if after[i] != before[i]] == [50]
    assert "a.o" in str(damage)


def test_files_that_are_empty_already_are_passed_over(files):
    for path in files.rglob("*"):
        if path.is_file() and path.name != "c.py":
            path.write_bytes(b"")
    assert {damage.path for damage in damages(files, 5, seed=1)} == {"c.py"}


RECORD = {"a": 1.0, "b": [1, 2.0, "x"], "c": None}


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (RECORD, True),
        (RECORD | {"a": 1.0 + 1e-12}, True),
        (RECORD | {"a": 1.0 + 1e-8}, False),
        (RECORD | {"b": [1, 2.0]}, False),
        (RECORD | {"b": [1, 2.0, "y"]}, False),
        (RECORD | {"c": 0.0}, False),
        (RECORD | {"d": 0}, False),
    ],
)
def test_two_records_are_the_same_when_every_number_is(other, same):
    assert is_same(json.dumps(RECORD), json.dumps(other)) is same


def test_output_that_is_no_record_is_not_the_same():
    assert not is_same("", "")


@pytest.mark.parametrize(
    ("code", "messages", "is_tidy"),
    [
        (0, "", True),
        (2, "the cache cannot be read", True),
        (1, "", False),
        (-11, "", False),
        (None, "", False),
        (3, "Traceback (most recent call last):\n  ...", False),
    ],
)
def test_a_crash_a_hang_and_a_traceback_are_not_tidy(code, messages, is_tidy):
    assert Said(code, "", messages).is_tidy is is_tidy
