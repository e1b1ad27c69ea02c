"""``immunosim schema``: the JSON Schema of scenario files, for editors."""

from pathlib import Path
from typing import Annotated

import typer

from immunosim.cli.options import OfModel
from immunosim.cli.printing import show, show_text
from immunosim.models.registry import DEFAULT_MODEL


def schema(
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write to this file instead of standard output.")
    ] = None,
    model: OfModel = DEFAULT_MODEL,
) -> None:
    """Print the JSON Schema of scenario files, for completion and validation in editors.

    It knows the parameters, mechanisms and read-outs of a model. What it refuses, 'immunosim check'
    refuses; that also finds what no schema can say, such as doses that overlap.
    """
    from immunosim.door.scenario_files import scenario_schema
    from immunosim.report import to_json, write_file

    text = to_json(scenario_schema(model))
    if out is None:
        show_text(text.rstrip())
        return
    write_file(out, text.encode())
    show(f"Wrote {out}.")
    show(f"Next:  make this the first line of a scenario in the same folder:  #:schema ./{out.name}")
