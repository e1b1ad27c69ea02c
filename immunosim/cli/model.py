"""``immunosim model``: the model itself, as tables, equations, generated code or a drawing."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from immunosim.cli.options import AsJson, OfModel
from immunosim.cli.printing import say, show_text
from immunosim.errors import ModelError, any_of, did_you_mean
from immunosim.models.registry import DEFAULT_MODEL

if TYPE_CHECKING:
    from immunosim.door.models import ModelDescription

TABLES = ("pools", "processes", "signals", "readouts", "inputs", "constants")
"""What is shown as a table."""

TOPICS = (*TABLES, "equations", "latex")
"""Everything that can be asked of a model."""


def model(
    topic: Annotated[
        str,
        typer.Argument(metavar="[TOPIC]", help=f"{', '.join(TOPICS[:-1])} or {TOPICS[-1]}.", show_default=False),
    ] = "",
    mechanism: Annotated[str, typer.Option("--mechanism", metavar="NAME", help="Show only this mechanism.")] = "",
    kernel: Annotated[
        str,
        typer.Option(
            "--kernel", metavar="NAME", help="Print the generated code of a kernel: rhs, lanes.rhs and others."
        ),
    ] = "",
    diagram: Annotated[
        Path | None,
        typer.Option("--diagram", metavar="FILE", help="Draw the network: .png, .pdf or .svg.", show_default=False),
    ] = None,
    as_json: AsJson = False,
    of_model: OfModel = DEFAULT_MODEL,
) -> None:
    """Show the model: pools, processes, equations, generated code, diagram.

    Without TOPIC an overview. "equations" prints plain text that is also Python arithmetic, "latex" a document that
    LaTeX compiles.
    """
    _refuse_contradictions(topic, mechanism, kernel, diagram, as_json)
    from immunosim.door.models import describe_model

    described = describe_model(of_model, mechanism, announce=say)
    if kernel:
        from immunosim.cli.model_kernel import show_kernel

        show_kernel(kernel, described.kernel(kernel))
    elif diagram:
        _draw(diagram, described)
    elif topic == "latex":
        show_text(described.latex().rstrip())
    else:
        _show_records(described, topic, as_json)


def _refuse_contradictions(topic: str, mechanism: str, kernel: str, diagram: Path | None, as_json: bool) -> None:
    if topic and topic not in TOPICS:
        raise ModelError(f'unknown topic "{topic}"', cure=did_you_mean(topic, TOPICS))
    asked = {topic: topic, "--kernel": kernel, "--diagram": diagram}
    given = [name for name, value in asked.items() if value]
    if len(given) > 1:
        raise ModelError(f"{' and '.join(given)} exclude each other", cure="ask for one at a time")
    for option, value, whole in (
        ("--mechanism", mechanism, ("--kernel", "--diagram")),
        ("--json", as_json, ("--kernel", "--diagram", "latex")),
    ):
        if value and given and given[0] in whole:
            raise ModelError(f"{given[0]} does not go with {option}", cure=f"leave {option} out")


def _show_records(described: "ModelDescription", topic: str, as_json: bool) -> None:
    from immunosim.cli.model_tables import show_kind, show_overview, show_part

    if as_json:
        from immunosim.report import to_json

        show_text(to_json(described.summary(topic if topic in TABLES else "")).rstrip())
    elif topic == "equations":
        show_text(described.equations())
    elif topic:
        show_kind(described, topic)
    elif described.mechanism:
        show_part(described)
    else:
        show_overview(described)


def _draw(path: Path, described: "ModelDescription") -> None:
    from immunosim.plots import encoded
    from immunosim.plots.network_diagram import FORMATS
    from immunosim.report import OutputError, write_file

    kind = path.suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        reason = f'a diagram cannot be written as "{path.suffix}"' if path.suffix else "the name has no ending"
        raise OutputError(reason, file=str(path), cure=f"end the name in {any_of([f'.{name}' for name in FORMATS])}")
    write_file(path, encoded(described.plot(), kind, dpi=200))
    say(f"Wrote {path}")
