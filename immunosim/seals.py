"""Seals: a SHA-256 in a file itself, so that any change of any bit is found out, wherever the file has been moved to.

JSON records carry it as a member, binary files (NetCDF) at their end, which HDF5 does not read. A seal tells damage
from what was written; it does not tell who wrote it. This module knows nothing of sweeps or fits.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any

from immunosim.errors import DataError
from immunosim.files import readable

MOST_JSON, MOST_NESTED = 2**26, 64
"""Bytes of a JSON text that is read, and how deep its lists and objects may be nested."""

_MARK = b"\nimmunosim sha256 "
_SEAL = re.compile(re.escape(_MARK) + rb"([0-9a-f]{64})\n")
_LENGTH = len(_MARK) + 64 + 1
_AT_ONCE = 2**20
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)


def sealed_json(content: Any) -> bytes:
    """Return a JSON record with the checksum of its content."""
    text = json.dumps(content, sort_keys=True)
    record = {"content": content, "sha256": hashlib.sha256(text.encode()).hexdigest()}
    return json.dumps(record, sort_keys=True, indent=1).encode() + b"\n"


def unsealed_json(data: bytes, file: str) -> Any:
    """Return the content of a record that ``sealed_json`` made.

    Raises
    ------
    DataError
        If a single bit differs from what was written; the caller knows the cure.
    """
    record = parsed_json(data, file)
    if not isinstance(record, dict) or "content" not in record or sealed_json(record["content"]) != data:
        raise DataError("is not what was written", file=file)
    return record["content"]


def parsed_json(data: bytes, file: str) -> Any:
    """Return what a JSON text of unknown origin holds.

    Raises
    ------
    DataError
        If it is not JSON, too large or nested too deeply.
    """
    if len(data) > MOST_JSON:
        raise DataError(f"is JSON of more than {MOST_JSON >> 20} MiB", file=file)
    if _depth(data) > MOST_NESTED:
        raise DataError(f"is JSON that is nested more than {MOST_NESTED} deep", file=file)
    try:
        return json.loads(data.decode("utf-8"))
    except ValueError as error:  # also of text that is not UTF-8, and of numbers with thousands of digits
        raise DataError("is not JSON", file=file) from error


def _depth(data: bytes) -> int:
    """Return how deep brackets are nested outside strings."""
    depth = deepest = 0
    for byte in _STRING.sub(b"", data):
        if byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest


def sealed(content: bytes) -> bytes:
    """Return a file's content with its checksum at the end."""
    return content + _MARK + hashlib.sha256(content).hexdigest().encode() + b"\n"


def is_sealed(path: Path) -> bool:
    """Whether a file ends in a seal, be it right or wrong."""
    with readable(path):
        return _SEAL.fullmatch(_end(path)) is not None


def seal_fits(path: Path) -> bool:
    """Whether a file is what was written, to the last bit."""
    with readable(path):
        return _fits(path)


def _fits(path: Path) -> bool:
    match = _SEAL.fullmatch(_end(path))
    if match is None:
        return False
    digest, left = hashlib.sha256(), path.stat().st_size - _LENGTH
    with path.open("rb") as stream:
        while left > 0:
            part = stream.read(min(left, _AT_ONCE))
            if not part:
                return False
            digest.update(part)
            left -= len(part)
    return digest.hexdigest().encode() == match[1]


def _end(path: Path) -> bytes:
    with path.open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(size - _LENGTH, 0))
        return stream.read()
