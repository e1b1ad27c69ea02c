"""Records of target files: published numbers, their uncertainty and source, and the statistic that they are of.

A file is validated as a whole; every problem names file, key, reason and cure. Knows no result.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StrictInt

from immunosim.cohorts.registry import STATISTICS
from immunosim.cohorts.request import StatisticRequest
from immunosim.cohorts.tolerances import DEFAULT_TOLERANCE, Tolerance
from immunosim.errors import InputProblem, did_you_mean
from immunosim.scenario.base import Record, Text, each_value_stands_alone
from immunosim.scenario.quantities import Number
from immunosim.units import check_unit

_OF_ALL = frozenset({"statistic", "group"})
"""Keys of a request that every statistic takes."""

_OF_UNCERTAINTY = ("sigma", "standard_error", "interval")


def _tolerance(text: str) -> str:
    return Tolerance.of(text).text


def _unit(text: str) -> str:
    check_unit(text)
    return text


PositiveNumber = Annotated[Number, Field(gt=0)]
ToleranceText = Annotated[Text, AfterValidator(_tolerance)]
UnitText = Annotated[Text, AfterValidator(_unit)]
EvidenceGrade = Literal["A", "B", "C"]


class Target(StatisticRequest):
    """A published number.

    The keys of a ``StatisticRequest`` say what it is of; these say what was published.

    Attributes
    ----------
    name : str
    cohort : str
        The cohort that it was measured in; that of the file by default.
    value : float
        In ``unit``.
    sigma : float
        Standard deviation of the residual: of the logarithm, or in ``unit``, as the scale says.
    standard_error : float
        In ``unit``, in place of sigma.
    interval : tuple of float
        Published confidence interval in ``unit``, in place of sigma.
    confidence : float
        Of the interval.
    scale : str
        ``log`` for ln(simulated/published)/sigma, ``linear`` for (simulated - published)/sigma.
    tolerance : str
    grade : str
        A: read in the source; B: recalled, derived from a figure, or assumed; C: contradicted by other sources.
    use : str
        Whether a calibration may see it.
    evidence : tuple of str
        Identifiers of the evidence.
    n : int
        Patients of the source.
    note : str
    """

    name: Text
    cohort: Text = ""
    value: Number
    unit: UnitText
    sigma: PositiveNumber | None = None
    standard_error: PositiveNumber | None = None
    interval: tuple[Number, Number] | None = None
    confidence: Annotated[Number, Field(gt=0, lt=1)] = 0.95
    scale: Literal["log", "linear"] = "log"
    tolerance: ToleranceText = DEFAULT_TOLERANCE
    grade: EvidenceGrade = "A"
    use: Literal["fitted", "held out"] = "fitted"
    evidence: tuple[Text, ...] = ()
    n: Annotated[StrictInt, Field(ge=1)] | None = None
    note: Text = ""

    def problems(self) -> Iterator[InputProblem]:
        """Yield an unknown statistic, keys that it lacks or does not take, and contradictory uncertainty."""
        yield from super().problems()
        if not self.name.strip():
            yield InputProblem("is empty", key="name", cure="give it a name of its own")
        yield from self._problems_of_statistic()
        yield from self._problems_of_value()

    @cached_property
    def spread(self) -> float:
        """Standard deviation of the residual on its scale."""
        if self.sigma is not None:
            return self.sigma
        if self.standard_error is not None:
            return self.standard_error / abs(self.value) if self.scale == "log" else self.standard_error
        from scipy.special import ndtri

        assert self.interval is not None
        low, high = self.interval
        width = math.log(high / low) if self.scale == "log" else high - low
        return float(width / (2.0 * ndtri(0.5 + 0.5 * self.confidence)))

    def residual(self, simulated: float) -> float:
        """Return the standardised residual z of a simulated number in the unit of the target.

        It is infinite where the logarithm is, and NaN of NaN.
        """
        if self.scale == "linear":
            return (simulated - self.value) / self.spread
        if simulated <= 0.0:
            return -math.inf
        return math.log(simulated / self.value) / self.spread

    def simulated_at(self, z: float) -> float:
        """Return the simulated number whose standardised residual is z."""
        return self.value + z * self.spread if self.scale == "linear" else self.value * math.exp(z * self.spread)

    def tolerated(self) -> tuple[float, float]:
        """Return the lowest and the highest simulated number within tolerance, in the unit of the target."""
        tolerance = Tolerance.of(self.tolerance)
        if tolerance.kind != "z":
            return tolerance.bounds(self.value)
        return self.simulated_at(-tolerance.numbers[0]), self.simulated_at(tolerance.numbers[0])

    def is_within(self, simulated: float) -> bool:
        """Return whether a simulated number in the unit of the target is within its tolerance."""
        return Tolerance.of(self.tolerance).contains(simulated, self.value, self.residual(simulated))

    def _problems_of_statistic(self) -> Iterator[InputProblem]:
        statistic = STATISTICS.get(self.statistic)
        if statistic is None:
            reason = f'unknown statistic "{self.statistic}"'
            yield InputProblem(reason, key="statistic", cure=did_you_mean(self.statistic, STATISTICS))
            return
        given = {key for key in self.model_fields_set & set(StatisticRequest.model_fields) if self._says(key)}
        for keys in statistic.needs:
            alternatives = keys.split("|")
            chosen = [key for key in alternatives if key in given]
            if not chosen:
                cure = f"add {' or '.join(alternatives)} = ..."
                yield InputProblem(f"{self.statistic} needs it", key=alternatives[0], cure=cure)
            for key in chosen[1:]:
                reason = f"{self.statistic} takes only one of {', '.join(alternatives)}"
                yield InputProblem(reason, key=key, cure="leave one out")
        for key in sorted(given - statistic.keys - _OF_ALL):
            cure = f"leave it out: {self.statistic} takes {', '.join(sorted(statistic.keys))}"
            yield InputProblem(f"does not belong to {self.statistic}", key=key, cure=cure)
        if self.level == "" and "readout" in given and "level" in statistic.keys and "level" not in statistic.needs:
            cure = 'add for example level = "400 cells/uL"'
            yield InputProblem("a passage of a read-out needs a level", key="level", cure=cure)

    def _says(self, key: str) -> bool:
        return getattr(self, key) not in (None, "", ())

    def _problems_of_value(self) -> Iterator[InputProblem]:
        given = [key for key in _OF_UNCERTAINTY if getattr(self, key) is not None]
        if len(given) != 1:
            reason = f"has {' and '.join(given)}" if given else "has no uncertainty"
            cure = "give one of sigma, standard_error and interval"
            yield InputProblem(reason, key=given[-1] if given else "sigma", cure=cure)
        if self.scale == "log" and self.value <= 0.0:
            reason = f"{self.value:g} has no logarithm"
            yield InputProblem(reason, key="value", cure='write scale = "linear"')
        if self.interval is not None:
            low, high = self.interval
            if not low < self.value < high:
                reason = f"{self.value:g} is not between {low:g} and {high:g}"
                yield InputProblem(reason, key="interval", cure="write the lower end first, and the value between")
            elif self.scale == "log" and low <= 0.0:
                yield InputProblem(f"{low:g} has no logarithm", key="interval", cure='write scale = "linear"')


class TargetSource(Record):
    """Where the numbers of a file were published.

    Attributes
    ----------
    citation : str
    key : str
        In the bibliography of the model.
    url : str
    note : str
    """

    citation: Text
    key: Text = ""
    url: Text = ""
    note: Text = ""
    problems = each_value_stands_alone


class TargetTable(Record):
    """The numbers of one source.

    Attributes
    ----------
    title : str
    cohort : str
        Of the targets that name none.
    source : TargetSource
    target : tuple of Target
    """

    title: Text = ""
    cohort: Text = ""
    source: TargetSource
    target: tuple[Target, ...]

    def problems(self) -> Iterator[InputProblem]:
        """Yield a file without targets, and names that occur twice."""
        if not self.target:
            yield InputProblem("holds no target", key="target", cure="write [[target]]")
        for name, count in Counter(target.name for target in self.target).items():
            if count > 1:
                reason = f'two targets are called "{name}"'
                yield InputProblem(reason, key="target", cure="give each its own name")
