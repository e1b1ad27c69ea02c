"""The overview of fits of several patients: a row for each, verdicts by parameter, and their distribution.

Reads the record of the fits; computes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from immunosim.formatting import unit_text
from immunosim.report.page.fit_results import fits, share
from immunosim.report.page.tables import PageTable

RecordView = Mapping[str, Any]


def overview(record: RecordView) -> Iterator[PageTable]:
    """Yield the patients in a row each, the verdicts by parameter, and the population."""
    fitted = record["patients"]
    names = list(dict.fromkeys(verdict["name"] for fit in fitted.values() for verdict in fit["parameters"]))
    units = {verdict["name"]: verdict["unit"] for fit in fitted.values() for verdict in fit["parameters"]}
    headers = ("patient", "values", "residuals", *(_words(name) + _unit(units[name]) for name in names))
    rows = [_patient(patient, fit, names) for patient, fit in fitted.items()]
    note = "Best values; ?: not identified by the data of the patient, whose chapter says how far they go."
    yield PageTable("Patients", headers, rows, "<><" + "<" * len(names), note)
    yield PageTable("Verdicts", ("parameter", "patients"), [_counted(record, name) for name in names], "<<")
    if "population" in record:
        yield _population(record["population"])


def _patient(name: str, record: RecordView, parameters: list[str]) -> tuple[str, ...]:
    by_name = {verdict["name"]: verdict for verdict in record["parameters"]}
    cells = (_value(by_name.get(parameter)) for parameter in parameters)
    return name, str(record["fit"]["n_measurements"]), fits(record), *cells


def _value(verdict: RecordView | None) -> str:
    if verdict is None:
        return "-"
    return f"{verdict['value']:.3g}{'' if verdict['kind'] == 'identified' else ' ?'}"


def _counted(record: RecordView, name: str) -> tuple[str, str]:
    verdicts = (verdict for fit in record["patients"].values() for verdict in fit["parameters"])
    kinds = Counter(verdict["kind"] for verdict in verdicts if verdict["name"] == name)
    return _words(name), ", ".join(f"{n} {kind}" for kind, n in kinds.most_common())


def _population(population: RecordView) -> PageTable:
    numbers = ("median", "sd_of_log", "standard_error_of_log_median")
    rows = [
        (_words(name), *(f"{spread[key]:.4g}" for key in numbers), share(spread["shrinkage"]))
        for name, spread in population["distribution"].items()
    ]
    headers = ("parameter", "median", "between-patient SD (log)", "standard error of log median", "shrinkage")
    note = "" if population["has_converged"] else "The SDs had not converged: the data hardly inform them."
    return PageTable("Population", headers, rows, note=note)


def _unit(unit: str) -> str:
    return f", {unit_text(unit)}" if unit_text(unit) else ""


def _words(name: str) -> str:
    return name.replace("_", " ")
