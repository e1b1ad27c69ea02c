"""A table with doses is fitted without a scenario: all that is assumed is said, and nothing else is given."""

import numpy as np
import pytest

import immunosim as ims
from immunosim.door.fit_input import fit_problem
from immunosim.door.forecasting import ForecastOptions, Goal, forecast_of
from immunosim.door.watching import Quiet
from immunosim.errors import DataError
from immunosim.scenario import build_scenario, events_of
from immunosim.scenario.regimen import begin_of, courses_of

FREE = ["antibody_clearance"]
DATED = (
    "patient,date,CD4 [cells/uL],dose [mg],weight [kg]\n"
    "A,2017-06-01,900,,61\n"
    "A,2017-06-15,,12,61\n"
    "A,2017-06-16,,12,61\n"
    "A,2017-07-15,45,,61\n"
    "A,2018-06-15,,12,61\n"
    "A,2018-08-15,60,,61\n"
    "B,2018-01-01,,12,70\n"
    "B,2018-03-02,60,,70\n"
)


@pytest.fixture
def table(tmp_path):
    def write(text, name="counts.csv"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def test_doses_day_0_and_weight_come_from_the_table(table):
    case = fit_problem(table(DATED), free=FREE)
    assert [patient.name for patient in case.patients] == ["A", "B"]
    scenario = case.subjects[0].problem.scenario
    assert [begin_of(event) for event in events_of(scenario)] == [0.0, 1.0, 365.0]
    assert [order.dosing.start for order in courses_of(scenario)] == [0.0, 365.0]
    assert scenario.patient.weight == 61.0
    assert [(seen.time, seen.line) for seen in case.patients[0].measurements] == [(-14.0, 2), (30.0, 5), (426.0, 7)]


def test_a_patient_without_doses_is_left_out_aloud(table):
    told = []
    text = "patient,day,CD4 [/uL],dose [mg]\nA,0,,12\nA,30,45,\nB,30,800,\n"
    assert [patient.name for patient in fit_problem(table(text), free=FREE, watch=Quiet(told.append)).patients] == ["A"]
    assert any(message.endswith("B: no doses, left out") for message in told)


def test_all_that_is_assumed_is_said_and_kept(table):
    told = []
    case = fit_problem(table(DATED), free=FREE, watch=Quiet(told.append))
    assert [f"Assumed: {sentence}" for sentence in case.assumed] == [m for m in told if m.startswith("Assumed")]
    assert list(case.assumed) == [
        "The model is alemtuzumab with the parameter set default.",
        "Treatment of A: 2 x 12 mg of alemtuzumab from day 0, 1 x 12 mg of alemtuzumab from day 365.",
        "Treatment of B: 1 x 12 mg of alemtuzumab from day 0.",
        "The age is 34 years of all patients.",
        "The sex is female of all patients; no equation uses it.",
        "No count before treatment is known of B: untreated counts follow from the priors.",
        "Nothing was given but the doses of the table.",
        "Patients are followed for 60 months after their last dose.",
        "Infusions of alemtuzumab last 4 h, the usual time, where the table gives no duration.",
    ]


def test_the_horizon_follows_the_last_dose_and_covers_every_measurement(table):
    case = fit_problem(table(DATED), patient="A", free=FREE)
    follow_up = 60 * 30.4375
    assert case.subjects[0].problem.scenario.horizon == pytest.approx(365.0 + 4 / 24 + follow_up)
    late = fit_problem(table("day,CD4 [/uL],dose [mg]\n0,,12\n4000,800,\n"), free=FREE)
    assert late.subjects[0].problem.scenario.horizon == 4000.0
    short = fit_problem(table(DATED), patient="A", free=FREE, overrides={"horizon": "30 months"})
    assert short.subjects[0].problem.scenario.horizon == pytest.approx(30 * 30.4375)


def test_a_table_alone_equals_the_scenario_written_by_hand(table):
    text = "ID,TIME,AMT,DUR,EVID,DVID,DV\n1,0,12,0.05,1,.,.\n1,1,12,0.05,1,.,.\n1,30,.,.,0,2,45\n"
    alone = fit_problem(table(text), free=FREE)
    course = {"start": "0 days", "dose": "12 mg", "doses": 2, "every": "24 h", "infusion": "0.05 days"}
    by_hand = fit_problem(build_scenario({"horizon": "70 months", "course": [course]}), table(text), free=FREE)
    found, expected = (case.alone().log_density(case.alone().start[np.newaxis]) for case in (alone, by_hand))
    assert found == pytest.approx(expected, rel=1e-10)


def test_a_table_that_was_read_is_fitted_as_its_file(table):
    text = "day,CD4 [/uL],dose [mg]\n-3,900,\n0,,12\n30,45,\n"
    read = fit_problem(ims.read_data(table(text)), free=FREE)
    assert read.subjects[0].problem.scenario == fit_problem(table(text), free=FREE).subjects[0].problem.scenario


def test_a_table_without_doses_asks_for_a_scenario(table):
    with pytest.raises(DataError, match=r"has no doses, .* name a scenario that plans them"):
        fit_problem(table("day,CD4 [/uL]\n0,900\n30,45\n"), free=FREE)


def test_two_tables_are_refused(table):
    path = table(DATED)
    with pytest.raises(DataError, match="is a table, and `data` is another one"):
        fit_problem(path, path)


def test_with_a_scenario_what_the_table_does_not_give_is_said(table):
    course = {"start": "0 days", "dose": "12 mg", "doses": 2, "every": "24 h", "infusion": "6 h", "premedication": True}
    planned = build_scenario({"horizon": "24 months", "course": [course]})
    case = fit_problem(planned, table("day,CD4 [/uL],dose [mg]\n0,,12\n30,45,\n"), free=FREE)
    assert case.assumed == (
        "Infusions of alemtuzumab last 6 h, as planned, where the table gives no duration.",
        "The planned methylprednisolone is given, before infusions, since the table has no dose of it.",
    )
    assert fit_problem(planned, table("day,CD4 [/uL]\n30,45\n"), free=FREE).assumed == ()


def test_later_rows_do_not_change_an_earlier_forecast(table):
    early = "day,CD4 [/uL],dose [mg]\n-3,900,\n0,,12\n30,45,\n90,80,\n"
    later = f"{early}200,120,\n365,,12\n2500,700,\n"
    options = {"as_of": "100 days", "starts": 2, "free": FREE}
    before, after = (ims.forecast(table(text), goals=["cd4@0.2e9/L"], **options).updates for text in (early, later))
    assert before == after


def test_a_table_alone_may_be_known_for_longer_than_its_follow_up(table):
    text = "day,CD4 [/uL],dose [mg]\n0,,12\n30,45,\n2500,700,\n"
    case = fit_problem(table(text), free=FREE)
    options = ForecastOptions(1, 0, 0, 0.9)
    predicted = forecast_of(case, [Goal("cd4", "0.2e9/L")], "90 months", False, options)
    assert predicted.until == pytest.approx(90 * 30.4375)
    assert [(own[-1].n_visits, own[-1].horizon) for own in predicted.updates.values()] == [(2, 2500.0)]
    assert predicted.horizon == 2500.0


def test_data_that_inform_nothing_are_refused_by_a_fit(table):
    with pytest.raises(DataError, match=r"do not inform any parameter .* forecast from the priors"):
        ims.fit(table("day,CD4 [/uL],dose [mg]\n-10,900,\n0,,12\n"))


def test_a_steady_state_is_said(table):
    text = "ID,TIME,AMT,EVID,SS,II,CMT,DVID,DV\n1,0,20,1,1,1,prednisolone,.,.\n1,5,.,0,.,.,.,lymphocytes,1.5\n"
    assumed = fit_problem(table(text), free=["egress_ic50"]).assumed
    assert "Before day 0, 1 had 90 doses of prednisolone, one every 24 h." in assumed


def test_a_patient_without_doses_is_given_the_plan_aloud(table):
    course = {"start": "0 days", "dose": "12 mg", "infusion": "4 h"}
    planned = build_scenario({"horizon": "24 months", "course": [course]})
    text = "patient,day,CD4 [/uL],dose [mg],duration [h]\nA,0,,12,4\nA,30,45,,\nB,30,50,,\n"
    case = fit_problem(planned, table(text), free=FREE)
    assert case.assumed == ("The planned alemtuzumab is given to B, since the table has no dose of it.",)
