"""Parameters of a model as one result: value, unit, bounds, evidence and source of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from immunosim.calibration.known import known_calibration
from immunosim.errors import ParameterError, did_you_mean
from immunosim.models import load_parameters
from immunosim.models.registry import DEFAULT_MODEL, DEFAULT_SET
from immunosim.parameters import Parameter
from immunosim.result import Result

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


@dataclass(frozen=True, eq=False, repr=False)
class ParameterTable(Result):
    """Parameters of a model; iterating over the table gives them.

    Attributes
    ----------
    model, parameter_set : str
    parameters : tuple of Parameter
    references : mapping of str to str
        BibTeX entries by key.
    calibration : mapping of str to mapping
        Prior, posterior and what informs it, by parameter, where a calibration of the set is known.
    """

    model: str
    parameter_set: str
    parameters: tuple[Parameter, ...]
    references: Mapping[str, str]
    calibration: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Parameter]:
        """Iterate over the parameters."""
        return iter(self.parameters)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.parameters)

    def headline(self) -> str:
        """Return in a line how many there are."""
        names = f": {self.parameters[0].name}" if len(self) == 1 else "s"
        return f"{len(self)} parameter{names} of the set {self.parameter_set} of model {self.model}"

    def facts(self) -> dict[str, object]:
        """Return how many parameters have each grade of evidence."""
        grades = [one.evidence for one in self]
        return {f"evidence: {grade}": grades.count(grade) for grade in dict.fromkeys(grades)}

    def summary(self) -> dict[str, Any]:
        """Return everything as plain values, by name."""
        plain = {one.name: {"key": one.key} | asdict(one) | {"source": list(one.source)} for one in self}
        return {
            name: entry | ({"calibration": dict(self.calibration[name])} if name in self.calibration else {})
            for name, entry in plain.items()
        }

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a parameter."""
        import pandas as pd

        columns = ("key", "value", "unit", "lower", "upper", "evidence", "citation", "label", "group", "note")
        return pd.DataFrame([{"name": one.name} | {name: getattr(one, name) for name in columns} for one in self])

    @property
    def dataset(self) -> xr.Dataset:
        """The table over ``name``."""
        return self.to_dataframe().set_index("name").to_xarray()


def describe_parameters(
    name: str = "",
    *,
    group: str = "",
    model: str = DEFAULT_MODEL,
    parameter_set: str = DEFAULT_SET,
) -> ParameterTable:
    """Return what is known of the parameters of a model: value, unit, bounds, evidence, source.

    Parameters
    ----------
    name : str
        A parameter, or part of a name or label; by default all.
    group : str
        Only the parameters of one group.
    model, parameter_set : str

    Raises
    ------
    ModelError
        If there is no such model.
    ParameterError
        If there is no such parameter, group or set.
    """
    parameters = load_parameters(parameter_set, model)
    groups = parameters.groups()
    if group and group not in groups:
        raise ParameterError(f'unknown group "{group}"', cure=did_you_mean(group, groups))
    known = [one for one in map(parameters.__getitem__, parameters) if group in ("", one.group)]
    part = name.removeprefix("parameters.")
    chosen = [one for one in known if one.name == part] or [
        one for one in known if part.casefold() in f"{one.name} {one.label}".casefold()
    ]
    if not chosen:
        raise ParameterError(f'no parameter is called "{part}"', cure=did_you_mean(part, [one.name for one in known]))
    calibration = known_calibration(model, parameter_set)
    return ParameterTable(model, parameter_set, tuple(chosen), parameters.references(), calibration)
