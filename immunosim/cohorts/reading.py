"""Read a population: the file that it starts from, regimens of its strata, and the table of a clinic's patients.

A population is a section of a scenario, a TOML file of its own, or one that comes with the model by its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.cohorts.covariates import COUNTS, SEX
from immunosim.cohorts.draws import FIRST_COLUMNS
from immunosim.cohorts.population import BoundPopulation, bind
from immunosim.errors import DataError, InputProblem, did_you_mean
from immunosim.models import find_model
from immunosim.patient_parameters import COUNT_UNIT
from immunosim.scenario import build_scenario, load_document
from immunosim.scenario.dose_slopes import dose_tables
from immunosim.scenario.population import Covariate, Population
from immunosim.scenario.reader import read_toml
from immunosim.sweeps.base import Base, plain
from immunosim.sweeps.factors import Factor
from immunosim.sweeps.tables import read_patients
from immunosim.units import convert

POPULATIONS = "populations"
PROTOCOLS = "protocols"
"""Folders of a model with the populations and the protocols that come with it."""

SECTION = "population"
"""Name for messages of a population that stands in another file, whose key it is."""

_BY_NAME = ("trait", "covariate", "stratum", "cohorts")
"""Lists of a population whose entries replace those of the same name."""

_CALIBRATED = frozenset({*_BY_NAME, "correlation", "table"})
"""What a calibration holds for: a population that changes it is no longer calibrated."""


def shipped_populations(model: str) -> dict[str, Path]:
    """Return the populations that come with a model, by name."""
    return _shipped(model, POPULATIONS)


def shipped_protocols(model: str) -> dict[str, Path]:
    """Return the protocols that come with a model, by name."""
    return _shipped(model, PROTOCOLS)


def located_population(name: str, model: str, folder: Path) -> Path:
    """Return the file of a population: a path relative to a folder, or the name of one that comes with the model.

    Raises
    ------
    DataError
        If there is neither.
    """
    return _located(name, folder, shipped_populations(model), "population")


def read_population(path: Path) -> Population:
    """Read a file of a population.

    Raises
    ------
    ScenarioError
        If it is not one; with every problem.
    """
    document = read_toml(path, str(path), "for example [[trait]]")
    return Population.model_validate(document, context={"file": str(path)})


def merged_population(section: Population, model: str, folder: Path) -> tuple[Population, str, Path]:
    """Return a population with those of its base file, the name for messages, and the folder of its files.

    Raises
    ------
    DataError, ScenarioError
        If the file is missing or is not a population, or itself starts from another one.
    """
    if not section.file:
        return section, SECTION, folder
    path = located_population(section.file, model, folder)
    first = read_population(path)
    if first.file:
        reason = f'itself starts from "{first.file}"'
        raise DataError(reason, file=str(path), key="file", cure="only one level is allowed")
    values: dict[str, Any] = {name: getattr(first, name) for name in first.model_fields_set}
    for name in section.model_fields_set - {"file"}:
        given = getattr(section, name)
        values[name] = _joined(values.get(name, ()), given) if name in _BY_NAME else given
    if section.model_fields_set & _CALIBRATED and "calibrated_to" not in section.model_fields_set:
        values |= {"calibrated_to": (), "calibrated_with": {}}
    return Population(**values), str(path), path.parent


def population_folder(section: Population, model: str, folder: Path) -> Path:
    """Return the folder to which names in a population are relative: that of its file, or of the scenario."""
    return located_population(section.file, model, folder).parent if section.file else folder


def protocol_table(section: Population, base: Base, file: Path | None = None) -> dict[str, Any] | None:
    """Return the table of a population's protocol, unchecked; None where it has none.

    Parameters
    ----------
    section : Population
    base : Base
    file : Path, optional
        Of the protocol, where it is not relative to the population.

    Raises
    ------
    ScenarioError
        If its file cannot be read.
    """
    named = (section.protocol, file) if file else named_protocol(section, base.scenario.model, base.folder)
    return None if named is None else plain(read_toml(named[1], named[0]))


def named_protocol(section: Population, model: str, folder: Path) -> tuple[str, Path] | None:
    """Return the name of a population's protocol and its file; None where it has none.

    A path is relative to the folder of the file that names it; otherwise it is the name of a protocol of the model.

    Raises
    ------
    DataError
        If there is neither.
    """
    population, _, folder_of_file = merged_population(section, model, folder)
    if not population.protocol:
        return None
    here = folder if "protocol" in section.model_fields_set else folder_of_file
    return population.protocol, _located(population.protocol, here, shipped_protocols(model), "protocol")


def named_sets(section: Population, model: str, folder: Path) -> tuple[tuple[Path, ...], str]:
    """Return the tables of plausible sets of a population, and the name for messages of what names them.

    Paths are relative to the folder of the file that names them.

    Raises
    ------
    DataError, ScenarioError
        If the population cannot be read.
    """
    population, file, folder_of_file = merged_population(section, model, folder)
    is_own = "plausible_sets" in section.model_fields_set
    here, holder = (folder, SECTION) if is_own else (folder_of_file, file)
    return tuple(here / name for name in population.plausible_sets), holder


def bound_population(section: Population, base: Base, holder: str = "") -> BoundPopulation:
    """Return a population with its files read and its names checked.

    Parameters
    ----------
    section : Population
    base : Base
        Its folder is that of the population's files, unless the population stands in a file of its own.
    holder : str
        The file with the section, for messages; by default that of the scenario.

    Raises
    ------
    DataError, ScenarioError
        With every problem.
    """
    try:
        return _bound(section, base)
    except DataError as error:
        problems = [_of_section(problem, holder or base.file) for problem in error.problems]
        raise DataError(problems=problems) from None


def _of_section(problem: InputProblem, holder: str) -> InputProblem:
    """Return a problem of a section with the file that holds it; others as they are."""
    if problem.file != SECTION:
        return problem
    return replace(problem, file=holder, key=f"{SECTION}.{problem.key}" if problem.key else SECTION)


def _bound(section: Population, base: Base) -> BoundPopulation:
    population, file, folder = merged_population(section, base.scenario.model, base.folder)
    regimens = {
        stratum.name: _treatments(base, folder / stratum.regimen, f"stratum[{number}].regimen", file)
        for number, stratum in enumerate(population.stratum, 1)
        if stratum.regimen
    }
    if not population.table:
        _refuse_columns(population, file)
        return bind(population, base, file, regimens)
    population, table = _with_table(population, base, folder / population.table, file)
    return bind(population, base, file, regimens, table)


def _shipped(model: str, kind: str) -> dict[str, Path]:
    return find_model(model).files(kind)


def _located(name: str, folder: Path, shipped: Mapping[str, Path], kind: str) -> Path:
    path = folder / name
    if path.is_file():
        return path
    if name in shipped:
        return shipped[name]
    cure = f"{did_you_mean(name, shipped)}" if shipped else "give the path of a TOML file"
    raise DataError(f"is neither a file nor a {kind} of the model", file=name, key=kind, cure=cure)


def _joined(first: tuple[Any, ...], given: tuple[Any, ...]) -> tuple[Any, ...]:
    instead = {entry.name: entry for entry in given}
    names = [entry.name for entry in first]
    return (
        *(instead.get(entry.name, entry) for entry in first),
        *(entry for entry in given if entry.name not in names),
    )


def _treatments(base: Base, path: Path, key: str, file: str) -> Mapping[str, Any]:
    """Return the treatment tables of a scenario file, as they stand there."""
    if not path.is_file():
        raise DataError(f"{path} does not exist", file=file, key=key, cure="name a scenario file relative to this one")
    document = load_document(path)
    scenario = build_scenario(document, str(path))
    if scenario.model != base.scenario.model:
        reason = f"{path} is of the model {scenario.model}, the scenario of {base.scenario.model}"
        raise DataError(reason, file=file, key=key, cure="name a scenario of the same model")
    return {table: entry for table, entry in plain(document).items() if table in dose_tables(scenario)}


def _refuse_columns(population: Population, file: str) -> None:
    columns = [number for number, entry in enumerate(population.covariate, 1) if entry.distribution == "column"]
    if columns:
        key, cure = f"covariate[{columns[0]}].column", 'name it: table = "patients.csv"'
        raise DataError("there is no table", file=file, key=key, cure=cure)


def _with_table(population: Population, base: Base, path: Path, file: str) -> tuple[Population, Array]:
    """Return a population whose covariates describe the columns of its table, and their values.

    Every column that no covariate names becomes a covariate of its own.
    """
    factors, design, _ = read_patients(base, path)
    values = {factor.key: design.values[:, j] for j, factor in enumerate(factors)}
    by_key = {factor.key: factor for factor in factors if not factor.is_label}
    covariates, problems = [], []
    for number, entry in enumerate(population.covariate, 1):
        key = _column_key(entry.column, by_key)
        if entry.distribution == "column" and key not in by_key:
            cure = did_you_mean(entry.column, by_key)
            reason = f'"{entry.column}" is not a column of {path}'
            problems.append(InputProblem(reason, file, f"covariate[{number}].column", cure))
        elif entry.distribution == "column":
            entry = _column_covariate(entry, by_key[key], values[key], path)
        covariates.append(entry)
    if problems:
        raise DataError(problems=problems)
    named = {entry.column for entry in covariates}
    for key, factor in by_key.items():
        if key not in named:
            entry = Covariate(name=_column_name(key), sets=key, distribution="column", column=key)
            covariates.append(_column_covariate(entry, factor, values[key], path))
    table = np.column_stack([_column_values(entry, by_key, values, base) for entry in covariates])
    return population.model_copy(update={"covariate": tuple(covariates)}), table


def _column_name(key: str) -> str:
    """Return the name of a covariate that is a column: its key without the table, unless results have that name."""
    short = key.removeprefix("patient.").removeprefix("parameters.")
    return (key if short in FIRST_COLUMNS else short).replace(".", "_")


def _column_key(column: str, by_key: Mapping[str, Factor]) -> str:
    names = {factor.name: key for key, factor in by_key.items()}
    short = {key.rpartition(".")[2]: key for key in by_key}
    return column if column in by_key else names.get(column, short.get(column, ""))


def _column_covariate(entry: Covariate, factor: Factor, values: Array, path: Path) -> Covariate:
    """Return the record of a column: its key, and the frequencies of its values where they are names."""
    key = factor.key
    if not (factor.parameter or key.startswith(("patient.", "parameters."))):
        reason = f"{key} is not a property of a patient"
        raise DataError(reason, file=str(path), key=f"column {key}", cure="leave it out")
    update: dict[str, Any] = {"column": key, "sets": entry.sets or key}
    if factor.choices:
        counts = np.bincount(values.astype(np.int64), minlength=len(factor.choices))
        update["choices"] = dict(zip(factor.choices, (counts / counts.sum()).tolist(), strict=True))
    return entry.model_copy(update=update)


def _column_values(entry: Covariate, by_key: Mapping[str, Factor], values: Mapping[str, Array], base: Base) -> Array:
    """Return the values of a column in the unit of what it sets; NaN for a covariate that is drawn."""
    if entry.distribution != "column":
        return np.full(len(next(iter(values.values()))), np.nan)
    factor, parameters = by_key[entry.column], base.problem.parameters
    name = factor.parameter or parameters.set_by(entry.column)
    unit = parameters[name].unit if name else COUNT_UNIT if entry.column.startswith(COUNTS) else factor.unit
    scale = 1.0 if entry.column == SEX or factor.unit in ("", unit) else convert(1.0, factor.unit, unit)
    column: Array = values[entry.column] * scale
    return column
