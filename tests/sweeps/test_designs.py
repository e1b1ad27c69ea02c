"""A design gives any slice of its rows, the same ones however they are sliced."""

import itertools

import numpy as np
import pytest

from immunosim.sweeps import Factor, design_of
from immunosim.sweeps.designs import Listed

UNIT = [Factor(name, name, "1", low=0.0, high=1.0) for name in "abc"]
MIXED = (
    Factor("a", "A", "mg", low=1.0, high=3.0),
    Factor("b", "B", "", low=1.0, high=2.0, is_whole=True),
    Factor("c", "C", "", values=(0.0, 1.0), choices=("off", "on")),
)


def test_a_grid_has_every_combination_once_and_in_order():
    design = design_of("grid", MIXED, 3, 0)
    expected = list(itertools.product([1.0, 2.0, 3.0], [1.0, 2.0], [0.0, 1.0]))
    assert design.n == 12
    assert design.rows(0, 12).tolist() == [list(row) for row in expected]


def test_a_latin_hypercube_has_one_row_in_each_stratum_of_each_factor():
    n = 37
    rows = design_of("latin_hypercube", UNIT, n, 5).rows(0, n)
    for column in rows.T:
        assert sorted(np.floor(column * n)) == list(range(n))


def test_a_sobol_sequence_fills_every_eighth_of_the_cube_alike():
    rows = design_of("sobol", UNIT, 512, 1).rows(0, 512)
    cells = np.floor(rows * 2).astype(int) @ [4, 2, 1]
    assert np.bincount(cells, minlength=8).tolist() == [64] * 8


@pytest.mark.parametrize("kind", ["grid", "latin_hypercube", "sobol", "rows"])
@pytest.mark.parametrize("cuts", [[0, 1, 8], [0, 3, 5, 8], [0, 2, 4, 6, 8], list(range(9))])
def test_slices_are_the_whole_however_they_are_cut(kind, cuts):
    def fresh():
        if kind == "rows":
            return Listed(np.arange(24.0).reshape(8, 3))
        return design_of(kind, UNIT, 2 if kind == "grid" else 8, 3)

    whole = fresh().rows(0, 8)
    parts = [fresh().rows(start, stop) for start, stop in itertools.pairwise(cuts)]
    assert whole.shape == (8, 3)
    np.testing.assert_array_equal(np.concatenate(parts), whole)


@pytest.mark.parametrize("kind", ["latin_hypercube", "sobol"])
def test_the_seed_and_nothing_else_decides(kind):
    first, again, other = (design_of(kind, UNIT, 16, seed).rows(0, 16) for seed in (7, 7, 8))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any(axis=0).all()


def test_a_sobol_sequence_grows_without_changing():
    np.testing.assert_array_equal(
        design_of("sobol", UNIT, 100, 2).rows(0, 50), design_of("sobol", UNIT, 1000, 2).rows(0, 50)
    )


def test_what_determines_the_rows_is_described():
    assert design_of("grid", UNIT, 4, 9).describe() == {"kind": "grid", "levels": 4}
    assert design_of("sobol", UNIT, 4, 9).describe() == {"kind": "sobol", "n": 4, "seed": 9}
    one, other = (Listed(np.array([[1.0, value]])).describe() for value in (2.0, 3.0))
    assert one["n"] == 1
    assert one["sha256"] != other["sha256"]


@pytest.mark.parametrize(
    ("kind", "n", "message"),
    [
        ("random", 10, 'design: unknown design "random", choose from grid, latin_hypercube, sobol'),
        ("grid", 0, "-n: a design of 0 rows or levels, ask for 1 or more"),
        ("sobol", 0, "-n: a design of 0 rows or levels, ask for 1 or more"),
        ("latin_hypercube", -3, "-n: a design of -3 rows or levels, ask for 1 or more"),
        ("sobol", 2**30 + 1, "-n: a Sobol sequence has at most 1,073,741,824 points, ask for fewer"),
        (
            "latin_hypercube",
            10**8,
            "design: a Latin hypercube of 100,000,000 rows must be drawn whole, which takes too much memory, "
            "choose sobol, which is drawn block by block",
        ),
    ],
)
def test_designs_that_cannot_be_drawn_are_refused(refusal, kind, n, message):
    assert refusal(design_of, kind, UNIT, n, 0) == message


def test_the_largest_sobol_sequence_is_drawn_where_it_is_needed():
    design = design_of("sobol", UNIT, 2**30, 0)
    assert design.rows(2**20, 2**20 + 2).shape == (2, 3)


def test_a_sobol_sequence_may_be_read_with_gaps_and_backwards():
    """One design, as a resumed sweep reads it: blocks that are done are left out."""
    whole, design = design_of("sobol", UNIT, 64, 2).rows(0, 64), design_of("sobol", UNIT, 64, 2)
    for start, stop in ((4, 8), (16, 24), (8, 12), (60, 64)):
        np.testing.assert_array_equal(design.rows(start, stop), whole[start:stop])


@pytest.mark.parametrize("kind", ["grid", "sobol", "latin_hypercube"])
def test_a_negative_seed_is_refused(refusal, kind):
    assert refusal(design_of, kind, UNIT, 4, -1) == "seed: -1 is negative, give 0 or more"


@pytest.mark.parametrize("kind", ["grid", "sobol", "latin_hypercube"])
def test_one_row_is_a_design(kind):
    design = design_of(kind, UNIT, 1, 0)
    assert design.n == 1
    assert ((design.rows(0, 1) >= 0.0) & (design.rows(0, 1) <= 1.0)).all()


def test_a_grid_of_many_factors_is_not_drawn_to_be_counted():
    """A slice far inside a grid that no memory holds."""
    many = [Factor(str(j), "", "1", low=0.0, high=1.0) for j in range(12)]
    design = design_of("grid", many, 10, 0)
    assert design.n == 10**12
    last = design.rows(10**12 - 1, 10**12)
    assert last.tolist() == [[1.0] * 12]


def test_values_of_a_design_are_those_of_the_factors_at_its_places():
    rows = design_of("latin_hypercube", MIXED, 40, 3).rows(0, 40)
    assert ((rows[:, 0] > 1.0) & (rows[:, 0] < 3.0)).all()
    assert np.unique(rows[:, 1], return_counts=True)[1].tolist() == [20, 20]  # whole numbers in equal parts
    assert np.unique(rows[:, 2], return_counts=True)[1].tolist() == [20, 20]
