"""The patients of a sweep: from factor values to rows for the integrator.

Parameters are columns of the vector. For every other key the scenario is rebuilt, once for each combination of values;
an invalid patient gets a status, not an error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.ensembles.questions import Question
from immunosim.ensembles.rows import Rows, vary
from immunosim.errors import ImmunosimError
from immunosim.numerics import Ensemble, solve_ensemble
from immunosim.problem import Problem, prepare, segments_of
from immunosim.scenario import Scenario, apply_overrides, build_scenario
from immunosim.scenario.volumes import SpreadVolume, set_by_volumes
from immunosim.sweeps.base import Base
from immunosim.sweeps.factors import Factor

KEPT = 512
"""Number of cached scenarios: a grid revisits the same ones."""


def solved(problem: Problem, rows: Rows, asked: Question, n_threads: int) -> Ensemble:
    """Simulate rows whose doses are known."""
    return solve_ensemble(
        problem.model.ensemble_kernels,
        rows.states,
        rows.vectors,
        rows.segments,
        [] if asked.times is None else asked.times,
        problem.options,
        n_threads=n_threads,
        request=asked.request,
    )


@dataclass(frozen=True, eq=False)
class RowPopulation:
    """A base scenario and its factors.

    Attributes
    ----------
    base : Base
    factors : tuple of Factor
    """

    base: Base
    factors: tuple[Factor, ...]

    def rows(self, values: Array) -> Rows:
        """Return patients in the form of the integrator.

        Parameters
        ----------
        values : ndarray, shape (n, n_factors)
            In the factors' units.
        """
        if not self._built:
            return vary(self.base.problem, self._columns(values), slice(0, len(values)))
        keys, groups = np.unique(values[:, self._built], axis=0, return_inverse=True)
        n, problem = len(values), self.base.problem
        vectors = np.full((n, problem.vector.size), np.nan)
        states = np.full((n, problem.initial_state.size), np.nan)
        segments = [problem.segments] * n
        members = np.split(np.argsort(groups, kind="stable"), np.cumsum(np.bincount(groups.ravel()))[:-1])
        for key, rows in zip(keys, members, strict=True):
            prepared = self._problem(tuple(key.tolist()))
            if prepared is None:
                continue
            if self._is_column.any():
                varied = vary(prepared, self._columns(values[rows]), slice(0, len(rows)))
                vectors[rows], states[rows] = varied.vectors, varied.states
            else:
                vectors[rows], states[rows] = prepared.vector, prepared.initial_state
            for row in rows:
                segments[row] = prepared.segments
        return Rows(vectors, states, segments, problem.times)

    def simulate(
        self, values: Array, rows: Rows, asked: Question, n_threads: int
    ) -> tuple[Ensemble, dict[str, tuple[tuple[str, ...], Array, dict[str, Any]]]]:
        """Simulate the rows of some values; there are no further columns."""
        return solved(self.base.problem, rows, asked, n_threads), {}

    def further(self, asked: Question) -> dict[str, tuple[tuple[str, ...], Array, dict[str, Any]]]:
        """Return no further columns."""
        return {}

    def scenario_of(self, values: Sequence[float]) -> Scenario:
        """Return the scenario of one patient, without the parameters that are columns.

        Raises
        ------
        ScenarioError, ParameterError
            If the patient is invalid.
        """
        built = [values[j] for j in self._built]
        return build_scenario(self._document(built), self.base.file)

    def given_scenario_of(self, values: Sequence[float], asked: Question) -> Scenario:
        """Return the same: no doses depend on the course."""
        return self.scenario_of(values)

    def columns_of(self, values: Sequence[float]) -> dict[str, float]:
        """Return the parameters of one patient that are columns."""
        return {
            factor.parameter: float(value)
            for factor, value in zip(self.factors, values, strict=True)
            if factor.parameter
        }

    @cached_property
    def _is_column(self) -> Array:
        return np.array([bool(factor.parameter) for factor in self.factors])

    @cached_property
    def _built(self) -> list[int]:
        """Indices of the factors for which the scenario is rebuilt."""
        return [j for j, factor in enumerate(self.factors) if not factor.parameter and not factor.is_label]

    def _columns(self, values: Array) -> dict[str, Array]:
        return {factor.parameter: values[:, j] for j, factor in enumerate(self.factors) if factor.parameter}

    def _document(self, built: Sequence[float]) -> dict[str, Any]:
        changes, off = [], set(self.base.scenario.mechanisms.off)
        for j, value in zip(self._built, built, strict=True):
            factor = self.factors[j]
            table, _, name = factor.key.partition(".")
            if table == "mechanisms":
                (off.discard if value else off.add)(name)
            else:
                changes.append(f"{factor.key}={factor.text(value)}")
        document = apply_overrides(self.base.document, changes)
        mechanisms: Mapping[str, Any] = document.get("mechanisms", {})
        return document | ({"mechanisms": {**mechanisms, "off": sorted(off)}} if off or mechanisms else {})

    @cached_property
    def _problem(self) -> Any:
        return lru_cache(maxsize=KEPT)(self._build)

    def _build(self, built: tuple[float, ...]) -> Problem | None:
        """Return the problem of a combination of values; None where it is invalid."""
        try:
            scenario = build_scenario(self._document(built), self.base.file)
            if self._changes_patient or set_by_volumes(scenario) != self._volumes:
                return prepare(scenario, self.base.file)
            problem = self.base.problem
            return replace(problem, scenario=scenario, segments=segments_of(scenario, problem.model))
        except ImmunosimError:
            return None

    def identity(self) -> dict[str, Any]:
        """Return nothing: document and factors determine the rows."""
        return {}

    def forget(self) -> None:
        """Clear the cached scenarios."""
        self._problem.cache_clear()

    @cached_property
    def _volumes(self) -> dict[str, SpreadVolume]:
        return set_by_volumes(self.base.scenario)

    @cached_property
    def _changes_patient(self) -> bool:
        """Whether more than the treatments differs: then parameters and untreated state differ as well."""
        tables = {self.factors[j].key.partition(".")[0] for j in self._built}
        return bool(tables & {"patient", "mechanisms"})
