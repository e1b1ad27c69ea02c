"""``immunosim plot`` draws a result into a file, and says what it drew, where it is, and what cannot be drawn."""

import shutil

import numpy as np
import pytest

from immunosim.ensembles import Endpoint, simulate_ensemble
from immunosim.scenario import load_scenario


@pytest.fixture(scope="module")
def simulated(tmp_path_factory, configs):
    """Return the files of a grid of ages and efficiencies without failures, and of one in which a column fails."""
    folder = tmp_path_factory.mktemp("ensembles")
    scenario = load_scenario(configs / "one_course.toml", ("horizon=60 days", "output.every=10 days"))
    for name, ages in {"well": (30.0, 40.0, 50.0), "some": (30.0, 40.0, 50.0, 500.0), "none": (500.0, 600.0)}.items():
        age, efficiency = (line.ravel() for line in np.meshgrid(ages, [0.3, 0.6, 1.0]))
        columns = {"age": age, "depletion_efficiency": efficiency}
        found = simulate_ensemble(scenario, columns, readouts=["cd4"], endpoints=[Endpoint("nadir", "cd4")])
        found.save(folder / f"{name}.nc")
    return folder


@pytest.fixture
def files(simulated, tmp_path, monkeypatch):
    """Return an own copy of the files, in the working folder."""
    for path in simulated.iterdir():
        shutil.copy(path, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_without_options_a_map_lies_beside_the_result(command, files):
    found = command("plot", "well.nc")
    assert found.exit_code == 0
    assert found.stdout.splitlines() == [
        "Drawn:  heatmap of nadir_cd4 over depletion_efficiency and age, 9 patients",
        "Figure: well_heatmap_nadir_cd4.png",
        "Next:   immunosim plot well.nc --kind contour",
    ]
    assert (files / "well_heatmap_nadir_cd4.png").read_bytes().startswith(b"\x89PNG")


def test_failures_are_counted_and_the_next_command_shows_them(command, files):
    found = command("plot", "some.nc", "--kind", "bands")
    assert "bands of cd4, 9 of 12 patients" in found.stdout
    assert "Next:   immunosim failures some.nc" in found.stdout


@pytest.mark.parametrize(("name", "start"), [("a.pdf", b"%PDF"), ("deep/a.svg", b"<?xml"), ("a.PNG", b"\x89PNG")])
def test_the_suffix_says_the_kind_of_file(command, files, name, start):
    options = ("--kind", "contour", "--readout", "cd4", "--at", "1 month", "--threshold", "0.2e9/L")
    found = command("plot", "well.nc", *options, "--out", name)
    assert found.exit_code == 0, found.output
    assert (files / name).read_bytes().startswith(start)


def test_an_earlier_file_is_replaced_only_by_force(command, files):
    options = ("plot", "well.nc", "--kind", "spaghetti", "--color", "age")
    assert command(*options).exit_code == 0
    again = command(*options)
    assert again.exit_code == 2
    assert "well_spaghetti_cd4.png: already exists" in again.stderr
    assert command(*options, "--force").exit_code == 0


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (
            ["well.nc", "--readout", "nadir_cd5"],
            'well.nc: --readout: unknown result "nadir_cd5", did you mean "nadir_cd4"?',
        ),
        (["well.nc", "--x", "agee"], 'well.nc: --x: "agee" was not varied, did you mean "age"?'),
        (["well.nc", "--kind", "map"], 'well.nc: --kind: unknown kind of figure "map"'),
        (["well.nc", "--readout", "cd4", "--at", "3 mg"], 'well.nc: --at: "3 mg" is a mass'),
        (["well.nc", "--threshold", "3 days"], 'well.nc: --threshold: "3 days" is a time'),
        (["well.nc", "--kind", "bands", "--at", "3"], "well.nc: --at: does not apply to a figure of the kind bands"),
        (["well.nc", "--out", "a.gif"], '--out: "a.gif" has an unknown file type, end it with .png, .pdf, .svg'),
        (
            ["none.nc"],
            "none.nc: all 6 patients failed, so there is nothing to draw, see why: immunosim failures none.nc",
        ),
        (["missing.nc"], "missing.nc: does not exist"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_a_line(command, files, options, complaint):
    found = command("plot", *options)
    assert found.exit_code == 2
    assert complaint in found.stderr
    assert found.stdout == ""
    assert len(list(files.iterdir())) == 3
