"""One holder of an output at a time, named to the others; a dead one is told from a living one."""

import json
import os
import re
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from immunosim import locks
from immunosim.errors import DataError
from immunosim.files import OutputError
from immunosim.locks import Holder, held, holder_of, refuse_held

ROOT = Path(__file__).parents[1]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.zarr"


def record(path, **changes):
    """Leave the file of a holder that has no lock, as after a kill, or on a file system without locks."""
    own = {
        "user": "anna",
        "host": socket.gethostname(),
        "pid": 2**22 + 1,
        "started": 1.0,
        "since": "noon",
        "command": "x",
    }
    file = path.with_name(f".{path.name}.lock-1-of-1")
    file.write_text(json.dumps(own | changes))
    return file


def test_who_holds_it_is_said_and_nothing_is_left(path, tmp_path):
    with held(path, "immunosim sweep x.toml"):
        found = holder_of(path)
        assert (found.pid, found.host, found.command) == (os.getpid(), socket.gethostname(), "immunosim sweep x.toml")
        with pytest.raises(DataError, match=rf"is in use \(process {os.getpid()} of .* UTC: immunosim sweep x.toml\)"):
            refuse_held(path)
        with pytest.raises(DataError, match="is in use"), held(path):
            pass
    assert holder_of(path) is None
    refuse_held(path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("one", "other", "do_overlap"),
    [
        ((1, 1), (1, 1), True),
        ((1, 1), (2, 3), True),
        ((1, 2), (2, 2), False),
        ((1, 2), (3, 4), True),
        ((1, 2), (2, 4), False),
        ((1, 2), (1, 3), True),
        ((2, 4), (3, 6), False),
        ((2, 4), (4, 6), True),
    ],
)
def test_parts_overlap_where_they_have_a_block_in_common(one, other, do_overlap):
    in_common = {place for place in range(24) if place % one[1] == one[0] - 1} & {
        place for place in range(24) if place % other[1] == other[0] - 1
    }
    assert bool(in_common) is do_overlap
    assert Holder("", "", 1, 1.0, "", "", *one).overlaps(other) is do_overlap


def test_parts_are_held_side_by_side(path, tmp_path):
    with held(path, part=(1, 2)), held(path, part=(2, 2)), pytest.raises(DataError, match="is in use"), held(path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_one_of_many_threads_holds_it(path):
    start, inside, entered, refused = threading.Barrier(8), threading.Event(), [], []

    def take():
        start.wait()
        try:
            with held(path):
                entered.append(1)
                inside.wait(30.0)
        except DataError:
            refused.append(1)
            if len(refused) == 7:
                inside.set()

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(entered), len(refused)) == (1, 7)


def test_a_process_that_was_killed_is_taken_over_from(path):
    text = (
        f"import os, immunosim.locks as l, pathlib as p; kept = l.held(p.Path({str(path)!r}), 'x'); "
        "kept.__enter__(); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", text], env=os.environ | {"PYTHONPATH": str(ROOT)}, check=False)
    notes = []
    with held(path, note=notes.append):
        pass
    assert re.search(
        r"the run that held it has ended without finishing \(process \d+ of .*\); this one takes over", notes[0]
    )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
def test_a_child_does_not_keep_the_lock_of_its_parent(path):
    read, write = os.pipe()
    with held(path):
        child = os.fork()
        if child == 0:  # outlives the lock
            os.close(write)
            os.read(read, 1)
            os._exit(0)
    try:
        with held(path):
            pass
    finally:
        os.write(write, b"x")
        os.waitpid(child, 0)
        os.close(read)
        os.close(write)


@pytest.mark.parametrize(
    ("changes", "lives"),
    [
        ({}, False),  # no such process
        ({"pid": os.getpid()}, False),  # its number is another process's now
        ({"pid": os.getpid(), "started": "now"}, True),
        ({"host": "elsewhere"}, True),  # which cannot be looked at, but was heard of just now
    ],
)
def test_where_the_file_system_knows_no_locks_the_process_tells(path, monkeypatch, changes, lives):
    import psutil

    monkeypatch.setattr(locks, "_try_lock", lambda handle, is_shared=False: None)
    if changes.get("started") == "now":
        changes = changes | {"started": psutil.Process().create_time()}
    record(path, **changes)
    assert (holder_of(path) is not None) is lives


def test_a_holder_on_another_machine_is_named_and_dead_when_it_is_silent(path):
    file = record(path, host="elsewhere")
    with pytest.raises(DataError) as caught, held(path):
        pass
    assert str(caught.value) == (
        f"{path}: is in use (process 4194305 of anna on elsewhere, since noon: x), wait until it has ended, "
        "end it there, or choose another `path`; on another machine, it counts as dead 5 minutes after its last sign "
        "of life"
    )
    long_ago = file.stat().st_mtime - 2 * locks.SILENT_AFTER
    os.utime(file, (long_ago, long_ago))
    with held(path):
        pass


def test_a_holder_gives_signs_of_life(path, monkeypatch):
    monkeypatch.setattr(locks, "RENEWED_EVERY", 0.001)
    renewed, renew = threading.Event(), os.utime

    def counted(handle, *rest):
        renew(handle, *rest)
        if isinstance(handle, int):
            renewed.set()

    monkeypatch.setattr(os, "utime", counted)
    monkeypatch.setattr(os, "supports_fd", {*os.supports_fd, counted})
    with held(path):
        assert renewed.wait(30.0)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"user": 1}', "[" * 10000])
def test_a_damaged_record_of_a_dead_holder_is_no_hindrance(path, text):
    path.with_name(f".{path.name}.lock-1-of-1").write_text(text)
    with held(path):
        pass


def test_what_a_record_says_cannot_control_a_terminal(path):
    record(path, host="elsewhere", command="x\x1b[2J\n\u202e")
    with pytest.raises(DataError) as caught:
        refuse_held(path)
    assert "x?[2J??" in str(caught.value)


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="links cannot be told here")
@pytest.mark.parametrize("name", [".a.zarr.lock", ".a.zarr.lock-1-of-1"])
def test_a_link_in_place_of_a_lock_is_not_followed(path, tmp_path, name):
    victim = tmp_path / "thesis.tex"
    victim.write_text("mine")
    (tmp_path / name).symlink_to(victim)
    with pytest.raises((OutputError, DataError)), held(path):
        pass
    assert victim.read_text() == "mine"
