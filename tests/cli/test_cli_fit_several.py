"""``immunosim fit`` with a table of several patients: alone, pooled, in two stages, interrupted and resumed."""

import json

import pytest

FREE = ("--free", "antibody_clearance", "--starts", "2", "--workers", "2")
ALONE = ("--fix", "others")
"""Fits of one unknown, where what is asked does not depend on how many there are."""

TABLE = """patient,day,lymphocytes [1e9/L],CD4 [cells/uL],weight [kg],sex
a,20,0.20,40,60,female
a,35,0.30,<50,60,female
b,20,0.25,45,75,male
b,35,0.35,80,75,male
c,20,0.15,20,90,female
c,35,0.28,50,90,female
"""


@pytest.fixture
def table(short):
    path = short.parent / "counts.csv"
    path.write_text(TABLE, encoding="utf-8")
    return path


@pytest.fixture
def fit(command, short, table):
    return lambda *options: command("fit", short, "--data", table, *FREE, *options)


def test_each_patient_is_fitted_alone(fit, tmp_path, command):
    found = fit("--out", "here")
    assert found.exit_code == 0, found.stderr
    assert "3 patients, each fitted individually; 0 could not be simulated." in found.stdout
    folder = tmp_path / "here"
    rows = (folder / "parameters.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["patient", "a", "b", "c"]
    assert command("check", folder / "fitted_b.toml").exit_code == 0
    assert 'weight = "75.0 kg"' in (folder / "fitted_b.toml").read_text()
    assert not (tmp_path / ".here-partial").exists()


def test_pooled_patients_have_one_value(fit):
    record = json.loads(fit("--patients", "pooled", "--without", "none", "--json").stdout)
    assert record["patients"] == ["a", "b", "c"]
    assert [one["name"] for one in record["parameters"]] == ["antibody_clearance"]
    assert record["fit"]["n_measurements"] == 12
    assert set(record["returns"]) == {"a", "b", "c"}


def test_two_stages_give_a_distribution_and_the_effect_of_a_covariate(fit, tmp_path):
    options = ("--patients", "two-stage", "--covariate", "antibody_clearance=weight", "--out", "here")
    found = fit(*options)
    assert found.exit_code == 0, found.stderr
    assert "Population" in found.stdout
    record = json.loads((tmp_path / "here" / "fit.json").read_text())["population"]
    assert set(record["distribution"]) == {"antibody_clearance"}
    assert record["effects"][0]["name"] == "antibody_clearance by weight"
    assert "antibody_clearance of b" in record["unknowns"]
    assert len((tmp_path / "here" / "population.csv").read_text().splitlines()) == 3


def test_an_interrupted_run_goes_on_and_ends_with_the_same_numbers(fit, tmp_path, monkeypatch):
    from immunosim.fitting import individual_fits

    whole = json.loads(fit(*ALONE, "--json").stdout)
    fitted, calls = individual_fits.estimate, []

    def interrupted(*arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return fitted(*arguments)

    monkeypatch.setattr(individual_fits, "estimate", interrupted)
    first = fit(*ALONE, "--out", "here")
    assert first.exit_code == 130
    assert "continue with: immunosim fit" in first.stderr
    assert "--resume" in first.stderr
    assert (tmp_path / ".here-partial").is_dir()
    assert not (tmp_path / "here").exists()
    again = fit(*ALONE, "--out", "here", "--resume")
    assert again.exit_code == 0, again.stderr
    assert len(calls) == 4  # a once, b twice, c once
    record = json.loads((tmp_path / "here" / "fit.json").read_text())
    # The file holds more than what is printed: the courses and the data, of which a page is made.
    shared = {name: {key: kept[key] for key in whole["patients"][name]} for name, kept in record["patients"].items()}
    assert shared == whole["patients"]
    assert not (tmp_path / ".here-partial").exists()


def test_parts_of_another_run_are_refused(fit, tmp_path):
    folder = tmp_path / ".here-partial"
    folder.mkdir()
    (folder / "fingerprint").write_text("other")
    found = fit(*ALONE, "--out", "here", "--resume")
    assert found.exit_code == 2
    assert "was started with other data or options, leave out --resume to start over" in found.stderr
    assert fit(*ALONE, "--out", "here").exit_code == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--covariate", "antibody_clearance=weight"), "--covariate: cannot be estimated from one patient"),
        (("--common", "antibody_clearance"), "--common: is for --patients two-stage"),
        (
            ("--patients", "two-stage", "--covariate", "antibody_clearance=height"),
            '--covariate antibody_clearance=height: the table has no covariate "height"',
        ),
        (("--patients", "two-stage", "--common", "age"), "age: is not fitted"),
        (("--next-draw", "cd4@30 days"), "--next-draw: is for one patient"),
        (("--patients", "two-stage", "--common", "antibody_clearance"), "--common: no parameter is left that differs"),
        (("--without", "relapse"), "--without: is for one patient"),
        (("--draws", "20"), "--draws: is for one patient"),
        (("--patient", "d"), 'counts.csv: unknown patient "d"'),
    ],
)
def test_wrong_options_are_said_and_write_nothing(fit, contents, options, message):
    found = fit(*options)
    assert found.exit_code == 2
    assert message in found.stderr
    assert contents() == ["counts.csv", "short.toml"]
