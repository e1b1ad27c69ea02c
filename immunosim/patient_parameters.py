"""What a scenario says of one patient, as values of the model's parameters.

The only place where a patient's age, weight, traits and untreated counts become parameters. Knows no integrator.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from operator import attrgetter

import numpy as np

from immunosim.codegen.loader import Array, Model
from immunosim.errors import ParameterError, QuantityError, did_you_mean
from immunosim.parameters import ParameterSet
from immunosim.scenario import Scenario
from immunosim.scenario.volumes import set_by_volumes
from immunosim.units import convert, parse_quantity

COUNT_UNIT = "cells/uL"
"""The unit of untreated counts in a scenario's records."""


def individual_vector(scenario: Scenario, parameters: ParameterSet, model: Model, file: str = "scenario") -> Array:
    """Return the closed parameter vector of a scenario's patient.

    Parameters
    ----------
    scenario : Scenario
    parameters : ParameterSet
        The population's values, which the scenario overrides.
    model : Model
    file : str
        Name for messages.

    Returns
    -------
    ndarray, shape (n_parameters,)

    Raises
    ------
    ParameterError
        If a name is unknown, a value is out of bounds or in a wrong unit, or the values contradict one another.
    """
    overrides = _given_values(scenario, parameters, file)
    vector = _closed(parameters, overrides, model, scenario.mechanisms.off, file)
    scales = dict(count_scales(scenario, parameters, model, vector, file))
    if not scales:
        return vector
    return _closed(parameters, {**overrides, **scales}, model, scenario.mechanisms.off, file)


def unscaled_vector(scenario: Scenario, parameters: ParameterSet, model: Model, file: str = "scenario") -> Array:
    """Return the closed parameter vector before untreated counts scale it; arguments as ``individual_vector``."""
    return _closed(parameters, _given_values(scenario, parameters, file), model, scenario.mechanisms.off, file)


def individual_differences(parameters: ParameterSet, model: Model, vector: Array) -> dict[str, float]:
    """Return the primary parameters in which a patient differs from the parameter set, with the patient's values."""
    values = ((name, float(vector[model.position[name]])) for name in model.module.PARAMETERS)
    return {name: value for name, value in values if value != parameters.value(name)}


def count_scales(
    scenario: Scenario, parameters: ParameterSet, model: Model, vector: Array, file: str = "scenario"
) -> Iterator[tuple[str, float]]:
    """Yield the scale of each subset whose untreated count is given; counts are linear in their scale.

    Raises
    ------
    ParameterError
        If a count is also given as a parameter, is far beyond the typical one, or the model scales nothing by it.
    """
    given = scenario.patient.baseline.model_dump(exclude_none=True)
    for name in given:
        for scale in parameters.scales_of(name):
            if scale in scenario.parameters:
                cure = f"give either patient.baseline.{name} or parameters.{scale}"
                raise ParameterError("is given twice", file=file, key=f"patient.baseline.{name}", cure=cure)
    yield from scales_of_counts(given, parameters, model, vector, file)


def scales_of_counts(
    counts: Mapping[str, float], parameters: ParameterSet, model: Model, vector: Array, file: str = "scenario"
) -> Iterator[tuple[str, float]]:
    """Yield the scale of each subset whose untreated count is given in cells/uL; counts are linear in their scale.

    Raises
    ------
    ParameterError
        If a count is far beyond the typical one, or the model scales nothing by it.
    """
    if not counts:
        return
    untreated = model.baseline(vector)[np.newaxis]
    values = model.readouts_at(untreated, vector, np.zeros((1, len(model.inputs))))[0]
    typical: Mapping[str, float] = dict(zip(model.readouts, values, strict=True))
    known = {count for name in parameters for count in parameters[name].scales}
    for name, count in counts.items():
        if name not in known or name not in typical:
            reason, cure = "is not an untreated count of this model", did_you_mean(name, known & typical.keys())
            raise ParameterError(reason, file=file, key=f"patient.baseline.{name}", cure=cure)
        factor = count / convert(1.0, model.units[name], COUNT_UNIT) / typical[name]
        for scale in parameters.scales_of(name):
            value = float(vector[model.position[scale]] * factor)
            if parameters[scale].problem_with(value) is not None:
                reason = f"is {factor:.3g} times the typical count, beyond what the model is meant for"
                cure = f"check value and unit; typical is {typical[name]:.3g} {model.units[name]}"
                raise ParameterError(reason, file=file, key=f"patient.baseline.{name}", cure=cure)
            yield scale, value


def _closed(
    parameters: ParameterSet, values: Mapping[str, float], model: Model, off: tuple[str, ...], file: str
) -> Array:
    """Return the closed vector with the patient's values; what is impossible is reported by file and key path."""
    try:
        return model.close(parameters.with_values(values).values(), off)
    except ParameterError as error:
        problems = [
            replace(problem, file=file, key=_key_of(parameters, str(problem.key))) for problem in error.problems
        ]
        raise ParameterError(problems=problems) from error


def _key_of(parameters: ParameterSet, name: str) -> str:
    """Return the scenario's key of a parameter, or of a constant that follows from several."""
    return parameters.key_of(name) if name in parameters else f"parameters.{name}"


def _of_patient(scenario: Scenario, parameters: ParameterSet) -> dict[str, float]:
    of_patient = [name for name in parameters if parameters[name].belongs_to_patient]
    values = {name: attrgetter(parameters.key_of(name))(scenario) for name in of_patient}
    # What the scenario leaves open is the value of the parameter set.
    return {name: float(value) for name, value in values.items() if value is not None}


def _given_values(scenario: Scenario, parameters: ParameterSet, file: str) -> dict[str, float]:
    """Return the values that a scenario gives; its own table goes before what volumes of doses set."""
    table = dict(_of_table(scenario, parameters, file))
    return {**_of_patient(scenario, parameters), **dict(_of_volumes(scenario, parameters, file)), **table}


def _of_volumes(scenario: Scenario, parameters: ParameterSet, file: str) -> Iterator[tuple[str, float]]:
    """Yield the parameters that volumes of doses set, unless the scenario gives them itself."""
    for name, volume in set_by_volumes(scenario).items():
        if name in scenario.parameters:
            continue
        key = f"{volume.key}.volume"
        if name not in parameters:
            cure = "leave out volume and concentration, or name another parameter set"
            raise ParameterError(f"sets {name}, which {parameters.name} does not have", file=file, key=key, cure=cure)
        value = convert(volume.millilitres, "mL", parameters[name].unit)
        if (problem := parameters[name].problem_with(value)) is not None:
            raise ParameterError(f"sets {name}: {problem.reason}", file=file, key=key, cure=problem.cure)
        yield name, value


def _of_table(scenario: Scenario, parameters: ParameterSet, file: str) -> Iterator[tuple[str, float]]:
    for name, value in scenario.parameters.items():
        key = f"parameters.{name}"
        if name not in parameters:
            raise ParameterError("is not a parameter", file=file, key=key, cure=did_you_mean(name, parameters))
        if parameters[name].belongs_to_patient:
            cure = f"set {parameters.key_of(name)} instead"
            raise ParameterError("belongs to the patient", file=file, key=key, cure=cure)
        try:
            yield name, parse_quantity(value, parameters[name].unit, bare=True)
        except QuantityError as error:
            raise ParameterError(error.reason, file=file, key=key, cure=error.cure) from error
