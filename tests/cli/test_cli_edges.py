"""The edges of the command line: signals, full disks, odd files, odd terminals, very long and very short courses."""

import errno
import io
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from typer.testing import Result

import immunosim.report  # before a test replaces what it imports  # noqa: F401
from immunosim.cli import progress as progress_module
from immunosim.cli.progress import progress

Command = Callable[..., Result]
Contents = Callable[[], list[str]]
Process = subprocess.CompletedProcess[str]

ROOT = Path(__file__).parents[2]
FILES = {"figure.png", "scenario.toml", "summary.json", "trajectory.csv", "trajectory.nc"}
posix = pytest.mark.skipif(os.name != "posix", reason="signals, FIFOs and /dev/full are POSIX")


def arguments_of(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "immunosim", *map(str, arguments)]


def environment(**changes: str) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT)} | changes


def run_process(*arguments: object, folder: Path, **changes: str) -> Process:
    command = arguments_of(*arguments)
    return subprocess.run(
        command, cwd=folder, env=environment(**changes), capture_output=True, text=True, check=False, errors="replace"
    )


# Signals


@posix
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_during_the_first_compilation_leaves_nothing(short: Path, number: int, code: int) -> None:
    cache, folder = short.parent / "cold", short.parent
    command = arguments_of("run", short)
    with subprocess.Popen(
        command, cwd=folder, env=environment(IMMUNOSIM_CACHE_DIR=str(cache)), stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        assert "once per installation" in process.stderr.readline()
        process.send_signal(number)
        rest = process.stderr.read()
    assert process.returncode == code
    assert "Traceback" not in rest
    assert not (folder / "results").exists()
    assert not cache.exists() or not list(cache.glob("writing-*"))


@posix
@pytest.mark.slow
def test_after_an_interrupt_while_machine_code_is_stored_the_next_run_works(short: Path) -> None:
    cache = short.parent / "cold"
    command, place = arguments_of("run", short), environment(IMMUNOSIM_CACHE_DIR=str(cache))
    with subprocess.Popen(command, cwd=short.parent, env=place, stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None and not list(cache.glob("scalar-*")):
            pass  # until the first machine code is stored, and the lanes are to come
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()
    assert process.returncode == 130
    assert not (short.parent / "results").exists()
    assert run_process("run", short, folder=short.parent, IMMUNOSIM_CACHE_DIR=str(cache)).returncode == 0


@posix
@pytest.mark.parametrize("place", ["immunosim.simulation.solve", "immunosim.report.output_files._netcdf"])
def test_ctrl_c_while_solving_or_writing_ends_with_130_and_no_files(
    command: Command, short: Path, contents: Contents, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setattr(place, lambda *_: os.kill(os.getpid(), signal.SIGINT))
    given = signal.signal(signal.SIGINT, signal.default_int_handler)  # shells let background jobs ignore it
    try:
        result = command("run", short)
    finally:
        signal.signal(signal.SIGINT, given)
    assert result.exit_code == 130
    assert "Interrupted" in result.stderr
    assert contents() == ["short.toml"]


@posix
def test_a_termination_while_writing_removes_the_half_written_folder(short: Path, contents: Contents) -> None:
    text = """
import os, signal
from pathlib import Path
from immunosim.cli.main import main

def terminated(self, content):
    os.kill(os.getpid(), signal.SIGTERM)

Path.write_bytes = terminated
main()
"""
    command = [sys.executable, "-c", text, "run", str(short)]
    result = subprocess.run(command, cwd=short.parent, env=environment(), capture_output=True, text=True, check=False)
    assert result.returncode == 143
    assert "Traceback" not in result.stderr
    assert contents() == ["short.toml"]


# Disks and folders


def test_a_full_disk_is_told_and_leaves_nothing(
    command: Command, short: Path, contents: Contents, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, content: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device", str(self))

    monkeypatch.setattr(Path, "write_bytes", full)
    result = command("run", short)
    assert result.exit_code == 2
    assert "No space left on device), free some space" in result.stderr
    assert contents() == ["short.toml"]


def test_a_folder_that_is_a_file_is_refused_before_anything_is_computed(
    command: Command, short: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("immunosim.simulation.simulate", None)
    result = command("run", short, "--out", short)
    assert result.exit_code == 2
    assert "is a file, not a folder, choose another folder with --out" in result.stderr


@posix
def test_two_runs_into_one_folder_leave_one_whole_result(short: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(run_process, "run", short, "--out", "same", folder=short.parent) for _ in range(2)]
        codes = sorted(run.result().returncode for run in runs)
    assert codes in ([0, 0], [0, 2])
    assert {path.name for path in (short.parent / "same").iterdir()} == FILES
    assert {path.name for path in short.parent.iterdir()} == {"same", "short.toml"}


# Standard output


@posix
def test_a_reader_that_stops_early_causes_no_traceback(short: Path) -> None:
    command = arguments_of("params")
    with subprocess.Popen(
        command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode in (0, 141)


@posix
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux")
def test_output_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        command = arguments_of("params")
        result = subprocess.run(command, env=environment(), stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert result.returncode == 2
    assert result.stderr == "Standard output cannot be written: No space left on device\n"


@posix
@pytest.mark.parametrize(("closed", "code"), [(">&-", 2), ("2>&-", 0)])
def test_a_closed_standard_output_is_told_before_anything_is_done(short: Path, closed: str, code: int) -> None:
    line = f"{shlex.join(arguments_of('init', 'new.toml'))} {closed}"
    result = subprocess.run(
        line, shell=True, cwd=short.parent, env=environment(), capture_output=True, text=True, check=False
    )
    assert result.returncode == code
    told = "Standard output is closed: redirect it to a file or to /dev/null\n"
    assert result.stderr == (told if closed == ">&-" else "")
    assert (short.parent / "new.toml").exists() == (code == 0)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_a_terminal_without_a_letter_gets_a_question_mark(short: Path, encoding: str) -> None:
    short.write_text('title = "≥ 1 café"\nhorizon = "9 days"\n', encoding="utf-8")
    changes = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": encoding}
    result = run_process("check", short, folder=short.parent, **changes)
    assert result.returncode == 0, result.stderr
    # Read as UTF-8, which the command line takes where the terminal claims to know ASCII only.
    assert result.stdout.startswith("≥ 1 café\n" if encoding == "ascii" else "? 1 caf\ufffd\n")


@pytest.mark.parametrize("package", ["numpy", "pydantic"])
def test_a_package_that_is_missing_is_named(short: Path, package: str) -> None:
    text = f"import sys\nsys.modules[{package!r}] = None\nfrom immunosim.cli.main import main\nmain()"
    command = [sys.executable, "-c", text, "run", str(short), "--json"]
    result = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    assert result.returncode == 2
    wanted = f"The package {package} is missing, run: python -m pip install {package} (or: immunosim doctor)\n"
    assert result.stderr == wanted


# Scenario files


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty, write at least a horizon"),
        (b"# only a comment\n", "is empty, write at least a horizon"),
        (b"\x00\x01\x02", "is a binary file, name a TOML file"),
        (b'title = "caf\xe9"', "is not UTF-8 text (byte 0xe9 at position 12), save it as UTF-8"),
        (b'extends = "odd.toml"', "the scenario extends itself, name another file"),
        (b'extends = "nowhere.toml"', "nowhere.toml does not exist"),
        (b"#" * 10_000_001, "is larger than 10 MB, name a scenario file"),
    ],
    ids=["empty", "comment", "binary", "latin-1", "itself", "no base", "huge"],
)
def test_an_odd_file_is_refused_with_its_cure(command: Command, short: Path, content: bytes, message: str) -> None:
    odd = short.with_name("odd.toml")
    odd.write_bytes(content)
    result = command("check", odd)
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_byte_order_mark_and_windows_line_ends_are_read(command: Command, short: Path) -> None:
    windows = short.with_name("windows.toml")
    windows.write_bytes(b'\xef\xbb\xbftitle = "W"\r\nhorizon = "9 days"\r\n')
    assert command("check", windows).stdout.startswith("W\n")


def test_a_folder_is_no_scenario(command: Command, short: Path) -> None:
    result = command("check", short.parent)
    assert result.exit_code == 2
    assert "is a folder, name a scenario file in it" in result.stderr


@posix
def test_a_ring_of_links_is_no_scenario(command: Command, short: Path) -> None:
    ring = short.with_name("ring.toml")
    ring.symlink_to(ring)
    result = command("check", ring)
    assert result.exit_code == 2
    assert "cannot be read" in result.stderr


@posix
def test_a_scenario_is_read_from_a_pipe(short: Path) -> None:
    with short.open("rb") as stream:
        command = arguments_of("check", "/dev/stdin")
        result = subprocess.run(command, stdin=stream, env=environment(), capture_output=True, text=True, check=False)
    assert result.stdout.startswith("Short\n"), result.stderr


# Long and short courses


@pytest.mark.parametrize("horizon", ["30 min", "5 h", "3 days"])
def test_a_course_shorter_than_an_output_interval_runs(command: Command, short: Path, horizon: str) -> None:
    brief = short.with_name("brief.toml")
    brief.write_text(f'horizon = "{horizon}"\n[output]\nevery = "1 week"\n', encoding="utf-8")
    assert command("run", brief).exit_code == 0


def test_fifty_years_with_two_courses_end_untreated_again(command: Command, short: Path) -> None:
    course = '[[course]]\nstart = "{} months"\ndose = "12 mg"\ndoses = 3\nevery = "24 h"\n'
    long = short.with_name("long.toml")
    text = 'horizon = "50 years"\n[output]\nevery = "1 month"\n' + course.format(0) + course.format(12)
    long.write_text(text, encoding="utf-8")
    assert command("run", long).exit_code == 0
    last = (short.parent / "results/long/trajectory.csv").read_text(encoding="utf-8").splitlines()
    names, first, final = (line.split(",") for line in (last[0], last[1], last[-1]))
    at = names.index("lymphocytes")
    assert float(final[at]) == pytest.approx(float(first[at]), rel=0.02)  # the last naive cells return slowly


@pytest.mark.slow
def test_five_thousand_daily_doses_are_simulated(command: Command, short: Path) -> None:
    text = 'horizon = "5002 days"\n[solver]\nmax_steps = 1000000\n[[prednisolone]]\nstart = "1 day"\ndose = "5 mg"\n'
    daily = short.with_name("daily.toml")
    daily.write_text(text + 'doses = 5000\nevery = "24 h"\n', encoding="utf-8")
    assert command("run", daily).exit_code == 0


def test_more_output_times_than_anybody_reads_are_refused_with_their_size(command: Command, short: Path) -> None:
    result = command("run", short, "--set", "horizon=300 days", "--set", "output.every=1 min")
    assert result.exit_code == 2
    assert "output times, about 0.8 GB, more than 300000, raise output.every" in result.stderr


def test_where_nothing_is_written_nothing_is_too_large(
    command: Command, short: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("immunosim.report.output_files.MOST_TIMES", 3)
    assert command("run", short, "--json").exit_code == 0
    assert command("run", short).exit_code == 2


def test_a_failure_that_no_pool_decided_names_none(command: Command, short: Path) -> None:
    result = command("run", short, "--set", "solver.max_steps=1")
    assert result.exit_code == 3
    assert "no pool" not in result.stderr


# Where kernels are kept


@posix
@pytest.mark.slow
@pytest.mark.skipif(shutil.which("setpriv") is None and os.geteuid() == 0, reason="root may write everywhere")
def test_a_package_a_home_and_a_cache_that_are_read_only_do_not_stop_a_run(read_only: Path, short: Path) -> None:
    # Root has to lay down the right to write everywhere.
    powers = "-dac_override,-dac_read_search"
    prefix = ["setpriv", "--bounding-set", powers] if os.geteuid() == 0 else []
    place = environment(PYTHONPATH=str(read_only), HOME=str(read_only), XDG_CACHE_HOME=str(read_only))
    del place["IMMUNOSIM_CACHE_DIR"]
    command = [*prefix, *arguments_of("run", short, "--json")]
    result = subprocess.run(command, cwd=short.parent, env=place, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert "cannot be written: compiled for this run only, set IMMUNOSIM_CACHE_DIR" in result.stderr


@pytest.fixture
def read_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a folder with a copy of the package, in which nothing can be written."""
    monkeypatch.setenv("IMMUNOSIM_CACHE_DIR", "unused")
    root = tmp_path / "read_only"
    shutil.copytree(ROOT / "immunosim", root / "immunosim", ignore=shutil.ignore_patterns("__pycache__"))
    folders = [root, *(path for path in root.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    yield root
    for folder in folders:
        folder.chmod(0o755)


# Progress


class Stream(io.StringIO):
    """A standard error that tells when a text has been written to it."""

    def __init__(self, awaited: str, is_terminal: bool) -> None:
        super().__init__()
        self.awaited, self.is_terminal, self.seen = awaited, is_terminal, threading.Event()

    def isatty(self) -> bool:
        return self.is_terminal

    def write(self, text: str) -> int:
        count = super().write(text)
        if self.awaited in self.getvalue():
            self.seen.set()
        return count


def watched(stream: Stream, monkeypatch: pytest.MonkeyPatch, announced: str = "") -> str:
    """Return what progress writes until the awaited text has appeared."""
    monkeypatch.setattr(progress_module, "PATIENCE", 0.0)
    monkeypatch.setattr(sys, "stderr", stream)
    with progress("Writing") as now:
        if announced:
            now.announce(announced)
        assert stream.seen.wait(20.0)
    return stream.getvalue()


def test_a_terminal_gets_a_spinner_that_is_wiped_out(monkeypatch: pytest.MonkeyPatch) -> None:
    text = watched(Stream("/ Writing (", is_terminal=True), monkeypatch)
    assert "| Writing (" in text
    assert text.endswith("\r\x1b[K")


def test_elsewhere_what_takes_long_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    text = watched(Stream("s)\n", is_terminal=False), monkeypatch)
    assert re.fullmatch(r"Writing \(\d+ s\)\n", text)


def test_an_announcement_is_told_at_once_and_counted_on(monkeypatch: pytest.MonkeyPatch) -> None:
    text = watched(Stream("Compiling (", is_terminal=True), monkeypatch, announced="Compiling, once (a minute)")
    assert "Compiling, once (a minute)\n" in text


def test_what_is_quick_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    with progress("Writing"):
        pass
    assert stream.getvalue() == ""
