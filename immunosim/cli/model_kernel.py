"""How the text of a generated kernel is printed: coloured on a terminal."""

import sys

from immunosim.cli.printing import show_text

LANES = "lanes."
"""What the name of a kernel over lanes begins with: its text is LLVM IR."""


def show_kernel(name: str, text: str) -> None:
    """Print a generated function."""
    if not sys.stdout.isatty():
        show_text(text)
        return
    from rich.console import Console
    from rich.syntax import Syntax

    language = "llvm" if name.startswith(LANES) else "python"
    Console().print(Syntax(text, language, theme="ansi_light", background_color="default"))
