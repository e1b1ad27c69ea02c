"""A sealed record or file is what was written, to the last bit, or is told from it; what is no JSON is refused."""

import json
from pathlib import Path

import pytest

from immunosim.errors import DataError
from immunosim.seals import (
    MOST_NESTED,
    is_sealed,
    parsed_json,
    seal_fits,
    sealed,
    sealed_json,
    unsealed_json,
)

CONTENT = {"name": "sweep “1”", "values": [1.5, 1e-300, -0.0, 2**60], "nested": {"a": None, "b": True}}


def test_a_record_comes_back_to_the_last_bit():
    found = unsealed_json(sealed_json(CONTENT), "r.json")
    assert found == CONTENT
    assert str(found["values"][2]) == "-0.0"


def test_the_order_of_keys_does_not_matter_to_what_is_written():
    assert sealed_json({"b": 1, "a": 2}) == sealed_json({"a": 2, "b": 1})


def test_any_bit_that_differs_is_found():
    data = sealed_json({"n": 100, "name": "x"})
    for place in range(len(data)):
        for bit in range(8):
            harmed = data[:place] + bytes([data[place] ^ (1 << bit)]) + data[place + 1 :]
            with pytest.raises(DataError):
                unsealed_json(harmed, "r.json")


@pytest.mark.parametrize(
    "harm",
    [
        lambda data: data[:-1],
        lambda data: data + b"\n",
        lambda data: b" " + data,
        lambda data: json.dumps(json.loads(data), indent=2).encode(),  # the same record, written otherwise
        lambda data: json.dumps(json.loads(data)["content"]).encode(),
        lambda data: b"[]",
        lambda data: b'{"sha256": "0"}',
        lambda data: b"",
    ],
    ids=["cut", "longer", "blank", "indented", "bare", "list", "no content", "empty"],
)
def test_a_record_that_is_not_what_was_written_is_refused_with_its_file(harm):
    with pytest.raises(DataError) as caught:
        unsealed_json(harm(sealed_json(CONTENT)), "r.json")
    assert caught.value.file == "r.json"


def test_a_record_of_other_content_with_an_old_seal_is_refused():
    record = json.loads(sealed_json({"n": 1}))
    forged = json.dumps(record | {"content": {"n": 2}}, sort_keys=True, indent=1).encode() + b"\n"
    with pytest.raises(DataError, match="is not what was written"):
        unsealed_json(forged, "r.json")


def nested(depth):
    return b"[" * depth + b"]" * depth


def test_json_is_nested_as_deep_as_allowed_and_no_deeper():
    parsed_json(nested(MOST_NESTED), "r.json")
    with pytest.raises(DataError, match="nested more than 64 deep"):
        parsed_json(nested(MOST_NESTED + 1), "r.json")
    with pytest.raises(DataError, match="nested more than 64 deep"):
        parsed_json(b'{"a":' * 20_000, "r.json")


def test_brackets_in_texts_are_not_nesting():
    text = "[{" * 500 + '"\\'
    assert parsed_json(json.dumps({"a": text}).encode(), "r.json") == {"a": text}


@pytest.mark.parametrize("data", [b"\xff\xfe", b"{", b"nonsense", b"1" * 5000, b'"\x00"'])
def test_what_is_not_json_is_said(data):
    with pytest.raises(DataError, match=r"r\.json: is not JSON"):
        parsed_json(data, "r.json")


def test_json_of_too_many_bytes_is_refused_before_it_is_read(monkeypatch):
    monkeypatch.setattr("immunosim.seals.MOST_JSON", 2**20)
    with pytest.raises(DataError, match="is JSON of more than 1 MiB"):
        parsed_json(b" " * (2**20 + 1), "r.json")


@pytest.fixture
def kept(tmp_path: Path):
    """Return what writes bytes into a file, and the file."""

    def keep(content: bytes) -> Path:
        path = tmp_path / "f.nc"
        path.write_bytes(content)
        return path

    return keep


@pytest.mark.parametrize("content", [b"", b"x", b"\x89HDF\r\n" * 1000, sealed(b"twice")])
def test_a_sealed_file_fits_its_seal(kept, content):
    path = kept(sealed(content))
    assert is_sealed(path)
    assert seal_fits(path)
    assert path.read_bytes().startswith(content)


def test_a_changed_file_has_a_seal_that_does_not_fit(kept):
    data = sealed(b"numbers " * 50)
    for place in (0, 7, len(data) // 2, 399):
        path = kept(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        assert is_sealed(path)
        assert not seal_fits(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"plain", sealed(b"x")[:-1], sealed(b"x") + b"\n", sealed(b"x").replace(b"sha256", b"sha255")],
    ids=["empty", "plain", "cut", "longer", "other mark"],
)
def test_a_file_without_a_whole_seal_is_not_sealed(kept, content):
    path = kept(content)
    assert not is_sealed(path)
    assert not seal_fits(path)


def test_a_file_that_is_read_in_parts_has_the_seal_of_the_whole(kept, monkeypatch):
    monkeypatch.setattr("immunosim.seals._AT_ONCE", 7)
    assert seal_fits(kept(sealed(b"0123456789" * 10)))


def test_a_seal_of_other_content_does_not_fit(kept):
    seal = sealed(b"one")[len(b"one") :]
    assert not seal_fits(kept(b"two" + seal))


def test_a_file_that_is_not_there_is_said(tmp_path):
    for asked in (is_sealed, seal_fits):
        with pytest.raises(DataError, match=r"none\.nc"):
            asked(tmp_path / "none.nc")
