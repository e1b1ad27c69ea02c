"""Tables in the sheets of a workbook of Excel, as cells of text. Knows nothing of what they mean."""

from __future__ import annotations

import datetime
from pathlib import Path
from zipfile import BadZipFile

from immunosim.errors import DataError, listed

ENDINGS = (".xlsx", ".xlsm")
"""How workbooks are called."""

_CURE = "save the sheet as CSV in UTF-8"


def workbook_rows(path: Path, sheet: str = "") -> tuple[list[tuple[int, list[str]]], list[str]]:
    """Return the rows of a sheet with their numbers, and the names of further sheets that have cells.

    Parameters
    ----------
    path : Path
    sheet : str, optional
        By default the first one.

    Raises
    ------
    DataError
        Where the file or the sheet cannot be read, or openpyxl is not installed.
    """
    file = str(path)
    try:
        from openpyxl import load_workbook
        from openpyxl.utils.exceptions import InvalidFileException
    except ImportError:
        cure = "install immunosim[excel], or save the sheet as CSV"
        raise DataError("is a workbook, which needs openpyxl", file=file, cure=cure) from None
    try:
        book = load_workbook(path, data_only=True)
    except FileNotFoundError:
        raise DataError("does not exist", file=file, cure="name a CSV file") from None
    except (OSError, BadZipFile, InvalidFileException, KeyError, ValueError) as error:
        raise DataError(f"cannot be read as a workbook ({error})", file=file, cure=_CURE) from error
    names = [table.title for table in book.worksheets]
    if not names or (sheet and sheet not in names):
        raise DataError(f'has no sheet "{sheet}"', file=file, cure=f"its sheets are {listed(names)}")
    chosen = book[sheet] if sheet else book.worksheets[0]
    rows = [(number, [_text(cell) for cell in cells]) for number, cells in enumerate(chosen.values, 1)]
    others = [table.title for table in book.worksheets if table is not chosen and table.max_row and table.max_row > 1]
    return [(number, cells) for number, cells in rows if any(cells)], others


def _text(value: object) -> str:
    """Return a cell as a text table would hold it; a date without a time of day has none."""
    if value is None:
        return ""
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ", "seconds")
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return str(value).strip()
