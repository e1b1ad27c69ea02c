"""The machine: operating system, processor, memory; what cannot be found out is left out."""

from __future__ import annotations

import platform
from pathlib import Path

from immunosim.diagnosis.records import Finding, Severity
from immunosim.machine import cores

SIMD = ("sse4.2", "avx", "avx2", "fma", "avx512f", "neon", "sve")
"""Vector instructions that matter for the kernels, as LLVM calls them."""

LITTLE_MEMORY = 1.0
"""Gigabytes below which compiling, which takes about half of one, may fail."""


def machine_findings() -> list[Finding]:
    """Return operating system, processor and memory."""
    return [
        Finding("system", f"{platform.system()} {platform.release()} ({platform.machine()})"),
        Finding("processor", f"{_processor()}, {cores()} cores for this process"),
        _vectors(),
        _memory(),
    ]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _vectors() -> Finding:
    from llvmlite import binding

    features = binding.get_host_cpu_features()
    present = [name for name in SIMD if features.get(name)]
    return Finding("vectors", f"{', '.join(present) or 'none known'} (LLVM compiles for {binding.get_host_cpu_name()})")


def _memory() -> Finding:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="utf-8").splitlines()
        kilobytes = {line.partition(":")[0]: int(line.split()[1]) for line in lines if line.endswith("kB")}
        total, free = (kilobytes[name] / 1e6 for name in ("MemTotal", "MemAvailable"))
    except (OSError, KeyError):
        return Finding("memory", "not known on this system")
    found = f"{free:.1f} of {total:.1f} GB available"
    if free < LITTLE_MEMORY:
        cure = "close other programs, or report fewer output times"
        return Finding("memory", found, Severity.WARNING, cure)
    return Finding("memory", found)
