"""Each finding of an examination, constructed: packages, machine, cache, core, reference and self-test."""

import platform
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from immunosim.diagnosis import examination, machine, software
from immunosim.diagnosis.examination import guarded
from immunosim.diagnosis.machine import machine_findings
from immunosim.diagnosis.records import Finding, Severity
from immunosim.diagnosis.reference import LIMIT, ReferenceTest, digest_of
from immunosim.diagnosis.self_test import DOSES, SelfTest, largest_error
from immunosim.diagnosis.self_test import LIMIT as SELF_TEST_LIMIT
from immunosim.diagnosis.software import package_finding, software_findings
from immunosim.errors import DataError


def by_name(findings: list[Finding]) -> dict[str, Finding]:
    return {one.name: one for one in findings}


# --- packages --------------------------------------------------------------------------------------------------------


def importing(error: BaseException | None) -> Callable[[str], Any]:
    def load(_name: str) -> Any:
        if error is not None:
            raise error
        return SimpleNamespace()

    return load


@pytest.mark.parametrize(
    ("error", "found", "cure"),
    [
        (ModuleNotFoundError(name="h5py"), "not installed", "pip install h5py"),
        (ModuleNotFoundError(name="cycler.core"), "cycler.core is missing", "pip install cycler"),
        (ImportError("libhdf5.so: cannot open\nsecond line"), "libhdf5.so: cannot open", "--force-reinstall h5py"),
        (OSError(), "OSError", "--force-reinstall h5py"),
        (AttributeError("no attribute"), "no attribute", "--force-reinstall h5py"),
    ],
)
def test_a_package_that_cannot_be_used_is_a_problem_with_its_cure(
    monkeypatch: pytest.MonkeyPatch, error: BaseException, found: str, cure: str
) -> None:
    monkeypatch.setattr(software, "import_module", importing(error))
    finding = package_finding("h5py")
    assert finding.state is Severity.PROBLEM
    assert found in finding.found
    assert "\n" not in finding.found
    assert cure in finding.cure


def test_a_package_that_works_is_told_by_its_version() -> None:
    assert package_finding("numpy") == Finding("numpy", metadata.version("numpy"))


def test_a_module_without_a_record_of_its_installation_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(software, "import_module", importing(None))
    assert package_finding("no_such_package_of_anybody").state is Severity.PROBLEM


@pytest.mark.parametrize(
    ("required", "found"),
    [
        (["numpy>=2"], {}),
        (["absent-one>=1; extra == 'fit'", 'absent-two[x]~=2 ; extra == "fit"'], {"extra fit": "absent-one"}),
        (["numpy>=1; extra == 'fit'", "immunosim[fit]; extra == 'test'"], {}),
        (["absent-one; python_version < '4' and extra == 'sweep'"], {"extra sweep": "absent-one"}),
    ],
)
def test_extras_that_are_not_there_are_optional(
    monkeypatch: pytest.MonkeyPatch, required: list[str], found: dict[str, str]
) -> None:
    monkeypatch.setattr(metadata, "requires", lambda _name: required)
    extras = {name: one for name, one in by_name(list(software._extras())).items() if name.startswith("extra")}
    assert {name: name in extras for name in found} == dict.fromkeys(found, True)
    assert set(extras) == set(found)
    for name, package in found.items():
        assert package in extras[name].found
        assert extras[name].state is Severity.OK
        assert f"immunosim[{name.split()[1]}]" in extras[name].cure


def test_every_needed_package_has_a_finding_after_python() -> None:
    names = [one.name for one in software_findings()]
    assert names[:2] == ["immunosim", "python"]
    assert set(software.NEEDED) <= set(names)


def test_a_source_tree_says_that_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    assert "not installed" in software._own_version()


# --- machine ---------------------------------------------------------------------------------------------------------


def proc(monkeypatch: pytest.MonkeyPatch, **files: str | None) -> None:
    """Let files below /proc hold other text, or none."""
    read = Path.read_text

    def text(self: Path, *args: Any, **kwargs: Any) -> str:
        if self.parent == Path("/proc") and self.name in files:
            content = files[self.name]
            if content is None:
                raise FileNotFoundError(self)
            return content
        return read(self, *args, **kwargs)

    monkeypatch.setattr(Path, "read_text", text)


@pytest.mark.parametrize(
    ("free", "state"), [(900_000, Severity.WARNING), (8_000_000, Severity.OK), (1_000_000, Severity.OK)]
)
def test_little_memory_is_a_warning_with_a_cure(monkeypatch: pytest.MonkeyPatch, free: int, state: Severity) -> None:
    proc(monkeypatch, meminfo=f"MemTotal:       16000000 kB\nMemAvailable:    {free} kB\nHugePages_Total:  0\n")
    found = by_name(machine_findings())["memory"]
    assert found.state is state
    assert f"{free / 1e6:.1f} of 16.0 GB" in found.found
    assert bool(found.cure) == (state is Severity.WARNING)


@pytest.mark.parametrize("text", [None, "MemTotal: 1 kB\n", ""])
def test_memory_that_cannot_be_found_out_is_not_a_problem(monkeypatch: pytest.MonkeyPatch, text: str | None) -> None:
    proc(monkeypatch, meminfo=text)
    found = by_name(machine_findings())["memory"]
    assert found.state is Severity.OK
    assert "not known" in found.found


@pytest.mark.parametrize(
    ("text", "name"),
    [("model name\t: A fast one\nflags: x\n", "A fast one"), ("flags: x\n", ""), (None, "")],
)
def test_the_processor_is_named_or_its_architecture(
    monkeypatch: pytest.MonkeyPatch, text: str | None, name: str
) -> None:
    proc(monkeypatch, cpuinfo=text)
    monkeypatch.setattr(platform, "processor", lambda: "")
    found = by_name(machine_findings())["processor"].found
    assert found.startswith(name or platform.machine())
    assert "cores" in found


def test_vectors_that_llvm_does_not_name_are_none_known(monkeypatch: pytest.MonkeyPatch) -> None:
    from llvmlite import binding

    monkeypatch.setattr(binding, "get_host_cpu_features", lambda: {"avx": False})
    assert by_name(machine_findings())["vectors"].found.startswith("none known")
    monkeypatch.setattr(binding, "get_host_cpu_features", lambda: {"fma": True, "avx": True, "sse9": True})
    assert by_name(machine_findings())["vectors"].found.startswith("avx, fma (")
    assert machine.SIMD.index("avx") < machine.SIMD.index("fma")


# --- one part does not hide another ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "found", "cure"),
    [
        (DataError("is torn", cure="mend it"), "is torn", "mend it"),
        (ImportError("first\nsecond"), "first", "packages named above"),
        (RuntimeError(), "RuntimeError", "packages named above"),
    ],
)
def test_a_look_that_stops_is_a_problem_of_its_own_name(error: Exception, found: str, cure: str) -> None:
    def look() -> Iterator[Finding]:
        yield Finding("seen before", "lost with the look")
        raise error

    (finding,) = guarded("part", look)
    assert (finding.name, finding.found, finding.state) == ("part", found, Severity.PROBLEM)
    assert cure in finding.cure


def test_what_nobody_expects_is_not_swallowed() -> None:
    def look() -> Iterator[Finding]:
        raise KeyboardInterrupt
        yield

    with pytest.raises(KeyboardInterrupt):
        guarded("part", look)


def test_the_examination_goes_on_after_a_part_that_stops_and_ends_with_the_self_test(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def torn() -> Iterator[Finding]:
        raise DataError("is torn", cure="mend it")

    def sound() -> Iterator[Finding]:
        yield Finding("self-test", "fine")

    monkeypatch.setattr(examination, "software_findings", list)
    monkeypatch.setattr(examination, "machine_findings", torn)
    for part in ("_cache", "_core", "_ensembles", "_reference"):
        monkeypatch.setattr(examination, part, torn)
    monkeypatch.setattr(examination, "_self_test", sound)
    found = list(examination.examine())
    assert [one.name for one in found] == ["machine", "cache", "core", "ensembles", "reference", "self-test"]
    assert [one.state for one in found] == [Severity.PROBLEM] * 5 + [Severity.OK]


# --- reference and self-test -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("digest", "expected", "difference", "passes", "words"),
    [
        ("a", "a", 0.0, True, "same bits"),
        ("a", "b", 0.0, False, "NOT the bits"),
        ("a", "", 0.5 * LIMIT, True, "no digest is known"),
        ("a", "", 2.0 * LIMIT, False, "no digest is known"),
        ("a", "", np.nan, False, "no digest is known"),
        ("a", "a", np.nan, False, "same bits"),
    ],
)
def test_bits_are_judged_where_they_are_known_and_values_everywhere(
    digest: str, expected: str, difference: float, passes: bool, words: str
) -> None:
    found = ReferenceTest("x86_64", digest, expected, difference)
    assert found.passed is passes
    assert words in found.sentence


def test_one_bit_of_one_number_changes_the_digest_and_the_order_of_memory_does_not() -> None:
    states = np.arange(24.0).reshape(2, 3, 4)
    changed = states.copy()
    changed[1, 2, 3] = np.nextafter(changed[1, 2, 3], np.inf)
    assert digest_of(np.asfortranarray(states)) == digest_of(states) == digest_of(states.astype(">f8"))
    assert digest_of(changed) != digest_of(states)


@pytest.mark.parametrize(
    ("status", "error", "passes"),
    [("OK", 0.0, True), ("OK", SELF_TEST_LIMIT, True), ("OK", 2 * SELF_TEST_LIMIT, False), ("OK", np.nan, False),
     ("MAX_STEPS", 0.0, False)],
)  # fmt: skip
def test_a_self_test_passes_with_the_known_answer_alone(status: str, error: float, passes: bool) -> None:
    assert SelfTest(0.1, 0.1, status, error).passed is passes


class Known:
    """A solution of the known problem, computed by the exponential law, with one pool off by a factor."""

    def __init__(self, wrong: str = "", factor: float = 1.0) -> None:
        self.time = np.linspace(0.0, 20.0, 81)
        rates = {"prednisolone_absorption_rate": 30.0, "triamcinolone_dissolution_rate": 0.05}
        position = {name: place for place, name in enumerate(rates)}
        self.problem = SimpleNamespace(vector=np.array(list(rates.values())), model=SimpleNamespace(position=position))
        after = np.maximum(self.time - 5.0, 0.0)
        given = self.time > 5.0
        self.values = {
            "prednisolone_gut": np.where(given, 50.0 * np.exp(-30.0 * after), 0.0),
            "triamcinolone_depot": np.where(given, 10.0 * np.exp(-0.05 * after), 0.0),
            "lymphocytes": np.full(81, 1.8),
        }
        if wrong:
            self.values[wrong][15] *= factor

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


def test_the_error_of_a_solution_is_relative_to_dose_and_untreated_count() -> None:
    assert largest_error(Known()) < 1e-15  # type: ignore[arg-type]
    known: Any = Known()
    known.values["triamcinolone_depot"][40] += 0.02 * DOSES["triamcinolone_depot"]
    assert largest_error(known) == pytest.approx(0.02)
    assert largest_error(Known("lymphocytes", 1.004)) == pytest.approx(0.004)  # type: ignore[arg-type]
    assert np.isnan(largest_error(Known("lymphocytes", np.nan)))  # type: ignore[arg-type]
