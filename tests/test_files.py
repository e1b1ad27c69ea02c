"""Files that others may have made are read only where they are what they should be, and names are never taken twice."""

import os

import pytest

from immunosim.files import free_name, is_being_written, read_plain, write_synced


def test_a_regular_file_is_read_up_to_its_limit(tmp_path):
    path = tmp_path / "mark.json"
    path.write_bytes(b"12345")
    assert read_plain(path, 5) == b"12345"
    with pytest.raises(OSError, match="is larger than 4 bytes"):
        read_plain(path, 4)


@pytest.mark.skipif(os.name != "posix", reason="links and FIFOs are POSIX")
def test_no_link_is_followed_and_no_pipe_is_waited_for(tmp_path):
    (tmp_path / "secret").write_bytes(b"1")
    (tmp_path / "link").symlink_to(tmp_path / "secret")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="symbolic links"):
        read_plain(tmp_path / "link", 10)
    with pytest.raises(OSError, match="is not a regular file"):
        read_plain(tmp_path / "pipe", 10)


def test_a_new_file_replaces_none(tmp_path):
    write_synced(tmp_path / "a", b"1", 0o600)
    with pytest.raises(FileExistsError):
        write_synced(tmp_path / "a", b"2", 0o600)
    assert (tmp_path / "a").read_bytes() == b"1"


def test_a_free_name_is_counted_up(tmp_path):
    assert free_name(tmp_path / "a") == tmp_path / "a"
    for name in ("a", "a-2"):
        (tmp_path / name).touch()
    assert free_name(tmp_path / "a") == tmp_path / "a-3"


def test_a_temporary_file_is_told_from_a_result():
    assert is_being_written(".short-writing-x1")
    assert not is_being_written("short-writing-x1")
