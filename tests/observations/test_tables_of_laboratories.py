"""Tables as laboratories, trials and programs write them: each is read to the values that it holds, line by line."""

from pathlib import Path

import pytest

from immunosim.observations import examine_observations, read_observations
from immunosim.observations.recipe import ImportRecipe

TABLES = Path(__file__).parent / "tables"

NOTHING = ImportRecipe()


def values(observations):
    """Return what was measured as patient, day, analyte, value, and < or > where the value is a limit."""
    return [
        (one.patient, round(one.time, 6), one.analyte, round(one.value, 6), "<" * one.is_below + ">" * one.is_above)
        for one in observations.measurements
    ]


def sums(observations):
    counts = {"used": 0, "censored": 0, "excluded": 0}
    for row in observations.rows:
        counts[row.outcome] += 1
    return tuple(counts.values())


@pytest.mark.parametrize(
    ("name", "recipe", "expected", "rows"),
    [
        (
            "german_export.csv",
            ImportRecipe(words={"n.d.": "missing"}),
            [
                *(("M-01", -3.0, "lymphocytes", 1.9, ""), ("M-01", -3.0, "cd4", 812.0, "")),
                *(("M-01", 30.0, "lymphocytes", 0.1, "<"), ("M-01", 92.0, "lymphocytes", 0.9, "")),
                ("M-01", 92.0, "cd4", 104.0, ""),
            ],
            (4, 1, 0),
        ),
        (
            "utf16.csv",
            NOTHING,
            [
                *(("7", 0.0, "lymphocytes", 2.1, ""), ("7", 0.0, "cd4", 900.0, "")),
                *(("7", 30.0, "lymphocytes", 0.3, ""), ("7", 30.0, "cd4", 60.0, "")),
            ],
            (2, 0, 0),
        ),
        (
            "unit_row.csv",
            NOTHING,
            [
                *(("A", 0.0, "lymphocytes", 2.1, ""), ("A", 0.0, "cd4", 900.0, "")),
                *(("A", 30.0, "lymphocytes", 0.3, ""), ("A", 30.0, "cd4", 20.0, "<")),
            ],
            (2, 0, 1),
        ),
        (
            "long.csv",
            NOTHING,
            [
                *(("A", 0.354167, "lymphocytes", 2.1, ""), ("A", 0.354167, "cd4", 900.0, "")),
                *(("A", 0.354167, "cd4", 880.0, ""), ("A", 30.354167, "cd4", 20.0, "<")),
            ],
            (3, 1, 1),
        ),
        (
            "long_german.csv",
            NOTHING,
            [("12", 0.5, "lymphocytes", 2.0, ""), ("12", 0.5, "cd4", 900.0, "")],
            (3, 0, 0),
        ),
        (
            "monolix.txt",
            NOTHING,
            [
                *(("1", 7.0, "cd4", 5.0, "<"), ("1", 30.0, "cd4", 45.0, ""), ("1", 60.0, "cd4", 20.0, "<")),
                ("1", 90.0, "cd4", 2000.0, ">"),
            ],
            (2, 3, 0),
        ),
        (
            "nonmem_blanks.dat",
            NOTHING,
            [("1", 30.0, "cd4", 45.0, ""), ("1", 60.0, "cd4", 80.0, "")],
            (3, 0, 1),
        ),
        ("nonmem_dates.csv", NOTHING, [("1", 30.854167, "cd4", 45.0, "")], (2, 0, 0)),
        (
            "nonmem_comments.csv",
            NOTHING,
            [("1", 30.0, "cd4", 5.0, "<"), ("1", 90.0, "cd4", 95.0, "")],
            (2, 1, 1),
        ),
        ("nonmem_events.csv", NOTHING, [("1", 40.0, "cd4", 45.0, "")], (5, 0, 0)),
        (
            "serial_dates.csv",
            NOTHING,
            [("A", 0.0, "lymphocytes", 2.1, ""), ("A", 30.5, "lymphocytes", 0.3, "")],
            (2, 0, 0),
        ),
        (
            "days_and_dates.csv",
            NOTHING,
            [("A", -14.0, "cd4", 900.0, ""), ("A", 30.0, "cd4", 60.0, ""), ("B", 0.0, "cd4", 700.0, "")],
            (3, 0, 0),
        ),
        (
            "pandas_index.csv",
            NOTHING,
            [
                *(("A", 0.0, "cd4", 900.0, ""), ("A", 0.0, "lymphocytes", 2.1, "")),
                *(("A", 30.0, "cd4", 60.0, ""), ("A", 30.0, "lymphocytes", 0.3, "")),
            ],
            (2, 0, 0),
        ),
        (
            "shares.csv",
            NOTHING,
            [
                *(("patient", 0.0, "lymphocytes", 2.0, ""), ("patient", 0.0, "cd3", 1500.0, "")),
                *(("patient", 0.0, "cd4", 900.0, ""), ("patient", 0.0, "cd19", 200.0, "")),
                *(("patient", 30.0, "lymphocytes", 0.4, ""), ("patient", 30.0, "cd3", 200.0, "")),
                *(("patient", 30.0, "cd4", 80.0, ""), ("patient", 30.0, "cd19", 8.0, "")),
            ],
            (2, 0, 0),
        ),
        (
            "flags.tsv",
            NOTHING,
            [
                *(("patient", 0.0, "lymphocytes", 2.1, ""), ("patient", 0.0, "cd4", 900.0, "")),
                *(("patient", 30.0, "lymphocytes", 0.3, ""), ("patient", 30.0, "cd4", 60.0, "")),
                *(("patient", 60.0, "lymphocytes", 0.4, ""), ("patient", 60.0, "cd4", 102.0, "")),
            ],
            (3, 0, 0),
        ),
        (
            "blq_columns.csv",
            NOTHING,
            [("A", 0.0, "cd4", 900.0, ""), ("A", 7.0, "cd4", 5.0, "<"), ("A", 30.0, "cd4", 5.0, "<")],
            (1, 2, 0),
        ),
        (
            "french.csv",
            NOTHING,
            [
                *(("X", 0.0, "lymphocytes", 2.1, ""), ("X", 0.0, "cd4", 900.0, "")),
                *(("X", 35.0, "lymphocytes", 0.3, ""), ("X", 35.0, "cd4", 60.0, "")),
            ],
            (2, 0, 0),
        ),
        (
            "drug_columns.csv",
            NOTHING,
            [("A", 0.0, "lymphocytes", 2.1, ""), ("A", 30.0, "lymphocytes", 0.3, "")],
            (3, 0, 0),
        ),
        (
            "bars.csv",
            NOTHING,
            [
                *(("3", 0.0, "lymphocytes", 2.1, ""), ("3", 0.0, "cd8", 400.0, "")),
                *(("3", 28.0, "lymphocytes", 0.3, ""), ("3", 28.0, "cd8", 10.0, ">")),
            ],
            (2, 0, 0),
        ),
        ("petab.tsv", NOTHING, [("A", 0.0, "cd4", 900.0, ""), ("A", 30.0, "cd4", 5.0, "<")], (1, 1, 0)),
        (
            "thousands.csv",
            ImportRecipe(decimal=","),
            [
                *(("patient", 0.0, "cd4", 1234.0, ""), ("patient", 0.0, "lymphocytes", 2.345, "")),
                *(("patient", 30.0, "cd4", 56.0, ""), ("patient", 30.0, "lymphocytes", 0.302, "")),
            ],
            (2, 0, 0),
        ),
    ],
)
def test_a_table_is_read_to_its_values_and_every_row_has_an_outcome(scenario, name, recipe, expected, rows):
    observations, _ = read_observations(TABLES / name, scenario, recipe=recipe)
    key = lambda value: (value[0], value[1])  # noqa: E731
    assert sorted(values(observations), key=key) == sorted(expected, key=key)
    assert sums(observations) == rows
    lines = [line for line in (TABLES / name).read_bytes().splitlines() if line.strip(b"\0 ")]
    assert sum(rows) <= len(lines) - 1


def test_the_german_export_asks_one_question_and_doubts_a_dose():
    reading = examine_observations(TABLES / "german_export.csv")
    ((line, problem),) = reading.problems
    assert (line, problem.key) == (5, "CD4 absolut (/µl)")
    assert problem.reason == '"n.d." may be "not detected" or "not done"'
    (patient,) = reading.observations
    assert [(dose.time, dose.amount) for dose in patient.doses] == [(0.0, 12.0), (1.0, 36.0)]
    assert patient.day_0 == "2017-06-15"


def test_doses_keep_steady_states_repeats_and_resets(scenario):
    (patient,) = read_observations(TABLES / "nonmem_events.csv", scenario)[0]
    assert [(dose.time, dose.amount, dose.steady_state_interval) for dose in patient.doses] == [
        *((float(day), 12.0, 0.0) for day in range(5)),
        *((21.0, 12.0, 0.0), (30.0, 20.0, 1.0)),
    ]
    assert patient.resets == (20.0, 21.0)


def test_a_value_between_two_limits_keeps_both(scenario):
    measurements = read_observations(TABLES / "monolix.txt", scenario)[0].measurements
    assert [one.lower for one in measurements] == [0.0, 0.0, 5.0, 0.0]


def test_doses_of_drugs_in_columns_are_given(scenario):
    (patient,) = read_observations(TABLES / "drug_columns.csv", scenario)[0]
    assert [(dose.time, dose.drug, dose.amount) for dose in patient.doses] == [
        *((0.0, "alemtuzumab", 12.0), (0.0, "methylprednisolone", 1000.0)),
        *((1.0, "alemtuzumab", 12.0), (1.0, "methylprednisolone", 1000.0)),
    ]


def test_a_workbook_is_read_like_its_sheet(scenario, tmp_path):
    from datetime import datetime

    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    for row in (
        ["Patient", "Datum", "Lymphozyten (G/l)", "CD4 (/µl)"],
        ["A", datetime(2017, 6, 15, 12), 2.1, 900],
        ["A", datetime(2017, 7, 15), "<0,1", 60],
    ):
        sheet.append(row)
    book.create_sheet("notes").append(["a"])
    book.save(tmp_path / "t.xlsx")
    observations, _ = read_observations(tmp_path / "t.xlsx", scenario)
    assert values(observations) == [
        *(("A", 0.5, "lymphocytes", 2.1, ""), ("A", 0.5, "cd4", 900.0, "")),
        *(("A", 30.0, "lymphocytes", 0.1, "<"), ("A", 30.0, "cd4", 60.0, "")),
    ]


def test_an_export_to_petab_is_read_back(scenario, tmp_path):
    from immunosim.observations import PetabParameter, write_petab

    observations, _ = read_observations(TABLES / "drug_columns.csv", scenario)
    write_petab(observations, tmp_path, [PetabParameter("s", "log10", 0.01, 3.0, 0.2)], {"lymphocytes": "s"})
    again, _ = read_observations(tmp_path, scenario)
    assert values(again) == values(observations)
    assert [(dose.time, dose.drug, dose.amount, dose.duration) for dose in again.doses] == [
        (dose.time, dose.drug, dose.amount, dose.duration) for dose in observations.doses
    ]
