"""``immunosim sample`` writes what ArviZ reads, says whether it converged, and goes on after an interruption."""

import json

import numpy as np
import pytest

from immunosim.locks import held

pytest.importorskip("emcee")

FAST = ("--free", "antibody_clearance", "--fix", "others", "--starts", "2", "--workers", "2")


def test_a_sample_that_converged_is_read_elsewhere(command, short, tmp_path):
    import xarray as xr

    found = command("sample", short, *FAST, "--draws", "400", "--out", "here")
    assert found.exit_code == 0, found.stdout
    assert "for every unknown: converged." in found.stdout
    folder = tmp_path / "here"
    names = ["pairs.png", "posterior.nc", "sample.json", "vpc.png"]
    assert sorted(path.name for path in folder.iterdir()) == names
    posterior = xr.load_dataset(folder / "posterior.nc", group="posterior")
    assert posterior["antibody_clearance"].shape == (16, 400)
    record = json.loads((folder / "sample.json").read_text())
    (one,) = record["unknowns"]
    assert one["low_90"] < one["median"] < one["high_90"]
    np.testing.assert_allclose(one["median"], np.median(posterior["antibody_clearance"]), rtol=1e-12)


def test_a_short_sample_is_said_not_to_have_converged(command, short, contents):
    found = command("sample", short, *FAST, "--draws", "10", "--json")
    assert found.exit_code == 3
    assert json.loads(found.stdout)["has_converged"] is False
    assert contents() == ["short.toml"]


def test_an_interrupted_sample_goes_on(command, short, tmp_path, monkeypatch):
    from immunosim.fitting.likelihood.posterior import Posterior

    how = ("sample", short, *FAST, "--draws", "30", "--out")
    command(*how, "whole")
    density, calls = Posterior.log_density, []

    def interrupted(self, unknowns):
        calls.append(1)
        if len(calls) == 20:
            raise KeyboardInterrupt
        return density(self, unknowns)

    monkeypatch.setattr(Posterior, "log_density", interrupted)
    first = command(*how, "here")
    assert first.exit_code == 130
    assert "the steps so far are kept; continue with: immunosim sample" in first.stderr
    assert (tmp_path / ".here-partial" / "chain.steps").is_file()
    command(*how, "here", "--resume")
    whole, here = (json.loads((tmp_path / name / "sample.json").read_text()) for name in ("whole", "here"))
    assert here["unknowns"] == whole["unknowns"]
    assert not (tmp_path / ".here-partial").exists()


def test_several_patients_need_to_be_pooled(command, short):
    path = short.parent / "counts.csv"
    path.write_text("patient,day,lymphocytes [1e9/L]\na,20,0.20\na,35,0.30\nb,20,0.25\n", encoding="utf-8")
    found = command("sample", short, "--data", path, *FAST)
    assert found.exit_code == 2
    assert (
        "there are 2 patients, choose one with --patient (a, b), or take them as one with --patients pooled"
        in found.stderr
    )
    pooled = command("sample", short, "--data", path, "--patients", "pooled", *FAST, "--draws", "10", "--json")
    assert json.loads(pooled.stdout)["n_draws"] == 10


@pytest.mark.parametrize("verb", ["sample", "fit", "forecast"])
def test_a_missing_package_is_said_before_anything_is_done(command, short, contents, monkeypatch, verb):
    from immunosim.fitting.search import sampling

    monkeypatch.setattr(sampling, "find_spec", lambda name: None if name == "arviz" else name)
    found = command(verb, short, *FAST, "--draws", "20")
    assert found.exit_code == 2
    assert found.stderr == "sampling needs the package arviz, run: python -m pip install 'immunosim[fit]'\n"
    assert contents() == ["short.toml"]


@pytest.mark.parametrize("verb", ["sample", "fit"])
def test_results_that_are_being_made_are_refused_before_anything_is_computed(
    command, short, contents, monkeypatch, verb
):
    monkeypatch.setattr("immunosim.fitting.estimate", None)
    with held(short.parent / "here", f"immunosim {verb} first.toml"):
        found = command(verb, short, *FAST, "--out", "here")
    assert found.exit_code == 2
    assert found.stderr.startswith("here: is in use (process ")
    assert f"immunosim {verb} first.toml" in found.stderr
    assert contents() == ["short.toml"]
