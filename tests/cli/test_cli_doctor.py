"""``immunosim doctor`` finds what is broken, says what to do, and simulates a problem whose answer is known."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from immunosim.codegen import store
from immunosim.codegen.sealed import Folder
from immunosim.codegen.store import entry_name, maker_of_code
from immunosim.diagnosis import Finding, Severity, examination, self_test, software
from immunosim.diagnosis.examination import guarded
from immunosim.errors import ModelError

Command = Callable[..., Result]

ROOT = Path(__file__).parents[2]


def doctor(before: str = "", **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run the doctor in a process of its own, after a few lines of Python."""
    text = f"import sys\n{before}\nfrom immunosim.cli.main import main\nmain()"
    inherited = os.environ | {"PYTHONPATH": str(ROOT)} | environment
    command = [sys.executable, "-c", text, "doctor", "--json"]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=inherited)


def findings(text: str) -> dict[str, dict[str, str]]:
    return {finding["name"]: finding for finding in json.loads(text)["findings"]}


def test_a_healthy_installation_is_told_so(command: Command) -> None:
    result = command("doctor")
    assert result.exit_code == 0, result.output
    for name in ("immunosim", "numba", "llvmlite", "system", "processor", "memory", "cache", "threads", "self-test"):
        assert f"\n{name} " in result.stdout
    assert "All checks passed." in result.stdout


def test_every_finding_that_is_not_ok_has_a_cure(command: Command) -> None:
    record = json.loads(command("doctor", "--json").stdout)
    assert record["healthy"]
    assert all(finding["cure"] for finding in record["findings"] if finding["state"] != "ok")


def test_the_self_test_agrees_with_the_exponential_law() -> None:
    found = self_test.self_test()
    assert found.passed
    assert found.error < 1e-5  # the default relative tolerance


def test_a_self_test_with_another_answer_fails_the_examination(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    swapped = dict(zip(self_test.RATES, reversed(self_test.RATES.values()), strict=True))
    monkeypatch.setattr(self_test, "RATES", swapped)
    result = command("doctor")
    assert result.exit_code == 3
    assert "Problems: self-test" in result.stderr
    assert "clear the cache" in result.stdout


def test_a_package_that_is_missing_is_named_with_its_cure() -> None:
    found = software.package_finding("no_such_package")
    assert (found.state, found.found) == (Severity.PROBLEM, "not installed")
    assert found.cure.endswith("pip install no_such_package")


@pytest.mark.parametrize(
    ("text", "reason", "package"),
    [
        ("raise OSError('libhalf.so: cannot open')", "libhalf.so: cannot open", "half_installed"),
        ("import no_such_package", "no_such_package is missing", "no_such_package"),
        ("raise RuntimeError", "RuntimeError", "half_installed"),
    ],
)
def test_a_package_that_is_broken_is_told_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, reason: str, package: str
) -> None:
    (tmp_path / "half_installed.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    found = software.package_finding("half_installed")
    assert found.state is Severity.PROBLEM
    assert reason in found.found
    assert found.cure.endswith(package)


@pytest.mark.parametrize("package", ["numba", "platformdirs", "sympy"])
def test_without_a_package_the_examination_still_ends_with_what_to_do(package: str) -> None:
    result = doctor(f"sys.modules[{package!r}] = None")
    assert result.returncode == 3
    assert "Traceback" not in result.stderr
    assert findings(result.stdout)[package]["state"] == "problem"


def test_an_extra_that_is_not_there_is_optional(monkeypatch: pytest.MonkeyPatch) -> None:
    required = ["numpy>=2.0", 'no_such_package>=1 ; extra == "fit"', 'immunosim[test] ; extra == "dev"']
    monkeypatch.setattr(software.metadata, "requires", lambda name: required)
    extra = software.software_findings()[-1]
    assert (extra.name, extra.state) == ("extra fit", Severity.OK)
    assert "no_such_package" in extra.found
    assert "immunosim[fit]" in extra.cure


@pytest.fixture
def small_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """Return a cache with an entry that nothing needs."""
    folder = Folder(tmp_path / "cache")
    folder.write(ENTRY, {"code": b"0"}, maker_of_code())
    monkeypatch.setenv("IMMUNOSIM_CACHE_DIR", str(folder.path))
    return folder


ENTRY = entry_name("driver", "for a test")


def cache_findings() -> dict[str, Finding]:
    return {finding.name: finding for finding in guarded("cache", examination._cache)}


def test_the_cache_is_checked_and_counted(small_cache: Folder) -> None:
    found = cache_findings()["cache"]
    assert found.state is Severity.OK
    assert "1 entries, 1 of this installation, all checked" in found.found


@pytest.mark.parametrize("harm", ["empty", "missing", "no manifest", "link"])
def test_damage_is_named_and_mended(small_cache: Folder, tmp_path: Path, harm: str) -> None:
    entry = small_cache.path / ENTRY
    if harm == "link":
        entry.rename(tmp_path / "elsewhere")
        entry.symlink_to(tmp_path / "elsewhere")
    elif harm == "empty":
        (entry / "code").write_bytes(b"")
    else:
        (entry / ("code" if harm == "missing" else "MANIFEST.json")).unlink()
    found = cache_findings()["damage"]
    assert found.state is Severity.WARNING
    assert ENTRY in found.found
    assert found.found.endswith("set aside")
    assert "made again" in found.cure
    assert not os.path.lexists(entry)
    assert "damage" not in cache_findings()


def test_a_cache_that_others_may_write_is_a_problem_with_a_cure(small_cache: Folder) -> None:
    small_cache.path.chmod(0o777)
    found = cache_findings()["cache"]
    assert found.state is Severity.PROBLEM
    assert "can be written by others" in found.found
    assert "chmod go-w" in found.cure


def test_a_cache_that_cannot_be_written_is_a_warning_with_a_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    monkeypatch.setenv("IMMUNOSIM_CACHE_DIR", str(tmp_path / "file"))
    found = cache_findings()["cache"]
    assert found.state is Severity.WARNING
    assert "cannot be written" in found.found
    assert "IMMUNOSIM_CACHE_DIR" in found.cure


def test_damage_to_what_came_with_the_package_asks_for_another_installation(
    small_cache: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = Folder(tmp_path / "shipped", is_ours=True)
    shipped.write("kernels-1", {"text.txt": b"x = 1"})
    (shipped.path / "kernels-1" / "text.txt").write_bytes(b"x = 2")
    monkeypatch.setattr(store, "SHIPPED", shipped)
    found = cache_findings()["damage"]
    assert "kernels-1: text.txt is not what was written" in found.found
    assert "reinstall" in found.cure


def test_without_compilation_the_core_is_a_warning_and_the_answer_the_same() -> None:
    result = doctor(NUMBA_DISABLE_JIT="1")
    assert result.returncode == 0, result.stderr
    found = findings(result.stdout)
    assert found["core"]["state"] == "warning"
    assert "NUMBA_DISABLE_JIT" in found["core"]["cure"]
    assert found["self-test"]["state"] == "ok"


def test_a_look_that_fails_is_a_finding() -> None:
    def fail() -> list[object]:
        raise ModelError("the kernels are gone", cure="bring them back")

    (found,) = guarded("kernels", fail)  # type: ignore[arg-type]
    assert (found.found, found.state, found.cure) == ("the kernels are gone", Severity.PROBLEM, "bring them back")
