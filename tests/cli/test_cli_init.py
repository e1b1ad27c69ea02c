"""``immunosim init`` writes a scenario that runs, and never over somebody's work."""

import errno
import os
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest
from typer.testing import Result

from immunosim.scenario import load_scenario

Command = Callable[..., Result]
Contents = Callable[[], list[str]]


@pytest.fixture(autouse=True)
def folder(short: Path) -> Path:
    """Work in a folder that holds one short scenario."""
    return short.parent


def test_the_scenario_runs_as_it_is_and_the_next_command_is_the_one_that_runs_it(command: Command) -> None:
    result = command("init")
    assert result.exit_code == 0, result.output
    assert result.stdout == "Wrote my_scenario.toml.\nNext:  immunosim run my_scenario.toml\n"
    done = command("run", "my_scenario.toml")
    assert done.exit_code == 0, done.output
    assert Path("results/my_scenario/figure.png").is_file()


@pytest.mark.parametrize("options", ["", "--minimal", "--from short.toml", "--from short.toml --minimal"])
def test_what_is_written_can_be_checked(command: Command, options: str) -> None:
    assert command("init", "new.toml", *options.split()).exit_code == 0
    assert command("check", "new.toml").exit_code == 0


def test_nothing_that_is_written_names_a_place_on_this_machine(command: Command, tmp_path: Path) -> None:
    command("init", "new.toml")
    command("init", "what_if.toml", "--extends", tmp_path / "short.toml")
    text = Path("new.toml").read_text(encoding="utf-8") + Path("what_if.toml").read_text(encoding="utf-8")
    assert str(tmp_path) not in text


def test_a_change_has_what_its_base_has(command: Command) -> None:
    Path("below").mkdir()
    result = command("init", "below/new one.toml", "--extends", "short.toml")
    assert result.stdout.splitlines()[0] == "Wrote below/new one.toml, which extends short.toml."
    assert result.stdout.splitlines()[1] == "Next:  immunosim run 'below/new one.toml'"
    document = tomllib.loads(Path("below/new one.toml").read_text(encoding="utf-8"))
    assert document["extends"] == "../short.toml"
    assert load_scenario("below/new one.toml").course == load_scenario("short.toml").course


def test_a_file_is_replaced_only_by_force(command: Command) -> None:
    before = Path("short.toml").read_bytes()
    result = command("init", "short.toml")
    assert result.exit_code == 2
    assert result.stderr == "short.toml: already exists, choose another name, or replace it with --force\n"
    assert Path("short.toml").read_bytes() == before
    assert command("init", "short.toml", "--force").exit_code == 0
    assert Path("short.toml").read_bytes() != before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["."], ".: is a folder, name a file in it"),
        (["no/new.toml"], "no/new.toml: there is no folder no, create it first"),
        (["short.toml/new.toml"], "short.toml/new.toml: there is no folder short.toml, create it first"),
        (["new.toml", "--extends", "shrt.toml"], 'shrt.toml: does not exist, did you mean "short.toml"'),
        (["short.toml", "--force", "--extends", "short.toml"], "short.toml: would extend itself"),
        (["new.toml", "--extends", "what_if.toml"], 'what_if.toml: extends: itself extends "short.toml"'),
        (["new.toml", "--extends", "wrong.toml"], "wrong.toml: horizon: "),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_written(
    command: Command, contents: Contents, arguments: list[str], message: str
) -> None:
    Path("what_if.toml").write_text('extends = "short.toml"\n', encoding="utf-8")
    Path("wrong.toml").write_text("horizon = 3\n", encoding="utf-8")
    before = contents()
    result = command("init", *arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith(message)
    assert contents() == before


def test_a_folder_that_cannot_be_written_is_named_with_a_cure(
    command: Command, contents: Contents, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    result = command("init")
    assert result.exit_code == 2
    cure = "name a file in a folder that you may write"
    assert result.stderr == f"my_scenario.toml: cannot be written (Permission denied), {cure}\n"
    assert contents() == ["short.toml"]
