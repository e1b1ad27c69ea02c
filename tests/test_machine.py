"""What a process may use follows what Linux says of its container, and the machine where that says nothing."""

from types import SimpleNamespace

import pytest

from immunosim import machine


@pytest.fixture
def container(tmp_path, monkeypatch):
    """Return what gives the container a limit and a use, and 8 GB to the machine."""
    limit, used = tmp_path / "memory.max", tmp_path / "memory.current"
    monkeypatch.setattr(machine, "_LIMIT", limit)
    monkeypatch.setattr(machine, "_USED", used)
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(available=8_000_000_000))

    def contain(most, now):
        limit.write_text(most, encoding="ascii")
        used.write_text(now, encoding="ascii")

    return contain


@pytest.mark.parametrize(
    ("most", "now", "available"),
    [
        ("max\n", "5\n", 8_000_000_000),
        ("3000000000\n", "1000000000\n", 2_000_000_000),
        ("1000\n", "2000\n", 0),  # over its limit, as it may be for a moment
        ("90000000000\n", "1000\n", 8_000_000_000),  # of a limit that the machine does not have
        ("unlimited\n", "1000\n", 8_000_000_000),
        ("3000000000\n", "\n", 8_000_000_000),
    ],
)
def test_memory_is_what_container_and_machine_leave(container, most, now, available):
    container(most, now)
    assert machine.memory_available() == available


def test_memory_is_that_of_the_machine_where_nothing_is_said_of_a_container(container):
    assert machine.memory_available() == 8_000_000_000


def test_cores_are_those_that_the_process_may_use(monkeypatch):
    monkeypatch.setattr(machine.os, "sched_getaffinity", lambda pid: {0, 3, 5}, raising=False)
    assert machine.cores() == 3


@pytest.mark.parametrize(("known", "expected"), [(6, 6), (None, 1)])
def test_cores_are_those_of_the_machine_where_no_mask_is_known(monkeypatch, known, expected):
    monkeypatch.delattr(machine.os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(machine.os, "cpu_count", lambda: known)
    assert machine.cores() == expected


def test_memory_that_is_used_is_that_of_this_process():
    assert 2**20 < machine.memory_used() < 2**40
