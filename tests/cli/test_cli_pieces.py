"""The pieces that every verb is made of: printing, progress, exit codes, options as records, parts of a run."""

import errno
import json
import re
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer
from typer.testing import CliRunner

from immunosim.cli import counting
from immunosim.cli import progress as progress_module
from immunosim.cli.application import _told
from immunosim.cli.counting import Count
from immunosim.cli.exit_codes import BAD_INPUT, FAILED, INTERRUPTED, READER_GONE
from immunosim.cli.option_groups import with_option_groups
from immunosim.cli.partial import interruptible
from immunosim.cli.printing import columns_of, plain_table, say, show, show_table, show_text
from immunosim.cli.progress import Progress, progress
from immunosim.door.keeping import Partial, kept_parts
from immunosim.errors import DataError, ModelError, ScenarioError, SolverError

Capture = pytest.CaptureFixture[str]

# --- printing --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "columns"),
    [("", 0), ("abc", 3), ("µg/mL", 5), ("10⁹/L", 5), ("患者", 4), ("e\u0301", 1), ("ﾊﾛｰ", 3), ("ＡＢ", 4)],
)
def test_a_text_takes_the_columns_that_a_terminal_gives_it(text: str, columns: int) -> None:
    assert columns_of(text) == columns


@pytest.mark.parametrize("name", ["P01", "患者一", "Zoe\u0308", "µ-Patient", "x" * 60])
def test_columns_of_a_plain_table_stand_below_one_another(name: str) -> None:
    rows = [(name, "1.5", "note"), ("b", "12.25", "another")]
    _, title, *lines = plain_table("Title", ("patient", "value", "remark"), rows, "<><").split("\n")
    assert title == "Title"
    ends = {
        columns_of(line[: line.index(cell) + len(cell)])
        for line, cell in zip(lines, ("value", "1.5", "12.25"), strict=True)
    }
    starts = {
        columns_of(line[: line.index(cell)]) for line, cell in zip(lines, ("remark", "note", "another"), strict=True)
    }
    assert len(ends) == len(starts) == 1
    assert all(line == line.rstrip() for line in lines)


def test_numbers_end_and_texts_begin_in_one_column(capsys: Capture) -> None:
    show_table("T", ("name", "n"), [("a", "1"), ("long name", "1000")], "<")
    assert capsys.readouterr().out == "\nT\nname          n\na             1\nlong name  1000\n"


def test_a_table_without_rows_prints_nothing(capsys: Capture) -> None:
    show_table("T", ("name", "n"), [])
    assert capsys.readouterr() == ("", "")


def test_a_cell_that_breaks_the_line_or_commands_the_terminal_is_shown_as_written(capsys: Capture) -> None:
    show_table("T\x1b[2J", ("name",), [("two\nlines\x1b[31m",)])
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "two\\nlines" in out
    assert len(out.splitlines()) == 4


def test_a_cell_of_a_page_is_cut_in_its_middle(capsys: Capture) -> None:
    show_table("T", ("name",), [("a" * 5000,)])
    line = capsys.readouterr().out.splitlines()[-1]
    assert len(line) < 1000
    assert "characters" in line


def test_data_go_to_standard_output_and_messages_to_standard_error(capsys: Capture) -> None:
    show("a", "b\nc")
    show()
    show_text("two\nlines")
    say("message\nof one line")
    out, err = capsys.readouterr()
    assert out == "a\nb\\nc\n\ntwo\nlines\n"
    assert err == "message\\nof one line\n"


def test_a_terminal_folds_what_a_pipe_gets_whole(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "30")
    show_table("T", ("name", "n"), [("word " * 12, "1")])
    lines = [re.sub(r"\x1b\[\d*m", "", line) for line in capsys.readouterr().out.splitlines()]
    assert max(map(len, lines)) <= 30
    assert " ".join(lines).count("word") == 12


# --- exit codes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (ScenarioError("is torn", file="a.toml", cure="mend it"), BAD_INPUT, "a.toml: is torn, mend it"),
        (DataError("is torn", key="--rows"), BAD_INPUT, "--rows: is torn"),
        (ModelError("is torn"), BAD_INPUT, "is torn"),
        (SolverError("stopped on day 3"), FAILED, "stopped on day 3"),
        (KeyboardInterrupt(), INTERRUPTED, "nothing was left half-written"),
    ],
)
def test_every_kind_of_error_has_its_exit_code_and_one_line(
    capsys: Capture, error: BaseException, code: int, said: str
) -> None:
    with pytest.raises(typer.Exit) as caught, _told():
        raise error
    assert caught.value.exit_code == code
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("number", "code", "says"),
    [(errno.EPIPE, READER_GONE, False), (errno.ENOSPC, BAD_INPUT, True), (errno.EIO, BAD_INPUT, True)],
)
def test_standard_output_that_cannot_take_more_ends_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, number: int, code: int, says: bool
) -> None:
    monkeypatch.setattr("immunosim.cli.application._give_up_output", lambda: None)
    with pytest.raises(typer.Exit) as caught, _told():
        raise OSError(number, "no more")
    assert caught.value.exit_code == code
    assert bool(capsys.readouterr().err) is says


def test_a_fault_of_a_file_or_of_the_program_is_not_hidden() -> None:
    for error in (OSError(errno.EIO, "no more", "a.toml"), ZeroDivisionError("ours")):
        with pytest.raises(type(error)), _told():
            raise error


# --- options as records ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Design:
    """Options of a design."""

    n: Annotated[int, typer.Option("-n", help="How many.")]
    kind: Annotated[str, typer.Option("--kind", help="Which.")] = "grid"


@dataclass(frozen=True)
class Saving:
    """Options of saving."""

    out: Annotated[Path | None, typer.Option("--out", help="Where.")] = None


def app_of(verb: Callable[..., None]) -> typer.Typer:
    app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
    app.command()(with_option_groups(verb))
    return app


def test_two_records_and_plain_options_come_back_as_they_were_declared() -> None:
    got: list[Any] = []

    def verb(
        path: Annotated[str, typer.Argument()], design: Design, loud: bool = False, saving: Saving = Saving()
    ) -> None:
        """Do it."""
        got.extend([path, design, loud, saving])

    result = CliRunner().invoke(app_of(verb), ["a.toml", "-n", "3", "--out", "x", "--loud"])
    assert result.exit_code == 0, result.output
    assert got == ["a.toml", Design(3), True, Saving(Path("x"))]


def test_a_field_without_a_default_is_required_and_one_of_another_type_refused() -> None:
    def verb(design: Design) -> None:
        """Do it."""

    for words in ([], ["-n", "three"]):
        result = CliRunner().invoke(app_of(verb), words)
        assert result.exit_code == BAD_INPUT
        assert "-n" in result.output


def test_the_help_lists_the_fields_and_not_the_record() -> None:
    def verb(design: Design) -> None:
        """Do it."""

    text = CliRunner().invoke(app_of(verb), ["--help"]).output
    assert "How many." in text
    assert "Which." in text
    assert "--design" not in text


# --- progress --------------------------------------------------------------------------------------------------------


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a user be told at once."""
    monkeypatch.setattr(progress_module, "PATIENCE", 0.0)


def test_what_is_quick_is_silent_without_a_terminal(capsys: Capture) -> None:
    with progress("Simulating"):
        pass
    assert capsys.readouterr() == ("", "")


def test_without_a_terminal_a_line_has_no_control_characters(quick: None, capsys: Capture) -> None:
    told = threading.Event()

    class Once(Progress):
        def line(self, seconds: float) -> str:
            told.set()
            return super().line(seconds)

    shown, ended = Once("Simulating\x1b[2J"), threading.Event()
    watcher = threading.Thread(target=progress_module._watch, args=(shown, ended))
    watcher.start()
    assert told.wait(20.0)
    ended.set()
    watcher.join()
    out, err = capsys.readouterr()
    assert out == ""
    assert "Simulating" in err
    assert "\x1b" not in err
    assert "\r" not in err


def test_a_sentence_begins_a_step_of_its_first_words(capsys: Capture) -> None:
    shown = Progress("Reading")
    shown.detail = "3 of 4"
    shown.announce("Compiling the loop, once per installation (some seconds)")
    assert (shown.task, shown.detail) == ("Compiling the loop", "")
    assert shown.line(3.4) == "Compiling the loop (3 s)"
    assert capsys.readouterr().err.startswith("Compiling the loop, once")


def test_a_step_begins_after_the_last_patient(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Progress("Simulating")
    report = shown.counting(4, "Writing")
    report(3, 1)
    assert shown.task == "Simulating"
    assert shown.line(1.0).startswith("Simulating: 3 of 4 patients")
    assert "1 failed" in shown.line(1.0)
    report(1, 0)
    assert (shown.task, shown.detail) == ("Writing", "")


def test_progress_ends_with_its_block_whatever_happens() -> None:
    before = threading.active_count()
    with pytest.raises(RuntimeError), progress("Simulating"):
        raise RuntimeError
    assert threading.active_count() == before


def test_a_count_says_rate_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(counting.time, "monotonic", lambda: now[0])
    patients = Count(10_000, "patients")
    now[0] += 10.0
    assert patients.add(2_000, 0) == "2,000 of 10,000 patients, 200 a second, 40 s left"
    now[0] += 10.0
    assert patients.add(2_000, 5).endswith("200 a second, 30 s left, 5 failed")
    assert Count(10, "x").add(0, 0).split(", ")[2] == "? left"


# --- parts of a run --------------------------------------------------------------------------------------------------


def test_a_part_is_kept_and_found_again_by_a_run_that_goes_on(tmp_path: Path) -> None:
    first = Partial(tmp_path / "results", "data and options", goes_on=False)
    assert first.load("P01/../x") is None
    first.save("P01/../x", {"value": 1.5, "text": "µ"})
    again = Partial(tmp_path / "results", "data and options", goes_on=True)
    found = again.load("P01/../x")
    assert found is not None
    assert (found["value"], found["text"]) == (1.5, "µ")
    assert {entry.name for entry in tmp_path.iterdir()} == {".results-partial"}  # a name leaves its folder in no case


def test_a_part_of_another_run_is_refused_and_left(tmp_path: Path) -> None:
    Partial(tmp_path / "results", "one", goes_on=False).save("P01", {"value": 1})
    with pytest.raises(DataError) as caught:
        Partial(tmp_path / "results", "another", goes_on=True)
    assert "`resume`" in caught.value.cure
    assert Partial(tmp_path / "results", "one", goes_on=True).load("P01") is not None


def test_a_run_that_does_not_go_on_begins_anew(tmp_path: Path) -> None:
    Partial(tmp_path / "results", "one", goes_on=False).save("P01", {"value": 1})
    anew = Partial(tmp_path / "results", "one", goes_on=False)
    assert anew.load("P01") is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "harm", [lambda text: text[: len(text) // 2], lambda text: text.replace(b"1.5", b"2.5"), lambda _: b""]
)
def test_a_damaged_part_is_told_and_made_again(tmp_path: Path, harm: Callable[[bytes], bytes]) -> None:
    told: list[str] = []
    parts = Partial(tmp_path / "results", "one", goes_on=False, announce=told.append)
    parts.save("P01", {"value": 1.5})
    (path,) = (entry for entry in parts.folder.iterdir() if entry.suffix == ".json")
    path.write_bytes(harm(path.read_bytes()))
    assert parts.load("P01") is None
    assert len(told) == 1
    assert "damaged; P01 is computed again" in told[0]


def test_a_run_without_earlier_parts_says_that_it_begins(tmp_path: Path) -> None:
    told: list[str] = []
    with kept_parts(tmp_path / "results", "one", True, "immunosim fit", told.append) as parts:
        parts.save("P01", {"value": 1})
        parts.remove()
    assert len(told) == 1
    assert "starting a new one" in told[0]
    assert not parts.folder.exists()


def test_an_interrupted_run_says_how_to_go_on(capsys: Capture) -> None:
    with pytest.raises(typer.Exit) as caught, interruptible("3 patients", "immunosim fit x.toml"):
        raise KeyboardInterrupt
    assert caught.value.exit_code == INTERRUPTED
    assert "immunosim fit x.toml --resume" in capsys.readouterr().err


# --- whole commands --------------------------------------------------------------------------------------------------

SCENARIO = """
model = "teaching"
title = "患者 <b>"
horizon = "20 days"
[[course]]
drug = "antibody"
start = "0 days"
dose = "30 mg"
infusion = "4 h"
"""


@pytest.fixture
def taught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "taught.toml"
    path.write_text(SCENARIO, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return path


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("check", "taught.toml"), 0),
        (("check", "missing.toml"), BAD_INPUT),
        (("check", "taught.toml", "--set", "horizonn=3 days"), BAD_INPUT),
        (("run", "taught.toml", "--set", "solver.max_steps=2"), FAILED),
        (("nonsense",), BAD_INPUT),
        (("run",), BAD_INPUT),
        (("run", "taught.toml", "--nonsense"), BAD_INPUT),
        (("explain", "taught.toml", "--readout", "tcells"), BAD_INPUT),
        (("compare", "taught.toml"), BAD_INPUT),
        (("--version",), 0),
        (("--help",), 0),
    ],
)
def test_a_command_ends_with_the_code_of_what_happened(
    command: Callable[..., Any], taught: Path, words: tuple[str, ...], code: int
) -> None:
    result = command(*words)
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    if code == BAD_INPUT:
        assert result.stdout == ""
        assert result.stderr


def test_json_of_another_model_is_whole_and_alone_on_standard_output(command: Callable[..., Any], taught: Path) -> None:
    result = command("explain", taught, "--readout", "t_cells", "--accounting", "--json")
    record = json.loads(result.stdout)
    assert record["closed"]
    assert record["readout"] == "t_cells"
