"""The page of a fit of one patient or several, made of its record alone."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from immunosim.plots.fit_courses import FittedCourse, course_figure
from immunosim.report.fit_courses import axis_label
from immunosim.report.page import fit_results
from immunosim.report.page.dates import PageDates
from immunosim.report.page.drawings import svg_of
from immunosim.report.page.fit_data import data_section, doubts, measurements_of, simulated_doses
from immunosim.report.page.fit_misfit import misfit_tables
from immunosim.report.page.fit_overview import overview
from immunosim.report.page.sections import Chapter, Section, result_page
from immunosim.report.page.tables import PageTable
from immunosim.scenario import Scenario, build_scenario

RecordView = Mapping[str, Any]

COLUMNS = {1: 1, 2: 2, 4: 2}
"""Panels side by side by the number of panels; three for any other number."""


def fit_page(record: RecordView) -> bytes:
    """Return the page of a fit.

    Parameters
    ----------
    record : mapping
        What ``fit_record`` or ``several_record`` returned, or fit.json holds.
    """
    return _page_of_several(record) if isinstance(record["patients"], dict) else _page_of_one(record)


def scenario_in(record: RecordView, patient: str) -> Scenario:
    """Return the scenario of a patient, as it was simulated."""
    return build_scenario(tomllib.loads(record["scenarios"][patient]))


def provenance(record: RecordView) -> list[Section]:
    """Return limits, versions and the command of results."""
    about = record["provenance"]
    model, software = about["model"], about["software"]
    headers = ("model", "parameter set", "compiled kernels", *software)
    row = (model["name"], model["parameter_set"], model["key"], *software.values())
    limits = [f"{about['intended_use']} Not compared with prospective data of individual patients."]
    return [
        Section("limits", "Limits", cautions=[*limits, *about["limitations"]]),
        Section(
            "versions",
            "Versions and provenance",
            tables=[PageTable("", headers, [row], "<" * len(headers))],
            command=record.get("command", ""),
        ),
    ]


def _page_of_one(record: RecordView) -> bytes:
    names = record["patients"]
    title = f"Fit of {names[0]}" if len(names) == 1 else f"Fit of {len(names)} patients as one"
    scenario = scenario_in(record, names[0])
    chapters = [Chapter([*_results(record, names[0]), *_of_patient(record, names[0], 0)])]
    chapters += [
        Chapter(list(_of_patient(record, name, k)), f"Patient {name}", f"patient-{k}-")
        for k, name in enumerate(names[1:], 1)
    ]
    chapters.append(Chapter([*_closing(record, names[0], scenario), *provenance(record)]))
    return result_page(title, scenario.title, _facts(record, scenario, len(names)), chapters, _version(record))


def _page_of_several(record: RecordView) -> bytes:
    fitted = record["patients"]
    first = next(iter(fitted))
    scenario = scenario_in(fitted[first], first)
    tables = [*overview(record), *doubts(record["data"])]
    chapters = [Chapter([Section("overview", "Overview", cautions=list(_failures(record)), tables=tables)])]
    for k, (name, fit) in enumerate(fitted.items()):
        whole = {**fit, "provenance": record["provenance"]}
        sections = [*_results(whole, name), *_of_patient(whole, name, k)]
        sections += _closing(whole, name, scenario_in(whole, name))
        chapters.append(Chapter(sections, f"Patient {name}", f"patient-{k}-"))
    chapters.append(Chapter(provenance(record)))
    title = f"Fits of {len(fitted)} patients"
    return result_page(title, scenario.title, _facts(record, scenario, len(fitted)), chapters, _version(record))


def _results(record: RecordView, patient: str) -> Iterator[Section]:
    when = PageDates(scenario_in(record, patient))
    key = list(fit_results.key_results(record, patient, when))
    yield Section("results", "The answer in short", key=key, sentences=record["fit"]["sentences"])


def _of_patient(record: RecordView, patient: str, number: int) -> Iterator[Section]:
    """Yield course, forecast and data of a patient."""
    scenario = scenario_in(record, patient)
    when = PageDates(scenario)
    course = _course(record, patient, scenario, f"course-{number}")
    caption = (
        "Treatments, measured values and the fitted course with its 90 % interval; triangles: below quantification."
    )
    yield Section("course", "Course", drawing=course, caption=caption, tables=[simulated_doses(scenario)])
    yield fit_results.forecast_section(record, patient, when)
    yield data_section(record, patient, scenario, when)


def _closing(record: RecordView, patient: str, scenario: Scenario) -> Iterator[Section]:
    """Yield parameters, comparison of mechanisms and assumptions."""
    tables = [fit_results.parameter_table(record), fit_results.goodness(record), *misfit_tables(record)]
    tables.append(fit_results.mechanism_table(record))
    yield Section("parameters", "Parameters and fit", tables=tables)
    yield fit_results.assumptions(record, patient, scenario)


def _course(record: RecordView, patient: str, scenario: Scenario, name: str) -> str:
    kept = record["courses"][patient]
    bands = {
        analyte: np.array([kept["bands"][analyte][row] for row in ("low", "best", "high")], float)
        for analyte in record["analytes"]
        if analyte in kept["bands"]
    }
    measured = measurements_of(record, patient)
    times, misfit = np.array(kept["time_day"], float), record["fit"].get("reason", "")
    course = FittedCourse(patient, measured, times, bands, scenario, misfit)
    labels = {analyte: axis_label(about["label"], about["unit"]) for analyte, about in record["analytes"].items()}
    figure = course_figure(course, labels, columns=COLUMNS.get(len(bands), 3))
    described = f"Fitted course of {patient} with measurements: {', '.join(labels[analyte] for analyte in bands)}."
    return svg_of(figure, name, described)


def _facts(record: RecordView, scenario: Scenario, n_patients: int) -> list[tuple[str, str]]:
    about = record["provenance"]
    return [
        *([("Patient", scenario.patient.in_words())] if n_patients == 1 else [("Patients", str(n_patients))]),
        ("Day 0", str(scenario.start_date or "no date given")),
        ("Data", record["data"]["file"] or "in memory"),
        ("Model", f"{about['model']['name']}, parameter set {about['model']['parameter_set']}"),
        ("Software", f"immunosim {about['software']['immunosim']}"),
    ]


def _failures(record: RecordView) -> Iterator[str]:
    for name, reason in record["failures"].items():
        yield f"Patient {name} could not be simulated: {reason}"


def _version(record: RecordView) -> str:
    return str(record["provenance"]["software"]["immunosim"])
