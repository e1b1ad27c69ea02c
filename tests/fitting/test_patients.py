"""What a table says was given to a patient is what is simulated, to the last digit; the plan fills only the gaps."""

import numpy as np
import pytest

from immunosim.errors import DataError
from immunosim.fitting.patients import scenario_of
from immunosim.observations import Measurement, PatientRecord, RecordedDose, read_observations
from immunosim.problem import prepare
from immunosim.scenario import Scenario, build_scenario, events_of, load_scenario
from immunosim.scenario.regimen import begin_of, courses_of, end_of
from immunosim.simulation import simulate

FIVE = {"start": "0 days", "dose": "12 mg", "doses": 5, "every": "24 h", "infusion": "4 h"}
PULSE = {"start": "0 h", "dose": "1 g", "infusion": "1 h"}


@pytest.fixture(scope="module")
def plan() -> Scenario:
    """Return five infusions of four hours, as planned, without premedication."""
    return build_scenario({"horizon": "40 days", "course": [FIVE]})


@pytest.fixture(scope="module")
def premedicated() -> Scenario:
    """Return three infusions, the first two after a steroid of an hour."""
    course = FIVE | {"doses": 3, "premedication": {"dose": "1 g", "days": 2, "duration": "1 h"}}
    return build_scenario({"horizon": "24 months", "course": [course]})


def given(*doses, drug="alemtuzumab", duration=4 / 24, **about):
    """Return a patient who was given doses, (day, mg) each."""
    records = tuple(RecordedDose("a", day, drug, amount, duration, **about) for day, amount in doses)
    return PatientRecord("a", (), records)


def doses_of(scenario, drug="alemtuzumab"):
    """Return begin, duration (day) and mass (mg) of each simulated dose of a drug, without errors of rounding."""
    events = [event for event in events_of(scenario) if event.drug.name == drug]
    return rounded((begin_of(event), end_of(event) - begin_of(event), event.amount) for event in events)


def rounded(doses):
    return [tuple(round(number, 9) for number in dose) for dose in doses]


def daily(n, *, amount=12.0, first=0.0):
    return [(first + day, amount) for day in range(n)]


def simulated(scenario, readout, day):
    """Return a read-out at a time that the scenario reports."""
    result = simulate(scenario)
    at = int(np.argmin(np.abs(result.time - day)))
    assert result.time[at] == pytest.approx(day)
    return float(result.variables[readout].values[at])


@pytest.mark.parametrize("hours", [1.0, 19.0, 26.0])
def test_the_duration_of_the_table_is_simulated(plan, hours):
    own = scenario_of(plan, given(*daily(5), duration=hours / 24))
    assert doses_of(own) == rounded([(day, hours / 24, 12.0) for day in range(5)])


def test_a_table_is_simulated_like_the_scenario_written_by_hand(plan):
    at = {"output": {"extra": ["4.2 days", "30 days"]}}
    found = {}
    for hours in (1, 19):
        by_hand = build_scenario({"horizon": "40 days", "course": [FIVE | {"infusion": f"{hours} h"}]} | at)
        own = scenario_of(plan, given(*daily(5), duration=hours / 24)).model_copy(update={"output": by_hand.output})
        for readout, day in (("alemtuzumab_serum", 4.2), ("cd4", 30.0)):
            found[readout, hours] = simulated(own, readout, day)
            assert found[readout, hours] == pytest.approx(simulated(by_hand, readout, day), rel=1e-12)
    assert abs(found["alemtuzumab_serum", 1] / found["alemtuzumab_serum", 19] - 1.0) > 0.05


def test_a_pulse_is_given_at_its_time_of_day_and_the_count_before_it_is_untreated():
    planned = build_scenario({"horizon": "10 days", "methylprednisolone": [PULSE]})
    patient = given((0.5, 1000.0), drug="methylprednisolone", duration=1 / 24)
    own = scenario_of(planned, patient)
    own = own.model_copy(update={"output": own.output.model_copy(update={"extra": (0.3, 0.83)})})
    untreated = simulated(build_scenario({"horizon": "10 days"}), "lymphocytes", 0.0)
    assert simulated(own, "lymphocytes", 0.3) == pytest.approx(untreated, rel=1e-6)
    assert simulated(own, "lymphocytes", 0.83) < 0.5 * untreated


def test_a_visit_before_treatment_is_of_the_untreated_patient(plan):
    patient = PatientRecord("a", (Measurement("a", -30.0, "cd4", 900.0),), given(*daily(5)).doses)
    own = scenario_of(plan, patient)
    problem = prepare(own)
    assert problem.segments.boundaries[0] == -30.0
    assert simulated(own, "cd4", -30.0) == pytest.approx(simulated(plan, "cd4", 0.0), rel=1e-12)
    assert doses_of(own) == doses_of(plan)


def test_doses_before_day_0_are_simulated(plan):
    own = scenario_of(plan, given((-60.0, 12.0), (-59.0, 12.0)))
    assert prepare(own).segments.boundaries[0] == -60.0
    assert doses_of(own) == rounded([(-60.0, 4 / 24, 12.0), (-59.0, 4 / 24, 12.0)])


def test_infusions_that_overlap_add_their_rates(plan):
    own = scenario_of(plan, given((0.0, 12.0), (0.25, 6.0), duration=0.5))
    problem = prepare(own)
    assert problem.segments.boundaries[:4] == pytest.approx([0.0, 0.25, 0.5, 0.75])
    assert problem.segments.inputs[:4, :].max(axis=1) == pytest.approx([24.0, 36.0, 12.0, 0.0])
    assert len(courses_of(own)) == 1


def test_doses_at_one_time_add_up(plan):
    own = scenario_of(plan, given((0.0, 6.0), (0.0, 6.0)))
    assert prepare(own).segments.inputs[0].max() == pytest.approx(72.0)


def test_further_doses_equal_written_out_ones(plan, tmp_path):
    short, long = tmp_path / "short.csv", tmp_path / "long.csv"
    head = "ID,TIME,AMT,DUR,ADDL,II,DVID,DV\n"
    short.write_text(f"{head}1,0,12,0.2,2,1,.,.\n1,30,.,.,.,.,2,45\n")
    rows = "".join(f"1,{day},12,0.2,.,.,.,.\n" for day in range(3))
    long.write_text(f"{head}{rows}1,30,.,.,.,.,2,45\n")
    one, other = (read_observations(path)[0]["1"] for path in (short, long))
    assert doses_of(scenario_of(plan, one)) == rounded([(float(day), 0.2, 12.0) for day in range(3)])
    assert scenario_of(plan, one) == scenario_of(plan, other)


def test_a_steady_state_equals_many_doses_before(plan):
    steady = given((0.0, 20.0), drug="prednisolone", duration=0.0, steady_state_interval=1.0)
    many = given(*daily(91, amount=20.0, first=-90.0), drug="prednisolone", duration=0.0)
    assert scenario_of(plan, steady) == scenario_of(plan, many)
    twice_a_year = given((0.0, 20.0), drug="prednisolone", duration=0.0, steady_state_interval=182.0)
    times = [begin_of(event) for event in events_of(scenario_of(plan, twice_a_year)) if event.amount == 20.0]
    assert len(times) == 21
    assert np.diff(times) == pytest.approx(182.0)


def test_what_would_undo_earlier_rows_is_refused(plan):
    first = given((-5.0, 20.0), drug="prednisolone", duration=0.0)
    steady = given((0.0, 20.0), drug="prednisolone", duration=0.0, steady_state_interval=1.0, line=3)
    both = PatientRecord("a", (), first.doses + steady.doses)
    with pytest.raises(DataError, match="line 3: SS: a steady state of prednisolone on day 0 would undo its earlier"):
        scenario_of(plan, both)
    reset = PatientRecord("a", (), first.doses, resets=(2.0,))
    with pytest.raises(DataError, match=r"patient a: a reset on day 2 .* would undo what was given before, give the"):
        scenario_of(plan, reset)
    at_once = PatientRecord("a", (), first.doses, resets=(-5.0,))
    assert doses_of(scenario_of(plan, at_once), "prednisolone") == rounded([(-5.0, 0.0, 20.0)])


def test_a_duration_that_the_table_does_not_give_is_that_of_the_plan_or_the_usual_one(plan):
    six_hours = build_scenario({"horizon": "40 days", "course": [FIVE | {"infusion": "6 h"}]})
    unknown = given(*daily(5), has_duration=False)
    assert doses_of(scenario_of(six_hours, unknown)) == rounded([(day, 0.25, 12.0) for day in range(5)])
    unplanned = given((2.0, 500.0), drug="methylprednisolone", duration=1 / 24, has_duration=False)
    assert doses_of(scenario_of(six_hours, unplanned), "methylprednisolone") == rounded([(2.0, 1 / 24, 500.0)])


def test_traits_of_the_table_become_the_patients(plan):
    own = scenario_of(plan, PatientRecord("a", (), (), {"weight": 55.0, "age": 41.0, "sex": "male"}))
    assert (own.patient.weight, own.patient.age, own.patient.sex) == (55.0, 41.0, "male")


def test_doses_as_planned_leave_the_scenario_alone(plan, premedicated):
    assert scenario_of(plan, given(*daily(5))) is plan
    # On a day without a time of day the premedication comes first.
    assert scenario_of(premedicated, given(*daily(3))) is premedicated


def test_a_time_of_day_is_that_of_the_infusion_and_the_planned_premedication_comes_before_it(premedicated):
    own = scenario_of(premedicated, given((0.4, 12.0), (1.4, 12.0), (2.4, 12.0)))
    assert doses_of(own) == rounded([(day + 0.4, 4 / 24, 12.0) for day in range(3)])
    steroid = [(day + 0.4 - 1 / 24, 1 / 24, 1000.0) for day in range(2)]
    assert doses_of(own, "methylprednisolone") == rounded(steroid)


def test_irregular_doses_are_one_course_with_the_planned_premedication(premedicated):
    own = scenario_of(premedicated, given((0.0, 12.0), (1.0, 6.0), (4.0, 12.0)))
    (course,) = courses_of(own)
    assert (course.dosing.start, course.dosing.doses) == (0.0, 1)
    # Two of the three days have the steroid, after which the infusion begins.
    assert doses_of(own) == rounded([(1 / 24, 4 / 24, 12.0), (25 / 24, 4 / 24, 6.0), (4.0, 4 / 24, 12.0)])
    assert doses_of(own, "methylprednisolone") == rounded([(0.0, 1 / 24, 1000.0), (1.0, 1 / 24, 1000.0)])


def test_premedication_of_the_table_replaces_the_planned_one(premedicated):
    steroid = given((0.0, 500.0), drug="methylprednisolone", duration=1 / 24)
    own = scenario_of(premedicated, PatientRecord("a", (), given(*daily(3)).doses + steroid.doses))
    assert doses_of(own) == rounded([(day, 4 / 24, 12.0) for day in range(3)])
    assert doses_of(own, "methylprednisolone") == rounded([(0.0, 1 / 24, 500.0)])


def test_a_planned_course_keeps_its_times_where_only_its_premedication_is_in_the_table(premedicated):
    own = scenario_of(premedicated, given((0.5, 500.0), drug="methylprednisolone", duration=1 / 24))
    assert doses_of(own) == doses_of(premedicated)
    assert doses_of(own, "methylprednisolone") == rounded([(0.5, 1 / 24, 500.0)])


def test_rates_and_single_doses_of_the_plan_are_replaced_too():
    rates = {"drug": "alemtuzumab", "steps": [{"start": "9 days", "stop": "9.5 days", "rate": "1 mg/h"}]}
    single = {"drug": "alemtuzumab", "start": "20 days", "dose": "12 mg"}
    planned = build_scenario({"horizon": "40 days", "input": [rates], "dose": [single], "course": [FIVE]})
    assert doses_of(scenario_of(planned, given((3.0, 10.0)))) == rounded([(3.0, 4 / 24, 10.0)])


def test_drugs_without_doses_in_the_table_are_given_as_planned(premedicated):
    own = scenario_of(premedicated, given((30.0, 20.0), drug="prednisolone", duration=0.0))
    assert doses_of(own) == doses_of(premedicated)
    assert doses_of(own, "methylprednisolone") == doses_of(premedicated, "methylprednisolone")


def test_doses_a_month_apart_are_courses_of_their_own(plan):
    # Less than thirty days after the dose before is the same course.
    days = (0.0, 1.0, 2.0, 25.0, 60.0, 61.0)
    planned = plan.model_copy(update={"horizon": 100.0})
    own = scenario_of(planned, given(*((day, 12.0) for day in days)))
    assert [(order.dosing.start, order.dosing.doses) for order in courses_of(own)] == [(0.0, 1), (60.0, 2)]
    assert doses_of(own) == rounded([(day, 4 / 24, 12.0) for day in days])


def test_a_dose_on_which_the_scenario_insists_may_be_given():
    planned = build_scenario({"horizon": "9 days", "course": [FIVE | {"dose": "12 g", "implausible": True}]})
    assert doses_of(scenario_of(planned, given((0.0, 11000.0)))) == rounded([(0.0, 4 / 24, 11000.0)])


def test_a_fitted_scenario_is_read_back(plan, tmp_path):
    from immunosim.scenario import to_toml

    own = scenario_of(plan, given((0.0, 12.0), (0.1, 12.0), (2.0, 6.0)))
    (tmp_path / "own.toml").write_text(to_toml(own))
    assert load_scenario(tmp_path / "own.toml") == own


def test_intervals_and_masses_that_are_nearly_equal_are_not_made_equal(plan):
    doses = ((0.0, 12.0), (1.01, 12.05), (2.0, 12.0))
    own = scenario_of(plan, given(*doses))
    assert doses_of(own) == rounded((day, 4 / 24, amount) for day, amount in doses)
