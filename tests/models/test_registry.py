"""Models are found by name, whether built in, registered or installed; what is wrong with one is said."""

import importlib.metadata
from dataclasses import replace
from importlib.metadata import EntryPoint

import pytest

from immunosim.errors import ModelError, ScenarioError
from immunosim.models import ModelPackage, available_models, available_sets, find_model, register_model, registry
from immunosim.problem import prepare
from immunosim.scenario import build_scenario

TEACHING = find_model("teaching")


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_REGISTERED", {})
    registry._installed.cache_clear()
    registry._load.cache_clear()


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch):
    """Return what pretends that a package with an entry point is installed."""

    def installed(name: str, value: str) -> None:
        point = EntryPoint(name, value, registry.ENTRY_POINTS)
        monkeypatch.setattr(importlib.metadata, "entry_points", lambda **asked: (point,))

    yield installed
    registry._installed.cache_clear()
    registry._load.cache_clear()


def test_every_built_in_model_is_found_by_its_name() -> None:
    assert {name: package.name for name, package in available_models().items()} == {
        name: name for name in registry.BUILT_IN
    }


def test_every_model_has_the_default_parameter_set() -> None:
    assert all("default" in available_sets(name) for name in registry.BUILT_IN)


def test_an_unknown_model_gets_a_close_match() -> None:
    with pytest.raises(ModelError, match='unknown model "teeching", did you mean "teaching"'):
        find_model("teeching")


def test_a_model_of_this_process_is_found_and_keeps_its_name() -> None:
    mine = replace(TEACHING, name="mine")
    register_model(mine)
    assert find_model("mine") is mine
    with pytest.raises(ModelError, match="is the name of another model"):
        register_model(replace(mine, title="other"))
    with pytest.raises(ModelError, match="is the name of another model"):
        register_model(replace(mine, name="alemtuzumab"))


OTHER = replace(TEACHING, name="other")
WRONG = "no model"


def test_an_installed_model_is_found(install) -> None:
    install("other", f"{__name__}:OTHER")
    assert isinstance(find_model("other"), ModelPackage)
    assert list(available_models()) == [*registry.BUILT_IN, "other"]


@pytest.mark.parametrize("value", ["no_such_package:MODEL", f"{__name__}:NOTHING", f"{__name__}:WRONG"])
def test_an_entry_point_that_is_at_fault_is_named(install, value: str) -> None:
    install("other", value)
    with pytest.raises(ModelError, match="the entry point"):
        find_model("other")


def test_an_entry_point_must_have_the_name_of_its_model(install) -> None:
    install("another", f"{__name__}:OTHER")
    with pytest.raises(ModelError, match="is other, let it name a ModelPackage that is called another"):
        find_model("another")


def test_a_network_that_cannot_be_imported_is_named() -> None:
    with pytest.raises(ModelError, match="no_such:function cannot be imported"):
        replace(TEACHING, name="broken", network="no_such:function").declare({})


@pytest.mark.parametrize(("key", "message"), [("model", "unknown model"), ("parameter_set", "unknown parameter set")])
def test_a_scenario_that_names_what_is_not_there_is_refused_with_file_and_key(key: str, message: str) -> None:
    with pytest.raises(ScenarioError, match=f'mine.toml: {key}: {message} "deflaut"'):
        prepare(build_scenario({key: "deflaut", "horizon": "2 days"}, "mine.toml"), "mine.toml")
