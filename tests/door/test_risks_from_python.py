"""Risks of one patient from Python: what is told, on what condition, and what is refused."""

import json

import numpy as np
import pytest

import immunosim as ims
from immunosim.door.told_risks import risks_at_end, risks_so_far
from immunosim.errors import DataError
from immunosim.observations import Measurement, PatientRecord
from immunosim.report.disease import NO_RISK
from immunosim.scenario.population import Population

PEOPLE = {
    "calibrated_to": ["thyroid"],
    "sampling": "random",
    "trait": [
        {"name": "cd4_counts", "multiplies": ["cd4_scale"], "sd": 0.3},
    ],
    "covariate": [
        {"name": "smoker", "sets": "patient.smoker", "distribution": "share", "share": 0.35},
        {
            "name": "liability",
            "sets": "parameters.thyroid_liability",
            "distribution": "logistic",
            "median": 0,
            "scale": 1,
        },
    ],
}
LONG = ["horizon=3 years"]
AT_END = {"by": "3 years", "overrides": LONG, "n": 256}


@pytest.fixture(scope="module")
def people():
    return Population.model_validate(PEOPLE)


@pytest.fixture(scope="module")
def usual(people):
    return ims.risk("two_courses", "thyroid", population=people, **AT_END)


def test_the_risk_is_the_mean_over_the_population_under_the_patients_treatment(usual, people):
    cohort = ims.cohort(
        "two_courses", 256, population=people, overrides=LONG, readouts=["thyroid_cumulative_hazard"], at=["3 years"]
    )
    hazard = cohort.dataset["thyroid_cumulative_hazard"].values[:, 0]
    assert usual.risk.value == pytest.approx(float(np.mean(-np.expm1(-hazard))), rel=1e-12)
    assert usual.risk.low < usual.risk.value < usual.risk.high
    assert usual.like.effective == pytest.approx(256.0)
    assert "effective patients" in usual.facts()
    assert json.loads(json.dumps(usual.summary()))["by_day"] == 3 * 365.25


def test_a_known_risk_factor_raises_the_risk_and_is_told(usual, people):
    smoker = {**AT_END, "overrides": [*LONG, "patient.smoker=true"]}
    told = ims.risk("two_courses", "thyroid_cumulative_hazard", population=people, **smoker)
    assert told.risk.value > usual.risk.high
    assert told.known == ("smoker",)
    assert "given smoker; from 256 effective patients" in told.sentence()


def test_two_years_without_the_event_lower_the_risk_of_the_third(usual, people):
    told = ims.risk("two_courses", "thyroid", population=people, free_until="2 years", **AT_END)
    assert told.risk.value < usual.risk.value
    assert told.like.effective < usual.like.effective


def test_counts_so_far_weigh_the_patients_whose_courses_agree(people):
    observed = 'observed=[{readout="cd4",unit="cells/uL",points=[{time="12 months",value=330.0}]}]'
    asked = {**AT_END, "n": 512, "overrides": [*LONG, "patient.baseline.cd4=1000 cells/uL", observed]}
    told = ims.risk("two_courses", "thyroid", population=people, **asked)
    assert told.known == ("2 counts on 2 days",)
    assert 100.0 < told.like.effective < 400.0


def test_a_patient_whom_few_resemble_is_told_no_risk(people):
    asked = {**AT_END, "overrides": [*LONG, "patient.baseline.cd4=300 cells/uL"]}
    with pytest.raises(DataError, match=r"effective patients of the population are like this one, not 100"):
        ims.risk("two_courses", "thyroid", population=people, **asked)


def test_no_risk_is_told_from_a_population_that_is_not_calibrated():
    with pytest.raises(DataError, match="no risk of thyroid disease can be told of one patient"):
        ims.risk("two_courses", "thyroid", "2 years", population="alopecia")
    with pytest.raises(DataError, match="there is no population"):
        ims.risk("two_courses", "thyroid", "2 years")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("parameters.lysis_ec50=0.1", "not calibrated with the scenario's own values of lysis_ec50"),
        ('mechanisms.off=["thymopoiesis"]', "thymopoiesis was on when the population was calibrated"),
    ],
)
def test_a_scenario_of_another_model_than_the_calibrated_one_is_refused(people, change, message):
    with pytest.raises(DataError, match=message):
        ims.risk("two_courses", "thyroid", "2 years", population=people, overrides=[change])


def test_times_and_events_that_make_no_sense_are_refused(people):
    with pytest.raises(DataError, match='"tyroid" is not an event of the model'):
        ims.risk("two_courses", "tyroid", "2 years", population=people)
    with pytest.raises(DataError, match=r"day 1095.75 is not before day 730.5"):
        ims.risk("two_courses", "thyroid", "2 years", population=people, free_until="3 years")


def test_a_changed_population_is_no_longer_calibrated(tmp_path):
    (tmp_path / "people.toml").write_text('calibrated_to = ["thyroid"]\n', encoding="utf-8")
    file = str(tmp_path / "people.toml")
    trait = {"name": "tempo", "multiplies": ["thyroid_tempo"], "sd": 2.0}
    with pytest.raises(DataError, match="its rate is not calibrated"):
        ims.risk("two_courses", "thyroid", "2 years", population=Population(file=file, trait=(trait,)))


def test_a_run_tells_the_risks_by_its_horizon_or_why_not(tmp_path):
    (tmp_path / "people.toml").write_text('calibrated_to = ["thyroid"]\n', encoding="utf-8")
    own = [f'population.file="{tmp_path / "people.toml"}"', "horizon=14 months"]
    (told,) = risks_at_end("two_courses", own)
    assert told["sentence"].startswith("Risk of thyroid disease by day 426.125: ")
    (refused,) = risks_at_end("two_courses", [*own, "parameters.lysis_ec50=0.1"])
    assert refused["sentence"].startswith(
        "No risk of thyroid can be told of this patient: the population was not calibrated"
    )
    assert risks_at_end("two_courses") == []


def test_a_forecast_tells_the_risk_given_the_counts_so_far_or_why_not(tmp_path):
    trait = '[[trait]]\nname = "counts"\nmultiplies = ["cd4_scale"]\nsd = 0.3\n'
    (tmp_path / "people.toml").write_text(f'calibrated_to = ["thyroid"]\n{trait}', encoding="utf-8")
    own = [f'population.file="{tmp_path / "people.toml"}"', "horizon=2 months"]
    known = {"a": PatientRecord("a", tuple(Measurement("a", day, "cd4", 50.0) for day in (30.0, 45.0)))}
    ((told,),) = risks_so_far("one_course", known, overrides=own).values()
    assert told.startswith("Risk of thyroid disease by day 60.875: ")
    assert "given 2 counts on 2 days; from " in told
    ((refused,),) = risks_so_far("one_course", known, overrides=[*own, "parameters.lysis_ec50=0.1"]).values()
    assert refused.startswith("No risk of thyroid can be told of this patient: the population was not calibrated")
    assert risks_so_far("one_course", known) == {"a": [NO_RISK]}
