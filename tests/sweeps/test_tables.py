"""Patients are read from tables as people write them, and what is wrong is named with its line and column."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from immunosim.sweeps import RowPopulation, read_base
from immunosim.sweeps.tables import read_patients


@pytest.fixture
def read(base, tmp_path, monkeypatch):
    """Return what reads a table from its text or data frame, in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def call(content, of=base):
        path = tmp_path / ("t.csv" if isinstance(content, (str, bytes)) else "t.parquet")
        if isinstance(content, pd.DataFrame):
            content.to_parquet(path)
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_patients(of, path.relative_to(tmp_path))

    return call


@pytest.mark.parametrize(
    "text",
    [
        "age,blood_lysis_rate\n30,100\n40,110\n",
        "age,blood_lysis_rate\n30,100\n40,110",
        "\ufeffage,blood_lysis_rate\r\n30,100\r\n40,110\r\n",
        '"patient.age","parameters.blood_lysis_rate"\n"30","100"\n"40","110"\n',
        " age , blood_lysis_rate \n 30 , 100\n 40 ,110 \n",
        "\n\nage,blood_lysis_rate\n\n30,100\n\n\n40,110\n\n",
        "age [months],blood_lysis_rate [1/day]\n360,100\n480,110\n",
        "age,blood_lysis_rate\n30 years,100 1/day\n480 months,110 1/day\n",
        "age [months],blood_lysis_rate\n30 years,100\n480,110\n",  # a cell's own unit goes before the header's
        "age,blood_lysis_rate\n3e1,1e2\n40.0,+110\n",
    ],
)
def test_one_table_in_many_spellings(read, text):
    factors, design, n_repeated = read(text)
    assert [(one.key, one.unit) for one in factors] == [
        ("patient.age", "year"),
        ("parameters.blood_lysis_rate", "1/day"),
    ]
    np.testing.assert_allclose(design.values, [[30.0, 100.0], [40.0, 110.0]], rtol=1e-15)  # a conversion rounds once
    assert n_repeated == 0


@pytest.mark.parametrize(
    ("text", "unit", "values"),
    [
        ("course[1].dose [mg]\n12\n6\n", "mg", [12.0, 6.0]),
        ("course.1.dose [mg]\n12\n6 mg\n", "mg", [12.0, 6.0]),
        ("course.1.dose\n12 mg\n0.006 g\n", "mg", [12.0, 6.0]),
        ("course.1.dose\n6\n12 mg\n", "mg", [6.0, 12.0]),
        ("course.1.dose [mg/kg]\n0.1\n0.2\n", "mg/kg", [0.1, 0.2]),
        ("course.1.doses\n5\n3\n", "", [5.0, 3.0]),
        ("course.1.start\n0 days\n1 week\n", "days", [0.0, 7.0]),
    ],
)
def test_keys_of_treatments_take_their_unit_from_header_or_cells(read, text, unit, values):
    ((factor,), design, _) = read(text)
    assert factor.unit == unit
    assert design.values.ravel().tolist() == values
    assert factor.is_whole == (unit == "")


@pytest.mark.parametrize(
    ("text", "choices", "values"),
    [
        ("patient.sex\nmale\nfemale\nmale\n", ("female", "male"), [1.0, 0.0, 1.0]),
        ("mechanisms.thymopoiesis\non\nOFF\n", ("off", "on"), [1.0, 0.0]),
        ("mechanisms.thymopoiesis\ntrue\nfalse\n", ("off", "on"), [1.0, 0.0]),
        ("course.1.premedication\ntrue\nfalse\n", ("false", "true"), [1.0, 0.0]),
        ("patient.smoker\ntrue\nfalse\n", (), [1.0, 0.0]),
        ("smoker\nTrue\nFALSE\n", (), [1.0, 0.0]),
        ("smoker\n1\n0\n", (), [1.0, 0.0]),
    ],
)
def test_choices_switches_and_truths(read, text, choices, values):
    ((factor,), design, _) = read(text)
    assert factor.choices == choices
    assert design.values.ravel().tolist() == values


def test_parquet_holds_numbers_texts_and_truths(read):
    table = pd.DataFrame(
        {
            "age": pd.array([30, 40], dtype="Int64"),
            "patient.sex": pd.Categorical(["male", "female"]),
            "patient.smoker": [True, False],
            "mechanisms.thymopoiesis": ["off", "on"],
            "course.1.premedication": [True, False],
            "course.1.dose [mg]": [12.0, 6.0],
        },
        index=["first", "second"],
    )
    factors, design, _ = read(table)
    assert design.values.tolist() == [[30.0, 1.0, 1.0, 0.0, 1.0, 12.0], [40.0, 0.0, 0.0, 1.0, 0.0, 6.0]]
    assert [one.text(value) for one, value in zip(factors, design.values[0], strict=True)] == [
        *("30.0 year", "male", "1.0", "off", "true", "12.0 mg"),
    ]


def test_the_index_that_pandas_writes_is_passed_over(read):
    factors, design, _ = read(",age,smoker\n0,30,1\n1,40,2\n")
    plain, same, _ = read("age,smoker\n30,1\n40,2\n")
    assert [one.key for one in factors] == [one.key for one in plain]
    assert (design.rows(0, 2) == same.rows(0, 2)).all()


def test_names_of_patients_are_kept_and_change_nothing(base, read):
    factors, design, n_repeated = read("id,age\nanna,30\nbert,40\ncarl,40\n")
    assert (factors[0].key, factors[0].choices, factors[0].attributes()["kind"]) == (
        *("id", ("anna", "bert", "carl"), "label"),
    )
    assert n_repeated == 1
    plain, same, _ = read("age\n30\n40\n40\n")
    named, unnamed = RowPopulation(base, factors), RowPopulation(base, plain)
    assert (named.rows(design.rows(0, 3)).vectors == unnamed.rows(same.rows(0, 3)).vectors).all()
    assert named.scenario_of(design.rows(0, 1)[0]) == base.scenario


def test_names_alone_vary_nothing(read, refusal):
    assert refusal(read, "id\nanna\n") == "t.csv: varies nothing, add a column for a key of the scenario"


def test_an_unnamed_column_that_numbers_nothing_is_refused(read, refusal):
    assert refusal(read, ",age\n5,30\n7,40\n") == "t.csv: column 1 has no name, name its key"


def test_repeated_rows_are_counted_and_computed(read):
    _, design, n_repeated = read("age\n30\n40\n30\n30\n")
    assert n_repeated == 2
    assert design.n == 4


def test_values_out_of_bounds_are_left_to_the_patient(read):
    assert read("age\n30\n500\n")[1].values.tolist() == [[30.0], [500.0]]
    assert read("course.1.dose\n12 mg\n-3 mg\n")[1].values.tolist() == [[12.0], [-3.0]]


EMPTY = "is empty, give a line of keys, then one patient a line"
EVERY = "give every patient a value in every column"
AGE = 'expected a duration such as "31 years"'
UTF8 = "save it as CSV in UTF-8"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", f"t.csv: {EMPTY}"),
        ("\n\n", f"t.csv: {EMPTY}"),
        (",,\n1,2,3\n", f"t.csv: {EMPTY}"),
        ("age\n", "t.csv: has no patients, add a line for each patient"),
        ("age,smoker\n30\n", f"t.csv: line 2: has 1 cell, the first line 2, {EVERY}"),
        ("age,smoker\n30,1\n40,1,2\n", f"t.csv: line 3: has 3 cells, the first line 2, {EVERY}"),
        ("age,smoker\n30,1\n40, \n", "t.csv: line 3: smoker: is empty, give a value"),
        ("age,smoker\n30,1\n,\n", "t.csv: line 3: age: is empty, give a value"),
        ("age\n30\n\nold\n", f't.csv: line 4: age: "old" is not a quantity, {AGE}'),
        ("age\n30\nNA\n", f't.csv: line 3: age: "NA" is not a quantity, {AGE}'),
        ("age\n30\nnan\n", 't.csv: line 3: age: "nan" is not a finite number, give a finite number'),
        ("age\n\n30\n-inf\n", 't.csv: line 4: age: "-inf" is not a finite number, give a finite number'),
        ("age\n30 mg\n", f't.csv: line 2: age: "30 mg" is a mass, {AGE}'),
        ("age [mg]\n30\n", f't.csv: column age [mg]: "1.0 mg" is a mass, {AGE}'),
        ("age [foo]\n30\n", f't.csv: column age [foo]: "1.0 foo" has the unknown unit "foo", {AGE}'),
        (
            "course.1.dose [h]\n30\n",
            't.csv: line 2: course.1.dose [h]: "30.0 h" is a time, expected a mass such as "12 mg"',
        ),
        ("course.1.dose\n12\n", 't.csv: line 2: course.1.dose: 12 has no unit, expected a mass such as "12 mg"'),
        (
            "course.1.dose\n-3 mg\n",
            't.csv: line 2: course.1.dose: "-3.0 mg" is not positive, write for example "12 mg"',
        ),
        ("course.1.doses\n5\n3.5\n", "t.csv: line 3: course.1.doses: 3.5 is not a whole number, write for example 5"),
        ("patient.sex\nmale\n3\n", 't.csv: line 3: patient.sex: 3 is not one of "female" or "male"'),
        (
            "mechanisms.thymopoiesis\non\n0\n",
            't.csv: line 3: mechanisms.thymopoiesis: "0" is not one of the choices, choose from off, on, false, true',
        ),
        (
            "ag\n30\n",
            't.csv: column ag: cannot be varied, did you mean "age", "reference_age" or "thymus_reference_age"?',
        ),
        ("patient.ago\n30\n", 't.csv: column patient.ago: unknown key "ago", did you mean "age"?'),
        (
            "course.2.dose [mg]\n3\n",
            't.csv: column course.2.dose [mg]: unknown entry "2" among 1 entry, entries are counted from 1',
        ),
        ("parameters.age\n30\n", "t.csv: column parameters.age: belongs to the patient, vary patient.age"),
        ("age,patient.age\n30,30\n", "t.csv: patient.age: has two columns with one key, leave one out"),
        ("age,,smoker\n30,2,1\n", "t.csv: line 1: column 2 has no name, name its key"),
        ("\nage, \n30,2\n", "t.csv: line 2: column 2 has no name, name its key"),
        ("age;smoker\n30;1\n", "t.csv: line 1: has semicolons between its cells, save it with commas"),
        ("age\tsmoker\n30\t1\n", "t.csv: line 1: has tabs between its cells, save it with commas"),
        ('age\n"30\n40\n', f"t.csv: cannot be read as CSV (unexpected end of data), {UTF8}"),
        (
            "âge\n30\n".encode("latin-1"),
            "t.csv: cannot be read as CSV ('utf-8' codec can't decode byte 0xe2 in position 0: "
            f"invalid continuation byte), {UTF8}",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_place(read, refusal, text, message):
    assert refusal(read, text) == message


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"age": [30.0, np.nan]}, "t.parquet: row 2: age: is empty, give a value"),
        ({"patient.sex": ["male", None]}, "t.parquet: row 2: patient.sex: is empty, give a value"),
        ({"age": [30.0, np.inf]}, 't.parquet: row 2: age: "inf" is not a finite number, give a finite number'),
        ({"age": ["30", "old"]}, f't.parquet: row 2: age: "old" is not a quantity, {AGE}'),
        (
            {"age": pd.to_datetime(["2017-01-01"])},
            f't.parquet: row 1: age: "2017-01-01 00:00:00" is not a quantity, {AGE}',
        ),
        ({"age": []}, "t.parquet: has no patients, add a row for each patient"),
    ],
)
def test_what_is_wrong_in_parquet_is_named_with_its_place(read, refusal, columns, message):
    assert refusal(read, pd.DataFrame(columns)) == message


def test_what_is_no_table_is_named(base, tmp_path, monkeypatch, refusal):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "no.parquet").write_text("age\n30\n")
    (tmp_path / "folder").mkdir()
    assert refusal(read_patients, base, Path("no.csv")) == "no.csv: does not exist, name a CSV or Parquet file"
    assert refusal(read_patients, base, Path("lost.parquet")) == (
        "lost.parquet: does not exist, name a CSV or Parquet file"
    )
    assert refusal(read_patients, base, Path("folder")) == f"folder: cannot be read as CSV ({os.strerror(21)}), {UTF8}"
    assert refusal(read_patients, base, Path("no.parquet")).startswith("no.parquet: cannot be read as Parquet (")


def test_a_parameter_that_an_untreated_count_determines_is_refused(read, configs, refusal):
    counted = read_base(configs / "one_course.toml", ["horizon=6 months", "patient.baseline.cd4=800 cells/uL"])
    assert refusal(read, "cd4_scale\n1\n", counted) == (
        "parameters.cd4_scale: follows from patient.baseline.cd4, "
        "vary one of them, not both: remove patient.baseline.cd4 from the scenario"
    )


def test_times_may_be_dates_or_relative_to_a_course(read, configs):
    dated = read_base(configs / "two_courses.toml", ["horizon=14 months", "start_date=2017-01-01"])
    ((factor,), design, _) = read("course.2.start\n2018-01-01\n12 months\ncourse 1 + 11 months\n2018-01-01\n", dated)
    assert [factor.text(value) for value in design.values[:, 0]] == [
        *("2018-01-01", "12 months", "course 1 + 11 months", "2018-01-01"),
    ]


def test_a_text_that_makes_one_patient_impossible_is_no_error_of_the_table(read, two_courses):
    ((factor,), _, _) = read("course.2.start\ncourse 1 + 12 months\ncourse 1 + 1 day\n", two_courses)
    assert factor.choices == ("course 1 + 1 day", "course 1 + 12 months")
