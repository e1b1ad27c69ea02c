"""Texts of scenario files: the file to start from, and the JSON Schema that editors complete and validate with."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from immunosim.errors import ScenarioError
from immunosim.models.registry import DEFAULT_MODEL
from immunosim.safe_text import shell_command
from immunosim.scenario import load_scenario, schema, template
from immunosim.scenario.examples import located

if TYPE_CHECKING:
    from immunosim.model.network import Network


def starting_scenario(
    file: Path | str = "my_scenario.toml", *, extends: Path | str | None = None, minimal: bool = False
) -> str:
    """Return the text of a scenario to start from, which runs as it is; write it where you like.

    Parameters
    ----------
    file : Path or str
        The file that it is meant for: its comments name it, and a base is relative to its folder.
    extends : Path or str, optional
        The scenario that it changes; by default it stands alone, with two courses.
    minimal : bool
        Leave out comments and all that has a default.

    Raises
    ------
    ScenarioError
        If the base cannot be read, extends another one, or is the file itself.
    """
    target = Path(file)
    name = shell_command([str(target)])
    if extends is None:
        return template.starting_scenario(name, minimal=minimal)
    return template.what_if_scenario(name, _seen_from(target, Path(extends)), minimal=minimal)


def _seen_from(file: Path, base: Path) -> str:
    """Return the path of a base as the new file names it, after making sure that it can be extended."""
    load_scenario(base)
    path = located(base)
    grandparent = tomllib.loads(path.read_text(encoding="utf-8-sig")).get("extends")
    if grandparent is not None:
        cure = "only one level is allowed, start from a scenario that stands alone"
        raise ScenarioError(f'itself extends "{grandparent}"', file=str(base), key="extends", cure=cure)
    if path != base:
        return base.name  # a shipped scenario, which every installation finds by its name
    if file.resolve() == base.resolve():
        raise ScenarioError("would extend itself", file=str(file), cure="choose another name for the new file")
    return Path(os.path.relpath(base.resolve(), file.parent.resolve())).as_posix()


def scenario_schema(model: str = DEFAULT_MODEL) -> dict[str, Any]:
    """Return the JSON Schema of scenario files, with parameters, mechanisms and read-outs of a model.

    Parameters
    ----------
    model : str

    Raises
    ------
    ModelError
        If there is no such model.
    """
    from immunosim.models import find_model
    from immunosim.numerics import METHODS
    from immunosim.scenario.drug_names import with_drugs_of

    package = find_model(model)
    parameters = package.parameters()
    network = package.declare(parameters.units(), is_validated=False)  # its names need no compilation
    with with_drugs_of({"model": model}):
        return schema.scenario_schema(
            parameters=[parameters[name] for name in parameters if not parameters[name].belongs_to_patient],
            mechanisms={mechanism.name: mechanism.label for mechanism in network.mechanisms.values()},
            readouts=_readouts(network),
            methods=METHODS,
        )


def _readouts(network: Network) -> dict[str, str]:
    """Return what may be observed, read-outs before pools, with labels and units."""
    readouts = [(readout.name, readout.label, readout.unit) for readout in network.readouts.values()]
    pools = [(pool.name, pool.label, pool.unit) for pool in network.pools.values()]
    return {name: label if unit == "1" else f"{label}, {unit}" for name, label, unit in readouts + pools}
