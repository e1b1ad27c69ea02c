"""What is probably wrong with readable data is found, with its line and column, and what is right is let be."""

import pytest

from immunosim.observations import Measurement, Observations, PatientRecord, RecordedDose, lint

GOOD = (
    "date,dose [mg],ALC [1e9/L],CD3 [/uL],CD4 [/uL],CD8 [/uL],CD19 [/uL],NK [/uL],born,weight [kg]\n"
    "2017-06-15,12,2.0,1500,950,500,220,200,1986-01-01,70\n"
    "2017-06-16,12,,,,,,,,\n"
    "2017-07-15,,0.25,110,42,70,<10,95,,\n"
    "2017-08-15,,0.25,,<20,,<10,95,,\n"
)


def findings(read, content, scenario):
    """Return what the linter says of a clinic's table, as text."""
    return [str(one) for one in lint(read(content)[0], scenario)]


def test_good_data_are_let_be(read, scenario):
    assert findings(read, GOOD, scenario) == []
    assert findings(read, GOOD, None) == []


UNIT = "the column may be in cells/uL: correct its unit"
SCENARIO = "a fit simulates what was given; change the scenario to plan it"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (
            "day,ALC [G/L]\n1,1500\n",
            f"line 2: ALC [G/L]: error: 1500e9/L is more than anybody has, but 1500 cells/uL is usual, {UNIT}",
        ),
        ("day,ALC [G/L]\n1,25\n", "line 2: ALC [G/L]: error: 25e9/L is more than anybody has, correct the value"),
        (
            "day,ALC [/uL]\n1,1.5\n",
            "line 2: ALC [/uL]: warning: 0.0015e9/L is fewer than was ever reported after depletion, "
            "the column may be in 1e12/L or a value of 1e9/L divided twice: check its unit",
        ),
        (
            "day,CD4 [G/L]\n1,400\n",
            "line 2: CD4 [G/L]: error: 400000 cells/uL is more than anybody has, "
            "correct the value, or the unit of its column",
        ),
        (
            "day,CD4 [/uL]\n1,0.4\n2,0.9\n",
            "line 2: CD4 [/uL]: warning: all values of cd4 are at most 0.9 cells/uL, which looks like 1e9/L, "
            "correct the unit of the column if it is",
        ),
        (
            "day,CD4 [/uL]\n1,-3\n",
            "line 2: CD4 [/uL]: error: -3 is negative, leave the cell empty where nothing was measured",
        ),
        (
            "day,ALC [G/L],CD4 [/uL]\n1,0.5,600\n",
            "line 2: CD4 [/uL]: error: cd4 of 600 cells/uL exceeds the lymphocytes of the sample, 500 cells/uL, "
            "correct one of them, or a unit",
        ),
        (
            "day,CD3 [/uL],CD4 [/uL]\n1,300,400\n",
            "line 2: CD4 [/uL]: error: cd4 of 400 cells/uL exceeds cd3 of 300 cells/uL, of which it is a part, "
            "correct one of them, or a unit",
        ),
        (
            "day,ALC [G/L],CD4 [/uL],CD8 [/uL],CD19 [/uL],NK [/uL]\n1,1,400,400,300,200\n",
            "line 2: NK [/uL]: warning: the subsets add up to 1300 cells/uL, more than 20 % above the lymphocytes, "
            "1000 cells/uL, check whether all are of one sample",
        ),
        (
            "day,ALC [G/L],CD4 [%]\n1,0.5,140\n",
            "line 2: CD4 [%]: error: 140 % is more than all lymphocytes, correct the share",
        ),
        (
            "day,ALC [G/L],CD4 [%],CD8 [%],NK [%]\n1,0.5,50,40,20\n",
            "line 2: NK [%]: error: the shares of this sample add up to 110 %, correct one of them",
        ),
        (
            "date,CD4 [/uL],born\n2017-06-20,400,2018-01-01\n",
            "line 2: CD4 [/uL]: error: was measured 195 days before the birth of patient, correct one of the dates",
        ),
        (
            "day,CD4 [/uL]\n60,100\n30,400\n",
            "line 3: warning: day 30 comes after day 60 of line 2 of the same patient, "
            "check the date, or sort the rows",
        ),
        (
            "day,CD4 [/uL]\n60,100\n60,100\n",
            "line 3: CD4 [/uL]: warning: cd4 of patient on day 60 stands on line 2 as well, "
            "leave one out, unless it was measured twice",
        ),
        (
            "day,CD4 [/uL]\n60,100\n60,200\n",
            "line 3: CD4 [/uL]: note: cd4 of patient on day 60 stands on line 2 as well, 100 there and 200 here: "
            "both count, as replicates",
        ),
        (
            "day,CD4 [/uL]\n400,100\n",
            "line 2: CD4 [/uL]: error: day 400 is after the horizon of the scenario, day 365.25, "
            "make the horizon longer, or leave it out",
        ),
        (
            "day,CD4 [/uL]\n-30,900\n",
            "line 2: CD4 [/uL]: note: day -30 is before the simulation starts, day 0: it counts for the untreated "
            "patient",
        ),
        (
            "day,CD4 [/uL]\n30,<5\n60,100\n90,<10\n",
            "line 4: CD4 [/uL]: warning: the limit of quantification of cd4 is 10 here and 5 on line 2, "
            "check that the assay changed",
        ),
        (
            "day,CD4 [/uL]\n30,<5\n60,<5\n",
            "line 2: CD4 [/uL]: note: all 2 values of cd4 are below quantification, they only bound the fit from above",
        ),
        (
            "day,CD4 [/uL],age\n30,100,310\n",
            "line 2: age: error: age of patient, 310 years, cannot be, correct the value, or the unit of its column",
        ),
        (
            "day,CD4 [/uL],weight [kg]\n30,100,7\n",
            "line 2: weight: error: weight of patient, 7 kg, cannot be, correct the value, or the unit of its column",
        ),
        (
            "day,CD4 [/uL],age\n30,100,0\n",
            "line 2: age: error: age of patient, 0 years, cannot be, correct the value, or the unit of its column",
        ),
        (
            "day,ALC [G/L],CD3 [/uL],CD19 [/uL],NK [/uL]\n1,1,1000,300,100\n",
            "line 2: NK [/uL]: warning: the subsets add up to 1400 cells/uL, more than 20 % above the lymphocytes, "
            "1000 cells/uL, check whether all are of one sample",
        ),
        (
            "day,ALC [G/L]\n1,0.006\n2,0.004\n",
            "line 3: ALC [G/L]: warning: 0.004e9/L is fewer than was ever reported after depletion, "
            "the column may be in 1e12/L or a value of 1e9/L divided twice: check its unit",
        ),
        (
            "day,dose [mg]\n0,12\n5,12\n",
            "line 3: warning: alemtuzumab was given on day 5, the scenario plans it on day 1, " + SCENARIO,
        ),
        (
            "day,dose [mg]\n0,12\n1,10\n",
            "line 3: warning: 10 mg of alemtuzumab was given on day 1, the scenario plans 12 mg, " + SCENARIO,
        ),
        (
            "day,dose [mg]\n0,12\n1,12\n2,12\n",
            "line 4: warning: 12 mg of alemtuzumab on day 2 is not in the scenario, " + SCENARIO,
        ),
        (
            "day,dose [mg]\n0,12\n",
            "line 2: warning: patient was not given alemtuzumab that the scenario plans on day 1, " + SCENARIO,
        ),
    ],
)
def test_what_is_probably_wrong_is_found(read, scenario, content, found):
    assert findings(read, content, scenario) == [found]


def test_a_patient_without_counts_among_others_is_said(read):
    content = "patient,day,CD4 [/uL]\na,1,500\nb,1,\n"
    assert findings(read, content, None) == ["note: b has no measurements: a fit leaves the patient out"]


def test_visits_a_century_apart_are_doubted(read):
    content = "day,CD4 [/uL]\n-50000,900\n10,40\n"
    said = "line 2: warning: day -50000 of patient is 137 years before the last, day 10"
    assert findings(read, content, None) == [f"{said}, correct the date if it is wrong"]


def test_rounding_and_limits_are_no_contradiction(read, scenario):
    content = (
        "day,ALC [G/L],CD3 [/uL],CD4 [/uL],CD8 [%],NK [%]\n"
        "1,0.1,104,104,<30,\n2,0.005,,42,,\n3,1.0,,,<1,1\n4,2,,300,<1,1\n5,2,,300,5,1\n6,<0.1,,<5,,\n"
    )
    assert findings(read, content, scenario) == []


def test_errors_come_first_then_lines():
    measured = (
        Measurement("a", 5.0, "cd4", 5.0, True, 2, "x"),
        Measurement("a", 3.0, "cd8", 10.0, False, 3, "y"),
        Measurement("a", 6.0, "nk", -1.0, False, 4, "z"),
    )
    found = lint(Observations((PatientRecord("a", measured),)))
    assert [(one.severity, one.line) for one in found] == [("error", 4), ("warning", 3), ("note", 2)]


def test_doses_of_drugs_that_were_not_recorded_are_passed_over(scenario):
    record = PatientRecord("a", (), (RecordedDose("a", 40.0, "prednisolone", 20.0, 0.0, 7),))
    found = [str(one) for one in lint(Observations((record,)), scenario)]
    assert found == ["line 7: warning: 20 mg of prednisolone on day 40 is not in the scenario, " + SCENARIO]
