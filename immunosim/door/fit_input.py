"""What is fitted: a scenario, measurements of its patient or of a table, and options as a user gives them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypedDict, Unpack

from immunosim.door.data import PatientData
from immunosim.door.keywords import refuse_unknown
from immunosim.door.scenarios import AnyScenario, as_scenario
from immunosim.door.watching import Quiet, Watch
from immunosim.errors import DataError, InputProblem, QuantityError
from immunosim.fitting import ErrorModel, FitOptions, FitProblem, case_of
from immunosim.machine import cores
from immunosim.observations import (
    PatientRecord,
    TableFinding,
    examine_observations,
    lint_kinds,
    observed_in,
)
from immunosim.observations.laboratory import laboratory_of
from immunosim.observations.unsupported import unsupported
from immunosim.problem import Problem, prepare
from immunosim.scenario.overrides import Overrides
from immunosim.units import parse_quantity

SHARED = 0.5
"""Fraction of a subset's error variance shared with the total count, where the user does not say."""

Limits = Mapping[str, tuple[float | str, float | str]] | Iterable[str]
"""Lowest and highest value by parameter, or texts ``NAME=LOW:HIGH``."""

Noise = Mapping[str, ErrorModel | str] | Iterable[str]
"""Error models by analyte, such as ``{"cd4": "lognormal:0.15"}``, or texts ``ANALYTE=NOISE``."""

Table = Path | str | PatientData
"""A table of counts: its file, the name of a shipped one, or what ``read_data`` returned."""


class FitSettings(TypedDict, total=False):
    """What is fitted, and how measurements scatter.

    Attributes
    ----------
    patient : str
        Only this patient of the table.
    recipe : Path or str, optional
        Import recipe (TOML), which says what the table does not say itself.
    free : collection of str
        Parameters to fit; by default those that the data say most about.
    fix : collection of str
        Parameters to hold at the scenario's values, or ``others`` for all that are not reported.
    limits : mapping of str to (low, high), or iterable of str
        Limits of the search, numbers in the parameter's unit or text with another one.
    noise : mapping of str to ErrorModel or str, or iterable of str
        Error model of each analyte.
    shared : float
        Fraction of a subset's error variance shared with the total count.
    priors : bool
        Whether priors of the parameter set count.
    overrides : mapping of str to object, or iterable of str
    n_threads : int
        0 for one on each core.
    """

    patient: str
    recipe: Path | str | None
    free: Collection[str] | None
    fix: Collection[str] | None
    limits: Limits | None
    noise: Noise | None
    shared: float
    priors: bool
    overrides: Overrides | None
    n_threads: int


def fit_problem(
    scenario: AnyScenario,
    data: Table | None = None,
    *,
    watch: Watch | None = None,
    **settings: Unpack[FitSettings],
) -> FitProblem:
    """Return patients ready to be fitted.

    Parameters
    ----------
    scenario : Scenario, Path or str
    data : Path, str or PatientData, optional
        A table of counts, in place of the scenario's [[observed]] series.
    watch : Watch, optional
    **settings : FitSettings

    Raises
    ------
    DataError, ScenarioError, ParameterError
        If a name is unknown, or there is nothing to fit or to fit to.
    """
    refuse_unknown(settings, FitSettings)
    now = watch or Quiet()
    known, name = as_scenario(scenario, settings.get("overrides") or ())
    problem = prepare(known, name, now.announce)
    patients = _patients(problem, name, data, settings.get("patient", ""), now, settings.get("recipe"))
    options = FitOptions(
        free=tuple(settings.get("free") or ()),
        fix=tuple(settings.get("fix") or ()),
        limits=dict(_limits(problem, settings.get("limits") or ())),
        noise=dict(_noise(problem, settings.get("noise") or ())),
        shared=settings.get("shared", SHARED),
        priors=settings.get("priors", True),
        n_threads=settings.get("n_threads") or cores(),
    )
    case = case_of(problem, patients, options, name, now.begin)
    if case.is_chosen:
        names = ", ".join(case.reported)
        now.announce(f"Nothing is named to fit: {names}, of which the data say most")
    return case


def _patients(
    problem: Problem, name: str, data: Table | None, patient: str, now: Watch, recipe: Path | str | None
) -> list[PatientRecord]:
    if data is not None:
        return _of_table(problem, data, patient, now, recipe)
    if patient:
        raise DataError("needs a table of patients", key="patient", cure="give one with `data`")
    measurements = observed_in(problem.scenario, problem.model.units)
    if not measurements:
        cure = "add [[observed]] with the patient's counts, or give a table with `data`"
        raise DataError("holds no measurements to fit", file=name, cure=cure)
    return [PatientRecord("patient", tuple(measurements))]


def _of_table(
    problem: Problem, data: Table, patient: str, now: Watch, recipe: Path | str | None
) -> list[PatientRecord]:
    """Return the patients of a table who were measured, after the linter has found no error in what is said of them."""
    if isinstance(data, PatientData):
        observations, path, notes = data.observations, data.observations.file, list[TableFinding]()
        wrong = list[InputProblem]()
    else:
        reading = examine_observations(Path(data), problem.scenario, recipe=recipe)
        observations, path, notes = reading.observations, str(data), list(reading.findings)
        wrong = [problem for _, problem in reading.problems]
    chosen = [observations[patient]] if patient else list(observations)
    checked = lint_kinds(replace(observations, patients=tuple(chosen)), problem.scenario)
    for finding in [*notes, *checked, *unsupported(chosen)]:
        if finding.severity == "error":
            wrong.append(finding.as_problem(path))
        elif finding.severity == "warning":
            now.announce(f"{path}: {finding}")
    if wrong:
        raise DataError(problems=wrong)
    without = [record.name for record in chosen if not record.measurements]
    if len(without) == len(chosen):
        whose = f" of patient {patient}" if patient else ""
        raise DataError(f"has no measurements{whose}", file=path, cure="choose another patient or table")
    if without:
        now.announce(f"{path}: {', '.join(without)}: no measurements, left out")
    return [record for record in chosen if record.measurements]


def _noise(problem: Problem, given: Noise) -> Iterable[tuple[str, ErrorModel]]:
    units = {**problem.model.units, **laboratory_of(problem.model).measurable}
    for analyte, noise in _pairs(given, "noise", "is not ANALYTE=NOISE", "write for example cd4=lognormal:0.15"):
        unit = units.get(analyte, "1")
        yield analyte, noise if isinstance(noise, ErrorModel) else ErrorModel.parse(str(noise), unit)


def _limits(problem: Problem, given: Limits) -> Iterable[tuple[str, tuple[float, float]]]:
    cure = "write for example antibody_clearance=0.5:5"
    for name, between in _pairs(given, "limits", "is not NAME=LOW:HIGH", cure):
        ends = between.split(":") if isinstance(between, str) else [str(end) for end in between]  # type: ignore[attr-defined]
        if len(ends) != 2 or not all(end.strip() for end in ends):
            raise DataError(f'"{name}={between}" is not NAME=LOW:HIGH', key="limits", cure=cure)
        unit = problem.parameters[name].unit if name in problem.parameters else "1"
        try:
            low, high = (parse_quantity(end, unit, bare=True) for end in ends)
        except QuantityError as error:
            raise DataError(error.reason, key=f"limits {name}", cure=error.cure) from error
        yield name, (low, high)


def _pairs(
    given: Mapping[str, object] | Iterable[str], key: str, complaint: str, cure: str
) -> Iterable[tuple[str, object]]:
    """Yield names with their values, of a mapping or of texts ``NAME=VALUE``."""
    if isinstance(given, Mapping):
        yield from given.items()
        return
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise DataError(f'"{text}" {complaint}', key=key, cure=cure)
        yield name.strip(), value
