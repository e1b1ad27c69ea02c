"""Lines and tables on the terminal: data to standard output, messages to standard error.

A terminal gets tables that fit its width, a pipe plain columns. Titles, names and paths are somebody's text, so each
line is printed as one line and without what a terminal would obey; only ``show_text`` keeps line breaks. Knows nothing
of simulations.
"""

import sys
from collections.abc import Sequence
from unicodedata import combining, east_asian_width

import typer

from immunosim.errors import ImmunosimError
from immunosim.safe_text import lines, one_line, shortened

Cells = Sequence[str]


def show(*texts: str) -> None:
    """Print data to standard output, each text as one line; an empty line without any."""
    typer.echo("\n".join(map(one_line, texts)))


def show_text(text: str) -> None:
    """Print data of several lines, such as JSON, to standard output."""
    typer.echo(lines(text))


def say(message: str) -> None:
    """Print a message to standard error, as one line."""
    typer.echo(one_line(message), err=True)


def say_error(error: ImmunosimError) -> None:
    """Print what is wrong to standard error, each problem as one line."""
    typer.echo(lines(str(error)), err=True)


def show_table(title: str, headers: Cells, rows: Sequence[Cells], align: str = "<") -> None:
    """Print a table; `align` has "<" for a column of text and ">" for one of numbers, which is what follows its end."""
    if not rows:
        return
    if sys.stdout.isatty():
        _show_fitted(title, headers, rows, align.ljust(len(headers), ">"))
    else:
        show_text(plain_table(title, headers, rows, align.ljust(len(headers), ">")))


def plain_table(title: str, headers: Cells, rows: Sequence[Cells], align: str) -> str:
    """Return a table as plain lines, columns two blanks apart; `align` has "<" or ">" for each column."""
    headers, rows = _in_lines(headers), [_in_lines(row) for row in rows]
    widths = [max(columns_of(row[i]) for row in (headers, *rows)) for i in range(len(headers))]
    places = list(zip(align, widths, strict=True))
    table = [
        "  ".join(_padded(cell, side, width) for cell, (side, width) in zip(row, places, strict=True))
        for row in (headers, *rows)
    ]
    return "\n".join(["", one_line(title), *(line.rstrip() for line in table)])


def columns_of(text: str) -> int:
    """Return the columns that a text takes: two for a wide letter, none for one that combines with another."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(letter) else 2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def _padded(cell: str, side: str, width: int) -> str:
    blanks = " " * (width - columns_of(cell))
    return cell + blanks if side == "<" else blanks + cell


def _show_fitted(title: str, headers: Cells, rows: Sequence[Cells], align: str) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for header, side in zip(_in_lines(headers), align, strict=True):
        table.add_column(Text(header), justify="left" if side == "<" else "right", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, _in_lines(row)))
    Console().print("", Text(one_line(title), style="bold"), table, sep="\n")


def _in_lines(cells: Cells) -> list[str]:
    return [one_line(shortened(text)) for text in cells]
