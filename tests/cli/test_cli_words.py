"""The words of the command line: verbs in groups, one name for one idea, earlier spellings, help and completion."""

import os
import re
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pytest
import typer

from immunosim.cli import exit_codes
from immunosim.cli.main import app
from immunosim.cli.option_groups import with_option_groups
from immunosim.cli.renamed import RENAMED, modernised
from immunosim.cli.verbs import GROUPS, NAMES, Verbs

ROOT = Path(__file__).parents[2]


def options(command):
    """Return the options of a verb, and of the verbs within it."""
    inner = getattr(command, "commands", {}).values()
    own = [one for one in command.params if one.param_type_name == "option"]
    return own + [one for verb in inner for one in options(verb)]


def test_the_help_shows_every_verb_once_in_its_group(command):
    text = command("--help").stdout
    for title, names in GROUPS.items():
        section = text.split(f"\n{title}:\n")[1].split("\n\n")[0]
        assert tuple(re.findall(r"^  ([a-z]+) ", section, re.MULTILINE)) == names
    assert len(set(NAMES)) == len(NAMES)


def test_the_help_cuts_no_sentence(command):
    assert "..." not in command("--help").stdout.split("Simulate:")[1]


def test_help_is_the_help_of_all_of_one_or_of_a_verb_within_a_verb(command):
    assert command("help").stdout == command("--help").stdout
    assert command("help", "run").stdout == command("run", "--help").stdout
    assert command("help", "data", "check").stdout == command("data", "check", "--help").stdout
    unknown = command("help", "rnu")
    assert unknown.exit_code == 2
    assert "Did you mean 'run'?" in unknown.output


OF_ITS_OWN = {
    "--out": {"DIR", "FILE", "PATH", "RESULT"},  # what a verb writes is a folder, a file, or either
    "--vary": {"KEY=VALUES", "KEY[=VALUES]"},  # an analysis chooses the range where none is given
    "--patient": {"NAME", "N"},  # by name in a table, by number in a sweep
}


def test_an_option_takes_the_same_kind_of_value_in_every_verb():
    verbs, found = Verbs(), defaultdict(set)
    for name in verbs:
        for one in options(verbs[name]):
            found[one.opts[-1]].add(one.metavar)
    different = {name: kinds for name, kinds in found.items() if len(kinds) > 1}
    assert {name: kinds for name, kinds in different.items() if kinds != OF_ITS_OWN.get(name)} == {}
    assert set(OF_ITS_OWN) <= set(different)


def test_an_earlier_spelling_is_gone_and_its_successor_is_there():
    verbs = Verbs()
    for verb, renamed in RENAMED.items():
        known = {spelling for one in options(verbs[verb]) for spelling in one.opts}
        for old, new in renamed.items():
            assert old not in known, verb
            assert set(new[:1]) <= known, verb


@pytest.mark.parametrize(
    ("verb", "words", "expected", "told"),
    [
        ("plot", ["a.nc", "--of", "cd4"], ["a.nc", "--readout", "cd4"], "--of is now --readout\n"),
        ("plot", ["a.nc", "--of=cd4"], ["a.nc", "--readout=cd4"], "--of is now --readout\n"),
        ("sample", ["a", "--pooled"], ["a", "--patients", "pooled"], "--pooled is now --patients pooled\n"),
        ("run", ["a", "--force"], ["a"], "--force is no longer needed\n"),
        ("fit", ["a", "--force"], ["a"], "--force is no longer needed\n"),
        ("sweep", ["a", "--force"], ["a", "--force"], ""),
        ("plot", ["--", "--of"], ["--", "--of"], ""),
    ],
)
def test_an_earlier_spelling_works_and_names_its_successor(capsys, verb, words, expected, told):
    assert modernised(verb, words) == expected
    assert capsys.readouterr().err == told


def test_an_earlier_spelling_reaches_the_verb(command, short):
    found = command("init", "what_if.toml", "--from", "short.toml")
    assert found.exit_code == 0, found.output
    assert found.stderr == "--from is now --extends\n"
    assert 'extends = "short.toml"' in (short.parent / "what_if.toml").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Pair:
    """Two options."""

    first: Annotated[int, typer.Option("--first")] = 1
    second: Annotated[str, typer.Option("--second")] = "b"


def test_the_fields_of_a_record_are_options_and_come_back_as_the_record(command):
    seen = []

    @with_option_groups
    def verb(name: Annotated[str, typer.Argument()], pair: Pair, last: Annotated[bool, typer.Option("--last")] = False):
        """Do nothing."""
        seen.append((name, pair, last))

    alone = typer.Typer(add_completion=False)
    alone.command()(verb)
    found = typer.testing.CliRunner().invoke(alone, ["a", "--second", "c", "--last"])
    assert found.exit_code == 0, found.output
    assert seen == [("a", Pair(1, "c"), True)]


def test_two_options_of_one_name_are_a_mistake():
    def verb(pair: Pair, first: int = 0) -> None:
        """Do nothing."""

    with pytest.raises(TypeError, match="verb has two options of one name"):
        with_option_groups(verb)


def complete(*words):
    """Return what a shell would offer for the last word, and the modules that it took."""
    text = "import sys; from immunosim.cli.main import main\ntry: main()\nfinally: print(*sys.modules, file=sys.stderr)"
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "_IMMUNOSIM_COMPLETE": "complete_bash",
        "COMP_WORDS": " ".join(words),
        "COMP_CWORD": str(len(words) - 1),
    }
    script = f"import sys; sys.argv = ['immunosim']; {text}"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=False)
    return found.stdout.split(), set(found.stderr.split())


def test_a_shell_completes_verbs_and_loads_only_those_that_fit():
    offered, loaded = complete("immunosim", "sa")
    assert offered == ["sample"]
    assert not loaded & {"numpy", "immunosim.cli.run"}


def test_a_shell_completes_options_of_a_verb():
    offered, loaded = complete("immunosim", "plot", "--re")
    assert offered == ["--readout"]
    assert "numpy" not in loaded


def test_completion_can_be_installed(command):
    assert "--install-completion" in command("--help").stdout
    assert {one.opts[0] for one in options(typer.main.get_command(app))} >= {
        "--install-completion",
        "--show-completion",
    }


def test_the_documentation_has_every_exit_code():
    text = (ROOT / "docs/command_line.md").read_text(encoding="utf-8")
    table = {int(number) for number in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)}
    known = {value for name, value in vars(exit_codes).items() if isinstance(value, int)}
    assert table == known | {0, 1}


def test_the_documentation_has_every_earlier_spelling():
    text = (ROOT / "docs/command_line.md").read_text(encoding="utf-8")
    rows = {tuple(row) for row in re.findall(r"^\| `(\w+) (--[\w-]+)` \| (.*?) \|$", text, re.MULTILINE)}
    new = {
        (verb, old, f"`{' '.join(words)}`" if words else "not needed")
        for verb in RENAMED
        for old, words in RENAMED[verb].items()
    }
    assert rows == new


def test_the_documentation_has_every_verb_in_its_group():
    text = (ROOT / "docs/command_line.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| ([A-Z]\w+) \| (`.*`) \|$", text, re.MULTILINE))
    found = {title: tuple(dict.fromkeys(re.findall(r"`(\w+)", verbs))) for title, verbs in rows.items()}
    assert found == GROUPS
