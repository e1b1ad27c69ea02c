"""``immunosim help``: the help of all verbs, or of one."""

from typing import Annotated, Any

import typer

from immunosim.cli.printing import show_text


def help(
    context: typer.Context,
    verb: Annotated[
        list[str] | None, typer.Argument(metavar="[VERB]", help="A verb, by default all of them.", show_default=False)
    ] = None,
) -> None:
    """Show the help of all verbs, or of one verb."""
    everything: Any = context.parent
    if not verb:
        show_text(everything.get_help())
        return
    name, command, rest = everything.command.resolve_command(everything, verb)
    while rest and hasattr(command, "resolve_command"):  # a verb of verbs, such as data check
        everything = command.make_context(name, rest, parent=everything, resilient_parsing=True)
        name, command, rest = command.resolve_command(everything, rest)
    command.make_context(name, ["--help"], parent=everything)
