"""Checks of a declared network: units of every rate, losses that vanish, declarations that name what exists.

A network that fails never becomes kernels.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache

import sympy as sp

from immunosim.errors import ModelError, did_you_mean
from immunosim.model.network import Network
from immunosim.model.rate_laws import RateLaw, above
from immunosim.model.readout_info import CURVE_COLOURS, EXTREMES, GROUP_KINDS

# ug/mL and mg/L are one unit; the glossary names serum levels in ug/mL.
SAME_UNIT = {"ug/mL": "mg/L"}


def validate(net: Network) -> None:
    """Check units, losses and what read-outs declare.

    Raises
    ------
    ModelError
        At the first expression whose units clash, loss that does not vanish with its pool, or declaration that names
        what the model does not have.
    """
    check_units(net)
    check_losses(net)
    check_display(net)


def check_units(net: Network) -> None:
    """Refuse a constant, signal, rate, read-out or untreated value whose unit is not the declared one."""
    units = {name: parse_unit(unit) for name, unit in net.parameter_units.items()}
    units |= dict.fromkeys(net.switches, sp.S.One)
    units |= {pool.name: parse_unit(pool.unit) for pool in net.pools.values()}
    units |= {item.name: parse_unit(item.unit) for item in net.inputs.values()}
    declared = {**net.derived, **net.signals}
    units |= {name: parse_unit(item.unit) for name, item in declared.items()}
    per_day = 1 / parse_unit("day")
    for name, process in net.processes.items():
        for end in (process.reactant, process.product):
            if end is not None:
                units[name] = parse_unit(net.pools[end.name].unit) * per_day
                _expect(name, process.rate, units[name], units)
    # Not merged into one table: a read-out may bear the name of the signal that it reports.
    for name, item in [*declared.items(), *net.readouts.items()]:
        _expect(name, item.expression, parse_unit(item.unit), units)
    for name, expression in net.baseline.items():
        _expect(f"untreated {name}", expression, parse_unit(net.pools[name].unit), units)


def check_display(net: Network) -> None:
    """Refuse what read-outs, groups and default questions declare of names that do not exist, or of mixed units."""
    names = {*net.readouts, *net.pools}
    for name, info in net.display.items():
        _known(f"read-out {name}: explained_with", info.explained_with, names)
        _known(f"read-out {name}: part_of", info.part_of, net.readouts)
        _known(f"read-out {name}: colour", info.colour, CURVE_COLOURS)
        _known(f"read-out {name}: extreme", info.extreme, EXTREMES)
    for name, analyte in net.analytes.items():
        for part in (*analyte.parts, analyte.part_of):
            _known(f"analyte {name}", part, net.readouts)
    _check_meanings(net)
    asked = net.questions
    for name in (*asked.elasticities, asked.explained, *(name for name, _ in asked.recovery)):
        _known("default questions", name, net.readouts)
    for name in asked.samples:
        _known("default questions: samples", name, {*net.readouts, *net.analytes})
    for group, shown in net.groups.items():
        _known(f"display group {group}: kind", shown.kind, GROUP_KINDS)
        units = {info.unit for info in net.display.values() if info.group == group}
        if len(units) != 1:
            reason = f"shows {', '.join(sorted(units))} on one axis" if units else "shows nothing"
            raise ModelError(
                f"display group {group} {reason}", cure="give its read-outs one unit, or groups of their own"
            )


def _check_meanings(net: Network) -> None:
    """Refuse a header or a number of tables that means two analytes."""
    meant: dict[str, str] = {}
    for name, analyte in net.analytes.items():
        numbers = () if analyte.dvid is None else (f"DVID {analyte.dvid}",)
        for text in (*(f'header "{header}"' for header in analyte.headers), *numbers):
            if meant.setdefault(text, name) != name:
                raise ModelError(f"{text} means {meant[text]} and {name}", cure="give each its own")


def _known(where: str, name: str, known: Iterable[str]) -> None:
    if name and name not in known:
        raise ModelError(f'{where}: there is no "{name}"', cure=did_you_mean(name, list(known)))


def check_losses(net: Network) -> None:
    """Refuse a process that would take from an empty pool."""
    expressions = {net[name]: expression for name, expression in reversed(net.assignments().items())}
    for process in net.processes.values():
        if process.reactant is None:
            continue
        rate = process.rate
        for symbol, expression in expressions.items():
            rate = rate.subs(symbol, expression)
        if _spelt_out(rate.subs(process.reactant, 0)) != 0:
            raise ModelError(
                f"the rate does not vanish when {process.reactant} is empty", key=process.name, cure="make it a gain"
            )


def _spelt_out(expression: sp.Expr) -> sp.Expr:
    def is_law(part: sp.Basic) -> bool:
        return isinstance(part, RateLaw) and not isinstance(part, above)

    return expression.replace(is_law, lambda law: law.formula())


@lru_cache
def parse_unit(text: str) -> sp.Expr:
    """Return a unit as an expression over unit symbols.

    Every unit symbol is its own dimension: years and days, or mg and kg, do not mix unless a conversion is written out.
    """
    text = SAME_UNIT.get(text, text).replace("1e9/L", "giga/L")
    names = {name: sp.Symbol(name) for name in ("day", "cells", "uL", "mg", "L", "kg", "year", "giga")}
    try:
        unit = sp.sympify(text, locals=names)
    except (sp.SympifyError, TypeError) as error:  # the latter of a unit that is called or divides a function
        raise ModelError(f"{text!r} is not a unit") from error
    if not isinstance(unit, sp.Expr):
        raise ModelError(f"{text!r} is not a unit")
    return unit


def unit_of(expression: sp.Expr, units: Mapping[str, sp.Expr]) -> sp.Expr:
    """Return the unit of an expression; raise ModelError where a sum or a law mixes units."""
    if expression.is_Symbol:
        return units[expression.name]
    if expression.is_Number:
        return sp.S.One
    parts = [unit_of(argument, units) for argument in expression.args]
    if expression.is_Add:
        for part in parts[1:]:
            if part != parts[0]:
                raise ModelError(f"{expression} adds {part} to {parts[0]}")
        return parts[0]
    if expression.is_Mul:
        return sp.Mul(*parts)
    if expression.is_Pow:
        if parts[1] != 1:
            raise ModelError(f"{expression} has an exponent in {parts[1]}")
        return parts[0] ** expression.exp
    if isinstance(expression, RateLaw):
        return expression.unit_of(parts)
    raise ModelError(f"{expression}: the unit of {type(expression).__name__} is not known")


def _expect(name: str, expression: sp.Expr, expected: sp.Expr, units: Mapping[str, sp.Expr]) -> None:
    try:
        unit = unit_of(expression, units)
    except ModelError as error:
        raise ModelError(error.reason, key=name) from error
    if unit != expected and not expression.is_Number:
        raise ModelError(f"has unit {unit}, expected {expected}", key=name)
