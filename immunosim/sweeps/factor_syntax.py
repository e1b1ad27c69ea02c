"""Parsing of factors: ``course.1.dose=6 mg:24 mg``, ``blood_lysis_rate=x0.5:x2:log``, ``patient.sex=female,male``.

Bounds and values are tried on the scenario itself, whose reader decides what is valid.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from immunosim.ensembles.rows import checked_parameters
from immunosim.errors import (
    DataError,
    ImmunosimError,
    QuantityError,
    ScenarioError,
    any_of,
    close_matches,
    did_you_mean,
)
from immunosim.problem import prepare
from immunosim.scenario import Scenario, apply_overrides, build_scenario
from immunosim.scenario.clock import is_deferred
from immunosim.scenario.dose_slopes import dose_tables
from immunosim.scenario.drug_names import with_drugs_of
from immunosim.scenario.schema import described
from immunosim.scenario.table import ScenarioTable, record_in
from immunosim.sweeps.base import Base
from immunosim.sweeps.factors import Factor
from immunosim.units import convert, parse_quantity, read_number, shown, split_quantity

BESIDE_DOSES = ("patient", "parameters", "mechanisms")
"""Tables of a scenario whose keys can be factors, besides those of its doses."""

SOURCE = "vary"
MECHANISM = ("off", "on")

_EXAMPLE = "write for example `vary=blood_lysis_rate=x0.5:x2:log` or `vary=course.1.dose=6 mg,12 mg`"
_BY_DOSE = frozenset({"weight"})  # doses per body weight follow it: the scenario is rebuilt
_INDEX = re.compile(r"\[(\d+)\]")
TRUTHS = {"true": 1.0, "false": 0.0}


def read_varying(base: Base, texts: Iterable[str]) -> dict[str, str]:
    """Return the values of each factor by key, from texts such as ``KEY=VALUES``.

    Raises
    ------
    DataError
        If a text has another form, or a key is varied twice.
    """
    settings: dict[str, str] = {}
    for text in texts:
        key, equals, values = text.partition("=")
        if not equals or not key.strip() or not values.strip():
            raise DataError(f'"{text}" has no values: `vary` needs KEY=VALUES', key=SOURCE, cure=_EXAMPLE)
        full = full_key(base, key.strip())
        if full in settings:
            raise DataError("is varied twice", key=f"{SOURCE} {full}", cure="leave one out")
        settings[full] = values.strip()
    return settings


def full_key(base: Base, key: str) -> str:
    """Return a key as it is named in results: entries of arrays after a dot, the name of a parameter with its table."""
    plain = _INDEX.sub(r".\1", key)
    if "." not in plain and plain in base.problem.parameters:
        return base.problem.parameters.key_of(plain)
    return plain


def factor_of(base: Base, key: str, given: str | Sequence[Any]) -> Factor:
    """Return a factor.

    Parameters
    ----------
    base : Base
    key : str
        As ``full_key`` returns it.
    given : str or sequence
        A range ``LOW:HIGH`` or ``LOW:HIGH:log``, values joined by commas, or a list of values. ``x2`` is twice the
        value of the scenario.

    Raises
    ------
    DataError, ScenarioError, ParameterError
        If the key is unknown, or the scenario does not accept these values.
    """
    factor = key_factor(base, key)
    texts, is_log, is_range = _parts(key, given)
    if factor.choices:
        if set(texts) != set(MECHANISM):
            cure = f"write {key}=on,off"
            reason = f'has the values "{", ".join(texts)}", expected on and off'
            raise DataError(reason, key=f"{SOURCE} {key}", cure=cure)
        return factor
    return (_column if factor.parameter else _built)(base, factor, texts, is_log, is_range)


def key_factor(base: Base, key: str) -> Factor:
    """Return the factor of a key without values yet; a mechanism has the choices off and on.

    Raises
    ------
    DataError
        If the key is unknown, or cannot be varied.
    """
    table, _, name = key.partition(".")
    if Scenario.superseded.get(table, table) not in _tables(base) or not name:
        raise DataError("cannot be varied", key=f"{SOURCE} {key}", cure=_instead_of(base, key))
    if table == "mechanisms":
        mechanisms = base.problem.model.mechanisms
        if name not in mechanisms:
            raise DataError("is not a mechanism", key=f"{SOURCE} {key}", cure=did_you_mean(name, mechanisms))
        label = base.problem.model.module.MECHANISMS[name][0]
        return Factor(key, label, "", values=(0.0, 1.0), choices=MECHANISM)
    parameter = _parameter_of(base, key)
    if parameter:
        about = base.problem.parameters[parameter]
        return Factor(key, about.label, about.unit, parameter)
    with with_drugs_of(base.problem.scenario):
        return Factor(key, _label(key), "")


def _instead_of(base: Base, key: str) -> str:
    """Suggest what to vary instead of a key that cannot be varied."""
    table, _, name = key.partition(".")
    tables = _tables(base)
    if table in tables:
        return "name one of its keys, such as patient.age or course.1.dose"
    meant = close_matches(table, tables if name else base.problem.parameters)
    return f"did you mean {any_of(meant)}?" if meant else f"name a parameter, or a key of {', '.join(sorted(tables))}"


def _tables(base: Base) -> tuple[str, ...]:
    return (*BESIDE_DOSES, *dose_tables(base.problem.scenario))


def number_and_unit(text: str) -> tuple[float, str] | None:
    """Return the parts of a quantity; None if the text is a date or does not begin with a number.

    Raises
    ------
    QuantityError
        If it begins with an ambiguous number.
    """
    return None if is_deferred(text) else split_quantity(text)


def common_unit(key: str, units: Iterable[str]) -> str:
    """Return the common unit of values, some of which may lack one.

    Raises
    ------
    DataError
        If some values lack a unit and the others differ: the unit is ambiguous.
    """
    all_units = list(units)
    given = list(dict.fromkeys(filter(None, all_units)))
    if len(given) > 1 and "" in all_units:
        reason = f"has values in {any_of(given)} and one without a unit"
        raise DataError(reason, key=key, cure="write the unit of every value")
    return given[0] if given else ""


def _parts(key: str, given: str | Sequence[Any]) -> tuple[list[str], bool, bool]:
    """Return the texts of bounds or values, whether they are a logarithmic range, and whether they are a range."""
    where = f"{SOURCE} {key}"
    if not isinstance(given, str):
        given = given if isinstance(given, Iterable) else [given]
        texts = [value if isinstance(value, str) else shown(value) for value in given]
    elif ":" in given:
        *ends, last = [part.strip() for part in given.split(":")]
        is_log = last in ("log", "linear")
        ends = ends if is_log else [*ends, last]
        if len(ends) != 2 or not all(ends):
            raise DataError(f'"{given}" is not a range', key=where, cure="write LOW:HIGH or LOW:HIGH:log")
        return ends, last == "log", True
    else:
        texts = [part.strip() for part in given.split(",")]
    if not all(texts):
        raise DataError("has an empty value", key=where, cure="write a value between all commas")
    if len(texts) < 2:
        raise DataError(f'"{", ".join(texts)}" is one value', key=where, cure="write LOW:HIGH or several values")
    if len(set(texts)) < len(texts):
        raise DataError("has a value twice", key=where, cure="leave one out")
    return texts, False, False


def _parameter_of(base: Base, key: str) -> str:
    """Return the primary parameter that a key sets directly; empty where the scenario must be rebuilt."""
    table, _, name = key.partition(".")
    if table == "parameters":
        if name not in base.problem.parameters:
            cure = did_you_mean(name, base.problem.parameters)
            raise DataError("is not a parameter", key=f"{SOURCE} {key}", cure=cure)
        if base.problem.parameters[name].belongs_to_patient:
            cure = f"vary {base.problem.parameters.key_of(name)}"
            raise DataError("belongs to the patient", key=f"{SOURCE} {key}", cure=cure)
        return name
    name = base.problem.parameters.set_by(key)
    return "" if name in _BY_DOSE else name


def _column(base: Base, factor: Factor, texts: Sequence[str], is_log: bool, is_range: bool) -> Factor:
    about = base.problem.parameters[factor.parameter]
    now = float(base.problem.vector[base.problem.model.position[factor.parameter]])
    key = factor.key
    numbers = [_number(key, text, lambda text: parse_quantity(text, about.unit, bare=True), now) for text in texts]
    for number in numbers:
        problem = about.problem_with(number)
        if problem:
            raise DataError(problem.reason, key=f"{SOURCE} {key}", cure=problem.cure)
    checked_parameters(base.problem, {factor.parameter: numbers})
    return _spread(factor, numbers, is_log, is_range)


def _built(base: Base, factor: Factor, texts: Sequence[str], is_log: bool, is_range: bool) -> Factor:
    key, now = factor.key, _present(base, factor.key)
    where = f"{SOURCE} {key}"
    try:
        parts = [number_and_unit(text.removeprefix("x")) for text in texts]
    except QuantityError as error:
        raise DataError(error.reason, key=where, cure=error.cure) from error
    if None in parts:
        if is_range:
            raise DataError(f'"{":".join(texts)}" is not a range of numbers', key=where, cure=_EXAMPLE)
        factor = replace(factor, values=tuple(map(float, range(len(texts)))), choices=tuple(texts))
    else:
        absolute = {text: part[1] for text, part in zip(texts, parts, strict=True) if part and text[0] != "x"}
        unit, present = common_unit(where, absolute.values()), _unit_of(now)
        if absolute and present and not unit:
            text = next(iter(absolute))
            raise DataError(f'"{text}" has no unit', key=where, cure=f'write for example "{text} {present}"')
        unit = unit or present
        is_relative = now is not None and len(absolute) < len(texts)
        current = _number(key, str(now), lambda text: _in_unit(key, text, unit), None) if is_relative else None
        numbers = [_number(key, text, lambda text: _in_unit(key, text, unit), current) for text in texts]
        factor = _spread(replace(factor, unit=unit), numbers, is_log, is_range)
        are_whole = not unit and all(number.is_integer() for number in numbers)
        if are_whole and not _is_possible(base, key, f"{numbers[0] + 0.5}"):
            factor = replace(factor, is_whole=True)
            if is_log:
                reason = "a range of whole numbers cannot be logarithmic"
                raise DataError(reason, key=f"{SOURCE} {key}", cure="leave out log, or list the values")
    _refuse_impossible(base, factor)
    return factor


def _unit_of(now: object) -> str:
    """Return the unit of the scenario's value; empty where that is not a quantity."""
    parts = number_and_unit(now) if isinstance(now, str) else None
    return parts[1] if parts else ""


def _refuse_impossible(base: Base, factor: Factor) -> None:
    """Refuse values that the scenario does not accept; a bound that conflicts only with another key passes."""
    for value in factor.values or (factor.low, factor.high):
        try:
            tried(base, {factor.key: factor.text(value)})
        except ScenarioError as error:
            problems = [problem for problem in error.problems if full_key(base, problem.key or "") == factor.key]
            if problems or factor.values:
                raise


def _spread(factor: Factor, numbers: Sequence[float], is_log: bool, is_range: bool) -> Factor:
    where = f"{SOURCE} {factor.key}"
    if not is_range:
        if len(set(numbers)) < len(numbers):
            raise DataError("has a value twice", key=where, cure="leave one out")
        return replace(factor, values=tuple(numbers))
    low, high = numbers
    if not low < high:
        raise DataError(f"the range from {low:g} to {high:g} is empty", key=where, cure="write the smaller end first")
    if is_log and low <= 0.0:
        cure = "start above 0, or leave out log"
        raise DataError(f"a logarithmic range cannot start at {low:g}", key=where, cure=cure)
    return replace(factor, low=low, high=high, is_log=is_log)


def _number(key: str, text: str, read: Callable[[str], float], now: float | None) -> float:
    """Return a number in the factor's unit; ``x2`` is twice the current value."""
    where = f"{SOURCE} {key}"
    if text in TRUTHS:
        return TRUTHS[text]
    try:
        if not text.startswith("x"):
            return read(text)
        if now is None:
            cure = "give the values themselves"
            raise DataError(f'"{text}" is a multiple, but the scenario has no value', key=where, cure=cure)
        return read_number(text[1:]) * now
    except QuantityError as error:
        if text[:1] == "x" and error.reason.endswith("is not a number"):
            raise DataError(f'"{text}" is not a number', key=where, cure="write for example x0.5") from error
        raise DataError(error.reason, key=where, cure=error.cure) from error


def _in_unit(key: str, text: str, unit: str) -> float:
    parts = number_and_unit(text)
    if parts is None:
        raise DataError(f'"{text}" is not a number', key=f"{SOURCE} {key}", cure="give the values themselves")
    number, unit_of_value = parts
    return number if unit_of_value in ("", unit) else convert(number, unit_of_value, unit)


def _present(base: Base, key: str) -> Any:
    """Return the scenario's value of a key; None where it has none."""
    for document in (base.document, base.resolved):
        node: Any = document
        try:
            for step in key.split("."):
                node = node[int(step) - 1] if isinstance(node, list) else node[step]
        except (LookupError, TypeError, ValueError):
            continue
        return node
    return None


def _label(key: str) -> str:
    """Return the description of a key of the scenario: ``Dose per infusion (course 1)``."""
    record: type[ScenarioTable] | None = Scenario
    words: str | None = None
    entries: list[str] = []
    for previous, step in pairwise(["", *key.split(".")]):
        if step.isdecimal():
            entries.append(f"{previous.replace('_', ' ')} {step}")
        elif record is not None and record.annotation_of(step) is not None:
            words = described(record, step)
            record = record_in(record.annotation_of(step))
    short = re.split(r"[;:,(]", words or key)[0].strip()
    return f"{short} ({', '.join(entries)})" if entries else short


def tried(base: Base, changes: Mapping[str, str]) -> dict[str, Any]:
    """Return the changed document after validation by the scenario's reader.

    Raises
    ------
    ScenarioError, ParameterError
        If it is invalid.
    """
    document = apply_overrides(base.document, [f"{key}={text}" for key, text in changes.items()], SOURCE)
    where = f"{SOURCE} {any_of([f'{key}={text}' for key, text in changes.items()])}"
    scenario = build_scenario(document, where)
    if any(key.startswith("patient.") for key in changes):
        prepare(scenario, where)  # whether an untreated count is possible depends on the model's parameters
    return document


def _is_possible(base: Base, key: str, text: str) -> bool:
    try:
        tried(base, {key: text})
    except ImmunosimError:
        return False
    return True
