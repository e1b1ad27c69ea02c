"""The generated texts of the shipped models, written when the package is built: a first run then needs no sympy.

Never machine code: that belongs to one processor and one version of LLVM, and is made where it runs.
"""

import shutil

from immunosim.codegen.cache import TEXTS, declaration_key, declared, text_files
from immunosim.codegen.store import SHIPPED, Files, entry_name
from immunosim.models.registry import BUILT_IN, find_model


def write_shipped() -> list[str]:
    """Write every text of the built-in models into the package, in place of earlier ones; return their entries."""
    entries: dict[str, Files] = {}
    for package in map(find_model, BUILT_IN):
        units = tuple(package.parameters().units().items())
        key, net = declaration_key(package, units), declared(package, units)
        entries |= {entry_name(name, key): text_files(net, name) for name in TEXTS}
    shutil.rmtree(SHIPPED.path, ignore_errors=True)
    for entry, files in entries.items():
        SHIPPED.write(entry, files)
    return list(entries)
