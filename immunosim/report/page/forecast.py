"""The page of forecasts of recovery, made of their record alone."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from immunosim.ensembles.survival import EventTimes
from immunosim.fitting.conclusions.recovery import Return
from immunosim.fitting.conclusions.recovery_by_visit import Update
from immunosim.plots.forecasts import forecast_figure, pooled_figure
from immunosim.report.page.dates import PageDates
from immunosim.report.page.drawings import svg_of
from immunosim.report.page.fit import provenance, scenario_in
from immunosim.report.page.fit_data import data_section, doubts
from immunosim.report.page.fit_results import forecast_table, level_of, name_of, recovery_key, widened
from immunosim.report.page.sections import Chapter, Section, result_page
from immunosim.report.page.tables import PageTable
from immunosim.scenario.time_reference import TimeReference

RecordView = Mapping[str, Any]

CURVES = "Kaplan-Meier curves; upright marks: draws that had not recovered at the end of the simulation."


def forecast_page(record: RecordView) -> bytes:
    """Return the page of a forecast.

    Parameters
    ----------
    record : mapping
        What ``Forecast.record`` returned, or forecast.json holds.
    """
    names = list(record["patients"])
    first = next(iter(record["scenarios"]))
    scenario = scenario_in(record, first)
    is_one = len(names) == 1 and not record["failures"]
    chapters = [] if is_one else [Chapter([_overview(record)])]
    for k, name in enumerate(names):
        sections = list(_of_patient(record, name, k, is_one))
        chapters.append(Chapter(sections, "" if is_one else f"Patient {name}", "" if is_one else f"patient-{k}-"))
    chapters.append(Chapter(provenance(record)))
    about = record["provenance"]
    facts = [
        ("Day 0", str(scenario.start_date or "no date given")),
        ("Data", record["data"]["file"]),
        ("Simulated until", PageDates(scenario).in_words(record["horizon_day"])),
        ("Model", f"{about['model']['name']}, parameter set {about['model']['parameter_set']}"),
        ("Software", f"immunosim {about['software']['immunosim']}"),
    ]
    title = f"Forecast for {names[0]}" if is_one else f"Forecasts for {len(names)} patients"
    return result_page(title, scenario.title, facts, chapters, about["software"]["immunosim"])


def _of_patient(record: RecordView, patient: str, number: int, is_one: bool) -> Iterator[Section]:
    scenario = scenario_in(record, patient)
    when, updates = PageDates(scenario), record["patients"][patient]
    last = updates[-1]
    known = f"From {last['n_visits']} visits with {last['n_measurements']} values until {when.in_words(last['day'])}."
    key = [recovery_key(back, when, record["confidence"]) for back in last["returns"]]
    table = forecast_table(last["returns"], when, record["confidence"])
    cautions = [widened(last["widening"])] if last.get("widening", 1.0) > 1.0 else []
    yield Section(
        "forecast",
        "Predicted recovery of counts",
        key,
        [known, *record.get("risks", {}).get(patient, [])],
        cautions,
        tables=[table],
    )
    figure = forecast_figure(_updates(record, patient))
    if len(updates) > 1:
        drawing = svg_of(figure, f"forecast-{number}", f"Month of recovery of {patient} as forecast after each visit.")
        caption = "Median and interval of the month of recovery, as forecast after each visit from what was known then."
        yield Section("visits", "Forecast after each visit", drawing=drawing, caption=caption)
    else:
        drawing = svg_of(figure, f"forecast-{number}", f"Fraction of the draws of {patient} that recover, over time.")
        yield Section("curves", "Probability of recovery", drawing=drawing, caption=CURVES)
    yield data_section(record if is_one else _without_doubts(record), patient, scenario, when)


def _overview(record: RecordView) -> Section:
    rows = []
    for patient, updates in record["patients"].items():
        when = PageDates(scenario_in(record, patient))
        rows += [
            (patient, name_of(back), level_of(back["level"]), when.later(back["median"]), f"{back['share']:.0%}")
            for back in updates[-1]["returns"]
        ]
    headers = ("patient", "read-out", "above", "median", "probability")
    failed = [f"Patient {name} has no forecast: {reason}" for name, reason in record["failures"].items()]
    tables = [PageTable("Predicted recovery", headers, rows, "<<<<"), *doubts(record["data"])]
    about: dict[str, Any] = {}
    if len(record["patients"]) > 1:
        latest = [_updates(record, patient)[-1] for patient in record["patients"]]
        drawing = svg_of(pooled_figure(latest), "forecast-all", "Fraction of patients and draws that recover.")
        about = {"drawing": drawing, "caption": f"All patients, in months after each one's last course. {CURVES}"}
    return Section("overview", "Overview", cautions=failed, tables=tables, **about)


def _without_doubts(record: RecordView) -> RecordView:
    return {**record, "data": {**record["data"], "findings": [], "rows": []}}


def _updates(record: RecordView, patient: str) -> list[Update]:
    """Return the forecasts of a patient, the last one with its draws."""
    reference, kept = TimeReference.of(scenario_in(record, patient)), record["patients"][patient]
    *earlier, last = [_update(update, reference) for update in kept]
    pairs = zip(last.returns, record["draws"][patient], strict=True)
    return [*earlier, replace(last, returns=tuple(replace(back, times=_times(drawn)) for back, drawn in pairs))]


def _times(drawn: RecordView) -> EventTimes | None:
    if not drawn:
        return None
    days, is_observed = np.array(drawn["days"], np.float64), np.array(drawn["is_observed"], np.bool_)
    return EventTimes(days, is_observed, drawn["start"], drawn["n_failed"])


def _update(record: RecordView, reference: TimeReference) -> Update:
    returns = tuple(replace(_return(back), reference=reference) for back in record["returns"])
    about = {name: record[name] for name in ("misfit", "widening", "horizon")}
    return Update(record["day"], record["n_visits"], record["n_measurements"], returns, **about)


def _return(record: RecordView) -> Return:
    known = {key: value for key, value in record.items() if key in Return.__dataclass_fields__}
    days: dict[str, Any] = {
        key: math.inf if value is None and key in ("low", "median", "high") else value for key, value in known.items()
    }
    return Return(**days)
