"""Messages that reach a reader of Python name arguments; the command line puts its options in their place."""

import ast
import re

import pytest

from immunosim.cli.spelling import in_options, options_by_keyword, respelled
from immunosim.cli.verbs import Verbs
from immunosim.errors import DataError
from tests.source_tree import PACKAGE

OPTION = re.compile(r"(?<![\w-])--[a-z]")

A_COMMAND = re.compile(r"(immunosim (sweep|cache)|pip install) .*--[a-z]")
"""A whole command to type in a shell, which reads the same from either door."""

COMMANDS = {
    "qualification/durability.py": "words of the commands that a qualification runs in processes of their own",
    **dict.fromkeys(
        ("teach/check.py", "teach/export.py", "teach/link.py", "teach/stored.py"),
        "lessons are checked, exported and linked from the command line alone",
    ),
}
"""Files whose texts are words of commands. Take files out when they no longer are; add none."""


def texts(path):
    """Return the texts of a module that are no docstrings, the parts of one text together."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and not {id(node)} & (documented | parts):
            yield node.value


def of_options():
    """Return the texts that name an option, by file, outside of the command line."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        name = path.relative_to(PACKAGE).as_posix()
        if not name.startswith("cli/"):
            named = [text for text in texts(path) if OPTION.search(text) and not A_COMMAND.search(text)]
            found |= {name: named} if named else {}
    return found


def test_no_message_below_the_command_line_names_an_option():
    found = of_options()
    assert {name: named for name, named in found.items() if name not in COMMANDS} == {}
    assert set(COMMANDS) <= set(found)


@pytest.mark.parametrize(
    ("verb", "problem", "expected"),
    [
        ("fit", {"reason": "is not a parameter", "key": "free tcr"}, "--free tcr: is not a parameter"),
        ("fit", {"reason": "is one", "cure": "take `together=two-stage`"}, "is one, take --patients two-stage"),
        ("fit", {"reason": "is wrong", "key": "patient.age"}, "patient.age: is wrong"),
        ("fit", {"reason": "is wrong", "key": "patient", "file": "a.toml"}, "a.toml: patient: is wrong"),
        ("run", {"reason": "is unknown", "key": "patient.aeg", "file": "overrides"}, "--set: patient.aeg: is unknown"),
        ("explain", {"reason": "is late", "key": "since"}, "--from: is late"),
        ("plot", {"reason": "is none", "cure": "draw `kind=bands`"}, "is none, draw --kind bands"),
        ("sweep", {"reason": "exists", "cure": "continue with `is_resumed`"}, "exists, continue with --resume"),
        (
            "merge",
            {"reason": "is missing", "cure": "compute it with `is_resumed`"},
            "is missing, compute it with --resume",
        ),
        ("sweep", {"reason": "is none", "cure": "add `vary=course.1.dose=6 mg,12 mg`"}, None),
        ("fit", {"reason": "holds `nothing` of ours"}, "holds `nothing` of ours"),
    ],
)
def test_the_command_line_says_its_options(verb, problem, expected):
    class Context:
        command = Verbs()[verb]

    error = respelled(DataError(**problem), Context)
    assert str(error) == (expected or "is none, add --vary 'course.1.dose=6 mg,12 mg'")


def test_an_argument_in_backquotes_is_one_of_some_verb():
    verbs = Verbs()
    every = {
        name
        for verb in verbs
        for command in getattr(verbs[verb], "commands", {verb: verbs[verb]}).values()
        for name in options_by_keyword(verb, [one.opts[-1] for one in command.params if one.opts[-1].startswith("-")])
    }
    for path in PACKAGE.rglob("*.py"):
        if "cli" not in path.parts:
            for text in filter(lambda text: "\n" not in text, texts(path)):
                for name in re.findall(r"(?<!`)`(\w+)(?:=[^`]*)?`(?!`)", text):
                    assert name in every, f"{path}: {text}"
    assert in_options("choose another `path`") == "choose another --out"
