"""Lines and tables on the terminal: data to standard output, messages to standard error.

A terminal gets tables that fit its width, a pipe plain columns. Knows nothing of simulations.
"""

import sys
from collections.abc import Sequence

import typer

Cells = Sequence[str]


def show(text: str = "") -> None:
    """Print data to standard output."""
    typer.echo(text)


def say(message: str) -> None:
    """Print a message to standard error."""
    typer.echo(message, err=True)


def show_table(title: str, headers: Cells, rows: Sequence[Cells], align: str = "<") -> None:
    """Print a table; `align` has "<" for a column of text and ">" for one of numbers, which is what follows its end."""
    if not rows:
        return
    if sys.stdout.isatty():
        _show_fitted(title, headers, rows, align.ljust(len(headers), ">"))
    else:
        show(plain_table(title, headers, rows, align.ljust(len(headers), ">")))


def plain_table(title: str, headers: Cells, rows: Sequence[Cells], align: str) -> str:
    """Return a table as plain lines, columns two blanks apart; `align` has "<" or ">" for each column."""
    widths = [max(len(row[i]) for row in (headers, *rows)) for i in range(len(headers))]
    columns = list(zip(align, widths, strict=True))
    lines = [
        "  ".join(f"{cell:{side}{width}}" for cell, (side, width) in zip(row, columns, strict=True))
        for row in (headers, *rows)
    ]
    return "\n".join(["", title, *(line.rstrip() for line in lines)])


def _show_fitted(title: str, headers: Cells, rows: Sequence[Cells], align: str) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for header, side in zip(headers, align, strict=True):
        table.add_column(Text(header), justify="left" if side == "<" else "right", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console().print("", Text(title, style="bold"), table, sep="\n")
