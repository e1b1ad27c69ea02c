"""A patient to fit: a prepared problem, the measurements and their error model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.derivatives import Task
from immunosim.ensembles.rows import Rows, checked_parameters, vary
from immunosim.errors import DataError, did_you_mean
from immunosim.fitting.likelihood.error_model import ErrorModel, Flags, Integers, Scatter, scatter_of
from immunosim.observations import Measurement
from immunosim.observations.laboratory import laboratory_of
from immunosim.problem import Problem
from immunosim.scenario import Scenario


@dataclass(frozen=True, eq=False)
class Subject:
    """A patient to fit.

    Attributes
    ----------
    name : str
    problem : Problem
        Its output times are those of the measurements.
    names : tuple of str
        Free parameters.
    measurements : tuple of Measurement
    scatter : Scatter
    """

    name: str
    problem: Problem
    names: tuple[str, ...]
    measurements: tuple[Measurement, ...]
    scatter: Scatter

    @cached_property
    def values(self) -> Array:
        """Measured values, or limits where values are censored, shape (n,)."""
        return np.array([measurement.value for measurement in self.measurements])

    @cached_property
    def is_censored(self) -> Flags:
        """Whether limits alone are known of each, shape (n,)."""
        return np.array([measurement.is_censored for measurement in self.measurements], bool)

    @cached_property
    def weights(self) -> Array:
        """Weights of the read-outs in each analyte, shape (n, n_readouts)."""
        return analyte_weights(self.problem, [measurement.analyte for measurement in self.measurements])

    @cached_property
    def places(self) -> Integers:
        """Index of each measurement among the output times, shape (n,)."""
        return np.searchsorted(self.problem.times, [measurement.time for measurement in self.measurements])

    def keeping(self, kept: Sequence[int], factors: Sequence[str]) -> Subject:
        """Return the patient with some of the measurements, by index, where the noise of ``factors`` is estimated."""
        measurements = [self.measurements[i] for i in kept]
        totals = self.problem.model.totals
        scatter = scatter_of(measurements, self.scatter.noise, factors, self.scatter.shared, totals)
        return replace(self, measurements=tuple(measurements), scatter=scatter)

    def rows(self, values: Array) -> Rows:
        """Return patients with these parameters, shape (n_rows, n_parameters), ready for the integrator."""
        columns = checked_parameters(self.problem, {name: values[:, j] for j, name in enumerate(self.names)})
        return vary(self.problem, columns, slice(0, len(values)))

    @property
    def units(self) -> dict[str, str]:
        """Unit of every measurable quantity, by name."""
        return {**self.problem.model.units, **laboratory_of(self.problem.model).measurable}

    def task(self, values: Array, vector: Array, state: Array) -> Task:
        """Return the directions of differentiation at these values of one row."""
        scenario = self.problem.scenario
        if scenario.patient.baseline.model_dump(exclude_none=True):
            # Scales derived from given counts are differentiated at the scenario's values.
            values_by_name = {name: float(value) for name, value in zip(self.names, values, strict=True)}
            known = self.problem.parameters
            mine = [name for name in values_by_name if known[name].belongs_to_patient]
            patient = {known.key_of(name): values_by_name.pop(name) for name in mine}
            changed = {"parameters": {**scenario.parameters, **values_by_name}}
            scenario = _with_patient(scenario, patient).model_copy(update=changed)
        moved = replace(self.problem, scenario=scenario, vector=vector, initial_state=state)
        return Task(moved, self.names)


def _with_patient(scenario: Scenario, values: Mapping[str, float]) -> Scenario:
    """Return a scenario with values of the patient's own keys, such as ``patient.draws.thyroid``, unchecked."""
    patient = scenario.patient
    for key, value in values.items():
        *tables, name = key.split(".")[1:]
        if tables:
            inner = getattr(patient, tables[0]).model_copy(update={name: value})
            patient = patient.model_copy(update={tables[0]: inner})
        else:
            patient = patient.model_copy(update={name: value})
    return scenario.model_copy(update={"patient": patient})


def subject_of(
    name: str,
    problem: Problem,
    names: Sequence[str],
    measurements: Sequence[Measurement],
    noise: Mapping[str, ErrorModel],
    factors: Sequence[str] = (),
    shared: float = 0.5,
) -> Subject:
    """Return a patient to fit.

    Parameters
    ----------
    name : str
    problem : Problem
    names : sequence of str
        Free parameters.
    measurements : sequence of Measurement
    noise : mapping of str to Noise
        By analyte.
    factors : sequence of str
        Analytes whose noise is estimated.
    shared : float
        Share of a subset's variance that is the error of the total.

    Raises
    ------
    DataError
        If an analyte is unknown to the model, or was measured outside the simulated time span.
    """
    if not measurements:
        raise DataError(f"patient {name} has no measurements", cure="leave the patient out")
    first, last = float(problem.segments.boundaries[0]), float(problem.segments.boundaries[-1])
    for measurement in measurements:
        _refuse_impossible(measurement, name, noise[measurement.analyte])
        if not first <= measurement.time <= last:
            day = f"day {measurement.time:g} of patient {name}"
            reason = f"{day} is outside the simulated time span, day {first:g} to {last:g}"
            if measurement.time < first:
                raise DataError(reason, key="output.extra", cure="add the time, from which the simulation then starts")
            raise DataError(reason, key="horizon", cure="extend the horizon of the scenario")
    analyte_weights(problem, [measurement.analyte for measurement in measurements])
    times = np.unique([measurement.time for measurement in measurements])
    scatter = scatter_of(measurements, noise, list(factors), shared, problem.model.totals)
    return Subject(name, replace(problem, times=times), tuple(names), tuple(measurements), scatter)


def _refuse_impossible(measurement: Measurement, name: str, noise: ErrorModel) -> None:
    """Refuse a value without a density, a limit without a probability, and an interval without a width."""
    least = 0.0 if noise.allows_zero and not measurement.is_censored else float(np.nextafter(0.0, 1.0))
    analyte, cure = measurement.analyte, "give a positive number, or the limit of quantification; noise such as "
    cure += f"{analyte}=additive:SIZE allows 0"
    seen = f"is {measurement.value:g}"
    if measurement.is_between:
        least, seen = float(np.nextafter(measurement.lower, np.inf)), f"lies in the interval {measurement.limit_text}"
        cure = "give a lower end below the upper one"
    if not least <= measurement.value < np.inf:
        where = f"line {measurement.line}" if measurement.line else None
        reason = f"{analyte} of patient {name} on day {measurement.time:g} {seen}"
        raise DataError(reason, file=where, key=measurement.column or None, cure=cure)


def asked_of(subject: Subject, times: Array, analytes: Sequence[str]) -> Subject:
    """Return a patient with predictions of given analytes at given times, one analyte after the other.

    Parameters
    ----------
    subject : Subject
    times : ndarray, shape (n,), day, rising
    analytes : sequence of str

    Raises
    ------
    DataError
        If an analyte is unknown to the model.
    """
    analyte_weights(subject.problem, analytes)
    asked = tuple(Measurement(subject.name, float(time), analyte, 1.0) for analyte in analytes for time in times)
    return replace(subject, measurements=asked, problem=replace(subject.problem, times=times))


def analyte_weights(problem: Problem, analytes: Sequence[str]) -> Array:
    """Return the weights of the read-outs in each analyte, shape (n, n_readouts).

    Raises
    ------
    DataError
        If an analyte is unknown to the model.
    """
    readouts, sums = problem.model.readouts, problem.model.sums
    weights = np.zeros((len(analytes), len(readouts)))
    for i, analyte in enumerate(analytes):
        for part in sums.get(analyte, (analyte,)):
            if part not in readouts:
                raise DataError(f'unknown analyte "{analyte}"', cure=did_you_mean(analyte, [*sums, *readouts]))
            weights[i, readouts.index(part)] = 1.0
    return weights
