r"""Text of other people, made safe for the medium that it is written to.

Titles, labels, notes, names of patients, headers and paths come from files and command lines. A terminal obeys control
characters, a spreadsheet computes cells that begin like a formula, HDF5 ends a text at NUL, a shell splits at blanks.
Each function returns the text as one medium can hold it, and leaves ordinary text as it is: what a medium cannot hold
is written as its escape, ``\x1b``, and not dropped. Knows nothing of what the text means.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

LONGEST_LINE = 800
"""Characters of a reason, a key or a path that a message quotes; the middle of what is longer is left out."""

LONGEST_NAME = 60
"""Characters of a file name that follows from somebody's text."""

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Categories of Unicode without a sign of their own: controls, formats such as bidirectional overrides, lone
surrogates, separators of lines and paragraphs."""

_SHOWN_FORMATS = frozenset("\u00ad\u200c\u200d\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u08e2")
"""Formats that belong to words: soft hyphens, the joiners of Persian, Hindi and emoji, signs over Arabic numbers."""

_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}

_FORMULA = frozenset("=+-@\t\r\uff1d\uff0b\uff0d\uff20")
"""What begins a formula for a spreadsheet; the last four are the wide forms, which some take for the same."""

_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
_RESERVED = re.compile(r"(?i:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)")


def one_line(text: str) -> str:
    """Return text for one line of a terminal, a message or a figure: no control, no override, no break of the line."""
    return text if text.isprintable() else "".join(map(_visible, text))


def lines(text: str) -> str:
    """Return text of several lines, each as ``one_line`` returns it."""
    return "\n".join(map(one_line, text.split("\n")))


def markup(text: str) -> str:
    """Return text for HTML and SVG, where line breaks and tabs are blanks; brackets are escaped by who builds them."""
    return text if text.isprintable() else "".join(letter if letter in "\n\t" else _visible(letter) for letter in text)


def shortened(text: str, longest: int = LONGEST_LINE) -> str:
    """Return text of at most ``longest`` characters: both ends of what is longer, with the number left out between."""
    if len(text) <= longest:
        return text
    half = (longest - 30) // 2
    return f"{text[:half]} ... ({len(text) - 2 * half:,} characters) ... {text[-half:]}"


def shell_command(words: Iterable[str]) -> str:
    """Return words as one line that a shell (bash, zsh) reads back to the same words."""
    return " ".join(shlex.quote(word) if word.isprintable() else _ansi_quoted(word) for word in words)


def stored(text: str) -> str:
    """Return text for an attribute or a variable of NetCDF, Zarr or Parquet: no NUL, no lone surrogate."""
    return _UNSTORABLE.sub(lambda match: _visible(match.group()), text)


def json_text(data: Any, indent: int | None = 2) -> str:
    """Return plain data as JSON, in which letters stay letters and what is hidden is a JSON escape."""
    text = json.dumps(data, indent=indent, ensure_ascii=False, allow_nan=False)
    if all(map(str.isprintable, text.split("\n"))):
        return text
    # Nothing hidden occurs outside of the strings, save for the line breaks of the indent.
    return "".join(
        json.dumps(letter)[1:-1] if letter != "\n" and unicodedata.category(letter) in _HIDDEN else letter
        for letter in text
    )


def toml_text(text: str) -> str:
    """Return text as a string of TOML, in which letters stay letters and what is hidden is an escape."""
    plain = json.dumps(text, ensure_ascii=False)
    return plain if plain.isprintable() else "".join(map(_toml_escaped, plain))


def cell(text: str) -> str:
    """Return text for a cell of a CSV file, with an apostrophe before what a spreadsheet would compute.

    Numbers, also several between semicolons, and a sign alone stay as they are; ``cell_read`` gives the text back.
    """
    return f"'{text}" if _is_formula(text) and not all(map(_is_number, text.split(";"))) else text


def cell_read(text: str) -> str:
    """Return the text that ``cell`` wrote."""
    return text[1:] if text.startswith("'") and _is_formula(text) else text


def csv_text(rows: Iterable[Sequence[object]], separator: str = ",") -> str:
    """Return rows as a CSV file; numbers keep every bit, and cells of text are safe."""
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=separator, lineterminator="\n")
    writer.writerows([cell(stored(value)) if isinstance(value, str) else value for value in row] for row in rows)
    return stream.getvalue()


def file_name(text: str, longest: int = LONGEST_NAME) -> str:
    """Return a name for a file or folder that every operating system takes, from somebody's text; never empty.

    Two texts may give one name: who writes several files must tell them apart.
    """
    name = re.sub(r"[^\w.-]+", "_", text).strip("._-")[:longest].strip("._-")
    return f"_{name}" if not name or _RESERVED.match(name) else name


def attributes(about: Mapping[str, Any]) -> dict[str, Any]:
    """Return attributes of a stored data set or variable, every text ``stored``."""
    return {key: stored(value) if isinstance(value, str) else value for key, value in about.items()}


def _visible(letter: str) -> str:
    if unicodedata.category(letter) not in _HIDDEN or letter in _SHOWN_FORMATS:
        return letter
    code = ord(letter)
    short = f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return _ESCAPES.get(letter, short)


def _toml_escaped(letter: str) -> str:
    if unicodedata.category(letter) not in _HIDDEN:
        return letter
    code = ord(letter)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _ansi_quoted(word: str) -> str:
    """Return a word in the quotes ``$'...'``, in which a shell knows escapes; bytes that are no UTF-8 as bytes."""
    quoted = []
    for letter in word:
        if "\udc80" <= letter <= "\udcff":  # how Python reads a byte that is not UTF-8
            quoted.append(f"\\x{ord(letter) - 0xDC00:02x}")
        else:
            quoted.append(f"\\{letter}" if letter in "'\\" else _visible(letter))
    return f"$'{''.join(quoted)}'"


def _is_formula(text: str) -> bool:
    first = text.lstrip("'")
    return len(first) > 1 and first[0] in _FORMULA


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
