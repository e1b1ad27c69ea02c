"""``immunosim sensitivity`` prints a ranking, writes indices and figures, and says what it cannot do."""

import json

import pytest
import xarray as xr

VARY = ("--vary", "blood_lysis_rate=x0.5:x2:log", "--vary", "patient.age=20:60")
SMALL = ("--readout", "cd4", "--at", "20 days", "-n", "16")


def test_sobol_prints_a_ranking_and_writes_what_loads_elsewhere(command, short, tmp_path):
    found = command("sensitivity", short, *VARY, *SMALL, "--endpoint", "nadir of cd4")
    assert found.exit_code == 0
    assert "sobol: 64 patients in 16 blocks, seed 0" in found.stdout
    assert "CD4 T cells, month 0.657" in found.stdout
    assert "Sum of S1" in found.stdout
    folder = tmp_path / "results" / "short_sensitivity"
    assert sorted(path.name for path in folder.iterdir()) == [
        *("importance_cd4.png", "importance_nadir_cd4.png", "indices.csv", "indices.nc")
    ]
    dataset = xr.load_dataset(folder / "indices.nc")
    assert list(dataset["parameter"].values) == ["blood_lysis_rate", "patient.age"]
    assert dataset.attrs["n_patients"] == 64


@pytest.mark.parametrize("method", ["morris", "pawn"])
def test_the_other_methods_run(command, short, method):
    size = {"morris": "4", "pawn": "100"}[method]
    found = command("sensitivity", short, *VARY, "--method", method, "--readout", "cd4", "--at", "20 days", "-n", size)
    assert found.exit_code == 0
    assert "blood_lysis_rate" in found.stdout


def test_local_takes_keys_without_ranges_and_prints_json_alone(command, short, contents):
    asked = ("--method", "local", "--vary", "course.1.dose", "--vary", "age", "--readout", "cd4", "--at", "20 days")
    found = command("sensitivity", short, *asked, "--json")
    record = json.loads(found.stdout)
    assert record["names"] == ["course.1.dose", "patient.age"]
    assert record["outcomes"][0]["values"]["elasticity"][0][0] < 0.0
    assert contents() == ["short.toml"]


def test_without_a_word_on_what_varies_it_chooses_and_says_so(command, short):
    found = command("sensitivity", short, "--method", "morris", "--readout", "cd4", "--at", "20 days", "-n", "4")
    assert found.exit_code == 0
    assert "Nothing is said to vary: the 12 parameters that move the results most" in found.stderr


def test_a_folder_that_is_named_is_replaced_and_others_are_numbered(command, short, tmp_path):
    asked = ("sensitivity", short, *VARY, *SMALL, "--out", "here")
    assert command(*asked).exit_code == 0
    again = command(*asked, "--force")
    assert again.exit_code == 0
    assert "--force is no longer needed" in again.stderr
    for _ in range(2):
        assert command(*asked[:-2]).exit_code == 0
    assert {path.name for path in (tmp_path / "results").iterdir()} == {"short_sensitivity", "short_sensitivity-2"}
    (tmp_path / "here" / "thesis.txt").write_text("mine")
    assert 'holds "thesis.txt", which is not a result of immunosim' in command(*asked).stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--method", "sobl"), '--method: unknown method "sobl", did you mean "sobol"?'),
        (("-n", "100"), "-n: 100 is not a power of two, ask for 64 or 128 base points"),
        (("--readout", "cd5"), 'unknown read-out "cd5"'),
        (("--vary", "lysis=1:2"), "--vary lysis: cannot be varied"),
        (("--method", "local", "--endpoint", "time_below cd4 0.2e9/L"), "use --method morris or sobol"),
        (("--method", "local", "--vary", "mechanisms.thymopoiesis"), "mechanisms.thymopoiesis: has no derivative"),
        (("--at", "10 years", "--readout", "cd4"), "outside the simulated time span"),
    ],
)
def test_wrong_input_is_said_in_a_line_and_writes_nothing(command, short, contents, options, message):
    found = command("sensitivity", short, *options)
    assert found.exit_code == 2
    assert message in found.stderr
    assert found.stdout == ""
    assert contents() == ["short.toml"]
