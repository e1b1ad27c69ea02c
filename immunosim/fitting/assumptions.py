"""What a fit takes for granted because neither the table nor the scenario says it, in sentences.

Only sentences: what is simulated is decided where patients get their scenarios.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from immunosim.errors import listed
from immunosim.fitting.given_doses import course_groups
from immunosim.fitting.patients import SEXES, TRAITS, with_durations
from immunosim.observations import PatientRecord
from immunosim.observations.doses import doses_to_simulate
from immunosim.observations.planned import planned_doses
from immunosim.observations.records import RecordedDose
from immunosim.scenario import Scenario
from immunosim.scenario.clock import in_words
from immunosim.scenario.drug_names import with_drugs_of
from immunosim.scenario.regimen import courses_of
from immunosim.units import DAYS_PER_MONTH

MOST_NAMED = 5
"""Patients that a sentence names."""


def assumptions(scenario: Scenario, patients: Sequence[PatientRecord], follow_up: float = 0.0) -> list[str]:
    """Return what is assumed of patients with doses in a table.

    Parameters
    ----------
    scenario : Scenario
        Common to all patients.
    patients : sequence of PatientRecord
    follow_up : float, day
        How long patients are followed after their last dose where there is no scenario but the table; otherwise 0.
    """
    with with_drugs_of(scenario):
        sentences = list(_of_doses(scenario, patients))
        if follow_up:
            sentences = [*_of_table(scenario, patients, follow_up), *sentences]
    return list(dict.fromkeys(sentences))  # durations that differ by rounding alone read the same


def _of_table(scenario: Scenario, patients: Sequence[PatientRecord], follow_up: float) -> Iterator[str]:
    """Yield what a scenario would say."""
    yield f"The model is {scenario.model} with the parameter set {scenario.parameter_set}."
    yield from _courses(patients)
    standard = {"age": f"{scenario.patient.age:g} years", "weight": f"{scenario.patient.weight:g} kg"}
    for trait in TRAITS:
        without = [patient.name for patient in patients if trait not in patient.covariates]
        if without:
            yield f"The {trait} is {standard[trait]}{_of(without, patients)}."
    without = [patient.name for patient in patients if patient.covariates.get("sex") not in SEXES]
    if without:
        yield f"The sex is {scenario.patient.sex}{_of(without, patients)}; no equation uses it."
    without = [patient.name for patient in patients if not _has_baseline(patient)]
    if without:
        yield f"No count before treatment is known{_of(without, patients)}: untreated counts follow from the priors."
    yield "Nothing was given but the doses of the table."
    yield f"Patients are followed for {follow_up / DAYS_PER_MONTH:.0f} months after their last dose."


def _courses(patients: Sequence[PatientRecord]) -> Iterator[str]:
    for patient in patients[:MOST_NAMED]:
        courses = []
        for drug in dict.fromkeys(dose.drug for dose in patient.doses):
            groups = course_groups([dose for dose in patient.doses if dose.drug == drug])
            courses += [
                f"{len(group)} x {group[0].amount:g} mg of {drug} from day {group[0].time:g}" for group in groups
            ]
        yield f"Treatment of {patient.name}: {', '.join(courses)}."
    if len(patients) > MOST_NAMED:
        yield f"Courses of {len(patients) - MOST_NAMED} further patients are told apart in the same way, by 30 days."


def _masses(doses: Sequence[RecordedDose]) -> str:
    masses = [f"{dose.amount:g}" for dose in doses]
    return f"{len(masses)} x {masses[0]}" if len(set(masses)) == 1 else " + ".join(masses)


def _of_doses(scenario: Scenario, patients: Sequence[PatientRecord]) -> Iterator[str]:
    """Yield durations, premedication and treatments that the table does not give."""
    given = {dose.drug for patient in patients for dose in patient.doses}
    if not given:
        return
    yield from _durations(scenario, patients)
    yield from _steady_states(patients)
    before = {order.drug.premedication for order in courses_of(scenario) if order.dosing.premedication}
    for drug in dict.fromkeys(plan.drug for plan in planned_doses(scenario)):
        without = [patient.name for patient in patients if all(dose.drug != drug for dose in patient.doses)]
        if without:
            when = "before infusions, " if drug in before else ""
            to_whom = _of(without, patients).replace(" of ", " to ", 1)
            yield f"The planned {drug} is given{to_whom}, {when}since the table has no dose of it."


def _durations(scenario: Scenario, patients: Sequence[PatientRecord]) -> Iterator[str]:
    planned = planned_doses(scenario)
    lengths: dict[tuple[str, float], None] = {}
    for patient in patients:
        unknown = [dose for dose in patient.doses if not dose.has_duration]
        for dose in with_durations(unknown, planned):
            if dose.duration:
                lengths[dose.drug, dose.duration] = None
    for drug, duration in lengths:
        source = "as planned" if any(plan.drug == drug for plan in planned) else "the usual time"
        yield f"Infusions of {drug} last {in_words(duration)}, {source}, where the table gives no duration."


def _steady_states(patients: Sequence[PatientRecord]) -> Iterator[str]:
    steady = [(patient, dose) for patient in patients for dose in patient.doses if dose.steady_state_interval]
    for patient, dose in steady[:MOST_NAMED]:
        n_before = sum(given.drug == dose.drug and given.time < dose.time for given in doses_to_simulate(patient))
        interval = in_words(dose.steady_state_interval)
        yield f"Before day {dose.time:g}, {patient.name} had {n_before} doses of {dose.drug}, one every {interval}."


def _has_baseline(patient: PatientRecord) -> bool:
    first = min((dose.time for dose in doses_to_simulate(patient)), default=0.0)
    return any(measurement.time <= first for measurement in patient.measurements)


def _of(names: Sequence[str], patients: Sequence[PatientRecord]) -> str:
    """Return of which patients something holds; nothing where there is one."""
    if len(patients) == 1:
        return ""
    if len(names) == len(patients):
        return " of all patients"
    return f" of {listed(names)}"
