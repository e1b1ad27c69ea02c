"""The examination of an installation, from the packages to a simulation with a known answer.

Each part looks for itself, so that what is broken in one is reported and does not hide the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from immunosim.diagnosis.machine import machine_findings
from immunosim.diagnosis.records import Finding, Severity
from immunosim.diagnosis.software import BROKEN, software_findings
from immunosim.errors import ImmunosimError
from immunosim.machine import cores


def examine() -> Iterator[Finding]:
    """Yield every finding; the last one is that of the self-test."""
    yield from software_findings()
    yield from guarded("machine", machine_findings)
    yield from guarded("cache", _cache)
    yield from guarded("core", _core)
    yield from guarded("ensembles", _ensembles)
    yield from guarded("reference", _reference)
    yield from guarded("self-test", _self_test)


def guarded(name: str, look: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """Return what a look finds, or as a problem why it could not look."""
    try:
        return list(look())
    except ImmunosimError as error:
        return [Finding(name, error.reason, Severity.PROBLEM, error.cure or "")]
    except BROKEN as error:
        lines = str(error).splitlines() or [type(error).__name__]
        return [Finding(name, lines[0], Severity.PROBLEM, "mend the packages named above first")]


def _cache() -> Iterator[Finding]:
    from immunosim.codegen.sealed import Folder
    from immunosim.codegen.store import SHIPPED, VARIABLE, cache_root
    from immunosim.diagnosis.kernel_cache import DAMAGED, IN_USE, cache_entries, removable, repair

    folder = Folder(cache_root())
    folder.check()
    entries = cache_entries()
    repaired = repair(entries)
    for entry in (entry for entry in entries if entry.state == DAMAGED):
        summary = f"{entry.path.name}: {entry.reason}; {'set aside' if entry in repaired else 'not used'}"
        yield Finding("damage", summary, Severity.WARNING, "nothing to do: it is made again when it is needed")
    for name, reason in SHIPPED.damage():
        cure = "reinstall immunosim; until then the text is generated once for each user"
        yield Finding("damage", f"{SHIPPED.path / name}: {reason}; not used", Severity.WARNING, cure)
    size = sum(entry.size for entry in entries) / 1e6
    in_use = sum(entry.state == IN_USE for entry in entries)
    summary = f"{folder.path}: {len(entries)} entries, {in_use} of this installation, all checked, {size:.1f} MB"
    if folder.is_writable:
        cure = "to free space, run: immunosim cache clear" if removable(entries) else ""
        yield Finding("cache", f"{summary}, can be written", cure=cure)
    else:
        cure = f"set {VARIABLE} to a folder that can be written, else each run compiles what it does not find"
        yield Finding("cache", f"{summary}, cannot be written", Severity.WARNING, cure)


def _core() -> Iterator[Finding]:
    from immunosim.numerics.compilation import is_compiling
    from immunosim.scenario import Solver

    method = Solver().method
    if is_compiling():
        yield Finding("core", f"machine code driven by Python for single patients; method {method}")
    else:
        cure = "unset NUMBA_DISABLE_JIT: runs take a hundred times longer"
        yield Finding("core", f"plain Python, since NUMBA_DISABLE_JIT is set; {method}", Severity.WARNING, cure)
    yield Finding("threads", f"{cores()}: Python threads over kernels that release the GIL; numba's own are not used")


def _ensembles() -> Iterator[Finding]:
    from immunosim.codegen.loader import load_model
    from immunosim.models import load_parameters

    core = load_model(load_parameters().units()).core
    state = Severity.OK if core.lanes else Severity.WARNING
    yield Finding("ensembles", f"{core.name} core: {core.reason}", state)


def _reference() -> Iterator[Finding]:
    from immunosim.codegen.loader import load_model
    from immunosim.diagnosis.reference import reference_test
    from immunosim.models import load_parameters

    if load_model(load_parameters().units()).core.lanes is None:
        yield Finding("reference", "not compared: ensembles are not solved in lanes here")
        return
    test = reference_test()
    cure = "clear the cache (immunosim cache clear --all) and try again; if it stays, report it with this output"
    yield Finding(
        "reference", test.sentence, Severity.OK if test.passed else Severity.PROBLEM, "" if test.passed else cure
    )


def _self_test() -> Iterator[Finding]:
    from immunosim.diagnosis.self_test import LIMIT, self_test

    test = self_test()
    times = f"loaded in {test.load_seconds:.2f} s, solved in {1000 * test.solve_seconds:.1f} ms"
    result = f"{test.status}, largest error {test.error:.1e} (limit {LIMIT:.0e}); {times}"
    cure = "clear the cache (immunosim cache clear --all) and try again; if it stays, report it with this output"
    yield Finding("self-test", result, Severity.OK if test.passed else Severity.PROBLEM, "" if test.passed else cure)
