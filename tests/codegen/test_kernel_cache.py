"""The kernel cache: found by what shapes the kernels, written whole or not at all, by several processes at once."""

import errno
import shutil
import sys
from pathlib import Path

import pytest

from immunosim.codegen import cache, emit
from immunosim.errors import ModelError

UNITS = {"decay_rate": "1/day", "volume": "L"}
KEY = "0123456789abcdef"
SHAPING = ("model", "codegen", "numerics")


def key_of(units):
    # Past the memory of the process, which holds the key of the installed package.
    return cache.source_key.__wrapped__(tuple(units.items()))


def refuse_to_announce(message):
    raise AssertionError(f"nothing slow was to start: {message}")


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of one small source in each folder that shapes kernels, and one that does not."""
    root = tmp_path / "package"
    for folder in (*SHAPING, "report"):
        (root / folder).mkdir(parents=True)
        (root / folder / "source.py").write_text(f'"""{folder}"""\n', encoding="utf-8")
    monkeypatch.setattr(cache, "PACKAGE", root)
    return root


@pytest.fixture
def cold(tmp_path, monkeypatch):
    """An empty cache, and an emitter that is quick."""
    root = tmp_path / "cache"
    monkeypatch.setenv("IMMUNOSIM_CACHE_DIR", str(root))
    monkeypatch.setattr(cache, "source_key", lambda units: KEY)
    monkeypatch.setattr(emit, "core_text", lambda net, key: f"KEY = {key!r}\nreadouts = 1\n")
    monkeypatch.setattr(emit, "derivatives_text", lambda net, key: "readout_slopes = 1\n")
    monkeypatch.setattr(emit, "gradients_text", lambda net, key: "readout_state_slopes = 1\n")
    yield root
    for name in cache.LAST_KERNEL:
        sys.modules.pop(f"immunosim_{name}_{KEY}", None)


def test_the_same_sources_have_the_same_key(package):
    assert key_of(UNITS) == key_of(dict(UNITS))


@pytest.mark.parametrize("folder", SHAPING)
def test_an_edit_of_a_source_that_shapes_kernels_changes_the_key(package, folder):
    before, source = key_of(UNITS), package / folder / "source.py"
    source.write_text(source.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    edited = key_of(UNITS)
    source.rename(source.with_name("renamed.py"))
    assert len({before, edited, key_of(UNITS)}) == 3


def test_an_edit_elsewhere_keeps_the_key(package):
    before = key_of(UNITS)
    (package / "report" / "source.py").write_text("changed = True\n", encoding="utf-8")
    assert key_of(UNITS) == before


@pytest.mark.parametrize(
    "units",
    [
        {"decay_rate": "1/year", "volume": "L"},
        {"decay_rates": "1/day", "volume": "L"},
        {"volume": "L", "decay_rate": "1/day"},
        {"decay_rate": "1/day"},
    ],
    ids=["unit", "name", "order", "number"],
)
def test_parameters_with_other_names_units_or_order_have_another_key(package, units):
    assert key_of(units) != key_of(UNITS)


def test_another_numba_has_another_key(package, monkeypatch):
    before = key_of(UNITS)
    monkeypatch.setattr("numba.__version__", "0.0.1")
    assert key_of(UNITS) != before


def test_the_cache_lies_where_the_environment_says(tmp_path, monkeypatch):
    monkeypatch.setenv("IMMUNOSIM_CACHE_DIR", str(tmp_path))
    assert cache.cache_root() == tmp_path
    monkeypatch.delenv("IMMUNOSIM_CACHE_DIR")
    assert cache.cache_root().name == "immunosim"


def test_a_cold_cache_is_announced_and_filled_and_a_warm_one_is_only_read(cold, parameters):
    said = []
    module = cache.load_module(parameters.units(), "kernels", said.append)
    assert module.KEY == KEY
    assert len(said) == 1
    assert "once per installation" in said[0]
    assert sorted(path.name for path in cold.iterdir()) == [KEY]
    assert cache.load_module(parameters.units(), "kernels", refuse_to_announce) is module
    assert cache.load_module(parameters.units(), "derivatives", refuse_to_announce).readout_slopes == 1
    assert cache.load_module(parameters.units(), "gradients", refuse_to_announce).readout_state_slopes == 1


def test_who_comes_second_leaves_the_folder_of_the_first_and_nothing_else(cold, parameters):
    cache._write(cold / KEY, parameters.units())
    mark = cold / KEY / "kernels.py"
    mark.write_text("first = True\n", encoding="utf-8")
    cache._write(cold / KEY, parameters.units())
    assert mark.read_text(encoding="utf-8") == "first = True\n"
    assert [path.name for path in cold.iterdir()] == [KEY]


def test_a_cache_that_cannot_be_written_is_an_own_error_with_a_cure(cold, parameters):
    cold.write_text("a file where a folder should be", encoding="utf-8")
    with pytest.raises(ModelError, match="cannot be written") as caught:
        cache.load_module(parameters.units(), "kernels", lambda message: None)
    assert "IMMUNOSIM_CACHE_DIR" in caught.value.cure


def test_a_full_disk_leaves_nothing_behind(cold, parameters, monkeypatch):
    def full(self, text, encoding):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(ModelError, match=r"cannot be written \(No space left on device\)"):
        cache.load_module(parameters.units(), "kernels", lambda message: None)
    assert list(cold.iterdir()) == []


def test_a_module_that_broke_off_while_it_compiled_is_not_found_again(cold, tmp_path):
    path, name = tmp_path / "kernels.py", f"immunosim_kernels_{KEY}"
    path.write_text("POOLS = {}\nraise KeyboardInterrupt\n", encoding="utf-8")
    with pytest.raises(KeyboardInterrupt):
        cache._import(name, path)
    assert name not in sys.modules


def test_a_file_that_is_no_module_is_an_own_error(tmp_path):
    with pytest.raises(ModelError, match="cannot be loaded"):
        cache._import("immunosim_kernels_of_nothing", tmp_path / "kernels.text")


BUILD = """
import numpy as np
from immunosim.codegen.loader import load_model
from immunosim.parameters import load_parameters

parameters = load_parameters()
model = load_model(parameters.units())
vector = model.close(parameters.values())
change = np.empty(len(model.pools))
model.module.rhs(1.1 * model.baseline(vector), vector, np.zeros(len(model.inputs)), change)
print(repr(float(np.abs(change).sum())))
"""


@pytest.mark.slow
def test_two_processes_that_build_on_a_cold_cache_at_once_both_work(run_python, tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(run_python, BUILD, IMMUNOSIM_CACHE_DIR=str(tmp_path)) for _ in range(2)]
        first, second = (run.result() for run in runs)
    assert first == second != ""
    folder, *others = tmp_path.iterdir()
    assert others == []
    at_once = {f"{name}.py" for name in cache.LAST_KERNEL if name != cache.LATE}
    assert at_once <= {path.name for path in folder.iterdir()}
    # And a third finds what they left, whole.
    shutil.rmtree(folder / "__pycache__")
    assert run_python(BUILD, IMMUNOSIM_CACHE_DIR=str(tmp_path)) == first
