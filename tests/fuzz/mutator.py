"""Inputs that nobody meant: seeds of a corpus, changed at random as broken files, programs and people change them.

The same name, seed and number always give the same bytes, so that a failure is repeated from its message. This module
knows no loader.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

LONGEST = 60_000
"""Bytes that a mutated input may have; longer ones are cut."""

NUMBERS = (
    *(
        "0",
        "-0",
        "1",
        "-1",
        "1e-320",
        "1e308",
        "1e309",
        "-1e999",
        "nan",
        "-inf",
        "+inf",
        "0x10",
        "1_000",
        "٣",
        "１２",
        "²",
    ),
    *("9" * 400, "9" * 5000, "0." + "0" * 500 + "1", "18446744073709551616", "-9223372036854775809", "1,5", "1.2.3"),
    *("0x" + "f" * 4000, "1e1000000000", "--1", "1e", "½", "1 000", "1'000"),
)
"""Numbers that are empty, enormous, of another notation or no numbers at all."""

LETTERS = (
    *(
        "\0",
        "\x1b[31m",
        "\x7f",
        "\u202e",
        "\u2066",
        "\u200b",
        "\ufeff",
        "\ud7ff",
        "\U0010ffff",
        "\U0001f9ec",
        "e\u0301",
    ),
    *(
        "\u2028",
        "\u0085",
        "\r",
        "\r\n",
        "\v",
        "\t",
        "\u00a0",
        "µ",
        "μ",
        "İ",
        "ß",
        "$\\frac$",
        "=1+1",
        "@SUM(A1)",
        "%n%s",
    ),
)
"""Control, bidirectional and composed characters, line ends, and what a figure or a spreadsheet takes as a formula."""

MARKS = (
    "'",
    '"',
    '"""',
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    "(",
    ")",
    "=",
    ",",
    ";",
    ":",
    ".",
    "/",
    "*",
    "^",
    "#",
    "\\",
    "-",
    "+",
)


@dataclass(frozen=True)
class Mutator:
    """Makes inputs from seeds.

    Attributes
    ----------
    seeds : sequence of bytes
        Inputs that are valid or almost so.
    words : sequence of str
        What means something to the loader: keys, units, options.
    """

    seeds: Sequence[bytes]
    words: Sequence[str] = ()
    _changes: tuple[Callable[[random.Random, bytes], bytes], ...] = field(init=False)

    def __post_init__(self) -> None:
        own = (self._word, self._word, self._spliced)
        object.__setattr__(self, "_changes", (*own, *_CHANGES))

    def make(self, name: str, seed: int, number: int) -> bytes:
        """Return an input: a seed after one to six changes."""
        chance = random.Random(f"{name} {seed} {number}")
        content = chance.choice(self.seeds)
        for _ in range(min(6, 1 + int(chance.expovariate(0.7)))):
            content = chance.choice(self._changes)(chance, content)[:LONGEST]
        return content

    def _word(self, chance: random.Random, content: bytes) -> bytes:
        """Put a word in place of a token, or between two."""
        word = chance.choice(self.words or MARKS).encode(errors="surrogatepass")
        start, end = _token(chance, content)
        return content[:start] + word + content[end if chance.random() < 0.7 else start :]

    def _spliced(self, chance: random.Random, content: bytes) -> bytes:
        """Join the beginning of one input and the end of another."""
        other = chance.choice(self.seeds)
        return content[: _place(chance, content)] + other[_place(chance, other) :]


def _place(chance: random.Random, content: bytes) -> int:
    return chance.randint(0, len(content))


def _span(chance: random.Random, content: bytes) -> tuple[int, int]:
    first = _place(chance, content)
    return first, min(len(content), first + 1 + int(chance.expovariate(0.05)))


def _token(chance: random.Random, content: bytes) -> tuple[int, int]:
    """Return the ends of a run of letters and digits, or of nothing."""
    start = end = _place(chance, content)
    while start and _is_inner(content[start - 1]):
        start -= 1
    while end < len(content) and _is_inner(content[end]):
        end += 1
    return start, end


def _is_inner(byte: int) -> bool:
    return byte >= 128 or chr(byte).isalnum() or byte in b"._-"


def _flipped(chance: random.Random, content: bytes) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 8)) if changed else 0):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _overwritten(chance: random.Random, content: bytes) -> bytes:
    first, end = _span(chance, content)
    return content[:first] + chance.randbytes(end - first) + content[end:]


def _truncated(chance: random.Random, content: bytes) -> bytes:
    return content[: _place(chance, content)]


def _deleted(chance: random.Random, content: bytes) -> bytes:
    first, end = _span(chance, content)
    return content[:first] + content[end:]


def _repeated(chance: random.Random, content: bytes) -> bytes:
    first, end = _span(chance, content)
    return content[:end] + content[first:end] * chance.choice((1, 1, 2, 50, 400)) + content[end:]


def _lines_changed(chance: random.Random, content: bytes) -> bytes:
    """Leave out, repeat or exchange lines."""
    lines = content.splitlines(keepends=True)
    if not lines:
        return content
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    what = chance.randrange(3)
    if what == 0:
        del lines[one]
    elif what == 1:
        lines.insert(other, lines[one])
    else:
        lines[one], lines[other] = lines[other], lines[one]
    return b"".join(lines)


def _number(chance: random.Random, content: bytes) -> bytes:
    start, end = _token(chance, content)
    return content[:start] + chance.choice(NUMBERS).encode() + content[end:]


def _letter(chance: random.Random, content: bytes) -> bytes:
    place = _place(chance, content)
    return content[:place] + chance.choice(LETTERS).encode(errors="surrogatepass") + content[place:]


def _mark(chance: random.Random, content: bytes) -> bytes:
    place = _place(chance, content)
    return content[:place] + chance.choice(MARKS).encode() + content[place:]


def _nested(chance: random.Random, content: bytes) -> bytes:
    """Open brackets, tables or keys far deeper than anybody writes."""
    place, depth = _place(chance, content), chance.choice((5, 60, 1200, 5000))
    deep = chance.choice((b"[" * depth, b"{a=" * depth, b"(" * depth, b"a." * depth + b"b=1\n", b"[1]." * depth))
    return content[:place] + deep + content[place:]


def _long(chance: random.Random, content: bytes) -> bytes:
    """Make a token as long as a page."""
    start, end = _token(chance, content)
    return content[:start] + content[start : start + 1] * chance.choice((80, 3000, 40_000)) + content[end:]


_CHANGES: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    _flipped,
    _overwritten,
    _truncated,
    _deleted,
    _repeated,
    _lines_changed,
    _number,
    _number,
    _letter,
    _mark,
    _nested,
    _long,
)
