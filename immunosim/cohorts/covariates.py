"""Covariates that have met a model: what each sets, in which unit, and its effects.

Knows no population; ``population`` does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import get_args

import numpy as np

from immunosim.errors import DataError, ImmunosimError, InputProblem, did_you_mean
from immunosim.patient_parameters import COUNT_UNIT
from immunosim.scenario.patient import Patient
from immunosim.scenario.population import Covariate, CovariateEffect
from immunosim.sweeps.base import Base
from immunosim.units import check_unit, convert, parse_quantity

COUNTS = "patient.baseline."
SEX = "patient.sex"
"""A key of the patient that no equation uses."""

SEXES = get_args(Patient.model_fields["sex"].annotation)

_NUMBERS = ("mean", "sd", "median", "low", "high")
YES_NO = ("no", "yes")


@dataclass(frozen=True)
class BoundCovariate:
    """A covariate whose names and units have been checked.

    Attributes
    ----------
    record : Covariate
    parameter, count : str
        The parameter, or the untreated count, that it sets; empty where it sets neither.
    unit : str
    numbers : mapping of str to float
        The numbers of its distribution, in its unit.
    """

    record: Covariate
    parameter: str
    count: str
    unit: str
    numbers: Mapping[str, float]

    @property
    def choices(self) -> tuple[str, ...]:
        """Names of its values, which are then indices; empty for numbers."""
        return YES_NO if self.record.distribution == "share" else tuple(self.record.choices)


def unknown_parameter(base: Base, name: str, key: str) -> Iterator[InputProblem]:
    """Yield a parameter that the model does not have."""
    if name not in base.problem.parameters:
        cure = did_you_mean(name, base.problem.parameters)
        yield InputProblem(f'"{name}" is not a parameter of the model {base.scenario.model}', key=key, cure=cure)


def bound_covariate(record: Covariate, base: Base) -> BoundCovariate:
    """Return a covariate with its key, unit and numbers checked.

    Raises
    ------
    DataError
        With the key, relative to the covariate, of what is wrong.
    """
    parameter, count = _target(record, base)
    unit = base.problem.parameters[parameter].unit if parameter else COUNT_UNIT if count else record.unit or "1"
    _check_unit_of(record, parameter or count, unit)
    given = {key: getattr(record, key) for key in _NUMBERS if getattr(record, key) is not None}
    numbers = {}
    for key, value in given.items():
        try:
            numbers[key] = parse_quantity(value, unit, bare=True)
        except ImmunosimError as error:
            raise DataError(error.reason, key=key, cure=error.cure) from error
    _refuse_impossible(numbers, record)
    for position, effect in enumerate(record.effect, 1):
        _check_effect(record, base, position, effect, unit)
    return BoundCovariate(record, parameter, count, unit, numbers)


def _check_unit_of(record: Covariate, target: str, unit: str) -> None:
    try:
        if record.unit:
            check_unit(record.unit)
            convert(1.0, record.unit, unit)
    except ImmunosimError as error:
        of_target = f'"{record.unit}" is not a unit of {target}'
        reason, cure = (of_target, f'write a unit such as "{unit}"') if target else (error.reason, error.cure)
        raise DataError(reason, key="unit", cure=cure) from None


def _target(record: Covariate, base: Base) -> tuple[str, str]:
    """Return the parameter or the untreated count that a covariate sets."""
    key = record.sets
    unknown = [name for name in record.choices if key == SEX and name not in SEXES]
    if unknown:
        cure = did_you_mean(unknown[0], SEXES)
        raise DataError(f'"{unknown[0]}" is not a sex of the scenario', key="choices", cure=cure)
    if not key or key == SEX:
        return "", ""
    parameters = base.problem.parameters
    if key.startswith(COUNTS):
        count = key.removeprefix(COUNTS)
        if parameters.scales_of(count):
            return "", count
    name = parameters.set_by(key) or key.removeprefix("parameters.")
    if name not in parameters:
        known = [*parameters, *(parameters.key_of(name) for name in parameters), SEX]
        raise DataError(f'"{key}" is not a key of a patient or a parameter', key="sets", cure=did_you_mean(key, known))
    if record.distribution == "choice":
        raise DataError("a choice of names cannot set a parameter", key="sets", cure="use an effect with factors")
    return name, ""


def _refuse_impossible(numbers: Mapping[str, float], record: Covariate) -> None:
    if numbers.get("sd", 0.0) < 0.0:
        raise DataError(f"{numbers['sd']:g} is negative", key="sd", cure="give 0 or more")
    positive = {"lognormal": ("median",), "exponential": ("mean",)}
    for key in positive.get(record.distribution, ()):
        if key in numbers and not numbers[key] > 0.0:
            raise DataError(f"{numbers[key]:g} is not positive", key=key, cure="give a positive number")
    middle = numbers.get("mean", numbers.get("median", 0.0))
    low, high = numbers.get("low", -np.inf), numbers.get("high", np.inf)
    if not low < high:
        raise DataError(f"{low:g} is not below high, {high:g}", key="low", cure="let low be less than high")
    if not low <= middle <= high and {"low", "high"} & numbers.keys():
        reason = f"the centre, {middle:g}, is outside the cuts {low:g} to {high:g}"
        raise DataError(reason, key="low", cure="let the cuts enclose the centre of the distribution")


def _check_effect(record: Covariate, base: Base, position: int, effect: CovariateEffect, unit: str) -> None:
    key = f"effect[{position}]"
    for problem in unknown_parameter(base, effect.parameter, f"{key}.parameter"):
        raise DataError(problem.reason, key=problem.key, cure=problem.cure)
    if effect.slope is not None and record.choices:
        reason = f"{record.name} has names, which have no slope"
        raise DataError(reason, key=f"{key}.slope", cure="give factors, one for each name")
    try:
        parse_quantity(effect.reference, unit, bare=True)
    except ImmunosimError as error:
        raise DataError(error.reason, key=f"{key}.reference", cure=error.cure) from None
    names = YES_NO if record.distribution == "share" else tuple(record.choices)
    unknown = [name for name in effect.factors if name not in names]
    if unknown:
        reason = f'"{unknown[0]}" is not a value of {record.name}'
        raise DataError(reason, key=f"{key}.factors", cure=did_you_mean(unknown[0], names))
