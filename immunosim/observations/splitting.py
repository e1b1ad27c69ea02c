"""The lines of a text table and their cells: which mark separates them, and which lines are comments."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile

from immunosim.errors import DataError

_SEPARATOR_LINE = re.compile(r'"?sep=(?P<mark>\\t|.)"?\s*', re.IGNORECASE)
"""The first line of a CSV file by which a spreadsheet is told what separates its cells."""

_TABLE_LINE = re.compile(r"TABLE NO\.\s*\d+.*")
"""The line that NONMEM writes above its tables."""

_MARKS = (";", "\t", "|", ",")
_NUMBER = re.compile(r"[+-]?[0-9][0-9.,]*")
_COMMENT = ("#", "@")
_PREVIEW = 50
"""Lines from which it is told whether blanks separate cells."""


@dataclass(frozen=True)
class TableLine:
    """A line of a table: its number, and its cells or that it is a comment."""

    number: int
    cells: list[str] = field(default_factory=list)
    comment: bool = False


def lines_of(text: str, separator: str, file: str) -> tuple[str, list[TableLine]]:
    """Return what separates the cells of a table, and its lines; those without cells are left out.

    Parameters
    ----------
    text : str
    separator : str
        The separator if it is known, or empty.
    file : str

    Raises
    ------
    DataError
        Where a quote is not closed.
    """
    plain = text.splitlines(keepends=True)
    named = _SEPARATOR_LINE.fullmatch(plain[0]) if plain else None
    for number, line in enumerate(plain[:2]):
        if (number == 0 and named) or _TABLE_LINE.match(line):
            plain[number] = "\n"
    _uncover_header(plain)
    mark = separator or (named["mark"].replace("\\t", "\t") if named else "") or _separator(plain)
    comments = [number for number, line in enumerate(plain, 1) if _is_comment(line)]
    for number in comments:
        plain[number - 1] = "\n"  # so that lines keep their numbers and a quote in a comment opens no cell
    lines = list(_blank_separated(plain) if mark == " " else _separated(plain, mark, file))
    lines += [TableLine(number, comment=True) for number in comments]
    return mark, sorted(lines, key=lambda line: line.number)


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith(_COMMENT)


def _uncover_header(lines: list[str]) -> None:
    """Take the mark of a comment from the headers: @ID, "#ID" or #ID above a row of numbers, also after comments."""
    filled = [number for number, line in enumerate(lines) if line.strip()]
    heads = list(takewhile(lambda number: _is_comment(lines[number].lstrip(' "')), filled))
    if not heads or len(heads) == len(filled):
        return
    last, following = heads[-1], lines[filled[len(heads)]]
    line = re.sub(r'^(\s*"?)[#@]', r"\1", lines[last])
    mark = _separator([line, following])
    names, cells = _cells(line, mark), _cells(following, mark)
    is_of_names = len(names) > 1 and not any(_NUMBER.fullmatch(name) for name in names)
    if is_of_names and len(names) == len(cells) and any(_NUMBER.fullmatch(cell) for cell in cells):
        lines[last] = line.lstrip()


def _cells(line: str, mark: str) -> list[str]:
    return line.split() if mark == " " else [cell.strip() for cell in line.strip().split(mark)]


def _separator(lines: Sequence[str]) -> str:
    filled = [line for line in lines if line.strip() and not _is_comment(line)][:_PREVIEW]
    unquoted = re.sub(r'"[^"]*"', "", filled[0] if filled else "")
    mark = next((mark for mark in _MARKS if mark in unquoted), "")
    if mark or '"' in "".join(filled[:1]):
        return mark or ","
    counts = {len(line.split()) for line in filled}
    return " " if len(filled) > 1 and len(counts) == 1 and counts.pop() > 1 else ","


def _blank_separated(lines: Sequence[str]) -> Iterator[TableLine]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield TableLine(number, line.split())


def _separated(lines: Sequence[str], separator: str, file: str) -> Iterator[TableLine]:
    reader, first = csv.reader(lines, delimiter=separator, strict=True), 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield TableLine(first, [cell.strip() for cell in cells])
            first = reader.line_num + 1
    except csv.Error as error:
        cure = "close the quotes, and save it as CSV in UTF-8"
        raise DataError(f"cannot be read as CSV ({error})", file=f"{file}: line {first}", cure=cure) from error
