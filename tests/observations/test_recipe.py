"""Recipes say what columns mean, are validated by file and key, and are written for a table as it was understood."""

from pathlib import Path

import pytest

from immunosim.observations import read_observations
from immunosim.observations.recipe import read_recipe
from immunosim.observations.recipe_writer import recipe_text

TABLES = Path(__file__).parent / "tables"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("format = ", "r.toml: is not TOML"),
        ('formt = "long"', 'r.toml: formt: unknown key, did you mean "format"?'),
        ('[columns.a]\nmean = "cd4"', 'r.toml: columns.a.mean: unknown key, did you mean "means"?'),
        ('decimal = "x"', "r.toml: decimal: Input should be '', '.' or ','"),
        ('[words]\n"n.d." = "?"', 'r.toml: words: "n.d." is still a question, write "missing" or a limit such as "<5"'),
        ('file = "x"', "r.toml: file: unknown key, leave it out"),
    ],
)
def test_what_is_wrong_in_a_recipe_is_named_by_file_and_key(tmp_path, monkeypatch, refusal, content, message):
    monkeypatch.chdir(tmp_path)
    Path("r.toml").write_text(content)
    assert refusal(read_recipe, Path("r.toml")).startswith(message)


def test_a_recipe_names_columns_that_the_table_has(table, refusal, tmp_path):
    Path(tmp_path / "r.toml").write_text('[columns."CD44"]\nmeans = "cd4"\n')
    message = refusal(read_observations, table("day,CD4 [/uL]\n1,100\n"), recipe=tmp_path / "r.toml")
    assert message.endswith('columns.CD44: is not a column of the table, did you mean "CD4 [/uL]"?')


def test_a_recipe_says_what_unknown_columns_mean(table, tmp_path):
    recipe = tmp_path / "r.toml"
    recipe.write_text(
        'date_order = "day first"\n[columns.Wer]\nmeans = "patient"\n[columns.Wann]\nmeans = "date"\n'
        '[columns."Helfer"]\nmeans = "cd4"\nunit = "10*6/L"\n[columns.CD8]\nmeans = "ignore"\n'
    )
    observations, findings = read_observations(
        table("Wer,Wann,Helfer,CD8\nA,04/05/2017,900,x\nA,05/05/2017,800,y\n"), recipe=recipe
    )
    assert [(one.patient, one.time, one.value) for one in observations.measurements] == [
        *(("A", 0.0, 900.0), ("A", 1.0, 800.0)),
    ]
    assert "CD8" in [one.column for one in findings if one.reason == "is not used"]


def test_a_recipe_names_the_columns_of_a_nonmem_table(table, tmp_path):
    recipe = tmp_path / "r.toml"
    recipe.write_text(
        'format = "nonmem"\ntime_unit = "h"\n[columns.SUBJ]\nmeans = "ID"\n[columns.OBS]\nmeans = "DV"\n'
        '[columns.TAFD]\nmeans = "TIME"\n'
    )
    (one,) = read_observations(table("SUBJ,TAFD,OBS,DVID\n1,720,45,2\n"), recipe=recipe)[0].measurements
    assert (one.patient, one.time, one.value) == ("1", 30.0, 45.0)


@pytest.mark.parametrize("name", [path.name for path in sorted(TABLES.iterdir())])
def test_an_answered_recipe_reads_the_same_as_none(scenario, tmp_path, name):
    recipe = tmp_path / "r.toml"
    text = recipe_text(TABLES / name, scenario)
    answered = text.replace('"n.d." = "?"', '"n.d." = "missing"').replace('# decimal = ","', 'decimal = ","')
    recipe.write_text(answered if name == "thousands.csv" else answered.replace('\ndecimal = ","', '\n# decimal = ","'))
    observations, _ = read_observations(TABLES / name, scenario, recipe=recipe)
    if name not in ("german_export.csv", "thousands.csv"):
        assert observations.patients == read_observations(TABLES / name, scenario)[0].patients
    assert observations.n_measurements


def test_a_column_of_a_drug_with_its_unit_after_a_blank_keeps_its_drug_in_a_recipe(table, tmp_path):
    text = "Datum;CD4 (abs.) /µl;Methylprednisolone mg;Gewicht kg\n01.06.2017;890;;61\n15.06.2017;;1000;61\n"
    recipe = tmp_path / "r.toml"
    recipe.write_text(recipe_text(table(text)), encoding="utf-8")
    assert "Methylprednisolone" not in recipe.read_text(encoding="utf-8")  # its header says all
    for said in ({}, {"recipe": recipe}):
        (patient,) = read_observations(table(text), **said)[0]
        assert [(dose.drug, dose.amount) for dose in patient.doses] == [("methylprednisolone", 1000.0)]
        assert patient.covariates["weight"] == 61.0
