"""What results have in common: a line that says what they are, a short table in a notebook, a figure, a page.

A result says its headline, its facts and its table. What draws figures and writes pages lies in the layers above and is
looked up by name when it is asked for, so that importing a result imports neither.
"""

from __future__ import annotations

from html import escape
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from immunosim.safe_text import markup, one_line, shortened

if TYPE_CHECKING:
    import pandas as pd

MOST_FACTS, MOST_ROWS, MOST_COLUMNS = 8, 20, 12
"""What a notebook shows of a result: with headings fewer than 40 lines."""

LONGEST_CELL = 80
PRESENTERS = "immunosim.report.results"


class Result:
    """The base of results.

    A subclass says what ``headline``, ``facts``, ``to_dataframe`` and ``summary`` return; a dataclass needs
    ``repr=False``, or it prints its arrays.
    """

    def headline(self) -> str:
        """Return in a line what this is."""
        raise NotImplementedError

    def facts(self) -> dict[str, object]:
        """Return the few things that a reader asks first, by what they are called."""
        raise NotImplementedError

    def to_dataframe(self) -> pd.DataFrame:
        """Return the result as a table of pandas."""
        raise NotImplementedError

    def shown(self) -> pd.DataFrame:
        """Return the table whose first rows a notebook shows."""
        return self.to_dataframe()

    def __repr__(self) -> str:
        """Return in a line what this is."""
        return f"<{type(self).__name__}: {one_line(shortened(self.headline(), 200))}>"

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the headline, facts, and the first rows of the table."""
        facts = list(self.facts().items())[:MOST_FACTS]
        table = self.shown()
        return "\n".join(
            [
                f"<p><b>{_text(type(self).__name__)}</b>: {_text(self.headline())}</p>",
                *([_table([(name, value) for name, value in facts], ())] if facts else []),
                *([_frame(table)] if len(table) else []),
            ]
        )

    def plot(self, *names: str, **options: Any) -> Any:
        """Draw the result.

        Parameters
        ----------
        names : str
            What to draw of it; by default what suits.
        options
            As the figure of this result takes them.

        Returns
        -------
        Figure or Axes
            Nothing is shown: save it with ``savefig``, or let a notebook show it as the last line of a cell.
        """
        return import_module(PRESENTERS).figure_of(self, *names, **options)

    def report(self, path: str | Path) -> Path:
        """Write a page that needs no other file, whole or not at all, and return its path.

        Raises
        ------
        OutputError
            If the location is not writable.
        """
        target = Path(path)
        import_module(PRESENTERS).write_page(self, target)
        return target


def _frame(table: pd.DataFrame) -> str:
    shown = table.iloc[:MOST_ROWS, :MOST_COLUMNS]
    rows = [tuple(row) for row in shown.itertuples(index=False)]
    left_out = len(table) - len(shown), table.shape[1] - shown.shape[1]
    words = [f"{n:,} more {what}{'s' * (n != 1)}" for n, what in zip(left_out, ("row", "column"), strict=True) if n]
    return _table(rows, tuple(map(str, shown.columns))) + (f"\n<p>and {', '.join(words)}</p>" if words else "")


def _table(rows: list[tuple[object, ...]], headers: tuple[str, ...]) -> str:
    head = [f"<tr>{''.join(f'<th>{_text(header)}</th>' for header in headers)}</tr>"] if headers else []
    body = [f"<tr>{''.join(f'<td>{_cell(value)}</td>' for value in row)}</tr>" for row in rows]
    return "\n".join(["<table>", *head, *body, "</table>"])


def _cell(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else _text(str(value))


def _text(text: str) -> str:
    return escape(markup(one_line(shortened(text, LONGEST_CELL))))
