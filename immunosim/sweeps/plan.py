"""The plan of a sweep: everything that determines its results, and a fingerprint of it.

Threads, block size, shards and clusters are not part of it: they do not change any result.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from immunosim.codegen.loader import Array, Model
from immunosim.ensembles.questions import Question
from immunosim.ensembles.rows import Rows
from immunosim.errors import DataError
from immunosim.numerics import Ensemble
from immunosim.scenario import Scenario
from immunosim.sweeps.base import Base, base_of
from immunosim.sweeps.designs import Design
from immunosim.sweeps.factors import Factor
from immunosim.sweeps.outputs import Outputs
from immunosim.sweeps.population import RowPopulation

FORMAT = "immunosim sweep 2"

# Do not affect the results: a new title does not prevent a resumption.
_WORDS = ("title", "description")


Columns = dict[str, tuple[tuple[str, ...], Array, dict[str, Any]]]
"""Dimensions, values and attributes by name; the first dimension is ``sample``."""


class RowSource(Protocol):
    """Makes rows for the integrator of what is stored of each patient."""

    @property
    def base(self) -> Base:
        """The scenario that the patients vary."""

    @property
    def factors(self) -> tuple[Factor, ...]:
        """The columns of the values."""

    def rows(self, values: Array) -> Rows:
        """Return patients in the form of the integrator; values of shape (n, n_factors)."""

    def identity(self) -> dict[str, Any]:
        """Return what determines the rows beside document and factors, as plain values."""

    def scenario_of(self, values: Sequence[float]) -> Scenario:
        """Return the scenario of one patient, without the parameters that are columns."""

    def given_scenario_of(self, values: Sequence[float], asked: Question) -> Scenario:
        """Return it with the doses that the patient is given when these outputs are asked for."""

    def columns_of(self, values: Sequence[float]) -> dict[str, float]:
        """Return the parameters of one patient that are columns."""

    def simulate(self, values: Array, rows: Rows, asked: Question, n_threads: int) -> tuple[Ensemble, Columns]:
        """Simulate the rows of some values; also return further columns."""

    def further(self, asked: Question) -> Columns:
        """Return the further columns of nobody."""

    def forget(self) -> None:
        """Clear what was cached of earlier rows."""


@dataclass(frozen=True, eq=False)
class Recipe:
    """How a patient is built and which outputs are stored: everything that a worker needs.

    Attributes
    ----------
    population : RowSource
    outputs : Outputs
    """

    population: RowSource
    outputs: Outputs

    @property
    def factors(self) -> tuple[Factor, ...]:
        """The factors of the sweep."""
        return self.population.factors

    @property
    def model(self) -> Model:
        """The compiled model."""
        return self.population.base.problem.model

    @cached_property
    def question(self) -> Question:
        """The request to the integrator for every patient."""
        return self.outputs.asked_of(self.population.base.problem)

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values, ready for JSON."""
        return {
            "format": FORMAT,
            "document": self.population.base.document,
            "factors": [factor.as_dict() for factor in self.factors],
            "outputs": self.outputs.as_dict(),
            "model": self.model.key,
            "core": "scalar" if self.model.core.lanes is None else "lanes",
            **self.population.identity(),
        }


@dataclass(frozen=True, eq=False)
class Plan:
    """A recipe and the design of the patients.

    Attributes
    ----------
    recipe : Recipe
    design : Design
    """

    recipe: Recipe
    design: Design

    @property
    def n(self) -> int:
        """Number of patients."""
        return self.design.n

    @cached_property
    def identity(self) -> dict[str, Any]:
        """Everything that determines the results, as plain values."""
        plain = self.recipe.as_dict() | {"design": self.design.describe()}
        document: dict[str, Any] = json.loads(json.dumps(plain))
        return document

    @cached_property
    def fingerprint(self) -> str:
        """Hash of everything that determines the results, 64 hexadecimal digits."""
        return fingerprint_of(self.identity)


def fingerprint_of(identity: Mapping[str, Any]) -> str:
    """Return the hash of an identity, 64 hexadecimal digits."""
    return hashlib.sha256(json.dumps(_numeric(identity), sort_keys=True).encode()).hexdigest()


def differences(stored: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """Describe the differences between two identities: ``document.patient.age: 34 there, 40 here``."""
    return list(_different(_numeric(stored), _numeric(wanted), ""))


def recipe_from(identity: Mapping[str, Any], file: str) -> Recipe:
    """Return the recipe that an identity describes.

    Raises
    ------
    DataError
        If it describes none.
    ScenarioError, ParameterError
        If its scenario is impossible.
    """
    try:
        factors = tuple(Factor.from_dict(factor) for factor in identity["factors"])
        outputs, document = Outputs.from_dict(identity["outputs"]), dict(identity["document"])
        population = identity.get("population")
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        reason = "does not describe how its patients were built"
        raise DataError(reason, file=file, cure="recompute the result") from error
    base = base_of(document, file)
    if population is None:
        return Recipe(RowPopulation(base, factors), outputs)
    from immunosim.cohorts.rows import cohort_rows_from

    return Recipe(cohort_rows_from(population, base), outputs)


def _numeric(identity: Mapping[str, Any]) -> dict[str, Any]:
    document = {key: value for key, value in identity["document"].items() if key not in _WORDS}
    return {**identity, "document": document}


def _different(stored: Any, wanted: Any, path: str) -> Iterator[str]:
    if isinstance(stored, Mapping) and isinstance(wanted, Mapping):
        for key in sorted({*stored, *wanted}):
            yield from _different(stored.get(key), wanted.get(key), f"{path}.{key}".lstrip("."))
    elif isinstance(stored, list) and isinstance(wanted, list) and len(stored) == len(wanted):
        for number, (mine, other) in enumerate(zip(stored, wanted, strict=True), 1):
            yield from _different(mine, other, f"{path}.{number}")
    elif stored != wanted:
        yield f"{path}: {json.dumps(stored)[:60]} there, {json.dumps(wanted)[:60]} here"
