"""``immunosim schema``: the JSON Schema of scenario files, for editors."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from immunosim.cli.options import OfModel
from immunosim.cli.printing import show, show_text
from immunosim.models.registry import DEFAULT_MODEL

if TYPE_CHECKING:
    from immunosim.model.network import Network


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
    from immunosim.report import to_json, write_file

    text = to_json(_schema(model))
    if out is None:
        show_text(text.rstrip())
        return
    write_file(out, text.encode())
    show(f"Wrote {out}.")
    show(f"Next:  make this the first line of a scenario in the same folder:  #:schema ./{out.name}")


def _schema(model: str) -> dict[str, Any]:
    from immunosim.models import find_model
    from immunosim.numerics import METHODS
    from immunosim.scenario.drug_names import with_drugs_of
    from immunosim.scenario.schema import scenario_schema

    package = find_model(model)
    parameters = package.parameters()
    network = package.declare(parameters.units(), is_validated=False)  # its names need no compilation
    with with_drugs_of({"model": model}):
        return scenario_schema(
            parameters=[parameters[name] for name in parameters if not parameters[name].belongs_to_patient],
            mechanisms={mechanism.name: mechanism.label for mechanism in network.mechanisms.values()},
            readouts=_readouts(network),
            methods=METHODS,
        )


def _readouts(network: "Network") -> dict[str, str]:
    """Return what may be observed, read-outs before pools, with labels and units."""
    readouts = [(readout.name, readout.label, readout.unit) for readout in network.readouts.values()]
    pools = [(pool.name, pool.label, pool.unit) for pool in network.pools.values()]
    return {name: label if unit == "1" else f"{label}, {unit}" for name, label, unit in readouts + pools}
