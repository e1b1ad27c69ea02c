"""The README stays short and begins with what a reader can do; links lead somewhere; unclear phrases stay away."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
READ = {".py", ".md", ".toml", ".json", ".html"}
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")


def test_the_readme_has_at_most_250_lines() -> None:
    assert len(README.splitlines()) <= 250


def test_no_line_of_the_readme_has_more_than_160_characters() -> None:
    assert [line for line in README.splitlines() if len(line) > 160] == []


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


UNCLEAR = (
    "who differ in what you say",
    "Say which of the varied quantities",
    "Say when counts will be back",
    "of a posterior sample; 0 for the approximation",
    "variance that is the total's error",
    "Leave priors out",
    "0 for what suits",
    "are what the noise makes them",
    "one makes up for the other",
    "The data say nothing",
    "and nothing of how far",
    "were not asked about them",
    "sd of log between",
    "off the uncertainty",
    "differs from the default parameter set in",
    '" is no noise',
    '" varies nothing',
    "are not part of the course",
    "Findings lost without",
    "at which it is looked what",
    "back for good",
    "cannot be gone on with",
)
"""Phrases that a pharmacometrician or an immunologist would stumble over, all once printed by the program."""


@pytest.mark.parametrize("folder", ["immunosim", "docs", "experiments", "README.md"])
def test_no_unclear_phrase_comes_back(folder: str) -> None:
    root = ROOT / folder
    files = [root] if root.is_file() else [path for path in sorted(root.rglob("*")) if path.suffix in READ]
    assert files
    texts = {str(path): path.read_text(encoding="utf-8") for path in files}
    assert [(name, phrase) for name, text in texts.items() for phrase in UNCLEAR if phrase in text] == []


PRIVATE = (
    "What matters for",
    "Why they differ",
    ": why?",
    "what raises the difference",
    "smaller than untreated counts as a gain",
    "what counts do between them",
    "Others may tell the same story",
    "Looking for what the data",
    "the data say",
    "differ in what",
    "what is varied",
    "what varied",
    "varied quantities",
    "what one ",
    "that one wants",
    "differs between the patients:",
    "when counts are back",
    "counts will be back",
    "what became of",
    "what is kept of them",
    "or keep less of each",
    "numbers of each patient",
    "died again and again",
    "to begin anew",
    "Told in a sentence",
    "Told after each",
    "Told how many",
    "nobody was measured",
    "which results follow",
    "mend it with",
)
"""Phrases without a meaning outside of this program, all once in its docstrings, messages or figures."""

NOT_YET_CLEAN = ("cli", "diagnosis", "door", "numerics", "qualification", "scenario")
"""Packages that still have some of them; a list that can only shrink."""


def test_no_private_phrase_comes_back() -> None:
    roots = [path for path in (ROOT / "immunosim").iterdir() if path.name not in NOT_YET_CLEAN]
    files = [path for root in roots for path in ([root] if root.is_file() else root.rglob("*")) if path.suffix in READ]
    texts = {str(path): path.read_text(encoding="utf-8") for path in [*files, *PAGES]}
    assert [(name, phrase) for name, text in texts.items() for phrase in PRIVATE if phrase in text] == []


NEGATED_NOUN = re.compile(r"""(?:Error|Problem)\((?:f?["'])[^"']*(?:["'][^"']*){0,2}\bis no (?!longer)""")


def test_no_error_says_that_something_is_no_thing() -> None:
    lines = [
        f"{path.name}: {line.strip()}"
        for path in sorted((ROOT / "immunosim").rglob("*.py"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if NEGATED_NOUN.search(line) and "there is no" not in line
    ]
    assert lines == []
