"""The README stays short and begins with what a reader can do; links lead somewhere; unclear phrases stay away."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")


def test_the_readme_has_at_most_250_lines() -> None:
    assert len(README.splitlines()) <= 250


def test_the_readme_begins_with_the_figure_and_the_two_commands() -> None:
    before = README.split("\n## ")[0]
    assert before.index("![") < before.index("immunosim run case_report") < before.index("-m pytest")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_links_of_a_page_lead_to_files(page: Path) -> None:
    links = LINK.findall(page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_terms_of_the_glossary_are_in_alphabetical_order() -> None:
    terms = re.findall(r"^\*\*(.+?)\*\*:", (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(terms) > 40
    assert terms == sorted(terms, key=str.casefold)
