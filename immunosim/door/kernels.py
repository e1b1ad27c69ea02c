"""The text of one generated kernel: as Python, or for several patients at once as LLVM IR."""

from __future__ import annotations

import ast
from collections.abc import Callable

from immunosim.codegen.cache import TEXTS, load_text
from immunosim.codegen.kernel_module import KernelModule
from immunosim.errors import ModelError, did_you_mean
from immunosim.models import find_model

LANES = "lanes."
"""What the name of a kernel over lanes begins with."""


def kernel_text(model: str, name: str, announce: Callable[[str], None]) -> str:
    """Return the text of a generated function of a model.

    Parameters
    ----------
    model, name : str
    announce : callable
        Told in a sentence when something slow starts.

    Raises
    ------
    ModelError
        If no kernel has this name, with close matches.
    """
    package = find_model(model)
    units = package.parameters().units()
    modules = {text: load_text(package, units, text, announce) for text in TEXTS}
    texts = _lane_kernels(modules["kernels"]) if name.startswith(LANES) else _kernels(modules)
    if name not in texts:
        raise ModelError(f'unknown kernel "{name}"', cure=did_you_mean(name, texts))
    return texts[name]


def _kernels(modules: dict[str, KernelModule]) -> dict[str, str]:
    """Return the text of every function of some modules, by name."""
    return {
        name: ast.get_source_segment(module.text, function) or ""
        for module in modules.values()
        for name, function in module.functions.items()
    }


def _lane_kernels(module: KernelModule) -> dict[str, str]:
    """Return the functions of the lane core for this processor, LLVM IR before its passes, by name."""
    from immunosim.codegen.vector.build import lane_module
    from immunosim.codegen.vector.processor import host

    lanes = lane_module(module, host().width)
    return {f"{LANES}{function.name}": str(function) for function in lanes.functions if function.blocks}
