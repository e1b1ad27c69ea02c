"""Check of the names in a scenario that only the model knows, against lists that the caller brings."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from typing import TypeAlias

from immunosim.errors import InputProblem, QuantityError, ScenarioError, Suggestions
from immunosim.model.package import ModelPackage
from immunosim.models import find_model
from immunosim.safe_text import shortened
from immunosim.scenario.findings import Observed
from immunosim.scenario.scenario import Scenario
from immunosim.units import convert, parse_quantity

_Known: TypeAlias = Collection[str] | Mapping[str, str]


def check_names(
    scenario: Scenario,
    *,
    mechanisms: Collection[str],
    parameters: Collection[str] | Mapping[str, str],
    readouts: Collection[str] | Mapping[str, str],
    methods: Collection[str] | None = None,
    pools: Collection[str] | None = None,
    file: str = "scenario",
) -> None:
    """Raise where a scenario names a mechanism, parameter, read-out, pool or solver method that does not exist.

    Parameters
    ----------
    scenario : Scenario
        The scenario to check.
    mechanisms, parameters, readouts, methods, pools : collection of str
        The known names. A mapping of parameters or read-outs to their units has the units checked as well.
    file : str
        What messages name as the origin of a problem.

    Raises
    ------
    ScenarioError
        With every unknown name and its close matches, one per line.
    """
    cures = Suggestions()
    problems = [
        *_mechanisms(scenario, mechanisms, file, cures),
        *_parameters(scenario, parameters, file, cures),
        *_readouts(scenario, readouts, file, cures),
    ]
    problems += _challenged(scenario, pools, file, cures)
    if methods is not None and scenario.solver.method not in methods:
        problems.append(_unknown("method", scenario.solver.method, methods, file, "solver.method", cures))
    if problems:
        raise ScenarioError(problems=problems)


def _challenged(
    scenario: Scenario, pools: Collection[str] | None, file: str, cures: Suggestions
) -> Iterator[InputProblem]:
    inputs = find_model(scenario.model).all_challenge_inputs
    for number, record in enumerate(scenario.challenge, 1):
        key = f"challenge[{number}]"
        if record.pool is not None and pools is not None and record.pool not in pools:
            yield _unknown("pool", record.pool, pools, file, f"{key}.pool", cures)
        if record.input is not None and record.input not in inputs:
            yield _unknown("input of challenges", record.input, inputs, file, f"{key}.input", cures)


def _mechanisms(scenario: Scenario, known: Collection[str], file: str, cures: Suggestions) -> Iterator[InputProblem]:
    for number, name in enumerate(scenario.mechanisms.off, 1):
        if name not in known:
            yield _unknown("mechanism", name, known, file, f"mechanisms.off[{number}]", cures)


def _parameters(
    scenario: Scenario, known: Collection[str] | Mapping[str, str], file: str, cures: Suggestions
) -> Iterator[InputProblem]:
    for name, value in scenario.parameters.items():
        if name not in known:
            yield _unknown("parameter", name, known, file, f"parameters.{name}", cures)
        elif isinstance(known, Mapping):
            try:
                parse_quantity(value, known[name], bare=True)
            except QuantityError as error:
                yield InputProblem(error.reason, file, f"parameters.{name}", error.cure)


def _readouts(
    scenario: Scenario, known: Collection[str] | Mapping[str, str], file: str, cures: Suggestions
) -> Iterator[InputProblem]:
    for number, series in enumerate(scenario.observed, 1):
        key = f"observed[{number}]"
        if series.readout not in known:
            yield _unknown("read-out", series.readout, known, file, f"{key}.readout", cures)
        elif isinstance(known, Mapping):
            try:
                convert(1.0, series.unit, known[series.readout])
                yield from _implausible(series, find_model(scenario.model), key, file)
            except QuantityError:
                reason, cure = f'"{series.unit}" does not fit {series.readout}', known[series.readout] or "1"
                yield InputProblem(reason, file, f"{key}.unit", f'give values in "{cure}"')


def _implausible(series: Observed, model: ModelPackage, key: str, file: str) -> Iterator[InputProblem]:
    """Yield the first observed count above the highest plausible one: its unit is probably wrong."""
    count = model.all_counts.get(series.readout)
    most, unit = (math.inf, series.unit) if count is None else (count.most, count.unit)
    for number, point in enumerate(series.points, 1):
        value = convert(point.ends[1], series.unit, unit)
        if value > most:
            reason = (
                f"{point.ends[1]:g} {series.unit} of {series.readout} is implausibly high (at most {most:g} {unit})"
            )
            yield InputProblem(reason, file, f"{key}.points[{number}]", "correct the value, or the unit of the series")
            return


def _unknown(kind: str, name: str, known: Collection[str], file: str, key: str, cures: Suggestions) -> InputProblem:
    return InputProblem(f'unknown {kind} "{shortened(name, 60)}"', file, key, cures.cure(name, known))
