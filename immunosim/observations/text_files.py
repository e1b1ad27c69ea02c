"""The text of a table in the encodings that laboratories and spreadsheets write. Knows nothing of cells."""

from __future__ import annotations

import codecs
from pathlib import Path

from immunosim.errors import DataError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SHARE_OF_NULS = 0.3
"""Of the first bytes, above which a text without a mark has two bytes a letter; Latin letters give a half."""

_CURE = "save it as CSV in UTF-8"


def decoded(path: Path, encoding: str = "") -> tuple[str, str]:
    """Return the text of a file and its encoding: the one that is named, or else the one that its bytes have.

    A mark at the beginning decides, then UTF-8 where the bytes are valid, else Windows-1252, which has all printable
    characters of Latin-1.

    Raises
    ------
    DataError
        Where the file cannot be read, or is not text.
    """
    file = str(path)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise DataError("does not exist", file=file, cure="name a CSV file") from None
    except OSError as error:
        raise DataError(f"cannot be read as text ({error.strerror or error})", file=file, cure=_CURE) from error
    name = encoding or _encoding(content)
    try:
        text = content.decode(name)
    except (UnicodeError, LookupError) as error:
        raise DataError(f"cannot be read as text ({error})", file=file, cure=_CURE) from error
    if "\0" in text:
        raise DataError("cannot be read as text (it has bytes of zero)", file=file, cure=_CURE)
    return text, name


def _encoding(content: bytes) -> str:
    for mark, name in _MARKS:
        if content.startswith(mark):
            return name
    sample = content[:1000]
    if sample.count(0) > _SHARE_OF_NULS * len(sample):
        return "utf-16-le" if sample[1::2].count(0) > sample[::2].count(0) else "utf-16-be"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252" if _is_windows(content) else "latin-1"
    return "utf-8"


def _is_windows(content: bytes) -> bool:
    try:
        content.decode("cp1252")
    except UnicodeDecodeError:
        return False
    return True
