"""``immunosim data`` prints what it understood, with what is wrong, and writes what other programs read."""

import json
from pathlib import Path

import pytest

SCENARIO = """
start_date = 2017-06-15
horizon = "6 months"

[[course]]
start = "0 days"
dose = "12 mg"
"""
GOOD = (
    "id,date,dose [mg],ALC [1e9/L],CD4 [cells/uL],sex,source\n"
    "anna,2017-06-15,12,2.0,950,f,chart\n"
    "anna,2017-07-15,,0.25,<20,,chart\n"
    "bert,2017-07-15,,0.5,90,m,chart\n"
)


@pytest.fixture
def good(tmp_path, monkeypatch):
    """Return a table in a folder of its own, with its scenario beside it."""
    monkeypatch.chdir(tmp_path)
    Path("s.toml").write_text(SCENARIO)
    Path("d.csv").write_text(GOOD)
    return "d.csv"


def test_check_prints_what_was_understood(good, command):
    result = command("data", "check", good, "--scenario", "s.toml")
    assert result.exit_code == 0
    assert result.stdout == (
        "d.csv: 2 patients, 3 visits, 1 dose.\n"
        "6 measurements, 1 of them below quantification.\n"
        "\n"
        "Read-outs\n"
        "read-out     unit      columns         values  below  lowest  highest\n"
        "lymphocytes  1e9/L     ALC [1e9/L]          3      0    0.25        2\n"
        "cd4          cells/uL  CD4 [cells/uL]       3      1      90      950\n"
        "\n"
        "Patients\n"
        "patient  visits  first day  last day  values  below  doses  covariates\n"
        "anna          2          0        30       4      1      1  sex female\n"
        "bert          1         30        30       2      0      0  sex male\n"
        "\n"
        "Doses\n"
        "drug         doses  patients  total mg  first day  last day\n"
        "alemtuzumab      1         1        12          0         0\n"
        "\n"
        "Rows of the file\n"
        "patient  rows  used  censored  excluded  because of\n"
        "anna        2     2         0         0  -\n"
        "bert        1     1         0         0  -\n"
        "all         3     3         0         0  -\n"
        "\n"
        "Findings\n"
        "line  column  severity  what\n"
        "   1  source  note      is not used\n"
        "\n"
        "0 errors, 0 warnings, 1 note.\n"
        "\n"
        "Next:  immunosim data convert d.csv --scenario s.toml --to petab --out d_petab\n"
    )


def test_errors_end_in_exit_code_2(good, command):
    Path(good).write_text(GOOD.replace("0.25", "250"))
    result = command("data", "check", good, "--from-first-dose")
    assert result.exit_code == 2
    assert 'error     patient "bert" has no dose to count days from' in result.stdout
    assert "ALC [1e9/L]  error     250e9/L is more" in command("data", "check", good).stdout
    result = command("data", "check", good, "--scenario", "s.toml")
    assert result.exit_code == 2
    assert "   3  ALC [1e9/L]  error     250e9/L is more than anybody has, but 250 cells/uL is usual" in result.stdout
    assert "1 error, 0 warnings, 1 note." in result.stdout
    assert "Next:" not in result.stdout


def test_what_cannot_be_read_is_listed_with_what_can(good, command):
    Path(good).write_text(GOOD.replace("0.25", "n.d.").replace("chart\n", "chart\n# removed\n", 1))
    result = command("data", "check", good)
    assert result.exit_code == 2
    assert '   4  ALC [1e9/L]  error     "n.d." may be "not detected" or "not done"' in result.stdout
    assert "anna        2     1         1         0  -" in result.stdout
    assert "all         4     2         1         1  comment (1)" in result.stdout
    assert result.stdout.endswith("Next:  correct the table, or immunosim data recipe d.csv\n")
    assert command("data", "check", "no.csv").stderr == "no.csv: does not exist, name a CSV file\n"


def test_a_recipe_is_written_answered_and_used(good, command):
    Path(good).write_text(GOOD.replace("0.25", "n.d.").replace("source", "Quelltext"))
    result = command("data", "recipe", good)
    assert result.exit_code == 0
    assert result.stdout == (
        "Wrote recipe.toml: questions 2.\n"
        "Next:  answer the questions, then immunosim data check d.csv --recipe recipe.toml\n"
    )
    asked = command("data", "check", good, "--recipe", "recipe.toml")
    assert 'recipe.toml: words: "n.d." is still a question, write "missing" or a limit such as "<5"' in asked.stderr
    recipe = Path("recipe.toml").read_text()
    assert '[columns."ALC [1e9/L]"]\nmeans = "lymphocytes"\nunit = "1e9/L"' in recipe
    Path("recipe.toml").write_text(recipe.replace('"n.d." = "?"', '"n.d." = "<0.1"').replace('"?"', '"ignore"'))
    used = command("data", "check", good, "--recipe", "recipe.toml", "--scenario", "s.toml")
    assert used.exit_code == 0
    assert "lymphocytes  1e9/L     ALC [1e9/L]          3      1     0.5        2" in used.stdout
    assert "--recipe recipe.toml --to petab" in used.stdout
    assert command("data", "check", good, "--scenario", "s.toml").exit_code == 2  # beside the table, but not named
    assert command("data", "recipe", good).exit_code == 2  # replaces nothing unasked


def test_json_holds_the_same(good, command):
    Path(good).write_text(GOOD.replace("0.25", "250"))
    result = command("data", "check", good, "--scenario", "s.toml", "--json")
    assert result.exit_code == 2
    found = json.loads(result.stdout)
    assert (found["n_measurements"], found["n_below"]) == (6, 1)
    assert found["patients"][0]["covariates"] == {"sex": "female"}
    assert found["doses"][0]["total_mg"] == 12.0
    assert [(one["line"], one["severity"]) for one in found["findings"]] == [(3, "error"), (1, "note")]


def test_many_patients_are_counted(good, command):
    rows = "".join(f"p{number},30,100\n" for number in range(25))
    Path(good).write_text("id,day,CD4 [/uL]\n" + rows)
    assert "... and 5 more" in command("data", "check", good).stdout


def test_convert_writes_a_nonmem_table_that_check_reads(good, command):
    result = command("data", "convert", good, "--scenario", "s.toml", "--to", "nonmem", "--out", "n.csv")
    assert result.exit_code == 0
    assert result.stdout == (
        "Wrote n.csv: patients 2, measurements 6, 1 of them below quantification.\nNext:  immunosim data check n.csv\n"
    )
    again = command("data", "check", "n.csv", "--scenario", "s.toml")
    assert again.exit_code == 0
    assert "n.csv: 2 patients, 3 visits, 1 dose.\n6 measurements, 1 of them below quantification." in again.stdout


def test_convert_writes_a_petab_problem(good, command):
    result = command("data", "convert", good, "--scenario", "s.toml", "--to", "petab", "--out", "p")
    assert result.exit_code == 0
    assert result.stdout.endswith("Next:  read p/README.md, then add the model and the parameters to fit\n")
    assert sorted(path.name for path in Path("p").iterdir()) == [
        *("README.md", "conditions.tsv", "doses.tsv", "measurements.tsv", "observables.tsv", "parameters.tsv"),
        "problem.yaml",
    ]
    assert "observable_cd4\tcd4\tlog\tsd_cd4\tnormal" in Path("p/observables.tsv").read_text()


def test_convert_replaces_nothing_unasked_and_passes_findings_on(good, command):
    Path(good).write_text("day,CD4 [/uL]\n60,100\n30,200\n")
    Path("n.csv").write_text("mine")
    arguments = ("data", "convert", good, "--to", "nonmem", "--out", "n.csv")
    result = command(*arguments)
    assert (result.exit_code, Path("n.csv").read_text()) == (2, "mine")
    assert result.stderr == "n.csv: exists, choose another place with --out, or replace it with --force\n"
    result = command(*arguments, "--force")
    assert result.exit_code == 0
    assert result.stderr == (
        "d.csv: line 3: warning: day 30 comes after day 60 of line 2 of the same patient, "
        "check the date, or sort the rows\n"
    )


def test_a_nonmem_table_may_count_hours(good, command):
    Path(good).write_text("ID,TIME,DV,DVID\n1,720,100,cd4\n")
    result = command("data", "check", good, "--time-unit", "h")
    assert "1             1         30        30       1      0      0  -" in result.stdout
    assert "--time-unit h --to petab" in result.stdout
