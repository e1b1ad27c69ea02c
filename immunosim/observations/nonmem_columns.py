"""The columns of tables of NONMEM and Monolix: their names, and those that mark comments."""

from __future__ import annotations

from immunosim.errors import did_you_mean
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

_SAME = {
    **{"Y": "DV", "YTYPE": "DVID", "TINF": "DUR", "ADM": "CMT", "OBSID": "DVID"},
    **dict.fromkeys(("BLOQ", "BQL", "BLQFL", "BLQFN", "BLQ_FLAG"), "BLQ"),
    **dict.fromkeys(("LOQ", "LOD", "LLQ"), "LLOQ"),
}
"""Names of Monolix, and others in use, by those of NONMEM."""

_COMMENTS = ("C", "IGNORE", "IGN", "EXCLUDE", "EXCL", "COMMENT")
"""Columns that mark rows which a control stream leaves out by IGNORE."""

_MARKED = frozenset({"c", "#", "@", "i", "x", "comment", "ignore", "exclude"})
_FLAGGED = frozenset({"1", "1.0", "y", "yes", "true"})
_NOT_FLAGGED = frozenset({"0", "0.0", "n", "no", "false"})


def header_names(table: ObservationTable, problems: Problems) -> dict[str, str]:
    """Return by the name of NONMEM the header of each column, those that a recipe ignores left out."""
    headers: dict[str, str] = {}
    for header in table.headers:
        means = table.recipe.meaning(header).means
        if means == IGNORED:
            continue
        plain = header.strip("#@ ").upper()
        name = means.upper() or _SAME.get(plain, plain)
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


def comments_of(table: ObservationTable, headers: dict[str, str], problems: Problems) -> dict[int, str]:
    """Return by line why rows are left out that a column of comments marks; the column is taken from `headers`."""
    left_out: dict[int, str] = {}
    for name in _COMMENTS:
        header = headers.get(name)
        if header is None or (name == "COMMENT" and not _is_flag(table.texts(header))):
            continue
        del headers[name]
        for row in table.rows:
            text = row.cells[header].casefold()
            if is_missing(text) or text in _NOT_FLAGGED:
                continue
            if text in _MARKED or (text in _FLAGGED and name != "C"):
                left_out[row.line] = f"comment by column {header}"
            else:
                cure = "write C for rows to leave out and . for others, or say in a recipe what the column means"
                problems.add(row.line, header, f'"{row.cells[header]}" may mark a comment', cure)
    return left_out


def _is_flag(texts: list[str]) -> bool:
    return all(text.casefold() in _MARKED | _FLAGGED | _NOT_FLAGGED for text in texts)


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
