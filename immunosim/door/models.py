"""A model as one result: its tables, equations, generated code and diagram, without a simulation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from immunosim.codegen.equation_text import arrow as arrow
from immunosim.codegen.equations import Description, describe
from immunosim.codegen.loader import load_model, say_nothing
from immunosim.errors import ModelError, did_you_mean
from immunosim.models import find_model, load_parameters
from immunosim.models.registry import DEFAULT_MODEL
from immunosim.result import Result

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from matplotlib.figure import Figure

    from immunosim.model.network import Network

KINDS = ("mechanisms", "inputs", "constants", "pools", "signals", "processes", "readouts")
"""What a model consists of, in the order in which a reader needs it."""

TABLES = tuple(kind for kind in KINDS if kind != "mechanisms")


@dataclass(frozen=True, eq=False, repr=False)
class ModelDescription(Result):
    """A model, or one mechanism of it, in words and formulas.

    Attributes
    ----------
    model : str
    mechanism : str
        The one mechanism that is described; empty for the whole model.
    everything : Description
        The whole model.
    announce : callable
        Told in a sentence when something slow starts.
    """

    model: str
    mechanism: str
    everything: Description
    announce: Callable[[str], None] = say_nothing

    @cached_property
    def part(self) -> Description:
        """What is described: the whole model, or what belongs to the mechanism."""
        return self.everything.of(self.mechanism) if self.mechanism else self.everything

    @cached_property
    def n_parameters(self) -> int:
        """Parameters of the whole model."""
        return len(load_parameters(model=self.model))

    @cached_property
    def untreated(self) -> dict[str, float]:
        """The untreated value of every pool for the default parameters, in the pool's unit."""
        package = find_model(self.model)
        parameters = package.parameters()
        model = load_model(parameters.units(), self.announce, package)
        state = model.baseline(model.close(parameters.values()))
        return dict(zip(model.pools, state.tolist(), strict=True))

    @property
    def versions(self) -> str:
        """The versions of the model that scenarios can name, as a sentence; empty for a model with one."""
        package = find_model(self.model)
        if package.version_of is not None:
            return package.version_in_words()
        earlier = ", ".join(f"{number} (model_version = {number})" for number in sorted(package.earlier))
        return f"{package.version} (present), {earlier}" if earlier else ""

    def headline(self) -> str:
        """Return in a line what the model consists of."""
        of = f"mechanism {self.mechanism} of " if self.mechanism else ""
        sizes = ", ".join(f"{len(getattr(self.part, kind))} {kind}" for kind in ("pools", "processes", "readouts"))
        return f"{of}model {self.model}: {sizes}"

    def facts(self) -> dict[str, object]:
        """Return the mechanisms, or what the one mechanism means."""
        if self.mechanism:
            (about,) = self.part.mechanisms
            return {"mechanism": about.label, "switched off": about.off_means}
        versions = {"versions": self.versions} if self.versions else {}
        names = ", ".join(one.name for one in self.part.mechanisms)
        return {"mechanisms": names, "parameters": self.n_parameters, **versions}

    def summary(self, topic: str = "") -> dict[str, Any]:
        """Return the records as plain values, by kind and name; with a topic those of one kind."""
        kinds = (_known(topic),) if topic else KINDS
        tables = {kind: {item.name: asdict(item) for item in getattr(self.part, kind)} for kind in kinds}
        if tables.get("pools"):
            pools = tables["pools"].items()
            tables["pools"] = {name: pool | {"untreated_value": self.untreated[name]} for name, pool in pools}
        return tables[topic] if topic else {"model": self.model, "versions": self.versions, **tables}

    def to_dataframe(self, topic: str = "pools") -> pd.DataFrame:
        """Return one row a pool, or a process, signal, read-out, input or constant."""
        import pandas as pd

        return pd.DataFrame(list(self.summary(_known(topic)).values()))

    def shown(self) -> pd.DataFrame:
        """Return the processes, which say most in a few columns."""
        table = self.to_dataframe("processes")
        return table[["name", "label", "formula"]] if len(table) else table

    @property
    def dataset(self) -> xr.Dataset:
        """Untreated values of the pools over ``name``, with units."""
        return self.to_dataframe()[["name", "label", "unit", "untreated_value"]].set_index("name").to_xarray()

    def equations(self) -> str:
        """Return the equations as plain text that is also Python arithmetic."""
        from immunosim.codegen.equation_text import equations_text

        return equations_text(self.everything, self.mechanism)

    def latex(self) -> str:
        """Return the equations as a document that LaTeX compiles."""
        from immunosim.codegen.latex import latex_document

        return latex_document(_network(self.model), load_parameters(model=self.model), self.mechanism)

    def kernel(self, name: str) -> str:
        """Return the generated code of a kernel: ``rhs``, ``jacobian`` and others, or ``lanes.rhs`` as LLVM IR.

        Raises
        ------
        ModelError
            If no kernel has this name, with close matches.
        """
        from immunosim.door.kernels import kernel_text

        return kernel_text(self.model, name, self.announce)

    def plot(self, *names: str, **options: Any) -> Figure:
        """Draw the network of the whole model."""
        from immunosim.plots.network_diagram import network_diagram

        return network_diagram(self.everything)


def describe_model(
    model: str = DEFAULT_MODEL, mechanism: str = "", *, announce: Callable[[str], None] = say_nothing
) -> ModelDescription:
    """Describe a model: pools, processes, signals, read-outs, equations, generated code, diagram.

    Parameters
    ----------
    model : str
        As ``available_models`` calls it.
    mechanism : str
        Only this mechanism; by default the whole model.
    announce : callable
        Told in a sentence when something slow starts.

    Raises
    ------
    ModelError
        If the model or the mechanism is unknown, with close matches.
    """
    found = ModelDescription(model, mechanism, describe(_network(model)), announce)
    found.part  # noqa: B018  # refuses an unknown mechanism
    return found


def _network(name: str) -> Network:
    package = find_model(name)
    network: Network = package.declare(package.parameters().units(), is_validated=False)
    return network


def _known(topic: str) -> str:
    """Return a kind of quantity that exists."""
    if topic not in KINDS:
        raise ModelError(f'unknown topic "{topic}"', cure=did_you_mean(topic, KINDS))
    return topic
