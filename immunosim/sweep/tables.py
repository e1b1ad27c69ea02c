"""Patients from a table: a CSV or Parquet file whose columns are keys of the scenario, one patient a row.

A header may give the unit, ``course.1.dose [mg]``; without one a number is in the parameter's own unit, and a cell may
be a quantity, ``12 mg``. Every problem is named with its line and column. A row that repeats another is computed again.
"""

from __future__ import annotations

import csv
import math
import re
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.errors import DataError, ImmunosimError
from immunosim.sweep.base import Base
from immunosim.sweep.designs import Listed
from immunosim.sweep.factors import Factor
from immunosim.sweep.varying import MECHANISM, full_key, key_factor, number_and_unit, tried
from immunosim.units import convert, parse_quantity

_HEADER = re.compile(r"(?P<key>[^\[\]]+(?:\[\d+\][^\[\]]*)*?)\s*(?:\[(?P<unit>[^\]]*[^\]\d][^\]]*)\])?")
_EMPTY = "is empty"


@dataclass(frozen=True, eq=False)
class Column:
    """A column as read: numbers, NaN where a cell holds something else, and what it holds there by row."""

    header: str
    numbers: Array
    texts: dict[int, str]

    def cell(self, row: int) -> str:
        """Return a cell as text."""
        return self.texts[row] if row in self.texts else f"{float(self.numbers[row])!r}"


def read_patients(base: Base, path: Path) -> tuple[tuple[Factor, ...], Listed, int]:
    """Read patients.

    Parameters
    ----------
    base : Base
    path : Path
        CSV, or Parquet by its suffix.

    Returns
    -------
    factors : tuple of Factor
    design : Listed
    n_repeated : int
        Rows that repeat an earlier one.

    Raises
    ------
    DataError
        With line and column of what cannot be used.
    """
    columns = _read_parquet(path) if path.suffix == ".parquet" else _read_csv(path)
    keys = [full_key(base, _split(column.header)[0]) for column in columns]
    for key in keys:
        if keys.count(key) > 1:
            raise DataError("has two columns for one key", file=str(path), key=key, cure="leave one out")
    read = [_factor(base, path, key, column) for key, column in zip(keys, columns, strict=True)]
    values = np.stack([numbers for _, numbers in read], axis=1)
    n_repeated = len(values) - len(np.unique(values, axis=0))
    return tuple(factor for factor, _ in read), Listed(values), n_repeated


def _read_csv(path: Path) -> list[Column]:
    file = str(path)
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            lines = csv.reader(stream)
            headers = [header.strip() for header in next(lines, [])]
            if not any(headers):
                raise DataError(_EMPTY, file=file, cure="give a line of keys, then one patient a line")
            if "" in headers:
                place = headers.index("") + 1
                raise DataError(f"column {place} has no name", file=file, key="line 1", cure="name its key")
            numbers, texts = [array("d") for _ in headers], [dict[int, str]() for _ in headers]
            for cells in lines:
                if cells:
                    _take(cells, headers, numbers, texts, f"{file}: line {lines.line_num}")
    except FileNotFoundError:
        raise DataError("does not exist", file=file, cure="name a CSV or Parquet file") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"cannot be read as CSV ({error})", file=file, cure="save it as CSV in UTF-8") from error
    if not numbers[0]:
        raise DataError("has no patients", file=file, cure="add a line for each patient")
    return [Column(*of) for of in zip(headers, map(np.array, numbers), texts, strict=True)]


def _take(
    cells: Sequence[str],
    headers: Sequence[str],
    numbers: Sequence[array[float]],
    texts: Sequence[dict[int, str]],
    where: str,
) -> None:
    if len(cells) != len(headers):
        reason = f"has {len(cells)} cells, the first line {len(headers)}"
        raise DataError(reason, file=where, cure="give every patient a value in every column")
    for header, cell, column, others in zip(headers, cells, numbers, texts, strict=True):
        text = cell.strip()
        if not text:
            raise DataError(_EMPTY, file=where, key=header, cure="give a value")
        try:
            column.append(float(text))
        except ValueError:
            others[len(column)] = text
            column.append(math.nan)


def _read_parquet(path: Path) -> list[Column]:
    file = str(path)
    try:
        import pandas as pd

        table = pd.read_parquet(path)
    except ImportError as error:
        cure = "run: python -m pip install 'immunosim[sweep]'"
        raise DataError("Parquet tables need the package pyarrow", file=file, cure=cure) from error
    except FileNotFoundError:
        raise DataError("does not exist", file=file, cure="name a CSV or Parquet file") from None
    except (OSError, ValueError) as error:
        raise DataError(f"cannot be read as Parquet ({error})", file=file, cure="name a Parquet file") from error
    if table.empty:
        raise DataError("has no patients", file=file, cure="add a row for each patient")
    columns = []
    for name, series in table.items():
        numbers = pd.to_numeric(series, errors="coerce").to_numpy(np.float64)
        texts = {int(row): str(series.iloc[row]).strip() for row in np.flatnonzero(np.isnan(numbers))}
        if series.isna().any():
            row = int(np.flatnonzero(series.isna())[0])
            raise DataError(_EMPTY, file=f"{file}: row {row + 1}", key=str(name), cure="give a value")
        columns.append(Column(str(name), numbers, texts))
    return columns


def _split(header: str) -> tuple[str, str]:
    """Return key and unit of a header."""
    match = _HEADER.fullmatch(header)
    return (match["key"].strip(), (match["unit"] or "").strip()) if match else (header, "")


def _factor(base: Base, path: Path, key: str, column: Column) -> tuple[Factor, Array]:
    """Return the factor of a column, and its values in the factor's unit."""
    try:
        factor = key_factor(base, key)
    except ImmunosimError as error:
        problem = error.problems[0]
        raise DataError(problem.reason, file=str(path), key=f"column {column.header}", cure=problem.cure) from error
    own = _split(column.header)[1]
    if factor.choices:
        return factor, _chosen(path, column, dict(zip(MECHANISM, (0.0, 1.0), strict=True)))
    if factor.parameter:
        numbers = _numbers(path, column, lambda text: parse_quantity(text, factor.unit, bare=True))
        numbers = numbers if not own else numbers * _scale(path, column, own, factor.unit)
        return replace(factor, low=float(numbers.min()), high=float(numbers.max())), numbers
    found = number_and_unit(column.cell(0))
    if found is None:
        texts = sorted({column.cell(row) for row in range(len(column.numbers))})
        factor = replace(factor, choices=tuple(texts), values=tuple(map(float, range(len(texts)))))
        return _usable(base, path, column, factor, _chosen(path, column, {text: i for i, text in enumerate(texts)}))
    unit = own or found[1] or factor.unit
    numbers = _numbers(path, column, lambda text: parse_quantity(text, unit, bare=True))
    is_whole = not unit and bool((numbers == np.round(numbers)).all())
    factor = replace(factor, unit=unit, low=float(numbers.min()), high=float(numbers.max()), is_whole=is_whole)
    return _usable(base, path, column, factor, numbers)


def _usable(base: Base, path: Path, column: Column, factor: Factor, values: Array) -> tuple[Factor, Array]:
    """Return both, after the scenario has taken the first value."""
    try:
        tried(base, {factor.key: factor.text(float(values[0]))})
    except ImmunosimError as error:
        problem = error.problems[0]
        raise DataError(problem.reason, file=str(path), key=f"column {column.header}", cure=problem.cure) from error
    return factor, values


def _numbers(path: Path, column: Column, read: Callable[[str], float]) -> Array:
    numbers = column.numbers.copy()
    for row, text in column.texts.items():
        try:
            numbers[row] = read(text)
        except ImmunosimError as error:
            raise DataError(error.reason, file=_place(path, row), key=column.header, cure=error.cure) from error
    wrong = np.flatnonzero(~np.isfinite(numbers))
    if wrong.size:
        row = int(wrong[0])
        reason = f'"{column.cell(row)}" is not a finite number'
        raise DataError(reason, file=_place(path, row), key=column.header, cure="give a finite number")
    return numbers


def _chosen(path: Path, column: Column, codes: Mapping[str, float]) -> Array:
    texts = [column.cell(row) for row in range(len(column.numbers))]
    for row, text in enumerate(texts):
        if text not in codes:
            cure = f"choose from {', '.join(codes)}"
            raise DataError(f'"{text}" is no choice', file=_place(path, row), key=column.header, cure=cure)
    return np.array([float(codes[text]) for text in texts])


def _scale(path: Path, column: Column, unit: str, expected: str) -> float:
    try:
        return convert(1.0, unit, expected)
    except ImmunosimError as error:
        raise DataError(error.reason, file=str(path), key=f"column {column.header}", cure=error.cure) from error


def _place(path: Path, row: int) -> str:
    return f"{path}: row {row + 1}" if path.suffix == ".parquet" else f"{path}: line {row + 2}"
