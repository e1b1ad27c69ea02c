"""One generated kernel: its text in the kernel cache, or as it is computed for several patients at once."""

import ast
import sys
from pathlib import Path
from types import ModuleType

from immunosim.cli.printing import say, show_text
from immunosim.errors import ModelError, did_you_mean

LANES = "lanes."
"""What the name of a kernel over lanes begins with."""


def show_kernel(name: str) -> None:
    """Print a generated function, coloured on a terminal.

    Raises
    ------
    ModelError
        If no kernel has this name, with close matches.
    """
    module = _module()
    path = Path(str(module.__file__))
    if name.startswith(LANES):
        texts, language = lane_kernels(module), "llvm"
    else:
        found, language = kernels(path.parent), "python"
        texts = {kernel: text for kernel, (_, text) in found.items()}
        path = found[name][0] if name in found else path
    if name not in texts:
        raise ModelError(f'there is no kernel "{name}"', cure=did_you_mean(name, texts))
    text = texts[name]
    say(f"From {path}")
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.syntax import Syntax

        Console().print(Syntax(text, language, theme="ansi_light", background_color="default"))
    else:
        show_text(text)


def kernels(folder: Path) -> dict[str, tuple[Path, str]]:
    """Return the file and the text of every function of the modules in a folder, by name."""
    found = {}
    for path in sorted(folder.glob("*.py")):
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines()
        for node in ast.parse(text).body:
            if isinstance(node, ast.FunctionDef):
                # What is only translated for lanes has no decorator.
                first = min((decorator.lineno for decorator in node.decorator_list), default=node.lineno)
                found[node.name] = (path, "\n".join(lines[first - 1 : node.end_lineno]))
    return found


def lane_kernels(module: ModuleType) -> dict[str, str]:
    """Return the functions of the lane core for this processor, LLVM IR before its passes, by name."""
    from immunosim.codegen.vector.build import lane_module
    from immunosim.codegen.vector.processor import host

    text = Path(str(module.__file__)).read_text(encoding="utf-8")
    lanes = lane_module(text, vars(module), host().width)
    return {f"{LANES}{function.name}": str(function) for function in lanes.functions if function.blocks}


def _module() -> ModuleType:
    from immunosim.codegen.loader import load_model
    from immunosim.parameters import load_parameters

    return load_model(load_parameters().units(), say).module
