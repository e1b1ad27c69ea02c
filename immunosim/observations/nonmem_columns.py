"""The columns of tables of NONMEM and Monolix: their names, and those that mark comments."""

from __future__ import annotations

import re

from immunosim.errors import did_you_mean
from immunosim.observations.exclusions import FLAGGED, MARKED, NOT_FLAGGED, marked_rows
from immunosim.observations.problems import Problems
from immunosim.observations.recipe import IGNORED
from immunosim.observations.table import ObservationTable, is_missing

DATES = ("DATE", "DAT1", "DAT2")
"""Columns of dates: month, day and year; day, month and year; year, month and day."""

COLUMNS = (
    *("ID", "NAME", "TIME", *DATES, "EVID", "AMT", "RATE", "DUR", "CMT", "ADDL", "II", "SS"),
    *("DV", "MDV", "CENS", "LIMIT", "DVID", "BLQ", "LLOQ"),
)
"""What is read; other columns are covariates."""

SAME = {
    **{"Y": "DV", "YTYPE": "DVID", "TINF": "DUR", "ADM": "CMT", "OBSID": "DVID", "ADMID": "CMT", "CENSORING": "CENS"},
    **{"AMOUNT": "AMT", "INFUSION DURATION": "DUR", "OBSERVATION": "DV", "OBSERVATION ID": "DVID", "CID": "ID"},
    **dict.fromkeys(("BLOQ", "BQL", "BLQFL", "BLQFN", "BLQ_FLAG", "BLOQFL", "BQLFL", "LLOQFL"), "BLQ"),
    **dict.fromkeys(("LOQ", "LOD", "LLQ"), "LLOQ"),
}
"""Names of Monolix, and others in use, by those of NONMEM."""

_FLOAT = re.compile(r"[+-]?\d+(?:[.,]\d*(?:[eE][+-]?\d+)?)?")
_MOST_WHOLE = 1e12

_COMMENTS = (
    *("C", "IGNORE", "IGN", "EXCLUDE", "EXCL", "EXCLF", "EXCLFL", "EXFL", "EXCLUDED", "OMIT", "DROP", "OUTLIER"),
    "COMMENT",
)
"""Columns that mark rows which a control stream leaves out by IGNORE."""

_MAY_EXCLUDE = ("FLAG", "FLG", "QC", "OUT", "USE", "INCLUDE", "KEEP")
"""Columns that mark rows to leave out in some tables, and mean something else in others."""


def plain_name(header: str) -> str:
    """Return a header in capitals, without the mark that NONMEM's IGNORE takes for that of a comment."""
    return header.strip("#@ ").upper()


def header_names(table: ObservationTable, problems: Problems) -> dict[str, str]:
    """Return by the name of NONMEM the header of each column, those that a recipe ignores left out."""
    headers: dict[str, str] = {}
    for header in table.headers:
        means = table.recipe.meaning(header).means
        if means == IGNORED:
            continue
        plain = plain_name(header)
        name = means.upper() or SAME.get(plain, plain)
        if means and name not in (*COLUMNS, *_COMMENTS, plain):
            reason = f'unknown meaning "{means}" in the recipe'
            problems.add(table.header_line, header, reason, did_you_mean(name, COLUMNS))
        if name in headers:
            same = headers[name].upper() == header.upper()
            reason = f'is "{headers[name]}" but for capitals' if same else f'means the same as "{headers[name]}"'
            problems.add(table.header_line, header, reason, "leave one out, or rename it")
        else:
            headers[name] = header
    return headers


def whole_number(text: str) -> str:
    """Return a whole number that was written as 1.0, 1,0, 1.0000E+00 or True as 1; another text as it is."""
    if text.casefold() in ("true", "false"):
        return str(int(text.casefold() == "true"))
    if not _FLOAT.fullmatch(text) or text.isdecimal():
        return text
    number = float(text.replace(",", "."))
    return f"{number:.0f}" if number.is_integer() and abs(number) < _MOST_WHOLE else text


def comments_of(table: ObservationTable, headers: dict[str, str], problems: Problems) -> dict[int, str]:
    """Return by line why rows are left out that a column of comments marks; the column is taken from `headers`."""
    left_out: dict[int, str] = {}
    for name in _COMMENTS:
        header = headers.get(name)
        if header is None or (name == "COMMENT" and not _is_flag(table.texts(header))):
            continue
        del headers[name]
        left_out |= marked_rows(table, header, problems, is_comment=name == "C")
    return left_out


def suspect_flags(table: ObservationTable, headers: dict[str, str], problems: Problems) -> None:
    """Report columns of two values that may mark rows to leave out: FLAG is 1 for some rows and 0 for others."""
    for name in _MAY_EXCLUDE:
        texts = table.texts(headers[name]) if name in headers else []
        if len(set(texts)) > 1 and _is_flag(texts):
            cure = "mark the rows to leave out in a column EXCLUDE, or say ignore in a recipe"
            problems.add(table.header_line, headers[name], "may mark rows to leave out", cure)


def _is_flag(texts: list[str]) -> bool:
    return all(text.casefold() in MARKED | FLAGGED | NOT_FLAGGED for text in texts)


def suspect_ids(table: ObservationTable, header: str, problems: Problems) -> None:
    """Report IDs that begin with a letter where the others are numbers: IGNORE=@ and IGNORE=C leave such rows out."""
    rows = [row for row in table.rows if not is_missing(row.cells[header])]
    lettered = [row for row in rows if row.cells[header][:1].isalpha()]
    if len(lettered) * 2 >= len(rows):
        return
    if not all(row.cells[header][:1].isdigit() for row in rows if row not in lettered):
        return
    for row in lettered:
        reason = f'"{row.cells[header]}" begins with a letter, as comments do, while the other IDs are numbers'
        problems.add(row.line, header, reason, "write # before the row to leave it out, or give the patient a number")
