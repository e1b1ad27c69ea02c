"""What kernels are found by: texts by what declares and emits them, machine code by the text: none is shared."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from immunosim.codegen import cache, store
from immunosim.codegen.cache import TABLES, TEXT, TEXTS, declaration_key, load_text, numerics_key, text_of
from immunosim.codegen.kernel_module import KernelModule
from immunosim.codegen.store import MAKES_CODE, MAKES_TEXT, MachineStore, entry_name, sources_digest
from immunosim.codegen.vector import build
from immunosim.codegen.vector.processor import Processor
from immunosim.model.network import Network
from immunosim.models import find_model
from immunosim.parameters import ParameterSet

UNITS = (("decay_rate", "1/day"), ("volume", "L"))


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the package's sources, whose digests are those that are asked for."""
    root = tmp_path / "package"
    shutil.copytree(store.PACKAGE, root, ignore=shutil.ignore_patterns("__pycache__", "shipped"))
    monkeypatch.setattr(store, "PACKAGE", root)
    monkeypatch.setattr(store, "sources_digest", sources_digest.__wrapped__)
    monkeypatch.setattr(cache, "sources_digest", sources_digest.__wrapped__)
    return root


def edit(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8") + "\n# edited\n", encoding="utf-8")


def driver_name(name: str) -> str:
    return MachineStore(print)._driver(name)


@pytest.mark.parametrize("source", ["model/rate_laws.py", "codegen/emit.py", "codegen/printer.py"])
def test_an_edit_of_what_declares_or_emits_changes_the_text_that_is_looked_for(package: Path, source: str) -> None:
    before = declaration_key(find_model(), UNITS)
    assert before == declaration_key(find_model(), UNITS)
    edit(package / source)
    edited = declaration_key(find_model(), UNITS)
    (package / source).rename((package / source).with_name("renamed.py"))
    assert len({before, edited, declaration_key(find_model(), UNITS)}) == 3


@pytest.mark.parametrize("source", ["numerics/elements.py", "numerics/lanes/step_ir.py", "codegen/vector/build.py"])
def test_an_edit_of_the_numerics_changes_the_machine_code_that_is_looked_for(package: Path, source: str) -> None:
    module = KernelModule("N = 1\n")
    before = numerics_key(module), driver_name("lanes"), kept_as(module)
    edit(package / source)
    after = numerics_key(module), driver_name("lanes"), kept_as(module)
    assert not {*before} & {*after}


def test_an_edit_elsewhere_changes_nothing(package: Path) -> None:
    module = KernelModule("N = 1\n")
    before = declaration_key(find_model(), UNITS), numerics_key(module), driver_name("lanes"), kept_as(module)
    edit(package / "report" / "summary.py")
    assert (declaration_key(find_model(), UNITS), numerics_key(module), driver_name("lanes"), kept_as(module)) == before


def test_the_sources_of_both_hashes_are_there() -> None:
    for pattern in (*MAKES_TEXT, *MAKES_CODE):
        assert list(store.PACKAGE.glob(pattern)), pattern


@pytest.mark.parametrize(
    "units",
    [
        (("decay_rate", "1/year"), ("volume", "L")),
        (("decay_rates", "1/day"), ("volume", "L")),
        (("volume", "L"), ("decay_rate", "1/day")),
        (("decay_rate", "1/day"),),
    ],
    ids=["unit", "name", "order", "number"],
)
def test_parameters_with_other_names_units_or_order_have_another_text(units: tuple[tuple[str, str], ...]) -> None:
    assert declaration_key(find_model(), units) != declaration_key(find_model(), UNITS)


# Machine code


class Recorder(MachineStore):
    """A store that remembers what it is asked for, and keeps nothing."""

    def __init__(self) -> None:
        super().__init__(print)
        self.asked: list[str] = []

    def get(
        self, name: str, make: Callable[[], Mapping[str, bytes]], made_by: str, waiting: str = ""
    ) -> Mapping[str, bytes]:
        self.asked.append(name)
        return {}


def kept_as(module: KernelModule, *shaped_by: object) -> str:
    """Return the name under which machine code of a module is kept."""
    recorder = Recorder()
    build.kept(KernelModule(module.text, store=recorder), "lanes", dict, *shaped_by)
    return recorder.asked[0]


@pytest.mark.parametrize("package_name", ["numba", "llvmlite"])
def test_other_versions_have_other_machine_code(monkeypatch: pytest.MonkeyPatch, package_name: str) -> None:
    module = KernelModule("N = 1\n")
    before = numerics_key(module), driver_name("lanes"), kept_as(module)
    given = store.version
    monkeypatch.setattr(store, "version", lambda name: "0.0.1" if name == package_name else given(name))
    after = numerics_key(module), driver_name("lanes"), kept_as(module)
    assert not {*before} & {*after}


def test_another_processor_text_or_width_has_other_machine_code(monkeypatch: pytest.MonkeyPatch) -> None:
    one = KernelModule("N = 1\n")
    names = [kept_as(one, 4), kept_as(one, 8), kept_as(KernelModule("N = 2\n"), 4), driver_name("lanes")]
    other = Processor("x86-64-v2", "-avx", 2)
    monkeypatch.setattr(store, "host", lambda: other)
    names += [kept_as(one, 4), driver_name("lanes"), driver_name("slopes")]
    assert len(set(names)) == len(names)


def test_names_of_entries_say_their_kind() -> None:
    assert entry_name("lanes", 1).startswith("lanes-")
    assert entry_name("lanes", 1) != entry_name("lanes", "1")


# Networks


def network(exponent: int) -> Network:
    """Return a pool that is made at the rate a x^n, declared with the same names for any n."""
    net = Network("small", {"a": "1/day", "start": "1"})
    net.declare_mechanism("only", "the only one", "nothing happens")
    a, start = net.get("a", "start")
    with net.mechanism("only"):
        x = net.add_pool("x", "a pool", "1", baseline=start, scale=1.0)
        net.gain("production", x, a * x**exponent)
        net.readout("level", x, "1", "the pool")
    return net


def test_networks_of_equal_names_and_other_rates_have_kernels_of_their_own() -> None:
    modules = [text_of(network(exponent)) for exponent in (1, 2)]
    names = ("MODEL", "MECHANISMS", "POOLS", "PARAMETERS", "PROCESSES", "READOUTS")
    assert len({repr([module.tables[name] for name in names]) for module in modules}) == 1
    assert kept_as(modules[0]) != kept_as(modules[1])
    assert numerics_key(modules[0]) != numerics_key(modules[1])
    for module, expected in zip(modules, (6.0, 18.0), strict=True):
        out, p = np.zeros(1), np.zeros(len(module.PARAMETERS) + len(module.SWITCHES) + module.N_HOISTED)
        p[: len(module.PARAMETERS) + len(module.SWITCHES)] = (2.0, 1.0, 1.0)
        module.close(p)
        module.rhs(np.array([3.0]), p, np.zeros(1), out)
        assert out[0] == expected


# Texts of the model


@pytest.fixture
def cold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty cache, with an emitter that is quick and nothing that came with the package."""
    root = tmp_path / "cache"
    monkeypatch.setenv("IMMUNOSIM_CACHE_DIR", str(root))
    monkeypatch.setattr(store, "SHIPPED", store.Folder(tmp_path / "shipped", is_ours=True))
    monkeypatch.setattr(cache, "_writer", lambda name: lambda net: f"NAME = {name!r}\nPLACES = (1, (2, 3))\n")
    monkeypatch.setattr(cache, "declared", lambda package, units: None)
    monkeypatch.setattr(cache, "_LOADED", {})
    return root


def refuse_to_announce(message: str) -> None:
    raise AssertionError(f"nothing slow was to start: {message}")


def test_a_cold_cache_is_announced_and_filled_and_a_warm_one_is_only_read(
    cold: Path, parameters: ParameterSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    module = load_text(find_model(), parameters.units(), "kernels", said.append)
    assert len(said) == 1
    assert "once per installation" in said[0]
    assert load_text(find_model(), parameters.units(), "kernels", refuse_to_announce) is module
    (entry,) = cold.iterdir()
    assert sorted(path.name for path in entry.iterdir()) == ["MANIFEST.json", TABLES, TEXT]
    monkeypatch.setattr(cache, "_LOADED", {})
    again = load_text(find_model(), parameters.units(), "kernels", refuse_to_announce)
    assert (again.text, again.tables) == (module.text, module.tables)
    assert again.PLACES == (1, (2, 3))  # tuples, as in the text


def test_each_text_is_kept_by_itself(cold: Path, parameters: ParameterSet) -> None:
    found = [load_text(find_model(), parameters.units(), name, lambda message: None).NAME for name in TEXTS]
    assert found == list(TEXTS)
    assert sorted(path.name.partition("-")[0] for path in cold.iterdir()) == sorted(TEXTS)


def test_what_came_with_the_package_is_used_first(cold: Path, parameters: ParameterSet) -> None:
    name = entry_name("kernels", declaration_key(find_model(), tuple(parameters.units().items())))
    store.SHIPPED.write(name, {TEXT: b"NAME = 'shipped'\n", TABLES: b'{"NAME": "shipped"}'})
    assert load_text(find_model(), parameters.units(), "kernels", refuse_to_announce).NAME == "shipped"
    assert not cold.exists()


def test_the_tables_of_the_model_are_those_of_its_text(model: object) -> None:
    for module in (model.module, model.derivatives, model.gradients):  # type: ignore[attr-defined]
        assert dict(KernelModule(module.text).tables) == dict(module.tables)


def test_code_that_is_sound_and_that_numba_cannot_read_is_replaced(cold: Path) -> None:
    said: list[str] = []
    kept = MachineStore(said.append)
    kept.keep("lanes", b"of another numba")
    kept.reject("lanes")
    kept.keep("lanes", b"of this one")
    assert kept.load("lanes") == b"of this one"
    assert [sentence.partition(": ")[2] for sentence in said] == [
        "this numba cannot read it; it is set aside and made again"
    ]
