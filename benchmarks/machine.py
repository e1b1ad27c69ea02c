"""The machine and software that a run was made with."""

import importlib.metadata
import os
from typing import Any

from benchmarks.peers.catalogue import TOOLS
from immunosim.codegen.vector.processor import host
from immunosim.diagnosis.machine import cores, machine_findings

SOFTWARE = ("numpy", "scipy", "numba", "llvmlite", "numbalsoda", "CyRK", "scikit-sundae", "diffrax", "jax")


def describe_machine(width: int | None) -> dict[str, Any]:
    """Return what is known of the machine, the versions that matter, how busy it is, and the lanes in use."""
    found = {finding.name: finding.found for finding in machine_findings()}
    versions = {}
    for name in SOFTWARE:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {
        **found,
        "llvm_processor": host().name,
        "lanes": width or host().width,
        "cores": cores(),
        "load_at_start": load,
        "software": versions,
        "absent": {tool.name: tool.absence for tool in TOOLS.values() if tool.absence},
    }
