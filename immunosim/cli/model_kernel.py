"""One generated kernel, as its text stands in the kernel cache."""

import ast
import sys
from pathlib import Path

from immunosim.cli.printing import say, show
from immunosim.errors import ModelError, did_you_mean


def show_kernel(name: str) -> None:
    """Print a generated function, coloured on a terminal.

    Raises
    ------
    ModelError
        If no kernel has this name, with close matches.
    """
    found = kernels(_folder())
    if name not in found:
        raise ModelError(f'there is no kernel "{name}"', cure=did_you_mean(name, found))
    path, text = found[name]
    say(f"From {path}")
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.syntax import Syntax

        Console().print(Syntax(text, "python", theme="ansi_light", background_color="default"))
    else:
        show(text)


def kernels(folder: Path) -> dict[str, tuple[Path, str]]:
    """Return the file and the text of every function of the modules in a folder, by name."""
    found = {}
    for path in sorted(folder.glob("*.py")):
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines()
        for node in ast.parse(text).body:
            if isinstance(node, ast.FunctionDef):
                first = min(decorator.lineno for decorator in node.decorator_list)
                found[node.name] = (path, "\n".join(lines[first - 1 : node.end_lineno]))
    return found


def _folder() -> Path:
    from immunosim.codegen.loader import load_model
    from immunosim.parameters import load_parameters

    return Path(str(load_model(load_parameters().units(), say).module.__file__)).parent
