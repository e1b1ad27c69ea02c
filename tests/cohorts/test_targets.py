"""Target files: what they say, what they need of a cohort, and what is said of those that are at fault."""

import math
import tomllib
from pathlib import Path

import pytest

from immunosim.cohorts.targets import located_targets, needs, read_targets, shipped_targets
from immunosim.errors import DataError, ScenarioError
from immunosim.models import load_references
from immunosim.units import DAYS_PER_MONTH as MONTH

HEAD = '[source]\ncitation = "Someone 2020"\n'
TARGET = {
    "name": '"count"',
    "statistic": '"mean"',
    "readout": '"cd4"',
    "time": '"6 months"',
    "value": "100",
    "unit": '"cells/uL"',
    "sigma": "0.1",
}


def written(folder: Path, text: str) -> Path:
    path = folder / "targets.toml"
    path.write_text(text, encoding="utf-8")
    return path


def entry(**changes: str | None) -> str:
    """Return a target as TOML, with keys changed, added, or left out where they are None."""
    lines = (f"{key} = {value}" for key, value in (TARGET | changes).items() if value is not None)
    return "\n[[target]]\n" + "\n".join(lines) + "\n"


def targets_of(folder: Path, **changes):
    return read_targets(written(folder, HEAD + entry(**changes)))


def test_a_target_says_what_was_published_and_where(tmp_path):
    (target,) = targets_of(tmp_path, evidence='["X1", "X2"]', grade='"B"', use='"held out"', cohort='"trial"')
    assert target.record.time == 6.0 * MONTH
    assert (target.record.value, target.record.grade, target.record.use) == (100.0, "B", "held out")
    assert (target.cohort, target.source, target.key("time")) == ("trial", "Someone 2020, X1, X2", "target[1].time")


def test_the_cohort_of_the_file_is_that_of_targets_that_name_none(tmp_path):
    text = 'cohort = "trial"\n' + HEAD + entry() + entry(name='"other"', cohort='"clinic"')
    assert [target.cohort for target in read_targets(written(tmp_path, text))] == ["trial", "clinic"]


@pytest.mark.parametrize(
    ("changes", "spread"),
    [
        ({}, 0.1),
        ({"sigma": None, "standard_error": "5"}, 0.05),
        ({"sigma": None, "standard_error": "5", "scale": '"linear"'}, 5.0),
        ({"sigma": None, "interval": "[90, 112]"}, math.log(112 / 90) / (2 * 1.959963984540054)),
        ({"sigma": None, "interval": "[90, 112]", "scale": '"linear"'}, 22 / (2 * 1.959963984540054)),
        ({"sigma": None, "interval": "[90, 112]", "confidence": "0.9"}, math.log(112 / 90) / (2 * 1.6448536269514722)),
    ],
)
def test_sigma_follows_from_a_standard_error_or_an_interval(tmp_path, changes, spread):
    (target,) = targets_of(tmp_path, **changes)
    assert target.record.spread == pytest.approx(spread, rel=1e-12)


def test_a_residual_is_of_the_logarithm_or_of_the_number(tmp_path):
    (logarithmic,) = targets_of(tmp_path)
    assert logarithmic.record.residual(110.0) == pytest.approx(math.log(1.1) / 0.1)
    assert logarithmic.record.residual(0.0) == -math.inf
    (linear,) = targets_of(tmp_path, scale='"linear"', sigma="4")
    assert linear.record.residual(110.0) == 2.5
    assert (linear.record.is_within(108.0), linear.record.is_within(108.1)) == (True, False)


FAULTS = {
    "no citation": ("[source]\n" + entry(), "source.citation", "is missing"),
    "no source": (entry(), "source", "is missing"),
    "no targets": ("target = []\n" + HEAD, "target", "holds no target"),
    "unknown key": (HEAD + entry(tolerence='"within 6"'), "target[1].tolerence", "unknown key"),
    "unknown statistic": (HEAD + entry(statistic='"men"'), "target[1].statistic", 'did you mean "mean"'),
    "lacking key": (HEAD + entry(readout=None), "target[1].readout", "mean needs it"),
    "foreign key": (HEAD + entry(fraction="0.5"), "target[1].fraction", "does not belong to mean"),
    "two of one": (HEAD + entry(endpoint='"peak"'), "target[1].endpoint", "takes only one of"),
    "passage without level": (HEAD + entry(statistic='"median_time"', time=None), "target[1].level", "needs a level"),
    "level without unit": (HEAD + entry(statistic='"share_below"', level="400"), "target[1].level", "has no unit"),
    "time without unit": (HEAD + entry(time="6"), "target[1].time", "has no unit"),
    "time of a course": (HEAD + entry(time='"course 2 + 1 month"'), "target[1].time", "is not a quantity"),
    "time before day 0": (HEAD + entry(time='"-1 month"'), "target[1].time", "is not positive"),
    "text for a value": (HEAD + entry(value='"100"'), "target[1].value", "is not a number"),
    "unknown unit": (HEAD + entry(unit='"cels/uL"'), "target[1].unit", "cels"),
    "no uncertainty": (HEAD + entry(sigma=None), "target[1].sigma", "has no uncertainty"),
    "two uncertainties": (HEAD + entry(standard_error="3"), "target[1].standard_error", "sigma and standard_error"),
    "sigma of 0": (HEAD + entry(sigma="0"), "target[1].sigma", "greater than 0"),
    "value without logarithm": (HEAD + entry(value="0"), "target[1].value", "has no logarithm"),
    "interval beside the value": (HEAD + entry(sigma=None, interval="[110, 120]"), "target[1].interval", "not between"),
    "tolerance in other words": (HEAD + entry(tolerance='"about 15 %"'), "target[1].tolerance", "is not a tolerance"),
    "noise without end": (HEAD + entry(statistic='"sd"', noise='"1000 %"'), "target[1].noise", "not a noise"),
    "group that is no condition": (HEAD + entry(group='"smokers"'), "target[1].group", "not a condition"),
    "endpoint of nothing": (HEAD + entry(readout=None, endpoint='"nadir of"'), "target[1].endpoint", "not an endpoint"),
    "unknown scale": (HEAD + entry(scale='"logarithm"'), "target[1].scale", 'is not one of "log"'),
    "unknown use": (HEAD + entry(use='"maybe"'), "target[1].use", "is not one of"),
    "visits out of order": (
        HEAD + entry(statistic='"median_time"', time=None, level='"1 cells/uL"', visits='["6 months", "1 month"]'),
        "target[1].visits",
        "have to rise",
    ),
    "delay that ends": (
        HEAD
        + entry(statistic='"median_time"', time=None, level='"1 cells/uL"', delay='[{until = "1 day", add = "1 day"}]'),
        "target[1].delay",
        "without until",
    ),
    "window that ends first": (
        HEAD + entry(statistic='"mean_over_time"', time=None, start='"2 months"', end='"1 month"'),
        "target[1].end",
        "is not after the start",
    ),
    "the same name twice": (HEAD + entry() + entry(), "target", 'two targets are called "count"'),
    "an array for a table": (HEAD + "[target]\nname = 'a'\n", "target", "expected an array of tables"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_by_file_key_reason_and_cure(tmp_path, fault):
    text, key, message = FAULTS[fault]
    path = written(tmp_path, text)
    with pytest.raises(ScenarioError) as caught:
        read_targets(path)
    about = [problem for problem in caught.value.problems if problem.key == key]
    assert about, str(caught.value)
    assert about[0].file == str(path)
    assert message in str(about[0])


def test_every_fault_of_a_file_is_named_at_once(tmp_path):
    text = HEAD + entry(sigma=None) + entry(name='"b"', statistic='"men"')
    with pytest.raises(ScenarioError) as caught:
        read_targets(written(tmp_path, text))
    assert [problem.key for problem in caught.value.problems] == ["target[1].sigma", "target[2].statistic"]


@pytest.mark.parametrize(("text", "message"), [("[[target]\n", "not valid TOML"), ("", "empty")])
def test_what_is_not_toml_is_refused(tmp_path, text, message):
    with pytest.raises(ScenarioError, match=message):
        read_targets(written(tmp_path, text))


def test_an_unknown_name_lists_the_files_of_the_model():
    with pytest.raises(DataError) as caught:
        located_targets(["dubuison2018"], "alemtuzumab")
    assert 'did you mean "dubuisson2018"' in str(caught.value)


def test_a_model_without_target_files_has_none():
    assert shipped_targets("teaching") == {}


def test_a_cohort_keeps_what_its_targets_read(tmp_path):
    passage = entry(name='"a"', statistic='"median_time"', time=None, level='"50 % of baseline"', start='"1 month"')
    risk = entry(
        name='"b"', statistic='"risk"', readout=None, hazard='"h"', time='"12 months"', unit='"%"', cohort='"other"'
    )
    peak = entry(name='"c"', readout=None, time=None, endpoint='"maximum x from 0 days to 30 days as peak"')
    targets = read_targets(written(tmp_path, 'cohort = "trial"\n' + HEAD + entry() + passage + risk + peak))
    needed = needs(targets)
    assert needed.readouts == ("cd4", "h")
    assert needed.endpoints == ("maximum x from 0 days to 30 days as peak",)
    assert needed.times == pytest.approx((0.0, MONTH, 6.0 * MONTH, 12.0 * MONTH))
    assert needs(targets, "trial").readouts == ("cd4",)


def test_the_shipped_files_name_each_row_once_with_sources_that_the_bibliography_knows():
    targets = located_targets(["all"], "alemtuzumab")
    assert len({target.record.name for target in targets}) == len(targets)
    files = [tomllib.loads(path.read_text()) for path in shipped_targets("alemtuzumab").values()]
    keys = {file["source"]["key"] for file in files if "key" in file["source"]}
    assert {"dubuisson2018", "li2018", "hillcawthorne2012"} <= keys <= set(load_references())


def test_the_first_version_keeps_its_81_rows():
    first = located_targets(["all"], "alemtuzumab_1")
    assert [sum(target.record.use == use for target in first) for use in ("fitted", "held out")] == [68, 13]


def test_what_conditions_and_following_passages_read_is_kept(tmp_path):
    following = entry(
        name='"a"',
        statistic='"share_followed"',
        readout=None,
        time=None,
        hazard='"h"',
        unit='"%"',
        other='"titre"',
        other_level='"50 % of baseline"',
        within='"3 years"',
        group='"count >= 1 cells/uL at 6 months"',
    )
    needed = needs(read_targets(written(tmp_path, HEAD + following)))
    assert set(needed.readouts) == {"h", "titre", "count"}
    assert needed.times == pytest.approx((0.0, 6.0 * MONTH))
    assert needed.over_time


def test_shipped_targets_are_of_readouts_of_the_model(model):
    targets = located_targets(["all"], "alemtuzumab")
    known = {*model.readouts, *model.pools}
    assert set(needs(targets).readouts) - known == set()
