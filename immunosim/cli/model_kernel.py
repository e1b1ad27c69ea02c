"""One generated kernel: its text, or as it is computed for several patients at once."""

import ast
import sys

from immunosim.cli.printing import say, show_text
from immunosim.codegen.kernel_module import KernelModule
from immunosim.errors import ModelError, did_you_mean

LANES = "lanes."
"""What the name of a kernel over lanes begins with."""


def show_kernel(name: str, model: str) -> None:
    """Print a generated function of a model, coloured on a terminal.

    Raises
    ------
    ModelError
        If no kernel has this name, with close matches.
    """
    if name.startswith(LANES):
        texts, language = lane_kernels(_texts(model)["kernels"]), "llvm"
    else:
        texts, language = kernels(_texts(model)), "python"
    if name not in texts:
        raise ModelError(f'unknown kernel "{name}"', cure=did_you_mean(name, texts))
    text = texts[name]
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.syntax import Syntax

        Console().print(Syntax(text, language, theme="ansi_light", background_color="default"))
    else:
        show_text(text)


def kernels(modules: dict[str, KernelModule]) -> dict[str, str]:
    """Return the text of every function of some modules, by name."""
    return {
        name: ast.get_source_segment(module.text, function) or ""
        for module in modules.values()
        for name, function in module.functions.items()
    }


def lane_kernels(module: KernelModule) -> dict[str, str]:
    """Return the functions of the lane core for this processor, LLVM IR before its passes, by name."""
    from immunosim.codegen.vector.build import lane_module
    from immunosim.codegen.vector.processor import host

    lanes = lane_module(module, host().width)
    return {f"{LANES}{function.name}": str(function) for function in lanes.functions if function.blocks}


def _texts(model: str) -> dict[str, KernelModule]:
    """Return the texts of a model by name."""
    from immunosim.codegen.cache import TEXTS, load_text
    from immunosim.models import find_model

    package = find_model(model)
    units = package.parameters().units()
    return {name: load_text(package, units, name, say) for name in TEXTS}
