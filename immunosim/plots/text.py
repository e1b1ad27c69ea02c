"""Text in figures: what people wrote is drawn as it stands, not read as a formula.

Matplotlib reads what stands between two dollars as mathematics, and some control characters stop the writer of a file.
Whoever draws somebody's text passes it through ``plain``, ``wrapped`` or ``headline``; ``as_written`` looks after what
was forgotten. Knows neither scenarios nor results.
"""

from __future__ import annotations

import textwrap
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from immunosim.safe_text import lines, one_line, shortened

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.text import Text

LONGEST_LABEL = 120
"""Characters of a label, a name or a tick mark that are drawn."""


def plain(text: str) -> str:
    r"""Return one line of text as matplotlib draws it unread: ``$`` as ``\$``."""
    return _unread(shortened(text, LONGEST_LABEL))


def wrapped(text: str, width: int) -> list[str]:
    """Return text in lines of at most ``width`` letters, each as ``plain`` returns it."""
    return [_unread(line) for line in textwrap.wrap(text, width)]


def n_text(n: int) -> str:
    """Return the sentence with which the caption of a figure of data begins."""
    return f"n = {n:,} measurement{'s' * (n != 1)}."


def headline(text: str, width: int) -> str:
    """Return a title that fits into one line of ``width`` letters, its end left out where it is longer."""
    text = text.strip()
    return _unread(textwrap.shorten(text, width, placeholder=" ...") if " " in text[:width] else text[:width])


@contextmanager
def as_written(figure: Figure) -> Iterator[None]:
    """Save a figure in this block: no text but tick marks is a formula, and a letter that the font lacks is a box."""
    from matplotlib.cbook import is_math_text
    from matplotlib.text import Text

    for drawn in figure.findobj(Text):
        text = drawn.get_text()
        if not text.isprintable() and lines(text) != text:
            drawn.set_text(lines(text))
        if is_math_text(text) and not _is_tick(figure, drawn):
            drawn.set_parse_math(False)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"(?s)Glyph \d+ .* missing from", UserWarning)
        yield


def _unread(text: str) -> str:
    return one_line(text).replace("$", r"\$")


def _is_tick(figure: Figure, drawn: Text) -> bool:
    return any(
        drawn is label
        for ax in figure.axes
        for axis in (ax.xaxis, ax.yaxis)
        for label in axis.get_ticklabels(which="both")
    )
