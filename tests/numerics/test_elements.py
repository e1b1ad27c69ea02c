"""What kernels do to each element is the same in Python, with whole arrays, as in the loops that numba compiles."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from immunosim.numerics import elements
from immunosim.numerics.compilation import _KERNELS

NAN, INF = np.nan, np.inf

PAIRS = {plain.__name__: (plain, loops) for plain, loops, _ in _KERNELS if plain.__module__ == elements.__name__}

VECTORS = {
    "empty": [],
    "one": [2.5],
    "zeros": [0.0, -0.0, 0.0],
    "usual": [1.5, -2.0, 1e-300, 3e200],
    "nan first": [NAN, 1.0, 2.0],
    "nan last": [1.0, -5.0, NAN],
    "infinite": [1.0, -INF, INF],
    "all nan": [NAN, NAN],
}
vectors = pytest.mark.parametrize("values", VECTORS.values(), ids=VECTORS)


def assert_same(name: str, *given: Any) -> None:
    """Call both forms on copies of the arguments; compare what they return and what they leave in these."""
    results, left = [], []
    for function in PAIRS[name]:
        arguments = [np.array(one) if isinstance(one, np.ndarray) else one for one in given]
        with np.errstate(all="ignore"):
            results.append(function(*arguments))
        left.append([one for one in arguments if isinstance(one, np.ndarray)])
    np.testing.assert_array_equal(results[0], results[1])
    for plain, loops in zip(*left, strict=True):
        assert plain.tobytes() == loops.tobytes()


def test_every_element_kernel_is_compared_here() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    assert len(PAIRS) >= 10
    assert [name for name in PAIRS if f'assert_same("{name}"' not in text] == []
    assert all(loops is not plain for plain, loops in PAIRS.values())


@vectors
def test_copies_and_sums(values: list[float]) -> None:
    source = np.array(values)
    target = np.arange(source.size, dtype=float)
    assert_same("copy_into", target, source)
    assert_same("copy_into", target[: source.size // 2], source)  # as far as the target goes
    assert_same("add_into", target, source)
    assert_same("add_scaled", target, -0.3, source)
    assert_same("clear", source)


@vectors
@pytest.mark.parametrize("lane", [0, 2])
def test_lanes(values: list[float], lane: int) -> None:
    source = np.array(values)
    vector = np.arange(3.0 * (source.size + 1)).reshape(-1, 3)  # one row more than is asked for
    assert_same("gather", vector, lane, source)
    assert_same("scatter", source, vector, lane)


@pytest.mark.parametrize("n", [0, 1, 6])
def test_counts(n: int) -> None:
    assert_same("clear_counts", np.arange(n))


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0), (4, 2)])
@pytest.mark.parametrize("start", [0, 2, 4])
def test_marks(shape: tuple[int, int], start: int) -> None:
    assert_same("fill_with_nan", np.ones(shape), start)


@vectors
def test_searches(values: list[float]) -> None:
    given = np.array(values)
    assert_same("first_non_finite", given)
    for tolerance in (0.0, 1e-6, 10.0, INF):
        assert_same("first_below", given, np.full(given.size, tolerance))


@vectors
@pytest.mark.parametrize("rtol", [0.0, 1e-5])
def test_the_largest_scaled_value(values: list[float], rtol: float) -> None:
    given = np.array(values)
    backwards, ones = given[::-1].copy(), np.ones(given.size)
    sizes = ((ones, ones), (given, ones), (ones, backwards), (backwards, ones), (backwards, given), (given, backwards))
    for size, other in sizes:
        for atol in (ones, 0.0 * ones):
            assert_same("largest_scaled", given, size, other, atol, rtol)


FOUND: list[tuple[Callable[..., int], list[float], int]] = [
    (elements.first_non_finite, [1.0, NAN, INF], 1),
    (elements.first_non_finite, [1.0, 2.0], -1),
    (lambda values: elements.first_below(values, np.full(values.size, 1e-6)), [0.0, -1e-9, -1e-3], 2),
    (lambda values: elements.first_below(values, np.full(values.size, 1e-6)), [0.0, NAN], -1),
]


@pytest.mark.parametrize(("search", "values", "place"), FOUND)
def test_the_first_value_out_of_bounds_is_found(search: Callable[..., int], values: list[float], place: int) -> None:
    assert search(np.array(values)) == place


def test_a_nan_is_no_largest_value_and_the_first_of_equals_is_named() -> None:
    ones = np.ones(3)
    assert elements.largest_scaled(np.array([NAN, 2.0, -2.0]), ones, ones, ones, 0.0) == (2.0, 1)
    assert elements.largest_scaled(np.array([NAN, NAN, NAN]), ones, ones, ones, 0.0) == (0.0, 0)
