"""A parameter set that extends another has what it leaves out from there, but never a source for another value."""

from pathlib import Path

import pytest

from immunosim.errors import ParameterError
from immunosim.models import find_model
from immunosim.parameters import ParameterSet, parse_parameters, read_set

BASE = """
[patient.weight]
value = 70.0
unit = "kg"
bounds = [30.0, 200.0]
set_by = "patient.weight"
source = ["old"]
evidence = "measured"
label = "Body weight"
symbol = "W"
note = "Weight."

[depletion.lysis_rate]
value = 2.0
unit = "1/day"
bounds = [0.5, 10]
prior = "lognormal"
prior_median = 2.0
prior_sd = 0.1
source = ["old"]
evidence = "fitted"
label = "Lysis rate"
symbol = "k"
note = "A rate."
"""
CHANGED = """
[depletion.lysis_rate]
value = 3.0
source = ["new"]
evidence = "measured"
"""
NEW = BASE[BASE.index("[depletion") :].replace("lysis_rate", "loss_rate")
OLD_ENTRY, NEW_ENTRY = (f"@misc{{{key},\n  title = {{A title}},\n}}\n" for key in ("old", "new"))


def write(folder: Path, **sets: str) -> Path:
    """Write parameter sets, and return their folder."""
    folder.mkdir(parents=True)
    for name, text in sets.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def base(tmp_path: Path) -> Path:
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "references.bib").write_text(OLD_ENTRY, encoding="utf-8")
    return write(tmp_path / "base" / "parameters", default=BASE)


def extended(tmp_path: Path, base: Path, text: str) -> ParameterSet:
    """Return the default set of a model that builds on the base."""
    mine = write(tmp_path / "mine" / "parameters", default=text)
    (tmp_path / "mine" / "references.bib").write_text(NEW_ENTRY, encoding="utf-8")
    return read_set(mine, "default", (("base", base),))


def test_what_is_left_out_is_that_of_the_set_of_the_same_name_in_the_base(tmp_path: Path, base: Path) -> None:
    found = extended(tmp_path, base, 'extends = "base/default"\n' + NEW)
    assert list(found) == ["weight", "lysis_rate", "loss_rate"]
    assert found["weight"] == read_set(base, "default")["weight"]


def test_a_changed_value_keeps_unit_and_bounds_but_neither_source_nor_prior(tmp_path: Path, base: Path) -> None:
    found = extended(tmp_path, base, 'extends = "base/default"\n' + CHANGED)["lysis_rate"]
    assert (found.value, found.unit, found.lower, found.label) == (3.0, "1/day", 0.5, "Lysis rate")
    assert (found.source, found.evidence, found.prior) == (("new",), "measured", None)


def test_a_changed_parameter_is_set_by_the_key_that_it_had(tmp_path: Path, base: Path) -> None:
    changed = CHANGED + '\n[patient.weight]\nvalue = 80.0\nsource = ["new"]\nevidence = "measured"\n'
    found = extended(tmp_path, base, 'extends = "base/default"\n' + changed)
    assert (found["lysis_rate"].belongs_to_patient, found.key_of("lysis_rate")) == (False, "parameters.lysis_rate")
    assert (found["weight"].belongs_to_patient, found.key_of("weight")) == (True, "patient.weight")


def test_a_scenario_reads_and_sets_the_parameters_of_an_extended_set() -> None:
    from immunosim.codegen.loader import load_model
    from immunosim.patient_parameters import individual_vector
    from immunosim.scenario import build_scenario

    package = find_model("teaching")
    changed = CHANGED.replace('["new"]', '"assumed"').replace('"measured"', '"assumed"')
    found = parse_parameters('extends = "default"\n' + changed, "faster", None, package.parameters)
    model = load_model(found.units(), package=package)
    place = model.position["lysis_rate"]
    for own, expected in (({}, 3.0), ({"lysis_rate": 4.0}, 4.0)):
        scenario = build_scenario({"model": "teaching", "horizon": "1 day", "parameters": own})
        assert individual_vector(scenario, found, model)[place] == expected


def test_a_table_may_change_what_the_base_says_and_nothing_else(tmp_path: Path, base: Path) -> None:
    changed = CHANGED + 'bounds = [1.0, 5.0]\nlabel = "Other"\nprior = "lognormal"\nprior_median = 3\nprior_sd = 0.2\n'
    found = extended(tmp_path, base, 'extends = "base/default"\n' + changed)["lysis_rate"]
    assert (found.lower, found.upper, found.label, found.unit, found.symbol) == (1.0, 5.0, "Other", "1/day", "k")
    assert found.prior is not None
    assert (found.prior.median, found.prior.sd) == (3.0, 0.2)


def test_what_is_no_table_is_refused_in_an_extended_set_too(tmp_path: Path, base: Path) -> None:
    with pytest.raises(ParameterError, match=r"default.toml: depletion.lysis_rate: is not a table"):
        extended(tmp_path, base, 'extends = "base/default"\n[depletion]\nlysis_rate = 3.0\n')


def test_a_base_may_extend_its_own_base(tmp_path: Path, base: Path) -> None:
    (base / "slower.toml").write_text('extends = "default"\n' + CHANGED.replace("3.0", "1.0").replace("new", "old"))
    found = extended(tmp_path, base, 'extends = "base/slower"\n' + NEW)
    assert found.values() == {"weight": 70.0, "lysis_rate": 1.0, "loss_rate": 2.0}


def test_a_set_of_the_base_extends_sets_of_the_base_and_not_of_the_model_above(tmp_path: Path, base: Path) -> None:
    (base / "odd.toml").write_text('extends = "extra"\n')
    write(tmp_path / "mine" / "parameters", default='extends = "base/odd"\n', extra="")
    with pytest.raises(ParameterError, match='unknown parameter set "extra"'):
        read_set(tmp_path / "mine" / "parameters", "default", (("base", base),))


def test_sources_of_both_are_in_the_bibliography(tmp_path: Path, base: Path) -> None:
    assert set(extended(tmp_path, base, 'extends = "base/default"\n' + CHANGED).references()) == {"old", "new"}


def test_a_set_extends_another_of_its_own_model(tmp_path: Path) -> None:
    folder = write(tmp_path / "parameters", default=BASE, faster='extends = "default"\n' + CHANGED)
    assert read_set(folder, "faster").values() == {"weight": 70.0, "lysis_rate": 3.0}


def test_a_changed_value_without_a_source_is_refused(tmp_path: Path, base: Path) -> None:
    with pytest.raises(ParameterError, match=r'default.toml: depletion.lysis_rate: key "source" is missing'):
        extended(tmp_path, base, 'extends = "base/default"\n' + CHANGED.replace('source = ["new"]\n', ""))


def test_a_changed_value_must_lie_within_the_bounds_of_the_base(tmp_path: Path, base: Path) -> None:
    with pytest.raises(ParameterError, match=r"default.toml: lysis_rate: 30 1/day is above its upper bound of 10"):
        extended(tmp_path, base, 'extends = "base/default"\n' + CHANGED.replace("3.0", "30.0"))


def test_a_parameter_of_the_base_may_not_move_to_another_group(tmp_path: Path, base: Path) -> None:
    moved = NEW.replace("depletion.loss_rate", "other.lysis_rate")
    with pytest.raises(ParameterError, match="lysis_rate: occurs under depletion and other"):
        extended(tmp_path, base, 'extends = "base/default"\n' + moved)


@pytest.mark.parametrize(
    ("extends", "message"),
    [
        ('"bass/default"', 'default.toml: extends: extends a set of the unknown model "bass", did you mean "base"'),
        ('"base/defualt"', 'unknown parameter set "defualt", did you mean "default"'),
        ('"default"', "default.toml: extends: extends itself"),
        ("3", "default.toml: extends: 3 is not a set that can be extended"),
    ],
)
def test_a_set_that_is_not_there_cannot_be_extended(tmp_path: Path, base: Path, extends: str, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        extended(tmp_path, base, f"extends = {extends}\n")


def test_two_sets_that_extend_each_other_are_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "parameters", first='extends = "second"\n', second='extends = "first"\n')
    with pytest.raises(ParameterError, match=r"first.toml: extends: extends itself"):
        read_set(folder, "first")


def test_a_text_alone_extends_nothing() -> None:
    with pytest.raises(ParameterError, match="'default' is not a set that can be extended"):
        parse_parameters('extends = "default"\n', "mine")
