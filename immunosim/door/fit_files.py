"""The files that fits leave: JSON, tables, scenarios with the fitted values, figures."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from immunosim.observations.petab import condition_ids
from immunosim.report import INTENDED_USE, to_json
from immunosim.report.fit_courses import course_of, labels_of
from immunosim.report.fit_record import fit_record, several_record
from immunosim.report.output_files import FIT, write_folder
from immunosim.safe_text import csv_text

if TYPE_CHECKING:
    from immunosim.codegen.loader import Array
    from immunosim.fitting import FitProblem, Fitted, PatientFits, PopulationFit, Profile, Subject
    from immunosim.fitting.conclusions.predictive import Predictive

INDIVIDUALS = ("patient", "parameter", "unit", "alone", "sd_of_log_alone", "together", "sd_of_log_together")
PARAMETERS = (
    *("parameter", "unit", "best", "low_90", "high_90", "low_90_by_data", "high_90_by_data", "verdict", "traded_with"),
    *("share_of_prior", "share_of_uninformed", "sentence", "is_at_limit"),
)


def write_fit(fitted: Fitted, case: FitProblem, folder: Path, command: str, with_report: bool = False) -> list[Path]:
    """Write the files of a fit of one patient, or of several as one, all or none.

    Parameters
    ----------
    fitted : Fitted
    case : FitProblem
    folder : Path
    command : str
        How the fit was made.
    with_report : bool
        Whether the page is among the files.
    """
    from immunosim.fitting.exchange.petab_tables import tables_of_one
    from immunosim.plots import encoded
    from immunosim.plots.fit_courses import course_figure, courses_figure
    from immunosim.plots.fits import profile_figure, waterfall_figure

    courses = [course_of(fitted, index) for index in range(len(fitted.subjects))]
    record = to_json(fit_record(fitted, courses) | {"assumed": list(case.assumed), "command": command})
    files = {
        "fit.json": record.encode(),
        "parameters.csv": table_text(PARAMETERS, _parameter_rows(fitted)),
        "profiles.csv": profile_table(fitted.profiles),
        "profiles.png": encoded(profile_figure(fitted.profiles, profile_titles(fitted), caption(fitted)), "png"),
        "waterfall.png": encoded(waterfall_figure(fitted.estimate, INTENDED_USE), "png"),
    }
    ids = condition_ids([subject.name for subject in fitted.subjects])
    for index, subject in enumerate(fitted.subjects):
        end = f"_{ids[subject.name]}" if len(fitted.subjects) > 1 else ""
        files[f"fitted{end}.toml"] = fitted_scenario(subject, fitted.best(index)).encode()
    if len(courses) == 1:
        files["course.png"] = encoded(course_figure(courses[0], labels_of(fitted.subjects[0]), INTENDED_USE), "png")
    else:
        files["courses.png"] = encoded(courses_figure(courses, labels_of(fitted.subjects[0]), INTENDED_USE), "png")
    files |= check_files(predictive := fitted.predictive(), predictive, fitted.subjects[0])
    if len(fitted.estimate.posterior.coordinates) == len(case.coordinates):  # PEtab cannot say factors of covariates
        files |= _in_folder(tables_of_one(case, fitted.estimate))
    if fitted.sampled is not None:
        files["pairs.png"] = pairs(fitted)
        files["posterior.nc"] = netcdf(fitted)
    files |= page_of(record) if with_report else {}
    return write_folder(folder, files, FIT)


def write_several(several: PatientFits, folder: Path, command: str, with_report: bool = False) -> list[Path]:
    """Write the files of fits of several patients, all or none; arguments as of ``write_fit``."""
    from immunosim.fitting.conclusions.predictive import joined, population_predictive
    from immunosim.fitting.exchange.petab_tables import tables_of_each, tables_of_population
    from immunosim.plots import encoded
    from immunosim.plots.fit_courses import courses_figure
    from immunosim.plots.fit_pairs import shrinkage_figure

    rows = [[name, *row] for name, fit in several.fits.items() for row in _parameter_rows(fit)]
    courses = [course_of(fit) for fit in several.fits.values()]
    record = to_json(several_record(several, courses) | {"command": command})
    files = {
        "fit.json": record.encode(),
        "parameters.csv": table_text(("patient", *PARAMETERS), rows),
    }
    ids = condition_ids([who.name for who in several.case.patients])
    for name, fit in several.fits.items():
        (subject,), values = fit.subjects, fit.best()
        if several.population is not None:  # over the reported parameters alone
            subject = replace(subject, names=several.population.names)
            values = several.population.of(name)
        files[f"fitted_{ids[name]}.toml"] = fitted_scenario(subject, values).encode()
    subject = several.case.subjects[0]
    files["courses.png"] = encoded(courses_figure(courses, labels_of(subject), INTENDED_USE), "png")
    fitted = joined([fit.predictive() for fit in several.fits.values()])
    new = fitted
    if several.population is not None:
        new = population_predictive(several.population)
        files["shrinkage.png"] = encoded(shrinkage_figure(several.population, INTENDED_USE), "png")
        headers = ("parameter", "kind", "unit", "value", "sd_of_log_between", "standard_error_of_log", "shrinkage")
        files["individuals.csv"] = table_text(INDIVIDUALS, individual_rows(several.population))
        files["population.csv"] = table_text(headers, population_rows(several.population))
        files |= _in_folder(tables_of_population(several.case, several.population))
    else:
        alone = {name: fit.estimate for name, fit in several.fits.items()}
        files |= _in_folder(tables_of_each(several.case, alone))
    files |= check_files(fitted, new, subject)
    files |= page_of(record) if with_report else {}
    return write_folder(folder, files, FIT)


def page_of(record: str) -> dict[str, bytes]:
    """Return the page of a fit from the text of its record, by file name."""
    from immunosim.report.page.fit import fit_page

    return {"report.html": fit_page(json.loads(record))}


def _in_folder(tables: Mapping[str, str]) -> dict[str, bytes]:
    return {f"petab/{name}": text.encode() for name, text in tables.items()}


def check_files(fitted: Predictive, new: Predictive, subject: Subject) -> dict[str, bytes]:
    """Return the table of predictions and residuals, and the figures that check a fit.

    Parameters
    ----------
    fitted : Predictive
        Of the patients themselves.
    new : Predictive
        Whose new measurements the visual predictive check takes: those of other patients where a distribution is known.
    subject : Subject
        Any of them, for labels and units.
    """
    from immunosim.fitting.conclusions.visual_check import visual_checks
    from immunosim.plots import encoded
    from immunosim.plots.fit_checks import observed_predicted_figure, residual_figure, visual_check_figure

    units, labels = subject.units, labels_of(subject)
    headers = (
        *("patient", "time_day", "analyte", "unit", "observed", "is_below", "is_above", "interval_from", "predicted"),
        *("standardised_residual", "line", "column"),
    )
    rows = [
        (
            measurement.patient,
            measurement.time,
            measurement.analyte,
            units[measurement.analyte],
            measurement.value,
            int(measurement.is_below),
            int(measurement.is_above),
            measurement.lower if measurement.is_between else "",
            predicted,
            residual,
            measurement.line or "",
            measurement.column,
        )
        for measurement, predicted, residual in zip(
            fitted.measurements, fitted.predicted.tolist(), fitted.residuals.tolist(), strict=True
        )
    ]
    return {
        "predictions.csv": table_text(headers, rows),
        "observed_predicted.png": encoded(observed_predicted_figure(fitted, labels, INTENDED_USE), "png"),
        "residuals.png": encoded(residual_figure(fitted, labels, INTENDED_USE), "png"),
        "vpc.png": encoded(visual_check_figure(visual_checks(new), labels, INTENDED_USE), "png"),
    }


def caption(one: Fitted) -> str:
    """Return the caption of a figure of parameters: the number of measurements, and the intended use."""
    from immunosim.plots.text import n_text

    return f"{n_text(one.estimate.posterior.n_measurements)} {INTENDED_USE}"


def profile_titles(fitted: Fitted) -> dict[str, str]:
    """Return label and verdict of each profiled parameter."""
    labels = {parameter.name: parameter.label for parameter in fitted.estimate.posterior.coordinates.parameters}
    return {verdict.name: f"{labels[verdict.name]}: {verdict.kind}" for verdict in fitted.verdicts}


def pairs(fitted: Fitted) -> bytes:
    """Return the figure of pairs of draws."""
    from immunosim.plots import encoded
    from immunosim.plots.fit_pairs import pairs_figure

    parameters = fitted.estimate.posterior.coordinates.parameters
    return encoded(pairs_figure(fitted.unknown_draws[:, : len(parameters)], parameters, INTENDED_USE), "png")


def table_text(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return a table as CSV; numbers keep every bit, what is not a number is blank."""
    return csv_text([headers, *([_cell(value) for value in row] for row in rows)]).encode()


def profile_table(profiles: dict[str, Profile]) -> bytes:
    """Return the points of profiles as CSV."""
    headers = ("parameter", "unit", "value", "rise_of_minus_log_likelihood", "threshold")
    return table_text(
        headers,
        [
            (name, profile.unit, value, rise, profile.threshold)
            for name, profile in profiles.items()
            for value, rise in zip(profile.values.tolist(), profile.rise.tolist(), strict=True)
        ],
    )


def individual_rows(population: PopulationFit) -> Iterator[tuple[object, ...]]:
    """Yield patients' own parameters, alone and under the distribution; covariates are part of both."""
    parameters = population.arrangement.coordinates.parameters
    for s, patient in enumerate(population.patients):
        for j, name in enumerate(population.arrangement.individual):
            unit = parameters[population.places[s, j]].unit
            alone = (population.alone[s, j], population.alone_sd[s, j])
            together = (population.of(patient)[population.names.index(name)], population.together_sd[s, j])
            yield patient, name, unit, *map(float, (*alone, *together))


def population_rows(population: PopulationFit) -> Iterator[tuple[object, ...]]:
    """Yield medians and spreads of patients' own parameters, what they share, and factors of covariates."""
    names, parameters = population.arrangement.individual, population.arrangement.coordinates.parameters
    for j, name in enumerate(names):
        unit = parameters[population.places[0, j]].unit
        own = (population.medians[j], population.sds[j], population.median_sds[j], population.shrinkage[j])
        yield (name, "between patients", unit, *map(float, own))
    errors = np.sqrt(np.diag(population.estimate.covariance))
    effects = {effect.name: effect.label for effect in population.arrangement.effects}
    for k, one in enumerate(parameters[: len(parameters) - population.places.size]):
        value = float(population.estimate.values[k])
        yield one.name, effects.get(one.name, "common"), one.unit, value, "", float(errors[k]), ""


def netcdf(fitted: Fitted) -> bytes:
    """Return the sample of a fit as the NetCDF groups of ArviZ."""
    import tempfile

    from immunosim.fitting.exchange.inference_data import inference_data

    assert fitted.sampled is not None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "posterior.nc"
        inference_data(fitted.sampled, fitted.estimate.posterior).to_netcdf(str(path))
        return path.read_bytes()


def fitted_scenario(subject: Subject, values: Array) -> str:
    """Return the scenario of a patient with fitted values, resolved."""
    from immunosim.scenario import build_scenario, to_toml
    from immunosim.scenario.overrides import apply_overrides

    document = tomllib.loads(to_toml(subject.problem.scenario))
    changes = [
        f"{subject.problem.parameters.key_of(name)}={float(value)!r}"
        for name, value in zip(subject.names, values, strict=True)
    ]
    return to_toml(build_scenario(apply_overrides(document, changes)))


def _parameter_rows(fitted: Fitted) -> Iterator[tuple[object, ...]]:
    for verdict in fitted.verdicts:
        interval = (verdict.value, verdict.low, verdict.high, verdict.data_low, verdict.data_high)
        shares = (verdict.share_of_prior, verdict.share_of_uninformed)
        words = (verdict.kind, verdict.partner, *shares, verdict.sentence, int(verdict.is_at_limit))
        yield verdict.name, verdict.unit, *interval, *words


def _cell(value: object) -> str:
    if isinstance(value, float):
        return repr(float(value)) if np.isfinite(value) else ""
    return str(value)
