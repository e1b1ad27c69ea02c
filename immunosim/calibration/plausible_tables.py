"""Tables of plausible sets: values of parameters, spreads, shares and factors that targets allow, one row a set.

Reads the files that a population names, and checks them against it and its model. Simulates nothing.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from immunosim.calibration.least_squares import Array
from immunosim.calibration.quantities import COHORT_OF, SHARE_OF, SPREAD_OF, FreeQuantity, free_quantities
from immunosim.calibration.records import NO_PRIOR, FreeQuantities
from immunosim.cohorts.population import BoundPopulation
from immunosim.errors import DataError, InputProblem, QuantityError, listed
from immunosim.units import shown

BOOKKEEPING = ("draw", "n_within", "loss")
"""Columns in which a calibration says how good a set is; they are no values."""

FEWEST = 2
"""Sets of which there is an interval."""


@dataclass(frozen=True, eq=False)
class PlausibleTable:
    """The sets of one file.

    Attributes
    ----------
    path : Path
    quantities : tuple of FreeQuantity
        Their start is the value of the population and the scenario.
    values : ndarray, shape (n, p)
    """

    path: Path
    quantities: tuple[FreeQuantity, ...]
    values: Array


@dataclass(frozen=True, eq=False)
class PlausibleValues:
    """The ensemble of a population: set i takes row i of each table, from the first again after the last.

    Attributes
    ----------
    tables : tuple of PlausibleTable
    """

    tables: tuple[PlausibleTable, ...]

    @property
    def quantities(self) -> tuple[FreeQuantity, ...]:
        """What differs between sets, table by table."""
        return tuple(quantity for table in self.tables for quantity in table.quantities)

    @property
    def n(self) -> int:
        """Number of different sets."""
        return math.lcm(*(len(table.values) for table in self.tables))

    def first(self, n: int) -> Array:
        """Return the values of the first sets, shape (n, p).

        Raises
        ------
        DataError
            If there are not as many, or so few have no interval.
        """
        if not FEWEST <= n <= self.n:
            cure = f"ask for {FEWEST} to {self.n:,}"
            raise DataError(f"{n:,} of {self.n:,} plausible sets cannot be taken", key="sets", cure=cure)
        rows = np.arange(n)
        return np.column_stack([table.values[rows % len(table.values)] for table in self.tables])

    @property
    def outside(self) -> tuple[str, ...]:
        """Names of quantities whose present value no set comes near: it is below or above all of them."""
        names = []
        for table in self.tables:
            low, high = table.values.min(axis=0), table.values.max(axis=0)
            bounds = zip(table.quantities, low, high, strict=True)
            names += [entry.label for entry, least, most in bounds if not least <= entry.start <= most]
        return tuple(names)


def read_sets(paths: Sequence[Path], bound: BoundPopulation, holder: str = "population") -> PlausibleValues:
    """Read the tables that a population names.

    Parameters
    ----------
    paths : sequence of Path
    bound : BoundPopulation
    holder : str
        What names them, for messages.

    Raises
    ------
    DataError
        If there is none; or with file, line and column of each unknown name, value that is no number or out of bounds,
        and name that occurs twice.
    """
    if not paths:
        cure = 'name a table in it: plausible_sets = "FILE.csv", which immunosim calibrate writes beside its population'
        raise DataError("names no plausible sets", file=holder, key="plausible_sets", cure=cure)
    tables = tuple(_table(path, bound) for path in paths)
    _refuse_repeated(tables)
    values = PlausibleValues(tables)
    strata = {entry.name for entry in values.quantities if entry.kind == "shares"}
    if strata and strata >= {stratum.name for stratum in bound.population.stratum}:
        reason, cure = "every stratum has a share of sets, and they sum to 1", "leave one column out"
        raise DataError(reason, file=listed([str(path) for path in paths]), key="share of ...", cure=cure)
    return values


def _refuse_repeated(tables: Sequence[PlausibleTable]) -> None:
    """Refuse quantities that two tables have."""
    seen, problems = dict[str, Path](), []
    for table in tables:
        for name in (quantity.label for quantity in table.quantities):
            if name in seen:
                reason = f"is a column of {seen[name]} as well"
                problems.append(InputProblem(reason, str(table.path), f"column {name}", "leave one of them out"))
            seen[name] = table.path
    if problems:
        raise DataError(problems=problems)


def _table(path: Path, bound: BoundPopulation) -> PlausibleTable:
    headers, lines = _cells(path)
    problems, columns = list[InputProblem](), dict[int, FreeQuantity]()
    for index, header in enumerate(headers):
        if header in BOOKKEEPING and header not in bound.base.problem.parameters:
            continue
        if headers.count(header) > 1:
            problems.append(InputProblem("occurs twice", str(path), f"column {header}", "leave one of them out"))
            continue
        try:
            columns[index] = _quantity(header, bound)
        except DataError as error:
            problems += [InputProblem(p.reason, str(path), f"column {header}", p.cure) for p in error.problems]
    if not columns and not problems:
        cure = "add a column with the name of a parameter"
        problems.append(InputProblem("has no column of values", str(path), None, cure))
    values = np.full((len(lines), len(columns)), np.nan)
    for row, (number, cells) in enumerate(lines):
        where = f"{path}: line {number}"
        for j, (index, quantity) in enumerate(columns.items()):
            try:
                values[row, j] = _value(cells[index], quantity)
            except QuantityError as error:
                problems.append(InputProblem(error.reason, where, f"column {headers[index]}", error.cure))
        problems += _shares_of(values[row], list(columns.values()), where)
    if problems:
        raise DataError(problems=problems)
    return PlausibleTable(path, tuple(columns.values()), values)


def _cells(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the names of columns, and line number and cells of each row."""
    file, cure = str(path), "write a line of names, then a line for each set, with commas"
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.reader(stream, strict=True)
            headers = [cell.strip() for cell in next(filter(None, reader), [])]
            lines = [(reader.line_num, [cell.strip() for cell in cells]) for cells in filter(None, reader)]
    except FileNotFoundError:
        cure = "name a file relative to the one that names it"
        raise DataError("does not exist", file=file, key="plausible_sets", cure=cure) from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"cannot be read as CSV ({reason})", file=file, cure="save it as CSV in UTF-8") from error
    if not lines:
        raise DataError("holds no plausible set", file=file, cure=cure)
    problems = [
        InputProblem(f"has {len(cells)} cells, the first line {len(headers)}", f"{file}: line {number}", None, cure)
        for number, cells in lines
        if len(cells) != len(headers)
    ]
    if problems:
        raise DataError(problems=problems)
    return headers, lines


def _quantity(header: str, bound: BoundPopulation) -> FreeQuantity:
    """Return what a column holds; its start is the value that the scenario and the population have."""
    parameter, _, cohort = header.partition(COHORT_OF)
    given: dict[str, Any]
    if header.startswith(SPREAD_OF):
        given = {"traits": {header.removeprefix(SPREAD_OF): NO_PRIOR}}
    elif header.startswith(SHARE_OF):
        given = {"shares": {header.removeprefix(SHARE_OF): NO_PRIOR}}
    elif cohort:
        given = {"factors": {cohort: {parameter: NO_PRIOR}}}
    else:
        given = {"parameters": {header: NO_PRIOR}}
    problem = bound.base.problem
    (quantity,) = free_quantities(FreeQuantities.model_validate(given), bound.population, problem.parameters)
    if quantity.kind != "parameters":
        return quantity
    return replace(quantity, start=float(problem.vector[problem.model.position[quantity.name]]))


def _value(cell: str, quantity: FreeQuantity) -> float:
    try:
        value = float(cell if cell.isascii() and "_" not in cell else "no number")
    except ValueError:
        raise QuantityError(f"{shown(cell)} is not a number", cure="write a number without a unit") from None
    if not quantity.lower <= value <= quantity.upper:
        unit = "" if quantity.unit == "1" else f" {quantity.unit}"
        cure = f"write a number from {quantity.lower:g} to {quantity.upper:g}{unit}"
        raise QuantityError(f"{value:g} is out of bounds", cure=cure)
    return value


def _shares_of(values: Array, quantities: Sequence[FreeQuantity], where: str) -> Iterator[InputProblem]:
    """Yield shares of a set that leave nothing to other strata."""
    shares = [value for value, entry in zip(values, quantities, strict=True) if entry.kind == "shares"]
    if sum(shares) >= 1.0:
        reason = f"shares of strata sum to {sum(shares):.6g}, which leaves nothing to the others"
        yield InputProblem(reason, where, None, "write smaller shares")
