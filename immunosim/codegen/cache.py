"""Texts of a network's kernels: those that came with the package, those in the cache, or written now.

What finds the text of a declared model without declaring it is a hash of the sources that declare and emit it; what its
machine code is known by is the text itself. So two networks never share kernels, whatever their names.
"""

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from immunosim.codegen.kernel_module import KernelModule, as_tuples
from immunosim.codegen.store import (
    MAKES_CODE,
    MAKES_TEXT,
    PACKAGE,
    Announce,
    Files,
    MachineStore,
    entry_name,
    fingerprint,
    maker_of_text,
    sources_digest,
    versions,
)
from immunosim.model.package import ModelPackage

TEXTS = ("kernels", "derivatives", "gradients", "variations")
"""The texts of a network; all but the first are written when they are first asked for, or when the package is built."""

TEXT, TABLES = "text.txt", "tables.json"

Units = tuple[tuple[str, str], ...]


def declaration_key(package: ModelPackage, parameter_units: Units) -> str:
    """Return the hash of what shapes the texts of a model: its declaration, the emitter, the parameters."""
    of_package = [(path.name, path.read_bytes()) for path in package.sources if PACKAGE not in path.parents]
    return entry_name(
        "declared", package.name, package.network, parameter_units, sources_digest(MAKES_TEXT), of_package
    )


def load_text(package: ModelPackage, parameter_units: Mapping[str, str], name: str, announce: Announce) -> KernelModule:
    """Return a text of a model, written first where it is nowhere.

    Parameters
    ----------
    package : ModelPackage
    parameter_units : mapping of str to str
        Unit of every primary parameter, in order.
    name : str
        One of ``TEXTS``.
    announce : callable
        Receives a sentence before a slow step, or is damaged.

    Raises
    ------
    ModelError
        If the cache can be written by others, or the model cannot be declared.
    """
    return _load_text(package, tuple(parameter_units.items()), name, MachineStore(announce))


def text_of(net: Any, name: str = "kernels", store: MachineStore | None = None) -> KernelModule:
    """Return a text of a network that was declared in this process.

    Parameters
    ----------
    net : Network
    name : str
        One of ``TEXTS``.
    store : MachineStore, optional
        Where machine code is kept.
    """
    return KernelModule(_writer(name)(net), store=store)


def numerics_key(module: KernelModule) -> str:
    """Return the hash by which results name what computed them: text, numerics and versions."""
    return fingerprint(module.digest, sources_digest(MAKES_CODE), versions("numba", "llvmlite"))[:16]


_LOADED: dict[str, KernelModule] = {}


def _load_text(package: ModelPackage, units: Units, name: str, store: MachineStore) -> KernelModule:
    key = entry_name(name, declaration_key(package, units))
    if key not in _LOADED:
        waiting = "Generating the text of the model's kernels, once per installation (a few seconds)"
        files = store.get(key, lambda: text_files(declared(package, units), name), maker_of_text(), waiting)
        _LOADED[key] = KernelModule(files[TEXT].decode(), as_tuples(json.loads(files[TABLES])), store)
    return _LOADED[key]


def text_files(net: Any, name: str) -> Files:
    """Return a text of a network and its tables, as they are kept."""
    module = text_of(net, name)
    return {TEXT: module.text.encode(), TABLES: json.dumps(module.tables).encode()}


@cache
def declared(package: ModelPackage, units: Units) -> Any:
    """Return the network of a model."""
    return package.declare(dict(units))


def _writer(name: str) -> Callable[[Any], str]:
    from immunosim.codegen import emit, variations

    writers = (emit.core_text, emit.derivatives_text, emit.gradients_text, variations.variations_text)
    return dict(zip(TEXTS, writers, strict=True))[name]
