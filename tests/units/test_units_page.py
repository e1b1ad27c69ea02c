"""The page on units lists what is accepted and refused, and the ranges of doses as they are."""

import re
from pathlib import Path

import pytest

from immunosim.errors import QuantityError
from immunosim.models import drugs_of
from immunosim.units import check_unit, parse_quantity
from immunosim.units.spellings import SPELLINGS

PAGE = (Path(__file__).parents[2] / "docs" / "units.md").read_text(encoding="utf-8")
ACCEPTED = PAGE.partition("## Spellings")[2].partition("## Refused")[0]
REFUSED = PAGE.partition("## Refused")[2].partition("## Plausible")[0]
COUNTS = {"count, per uL": 1.0, "count, 1e9/L": 1000.0}


def rows(part: str) -> dict[str, list[str]]:
    """Return the cells of a table by its first one."""
    lines = [line.strip("|").split("|") for line in part.splitlines() if line.startswith("| ")][1:]
    return {cells[0].strip(): [cell.strip() for cell in cells[1:]] for cells in lines}


def spelt(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_every_spelling_of_the_page_is_a_unit() -> None:
    for accepted, _ in rows(ACCEPTED).values():
        for unit in spelt(accepted):
            check_unit(unit)


@pytest.mark.parametrize("row", COUNTS)
def test_counts_have_the_size_that_the_page_says(row: str) -> None:
    for unit in spelt(rows(ACCEPTED)[row][0]):
        assert parse_quantity(f"0.5 {unit}", "cells/uL") == 0.5 * COUNTS[row], unit


def test_every_unit_of_the_table_is_on_the_page() -> None:
    shown = {unit.casefold() for accepted, _ in rows(ACCEPTED).values() for unit in spelt(accepted)}
    plural = {f"{unit}s" for unit in shown}
    words = re.compile(r"(?:nano|micro|milli|kilo|deci)(?:gram|lit)")  # long forms follow from the short ones
    names = [name for of in SPELLINGS.values() for text in of.values() for name in text.split()]
    missing = [name for name in names if name.casefold() not in shown | plural and not words.match(name)]
    assert sorted(missing) == ["cell", "cells", "pct"]


def test_what_the_page_calls_refused_is_refused() -> None:
    for written, (_, right) in rows(REFUSED).items():
        for text in spelt(written):
            unit = "mL" if "L" in text and "/" not in text else "cells/uL" if "/L" in text else "mg"
            with pytest.raises(QuantityError):
                parse_quantity(text, "day" if "h" in text else unit)
        for text in spelt(right):
            unit = next(one for one in ("mL", "mg", "cells/uL", "day") if _is_read(text, one))
            assert parse_quantity(text, unit) > 0


def _is_read(text: str, unit: str) -> bool:
    try:
        return parse_quantity(text, unit) > 0
    except QuantityError:
        return False


def test_the_page_has_the_plausible_doses() -> None:
    table = rows(PAGE.partition("## Plausible doses")[2])
    assert {drug: (cells[0], cells[1].partition(",")[0], cells[2]) for drug, cells in table.items()} == {
        f"`{drug.name}`": (drug.usual, f"{drug.plausible[0]:g} to {drug.plausible[1]:g}", ", ".join(drug.source))
        for drug in drugs_of()
        if not drug.takes_effect
    }
