"""A recipe for a table as it was understood, with a question wherever it was not, to be edited and used."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from immunosim.errors import QuantityError
from immunosim.observations.cells import AMBIGUOUS, is_below_word
from immunosim.observations.doses import named_drug
from immunosim.observations.header_words import NAMES
from immunosim.observations.headers import TableColumn, column_of
from immunosim.observations.laboratory import measurable
from immunosim.observations.limits import limit_columns
from immunosim.observations.long_table import columns_of_long, is_long
from immunosim.observations.nonmem import is_nonmem
from immunosim.observations.nonmem_columns import header_names
from immunosim.observations.petab_reader import is_petab
from immunosim.observations.problems import Problems
from immunosim.observations.recipe import IGNORED, QUESTION
from immunosim.observations.table import ObservationTable, is_missing, read_table
from immunosim.scenario.drug_names import with_drugs_of
from immunosim.scenario.examples import located_data

if TYPE_CHECKING:
    from immunosim.scenario import Scenario

_CHANNELS = {"\t": "\\t"}


def recipe_text(path: Path, scenario: Scenario | None = None) -> str:
    """Return the text of a recipe for a table.

    Parameters
    ----------
    path : Path
    scenario : Scenario, optional
        Whose model has the read-outs.

    Raises
    ------
    DataError
        Where nothing can be read of the file.
    """
    located = located_data(path)
    problems = Problems(str(located))
    table = read_table(located, problems)
    with with_drugs_of(scenario):
        kind = "petab" if is_petab(table) else "nonmem" if is_nonmem(table) else "long" if is_long(table) else "clinic"
        meanings = ", ".join(sorted(set(NAMES) - {"remark"}) + list(measurable()))
        lines = [
            f"# What the columns of {path.name!r} mean, as they are understood. Answer each {QUESTION}, correct",
            "# the rest, and name this file as the recipe where the table is read.",
            f"# Meanings in a table of a clinic: {meanings};",
            f'# "{IGNORED}" for a column that is not used. Shares have the unit "%" or "fraction", and may',
            "# have a parent such as leukocytes or cd3.",
            *(
                "",
                f'format = "{kind}"',
                *_of_file(table),
                *_words(table, kind, problems),
                *_columns(table, kind, problems),
            ),
        ]
    return "\n".join(lines) + "\n"


def _of_file(table: ObservationTable) -> Iterator[str]:
    if table.separator:
        yield f'encoding = "{table.encoding}"'
        yield f'separator = "{_CHANNELS.get(table.separator, table.separator)}"'
    yield '# decimal = ","               # the decimal mark, where the other one separates thousands'
    yield '# date_order = "day first"    # or "month first", for dates such as 04/05/2017'
    yield '# time_unit = "h"             # of TIME in a NONMEM table'


def _words(table: ObservationTable, kind: str, problems: Problems) -> Iterator[str]:
    """Yield what cells hold that may mean two things, each once."""
    words: dict[str, None] = {}
    has_limits = bool(limit_columns(table, problems)[0].limits)
    for row in table.rows:
        for text in row.cells.values():
            if " ".join(text.casefold().split()) in AMBIGUOUS or (is_below_word(text) and not has_limits):
                words.setdefault(text)
    if kind in ("clinic", "long", "nonmem") and words:
        yield from ("", "[words]", '# "missing", or the cell that should stand there, such as "<5"')
        yield from (f"{_key(word)} = {_key(QUESTION)}" for word in words)


def _columns(table: ObservationTable, kind: str, problems: Problems) -> Iterator[str]:
    if kind == "nonmem":
        for name, header in header_names(table, problems).items():
            yield from ("", f"[columns.{_key(header)}]", f"means = {_key(name)}")
        return
    if kind == "petab":
        return
    _, headers = limit_columns(table, problems)
    for header in headers:
        yield from _meaning(table, header, header)
    if kind == "long":
        test = columns_of_long(table)["test"]
        for name in dict.fromkeys(row.cells[test] for row in table.rows):
            if name and not is_missing(name):
                yield from _meaning(table, name, name)


def _meaning(table: ObservationTable, header: str, name: str) -> Iterator[str]:
    column = _column(table, header)
    means = QUESTION if column is None or not column.kind else IGNORED if column.kind == "remark" else column.kind
    yield from ("", f"[columns.{_key(name)}]", f"means = {_key(means)}")
    if column is not None and column.unit:
        yield f"unit = {_key(column.unit)}"
    if column is not None and column.parent:
        yield f"parent = {_key(column.parent)}"


def _column(table: ObservationTable, header: str) -> TableColumn | None:
    try:
        return column_of(header, measurable, None, table.units.get(header, ""), named_drug)
    except QuantityError:
        return None


def _key(text: str) -> str:
    """Return text as a string of TOML, whose escapes are those of JSON."""
    return json.dumps(text, ensure_ascii=not text.isprintable())
