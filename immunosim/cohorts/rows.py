"""Drawn patients as rows for the integrator: another source of rows for the blocks of a sweep.

A row is a parameter vector with the regimen of its stratum; an invalid patient gets a status, not an error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.cohorts.covariates import COUNTS, SEX
from immunosim.cohorts.draws import PATIENT, WEIGHT, columns_of, drawn_values
from immunosim.cohorts.population import STRATUM, BoundPopulation, bind
from immunosim.cohorts.protocol_columns import protocol_columns
from immunosim.cohorts.protocol_runs import ProtocolOutcome, ProtocolPlan, run_protocol
from immunosim.cohorts.protocols import Protocol, plan_of, protocol_of
from immunosim.ensembles.columns import RowIndices
from immunosim.ensembles.questions import Question
from immunosim.ensembles.rows import Rows, vary
from immunosim.errors import DataError, ImmunosimError, ScenarioError
from immunosim.numerics import Ensemble, Segments
from immunosim.patient_parameters import COUNT_UNIT
from immunosim.problem import Problem, segments_of
from immunosim.scenario import Scenario, apply_overrides, build_scenario
from immunosim.scenario.challenges import has_random_challenges, with_challenges_of
from immunosim.scenario.dose_slopes import dose_tables
from immunosim.scenario.population import Population, Trait
from immunosim.scenario.volumes import set_by_volumes
from immunosim.scenario.writer import document_of
from immunosim.sweeps.base import Base
from immunosim.sweeps.factors import Factor
from immunosim.sweeps.plan import Columns
from immunosim.sweeps.population import solved

WEIGHT_KEY = "patient.weight"
"""The key of the patient that doses per body weight follow."""

HEAVIER = 1.5
"""A patient so many times as heavy shows whether doses follow the body weight."""


@dataclass(frozen=True, eq=False)
class CohortRows:
    """The patients of a population as rows.

    Attributes
    ----------
    bound : BoundPopulation
    protocol : mapping, optional
        Table of the protocol, as its file gives it.
    """

    bound: BoundPopulation
    protocol: Mapping[str, Any] | None = None

    @property
    def base(self) -> Base:
        """The scenario that the population varies."""
        return self.bound.base

    @cached_property
    def factors(self) -> tuple[Factor, ...]:
        """The columns of drawn values: patient, weight, stratum, traits and covariates."""
        strata = tuple(stratum.name for stratum in self.bound.strata)
        first = (
            Factor(PATIENT, "number of the patient", ""),
            Factor(WEIGHT, "patients of the population for each simulated one", ""),
            Factor(STRATUM, "stratum", "", values=tuple(map(float, range(len(strata)))), choices=strata),
        )
        traits = tuple(Factor(trait.name, _label(trait), "") for trait in self.bound.traits)
        covariates = tuple(
            Factor(
                covariate.record.name,
                covariate.record.note or covariate.record.sets or covariate.record.name,
                "" if covariate.choices else covariate.unit,
                values=tuple(map(float, range(len(covariate.choices)))),
                choices=covariate.choices,
            )
            for covariate in self.bound.covariates[0]
        )
        return (*first, *traits, *covariates)

    def rows(self, values: Array) -> Rows:
        """Return patients in the form of the integrator.

        Parameters
        ----------
        values : ndarray, shape (n, n_factors)
            As ``drawn_values`` returns them.
        """
        columns, counts = columns_of(self.bound, values)
        rows = vary(self.base.problem, columns, slice(0, len(values)), counts)
        return replace(rows, segments=self._segments(values, columns))

    def identity(self) -> dict[str, Any]:
        """Return the population as plain values, from which ``cohort_rows_from`` makes it again."""
        regimens = {name: dict(tables) for name, tables in self.bound.regimens.items()}
        about = {"record": document_of(self.bound.population), "regimens": regimens}
        return {"population": about | ({} if self.protocol is None else {"protocol": dict(self.protocol)})}

    def simulate(self, values: Array, rows: Rows, asked: Question, n_threads: int) -> tuple[Ensemble, Columns]:
        """Simulate the patients, under the protocol if there is one; then its columns say what was done."""
        if self.protocol is None:
            return solved(self.base.problem, rows, asked, n_threads), {}
        plan = self._plan(asked)
        outcome = self._outcome(plan, values, rows, n_threads)
        return outcome.ensemble, protocol_columns(self.read_protocol, plan, outcome)

    def _plan(self, asked: Question) -> ProtocolPlan:
        return plan_of(self.read_protocol, self._regimens, asked, self.bound.population.seed or 0)

    def _outcome(self, plan: ProtocolPlan, values: Array, rows: Rows, n_threads: int) -> ProtocolOutcome:
        patients, regimens = values[:, 0].astype(np.int64), values[:, 2].astype(np.int64)
        return run_protocol(plan, rows, patients, regimens, n_threads)

    def further(self, asked: Question) -> Columns:
        """Return the columns of a protocol, of nobody."""
        return {} if self.protocol is None else protocol_columns(self.read_protocol, self._plan(asked))

    @cached_property
    def read_protocol(self) -> Protocol:
        """The protocol.

        Raises
        ------
        ScenarioError
            If there is something wrong with it.
        """
        return protocol_of(self.protocol or {}, self.base.scenario, self.bound.population.protocol)

    def refuse_impossible_protocol(self, asked: Question) -> None:
        """Raise a DataError or ScenarioError if the protocol does not fit the model, the doses or the outputs."""
        if self.protocol is None:
            return
        file = self.bound.population.protocol
        if asked.pools:
            raise DataError("are not kept under a protocol", file=file, key="pools", cure="keep read-outs")
        if any(self._follows_weight):
            reason = "doses of the scenario follow the body weight, which differs between patients"
            raise DataError(reason, file=file, key="protocol", cure="give doses in mg, or leave out the protocol")
        plan_of(self.read_protocol, self._regimens, asked, file=file)

    @cached_property
    def _regimens(self) -> list[Problem]:
        return [
            replace(self.base.problem, scenario=self.regimen_of(index), segments=segments)
            for index, segments in enumerate(self._by_stratum)
        ]

    def scenario_of(self, values: Sequence[float]) -> Scenario:
        """Return the scenario of one patient, without the parameters that are columns.

        Raises
        ------
        ScenarioError, ParameterError
            If the patient is invalid.
        """
        line = np.asarray(values, np.float64)[np.newaxis]
        columns, counts = columns_of(self.bound, line)
        weight = self._weights(columns, 1)
        changes = [f"{COUNTS}{name}={float(count[0])!r} {COUNT_UNIT}" for name, count in counts.items()]
        for covariate, value in zip(self.bound.covariates[0], values[-len(self.bound.covariates[0]) :], strict=False):
            if covariate.record.sets == SEX and covariate.choices:
                changes.append(f"{SEX}={covariate.choices[int(value)]}")
        document = self._document(int(values[2]), None if weight is None else float(weight[0]))
        scenario = build_scenario(apply_overrides(document, changes), self.base.file)
        return with_challenges_of(scenario, int(values[0]))

    def given_scenario_of(self, values: Sequence[float], asked: Question) -> Scenario:
        """Return the scenario of one patient with the doses that rules of the protocol order."""
        scenario = self.scenario_of(values)
        if self.protocol is None:
            return scenario
        line = np.asarray(values, np.float64)[np.newaxis]
        (schedule,) = self._outcome(self._plan(asked), line, self.rows(line), 1).schedules
        return schedule.written_into(scenario)

    def regimen_of(self, index: int) -> Scenario:
        """Return the scenario of a stratum by its index.

        Raises
        ------
        ScenarioError
            If its regimen does not fit the scenario, such as a dose after the horizon.
        """
        return build_scenario(self._document(index, None), self.base.file)

    def columns_of(self, values: Sequence[float]) -> dict[str, float]:
        """Return the parameters of one patient that are columns."""
        columns, _ = columns_of(self.bound, np.asarray(values, np.float64)[np.newaxis])
        return {name: float(column[0]) for name, column in columns.items()}

    def forget(self) -> None:
        """Do nothing: nothing is cached from one block to the next but the regimens of the strata."""

    def _segments(self, values: Array, columns: Mapping[str, Array]) -> Segments | list[Segments]:
        part = values[:, 2].astype(np.int64)
        weights = self._weights(columns, len(values))
        if self.protocol is None and has_random_challenges(self.base.scenario):
            return self._challenged(values, weights)
        if weights is None and len({id(segments) for segments in self._by_stratum}) == 1:
            return self._by_stratum[0]
        if weights is None:
            return [self._by_stratum[index] for index in part]
        return [
            self._built(int(index), float(weight)) if self._follows_weight[index] else self._by_stratum[index]
            for index, weight in zip(part, weights, strict=True)
        ]

    def _challenged(self, values: Array, weights: Array | None) -> list[Segments]:
        """Return the segments of patients of whom each has random challenges of its own."""
        chosen, model = [], self.base.problem.model
        for row, (patient, index) in enumerate(zip(*values[:, [0, 2]].T.astype(np.int64).tolist(), strict=True)):
            scenario = self._regimens[index].scenario
            if weights is not None and self._follows_weight[index]:
                scenario = build_scenario(self._document(index, float(weights[row])), self.base.file)
            chosen.append(segments_of(with_challenges_of(scenario, patient), model))
        return chosen

    def _weights(self, columns: Mapping[str, Array], n: int) -> Array | None:
        """Return the body weights where doses follow them; None where they do not."""
        name = self.base.problem.parameters.set_by(WEIGHT_KEY)
        return columns[name] if name in columns and any(self._follows_weight) else None

    @cached_property
    def _by_stratum(self) -> list[Segments]:
        """The segments of each stratum, of a patient with the scenario's body weight."""
        regimens = self.bound.regimens
        return [
            self._built(index, None) if stratum.name in regimens else self.base.problem.segments
            for index, stratum in enumerate(self.bound.strata)
        ]

    @cached_property
    def _follows_weight(self) -> list[bool]:
        heavier = HEAVIER * self.base.scenario.patient.weight
        return [
            not _are_equal(segments, self._built(index, heavier)) for index, segments in enumerate(self._by_stratum)
        ]

    def _built(self, index: int, weight: float | None) -> Segments:
        scenario = build_scenario(self._document(index, weight), self.base.file)
        self._refuse_other_volumes(scenario, self.bound.strata[index].name)
        return segments_of(scenario, self.base.problem.model)

    def _refuse_other_volumes(self, scenario: Scenario, stratum: str) -> None:
        """Refuse doses whose volumes set a parameter that all patients share to another value."""
        base = self.base.scenario
        volumes, shared = set_by_volumes(scenario), set_by_volumes(base)
        for name in sorted(volumes.keys() | shared.keys()):
            both = [volume and volume.millilitres for volume in (volumes.get(name), shared.get(name))]
            if name not in base.parameters and both[0] != both[1]:
                reason = f"the volumes of doses in {stratum} or at another weight set {name}, which all patients share"
                cure = f"set parameters.{name} in the scenario, which goes before the volumes"
                raise ScenarioError(reason, file=self.base.file, key=f"parameters.{name}", cure=cure)

    def _document(self, index: int, weight: float | None) -> dict[str, Any]:
        """Return the scenario of a stratum, with the body weight of a patient."""
        document = dict(self.base.document)
        tables = self.bound.regimens.get(self.bound.strata[index].name)
        if tables is not None:
            kept = {key: value for key, value in document.items() if key not in dose_tables(self.base.scenario)}
            document = kept | dict(tables)
        if weight is not None:
            document["patient"] = {**document.get("patient", {}), "weight": f"{weight!r} kg"}
        return document


@dataclass(frozen=True, eq=False)
class CohortDesign:
    """The first patients of a population.

    Attributes
    ----------
    bound : BoundPopulation
    n : int
    """

    bound: BoundPopulation
    n: int

    def rows(self, start: int, stop: int) -> Array:
        """Return what is drawn of the patients from ``start`` to ``stop``, shape (stop - start, n_factors)."""
        patients: RowIndices = np.arange(start, stop, dtype=np.int64)
        return drawn_values(self.bound, patients)

    def describe(self) -> dict[str, Any]:
        """Return the parameters that determine the rows, as plain values."""
        import hashlib

        content = np.ascontiguousarray(self.bound.table).tobytes()
        return {"kind": "cohort", "n": self.n, "table": hashlib.sha256(content).hexdigest()}


def cohort_rows_from(plain: Mapping[str, Any], base: Base) -> CohortRows:
    """Return the rows that ``CohortRows.identity`` described.

    Raises
    ------
    DataError
        If it describes none.
    """
    try:
        population = Population.model_validate(plain["record"])
        return CohortRows(bind(population, base, base.file, plain["regimens"]), plain.get("protocol"))
    except (ImmunosimError, TypeError, ValueError, KeyError, AttributeError) as error:
        reason = "does not describe the population of its patients"
        raise DataError(reason, file=base.file, cure="recompute the result") from error


def _label(trait: Trait) -> str:
    changed = (*trait.multiplies, *trait.odds, *(name for pair in trait.splits for name in pair))
    return f"factor of {', '.join(changed)}"


def _are_equal(first: Segments, second: Segments) -> bool:
    names = (field.name for field in fields(Segments))
    return all(np.array_equal(getattr(first, name), getattr(second, name)) for name in names)
