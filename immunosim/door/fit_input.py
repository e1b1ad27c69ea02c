"""What is fitted: a scenario, measurements of its patient or of a table, and options as a user gives them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypedDict, Unpack

from immunosim.door.data import PatientData
from immunosim.door.keywords import refuse_unknown
from immunosim.door.table_alone import FitSource, FitTarget, refuse_undosed, source_of
from immunosim.door.table_alone import Table as Table
from immunosim.door.watching import Quiet, Watch
from immunosim.errors import DataError, InputProblem, QuantityError
from immunosim.fitting import ErrorModel, FitOptions, FitProblem, case_of
from immunosim.fitting.assumptions import assumptions
from immunosim.fitting.fit_data import DataSource
from immunosim.fitting.setup import UNINFORMED
from immunosim.fitting.untreated import without_measured_baseline
from immunosim.machine import cores
from immunosim.observations import (
    Observations,
    PatientRecord,
    TableFinding,
    examine_observations,
    lint_kinds,
    observed_in,
)
from immunosim.observations.laboratory import laboratory_of
from immunosim.problem import Problem, prepare
from immunosim.scenario import Scenario
from immunosim.scenario.overrides import Overrides
from immunosim.units import parse_quantity

SHARED = 0.5
"""Fraction of a subset's error variance shared with the total count, where the user does not say."""

Limits = Mapping[str, tuple[float | str, float | str]] | Iterable[str]
"""Lowest and highest value by parameter, or texts ``NAME=LOW:HIGH``."""

Noise = Mapping[str, ErrorModel | str] | Iterable[str]
"""Error models by analyte, such as ``{"cd4": "lognormal:0.15"}``, or texts ``ANALYTE=NOISE``."""


class FitSettings(TypedDict, total=False):
    """What is fitted, and how measurements scatter.

    Attributes
    ----------
    patient : str
        Only this patient of the table.
    recipe : Path or str, optional
        Import recipe (TOML), which says what the table does not say itself.
    time_unit : str, optional
        Unit of TIME in a NONMEM table, by default day.
    free : collection of str
        Parameters to fit; by default those that the data inform most.
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
    time_unit: str | None
    free: Collection[str] | None
    fix: Collection[str] | None
    limits: Limits | None
    noise: Noise | None
    shared: float
    priors: bool
    overrides: Overrides | None
    n_threads: int


def fit_problem(
    scenario: FitTarget,
    data: Table | None = None,
    *,
    watch: Watch | None = None,
    **settings: Unpack[FitSettings],
) -> FitProblem:
    """Return patients ready to be fitted.

    Parameters
    ----------
    scenario : Scenario, Path, str or PatientData
        Or a table with doses, which needs no scenario.
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
    source = source_of(scenario, data, settings.get("overrides") or ())
    problem = prepare(source.scenario, source.name, now.announce)
    patients, known = measured_patients(problem, source, settings, now)
    assumed = assumptions(problem.scenario, patients, source.follow_up) if source.data is not None else []
    without, superseded = without_measured_baseline(problem, patients)
    if superseded:
        problem, assumed = prepare(without, source.name, now.announce), [*assumed, *superseded]
    for sentence in assumed:
        now.announce(f"Assumed: {sentence}")
    options = FitOptions(
        free=_names(settings.get("free")),
        fix=_names(settings.get("fix")),
        limits=dict(_limits(problem, settings.get("limits") or ())),
        noise=dict(noise_of(problem, settings.get("noise") or ())),
        shared=settings.get("shared", SHARED),
        priors=settings.get("priors", True),
        n_threads=settings.get("n_threads") or cores(),
        follow_up=source.follow_up,
    )
    case = replace(case_of(problem, patients, options, source.name, now.begin), assumed=tuple(assumed), source=known)
    if case.is_chosen and case.reported:
        names = ", ".join(case.reported)
        now.announce(f"Nothing is named to fit: {names}, which the data inform most")
    return case


def refuse_uninformed(case: FitProblem) -> None:
    """Refuse a problem of which nothing would be reported, since the data inform no parameter.

    Raises
    ------
    DataError
    """
    if not case.reported:
        cure = "name some, or forecast from the priors with `immunosim forecast`"
        raise DataError(UNINFORMED, key="free", cure=cure)


def _names(given: Collection[str] | None) -> tuple[str, ...]:
    """Return names, of which one may be given by itself."""
    return (given,) if isinstance(given, str) else tuple(given or ())


def measured_patients(
    problem: Problem, source: FitSource, settings: FitSettings, now: Watch
) -> tuple[list[PatientRecord], DataSource]:
    """Return the patients who were measured, and where their data come from; errors as of ``fit_problem``."""
    patient = settings.get("patient", "")
    if source.data is not None:
        observations, findings = _read(problem.scenario, source, settings, now)
        known = DataSource(observations.file, tuple(findings), observations.rows)
        return _measured(observations, source, patient, now), known
    if patient:
        raise DataError("needs a table of patients", key="patient", cure="give one with `data`")
    if settings.get("time_unit") is not None:
        raise DataError("needs a NONMEM table", key="time_unit", cure="give one with `data`, or leave it out")
    measurements = observed_in(problem.scenario, problem.model.units)
    if not measurements:
        cure = "add [[observed]] with the patient's counts, or give a table with `data`"
        raise DataError("holds no measurements to fit", file=source.name, cure=cure)
    return [PatientRecord("patient", tuple(measurements))], DataSource(source.name)


def _read(
    scenario: Scenario, source: FitSource, settings: FitSettings, now: Watch
) -> tuple[Observations, list[TableFinding]]:
    """Return the chosen patients of a table and its findings, of which none may be an error."""
    patient = settings.get("patient", "")
    notes, wrong = list[TableFinding](), list[InputProblem]()
    if isinstance(source.data, PatientData):
        observations = source.data.observations
        notes = [finding for finding in source.data.findings if finding.severity != "error"]  # errors: of the chosen
    else:
        unit, recipe = settings.get("time_unit"), settings.get("recipe")
        reading = examine_observations(Path(source.data or ""), scenario, time_unit=unit, recipe=recipe)
        observations, notes = reading.observations, list(reading.findings)
        wrong = [problem for _, problem in reading.problems]
    chosen = (observations[patient],) if patient else observations.patients
    observations = replace(observations, patients=chosen)
    checked = lint_kinds(observations, None if source.is_alone else scenario)
    findings = list(dict.fromkeys([*notes, *checked]))  # `read_data` has those of the linter
    for finding in findings:
        if finding.severity == "error":
            wrong.append(finding.as_problem(observations.file))
        elif finding.severity == "warning":
            now.announce(f"{observations.file}: {finding}")
    if wrong:
        raise DataError(problems=wrong)
    return observations, findings


def _measured(observations: Observations, source: FitSource, patient: str, now: Watch) -> list[PatientRecord]:
    """Return the patients who were measured, and who were given something where nothing else says of what."""
    path = observations.file
    measured = _announced(observations.patients, lambda record: bool(record.measurements), "measurements", path, now)
    if not measured:
        whose = f" of patient {patient}" if patient else ""
        raise DataError(f"has no measurements{whose}", file=path, cure="choose another patient or table")
    if not source.is_alone:
        return measured
    refuse_undosed(measured, path)
    return _announced(measured, lambda record: bool(record.doses), "doses", path, now)


def _announced(
    records: Iterable[PatientRecord], has_some: Callable[[PatientRecord], bool], what: str, path: str, now: Watch
) -> list[PatientRecord]:
    """Return the patients who have something, and say whom that leaves out."""
    kept = [record for record in records if has_some(record)]
    without = [record.name for record in records if not has_some(record)]
    if kept and without:
        now.announce(f"{path}: {', '.join(without)}: no {what}, left out")
    return kept


def noise_of(problem: Problem, given: Noise) -> Iterable[tuple[str, ErrorModel]]:
    """Yield the error models that a user gives, by analyte."""
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
