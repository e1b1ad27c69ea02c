"""``immunosim data check`` says what was understood, and ``fit --data`` fits it."""

import json

import pytest

TABLE = "patient,day,lymphocytes [1e9/L],CD4 [cells/uL]\na,20,0.2,40\na,30,0.3,<50\nb,20,0.25,45\n"


@pytest.fixture
def table(short):
    path = short.parent / "counts.csv"
    path.write_text(TABLE)
    return path


def test_what_was_understood_is_printed(command, table):
    found = command("data", "check", table)
    assert found.exit_code == 0
    assert "6 values of 2 patients" in found.stdout
    assert "immunosim fit SCENARIO --data" in found.stdout
    record = json.loads(command("data", "check", table, "--json").stdout)
    assert record["a"][0]["analyte"] == "lymphocytes"


def test_mistakes_are_printed_line_by_line(command, table):
    table.write_text(TABLE + "b,20,x,45\n")
    found = command("data", "check", table)
    assert found.exit_code == 2
    assert 'counts.csv: line 5: lymphocytes [1e9/L]: "x" is not a number' in found.stderr
    assert found.stdout == ""


def test_a_patient_of_a_table_is_fitted(command, short, table, contents):
    free = ("--free", "antibody_clearance", "--starts", "2", "--json")
    record = json.loads(command("fit", short, "--data", table, "--patient", "a", *free).stdout)
    assert (record["fit"]["n_measurements"], record["fit"]["n_below"]) == (4, 1)
    several = command("fit", short, "--data", table, *free)
    assert several.exit_code == 2
    assert "has 2 patients, choose one with --patient: a, b" in several.stderr
    assert contents() == ["counts.csv", "short.toml"]
