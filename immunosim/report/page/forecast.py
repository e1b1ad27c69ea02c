"""The page of forecasts of recovery, made of their record alone."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from immunosim.fitting.conclusions.recovery import Return
from immunosim.fitting.conclusions.recovery_by_visit import Update
from immunosim.plots.forecasts import forecast_figure
from immunosim.report.page.dates import PageDates
from immunosim.report.page.drawings import svg_of
from immunosim.report.page.fit import provenance, scenario_in
from immunosim.report.page.fit_data import data_section, doubts
from immunosim.report.page.fit_results import forecast_table, level_of, name_of, recovery_key, widened
from immunosim.report.page.sections import Chapter, Section, result_page
from immunosim.report.page.tables import PageTable

RecordView = Mapping[str, Any]


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
    yield Section("forecast", "Predicted recovery of counts", key, [known], cautions, tables=[table])
    if len(updates) > 1:
        figure = forecast_figure([_update(update) for update in updates])
        drawing = svg_of(figure, f"forecast-{number}", f"Month of recovery of {patient} as forecast after each visit.")
        caption = "Median and interval of the month of recovery, as forecast after each visit from what was known then."
        yield Section("visits", "Forecast after each visit", drawing=drawing, caption=caption)
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
    return Section("overview", "Overview", cautions=failed, tables=tables)


def _without_doubts(record: RecordView) -> RecordView:
    return {**record, "data": {**record["data"], "findings": [], "rows": []}}


def _update(record: RecordView) -> Update:
    returns = tuple(_return(back) for back in record["returns"])
    about = {name: record[name] for name in ("misfit", "widening", "horizon")}
    return Update(record["day"], record["n_visits"], record["n_measurements"], returns, **about)


def _return(record: RecordView) -> Return:
    known = {key: value for key, value in record.items() if key in Return.__dataclass_fields__}
    days: dict[str, Any] = {
        key: math.inf if value is None and key in ("low", "median", "high") else value for key, value in known.items()
    }
    return Return(**days)
