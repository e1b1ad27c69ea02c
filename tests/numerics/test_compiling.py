"""What numba compiles of the loops: records by address, one optimisation for all, and code that comes back as bytes."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest

from immunosim.numerics.compilation import inlined, is_compiling, kernel
from immunosim.numerics.records import words_of

pytestmark = pytest.mark.skipif(not is_compiling(), reason="numba is switched off")


class Inner(NamedTuple):
    """Fields all alike, of which numba makes another type."""

    a: np.ndarray
    b: np.ndarray


class Record(NamedTuple):
    """Fields of every kind."""

    share: float
    count: int
    vector: np.ndarray
    inner: Inner
    cube: np.ndarray
    places: np.ndarray
    empty: np.ndarray
    constants: np.ndarray


def record(scale: float = 1.0) -> Record:
    constants = np.arange(6.0).reshape(2, 3)
    constants.setflags(write=False)
    return Record(
        share=0.25 * scale,
        count=-7,
        vector=scale * np.arange(5.0),
        inner=Inner(scale * np.ones((2, 3)), np.full((1, 4), 2.0)),
        cube=np.arange(24.0).reshape(2, 3, 4),
        places=np.array([4, 0, 3]),
        empty=np.zeros(0),
        constants=constants,
    )


@kernel
def picked(one: Record) -> float:
    """Return a number that every field has a part in."""
    total = one.share + one.count + one.empty.size + one.constants[1, 2]
    for place in one.places:
        total += one.vector[place]
    return total + one.cube[1, 2, 3] + one.inner.a[1, 2] * one.inner.b[0, 3]


@inlined
def noted(one: Record, value: float) -> None:
    """Write into a record."""
    one.vector[0] = value
    one.cube[0, 0, 0] = one.cube.shape[1]


@kernel
def work_on(one: Record, others: Inner) -> None:
    """Read and write records."""
    noted(one, picked(one) + others.b[0, 0])


class Bundle(NamedTuple):
    """Nothing but records."""

    one: Record
    others: Inner


@kernel
def work_on_bundle(bundle: Bundle) -> None:
    """Take a bundle apart into records, for kernels that are compiled for these."""
    one, others = bundle.one, bundle.others
    noted(one, picked(one) + others.b[0, 0])


class Memory:
    """A store in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load(self, name: str) -> bytes | None:
        return self.kept.get(name)

    def keep(self, name: str, code: bytes) -> None:
        self.kept[name] = code

    def reject(self, name: str) -> None:
        del self.kept[name]


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what this process compiled."""
    from immunosim.numerics.lanes import compiled

    monkeypatch.setattr(compiled, "_COMPILED", {})


def run_compiled(store: Memory | None = None) -> Record:
    from immunosim.numerics.lanes.compiled import compiled_loop

    def room() -> tuple[Record, Inner]:
        return record(), record().inner

    made = room()
    words = [words_of(one) for one in made]
    compiled_loop(work_on, "test", store, room)(*(one.ctypes.data for one in words))
    return made[0]


def test_words_fill_what_numba_lays_out() -> None:
    from numba.core.registry import cpu_target

    from immunosim.numerics.by_address import record_type

    context = cpu_target.target_context
    for one in (record(), record().inner):
        assert context.get_abi_sizeof(context.get_value_type(record_type(one))) == words_of(one).nbytes


def test_the_records_of_the_lanes_are_laid_out_so(model: object) -> None:
    from numba.core.registry import cpu_target

    from immunosim.numerics import Request, SolverOptions
    from immunosim.numerics.by_address import record_type
    from immunosim.numerics.lanes.records import new_lanes, new_vectors
    from immunosim.numerics.preparation import control_of, method_of
    from immunosim.numerics.reporting import new_outcome, new_report
    from immunosim.numerics.workspace import new_work

    context, options = cpu_target.target_context, SolverOptions()
    records = (
        model.core.lanes.scalar,  # type: ignore[attr-defined]
        method_of(options),
        control_of(options, 3),
        new_work(3, 4, 5, 6, ((0, 1, 2, 2), (0, 1, 2, 1))),
        new_vectors(4, 3, 2, 1, 5, 6),
        new_lanes(4),
        new_report(Request(), 3, 2, np.zeros((10, 4))),
        new_outcome(Request(), 2, 3, 3),
    )
    for one in records:
        assert context.get_abi_sizeof(context.get_value_type(record_type(one))) == words_of(one).nbytes


@pytest.mark.usefixtures("fresh")
def test_a_compiled_loop_reads_and_writes_records_as_python_does() -> None:
    expected = record()
    work_on(expected, expected.inner)
    found = run_compiled()
    assert found.vector[0] == expected.vector[0] != 0.0
    assert found.cube[0, 0, 0] == 3.0


@pytest.mark.usefixtures("fresh")
def test_records_of_a_bundle_are_handed_on_as_if_they_were_given_alone() -> None:
    from immunosim.numerics import compilation
    from immunosim.numerics.by_address import ByReference, record_type
    from immunosim.numerics.lanes.compiled import compiled_loop

    run_compiled()
    expected, made = record(), Bundle(record(), record().inner)
    work_on(expected, expected.inner)
    words = words_of(made)
    compiled_loop(work_on_bundle, "test", None, lambda: (made,))(words.ctypes.data)
    assert made.one.vector[0] == expected.vector[0] != 0.0
    (place,) = (k for k, (function, _, _) in enumerate(compilation._KERNELS) if function is picked)
    signatures = compilation._dispatcher_of(place).nopython_signatures
    # The one of a record that was given alone, too: numba would compile the kernel again for another type.
    assert [str(one.args[0]) for one in signatures] == [str(ByReference(record_type(made.one)))]


@pytest.mark.usefixtures("fresh")
def test_code_that_was_kept_comes_back_and_is_not_compiled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    from immunosim.numerics import compiled_code
    from immunosim.numerics.lanes import compiled

    store = Memory()
    first = run_compiled(store).vector[0]
    assert list(store.kept) == ["test"]
    compiled._COMPILED.clear()
    monkeypatch.setattr(compiled_code, "code_of", refuse)
    assert run_compiled(store).vector[0] == first


def refuse(*arguments: object) -> None:
    raise AssertionError("compiled again")


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("code", [b"", b"\x80", b"no pickle", b"\x80\x04N."], ids=range(4))
def test_code_that_this_numba_cannot_read_is_compiled_again(code: bytes) -> None:
    store = Memory()
    store.kept["test"] = code
    assert run_compiled(store).vector[0] != 0.0
    assert len(store.kept["test"]) > 1000


OTHER_PROCESS = """
import numpy as np
from immunosim import load_scenario
from immunosim.numerics import compiled_code, solve_ensemble
from immunosim.problem import prepare

def refuse(*arguments):
    raise AssertionError("compiled again")

compiled_code.code_of = refuse
problem = prepare(load_scenario("configs/one_course.toml", ("horizon=2 months",)))
rows = np.tile(problem.initial_state, (3, 1)), np.tile(problem.vector, (3, 1)), problem.segments, problem.times
print(solve_ensemble(problem.model.ensemble_kernels, *rows).status.tolist())
"""


def test_another_process_restores_the_loop_over_the_steps(model: object, run_python: Callable[..., str]) -> None:
    run_python(OTHER_PROCESS.replace("compiled_code.code_of = refuse", ""))
    assert run_python(OTHER_PROCESS).strip() == "[0, 0, 0]"


WITHOUT_PIPELINE = """
from immunosim.numerics import pipeline

def absent(is_driver):
    raise AttributeError("numba has no pass of this name")

pipeline._pipeline_of = absent
assert pipeline.pipeline_options(True) == {}
"""


@pytest.mark.slow
def test_where_numba_has_other_passes_the_loop_is_compiled_in_its_own_way(
    run_python: Callable[..., str], tmp_path: object
) -> None:
    text = WITHOUT_PIPELINE + OTHER_PROCESS.replace("compiled_code.code_of = refuse", "")
    cache = str(tmp_path)
    assert run_python(text, IMMUNOSIM_CACHE_DIR=cache).strip() == "[0, 0, 0]"
    assert run_python(OTHER_PROCESS, IMMUNOSIM_CACHE_DIR=cache).strip() == "[0, 0, 0]"  # and comes back
