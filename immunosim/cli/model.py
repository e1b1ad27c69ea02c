"""``immunosim model``: the model itself, as tables, equations, generated code or a drawing."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from immunosim.cli.options import AsJson, OfModel
from immunosim.cli.printing import say, show_text
from immunosim.errors import ModelError, any_of, did_you_mean
from immunosim.models.registry import DEFAULT_MODEL

if TYPE_CHECKING:
    from immunosim.model.network import Network

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
    if kernel:
        from immunosim.cli.model_kernel import show_kernel

        show_kernel(kernel, of_model)
    elif diagram:
        _draw(diagram, of_model)
    elif topic == "latex":
        _show_latex(mechanism, of_model)
    else:
        _show_records(topic, mechanism, as_json, of_model)


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


def _show_records(topic: str, mechanism: str, as_json: bool, of_model: str) -> None:
    from immunosim.cli.model_tables import records, show_kind, show_overview, show_part
    from immunosim.cli.model_text import equations_text
    from immunosim.codegen.equations import describe

    everything = describe(_network(of_model))
    part = everything.of(mechanism) if mechanism else everything
    if as_json:
        from immunosim.report import to_json

        show_text(to_json(records(part, topic if topic in TABLES else "")).rstrip())
    elif topic == "equations":
        show_text(equations_text(everything, mechanism))
    elif topic:
        show_kind(part, topic)
    elif mechanism:
        show_part(part)
    else:
        show_overview(part)


def _show_latex(mechanism: str, of_model: str) -> None:
    from immunosim.codegen.latex import latex_document
    from immunosim.models import load_parameters

    show_text(latex_document(_network(of_model), load_parameters(model=of_model), mechanism).rstrip())


def _draw(path: Path, of_model: str) -> None:
    from immunosim.codegen.equations import describe
    from immunosim.plots import encoded
    from immunosim.plots.network_diagram import FORMATS, network_diagram
    from immunosim.report import OutputError, write_file

    kind = path.suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        reason = f'a diagram cannot be written as "{path.suffix}"' if path.suffix else "the name has no ending"
        raise OutputError(reason, file=str(path), cure=f"end the name in {any_of([f'.{name}' for name in FORMATS])}")
    write_file(path, encoded(network_diagram(describe(_network(of_model))), kind, dpi=200))
    say(f"Wrote {path}")


def _network(name: str) -> "Network":
    from immunosim.models import find_model

    package = find_model(name)
    network: Network = package.declare(package.parameters().units(), is_validated=False)
    return network
