"""Rows: patients as vectors, ready for the integrator.

An invalid row (a value out of bounds, a missing untreated state) is not an error of the ensemble: it is passed on as
NaN, and the integrator gives it a status.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from immunosim.codegen.loader import Array
from immunosim.errors import DataError, ParameterError, did_you_mean
from immunosim.numerics import Segments
from immunosim.patient_parameters import scales_of_counts
from immunosim.problem import Problem


@dataclass(frozen=True, eq=False)
class Rows:
    """Patients in the form of the integrator.

    Attributes
    ----------
    vectors : ndarray, shape (n, n_parameters), closed; NaN where refused
    states : ndarray, shape (n, n_pools), untreated
    segments : Segments or list of n Segments
    times : ndarray, shape (n_times,) or (n, n_times), day, padded with NaN
    """

    vectors: Array
    states: Array
    segments: Segments | list[Segments]
    times: Array


def checked_parameters(problem: Problem, parameters: Mapping[str, object]) -> dict[str, Array]:
    """Return the varied parameters as columns of one length.

    Parameters
    ----------
    problem : Problem
    parameters : mapping of str to array_like, shape (n,)
        Primary parameters of the model in their own units.

    Raises
    ------
    DataError
        If a name is unknown, a column is not a vector of numbers, or the lengths differ.
    """
    columns = {}
    for name, values in parameters.items():
        if name not in problem.parameters:
            cure = did_you_mean(name, problem.parameters)
            raise DataError("is not a parameter", key=f"parameters.{name}", cure=cure)
        given = problem.scenario.patient.baseline.model_dump(exclude_none=True)
        clash = [count for count in given if name in problem.parameters.scales_of(count)]
        if clash:
            cure = f"vary one of them, not both: remove patient.baseline.{clash[0]} from the scenario"
            raise DataError(f"follows from patient.baseline.{clash[0]}", key=f"parameters.{name}", cure=cure)
        try:
            if np.iscomplexobj(np.asarray(values)):
                raise TypeError("a complex number")  # numpy would drop its imaginary part with a warning
            columns[name] = np.asarray(values, np.float64)
        except (TypeError, ValueError) as error:
            raise DataError(
                "contains a value that is not a number", key=f"parameters.{name}", cure="give numbers"
            ) from error
        if columns[name].ndim != 1:
            raise DataError("is not a vector", key=f"parameters.{name}", cure="give one number for each patient")
        if not columns[name].size:
            raise DataError("there is no patient", key=f"parameters.{name}", cure="give one number for each patient")
    if len({column.size for column in columns.values()}) > 1:
        lengths = ", ".join(f"{name} {column.size}" for name, column in columns.items())
        raise DataError(f"the parameters have different lengths ({lengths})", cure="give one number for each patient")
    if any(column.size == 0 for column in columns.values()):
        raise DataError("has no patients", key="rows", cure="add a row for each patient")
    return columns


def vary(
    problem: Problem, columns: Mapping[str, Array], rows: slice, counts: Mapping[str, Array] | None = None
) -> Rows:
    """Return patients with varied parameters of a problem.

    Parameters
    ----------
    problem : Problem
    columns : mapping of str to ndarray
        As ``checked_parameters`` returns them.
    rows : slice
        The selected rows.
    counts : mapping of str to ndarray, cells/uL, optional
        Untreated counts by patient, in place of those of the scenario.
    """
    model = problem.model
    vectors, is_possible = _closed(problem, columns, rows, counts or {})
    for name, least, _ in model.module.ADMISSIBLE:
        is_possible &= vectors[:, model.position[name]] >= least
    vectors[~is_possible] = np.nan
    states = np.full((len(vectors), len(model.pools)), np.nan)
    for i in np.flatnonzero(is_possible):
        model.module.baseline(vectors[i], states[i])
    return Rows(vectors, states, problem.segments, problem.times)


def are_ill_untreated(
    problem: Problem, columns: Mapping[str, Array], rows: slice, counts: Mapping[str, Array] | None = None
) -> NDArray[np.bool_]:
    """Return whether the model calls patients ill before treatment, shape (n,); see ``vary`` for the parameters."""
    rules = problem.model.module.HEALTH
    if not rules:  # constants of many patients are not computed for nothing
        return np.zeros(len(range(*rows.indices(rows.stop))), bool)
    vectors, is_possible = _closed(problem, columns, rows, counts or {})
    is_ill = np.zeros(len(vectors), bool)
    for name, least in rules:
        is_ill |= vectors[:, problem.model.position[name]] < least
    return is_ill & is_possible


def _closed(
    problem: Problem, columns: Mapping[str, Array], rows: slice, counts: Mapping[str, Array]
) -> tuple[Array, NDArray[np.bool_]]:
    """Return closed vectors, and whether the values of a row lie within bounds and its counts can be kept."""
    chosen = {name: column[rows] for name, column in columns.items()}
    of_counts = {name: column[rows] for name, column in counts.items()}
    n = max(map(len, (*chosen.values(), *of_counts.values())), default=len(range(*rows.indices(rows.stop))))
    model = problem.model
    vectors = np.tile(problem.vector, (n, 1))
    for name, column in chosen.items():
        vectors[:, model.position[name]] = column
    is_possible = np.ones(n, bool)
    for name, column in chosen.items():
        about = problem.parameters[name]
        is_possible &= (column >= about.lower) & (column <= about.upper)  # also False for NaN
    given = problem.scenario.patient.baseline.model_dump(exclude_none=True)
    for i in np.flatnonzero(is_possible):
        model.module.close(vectors[i])
        if given or of_counts:
            of_patient = {name: float(column[i]) for name, column in of_counts.items()}
            is_possible[i] = _rescale(problem, vectors[i], given | of_patient)
    return vectors, is_possible


def stack(problems: Sequence[Problem]) -> Rows:
    """Return one patient per problem, with its regimen, horizon and output times."""
    times = np.full((len(problems), max(problem.times.size for problem in problems)), np.nan)
    for line, problem in zip(times, problems, strict=True):
        line[: problem.times.size] = problem.times
    return Rows(
        vectors=np.array([problem.vector for problem in problems]),
        states=np.array([problem.initial_state for problem in problems]),
        segments=[problem.segments for problem in problems],
        times=times,
    )


def vary_each(problems: Sequence[Problem], columns: Mapping[str, Array]) -> Rows:
    """Return one patient per problem with varied parameters; problems that are the same object are varied together.

    Parameters
    ----------
    problems : sequence of Problem
    columns : mapping of str to ndarray, shape (n,)
        As ``checked_parameters`` returns them; none leaves the problems as they are.
    """
    rows = stack(problems)
    if not columns:
        return rows
    members: dict[int, list[int]] = {}
    for index, problem in enumerate(problems):
        members.setdefault(id(problem), []).append(index)
    for indices in members.values():
        of_problem = {name: column[indices] for name, column in columns.items()}
        varied = vary(problems[indices[0]], of_problem, slice(0, len(indices)))
        rows.vectors[indices], rows.states[indices] = varied.vectors, varied.states
    return rows


def why_refused(problem: Problem, values: Mapping[str, float]) -> str:
    """Return the reason why a patient is refused; empty if it is valid."""
    return next(_reasons(problem, values), "")


def _reasons(problem: Problem, values: Mapping[str, float]) -> Iterator[str]:
    for name, value in values.items():
        problem_of_value = problem.parameters[name].problem_with(value)
        if problem_of_value:
            yield str(problem_of_value)
    vector = problem.vector.copy()
    for name, value in values.items():
        vector[problem.model.position[name]] = value
    problem.model.module.close(vector)
    try:
        given = problem.scenario.patient.baseline.model_dump(exclude_none=True)
        if given:
            _apply_scales(problem, vector, given)
        problem.model.check(vector)
    except ParameterError as error:
        yield str(error)


def _rescale(problem: Problem, vector: Array, counts: Mapping[str, float]) -> bool:
    """Scale the subsets to keep the given untreated counts; False if impossible."""
    try:
        _apply_scales(problem, vector, counts)
    except ParameterError:
        return False
    return True


def _apply_scales(problem: Problem, vector: Array, counts: Mapping[str, float]) -> None:
    model = problem.model
    for name, value in dict(scales_of_counts(counts, problem.parameters, model, vector)).items():
        vector[model.position[name]] = value
    model.module.close(vector)
