"""Predictions of the measurements of several patients, with exact derivatives, as one batch of the core.

Patients have individual treatments, times and values; free parameters and tolerances are those of the first patient.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.derivatives import Task
from immunosim.ensembles.rows import Rows
from immunosim.fitting.likelihood.subject import Subject
from immunosim.numerics import Kernels, Request, Segments, solve_ensemble
from immunosim.numerics.tangents import Directions, solve_sensitivities
from immunosim.numerics.tangents.records import SensitivityFunctions

N_PERTURBATIONS = 40
"""Random perturbations used to detect the sparsity pattern."""


def predict(subjects: Sequence[Subject], values: Sequence[Array], n_threads: int = 1) -> list[Array]:
    """Return predictions of the measurements of each patient, shape (n_rows, n); NaN where a row is invalid or fails.

    Parameters
    ----------
    subjects : sequence of Subject
    values : sequence of ndarray, shape (n_rows, n_parameters)
        Per patient; the number of rows may vary.
    n_threads : int
    """
    problem, parts = subjects[0].problem, _parts(subjects, values)
    needed = np.flatnonzero(np.any([subject.weights.any(axis=0) for subject in subjects], axis=0))
    rows = _joined(subjects, parts)
    solved = solve_ensemble(
        problem.model.ensemble_kernels,
        *(rows.states, rows.vectors, rows.segments, rows.times, problem.options),
        n_threads=n_threads,
        request=Request(states=False, readouts=[int(index) for index in needed]),
    )
    assert solved.readouts is not None
    ends = np.cumsum([len(part.vectors) for part in parts])[:-1]
    return [
        _summed(readouts[:, subject.places], subject.weights[:, needed])
        for subject, readouts in zip(subjects, np.split(solved.readouts, ends), strict=True)
    ]


def differentiate(
    subjects: Sequence[Subject], values: Sequence[Array], n_threads: int = 1, among: Sequence[Subject] = ()
) -> list[tuple[Array, Array]]:
    """Return predictions, shape (n_rows, n), and their derivatives, shape (n_rows, n, n_parameters), of each patient.

    Parameters
    ----------
    subjects : sequence of Subject
    values : sequence of ndarray, shape (n_rows, n_parameters)
    n_threads : int
    among : sequence of Subject, optional
        Those that later batches may hold as well: one compiled kernel serves them all.
    """
    parts = _parts(subjects, values)
    predictions = [_nothing(subject, len(part.vectors)) for subject, part in zip(subjects, parts, strict=True)]
    cases = [(s, int(i)) for s, part in enumerate(parts) for i in np.flatnonzero(np.isfinite(part.vectors).all(axis=1))]
    if not cases:
        return predictions
    tasks = [subjects[s].task(values[s][i], parts[s].vectors[i], parts[s].states[i]) for s, i in cases]
    directions = [task.directions() for task in tasks]
    kernels, functions = _compiled(tuple(among or subjects))
    rows = _joined(subjects, parts)
    starts = np.cumsum([0, *(len(part.vectors) for part in parts)])
    chosen = np.array([starts[s] + i for s, i in cases])
    solved, pool_slopes = solve_sensitivities(
        kernels,
        functions,
        *(rows.states[chosen], rows.vectors[chosen], _of_rows(rows.segments, chosen)),
        Directions(
            np.concatenate([direction.parameters for direction in directions]),
            np.concatenate([direction.initial_states for direction in directions]),
        ),
        *(rows.times if rows.times.ndim == 1 else rows.times[chosen], subjects[0].problem.options),
        n_threads=n_threads,
    )
    for k, (s, i) in enumerate(cases):
        if not solved.status[k]:
            n_times = subjects[s].problem.times.size
            states, slopes = solved.states[k, :n_times], pool_slopes[k, :n_times].transpose(1, 0, 2)
            _fill(predictions[s], i, subjects[s], tasks[k], states, slopes)
    return predictions


def _fill(prediction: tuple[Array, Array], i: int, subject: Subject, task: Task, states: Array, slopes: Array) -> None:
    """Write predictions and derivatives of one row."""
    problem = task.problem
    readouts = problem.model.readouts_at(states, problem.vector, problem.inputs_at(problem.times))
    by_parameter = task.readout_slopes(states, slopes)
    prediction[0][i] = _summed(readouts[subject.places], subject.weights)
    prediction[1][i] = _summed(by_parameter[:, subject.places], subject.weights).T


def _summed(readouts: Array, weights: Array) -> Array:
    """Return weighted sums over the last axis; terms with weight zero may be NaN, such as a fraction of zero."""
    weighted: Array = (np.where(weights != 0.0, readouts, 0.0) * weights).sum(axis=-1)
    return weighted


def _nothing(subject: Subject, n_rows: int) -> tuple[Array, Array]:
    size = len(subject.measurements)
    return np.full((n_rows, size), np.nan), np.full((n_rows, size, len(subject.names)), np.nan)


def _parts(subjects: Sequence[Subject], values: Sequence[Array]) -> list[Rows]:
    return [subject.rows(patient_values) for subject, patient_values in zip(subjects, values, strict=True)]


def _joined(subjects: Sequence[Subject], parts: Sequence[Rows]) -> Rows:
    """Return the rows of all patients one after the other."""
    if len(parts) == 1:
        return parts[0]
    counts = [len(part.vectors) for part in parts]
    times = np.full((len(parts), max(subject.problem.times.size for subject in subjects)), np.nan)
    for line, subject in zip(times, subjects, strict=True):
        line[: subject.problem.times.size] = subject.problem.times
    return Rows(
        vectors=np.concatenate([part.vectors for part in parts]),
        states=np.concatenate([part.states for part in parts]),
        segments=[subject.problem.segments for subject, n in zip(subjects, counts, strict=True) for _ in range(n)],
        times=np.repeat(times, counts, axis=0),
    )


def _of_rows(segments: Segments | list[Segments], chosen: Array) -> Segments | list[Segments]:
    return segments if isinstance(segments, Segments) else [segments[int(row)] for row in chosen]


@lru_cache(maxsize=16)
def _compiled(subjects: tuple[Subject, ...]) -> tuple[Kernels, SensitivityFunctions]:
    """Return the machine code of the derivatives, valid for all patients and values."""
    tasks = [task for subject in subjects for task in _beside(subject)]
    return tasks[0].compiled(others=tasks[1:])


def _beside(subject: Subject) -> list[Task]:
    """Return tasks around a patient: at one point a derivative may vanish by chance, or a maximum switch branch."""
    problem = subject.problem
    positions = [problem.model.position[name] for name in subject.names]
    draws = np.random.default_rng(0).normal(size=(N_PERTURBATIONS, len(positions)))
    beside = problem.vector[positions] * np.exp(0.3 * draws)
    rows = subject.rows(beside)
    possible = np.flatnonzero(np.isfinite(rows.vectors).all(axis=1))
    return [
        Task(problem, subject.names),
        *(subject.task(beside[i], rows.vectors[i], rows.states[i]) for i in possible),
    ]
