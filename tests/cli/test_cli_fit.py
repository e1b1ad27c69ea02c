"""``immunosim fit`` prints a verdict, writes what runs and loads elsewhere, and says what it cannot do."""

import json

import pytest

FAST = ("--free", "antibody_clearance", "--starts", "3", "--workers", "2", "--without", "none")


def test_a_fit_prints_verdicts_and_writes_a_scenario_that_runs(command, short, tmp_path):
    found = command("fit", short, *FAST, "--next-draw", "cd4@20 days")
    assert found.exit_code == 0, found.stderr
    assert "2 measurements, 46 unknowns, 3 starts:" in found.stdout
    assert "antibody_clearance" in found.stdout
    assert "Further draws for cd4" in found.stdout
    folder = tmp_path / "results" / "short_fit"
    names = ["course.png", "fit.json", "fitted.toml", "observed_predicted.png", "parameters.csv", "petab"]
    names += ["predictions.csv", "profiles.csv", "profiles.png", "residuals.png", "vpc.png", "waterfall.png"]
    assert sorted(path.name for path in folder.iterdir()) == names
    record = json.loads((folder / "fit.json").read_text())
    assert record["parameters"][0]["name"] == "antibody_clearance"
    assert command("check", folder / "fitted.toml").exit_code == 0
    again = command("fit", short, *FAST)
    assert "Files: results/short_fit-2/" in again.stdout


def test_json_is_all_that_standard_output_has_and_nothing_is_written(command, short, contents):
    record = json.loads(command("fit", short, *FAST, "--json").stdout)
    assert record["fit"]["n_measurements"] == 2
    assert len(record["starts"]) == 3
    assert contents() == ["short.toml"]


def test_a_sample_is_written_as_arviz_reads_it(command, short, tmp_path):
    import xarray as xr

    found = command("fit", short, *FAST, "--draws", "20", "--out", "here")
    assert found.exit_code == 0, found.stderr
    posterior = xr.load_dataset(tmp_path / "here" / "posterior.nc", group="posterior")
    assert posterior["antibody_clearance"].dims == ("chain", "draw")


def test_an_interrupted_sample_of_a_fit_goes_on(command, short, tmp_path, monkeypatch):
    from immunosim.fitting.likelihood.posterior import Posterior

    how = ("fit", short, *FAST, "--draws", "20", "--out")
    command(*how, "whole")
    density, calls = Posterior.log_density, []

    def interrupted(self, unknowns):
        calls.append(1)
        if len(calls) == 15:
            raise KeyboardInterrupt
        return density(self, unknowns)

    monkeypatch.setattr(Posterior, "log_density", interrupted)
    first = command(*how, "here")
    assert first.exit_code == 130
    assert "the steps so far are kept; continue with: immunosim fit" in first.stderr
    assert command(*how, "here", "--resume").exit_code == 0
    whole, here = (json.loads((tmp_path / name / "fit.json").read_text()) for name in ("whole", "here"))
    assert here["sample"] == whole["sample"]
    assert here["returns"] == whole["returns"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--free", "antibody_clearanc"), 'is not a parameter, did you mean "antibody_clearance"'),
        ((*FAST, "--free", "antibody_clearance"), "--free antibody_clearance: is named twice, leave one out"),
        (
            (*FAST, "--noise", "cd9=lognormal"),
            '--noise: "cd9" is not a measured analyte, known are lymphocytes',
        ),
        ((*FAST, "--noise", "lymphocytes=normal"), '--noise: unknown error model "normal"'),
        ((*FAST, "--noise", "lymphocytes"), '--noise: "lymphocytes" is not ANALYTE=NOISE, write for example cd4='),
        ((*FAST, "--limits", "antibody_clearance=3"), '--limits: "antibody_clearance=3" is not NAME=LOW:HIGH'),
        ((*FAST, "--limits", "antibody_clearance=9:12"), "9 to 12 does not contain the initial value 2.102"),
        ((*FAST, "--limits", "treg_restraint=1:2"), "--limits treg_restraint: is not fitted"),
        (("--without", "thymus"), "--without thymus: is not an active mechanism"),
        ((*FAST, "--patient", "a"), "--patient: needs a table of patients, give one with --data"),
        ((*FAST, "--patients", "pooled"), "--patients: there is one patient"),
        ((*FAST, "--common", "antibody_clearance"), "--common: is for --patients two-stage"),
        ((*FAST, "--covariate", "antibody_clearance=age"), "--covariate: cannot be estimated from one patient"),
        ((*FAST, "--covariate", "age"), '--covariate: "age" is not NAME=COVARIATE'),
        ((*FAST, "--next-draw", "cd4"), '--next-draw: "cd4" is not READOUT@TIME, write cd4@24 months'),
        ((*FAST, "--next-draw", "cd44@20 days"), '--next-draw: "cd44" is not a read-out, did you mean "cd4"'),
        ((*FAST, "--set", "observed=[]"), "holds no measurements to fit, add [[observed]]"),
    ],
)
def test_wrong_input_is_said_in_a_line_and_writes_nothing(command, short, contents, options, message):
    found = command("fit", short, *options)
    assert found.exit_code == 2
    assert message in found.stderr
    assert found.stdout == ""
    assert contents() == ["short.toml"]


@pytest.fixture
def table(short):
    path = short.parent / "counts.csv"
    path.write_text(
        "patient,day,lymphocytes [1e9/L],CD4 [cells/uL]\na,20,0.2,40\na,30,0.3,<50\nb,20,0.25,45\n", encoding="utf-8"
    )
    return path


def test_a_patient_of_a_table_is_fitted(command, short, table, contents):
    free = ("--free", "antibody_clearance", "--starts", "2", "--json")
    record = json.loads(command("fit", short, "--data", table, "--patient", "a", *free).stdout)
    assert (record["fit"]["n_measurements"], record["fit"]["n_censored"]) == (4, 1)
    assert contents() == ["counts.csv", "short.toml"]


def test_a_table_with_mistakes_is_refused_line_by_line(command, short, table, contents):
    table.write_text("patient,day,lymphocytes [1e9/L],CD4 [cells/uL]\na,20,0.2,x\n", encoding="utf-8")
    found = command("fit", short, "--data", table, *FAST)
    assert found.exit_code == 2
    assert "counts.csv: line 2" in found.stderr
    assert contents() == ["counts.csv", "short.toml"]


def test_a_report_is_among_the_files_and_can_be_written_from_them_again(command, short, tmp_path):
    found = command("fit", short, *FAST, "--report", "--out", "here")
    assert found.exit_code == 0, found.stderr
    page = tmp_path / "here" / "report.html"
    first = page.read_bytes()
    assert b"immunosim fit" in first
    page.unlink()
    again = command("report", "here")
    assert again.exit_code == 0, again.stderr
    assert "Report: here/report.html" in again.stdout
    assert page.read_bytes() == first
    assert command("report", tmp_path / "here" / "fit.json", "--out", "there").exit_code == 0
    assert (tmp_path / "there" / "report.html").read_bytes() == first


def test_a_report_of_results_takes_no_changes(command, short):
    command("fit", short, *FAST, "--out", "here")
    found = command("report", "here", "--set", "patient.age=40")
    assert found.exit_code == 2
    assert "--set: is for a scenario" in found.stderr
