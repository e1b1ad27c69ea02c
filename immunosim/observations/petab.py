"""Records as the tables of PEtab, version 1, with which other tools fit: https://petab.readthedocs.io.

The model is exported elsewhere, so the problem names no model file yet; read-outs are taken to be entities of the model
under their own names. PEtab cannot say that limits alone are known of a value, nor what doses a patient was given: both
are written beside what it can say, and the folder's README says so.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from immunosim.errors import DataError, any_of, did_you_mean
from immunosim.files import write_file
from immunosim.observations.laboratory import laboratory_named
from immunosim.observations.records import Measurement, Observations
from immunosim.safe_text import csv_text, file_name

Scale = Literal["lin", "log10"]
Transformation = Literal["lin", "log", "log10"]

_MODEL_COVARIATES = ("age", "weight")
"""Covariates that are parameters of the model, so that a condition may set them."""

_FUNCTIONS = frozenset(["exp", "log", "log2", "log10", "sqrt", "abs", "min", "max", "sin", "cos", "tan", "piecewise"])
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_WORD = re.compile(r"(?<![\w.])[^\W\d]\w*")
"""A name in a formula; the e of 1e-05 is none."""

README = """# A PEtab problem (version 1) without its model

`problem.yaml` names no model file yet: `sbml_files` is empty until the model is exported into this folder as SBML, in
which read-outs (`cd4`, `lymphocytes`, ...) and parameters are entities under their own names.

- Times are days after day 0; lymphocytes are in 1e9/L, subsets in cells/uL.
- One condition is one patient; `conditionName` is the name in the data.
"""

_CENSORING = """- **Values of which limits are known.** PEtab cannot say so. In `measurements.tsv` the column
  `censoring`, which PEtab ignores, is `left` where the value is below `measurement`, `right` where it is above, and
  `interval` where it lies between `lowerLimit` and `measurement`. A tool that does not read it takes the limit for
  the value.
"""

_DOSES = """- **Doses.** PEtab cannot say what was given: `doses.tsv`, which PEtab ignores, lists it (mg, days). The
  model must be exported with the same doses.
"""


class PetabParameter(NamedTuple):
    """A parameter of a fit; `lower`, `upper` and `nominal` in the parameter's own unit.

    `prior` is mean and standard deviation of a normal distribution on the parameter's scale, with `scale` log10 those
    of the decimal logarithm; None is a uniform one between the bounds.
    """

    id: str
    scale: Scale
    lower: float
    upper: float
    nominal: float
    estimate: bool = True
    prior: tuple[float, float] | None = None


def write_petab(
    observations: Observations,
    folder: Path,
    parameters: Sequence[PetabParameter],
    noise: Mapping[str, str],
    *,
    transformation: Transformation | Mapping[str, Transformation] = "lin",
) -> None:
    """Write measurements, observables, conditions, parameters and the problem as PEtab wants them.

    Parameters
    ----------
    observations, parameters, noise, transformation
        As ``petab_files`` takes them.
    folder : Path
        Files of the same names in it are replaced.

    Raises
    ------
    DataError
        Where something cannot be said in PEtab.
    OutputError
        Where a file cannot be written.
    """
    files = petab_files(observations, parameters, noise, transformation=transformation)
    for name, text in files.items():
        write_file(folder / name, text.encode())


def petab_files(
    observations: Observations,
    parameters: Sequence[PetabParameter],
    noise: Mapping[str, str],
    *,
    transformation: Transformation | Mapping[str, Transformation] = "lin",
    patient_ids: Mapping[str, Mapping[str, str]] | None = None,
    remarks: str = "",
) -> dict[str, str]:
    """Return the files of a PEtab problem by name.

    Parameters
    ----------
    observations : Observations
    parameters : sequence of PetabParameter
        Those of the model that are fitted, and those that `noise` and `patient_ids` name.
    noise : mapping of str to str
        By analyte a formula of the standard deviation, after the transformation.
    transformation : {"lin", "log", "log10"} or mapping of str to these, optional
        What noise is normal after, of all analytes or of each.
    patient_ids : mapping of str to mapping of str to str, optional
        By patient what each of the model's parameters is in that patient: the id of one of `parameters`.
    remarks : str, optional
        What else the README says.

    Raises
    ------
    DataError
        Where something cannot be said in PEtab.
    """
    if isinstance(transformation, str):
        transformation = dict.fromkeys(observations.analytes, transformation)
    _check_transformation(observations, transformation)
    _check_measurements(observations, transformation)
    _check_parameters(parameters)
    _check_noise(observations, parameters, noise)
    ids = condition_ids([patient.name for patient in observations])
    said = (_CENSORING if _is_censored(observations) else "") + (_DOSES if observations.doses else "")
    files = {
        "measurements.tsv": _table(_measurement_rows(observations, ids)),
        "observables.tsv": _table(_observable_rows(observations, noise, transformation)),
        "conditions.tsv": _table(_condition_rows(observations, ids, patient_ids or {})),
        "parameters.tsv": _table(_parameter_rows(parameters)),
        "problem.yaml": _PROBLEM,
        "README.md": README + said + remarks,
    }
    if observations.doses:
        files["doses.tsv"] = _table(_dose_rows(observations, ids))
    return files


_PROBLEM = """# The model is exported later: name its SBML file in sbml_files. See README.md.
format_version: 1
parameter_file: parameters.tsv
problems:
  - sbml_files: []
    measurement_files: [measurements.tsv]
    observable_files: [observables.tsv]
    condition_files: [conditions.tsv]
"""


def condition_ids(names: Sequence[str]) -> dict[str, str]:
    """Return an identifier for the name of each patient, no two alike."""
    ids: dict[str, str] = {}
    for name in names:
        stem = re.sub(r"\W+", "_", file_name(name), flags=re.ASCII).strip("_")
        stem = stem if stem and _IDENTIFIER.match(stem) else f"patient_{stem}".rstrip("_")
        taken, number = set(ids.values()), 2
        unique = stem
        while unique in taken:
            unique, number = f"{stem}_{number}", number + 1
        ids[name] = unique
    return ids


def _check_transformation(observations: Observations, transformation: Mapping[str, Transformation]) -> None:
    known = get_args(Transformation)
    for name in observations.analytes:
        transformation_name = transformation.get(name)
        if transformation_name not in known:
            reason = (
                "has no transformation"
                if transformation_name is None
                else f'"{transformation_name}" is not a valid transformation'
            )
            raise DataError(reason, key=f"transformation.{name}", cure=f"choose {any_of(known)}")


def _check_measurements(observations: Observations, transformation: Mapping[str, Transformation]) -> None:
    if not observations.measurements:
        raise DataError("has no measurements", file=observations.file or None, cure="add some")
    for measurement in observations.measurements:
        where = f"{observations.file}: line {measurement.line}"
        if measurement.time < 0:
            reason = f"day {measurement.time:g} is before day 0, where simulations of PEtab start"
            raise DataError(reason, file=where, key=measurement.column or None, cure="leave it out")
        if measurement.value <= 0 and transformation[measurement.analyte] != "lin":
            reason = f"{measurement.value:g} has no logarithm"
            cure = "give the limit of quantification, or choose the transformation lin"
            raise DataError(reason, file=where, key=measurement.column or None, cure=cure)


def _check_parameters(parameters: Sequence[PetabParameter]) -> None:
    seen: set[str] = set()
    for parameter in parameters:
        if not _IDENTIFIER.fullmatch(parameter.id):
            raise DataError(
                f'"{parameter.id}" is not an identifier', key="parameters", cure="write letters, digits and _"
            )
        if parameter.id in seen:
            raise DataError("stands twice", key=f"parameters.{parameter.id}", cure="leave one out")
        seen.add(parameter.id)
        if parameter.scale not in ("lin", "log10"):
            raise DataError(
                f'"{parameter.scale}" is not a valid scale',
                key=f"parameters.{parameter.id}",
                cure='write "lin" or "log10"',
            )
        if not (
            math.isfinite(parameter.lower) and math.isfinite(parameter.upper) and parameter.lower < parameter.upper
        ):
            reason = f"has no range from {parameter.lower:g} to {parameter.upper:g}"
            raise DataError(reason, key=f"parameters.{parameter.id}", cure="give a lower bound below the upper one")
        if parameter.scale == "log10" and parameter.lower <= 0:
            reason = f"has a logarithm, but a lower bound of {parameter.lower:g}"
            raise DataError(reason, key=f"parameters.{parameter.id}", cure="give a positive bound")
        if not parameter.lower <= parameter.nominal <= parameter.upper:
            reason = (
                f"has a nominal value of {parameter.nominal:g} outside of {parameter.lower:g} to {parameter.upper:g}"
            )
            raise DataError(reason, key=f"parameters.{parameter.id}", cure="widen the bounds")
        if parameter.prior is not None and not parameter.prior[1] > 0:
            reason = f"has a prior with a standard deviation of {parameter.prior[1]:g}"
            raise DataError(reason, key=f"parameters.{parameter.id}", cure="give a positive one")


def _check_noise(observations: Observations, parameters: Sequence[PetabParameter], noise: Mapping[str, str]) -> None:
    measured = observations.analytes
    for name in noise:
        if name not in measured:
            raise DataError("was not measured", key=f"noise.{name}", cure=did_you_mean(name, measured))
    if missing := [name for name in measured if name not in noise]:
        raise DataError(f"has no noise for {any_of(missing)}", key="noise", cure="give a formula such as 0.1 * cd4")
    known = {parameter.id for parameter in parameters} | _FUNCTIONS
    known |= set(laboratory_named(observations.model).measurable)
    for name, formula in noise.items():
        unknown = [word for word in _WORD.findall(formula) if word not in known]
        if unknown:
            reason = f'names "{unknown[0]}", which is neither a parameter of the fit nor a read-out'
            raise DataError(reason, key=f"noise.{name}", cure="add it to the parameters")


def _measurement_rows(observations: Observations, ids: Mapping[str, str]) -> Iterator[list[str]]:
    has_intervals = any(measurement.is_between for measurement in observations.measurements)
    extra = [*(["censoring"] if _is_censored(observations) else []), *(["lowerLimit"] if has_intervals else [])]
    yield ["observableId", "simulationConditionId", "measurement", "time", *extra]
    for measurement in observations.measurements:
        row = [
            f"observable_{measurement.analyte}",
            ids[measurement.patient],
            repr(float(measurement.value)),
            repr(float(measurement.time)),
        ]
        limits = [_censoring(measurement), repr(float(measurement.lower)) if measurement.is_between else ""]
        yield [*row, *limits[: len(extra)]]


def _is_censored(observations: Observations) -> bool:
    return any(measurement.is_censored for measurement in observations.measurements)


def _censoring(measurement: Measurement) -> str:
    if measurement.is_between:
        return "interval"
    return "left" if measurement.is_below else "right" if measurement.is_above else "none"


def _observable_rows(
    observations: Observations, noise: Mapping[str, str], transformation: Mapping[str, Transformation]
) -> Iterator[list[str]]:
    yield ["observableId", "observableFormula", "observableTransformation", "noiseFormula", "noiseDistribution"]
    known = laboratory_named(observations.model).analytes
    sums = {name: " + ".join(analyte.parts) for name, analyte in known.items() if analyte.parts}
    for name in observations.analytes:
        formula = noise[name]
        for word, parts in sums.items():
            formula = re.sub(rf"\b{word}\b", f"({parts})", formula)
        yield [f"observable_{name}", sums.get(name, name), transformation[name], formula.strip(), "normal"]


def _condition_rows(
    observations: Observations, ids: Mapping[str, str], patient_ids: Mapping[str, Mapping[str, str]]
) -> Iterator[list[str]]:
    numeric = [
        name
        for name in _MODEL_COVARIATES
        if all(isinstance(patient.covariates.get(name), (int, float)) for patient in observations)
    ]
    names = list(dict.fromkeys(name for parameters in patient_ids.values() for name in parameters))
    yield ["conditionId", "conditionName", *numeric, *names]
    for patient in observations:
        traits = [repr(float(patient.covariates[name])) for name in numeric]
        yield [ids[patient.name], patient.name, *traits, *(patient_ids[patient.name][name] for name in names)]


def _parameter_rows(parameters: Sequence[PetabParameter]) -> Iterator[list[str]]:
    headers = ["parameterId", "parameterScale", "lowerBound", "upperBound", "nominalValue", "estimate"]
    has_prior = any(parameter.prior is not None for parameter in parameters)
    yield [*headers, *(["objectivePriorType", "objectivePriorParameters"] if has_prior else [])]
    for parameter in parameters:
        numbers = [repr(float(value)) for value in (parameter.lower, parameter.upper, parameter.nominal)]
        prior = (
            ["", ""]
            if parameter.prior is None
            else ["parameterScaleNormal", f"{parameter.prior[0]!r};{parameter.prior[1]!r}"]
        )
        yield [parameter.id, parameter.scale, *numbers, str(int(parameter.estimate)), *(prior if has_prior else [])]


def _dose_rows(observations: Observations, ids: Mapping[str, str]) -> Iterator[list[str]]:
    yield ["simulationConditionId", "time", "drug", "amount", "duration"]
    for dose in observations.doses:
        numbers = [repr(float(value)) for value in (dose.amount, dose.duration)]
        yield [ids[dose.patient], repr(float(dose.time)), dose.drug, *numbers]


def _table(rows: Iterator[list[str]]) -> str:
    return csv_text(rows, "\t")
