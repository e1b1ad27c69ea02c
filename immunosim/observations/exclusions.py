"""Columns that mark rows to leave out: comments of NONMEM, values that somebody excluded. Knows nothing of formats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from immunosim.observations.problems import Problems
from immunosim.observations.records import TableFinding
from immunosim.observations.table import ObservationTable, is_missing

MARKED = frozenset({"c", "#", "@", "i", "x", "comment", "ignore", "ignored", "exclude", "excluded"})
FLAGGED = frozenset({"1", "1.0", "y", "yes", "true", "j", "ja", "wahr", "oui", "vrai", "sí", "si", "sì", "sant"})
NOT_FLAGGED = frozenset({"0", "0.0", "n", "no", "false", "nein", "falsch", "non", "faux", "nej", "falskt"})

_COLUMNS = (
    "exclude|excluded|exclusion|excl|ignore|ignored|omit|omitted|drop|dropped|outlier|invalid|rejected|not used|"
    "ausgeschlossen|ausschluss|verworfen|ungültig|ausreißer|nicht verwenden|exclu|exclure|exclus|excluido|excluir|"
    "escluso|escludere|utesluten|exkluderad"
)
"""Headers of a clinic's table that mark rows to leave out."""


def marked_rows(
    table: ObservationTable, header: str, problems: Problems, *, is_comment: bool = False
) -> dict[int, str]:
    """Return by line why rows are left out that a column marks; words that say neither are reported.

    Parameters
    ----------
    table : ObservationTable
    header : str
    problems : Problems
    is_comment : bool, optional
        Whether the column holds the marks of comments, for which 1 may stand for anything.
    """
    left_out: dict[int, str] = {}
    for row in table.rows:
        text = row.cells[header].casefold()
        if is_missing(text) or text in NOT_FLAGGED:
            continue
        if text in MARKED or (text in FLAGGED and not is_comment):
            left_out[row.line] = f"{'comment' if is_comment else 'marked'} by column {header}"
        else:
            what, mark = ("a comment", "C") if is_comment else ("a row to leave out", "1")
            cure = f"write {mark} for rows to leave out and . for others, or say in a recipe what the column means"
            problems.add(row.line, header, f'"{row.cells[header]}" may mark {what}', cure)
    return left_out


def without_excluded(
    table: ObservationTable, problems: Problems, findings: list[TableFinding]
) -> tuple[ObservationTable, dict[int, str]]:
    """Return a clinic's table without the rows that a column excludes, and by line why they are left out."""
    left_out: dict[int, str] = {}
    headers = [header for header in table.headers if _excludes(table, header)]
    for header in headers:
        left_out |= marked_rows(table, header, problems)
    kept = tuple(header for header in table.headers if header not in headers)
    rows = tuple(row for row in table.rows if row.line not in left_out)
    findings += left_out_notes(left_out)
    return replace(table, headers=kept, rows=rows), left_out


def left_out_notes(reasons: Mapping[int, str]) -> list[TableFinding]:
    """Return a note for each reason for which rows are left out."""
    findings = []
    for reason in dict.fromkeys(filter(None, reasons.values())):
        lines = [line for line, of_line in reasons.items() if of_line == reason]
        count = f"{len(lines)} row{'s' * (len(lines) > 1)} left out: {reason}"
        findings.append(TableFinding(lines[0], "", "note", count))
    return findings


def _excludes(table: ObservationTable, header: str) -> bool:
    plain = " ".join(header.casefold().replace("_", " ").strip("?!.: ").split())
    return plain in _COLUMNS.split("|") and not table.recipe.meaning(header).means
