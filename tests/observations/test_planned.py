"""Doses that were given are held against those that were planned, drug by drug, with what a date cannot tell let be."""

from dataclasses import replace

import pytest

from immunosim.observations import PatientRecord, RecordedDose
from immunosim.observations.planned import check_course, check_doses, check_plausible, planned_doses
from immunosim.scenario import Scenario


@pytest.fixture(scope="module")
def planned() -> Scenario:
    """Return three doses of the antibody and a steroid before each of them."""
    course = {
        "start": "0 days",
        "dose": "12 mg",
        "doses": 3,
        "every": "24 h",
        "premedication": {"dose": "1 g", "days": 3},
    }
    return Scenario(horizon="12 months", course=[course])


def given(*doses, drug="alemtuzumab", duration=4 / 24):
    """Return a patient who was given doses, (day, mg) each, one a line from line 2."""
    records = [RecordedDose("a", day, drug, amount, duration, line) for line, (day, amount) in enumerate(doses, 2)]
    return PatientRecord("a", (), tuple(records))


def found(patient, scenario):
    return [(one.line, one.severity, one.reason) for one in check_doses(patient, scenario)]


def test_planned_doses_stand_in_the_order_of_time_with_their_mass(planned):
    doses = planned_doses(planned)
    assert [dose.time for dose in doses] == sorted(dose.time for dose in doses)
    given = [(dose.time, dose.amount, dose.duration) for dose in doses if dose.drug == "alemtuzumab"]
    # The infusion of the steroid, an hour, comes first.
    assert given == [pytest.approx((day + 1 / 24, 12.0, 4 / 24)) for day in range(3)]
    steroid = [(dose.amount, dose.duration) for dose in doses if dose.drug == "methylprednisolone"]
    assert steroid == [pytest.approx((1000.0, 1 / 24))] * 3


@pytest.mark.parametrize(
    "doses",
    [
        [(0.0, 12.0), (1.0, 12.0), (2.0, 12.0)],
        [(1 / 24, 12.0), (25 / 24, 12.0), (49 / 24, 12.0)],  # with the time of day
        [(0.0, 12.1), (1.0, 11.9), (2.0, 12.0)],  # within a hundredth
        [(2.0, 12.0), (0.0, 12.0), (1.0, 12.0)],  # in any order
    ],
)
def test_doses_as_planned_are_let_be(planned, doses):
    assert found(given(*doses), planned) == []


@pytest.mark.parametrize(
    ("doses", "expected"),
    [
        (
            [(0.0, 12.0), (1.0, 12.0), (3.0, 12.0)],
            [(4, "alemtuzumab was given on day 3, the scenario plans it on day 2.04167")],
        ),
        (  # a time of day
            [(1 / 24, 12.0), (25 / 24, 12.0), (2.5, 12.0)],
            [(4, "alemtuzumab was given on day 2.5, the scenario plans it on day 2.04167")],
        ),
        (
            [(0.0, 12.0), (1.0, 6.0), (2.0, 12.0)],
            [(3, "6 mg of alemtuzumab was given on day 1, the scenario plans 12 mg")],
        ),
        (
            [(0.0, 12.0), (1.0, 12.0), (4.0, 20.0)],
            [
                (4, "alemtuzumab was given on day 4, the scenario plans it on day 2.04167"),
                (4, "20 mg of alemtuzumab was given on day 4, the scenario plans 12 mg"),
            ],
        ),
        (
            [(0.0, 12.0), (1.0, 12.0), (2.0, 12.0), (9.0, 12.0)],
            [(5, "12 mg of alemtuzumab on day 9 is not in the scenario")],
        ),
        ([(1.0, 12.0)], [(2, "a was not given alemtuzumab that the scenario plans on day 0.0416667, 2.04167")]),
    ],
)
def test_doses_that_differ_are_warned_of_with_their_line(planned, doses, expected):
    assert found(given(*doses), planned) == [(line, "warning", reason) for line, reason in expected]


def test_a_duration_that_differs_is_warned_of(planned):
    doses = (0.0, 12.0), (1.0, 12.0), (2.0, 12.0)
    reason = "alemtuzumab was infused over 1 h, the scenario plans 4 h"
    assert found(given(*doses, duration=1 / 24), planned) == [(line, "warning", reason) for line in (2, 3, 4)]
    usual = [replace(dose, has_duration=False) for dose in given(*doses, duration=1 / 24).doses]
    assert found(PatientRecord("a", (), tuple(usual)), planned) == []


def test_infusions_that_overlap_and_doses_after_the_horizon_are_said(planned):
    overlap, late = check_course(given((0.0, 12.0), (0.1, 12.0), (400.0, 12.0)), planned)
    assert (overlap.line, overlap.severity) == (3, "warning")
    assert overlap.reason == "the infusion begins while that of line 2 runs: their rates add"
    assert (late.line, late.severity) == (4, "error")
    assert late.reason == "alemtuzumab on day 400 is after the horizon of the scenario, day 365.25"


def test_a_drug_that_is_given_at_once_takes_no_time(planned):
    (one,) = check_plausible(given((0.0, 20.0), drug="prednisolone"), planned)
    assert (one.severity, one.reason) == ("error", "prednisolone is given at once, not over 4 h")


def test_of_many_doses_that_were_not_given_the_first_are_named():
    course = {"start": "0 days", "dose": "12 mg", "doses": 9, "every": "24 h"}
    (one,) = check_doses(given((0.0, 12.0)), Scenario(horizon="12 months", course=[course]))
    assert one.reason == "a was not given alemtuzumab that the scenario plans on day 1, 2, 3, 4, 5 ..."


def test_each_drug_is_held_against_its_own_plan(planned):
    both = (
        given((0.0, 12.0), (1.0, 12.0), (2.0, 12.0)).doses
        + given((0.0, 500.0), drug="methylprednisolone", duration=1 / 24).doses
    )
    reasons = [one.reason for one in check_doses(PatientRecord("a", (), both), planned)]
    assert reasons[0] == "500 mg of methylprednisolone was given on day 0, the scenario plans 1000 mg"
    assert reasons[1].startswith("a was not given methylprednisolone that the scenario plans on day ")


def test_a_dose_that_nobody_gives_is_an_error_unless_the_scenario_insists(planned):
    (one,) = check_plausible(given((0.0, 12000.0)), planned)
    assert (one.severity, one.line) == ("error", 2)
    assert "12000 mg of alemtuzumab is not plausible" in one.reason
    assert one.cure.endswith("a scenario insists with implausible = true")
    assert [*check_plausible(given((0.0, 12000.0)), None)] == [one]
    course = {"start": "0 days", "dose": "12 g", "doses": 1, "implausible": True}
    assert not [*check_plausible(given((0.0, 12000.0)), Scenario(horizon="12 months", course=[course]))]
    assert not [*check_plausible(given((0.0, 12.0)), planned)]
