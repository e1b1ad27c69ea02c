"""Sealed entries: read whole, unchanged and from who may have written them, or not at all."""

import functools
import json
import os
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from immunosim.codegen import sealed
from immunosim.codegen.sealed import MANIFEST, SET_ASIDE, WRITING, DamageError, Folder
from immunosim.errors import ModelError

NAME = "lanes-0123"
FILES = {"code.o": bytes(range(256)) * 5, "functions.json": b'{"rhs": ["scalar_rhs"]}', "empty": b""}

needs_owners = pytest.mark.skipif(not hasattr(os, "getuid"), reason="this system has no owners of files")
needs_root = pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root gives files away")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Return a folder with one entry."""
    made = Folder(tmp_path / "cache")
    made.write(NAME, FILES, "us")
    return made


def every_file(folder: Folder) -> list[Path]:
    return sorted((folder.path / NAME).iterdir())


def test_what_was_written_is_read(folder: Folder) -> None:
    assert folder.read(NAME) == FILES
    assert folder.manifest(NAME).made_by == "us"
    assert list(folder.names()) == [NAME]


def test_what_was_never_written_is_nothing(folder: Folder, tmp_path: Path) -> None:
    assert folder.read("lanes-9999") is None
    assert Folder(tmp_path / "nowhere").read(NAME) is None
    assert Folder(every_file(folder)[0]).read(NAME) is None  # the cache is a file


def test_an_entry_is_written_for_its_owner_alone(folder: Folder) -> None:
    for path in (folder.path, folder.path / NAME, *every_file(folder)):
        assert not path.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH), path


def test_a_sound_entry_is_not_replaced(folder: Folder) -> None:
    folder.write(NAME, {"code.o": b"another"})
    assert folder.read(NAME) == FILES
    assert list(folder.names()) == [NAME]


def test_a_damaged_entry_makes_way_for_a_new_one(folder: Folder) -> None:
    every_file(folder)[0].write_bytes(b"")
    folder.write(NAME, {"code.o": b"another"})
    assert folder.read(NAME) == {"code.o": b"another"}
    assert set(folder.names()) == {NAME, SET_ASIDE + NAME}


# Damage

Harm = Callable[[Path], Any]


def cut(path: Path, share: float) -> None:
    os.truncate(path, int(share * path.stat().st_size))


def zero(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def lengthen(path: Path) -> None:
    with path.open("ab") as stream:
        stream.write(b" ")


def link(path: Path) -> None:
    """Put a link to the very same content in the place of a file."""
    elsewhere = path.parent.parent.parent / "elsewhere"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


def put_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def put_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def forbid(path: Path) -> None:
    path.chmod(0o666)


HARMS: dict[str, Harm] = {
    "missing": Path.unlink,
    "empty": functools.partial(cut, share=0.0),
    "half": functools.partial(cut, share=0.5),
    "zeroed": zero,
    "longer": lengthen,
    "link": link,
    "folder": put_folder,
    "pipe": put_pipe,
    "writable by others": forbid,
}


@needs_owners
@pytest.mark.parametrize("file", [MANIFEST, *FILES])
@pytest.mark.parametrize("harm", HARMS)
def test_every_damage_of_every_file_is_noticed(folder: Folder, harm: str, file: str) -> None:
    if not FILES.get(file, b"x") and harm in ("empty", "half", "zeroed"):
        return  # as it was
    HARMS[harm](folder.path / NAME / file)
    with pytest.raises(DamageError):
        folder.read(NAME)
    assert folder.set_aside(NAME)
    folder.write(NAME, FILES)
    assert folder.read(NAME) == FILES


def test_every_single_bit_counts(folder: Folder) -> None:
    """Of 150 at random in every file but the empty one, and each of the manifest's."""
    generator = np.random.default_rng(1)
    for path in every_file(folder):
        content = path.read_bytes()
        n_bits = 8 * len(content)
        chosen = range(n_bits) if path.name == MANIFEST else generator.choice(n_bits, min(n_bits, 150), replace=False)
        for bit in map(int, chosen):
            changed = bytearray(content)
            changed[bit // 8] ^= 1 << bit % 8
            path.write_bytes(changed)
            with pytest.raises(DamageError):
                folder.read(NAME)
        path.write_bytes(content)
    assert folder.read(NAME) == FILES


def test_an_entry_under_another_name_is_refused(folder: Folder) -> None:
    (folder.path / NAME).rename(folder.path / "lanes-9999")
    with pytest.raises(DamageError, match=f'is the entry "{NAME}" under another name'):
        folder.read("lanes-9999")


def test_an_entry_without_a_manifest_was_cut_off(folder: Folder) -> None:
    (folder.path / NAME / MANIFEST).unlink()
    with pytest.raises(DamageError, match=MANIFEST):
        folder.read(NAME)


@pytest.mark.parametrize("kind", ["link", "file", "pipe"])
def test_what_is_no_folder_is_no_entry_and_makes_way_as_often_as_need_be(
    folder: Folder, tmp_path: Path, kind: str
) -> None:
    entry = folder.path / NAME
    elsewhere = tmp_path / "elsewhere"
    entry.rename(elsewhere)
    for _ in range(2):
        {"link": lambda: entry.symlink_to(elsewhere), "file": entry.touch, "pipe": lambda: os.mkfifo(entry)}[kind]()
        with pytest.raises(DamageError, match="is not a folder"):
            folder.read(NAME)
        assert folder.set_aside(NAME)
    assert sorted(path.name for path in elsewhere.iterdir()) == sorted([*FILES, MANIFEST])


def forged(folder: Folder, files: dict[str, Any], **others: Any) -> None:
    """Write a manifest that agrees with itself."""
    made = sealed.EntryManifest(others.get("name", NAME), others.get("made_by", ""), files)
    (folder.path / NAME / MANIFEST).write_bytes(made.content())


@pytest.mark.parametrize("file", ["../x", "/etc/passwd", "..", ".", "", "a/b", "a\0b", MANIFEST, "\udcff", "con:x"])
def test_a_manifest_that_names_files_elsewhere_is_refused(folder: Folder, tmp_path: Path, file: str) -> None:
    (folder.path / "x").write_bytes(b"")
    forged(folder, {file: ("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", 0)})
    with pytest.raises(DamageError, match=r"elsewhere|not what was written"):
        folder.read(NAME)


@pytest.mark.parametrize("size", [-5, 10**18, 10**400], ids=["negative", "large", "absurd"])
def test_a_manifest_with_a_size_that_cannot_be_takes_no_memory(folder: Folder, size: int) -> None:
    forged(folder, {"code.o": ("00", size)})
    with pytest.raises(DamageError):
        folder.read(NAME)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"null",
        b"{}",
        b'{"files": []}',
        b'{"files": {"code.o": 5}}',
        b'{"format": 1, "name": "lanes-0123", "made_by": "", "files": {"code.o": ["00", 1e999]}}',
        b'{"format": 1, "name": "lanes-0123", "made_by": "", "files": {}}',
        b"[" * 5000,
        b"\xff\xfe",
        b" " * (sealed.LARGEST_MANIFEST + 1),
    ],
    ids=range(11),
)
def test_any_other_manifest_is_damage(folder: Folder, content: bytes) -> None:
    (folder.path / NAME / MANIFEST).write_bytes(content)
    with pytest.raises(DamageError):
        folder.read(NAME)


def test_a_manifest_of_another_format_is_damage(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed, "FORMAT", 2)
    with pytest.raises(DamageError):
        folder.read(NAME)


def test_a_manifest_can_be_read_as_json(folder: Folder) -> None:
    about = json.loads((folder.path / NAME / MANIFEST).read_text(encoding="ascii"))
    assert about["name"] == NAME
    assert set(about["files"]) == set(FILES)


# Failing writes, and others at work


@pytest.mark.parametrize("operation", ["replace", "fsync"])
def test_a_write_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, operation: str) -> None:
    def full(*arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, operation, full)
    with pytest.raises(OSError, match="No space"):
        Folder(tmp_path).write(NAME, FILES)
    assert list(tmp_path.iterdir()) == []


def test_an_entry_that_another_process_placed_meanwhile_is_no_error(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It sets aside the damaged entry, and another process is faster with a new one."""
    every_file(folder)[0].write_bytes(b"")
    set_aside = Folder.set_aside

    def slow(self: Folder, name: str) -> bool:
        done = set_aside(self, name)
        monkeypatch.undo()
        Folder(self.path).write(name, FILES)
        return done

    monkeypatch.setattr(Folder, "set_aside", slow)
    folder.write(NAME, FILES)
    assert folder.read(NAME) == FILES
    assert not [name for name in folder.names() if name.startswith(WRITING)]


def test_many_that_mend_the_same_entry_at_once_leave_a_sound_one(folder: Folder) -> None:
    def mend(turn: int) -> bool:
        for _ in range(10):
            try:
                found = folder.read(NAME)
            except DamageError:
                folder.set_aside(NAME)
                found = None
            if found is None:
                folder.write(NAME, FILES)
            if turn == 0:
                (folder.path / NAME / "code.o").write_bytes(b"damage")
        return True

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(mend, range(4)))
    mend(1)
    assert folder.read(NAME) == FILES
    assert not [name for name in folder.names() if name.startswith(WRITING)]


def test_a_folder_that_disappears_while_it_is_read_is_no_crash(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its owner is asked for when it is gone."""
    stat_of = os.stat

    def gone(path: Any, *arguments: Any, **options: Any) -> os.stat_result:
        if path == folder.path:
            raise FileNotFoundError(2, "No such file or directory")
        return stat_of(path, *arguments, **options)

    monkeypatch.setattr(os, "stat", gone)
    monkeypatch.setattr(os, "getuid", lambda: 4711, raising=False)
    if any(path.stat().st_uid for path in every_file(folder)):
        with pytest.raises(DamageError, match="belongs to another user"):
            folder.read(NAME)
    else:  # root is trusted
        assert folder.read(NAME) == FILES


# Owners


@needs_owners
@pytest.mark.parametrize("mode", [0o777, 0o775, 0o757, 0o1777])
def test_a_cache_that_others_may_write_is_refused_with_the_cure(folder: Folder, mode: int) -> None:
    folder.check()
    folder.path.chmod(mode)
    with pytest.raises(ModelError, match="can be written by others") as caught:
        folder.check()
    assert f"chmod go-w '{folder.path}'" in str(caught.value.cure)


@needs_owners
@pytest.mark.parametrize("mode", [0o775, 0o757])
def test_an_entry_that_others_may_write_is_not_trusted(folder: Folder, mode: int) -> None:
    (folder.path / NAME).chmod(mode)
    with pytest.raises(DamageError, match="can be written by others"):
        folder.read(NAME)


@needs_root
def test_an_entry_of_a_stranger_is_not_trusted(folder: Folder) -> None:
    for path in (every_file(folder)[0], folder.path / NAME):
        os.chown(path, 4711, 4711)
        with pytest.raises(DamageError, match=r"belongs to another user \(4711\)"):
            folder.read(NAME)
        os.chown(path, 0, 0)
    assert folder.read(NAME) == FILES


@needs_root
def test_who_names_the_cache_of_another_user_trusts_that_one(folder: Folder) -> None:
    for path in (folder.path, folder.path / NAME, *every_file(folder)):
        os.chown(path, 4711, 4711)
    folder.check()
    assert folder.read(NAME) == FILES
    folder.path.chmod(0o777)
    with pytest.raises(ModelError, match="owner 4711"):
        folder.check()


def test_part_of_the_package_is_trusted_as_its_code_is(folder: Folder) -> None:
    folder.path.chmod(0o777)
    shipped = Folder(folder.path, is_ours=True)
    shipped.check()
    assert shipped.read(NAME) == FILES
    every_file(folder)[0].write_bytes(b"")
    assert [name for name, _ in shipped.damage()] == [NAME]
