"""Every command of a page parses with the real parser, and every path of the repository that it names exists."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperGroup

from immunosim.cli.main import app

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "experiments").rglob("README.md")),
    *sorted((ROOT / "immunosim").rglob("README.md")),
]
FOLDERS = {"benchmarks", "configs", "docs", "experiments", "immunosim", "tests"}

BLOCK = re.compile(r"^```(?:bash|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
QUOTED = re.compile(r"`([^`\n]+)`")
PLACEHOLDER = re.compile(r"\[[A-Za-z-]|\.\.\.|\bVERB\b|^immunosim (?:\w+|(?:data|teach|help) \w+|--[\w-]+)$")
"""Optional and repeated arguments, bare names of verbs, and options that end the program at once: not parsed."""

USAGE_ERROR = typer.BadParameter.__bases__[0]
"""Of the copy of click that typer brings."""

MADE_WHEN_BUILT = {"immunosim/configs", "immunosim/codegen/shipped/"}
"""Folders of a wheel, which the repository does not have."""


def commands(page: Path) -> Iterator[str]:
    """Yield the commands of a page: in blocks, continued lines joined, and quoted in the text."""
    text = page.read_text(encoding="utf-8")
    for block in BLOCK.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            yield from re.findall(r"^(?:\$ )?(immunosim .*)", line)
    for quoted in QUOTED.findall(BLOCK.sub("", text)):
        if quoted.startswith("immunosim ") and not PLACEHOLDER.search(quoted):
            yield re.sub(r" N$", " 1", quoted.replace("\\|", "|"))


def parse(words: list[str]) -> None:
    """Parse a command as the program does, without running it."""
    command: Any = typer.main.get_command(app)
    name, context = "immunosim", None
    while isinstance(command, TyperGroup):
        context = command.make_context(name, words, parent=context)
        rest = [*context._protected_args, *context.args]
        if command.invoke_without_command and not rest:
            return
        name, command, words = command.resolve_command(context, rest)
    command.make_context(name, words, parent=context)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_of_a_page_parses(page: Path) -> None:
    for command in commands(page):
        words = shlex.split(command, comments=True)[1:]
        parse(words[: words.index(">")] if ">" in words else words)


def test_a_command_with_an_unknown_option_or_verb_does_not_parse() -> None:
    for words in (["run", "x.toml", "--reprot"], ["simulate", "x.toml"], ["data", "chek", "x.csv"]):
        with pytest.raises(USAGE_ERROR):
            parse(words)


def test_the_pages_show_many_commands() -> None:
    assert sum(len(list(commands(page))) for page in PAGES) > 60


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_path_of_the_repository_that_a_page_names_exists(page: Path) -> None:
    quoted = [
        words.split()[0].partition("::")[0]
        for words in QUOTED.findall(page.read_text(encoding="utf-8"))
        if words.split()
    ]
    paths = [word for word in quoted if re.fullmatch(r"[\w.-]+(/[\w.-]+)+/?", word) and word.split("/")[0] in FOLDERS]
    assert [path for path in paths if not (ROOT / path).exists() and path not in MADE_WHEN_BUILT] == []
