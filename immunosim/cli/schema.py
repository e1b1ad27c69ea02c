"""``immunosim schema``: the JSON Schema of scenario files, for editors."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from immunosim.cli.printing import show, show_text

if TYPE_CHECKING:
    from immunosim.model.network import Network


def schema(
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write to this file instead of standard output.")
    ] = None,
) -> None:
    """Print the JSON Schema of scenario files, with which editors complete keys and mark mistakes.

    It knows the parameters, mechanisms and read-outs of this version of the model. What it refuses, 'immunosim check'
    refuses; that also finds what no schema can say, such as doses that overlap.
    """
    from immunosim.report import to_json, write_file

    text = to_json(_schema())
    if out is None:
        show_text(text.rstrip())
        return
    write_file(out, text.encode())
    show(f"Wrote {out}.")
    show(f"Next:  make this the first line of a scenario in the same folder:  #:schema ./{out.name}")


def _schema() -> dict[str, Any]:
    from immunosim.models.alemtuzumab.network import build_network
    from immunosim.numerics import METHODS
    from immunosim.parameters import load_parameters
    from immunosim.patient_parameters import PATIENT_KEYS
    from immunosim.scenario.schema import scenario_schema

    parameters = load_parameters()
    network = build_network(parameters.units())  # the model as it is declared: its names need no compilation
    return scenario_schema(
        parameters=[parameters[name] for name in parameters if name not in PATIENT_KEYS],
        mechanisms={mechanism.name: mechanism.label for mechanism in network.mechanisms.values()},
        readouts=_readouts(network),
        methods=METHODS,
    )


def _readouts(network: "Network") -> dict[str, str]:
    """Return what may be observed, read-outs before pools, with labels and units."""
    readouts = [(readout.name, readout.label, readout.unit) for readout in network.readouts.values()]
    pools = [(pool.name, pool.label, pool.unit) for pool in network.pools.values()]
    return {name: label if unit == "1" else f"{label}, {unit}" for name, label, unit in readouts + pools}
