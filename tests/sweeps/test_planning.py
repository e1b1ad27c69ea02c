"""A plan comes from the command line over the scenario's own [sweep] section, and says what it does not have."""

from pathlib import Path

import numpy as np
import pytest

from immunosim.scenario import load_scenario, widest_gap
from immunosim.sweeps import SweepRequest, plan_of, read_base
from immunosim.sweeps.designs import Filling, Grid, Listed
from immunosim.sweeps.plan import differences, fingerprint_of
from immunosim.units import DAYS_PER_MONTH

SECTION = """
extends = "{}"
horizon = "13 months"

[sweep]
design = "sobol"
n = 12
seed = 5
endpoints = ["nadir of cd4"]
readouts = ["cd8"]
at = ["30 days"]

[sweep.vary]
blood_lysis_rate = "x0.5:x2:log"
patient.age = [30, 40]
course.1.dose = "6 mg:24 mg"
"""


@pytest.fixture
def written(tmp_path, configs):
    """Return a scenario file with a section on sweeps."""
    path = tmp_path / "study.toml"
    path.write_text(SECTION.format(configs / "two_courses.toml"), encoding="utf-8")
    return path


def test_a_scenario_may_say_everything_itself(written):
    base = read_base(written)
    plan, notes = plan_of(base, SweepRequest({}).over(base.section, written.parent))
    assert notes == []
    assert [factor.name for factor in plan.recipe.factors] == ["blood_lysis_rate", "patient.age", "course.1.dose"]
    assert plan.recipe.factors[1].values == (30.0, 40.0)
    assert isinstance(plan.design, Filling)
    assert plan.design.describe() == {"kind": "sobol", "n": 12, "seed": 5}
    assert [one.label for one in plan.recipe.outputs.endpoints] == ["nadir_cd4"]
    assert plan.recipe.outputs.readouts == ("cd8",)
    assert plan.recipe.outputs.times == (30.0,)


def test_the_section_is_no_part_of_a_single_run_and_of_the_patients(written):
    assert load_scenario(written).sweep is not None
    assert "sweep" not in read_base(written).document


def test_the_command_line_goes_before_the_section_one_by_one(written):
    section = read_base(written).section
    own = SweepRequest({}, design="grid", n=2, endpoints=["peak of cd8 as top"], every=10.0)
    found = own.over(section, written.parent)
    assert (found.design, found.n, found.seed) == ("grid", 2, 5)
    assert found.endpoints == ["peak of cd8 as top"]
    assert (found.readouts, found.at, found.every) == (("cd8",), (30.0,), 10.0)
    assert list(found.vary) == ["blood_lysis_rate", "patient.age", "course.1.dose"]


def test_a_seed_and_an_interval_of_zero_are_said_too(written):
    section = read_base(written).section
    found = SweepRequest({}, seed=0, every=0.0).over(section, written.parent)
    assert (found.seed, found.every) == (0, 0.0)


def test_what_varies_comes_from_one_place(written):
    section = read_base(written).section
    assert SweepRequest({"age": "20:60"}).over(section, written.parent).vary == {"age": "20:60"}
    table = SweepRequest({}, rows=Path("t.csv")).over(section, written.parent)
    assert (table.vary, table.rows) == ({}, Path("t.csv"))


def test_a_table_of_the_section_lies_beside_the_scenario(tmp_path, configs, monkeypatch):
    folder = tmp_path / "study"
    folder.mkdir()
    path = folder / "study.toml"
    path.write_text(f'extends = "{configs}/two_courses.toml"\nhorizon = "13 months"\n[sweep]\nrows = "patients.csv"\n')
    (folder / "patients.csv").write_text("age\n30\n30\n50\n")
    monkeypatch.chdir(tmp_path)
    base = read_base(Path("study/study.toml"))
    plan, notes = plan_of(base, SweepRequest({}).over(base.section, Path("study")))
    assert isinstance(plan.design, Listed)
    assert plan.design.values.tolist() == [[30.0], [30.0], [50.0]]
    assert notes == ["study/patients.csv: 1 of 3 rows repeat an earlier one; all are computed"]


def test_a_thousand_patients_of_a_latin_hypercube_are_the_default(base):
    plan, _ = plan_of(base, SweepRequest({"age": "20:60"}))
    assert plan.design.describe() == {"kind": "latin_hypercube", "n": 1000, "seed": 0}
    assert len(plan.recipe.outputs.endpoints) == 6


def test_a_grid_has_levels_of_each_range(base):
    plan, _ = plan_of(base, SweepRequest({"age": "20:60", "patient.sex": "female,male"}, design="grid", n=3))
    assert isinstance(plan.design, Grid)
    assert plan.n == 6


def test_all_readouts_can_be_kept(base):
    plan, _ = plan_of(base, SweepRequest({"age": "20:60"}, readouts=["all"], at=[1.0]))
    assert plan.recipe.outputs.readouts == tuple(base.problem.model.readouts)


def test_the_title_is_no_part_of_the_fingerprint_but_all_else_is(configs):
    def fingerprint(*changes, **wishes):
        base = read_base(configs / "one_course.toml", ["horizon=6 months", *changes])
        return plan_of(base, SweepRequest(**{"vary": {"age": "20:60"}, **wishes}))[0].fingerprint

    usual = fingerprint()
    assert fingerprint("title=Another") == usual
    others = [
        fingerprint("patient.weight=71 kg"),
        fingerprint(seed=1),
        fingerprint(n=999),
        fingerprint(design="sobol"),
        fingerprint(vary={"age": "20:61"}),
        fingerprint(endpoints=["nadir of cd4"]),
        fingerprint(readouts=["cd4"]),
    ]
    assert len({usual, *others}) == 8


NO_VARIATION = "name the factors: `vary=blood_lysis_rate=x0.5:x2:log`, `rows=FILE` or [sweep.vary]"


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"vary": {}}, f"BASE: no factor is given, {NO_VARIATION}"),
        (
            {"vary": {"age": "20:60"}, "rows": Path("t.csv")},
            "rows: replaces `vary`, leave out `vary`, or the table",
        ),
        ({"vary": {"age": "20:60", "patient.age": "20:30"}}, "patient.age: is varied twice, leave one out"),
        (
            {"vary": {"patient.baseline.cd4": "500 cells/uL:900 cells/uL", "cd4_scale": "0.5:2"}},
            "parameters.cd4_scale: follows from patient.baseline.cd4, vary one of them, not both",
        ),
        (
            {"vary": {"age": "20:60", "cd4_scale": "0.5:2"}, "endpoints": ["nadir of cd4 as cd4_scale"]},
            'an endpoint and a factor are both called "cd4_scale", give it another name',
        ),
        (
            {"vary": {"patient.baseline.cd4": "1 cells/uL:900 cells/uL"}},
            'vary "patient.baseline.cd4=1.0 cells/uL": patient.baseline.cd4: is 0.00103 times the typical count, '
            "beyond what the model is meant for, check value and unit; typical is 973 cells/uL",
        ),
    ],
)
def test_what_cannot_be_planned_is_refused(base, refusal, wish, message):
    assert refusal(plan_of, base, SweepRequest(**wish)) == message.replace("BASE", base.file)


@pytest.mark.parametrize("wish", [{"n": 3}, {"seed": 0}, {"design": "grid"}])
def test_a_table_and_a_design_exclude_each_other(refusal, wish):
    message = refusal(SweepRequest({}, rows=Path("t.csv"), **wish).over, None, Path())
    assert message == "rows: replaces a design, leave out `design`, `n` and `seed`"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("n = 0", "sweep.n: 0 is out of range, must be at least 1"),
        ("seed = -1", "sweep.seed: -1 is out of range, must be at least 0"),
        ('design = "random"', 'sweep.design: "random" is not one of "grid", "latin_hypercube" or "sobol"'),
        ("nn = 3", 'sweep.nn: unknown key, did you mean "n"?'),
        ('every = "0 days"', 'sweep.every: "0 days" is not positive, write for example "4 h"'),
    ],
)
def test_a_section_that_is_wrong_is_named(tmp_path, configs, refusal, line, message):
    path = tmp_path / "study.toml"
    path.write_text(f'extends = "{configs}/two_courses.toml"\n[sweep]\n{line}\n')
    assert refusal(read_base, path).startswith(f"{path}: {message}")


def test_readouts_without_times_are_kept_around_the_doses_of_all_patients(base):
    monthly = plan_of(base, SweepRequest({"age": [30, 40]}, readouts=["cd4"], every=DAYS_PER_MONTH))[0].recipe.outputs
    usual = plan_of(base, SweepRequest({"age": [30, 40]}, readouts=["cd4"]))[0].recipe.outputs
    moved = plan_of(base, SweepRequest({"course.1.start": "10 d:50 d"}, readouts=["cd4"]))[0].recipe.outputs
    assert set(monthly.times) < set(usual.times)
    assert widest_gap(base.scenario, np.array(monthly.times)) > 20.0
    assert widest_gap(base.scenario, np.array(usual.times)) == 0.0
    for start in (10.0, 30.0, 50.0):
        course = base.scenario.course[0].model_copy(update={"start": start})
        late = base.scenario.model_copy(update={"course": (course, *base.scenario.course[1:])})
        assert widest_gap(late, np.array(moved.times)) == 0.0
    assert len(moved.times) < 500


def test_words_are_no_part_of_a_fingerprint_and_every_number_is():
    plain = {"document": {"patient": {"age": 34}}, "model": "m"}
    worded = {"document": {"patient": {"age": 34}, "title": "a", "description": "b"}, "model": "m"}
    older = {"document": {"patient": {"age": 40}}, "model": "m"}
    assert fingerprint_of(plain) == fingerprint_of(worded)
    assert differences(plain, worded) == []
    assert len({fingerprint_of(one) for one in (plain, older, plain | {"model": "n"}, plain | {"more": None})}) == 4
    assert differences(plain, older) == ["document.patient.age: 34 there, 40 here"]
    assert differences(plain, plain | {"factors": [1]}) == ["factors: null there, [1] here"]
