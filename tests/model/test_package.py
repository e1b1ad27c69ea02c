"""A model package finds its network, its parameter sets and its bibliography, or says which of them is wrong."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from immunosim.errors import ModelError, ParameterError
from immunosim.model.network import Network
from immunosim.model.package import ModelPackage
from immunosim.models import find_model

TEACHING = find_model("teaching")
UNITS = TEACHING.parameters().units()


def wrong_units(parameter_units):
    """Declare a network whose one signal has another unit than it says."""
    net = Network("wrong", parameter_units)
    net.declare_mechanism("all", "all", "nothing")
    with net.mechanism("all"):
        net.signal("rate", net["lysis_rate"], "mg")
    return net


def without_inputs(parameter_units):
    """Declare a network to which no drug can be given."""
    return Network("empty", parameter_units)


@pytest.mark.parametrize(
    "network",
    ["immunosim.models.teaching.network", "immunosim.models.teaching.network:", ":build_network", "", ".network:build",
     "no_such_package:build", "immunosim.models.teaching.network:bild"],
)  # fmt: skip
def test_a_network_that_cannot_be_imported_is_said_with_the_form(network):
    with pytest.raises(ModelError) as caught:
        replace(TEACHING, network=network).declare(UNITS)
    assert caught.value.key == "teaching"
    assert f"{network} cannot be imported" in caught.value.reason
    assert caught.value.cure == 'write network = "package.module:function"'


def test_units_and_losses_are_checked_unless_the_network_is_only_shown():
    package = replace(TEACHING, network=f"{__name__}:wrong_units", drugs=())
    with pytest.raises(ModelError, match="has unit 1/day, expected mg"):
        package.declare(UNITS)
    assert package.declare(UNITS, is_validated=False).name == "wrong"


def test_drugs_are_checked_against_the_network_even_if_it_is_only_shown():
    package = replace(TEACHING, network=f"{__name__}:without_inputs")
    with pytest.raises(ModelError, match=r'drug "\w+" names "antibody_infusion"'):
        package.declare(UNITS, is_validated=False)


def test_a_pool_of_relapses_that_the_network_does_not_have_is_refused():
    with pytest.raises(ModelError, match=r'teaching\.relapse_pool: unknown pool "cytokin", did you mean "cytokine"'):
        replace(TEACHING, relapse_pool="cytokin").declare(UNITS)
    package = replace(TEACHING, relapse_pool="cytokine")
    assert replace(TEACHING, name="more", base=package).entered_by_relapses == "cytokine"


@pytest.fixture
def copied(tmp_path: Path) -> ModelPackage:
    """Return the teaching model with a copy of its files."""
    shutil.copytree(TEACHING.folder, tmp_path / "teaching")
    return replace(TEACHING, name="copied", folder=tmp_path / "teaching")


def test_sets_are_the_files_of_the_folder(copied):
    (copied.folder / "parameters" / "b.toml").write_text("", encoding="utf-8")
    (copied.folder / "parameters" / "notes.txt").write_text("", encoding="utf-8")
    assert copied.parameter_sets() == ("b", "default")
    assert len(copied.parameters("b")) == 0


def test_a_model_without_parameter_sets_has_none(tmp_path):
    package = replace(TEACHING, folder=tmp_path)
    assert package.parameter_sets() == ()
    with pytest.raises(ParameterError, match='unknown parameter set "default", none is known here'):
        package.parameters()


def test_a_parameter_set_that_is_not_text_is_said_with_its_file(copied):
    (copied.folder / "parameters" / "latin.toml").write_bytes("# naïve\n".encode("latin-1"))
    with pytest.raises(ParameterError, match=r"latin.toml: cannot be read \(it is not UTF-8\), save it as UTF-8"):
        copied.parameters("latin")


def test_sources_are_all_files_that_shape_the_network_those_of_the_base_included(copied):
    (copied.folder / "mechanisms").mkdir()
    (copied.folder / "mechanisms" / "more.py").write_text("", encoding="utf-8")
    assert {path.name for path in copied.sources} >= {"network.py", "clinic.py", "more.py"}
    above = replace(copied, folder=copied.folder / "mechanisms", base=TEACHING)
    assert next(path.name for path in above.sources) == "more.py"
    assert set(TEACHING.sources) < set(above.sources)


def test_the_bibliography_of_the_base_is_that_of_the_model_unless_it_says_otherwise(tmp_path):
    entries = {"base": ("old", "Base"), "mine": ("old", "Mine"), "more": ("new", "More")}
    for folder, (key, title) in entries.items():
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "references.bib").write_text(f"@misc{{{key},\n  title = {{{title}}},\n}}\n")
    base = replace(TEACHING, folder=tmp_path / "base")
    assert set(replace(TEACHING, folder=tmp_path / "more", base=base).references()) == {"old", "new"}
    assert "Mine" in replace(TEACHING, folder=tmp_path / "mine", base=base).references()["old"]
    assert replace(TEACHING, folder=tmp_path).references() == {}
