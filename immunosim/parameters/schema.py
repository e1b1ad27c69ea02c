"""What a parameter is, and a set of them: names, values, units, bounds and where each number comes from.

Knows no file format and no model: the model decides what a parameter does, the loader reads the files. A set is
immutable: to change a value is to make a new set. Every value of a set lies within its bounds.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from numbers import Real

from immunosim.errors import InputProblem, ParameterError, did_you_mean

EVIDENCE: Mapping[str, str] = {
    "measured": "a source reports it in people, at most in another unit or form (a half-life for a rate)",
    "derived": "computed from numbers that sources report",
    "fitted": "estimated by fitting this model to published data",
    "assumed": "chosen without data that fix it; a source, if any, gives its order or what it was tuned to",
}
"""The grades of evidence and what each means."""


@dataclass(frozen=True, slots=True)
class Prior:
    """What was believed of a parameter before fitting: a median and the standard deviation of the logarithm."""

    kind: str
    median: float
    sd: float


@dataclass(frozen=True, slots=True)
class Parameter:
    """One primary parameter of the model.

    Attributes
    ----------
    name, group : str
        The name that users type, unique over all groups, and the mechanism it belongs to.
    value, lower, upper : float
        The value and its hard physical limits, all in ``unit``.
    unit : str
        In the units of the model: day (year for ages and hazards), cells/uL, mg, L, kg; "1" without dimension.
    source : tuple of str
        Keys of ``references.bib``; empty if the value is assumed without a source.
    evidence : str
        A grade of ``EVIDENCE``.
    label, symbol, note : str
        A short name, the LaTeX symbol and one or two sentences: meaning and caveats.
    prior : Prior, optional
        The prior of the fit that gave the value; of a scale of untreated counts, how patients differ.
    patients_sd : float, optional
        Standard deviation of the logarithm between patients about the value, where the value is that of a population.
    set_by : str
        The key of the patient by which a scenario sets it; empty where that is ``parameters.NAME``.
    scales : tuple of str
        Untreated counts under ``patient.baseline`` that it follows from where they are given.
    """

    name: str
    group: str
    value: float
    unit: str
    lower: float
    upper: float
    source: tuple[str, ...]
    evidence: str
    label: str
    symbol: str
    note: str
    prior: Prior | None = None
    patients_sd: float | None = None
    set_by: str = ""
    scales: tuple[str, ...] = ()

    @property
    def prior_of_patients(self) -> Prior | None:
        """How patients differ in it, for fits to their counts.

        Where the value is that of a calibrated population, they differ about it. Else two numbers claim to be the
        typical one: the median of the literature, and the value that the set was given by its calibration. Then the
        prior has the moments of an even mixture of both; where they agree it is the prior itself.
        """
        if self.prior is None or not self.value > 0.0:
            return self.prior
        if self.patients_sd is not None:
            return replace(self.prior, median=self.value, sd=self.patients_sd)
        half_distance = 0.5 * math.log(self.value / self.prior.median)
        median = self.prior.median * math.exp(half_distance)
        return replace(self.prior, median=median, sd=math.hypot(self.prior.sd, half_distance))

    @property
    def belongs_to_patient(self) -> bool:
        """Whether a scenario sets it with the patient instead of under ``[parameters]``."""
        return bool(self.set_by)

    @property
    def key(self) -> str:
        """Return the key by which a scenario sets it."""
        return self.set_by or f"parameters.{self.name}"

    @property
    def citation(self) -> str:
        """Return the keys of the sources in one line, or "assumed"."""
        return ", ".join(self.source) or "assumed"

    def problem_with(self, value: object) -> InputProblem | None:
        """Return what is wrong with a value for this parameter, or None if it is admissible."""
        if not isinstance(value, Real) or isinstance(value, bool) or not math.isfinite(value):
            return InputProblem(f"{value!r} is not a finite number", key=self.name, cure=f"its unit is {self.unit}")
        if self.lower <= float(value) <= self.upper:
            return None
        side, bound = ("below its lower", self.lower) if float(value) < self.lower else ("above its upper", self.upper)
        value_text, limit = self._with_unit(float(value)), self._with_unit(bound)
        reason = f"{value_text} is {side} bound of {limit} (source: {self.citation})"
        return InputProblem(reason, key=self.name, cure=f"choose from {self.lower:g} to {self._with_unit(self.upper)}")

    def _with_unit(self, value: float) -> str:
        return f"{value:g}" if self.unit == "1" else f"{value:g} {self.unit}"


class ParameterSet(Collection[str]):
    """Parameters by name, in the order of their file; iterating over a set gives the names.

    Parameters
    ----------
    name : str
        Name of the set among those of its model.
    parameters : iterable of Parameter
    bibliography : mapping of str to str, optional
        BibTeX entries by key, among them those that the parameters cite.

    Raises
    ------
    ParameterError
        If a name occurs twice or a value lies outside its bounds.
    """

    def __init__(
        self, name: str, parameters: Iterable[Parameter], bibliography: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self._bibliography = bibliography or {}
        self._parameters: dict[str, Parameter] = {}
        problems: list[InputProblem] = []
        for parameter in parameters:
            if parameter.name in self._parameters:
                reason = f"occurs under {self._parameters[parameter.name].group} and {parameter.group}"
                problems.append(InputProblem(reason, key=parameter.name, cure="rename one"))
            problem = parameter.problem_with(parameter.value)
            problems.extend([problem] if problem else [])
            self._parameters[parameter.name] = parameter
        if problems:
            raise ParameterError(problems=problems)

    def __repr__(self) -> str:
        """Return the name of the set and its size."""
        return f"ParameterSet({self.name!r}, {len(self)} parameters)"

    def __len__(self) -> int:
        """Return the number of parameters."""
        return len(self._parameters)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names in the order of the file."""
        return iter(self._parameters)

    def __contains__(self, name: object) -> bool:
        """Return whether a parameter of this name exists."""
        return name in self._parameters

    def __getitem__(self, name: str) -> Parameter:
        """Return a parameter by name; a name that does not exist raises a ParameterError with close matches."""
        if name not in self._parameters:
            raise ParameterError(problems=[self._unknown(name)])
        return self._parameters[name]

    def value(self, name: str) -> float:
        """Return the value of a parameter, in its own unit."""
        return self[name].value

    def values(self) -> dict[str, float]:
        """Return the values by name, in the order of the file."""
        return {name: parameter.value for name, parameter in self._parameters.items()}

    def units(self) -> dict[str, str]:
        """Return the units by name, in the order of the file."""
        return {name: parameter.unit for name, parameter in self._parameters.items()}

    def groups(self) -> dict[str, tuple[Parameter, ...]]:
        """Return the parameters of each group, groups and parameters in the order of the file."""
        groups: dict[str, tuple[Parameter, ...]] = {}
        for parameter in self._parameters.values():
            groups[parameter.group] = (*groups.get(parameter.group, ()), parameter)
        return groups

    def key_of(self, name: str) -> str:
        """Return the key by which a scenario sets a parameter."""
        return self[name].key

    def set_by(self, key: str) -> str:
        """Return the parameter that a scenario's key sets, empty where it sets none by itself."""
        return next((name for name in self if self.key_of(name) == key), "")

    def scales_of(self, count: str) -> tuple[str, ...]:
        """Return the parameters that follow from an untreated count under ``patient.baseline``."""
        return tuple(name for name, parameter in self._parameters.items() if count in parameter.scales)

    def references(self) -> dict[str, str]:
        """Return the bibliography entries that this set cites, by key, as BibTeX text."""
        cited = {key for parameter in self._parameters.values() for key in parameter.source}
        return {key: entry for key, entry in self._bibliography.items() if key in cited}

    def with_values(self, changes: Mapping[str, float]) -> ParameterSet:
        """Return a set in which some parameters have other values.

        Parameters
        ----------
        changes : mapping of str to float
            New values by name, each in the unit of its parameter.

        Raises
        ------
        ParameterError
            Naming every name that does not exist (with close matches) and every value outside its bounds.
        """
        problems = [self._problem_with(name, value) for name, value in changes.items()]
        known = [problem for problem in problems if problem]
        if known:
            raise ParameterError(problems=known)
        changed = {name: replace(self._parameters[name], value=float(value)) for name, value in changes.items()}
        return ParameterSet(self.name, (self._parameters | changed).values(), self._bibliography)

    def _problem_with(self, name: str, value: object) -> InputProblem | None:
        return self._parameters[name].problem_with(value) if name in self else self._unknown(name)

    def _unknown(self, name: str) -> InputProblem:
        return InputProblem("is not a parameter", key=name, cure=did_you_mean(name, self))
