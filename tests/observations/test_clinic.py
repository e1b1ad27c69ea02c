"""Tables of clinics are read in the spellings of people, and nothing is guessed where two readings fit."""

from pathlib import Path

import pytest

from immunosim.observations import Measurement, RecordedDose, lint, read_clinic_table
from immunosim.scenario import load_scenario

DATA = Path(__file__).parents[2] / "configs" / "data"


@pytest.mark.parametrize(
    "content",
    [
        "day,ALC [1e9/L],CD4 [cells/uL]\n30,0.5,200\n60,<0.1,\n",
        "day,ALC [1e9/L],CD4 [cells/uL]\n30,0.5,200\n60,< 0.1,NA",
        "\ufeffday,ALC [1e9/L],CD4 [cells/uL]\r\n30,0.5,200\r\n60,≤0.1,-\r\n",
        "day;ALC (10^9/L);CD4 (/µL)\n30;0,5;200\n60;<0,1;--\n",
        "day\tLymphocytes, G/L\tCD4+ T cells, /mm³\n30\t0,5\t200\n60\t<0,1\t.\n",
        "Study day,Lymphs [cells/uL],CD3+CD4+ [10⁹/L],,\n30,500,0.2,,\n60,<100,,,\n",
        'Day,"Total lymphocytes, x10^9/L","CD4 count, cells/mm3"\n30,0.5,200\n60,<0.1,\n',
        "week,alc [K/uL],cd4 [%]\n4.285714285714286,0.5,40\n8.571428571428571,<0.1,\n",
        "time [h],ALC [G/L],CD4 % of lymphocytes\n720,0.5,40\n1440,<0.1,\n",
        "date,ALC [G/L],CD4 cells/uL\n2017-07-15,0.5,200\n2017-08-14,<0.1,\n",
        "Visit date,ALC [G/L],CD4 /uL\n15.07.2017,0.5,200\n14.08.2017 00:00,<0.1,\n",
        "date,ALC [G/L],CD4 [/uL]\n07/15/2017,0.5,200\n08/14/2017,<0.1,\n",
        "date,ALC [G/L],CD4 [/uL]\n15/07/2017,0.5,200\n14/08/2017,<0.1,\n",
        "date,ALC [G/L],CD4 [/uL]\n15-Jul-2017,0.5,200\n14 August 2017,<0.1,\n",
        "time,ALC [G/L],CD4 [/uL]\ncourse 1 + 30 days,0.5,200\n2017-08-14,<0.1,\n",
        "# one patient\n\nday,ALC [G/L],CD4 [/uL]\n\n30,0.5,200\n# and so on\n60,<0.1,\n",
    ],
)
def test_one_table_in_many_spellings(read, content):
    observations, _ = read(content)
    assert [(one.patient, one.analyte, one.is_below) for one in observations.measurements] == [
        ("patient", "lymphocytes", False),
        ("patient", "cd4", False),
        ("patient", "lymphocytes", True),
    ]
    assert [one.time for one in observations.measurements] == pytest.approx([30.0, 30.0, 60.0], rel=1e-14)
    assert [one.value for one in observations.measurements] == pytest.approx([0.5, 200.0, 0.1], rel=1e-14)
    assert (len(observations), observations.n_measurements, observations.n_below) == (1, 3, 1)


def test_lines_and_columns_stay_with_values(read):
    observations, _ = read('# head\n\nday,"CD4\n[cells/uL]",remark\n1,200,"two\nlines"\n\n2,250,x\n')
    assert [(one.line, one.column) for one in observations.measurements] == [
        (5, "CD4\n[cells/uL]"),
        (8, "CD4\n[cells/uL]"),
    ]


@pytest.mark.parametrize(
    ("header", "analyte"),
    [
        *(("B cells", "cd19"), ("CD19+ B cells", "cd19"), ("NK cells", "nk"), ("CD16/56", "nk"), ("CD16+CD56+", "nk")),
        *(("CD3+", "cd3"), ("T cells", "cd3"), ("T helper cells", "cd4"), ("CD3+CD8+", "cd8"), ("abs. CD8", "cd8")),
        *(("CD3-CD16+CD56+", "nk"), ("CD3- CD56+ NK cells", "nk"), ("CD3-CD19+", "cd19"), ("abs B cell count", "cd19")),
        *(("Total", "lymphocytes"), ("Lymphocytes abs", "lymphocytes"), ("absolute lymphocyte count", "lymphocytes")),
    ],
)
def test_headers_are_matched_forgivingly(read, header, analyte):
    observations, _ = read(f"day,{header} [cells/uL]\n1,500\n")
    assert observations.analytes == (analyte,)


@pytest.mark.parametrize("header", ["CD4/CD8", "CD3+CD4-", "CD3+CD56+", "T", "B", "CD8-CD28 %", "lymphocyte ratio"])
def test_headers_of_something_else_are_not_matched(read, header):
    observations, findings = read(f"day,{header},NK [/uL]\n1,500,90\n")
    assert observations.analytes == ("nk",)
    (finding,) = findings
    assert (finding.column, finding.severity) == (header, "warning")


@pytest.mark.parametrize(
    ("content", "unit", "values"),
    [
        ("day,CD4\n0,900\n30,20\n", "cells/uL", [900.0, 20.0]),
        ("day,CD4\n0,0.9\n30,<0.02\n", "1e9/L", [900.0, 20.0]),
        ("day,NK\n0,150\n30,0\n", "cells/uL", [150.0, 0.0]),
        ("day,ALC\n0,2\n30,0.1\n", "1e9/L", [2.0, 0.1]),
        ("day,ALC\n0,2000\n30,90\n", "cells/uL", [2.0, 0.09]),
    ],
)
def test_a_unit_is_inferred_where_only_one_fits(read, content, unit, values):
    observations, findings = read(content)
    assert [one.value for one in observations.measurements] == pytest.approx(values, rel=1e-14)
    header = content.partition("\n")[0].split(",")[1]
    assert [str(one) for one in findings] == [f"line 1: {header}: note: has no unit, taken as {unit}"]


def test_shares_become_counts_by_the_total_of_their_row(read):
    observations, findings = read("day,ALC [G/L],CD4 [%],CD8 [/uL],CD8 [%]\n1,0.5,40,,20\n2,1.0,<2,300,99\n")
    values = [(one.analyte, one.value, one.is_below, one.column) for one in observations.measurements]
    assert values == [
        ("lymphocytes", 0.5, False, "ALC [G/L]"),
        ("cd4", 200.0, False, "CD4 [%]"),
        ("cd8", 100.0, False, "CD8 [%]"),
        ("lymphocytes", 1.0, False, "ALC [G/L]"),
        ("cd8", 300.0, False, "CD8 [/uL]"),
        ("cd4", 20.0, True, "CD4 [%]"),
    ]
    assert [str(one) for one in findings] == ["line 1: CD8 [%]: note: is used only in rows without a count"]


def test_other_readouts_of_the_model_are_taken_by_name(read):
    observations, _ = read("day,alemtuzumab_serum [ng/mL],salt_score\n5,3000,\n90,,8\n")
    values = [(one.analyte, one.value) for one in observations.measurements]
    assert values == [("alemtuzumab_serum", 3.0), ("salt_score", 8.0)]


def test_doses_and_traits_stand_with_their_patient(read):
    observations, findings = read(
        "id,date,dose [mg],infusion duration [h],drug,CD4 [/uL],age,sex,weight [kg],born,hobby\n"
        "A,2017-06-15,12,6,,800,,F,70,1987-06-15,chess\n"
        "A,2017-06-16,12,,Lemtrada,,30,,,,\n"
        "B,2017-06-15,1000,,methylprednisolone,,,,,1980-01-01,\n"
        "B,2017-06-17,20,,prednisolone,,,,,,\n"
        "B,2017-06-18,0,,,500,,,,,\n"
    )
    assert observations["A"].doses == (
        RecordedDose("A", 0.0, "alemtuzumab", 12.0, 0.25, 2),
        RecordedDose("A", 1.0, "alemtuzumab", 12.0, 4 / 24, 3, has_duration=False),
    )
    assert [(dose.drug, dose.duration) for dose in observations["B"].doses] == [
        ("methylprednisolone", 1 / 24),
        ("prednisolone", 0.0),
    ]
    assert observations["A"].measurements == (Measurement("A", 0.0, "cd4", 800.0, False, 2, "CD4 [/uL]"),)
    assert observations["A"].covariates == {"age": 30.0, "sex": "female", "weight": 70.0, "birth_day": -10958.0}
    assert observations["B"].covariates["age"] == pytest.approx(37.454, abs=1e-3)
    assert [str(one) for one in findings] == [
        "line 1: hobby: warning: is not a column that is known, rename it if it should be used"
    ]


def test_days_may_count_from_the_first_dose_of_each_patient(read, refusal):
    content = (
        "id,date,dose,CD4 [/uL],born\nA,2016-01-01,,800,1986-01-11\nA,2016-01-11,12,,\nB,2018-03-01,12,900,\n"
        "B,2018-03-31,,20,\n"
    )
    observations, findings = read(content, None, from_first_dose=True)
    assert [one.time for one in observations.measurements] == [-10.0, 0.0, 30.0]
    assert observations["A"].covariates["birth_day"] == -10957.0
    assert [str(one) for one in findings] == ["line 1: dose: note: has no unit, taken as mg"]
    assert refusal(read, "id,day,CD4 [/uL]\nA,1,200\n", from_first_dose=True) == (
        't.csv: line 1: patient "A" has no dose to count days from, '
        "add a column of doses, or name a scenario with a start_date"
    )
    assert refusal(read, "day,dose,CD4 [/uL],born\n1,12,200,1986-01-11\n", None, from_first_dose=True) == (
        't.csv: line 2: born: "1986-01-11" is a date, but no date of day 0 is known, '
        "give a scenario with a start_date, or count from the first dose"
    )


def test_a_misspelt_header_is_not_passed_over_in_silence(read):
    _, findings = read("day,CD4 [/uL],lymphocites [G/L],source\n1,200,0.5,chart\n")
    assert [str(one) for one in findings] == [
        'line 1: lymphocites [G/L]: warning: is not a column that is known, did you mean "lymphocytes"?',
        "line 1: source: note: is not used",
    ]


@pytest.mark.parametrize(
    ("data", "of", "counts"),
    [
        ("case_report_counts", "case_report", {"lymphocytes": [0.5, 0.7, 0.7, 0.8, 0.9]}),
        (
            "care_ms_means",
            "two_courses",
            {
                "lymphocytes": [0.25, 0.32],
                "cd4": [973, 42, 102, 163, 231, 279, 60, 110, 178, 254, 315],
                "cd8": [501, 71, 124, 162, 221, 248, 62, 110, 160, 198],
            },
        ),
    ],
)
def test_shipped_data_have_nothing_wrong(configs, data, of, counts):
    scenario = load_scenario(configs / f"{of}.toml")
    observations, findings = read_clinic_table(DATA / f"{data}.csv", scenario)
    found = {
        name: [one.value for one in observations.measurements if one.analyte == name] for name in observations.analytes
    }
    assert found == counts
    assert [one.reason for one in findings] == ["is not used"]
    assert lint(observations, scenario) == []


def test_the_counts_of_the_case_are_those_of_its_scenario(configs):
    scenario = load_scenario(configs / "case_report.toml")
    observations, _ = read_clinic_table(DATA / "case_report_counts.csv", scenario)
    (series,) = scenario.observed
    ranges = {point.time: point.ends for point in series.points}
    for one in observations.measurements:
        low, high = ranges[one.time]
        assert low <= one.value <= high


def test_an_unknown_patient_is_named(read, refusal):
    observations, _ = read("id,day,CD4 [/uL]\nanna,1,200\n")
    assert refusal(observations.__getitem__, "ana") == 't.csv: unknown patient "ana", did you mean "anna"?'
