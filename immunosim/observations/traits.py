"""What a clinic's table says of its patients besides counts and doses: age, weight, sex and birth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from immunosim.errors import QuantityError
from immunosim.observations.layout import TableLayout
from immunosim.observations.problems import Problems
from immunosim.observations.records import CovariateValue, PatientRecord, TableFinding
from immunosim.observations.times import is_serial, order_of
from immunosim.observations.visits import Visit, VisitTimes
from immunosim.units import factor_to

_SEXES = {
    **dict.fromkeys(("female", "f", "woman", "w", "weiblich", "femme", "frau"), "female"),
    **dict.fromkeys(("male", "m", "man", "männlich", "homme", "mann"), "male"),
}


def traits_of(
    layout: TableLayout,
    of_patients: Mapping[str, Sequence[Visit]],
    problems: Problems,
    findings: list[TableFinding],
) -> dict[str, dict[str, CovariateValue]]:
    """Return by patient the first age, weight and sex; the sex may not change."""
    changing: dict[str, tuple[int, set[str]]] = {}
    known: dict[str, dict[str, CovariateValue]] = {}
    for name, visits in of_patients.items():
        known[name] = {}
        for visit in visits:
            _add_numbers(layout, visit, known[name], changing, problems)
            _add_sex(layout, visit, known[name], problems)
    for kind, (line, patients) in changing.items():
        who = f"of {len(patients)} patients" if len(patients) > 1 else f"of {next(iter(patients))}"
        reason = f"the {kind} {who} changes, the first one is used"
        findings.append(TableFinding(line, layout.others[kind].header, "note", reason))
    return known


def _add_numbers(
    layout: TableLayout,
    visit: Visit,
    known: dict[str, CovariateValue],
    changing: dict[str, tuple[int, set[str]]],
    problems: Problems,
) -> None:
    for kind, unit in (("age", "year"), ("weight", "kg")):
        if text := layout.cell(visit.row, kind):
            column = layout.others[kind]
            with problems.at(visit.row.line, column.header):
                value = layout.table.number(text) * factor_to(column.unit, unit)
                if known.setdefault(kind, value) != value:
                    changing.setdefault(kind, (visit.row.line, set()))[1].add(visit.patient)


def _add_sex(layout: TableLayout, visit: Visit, known: dict[str, CovariateValue], problems: Problems) -> None:
    if text := layout.cell(visit.row, "sex"):
        with problems.at(visit.row.line, layout.others["sex"].header):
            sex = _SEXES.get(text.casefold())
            if sex is None:
                raise QuantityError(f'"{text}" is not a valid sex', cure='write "female" or "male"')
            if known.setdefault("sex", sex) != sex:
                raise QuantityError(f'"{text}" contradicts an earlier row', cure="correct one of them")


def births(layout: TableLayout, times: VisitTimes, problems: Problems) -> dict[str, dict[str, CovariateValue]]:
    """Return the birth of each patient, days after day 0."""
    dates = [(visit, text) for visit in times.visits if (text := layout.cell(visit.row, "birth_date"))]
    order, known = times.order or order_of([text for _, text in dates]), dict[str, dict[str, CovariateValue]]()
    for visit, text in dates:
        header = layout.others["birth_date"].header
        with problems.at(visit.row.line, header):
            if not is_serial(text) and text.isdecimal() and len(text) < 8:
                raise QuantityError(f'"{text}" is not a date', cure="write it as 1987-06-15")
            day = times.calendar.day_of_date(text, order) - times.offset(visit.patient)
            if known.setdefault(visit.patient, {"birth_day": day})["birth_day"] != day:
                raise QuantityError(f'"{text}" contradicts an earlier row', cure="correct one of them")
    return known


def with_age(patient: PatientRecord) -> PatientRecord:
    """Return a patient with the age on day 0 where only the birth is known, year."""
    birth = patient.covariates.get("birth_day")
    if "age" in patient.covariates or not isinstance(birth, float) or birth >= 0:
        return patient
    return replace(patient, covariates=patient.covariates | {"age": -birth / 365.25})
