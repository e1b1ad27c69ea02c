"""What the benchmark of cold and warm starts counts, and the edit that it makes."""

import json
import sys
from pathlib import Path

import pytest

from benchmarks import start
from benchmarks.start import AFTER, EDITED, PACKAGE, Start, edited_copy, processor_time

BUSY = "sum(i * i for i in range(2_000_000))"
IN_A_CHILD = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BUSY!r}])"


def test_the_time_of_children_counts() -> None:
    idle = processor_time([sys.executable, "-c", "pass"])
    assert processor_time([sys.executable, "-c", IN_A_CHILD]) > 2 * idle


def test_one_file_of_the_copy_is_edited(tmp_path: Path) -> None:
    copy = edited_copy(tmp_path) / PACKAGE.name
    sources = [path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py")]
    changed = [path for path in sources if (copy / path).read_bytes() != (PACKAGE / path).read_bytes()]
    assert changed == [Path(EDITED)]
    assert AFTER in (copy / EDITED).read_text(encoding="utf-8")


def test_an_edit_that_finds_nothing_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "BEFORE", "not there")
    with pytest.raises(ValueError, match="does not hold"):
        edited_copy(tmp_path)


def test_every_command_is_in_the_table_and_in_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "processor_time", lambda command, environment: 2.0)
    lines: list[str] = []
    start.main(["--rounds", "2", "--cold-rounds", "2", "--json", str(tmp_path / "found.json")], lines.append)
    names = [one["name"] for one in json.loads((tmp_path / "found.json").read_text())["starts"]]
    assert len(names) == 8
    assert all(any(line.startswith(name) for line in lines) for name in names)


def test_a_ratio_is_the_median_over_rounds_of_the_ratio_to_the_yardstick_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads = iter([1.0, 3.0, 1.0])  # the machine is busy in the second round
    now = [1.0]

    def taken(command: list[str], environment: dict[str, str]) -> float:
        is_yardstick = start.YARDSTICK in command
        now[0] = next(loads) if is_yardstick else now[0]
        return now[0] * (1.0 if is_yardstick else 0.5)

    monkeypatch.setattr(start, "processor_time", taken)
    found: list[Start] = start._warm(tmp_path, 3)
    assert {one.name: one.ratio for one in found if one.name != "yardstick"} == dict.fromkeys(
        ["run, files and figure", "run --json", "check", "--help"], 0.5
    )


def test_a_command_imports_the_package_that_its_environment_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "other" / "immunosim").mkdir(parents=True)
    (tmp_path / "other" / "immunosim" / "__init__.py").write_text("import pathlib; pathlib.Path('seen').touch()")
    monkeypatch.chdir(PACKAGE.parent)
    processor_time([sys.executable, "-c", "import immunosim"], start._environment(tmp_path, tmp_path / "other"))
    assert (tmp_path / "home" / "seen").is_file()
