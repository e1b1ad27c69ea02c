"""Answers about models, parameters, files and the installation are results: short, tables, plain data, pickled."""

import json
import pickle
from pathlib import Path

import matplotlib.figure
import pytest
import xarray as xr

import immunosim as ims
from immunosim.diagnosis import Finding, Severity
from immunosim.diagnosis.kernel_cache import CacheEntry
from immunosim.door.installation import InstallationCheck, KernelCache
from immunosim.door.keeping import Partial
from immunosim.errors import ImmunosimError
from immunosim.report import to_json


@pytest.fixture(scope="module")
def many():
    return ims.ensemble("teaching_course", {"division_rate": [0.0015, 0.002]}, endpoints=["nadir of t_cells"])


@pytest.fixture(scope="module")
def results(many):
    found = [
        ims.describe_model("teaching"),
        ims.describe_parameters(model="teaching"),
        ims.check("teaching_course"),
        InstallationCheck((Finding("core", "is slow", Severity.WARNING, "wait"),)),
        KernelCache(Path("cache"), (CacheEntry(Path("cache/lanes-1"), "stale", "machine code", "", 10_000, 0.0),)),
        ims.failure_atlas(many),
        ims.replay(many, 0),
        ims.estimate_sweep("teaching_course", {"division_rate": "x0.5:x2"}, n=8),
    ]
    return {type(one).__name__: one for one in found}


KINDS = (
    *("ModelDescription", "ParameterTable", "ScenarioCheck", "InstallationCheck", "KernelCache"),
    *("FailureAtlas", "Replay", "SweepEstimate"),
)


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_short_a_table_plain_data_and_pickled(results, kind):
    found = results[kind]
    assert repr(found).startswith(f"<{kind}: ")
    assert len(repr(found)) <= 250
    assert len(found._repr_html_().splitlines()) <= 40
    assert found.to_dataframe() is not None
    assert isinstance(found.dataset, xr.Dataset)
    assert json.loads(to_json(found.summary())) is not None
    assert repr(pickle.loads(pickle.dumps(found))) == repr(found)


def test_there_is_one_of_every_kind(results):
    assert set(results) == set(KINDS)


def test_a_model_gives_its_tables_equations_code_and_diagram(results):
    found = results["ModelDescription"]
    assert set(found.to_dataframe("readouts")["name"]) == {"t_cells", "antibody_serum", "cytokine_level"}
    assert found.untreated["t_cells_blood"] == pytest.approx(1500.0)
    assert "d t_cells_blood/dt" in found.equations()
    assert found.latex().startswith("\\documentclass")
    assert found.kernel("rhs").startswith("def rhs(")
    assert isinstance(found.plot(), matplotlib.figure.Figure)
    part = ims.describe_model("teaching", "depletion")
    assert list(part.to_dataframe("processes")["mechanism"]) == ["depletion"]


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        (lambda: ims.describe_model("teaching", "depletoin"), 'unknown mechanism "depletoin", did you mean'),
        (lambda: ims.describe_model("teaching").to_dataframe("pool"), 'unknown topic "pool", did you mean "pools"'),
        (lambda: ims.describe_model("teaching").kernel("rsh"), 'unknown kernel "rsh"'),
        (lambda: ims.describe_parameters("rate", group="cels", model="teaching"), 'unknown group "cels"'),
        (lambda: ims.describe_parameters("nothing_like_it"), 'no parameter is called "nothing_like_it"'),
        (lambda: ims.starting_scenario("new.toml", extends="one_course"), 'itself extends "two_courses.toml"'),
    ],
)
def test_what_does_not_exist_is_refused(asked, complaint):
    with pytest.raises(ImmunosimError) as refused:
        asked()
    assert complaint in str(refused.value)


def test_one_parameter_is_found_by_name_and_several_by_part_of_a_label():
    (one,) = ims.describe_parameters("division_rate", model="teaching")
    assert one.unit == "1/day"
    assert len(ims.describe_parameters("steroid", model="teaching")) > 1


def test_a_starting_scenario_and_its_schema_are_texts(tmp_path):
    (tmp_path / "mine.toml").write_text(ims.starting_scenario(tmp_path / "mine.toml", minimal=True), encoding="utf-8")
    assert ims.check(tmp_path / "mine.toml").scenario.course
    assert 'extends = "two_courses"' in ims.starting_scenario("mine.toml", extends="two_courses")
    assert "division_rate" in json.dumps(ims.scenario_schema("teaching"))


def test_a_check_says_what_a_sweep_would_vary_and_what_was_observed():
    found = ims.check("case_report", {"sweep.vary.blood_lysis_rate": "x0.5:x2"})
    assert found.varied[0][0] == "blood_lysis_rate"
    headers, rows = found.observed()
    assert (headers[0], len(rows) > 3) == ("read-out", True)


def test_replay_takes_the_first_that_failed_and_says_where_none_did(many):
    with pytest.raises(ImmunosimError, match="none of its 2 patients failed"):
        ims.replay(many)
    told = []
    failed = ims.ensemble("teaching_course", {"division_rate": [0.002]}, overrides={"solver.max_steps": 5})
    found = ims.replay(failed, announce=told.append)
    assert (found.sample, found.is_reproduced) == (0, True)
    assert "this is the first" in told[-1]


def test_a_profile_and_a_sample_are_fits_of_one_patient():
    how = {"patient": "T2", "free": ["division_rate"], "starts": 1}
    found = ims.profile("teaching_course", "teaching.csv", confidence=0.8, points=4, **how)
    assert list(found.profiles) == ["division_rate"]
    assert found.profiles["division_rate"].threshold < 0.9  # half the 80 % quantile of chi-squared: 0.82; of 90 %: 1.35
    drawn = ims.sample("teaching_course", "teaching.csv", draws=20, walkers=8, **how).sampled
    assert drawn.draws.shape[:2] == (8, 20)
    with pytest.raises(ImmunosimError, match=r"there are 3 patients, choose one with `patient` \(T1, T2, T3\)"):
        ims.profile("teaching_course", "teaching.csv", free=["division_rate"], starts=1)
    with pytest.raises(ImmunosimError, match="is not fitted"):
        ims.profile("teaching_course", "teaching.csv", ["lysis_rate"], **how)


def test_a_scenario_whose_simulation_failed_is_left_out_of_a_comparison():
    told = []
    broken = ims.load_scenario("teaching_course", {"solver.max_steps": 3, "title": "broken"})
    later = ims.load_scenario("teaching_course", {"course.1.start": "10 days", "title": "later"})
    found = ims.compare("teaching_course", broken, later, announce=told.append)
    assert (found.names, list(found.failures)) == (("teaching_course", "later"), ["broken"])
    assert told[-1].startswith("broken: the integration stopped")
    assert {one.explanation.readout for one in ims.attribute(found)} <= {"t_cells", "antibody_serum", "cytokine_level"}
    with pytest.raises(ImmunosimError, match="1 of 2 scenarios could be simulated"):
        ims.compare("teaching_course", broken)


def test_an_interrupted_fit_goes_on_with_the_patients_that_it_kept(tmp_path):
    how = {"free": ["division_rate"], "starts": 1, "keep": tmp_path / "fit"}
    told = []

    def interrupt(patient):
        told.append(patient)
        if len(told) == 2:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patched:
        load = Partial.load
        patched.setattr(Partial, "load", lambda self, name: interrupt(name) or load(self, name))
        with pytest.raises(KeyboardInterrupt):
            ims.fit("teaching_course", "teaching.csv", **how)
    assert [path.name for path in tmp_path.iterdir()] == [".fit-partial"]
    saved = []
    with pytest.MonkeyPatch.context() as patched:
        save = Partial.save
        patched.setattr(Partial, "save", lambda self, name, record: saved.append(name) or save(self, name, record))
        found = ims.fit("teaching_course", "teaching.csv", **how)
    assert saved == ["T2", "T3"]
    assert found.to_dataframe().equals(
        ims.fit("teaching_course", "teaching.csv", **how | {"keep": None}).to_dataframe()
    )
    assert list(tmp_path.iterdir()) == []
