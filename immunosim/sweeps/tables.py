"""Patients from a table: a CSV or Parquet file whose columns are keys of the scenario, one patient a row.

A header may give the unit, ``course.1.dose [mg]``; without one a number is in the parameter's own unit, and a cell may
be a quantity, ``12 mg``, regardless of the header. Every problem is reported with line and column. A repeated row is
simulated again.
"""

from __future__ import annotations

import csv
import math
import re
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.ensembles.rows import checked_parameters
from immunosim.errors import DataError, ImmunosimError, QuantityError
from immunosim.scenario import apply_overrides
from immunosim.sweeps.base import Base
from immunosim.sweeps.designs import Listed
from immunosim.sweeps.factor_syntax import TRUTHS, common_unit, full_key, key_factor, number_and_unit, tried
from immunosim.sweeps.factors import LABEL, Factor
from immunosim.units import convert, parse_quantity

if TYPE_CHECKING:
    import pandas as pd

_HEADER = re.compile(r"(?P<key>[^\[\]]+(?:\[\d+\][^\[\]]*)*?)\s*(?:\[(?P<unit>[^\]]*[^\]\d][^\]]*)\])?")
_EMPTY = "is empty"
_LABEL_NAMES = frozenset({"id", "patient_id", "patient id", "subject", "subject_id", "usubjid", "name"})
"""Headers of a column that names the patients."""

_MOST_LABELS = 30_000
"""Characters of the names of all patients, which are an attribute of the result: HDF5 holds 64 kB of one."""

_INDEX_NAMES = ("", "Unnamed: 0")
"""Headers of the index of a table that pandas wrote."""

IN_MEMORY = "rows"
"""Name of a table in memory in messages."""


@dataclass(frozen=True, eq=False)
class ResultColumn:
    """A column as read: numbers, NaN where a cell holds text, these texts by row, and the location of a row."""

    header: str
    numbers: Array
    texts: dict[int, str]
    where: Callable[[int], str]

    def cell(self, row: int) -> str:
        """Return a cell as text."""
        return self.texts[row] if row in self.texts else f"{float(self.numbers[row])!r}".removesuffix(".0")


def read_patients(base: Base, rows: Path | pd.DataFrame) -> tuple[tuple[Factor, ...], Listed, int]:
    """Read patients.

    Parameters
    ----------
    base : Base
    rows : Path or DataFrame
        CSV, or Parquet by its suffix; or a table in memory with the columns of a file.

    Returns
    -------
    factors : tuple of Factor
    design : Listed
    n_repeated : int
        Rows that repeat an earlier one.

    Raises
    ------
    DataError
        With line and column of an invalid cell.
    """
    if not isinstance(rows, Path):
        file, columns = IN_MEMORY, _columns_of(rows, IN_MEMORY)
    else:
        file, columns = str(rows), _read_parquet(rows) if rows.suffix == ".parquet" else _read_csv(rows)
    columns = columns[1:] if len(columns) > 1 and _is_index(columns[0]) else columns
    if unnamed := [number for number, column in enumerate(columns, 1) if not column.header]:
        raise DataError(f"column {unnamed[0]} has no name", file=file, cure="name its key")
    keys = [_key(base, column.header) for column in columns]
    for key in keys:
        if keys.count(key) > 1:
            raise DataError("has two columns with one key", file=file, key=key, cure="leave one out")
    read = [_factor(base, file, key, column) for key, column in zip(keys, columns, strict=True)]
    values = np.stack([numbers for _, numbers in read], axis=1)
    varied = values[:, [key != LABEL for key in keys]]
    if not varied.shape[1]:
        raise DataError("varies nothing", file=file, cure="add a column for a key of the scenario")
    n_repeated = len(values) - len(np.unique(varied, axis=0))
    return tuple(factor for factor, _ in read), Listed(values), n_repeated


def _is_index(column: ResultColumn) -> bool:
    """Return whether the first column only numbers the rows, as pandas writes them."""
    n = len(column.numbers)
    return column.header in _INDEX_NAMES and any(
        np.array_equal(column.numbers, np.arange(start, start + n)) for start in (0, 1)
    )


def _read_csv(path: Path) -> list[ResultColumn]:
    file = str(path)
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            lines = csv.reader(stream, strict=True)
            headers = [header.strip() for header in next(filter(None, lines), [])]
            _check_headers(headers, file, lines.line_num)
            numbers, texts = [array("d") for _ in headers], [dict[int, str]() for _ in headers]
            line_of_row = array("q")
            for cells in filter(None, lines):
                _take(cells, headers, numbers, texts, f"{file}: line {lines.line_num}")
                line_of_row.append(lines.line_num)
    except FileNotFoundError:
        raise DataError("does not exist", file=file, cure="name a CSV or Parquet file") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"cannot be read as CSV ({reason})", file=file, cure="save it as CSV in UTF-8") from error
    if not numbers[0]:
        raise DataError("has no patients", file=file, cure="add a line for each patient")

    def where(row: int) -> str:
        return f"{file}: line {line_of_row[row]}"

    return [ResultColumn(*of, where) for of in zip(headers, map(np.array, numbers), texts, strict=True)]


def _check_headers(headers: Sequence[str], file: str, line: int) -> None:
    if not any(headers):
        raise DataError(_EMPTY, file=file, cure="give a line of keys, then one patient a line")
    if "" in headers[1:]:
        reason = f"column {headers.index('', 1) + 1} has no name"
        raise DataError(reason, file=f"{file}: line {line}", cure="name its key")
    for other, name in ((";", "semicolons"), ("\t", "tabs")):
        if len(headers) == 1 and other in headers[0]:
            raise DataError(f"has {name} between its cells", file=f"{file}: line {line}", cure="save it with commas")


def _take(
    cells: Sequence[str],
    headers: Sequence[str],
    numbers: Sequence[array[float]],
    texts: Sequence[dict[int, str]],
    where: str,
) -> None:
    if len(cells) != len(headers):
        reason = f"has {len(cells)} cell{'s' * (len(cells) != 1)}, the first line {len(headers)}"
        raise DataError(reason, file=where, cure="give every patient a value in every column")
    for header, cell, column, others in zip(headers, cells, numbers, texts, strict=True):
        text = cell.strip()
        if not text:
            raise DataError(_EMPTY, file=where, key=header, cure="give a value")
        try:
            column.append(float(text if text.isascii() and "_" not in text else "no number"))
        except ValueError:
            others[len(column)] = text
            column.append(math.nan)


def _read_parquet(path: Path) -> list[ResultColumn]:
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
    return _columns_of(table, file)


def _columns_of(table: pd.DataFrame, file: str) -> list[ResultColumn]:
    """Return the columns of a table in memory."""
    import pandas as pd

    if table.empty:
        raise DataError("has no patients", file=file, cure="add a row for each patient")

    def where(row: int) -> str:
        return f"{file}: row {row + 1}"

    columns = []
    for name, series in table.items():
        if series.isna().any():
            row = int(np.flatnonzero(series.isna())[0])
            raise DataError(_EMPTY, file=where(row), key=str(name), cure="give a value")
        if not pd.api.types.is_numeric_dtype(series) or pd.api.types.is_bool_dtype(series):
            series = series.map(lambda cell: str(cell).lower() if isinstance(cell, (bool, np.bool_)) else str(cell))
        numbers = pd.to_numeric(series, errors="coerce").to_numpy(np.float64)
        texts = {int(row): str(series.iloc[row]).strip() for row in np.flatnonzero(np.isnan(numbers))}
        columns.append(ResultColumn(str(name), numbers, texts, where))
    return columns


def _split(header: str) -> tuple[str, str]:
    """Return key and unit of a header."""
    match = _HEADER.fullmatch(header)
    return (match["key"].strip(), (match["unit"] or "").strip()) if match else (header, "")


def _key(base: Base, header: str) -> str:
    """Return the key of a column: that of the scenario, or of the names of patients."""
    return LABEL if header.casefold().strip() in _LABEL_NAMES else full_key(base, _split(header)[0])


def _labels(column: ResultColumn) -> tuple[Factor, Array]:
    """Return the factor of a column that names the patients, and their indices among the names."""
    texts = [column.cell(row) for row in range(len(column.numbers))]
    known, places = np.unique(np.array(texts), return_inverse=True)
    if sum(map(len, known)) + len(known) > _MOST_LABELS:
        reason = f"{len(known):,} names of patients are too many to be kept"
        raise DataError(
            reason, file=column.where(0), key=column.header, cure="leave the column out: rows keep their order"
        )
    choices, indices = tuple(known.tolist()), tuple(map(float, range(len(known))))
    return Factor(LABEL, "patient", "", values=indices, choices=choices), places.astype(np.float64)


def _factor(base: Base, file: str, key: str, column: ResultColumn) -> tuple[Factor, Array]:
    """Return the factor of a column, and its values in the factor's unit."""
    if key == LABEL:
        return _labels(column)
    unit_of_header = _split(column.header)[1]
    try:
        factor = key_factor(base, key)
        if not (factor.choices or factor.parameter):
            apply_overrides(base.document, [f"{key}=0"])
        if factor.parameter and unit_of_header:
            convert(1.0, unit_of_header, factor.unit)
    except ImmunosimError as error:
        problem = error.problems[0]
        raise DataError(problem.reason, file=file, key=f"column {column.header}", cure=problem.cure) from error
    if factor.choices:
        return factor, _chosen(column, {"off": 0.0, "on": 1.0, "false": 0.0, "true": 1.0})
    if factor.parameter:
        numbers = _numbers(column, unit_of_header or factor.unit, factor.unit)
        checked_parameters(base.problem, {factor.parameter: numbers})
        return replace(factor, low=float(numbers.min()), high=float(numbers.max())), numbers
    parts = list(_parts(column))
    if None in parts:
        return _choices(base, column, factor)
    bare = [""] if len(parts) < len(column.numbers) else []
    unit = unit_of_header or common_unit(
        f"{file}: column {column.header}", [*(part[1] for part in parts if part), *bare]
    )
    numbers = _numbers(column, unit, unit)
    fractions = np.flatnonzero(numbers != np.round(numbers))
    is_whole = not unit and not fractions.size
    factor = replace(factor, unit=unit, low=float(numbers.min()), high=float(numbers.max()), is_whole=is_whole)
    _try(base, column, factor, numbers, int(fractions[0]) if fractions.size and not unit else 0)
    return factor, numbers


def _parts(column: ResultColumn) -> Iterator[tuple[float, str] | None]:
    """Yield number and unit of the cells of a column that hold text."""
    for row, text in column.texts.items():
        try:
            yield number_and_unit(text)
        except QuantityError as error:
            raise DataError(error.reason, file=column.where(row), key=column.header, cure=error.cure) from error


def _choices(base: Base, column: ResultColumn, factor: Factor) -> tuple[Factor, Array]:
    """Return the factor of a column of texts and their indices among them; every text must be readable."""
    texts = [column.cell(row) for row in range(len(column.numbers))]
    known, rows, places = np.unique(np.array(texts), return_index=True, return_inverse=True)
    values = places.astype(np.float64)
    factor = replace(factor, choices=tuple(known.tolist()), values=tuple(map(float, range(len(known)))))
    for row in sorted(rows.tolist()):
        _try(base, column, factor, values, row, is_reading=row > 0)
    return factor, values


def _try(base: Base, column: ResultColumn, factor: Factor, values: Array, row: int, is_reading: bool = False) -> None:
    """Raise a DataError if the scenario rejects the value of a row or, if ``is_reading``, cannot read it."""
    try:
        tried(base, {factor.key: factor.text(float(values[row]))})
    except ImmunosimError as error:
        problem = error.problems[0]
        if is_reading and full_key(base, problem.key or "") != factor.key:
            return  # an invalid patient, such as with overlapping courses, is refused later
        raise DataError(problem.reason, file=column.where(row), key=column.header, cure=problem.cure) from error


def _numbers(column: ResultColumn, unit: str, expected: str) -> Array:
    """Return a column in the expected unit; numbers without one are in ``unit``."""
    numbers = column.numbers if unit == expected else column.numbers * convert(1.0, unit, expected)
    numbers = numbers.copy()
    for row, text in column.texts.items():
        try:
            numbers[row] = _number(text, expected)
        except ImmunosimError as error:
            raise DataError(error.reason, file=column.where(row), key=column.header, cure=error.cure) from error
    wrong = np.flatnonzero(~np.isfinite(numbers))
    if wrong.size:
        row = int(wrong[0])
        reason = f'"{column.cell(row)}" is not a finite number'
        raise DataError(reason, file=column.where(row), key=column.header, cure="give a finite number")
    return numbers


def _chosen(column: ResultColumn, codes: Mapping[str, float]) -> Array:
    texts = [column.cell(row) for row in range(len(column.numbers))]
    for row, text in enumerate(texts):
        if text.lower() not in codes:
            cure = f"choose from {', '.join(codes)}"
            raise DataError(f'"{text}" is not one of the choices', file=column.where(row), key=column.header, cure=cure)
    return np.array([codes[text.lower()] for text in texts])


def _number(text: str, expected: str) -> float:
    truth = TRUTHS.get(text.lower())
    return parse_quantity(text, expected, bare=True) if truth is None else truth
