"""Designs have the structure that their estimators need; what was found is ranked, tabulated and labelled."""

import csv
import io
import json

import numpy as np
import pytest

from immunosim.errors import DataError
from immunosim.sensitivity_analysis import most_influential
from immunosim.sensitivity_analysis.analysis import _outcome
from immunosim.sensitivity_analysis.designs import DEFAULTS, LEAST, cube_of, rows_of
from immunosim.sensitivity_analysis.indices import _pawn_medians, names_of
from immunosim.sensitivity_analysis.result import HEADERS, AnalysedOutput, Analysis
from immunosim.sensitivity_analysis.screening import _effects
from immunosim.sweeps import outputs_of, read_base

WEIGHTS = np.array([0.0, 1.0, 4.5, 9.0])
"""Of Sobol's g-function: the larger, the less a factor matters."""


def g_function(unit):
    return np.prod((np.abs(4 * unit - 2) + WEIGHTS) / (1 + WEIGHTS), axis=1)


def g_indices():
    """Return first-order and total indices in closed form (Saltelli et al. 2008, page 124)."""
    partial = 1.0 / (3.0 * (1.0 + WEIGHTS) ** 2)
    variance = np.prod(1.0 + partial) - 1.0
    total = np.array([partial[j] * np.prod(1.0 + np.delete(partial, j)) for j in range(len(WEIGHTS))])
    return partial / variance, total / variance


def test_sobol_indices_of_the_g_function_are_those_of_algebra(estimated):
    _, found = estimated(g_function, "sobol", 4, 1024)
    for name, expected in zip(("S1", "ST"), g_indices(), strict=True):
        assert (np.abs(found.values[name] - expected) < 2.0 * found.half_widths[name]).all()
        np.testing.assert_allclose(found.values[name], expected, atol=0.05)


def test_sobol_indices_do_not_depend_on_the_unit_of_the_outcome(estimated):
    _, plain = estimated(g_function, "sobol", 4, 128)
    _, scaled = estimated(lambda unit: 1e6 * g_function(unit) - 3e5, "sobol", 4, 128)
    for name in ("S1", "ST"):
        np.testing.assert_allclose(scaled.values[name], plain.values[name], rtol=1e-8, atol=1e-10)


def test_pawn_indices_do_not_depend_on_how_the_outcome_is_spread():
    """The distance of two distributions is that of ranks: any rising function of the outcome leaves it alone."""
    unit = cube_of("pawn", 4, 400, 1).unit
    plain, bent = (_pawn_medians(unit, y) for y in (g_function(unit), np.exp(3.0 * g_function(unit))))
    np.testing.assert_allclose(bent, plain, rtol=1e-12)
    assert list(np.argsort(-plain)[:2]) == [0, 1]


def test_morris_effects_scale_with_the_outcome_and_rank_the_g_function(estimated):
    _, plain = estimated(g_function, "morris", 4, 60)
    _, scaled = estimated(lambda unit: -5.0 * g_function(unit), "morris", 4, 60)
    np.testing.assert_allclose(scaled.values["mu_star"], 5.0 * plain.values["mu_star"], rtol=1e-12)
    np.testing.assert_allclose(scaled.values["mu"], -5.0 * plain.values["mu"], rtol=1e-12, atol=1e-12)
    assert list(np.argsort(-plain.values["mu_star"])) == [0, 1, 2, 3]
    assert (plain.values["sigma"] > 0.0).all()  # no factor of a product acts alone


@pytest.mark.parametrize("second", [False, True])
def test_a_block_of_a_sobol_design_has_each_factor_of_the_second_point_in_the_first(second):
    cube = cube_of("sobol", 3, 16, 1, second)
    assert len(cube.unit) == rows_of("sobol", 3, 16, second) == 16 * cube.rows_per_block
    assert cube.n_blocks == 16
    for block in cube.unit.reshape(16, cube.rows_per_block, 3):
        first, last = block[0], block[-1]
        for j in range(3):
            expected = first.copy()
            expected[j] = last[j]
            np.testing.assert_array_equal(block[1 + j], expected)
            if second:
                mirrored = last.copy()
                mirrored[j] = first[j]
                np.testing.assert_array_equal(block[4 + j], mirrored)


def test_a_morris_trajectory_moves_one_factor_at_a_time_by_two_thirds():
    cube = cube_of("morris", 4, 10, 1)
    assert len(cube.unit) == rows_of("morris", 4, 10) == 50
    for block in cube.unit.reshape(10, 5, 4):
        steps = np.diff(block, axis=0)
        assert sorted(np.flatnonzero(step)[0] for step in steps) == [0, 1, 2, 3]
        assert ((steps != 0.0).sum(axis=1) == 1).all()
        np.testing.assert_allclose(np.abs(steps).sum(axis=1), 2.0 / 3.0)


def test_a_pawn_design_is_a_latin_hypercube():
    cube = cube_of("pawn", 3, 100, 1)
    assert cube.rows_per_block == 1
    for column in cube.unit.T:
        assert sorted(np.floor(column * 100)) == list(range(100))


@pytest.mark.parametrize("method", LEAST)
def test_a_design_lies_in_the_unit_cube_and_follows_its_seed(method):
    first, again, other = (cube_of(method, 3, LEAST[method], seed).unit for seed in (0, 0, 1))
    assert ((first >= 0.0) & (first <= 1.0)).all()
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    assert DEFAULTS[method] >= LEAST[method]


def test_an_unknown_method_is_refused():
    with pytest.raises(DataError, match='method: unknown method "sobool", did you mean "sobol"'):
        cube_of("sobool", 3, 64, 1)


@pytest.mark.parametrize(
    ("method", "second", "names"),
    [
        ("sobol", False, ("S1", "ST")),
        ("sobol", True, ("S1", "ST", "S2")),
        ("morris", False, ("mu_star", "mu", "sigma")),
        ("pawn", False, ("median", "chance")),
    ],
)
def test_a_design_says_which_indices_it_gives(estimated, method, second, names):
    cube, found = estimated(g_function, method, 4, LEAST[method], second_order=second)
    assert names_of(cube) == names
    assert set(found.values) == set(found.half_widths) == set(names)
    _, nothing = estimated(lambda unit: np.ones(len(unit)), method, 4, LEAST[method], second_order=second)
    for name in names:
        assert nothing.values[name].shape == found.values[name].shape
        assert np.isnan(nothing.values[name]).all()


def analysed(**outputs):
    """Return a Sobol analysis by two inputs; each output is (times, values by index)."""
    outcomes = tuple(
        AnalysedOutput(
            name,
            f"label of {name}",
            "cells/uL",
            None if times is None else np.array(times),
            {index: np.array(rows) for index, rows in values.items()},
            {index: np.array(rows) / 10.0 for index, rows in values.items()},
            n_used=8,
        )
        for name, (times, values) in outputs.items()
    )
    return Analysis("sobol", ("a", "b"), ("A", "B"), ("0 to 1", "1 to 2"), outcomes, 8, 32, 1, 5, 0.95)


NUMBER = (None, {"S1": [0.2, 0.5], "ST": [0.3, 0.6], "S2": [[np.nan, 0.1], [np.nan, np.nan]]})
COURSE = ([30.0, 60.0], {"S1": [[0.9, 0.1], [0.1, np.nan]], "ST": [[0.9, 0.2], [0.1, 0.7]]})


def test_inputs_are_ranked_by_the_total_at_the_last_time():
    found = analysed(nadir=NUMBER, cd4=COURSE)
    assert found.ranking("nadir") == ["b", "a"]
    assert found.ranking("cd4") == ["b", "a"]
    assert found.summary() == {"nadir": ["b", "a"], "cd4": ["b", "a"]}
    assert found.facts() == {"nadir": "most by b", "cd4": "most by b"}


def test_an_index_that_is_not_known_ranks_last_and_a_negative_one_by_its_size():
    found = analysed(x=(None, {"ST": [np.nan, 0.0]}), y=(None, {"ST": [-0.5, 0.4]}))
    assert found.ranking("x") == ["b", "a"]
    assert found.ranking("y") == ["a", "b"]


def test_an_unknown_output_is_refused_with_close_matches():
    found = analysed(nadir=NUMBER)
    assert found["nadir"].unit == "cells/uL"
    for ask in (found.__getitem__, found.ranking):
        with pytest.raises(DataError, match='unknown output "nadr", did you mean "nadir"'):
            ask("nadr")


def test_the_table_has_a_line_for_each_index_and_one_for_each_pair():
    found = analysed(nadir=NUMBER, cd4=COURSE)
    lines = list(csv.reader(io.StringIO(found.to_csv().decode())))
    assert tuple(lines[0]) == HEADERS
    assert len(lines) == 1 + (2 + 2 + 1) + (4 + 4)
    assert ["nadir", "", "S2", "a", "b", "0.1", "0.01"] in lines
    assert [line[1] for line in lines if line[0] == "cd4"] == ["30.0", "60.0"] * 4
    table = found.to_dataframe()
    assert list(table.columns) == list(HEADERS)
    assert len(table) == len(lines) - 1


def test_a_dataset_says_units_times_and_what_was_left_out():
    dataset = analysed(nadir=NUMBER, cd4=COURSE).dataset
    assert dataset["nadir_ST"].dims == ("parameter",)
    assert dataset["nadir_S2"].dims == ("parameter", "other")
    assert dataset["cd4_ST"].dims == ("parameter", "time_of_cd4")
    assert dataset["time_of_cd4"].attrs["units"] == "day"
    assert dataset["nadir_ST"].attrs["units"] == "1"
    assert dataset["nadir_ST"].attrs["n_used"] == 8
    np.testing.assert_allclose(dataset["cd4_ST_half_width"], np.array(COURSE[1]["ST"]) / 10.0)


def test_effects_have_the_unit_of_the_result():
    one = AnalysedOutput("x", "x", "mg", None, {"mu_star": np.ones(1)}, {"mu_star": np.zeros(1)}, 4)
    found = Analysis("morris", ("a",), ("A",), ("",), (one,), 4, 8, 0, 0, 0.95)
    assert found.dataset["x_mu_star"].attrs["units"] == "mg"


def test_an_analysis_is_plain_data_and_says_how_many_failed():
    found = analysed(nadir=NUMBER)
    plain = json.loads(json.dumps(found.as_dict()))
    assert plain["outcomes"][0]["values"]["S1"] == [0.2, 0.5]
    assert plain["confidence"] == 0.95
    assert found.headline() == "sobol of 1 outputs by 2 inputs, 32 patients, 1 failed"


def test_the_screening_takes_the_greater_move_as_a_share_of_the_result():
    """Rows: as it is, then each parameter down and up."""
    y = np.array([[100.0, 50.0], [90.0, 50.0], [105.0, 50.0], [100.0, 50.0], [100.0, 80.0]])
    np.testing.assert_allclose(_effects(y), [0.1, 0.3])
    np.testing.assert_allclose(_effects(y[:, 0]), [0.1, 0.0])


@pytest.mark.parametrize("first", [0.0, np.nan, np.inf])
def test_the_screening_passes_over_what_has_no_size(first):
    assert _effects(np.array([first, 1.0, 2.0])).tolist() == [0.0]


def test_the_screening_counts_a_failed_move_as_none():
    assert _effects(np.array([10.0, np.nan, 11.0, np.nan, np.nan])).tolist() == pytest.approx([0.1, 0.0])


def test_over_time_the_fewest_blocks_that_were_used_and_the_most_left_out_are_told():
    cube = cube_of("morris", 2, 10, 1)
    y = np.stack([linear_of(cube.unit), linear_of(cube.unit)], axis=-1)
    is_well = np.ones(30, bool)
    is_well[0] = False  # a patient of the first trajectory failed
    y[4, 1] = y[7, 1] = np.nan  # at the second time two others have no result
    about = {"long_name": "x", "units": "mg"}
    found = _outcome(cube, "x", y, about, is_well, np.array([1.0, 2.0]), 0.95, 0)
    assert (found.n_used, found.n_failed, found.n_not_reached) == (7, 1, 2)
    np.testing.assert_allclose(found.values["mu_star"], [[2.0, 2.0], [1.0, 1.0]])


def linear_of(unit):
    return unit @ [2.0, 1.0]


def test_the_screening_keeps_every_parameter_within_its_bounds(configs, monkeypatch):
    base = read_base(configs / "one_course.toml", ["horizon=1 month", "patient.age=90 years"])
    seen = {}

    def solve_rows(recipe, rows, n_threads):
        seen.update(rows=rows, names=[one.parameter for one in recipe.factors])
        return {"status": (("sample",), np.zeros(len(rows)), {})}

    monkeypatch.setattr("immunosim.sensitivity_analysis.screening.solve_rows", solve_rows)
    assert most_influential(base, outputs_of(base.problem, ["nadir of cd4"], [], [], None, False)) == ()
    rows, names, parameters = seen["rows"], seen["names"], base.problem.parameters
    assert len(rows) == 2 * len(names) + 1
    for j, name in enumerate(names):
        now, moved = rows[0, j], rows[[1 + 2 * j, 2 + 2 * j], j]
        assert parameters[name].lower <= moved[0] <= now <= moved[1] <= parameters[name].upper, name
        others = np.delete(rows[[1 + 2 * j, 2 + 2 * j]], j, axis=1)
        np.testing.assert_array_equal(others, np.delete(rows[[0, 0]], j, axis=1))  # one at a time
    age = names.index("age")
    assert rows[2 + 2 * age, age] == 90.0
    assert rows[1 + 2 * age, age] == pytest.approx(81.0)
    assert "weight" not in names
