"""What the build puts into a package: a wheel gets the scenarios, an editable installation finds them in place."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def hook(monkeypatch):
    """Return the build hook, its base class and the writing of the generated texts replaced by nothing."""
    base = ModuleType("hatchling.builders.hooks.plugin.interface")
    base.BuildHookInterface = type("BuildHookInterface", (), {"root": str(ROOT)})
    monkeypatch.setitem(sys.modules, base.__name__, base)
    monkeypatch.setattr("immunosim.codegen.shipping.write_shipped", lambda: None)
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.ShippedTexts()


@pytest.mark.parametrize(("version", "included"), [("standard", {"configs": "immunosim/configs"}), ("editable", {})])
def test_a_wheel_gets_the_scenarios_and_an_editable_installation_does_not(hook, version, included):
    data = {"artifacts": [], "force_include": {}}
    hook.initialize(version, data)
    assert data == {"artifacts": ["immunosim/codegen/shipped/**"], "force_include": included}


@pytest.mark.parametrize("folder", ["cli", "scenario", "door", "fitting"])
def test_no_message_or_template_names_a_file_that_a_wheel_does_not_have(folder):
    paths = [path for path in (ROOT / "immunosim" / folder).rglob("*") if path.suffix in (".py", ".toml")]
    naming = [path.name for path in paths if "docs/" in path.read_text(encoding="utf-8")]
    assert naming == []
