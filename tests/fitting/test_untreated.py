"""Counts before treatment are data about the untreated state: they move its scales and displace exact values."""

import numpy as np
import pytest

from immunosim.fitting import FitOptions, case_of
from immunosim.fitting.search.estimation import estimate
from immunosim.fitting.untreated import measured_before_treatment, without_measured_baseline
from immunosim.models import load_parameters
from immunosim.observations import Measurement, PatientRecord, RecordedDose
from immunosim.problem import prepare
from immunosim.scenario import build_scenario

COURSE = {"start": "0 days", "dose": "12 mg", "doses": 2, "every": "24 h"}
DOSES = tuple(RecordedDose("a", float(day), "alemtuzumab", 12.0, 4 / 24) for day in range(2))


@pytest.fixture(scope="module")
def with_baseline():
    """Return a function that prepares a scenario whose patient has given untreated counts."""

    def with_baseline(**counts):
        return prepare(build_scenario({"horizon": "40 days", "course": [COURSE], "patient": {"baseline": counts}}))

    return with_baseline


def record(*measured):
    """Return a patient with counts, (day, analyte, value) each."""
    return PatientRecord("a", tuple(Measurement("a", *one) for one in measured), DOSES)


def test_counts_before_treatment_are_fitted_by_the_untreated_state(with_baseline):
    days = (-30.0, -14.0, -7.0, -1.0)
    patient = record(*((day, "cd4", 500.0) for day in days), (30.0, "cd4", 45.0))
    case = case_of(with_baseline(), [patient], FitOptions(("antibody_clearance",)))
    assert {"cd4_scale", "cd8_scale", "b_scale", "nk_scale"} < set(case.coordinates.names)
    best = estimate(case.alone(), 2)
    scale = float(best.values[case.coordinates.names.index("cd4_scale")])
    # Four counts of 500 with a scatter of 0.132 outweigh the prior about 973.
    weight = 1.0 / (1.0 + 0.132**2 / 4 / load_parameters()["cd4_scale"].prior_of_patients.sd ** 2)
    assert np.log(scale) == pytest.approx(weight * np.log(500.0 / 973.0), abs=0.01)


def test_untreated_counts_do_not_take_the_place_of_what_is_reported(with_baseline):
    patient = record((-7.0, "cd4", 500.0), (30.0, "cd4", 45.0))
    assert not {"cd4_scale", "cd8_scale"} & set(case_of(with_baseline(), [patient], FitOptions()).reported)


@pytest.mark.parametrize(
    ("counts", "measured", "left"),
    [
        ({"cd4": "900 cells/uL"}, ("cd4",), []),
        ({"cd4": "900 cells/uL"}, ("cd8",), ["cd4"]),
        ({"cd4": "900 cells/uL", "cd8": "400 cells/uL"}, ("cd3",), []),
        ({"cd4": "900 cells/uL", "cd19": "200 cells/uL"}, ("cd4",), ["cd19"]),
        ({"lymphocytes": "2e9/L"}, ("cd4",), []),
    ],
)
def test_an_exact_value_gives_way_to_counts_before_treatment_aloud(with_baseline, counts, measured, left):
    problem = with_baseline(**counts)
    scenario, said = without_measured_baseline(problem, [record(*((-1.0, name, 500.0) for name in measured))])
    assert list(scenario.patient.baseline.model_dump(exclude_none=True)) == left
    assert len(said) == len(counts) - len(left)
    assert all(sentence.endswith("is not used: counts before treatment are fitted instead.") for sentence in said)


def test_an_exact_value_stays_where_nothing_was_measured_before_treatment(with_baseline):
    problem = with_baseline(cd4="900 cells/uL")
    patient = record((30.0, "cd4", 45.0))
    scenario, said = without_measured_baseline(problem, [patient])
    assert (scenario, said) == (problem.scenario, [])
    names = case_of(problem, [patient], FitOptions(("antibody_clearance",))).coordinates.names
    assert "cd4_scale" not in names
    assert "cd8_scale" in names


def test_treatment_begins_with_the_first_dose_given_or_planned():
    earlier = {"drug": "prednisolone", "start": "-10 days", "dose": "20 mg"}
    scenario = build_scenario({"horizon": "40 days", "course": [COURSE], "dose": [earlier]})
    patient = record((-11.0, "cd4", 900.0), (-5.0, "cd8", 400.0), (0.0, "cd19", 200.0))
    assert measured_before_treatment(scenario, patient) == {"cd4"}
    assert measured_before_treatment(build_scenario({"horizon": "40 days"}), patient) == {"cd4", "cd8", "cd19"}


def test_a_steady_state_began_before_its_row():
    steady = RecordedDose("a", 0.0, "prednisolone", 20.0, 0.0, steady_state_interval=1.0)
    patient = PatientRecord("a", (Measurement("a", -1.0, "cd4", 900.0),), (steady,))
    assert not measured_before_treatment(build_scenario({"horizon": "40 days"}), patient)
