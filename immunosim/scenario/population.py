"""How the patients of a virtual population differ: traits, covariates, strata and named cohorts.

Only ``immunosim cohort`` reads it; a single run of the scenario ignores it. Knows no parameter: names and units are
checked where the population meets a model.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StrictBool, StrictInt

from immunosim.errors import InputProblem
from immunosim.scenario.base import Record, Text, each_value_stands_alone
from immunosim.scenario.computation import Parameter
from immunosim.scenario.quantities import Duration, Number, Share, TimePoint

STORABLE = re.compile(r"\w[\w .%+-]*")
"""Names under which results keep a trait or covariate: a slash would lead to another folder."""

ROUNDING = 1e-9
"""Shares may miss their sum by this much: they are decimal fractions."""

Positive = Annotated[Number, Field(gt=0)]
Spread = Annotated[Number, Field(ge=0, le=5)]
Fraction = Annotated[Number, Field(gt=0, le=1)]
Grade = Literal["", "measured", "derived", "fitted", "assumed"]


class MixtureComponent(Record):
    """A part of the patients: their share, their median factor and their spread about it.

    With `sampled`, another share of the simulated patients belongs to it, and weights correct for that.
    """

    share: Fraction
    sampled: Fraction | None = None
    value: Positive = 1.0
    sd: Spread = 0.0
    problems = each_value_stands_alone


class Trait(Record):
    """A property of a patient that multiplies parameters, drawn once for each patient.

    The factor is log-normal with median 1; in `odds` it multiplies p/(1 - p) of a fraction p, so that p is
    logit-normal; in `splits` it multiplies the ratio of two parameters whose sum is kept.
    """

    name: Text
    multiplies: tuple[Text, ...] = ()
    odds: tuple[Text, ...] = ()
    splits: tuple[tuple[Text, Text], ...] = ()
    sd: Spread | None = None
    component: tuple[MixtureComponent, ...] = ()
    keeps_mean: StrictBool = False
    evidence: Grade = ""
    source: Text = ""
    note: Text = ""

    def problems(self) -> Iterator[InputProblem]:
        """Yield a trait without effect, with two spreads, or with shares that do not sum to 1."""
        if not (self.multiplies or self.odds or self.splits):
            yield InputProblem("has no effect", key="multiplies", cure="name the parameters that it multiplies")
        if (self.sd is None) == (not self.component):
            cure = "give sd, or components with shares"
            yield InputProblem("a trait has either sd or components", key="sd", cure=cure)
        if self.keeps_mean and (self.component or self.odds or self.splits):
            reason = "applies to a log-normal factor of parameters"
            yield InputProblem(reason, key="keeps_mean", cure="leave it out, or use multiplies and sd")
        yield from share_problems("component", self.component)
        names = [*self.multiplies, *self.odds, *(name for pair in self.splits for name in pair)]
        for name, count in Counter(names).items():
            if count > 1:
                yield InputProblem(f'names "{name}" twice', key="multiplies", cure="name each parameter once")


class CovariateEffect(Record):
    """What a covariate does to a parameter: a factor per unit from a reference, or a factor for each value."""

    parameter: Text
    slope: Number | None = None
    reference: Parameter = 0.0
    factors: dict[Text, Positive] = Field(default={})

    def problems(self) -> Iterator[InputProblem]:
        """Yield an effect of two kinds, or of none."""
        if (self.slope is None) == (not self.factors):
            cure = "give slope (of the logarithm, per unit), or a factor for each value"
            yield InputProblem("an effect has either slope or factors", key="slope", cure=cure)


class QuantileBand(Record):
    """A part of a distribution between two of its quantiles: the share of the patients, and of the simulated ones."""

    share: Fraction
    sampled: Fraction
    problems = each_value_stands_alone


Distribution = Literal["normal", "lognormal", "logistic", "exponential", "share", "choice", "column"]

NEEDED: Mapping[str, tuple[str, ...]] = {
    "normal": ("mean", "sd"),
    "lognormal": ("median", "log_sd"),
    "logistic": ("median", "scale"),
    "exponential": ("mean",),
    "share": ("share",),
    "choice": ("choices",),
    "column": ("column",),
}
"""The keys of each distribution."""

CONTINUOUS = ("normal", "lognormal", "logistic", "exponential")
"""Distributions whose values are numbers."""

_CUTS = ("low", "high")
_OF_DISTRIBUTIONS = tuple(dict.fromkeys(key for keys in NEEDED.values() for key in keys))


class Covariate(Record):
    """An observable property of a patient, which sets a key of the scenario, or acts on parameters by its effects.

    Values beyond `low` and `high` are set to them. A column is that of the population's table; all
    columns of a patient come from the same row. `band` divides a continuous distribution from its lowest value upwards
    into parts that are simulated more often, or less, than they occur; weights correct for that.
    """

    name: Text
    sets: Text = ""
    unit: Text = ""
    distribution: Distribution
    mean: Parameter | None = None
    sd: Parameter | None = None
    median: Parameter | None = None
    log_sd: Spread | None = None
    scale: Positive | None = None
    low: Parameter | None = None
    high: Parameter | None = None
    share: Share | None = None
    choices: dict[Text, Fraction] = Field(default={})
    column: Text = ""
    band: tuple[QuantileBand, ...] = ()
    effect: tuple[CovariateEffect, ...] = ()
    evidence: Grade = ""
    source: Text = ""
    note: Text = ""

    def problems(self) -> Iterator[InputProblem]:
        """Yield missing keys of the distribution, keys of another one, and shares that do not sum to 1."""
        needed = NEEDED[self.distribution]
        for key in needed:
            if not self._has(key):
                yield InputProblem("is missing", key=key, cure=f"{self.distribution} needs {', '.join(needed)}")
        further = {"normal": _CUTS, "lognormal": _CUTS, "logistic": _CUTS, "column": ("choices",)}
        allowed = (*needed, *further.get(self.distribution, ()))
        for key in (*_OF_DISTRIBUTIONS, *_CUTS):
            if self._has(key) and key not in allowed:
                cure = f"leave it out: {self.distribution} has {', '.join(allowed)}"
                yield InputProblem("belongs to another distribution", key=key, cure=cure)
        yield from share_problems("band", self.band)
        if self.band and self.distribution not in CONTINUOUS:
            cure = f"leave it out: {', '.join(CONTINUOUS)} have bands"
            yield InputProblem("belongs to a continuous distribution", key="band", cure=cure)
        if self.choices and abs(sum(self.choices.values()) - 1.0) > ROUNDING:
            reason = f"the shares sum to {sum(self.choices.values()):.6g}, not 1"
            yield InputProblem(reason, key="choices", cure="let the shares of all choices sum to 1")

    def _has(self, key: str) -> bool:
        value = getattr(self, key)
        return value is not None and value not in ("", {})


class Correlation(Record):
    """Correlation of the normal variables behind two traits or covariates."""

    between: tuple[Text, Text]
    value: Annotated[Number, Field(gt=-1, lt=1)]

    def problems(self) -> Iterator[InputProblem]:
        """Yield a correlation of a variable with itself."""
        if self.between[0] == self.between[1]:
            yield InputProblem("names the same variable twice", key="between", cure="name two traits or covariates")


class Stratum(Record):
    """A part of the population with its own parameters, cohort or regimen.

    With `sampled`, another share of the simulated patients belongs to it, and weights correct for that.
    """

    name: Text
    share: Fraction
    sampled: Fraction | None = None
    parameters: dict[Text, Parameter] = Field(default={})
    cohort: Text = ""
    regimen: Text = ""
    note: Text = ""
    problems = each_value_stands_alone


class CohortFactor(Record):
    """A named cohort: covariates of its own, and factors of parameters that no covariate explains.

    `trial` names the scenario, a file or a shipped one, whose treatments and horizon the cohort has where its targets
    are evaluated.
    """

    name: Text
    trial: Text = ""
    factors: dict[Text, Positive] = Field(default={})
    covariate: tuple[Covariate, ...] = ()
    evidence: Grade = ""
    source: Text = ""
    note: Text = ""
    problems = each_value_stands_alone


def _as_list(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class Population(Record):
    """A virtual population: what differs between patients, how many are simulated, and what is kept of each.

    `file` names a population to start from, a file or one that comes with the model; entries of the same name replace
    its entries. `cohort` applies one of the named cohorts to everybody. `protocol` names a file with visits, dropout,
    assays and rules that give further doses. `calibrated_to` names the events whose rates were fitted to observed ones:
    risks of one patient are told of these only, and only where typical values are those of `calibrated_with`, in the
    units of the parameter set. `plausible_sets` names tables of values that its targets allow as well, as a calibration
    writes them: intervals over them hold the doubt about the values of the population.
    """

    file: Text = ""
    title: Text = ""
    description: Text = ""
    n: Annotated[StrictInt, Field(ge=1, le=2**30)] | None = None
    seed: Annotated[StrictInt, Field(ge=0, lt=2**63)] | None = None
    sampling: Literal["sobol", "random"] | None = None
    cohort: Text = ""
    calibrated_to: tuple[Text, ...] = ()
    calibrated_with: dict[Text, Number] = Field(default={})
    plausible_sets: Annotated[tuple[Text, ...], BeforeValidator(_as_list)] = ()
    table: Text = ""
    protocol: Text = ""
    trait: tuple[Trait, ...] = ()
    covariate: tuple[Covariate, ...] = ()
    correlation: tuple[Correlation, ...] = ()
    stratum: tuple[Stratum, ...] = ()
    cohorts: tuple[CohortFactor, ...] = ()
    endpoints: tuple[Text, ...] = ()
    readouts: tuple[Text, ...] = ()
    at: tuple[TimePoint, ...] = ()
    every: Duration | None = None
    pools: StrictBool = False

    def problems(self) -> Iterator[InputProblem]:
        """Yield names and pairs that occur twice, and strata whose shares do not sum to 1."""
        for key in ("trait", "covariate", "stratum", "cohorts"):
            yield from _repeated(key, [entry.name for entry in getattr(self, key)])
        for key in ("trait", "covariate"):
            for number, entry in enumerate(getattr(self, key), 1):
                if entry.name.strip() and not STORABLE.fullmatch(entry.name):
                    cure = "use letters, digits and underscores"
                    yield InputProblem(f'"{entry.name}" names no variable', key=f"{key}[{number}].name", cure=cure)
        for number, cohort in enumerate(self.cohorts, 1):
            for problem in _repeated("covariate", [entry.name for entry in cohort.covariate]):
                yield InputProblem(problem.reason, key=f"cohorts[{number}].{problem.key}", cure=problem.cure)
        yield from share_problems("stratum", self.stratum)
        yield from _repeated("plausible_sets", self.plausible_sets)
        pairs = [frozenset(entry.between) for entry in self.correlation]
        for number, pair in enumerate(pairs, 1):
            if pair in pairs[: number - 1]:
                reason = f"{' and '.join(sorted(pair))} have a correlation already"
                yield InputProblem(reason, key=f"correlation[{number}].between", cure="leave one of them out")


def share_problems(
    key: str, parts: Sequence[MixtureComponent] | Sequence[Stratum] | Sequence[QuantileBand]
) -> Iterator[InputProblem]:
    """Yield shares, or shares of the simulated patients, that do not sum to 1."""
    if not parts:
        return
    total = sum(part.share for part in parts)
    if abs(total - 1.0) > ROUNDING:
        reason = f"the shares sum to {total:.6g}, not 1"
        yield InputProblem(reason, key=key, cure="list every part of the population, its share included")
    given = [part.sampled for part in parts if part.sampled is not None]
    if given and (len(given) < len(parts) or abs(sum(given) - 1.0) > ROUNDING):
        reason = f"sampled shares of {len(given)} of {len(parts)} parts sum to {sum(given):.6g}"
        yield InputProblem(reason, key=key, cure="give sampled for every part, with a sum of 1, or for none")


def _repeated(key: str, names: Sequence[str]) -> Iterator[InputProblem]:
    for name, count in Counter(names).items():
        if count > 1 or not name.strip():
            reason = f'two entries are called "{name}"' if name.strip() else "an entry has an empty name"
            yield InputProblem(reason, key=key, cure="give each entry its own name")


def _as_table(value: object) -> object:
    return {"file": value} if isinstance(value, str) else value


PopulationSection = Annotated[Population, BeforeValidator(_as_table)]
"""A population, or the name of its file."""
