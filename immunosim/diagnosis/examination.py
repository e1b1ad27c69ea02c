"""The examination of an installation, from the packages to a simulation with a known answer.

Each part looks for itself, so that what is broken in one is reported and does not hide the others.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from immunosim.diagnosis.machine import machine_findings
from immunosim.diagnosis.records import Finding, State
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
        return [Finding(name, error.reason, State.PROBLEM, error.cure or "")]
    except BROKEN as error:
        lines = str(error).splitlines() or [type(error).__name__]
        return [Finding(name, lines[0], State.PROBLEM, "mend the packages named above first")]


def _cache() -> Iterator[Finding]:
    from immunosim.codegen.cache import PLACE, cache_root, is_writable
    from immunosim.diagnosis.kernel_cache import cache_entries, current_key, stale

    root, entries, key = cache_root(), cache_entries(), current_key()
    size = sum(entry.size for entry in entries) / 1e6
    found = f"{root}: {len(entries)} entries, {size:.1f} MB"
    compiled = any(entry.is_compiled for entry in entries if entry.kind == "in use")
    if is_writable(root):
        cure = "to free space, run: immunosim cache clear" if stale(entries) else ""
        yield Finding("cache", f"{found}, can be written", cure=cure)
    else:
        is_needed = bool(os.environ.get(PLACE)) and not compiled  # else a run compiles in a private folder
        cure = f"set {PLACE} to a folder that can be written"
        yield Finding("cache", f"{found}, cannot be written", State.PROBLEM if is_needed else State.WARNING, cure)
    yield Finding("kernels", f"key {key}, {'compiled' if compiled else 'not compiled yet: the first run does it'}")


def _core() -> Iterator[Finding]:
    import numba

    from immunosim.scenario import Solver

    method = Solver().method
    config: Any = numba.config
    if config.DISABLE_JIT:
        cure = "unset NUMBA_DISABLE_JIT: runs take a hundred times longer"
        yield Finding("core", f"plain Python, since NUMBA_DISABLE_JIT is set; {method}", State.WARNING, cure)
    else:
        yield Finding("core", f"numba for single patients; method {method}")
    yield Finding("threads", f"{cores()}: Python threads over kernels that release the GIL; numba's own are not used")


def _ensembles() -> Iterator[Finding]:
    from immunosim.codegen.loader import load_model
    from immunosim.parameters import load_parameters

    core = load_model(load_parameters().units()).core
    state = State.OK if core.lanes else State.WARNING
    yield Finding("ensembles", f"{core.name} core: {core.reason}", state)


def _reference() -> Iterator[Finding]:
    from immunosim.codegen.loader import load_model
    from immunosim.diagnosis.reference import reference_test
    from immunosim.parameters import load_parameters

    if load_model(load_parameters().units()).core.lanes is None:
        yield Finding("reference", "not compared: ensembles are not solved in lanes here")
        return
    test = reference_test()
    cure = "clear the cache (immunosim cache clear --all) and try again; if it stays, report it with this output"
    yield Finding("reference", test.sentence, State.OK if test.passed else State.PROBLEM, "" if test.passed else cure)


def _self_test() -> Iterator[Finding]:
    from immunosim.diagnosis.self_test import LIMIT, self_test

    test = self_test()
    times = f"loaded in {test.load_seconds:.2f} s, solved in {1000 * test.solve_seconds:.1f} ms"
    found = f"{test.status}, largest error {test.error:.1e} (limit {LIMIT:.0e}); {times}"
    cure = "clear the cache (immunosim cache clear --all) and try again; if it stays, report it with this output"
    yield Finding("self-test", found, State.OK if test.passed else State.PROBLEM, "" if test.passed else cure)
