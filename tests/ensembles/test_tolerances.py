"""Rows that share their tolerances are solved together, and each gets the result of its own group back."""

from dataclasses import fields, replace

import numpy as np
import pytest

from immunosim.ensembles.rows import Rows
from immunosim.ensembles.tolerances import solve_by_tolerance
from immunosim.numerics import Ensemble, Segments, SolverOptions

N = 7
SHARED = Segments([0.0, 1.0], [[0.0]], [[0.0]])
LAX, TIGHT = SolverOptions(rtol=1e-3), SolverOptions(rtol=1e-6)


def rows(n=N, *, own=False):
    """Return rows whose vector says which they are."""
    marks = np.arange(float(n))[:, np.newaxis]
    times = np.tile([0.5, 1.0], (n, 1)) + 0.01 * marks if own else np.array([0.5, 1.0])
    segments = [Segments([0.0, 2.0 + k], [[0.0]], [[0.0]]) for k in range(n)] if own else SHARED
    return Rows(marks, -marks, segments, times)


class Solver:
    """Remembers what it was asked, and returns the mark of each row and the tolerance in every array."""

    def __init__(self):
        self.asked = []

    def __call__(self, some, options, threads):
        self.asked.append((some, options, threads))
        n = len(some.vectors)
        marks = some.vectors[:, 0]
        arrays = {one.name: np.zeros(n) for one in fields(Ensemble)}
        arrays["states"] = (marks + 100.0 * options.rtol)[:, np.newaxis, np.newaxis]
        arrays["status"] = marks.astype(np.int64)
        arrays["counts"] = np.tile(marks[:, np.newaxis], (1, 6)).astype(np.int64)
        return Ensemble(**arrays)


def test_one_tolerance_is_one_solve_with_all_threads():
    solver, some = Solver(), rows()
    found = solve_by_tolerance(some, [LAX], solver, 5)
    ((asked, options, threads),) = solver.asked
    assert asked is some
    assert options is LAX
    assert threads == 5
    np.testing.assert_array_equal(found.status, range(N))


def test_equal_tolerances_given_a_row_each_are_still_one_solve():
    solver = Solver()
    solve_by_tolerance(rows(), [replace(LAX, atol=np.full(1, 1e-9)) for _ in range(N)], solver, 2)
    assert len(solver.asked) == 1


@pytest.mark.parametrize("pattern", ["LTLTLTL", "TTTTTTL", "LTTTTTT", "TLLTTLL"])
@pytest.mark.parametrize("n_threads", [1, 2, 8])
def test_every_row_comes_back_at_its_place_with_its_own_tolerance(pattern, n_threads):
    options = [LAX if letter == "L" else TIGHT for letter in pattern]
    solver = Solver()
    found = solve_by_tolerance(rows(), options, solver, n_threads)
    assert len(solver.asked) == 2
    np.testing.assert_array_equal(found.status, range(N))
    np.testing.assert_array_equal(found.counts[:, 3], range(N))
    expected = np.arange(N) + 100.0 * np.array([one.rtol for one in options])
    np.testing.assert_array_equal(found.states[:, 0, 0], expected)


@pytest.mark.parametrize(
    "name", ["rtol", "atol", "negative_tolerance", "max_steps", "first_step", "max_step", "method"]
)
def test_whatever_shapes_a_step_makes_another_group(name):
    other = {"rtol": 1e-4, "atol": np.array([1e-8]), "negative_tolerance": 1.0, "max_steps": 9, "first_step": 0.5,
             "max_step": 2.0, "method": "rodas6p"}[name]  # fmt: skip
    solver = Solver()
    found = solve_by_tolerance(rows(2), [LAX, replace(LAX, **{name: other})], solver, 2)
    assert len(solver.asked) == 2
    np.testing.assert_array_equal(found.status, [0, 1])


def test_the_last_bit_of_a_tolerance_counts():
    solver = Solver()
    solve_by_tolerance(rows(2), [LAX, replace(LAX, atol=np.nextafter(LAX.atol, 1.0))], solver, 1)
    assert len(solver.asked) == 2


def test_segments_and_times_of_a_row_go_with_it():
    solver, some = Solver(), rows(own=True)
    solve_by_tolerance(some, [LAX, TIGHT, LAX, TIGHT, TIGHT, LAX, LAX], solver, 1)
    for asked, _, _ in solver.asked:
        places = asked.vectors[:, 0].astype(int)
        np.testing.assert_array_equal(asked.states[:, 0], -places)
        np.testing.assert_array_equal(asked.times, some.times[places])
        assert [one.boundaries[-1] for one in asked.segments] == [2.0 + k for k in places]


def test_what_is_shared_stays_shared():
    solver = Solver()
    solve_by_tolerance(rows(2), [LAX, TIGHT], solver, 1)
    assert all(asked.segments is SHARED and asked.times.ndim == 1 for asked, _, _ in solver.asked)


@pytest.mark.parametrize(("n_threads", "expected"), [(1, 1), (2, 1), (6, 2), (7, 2)])
def test_threads_are_shared_out_among_the_groups(n_threads, expected):
    solver = Solver()
    options = [replace(LAX, max_steps=1 + k % 3) for k in range(N)]
    solve_by_tolerance(rows(), options, solver, n_threads)
    assert [threads for _, _, threads in solver.asked] == [expected] * 3


def test_an_error_of_one_group_is_raised():
    def solve(some, options, threads):
        if options is TIGHT:
            raise ValueError("too tight")
        return Solver()(some, options, threads)

    with pytest.raises(ValueError, match="too tight"):
        solve_by_tolerance(rows(2), [LAX, TIGHT], solve, 2)
