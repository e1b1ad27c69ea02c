"""Sensitivities of the model itself: ranks that make sense, failures that are left out, derivatives that are exact."""

import json

import numpy as np
import pytest

from immunosim.errors import DataError
from immunosim.sensitivity_analysis import analyse, elasticities, most_influential
from immunosim.sensitivity_analysis.designs import cube_of
from immunosim.sensitivity_analysis.indices import estimate
from immunosim.sweeps import Recipe, RowPopulation, factor_of, outputs_of, read_base, solve_rows
from immunosim.units import DAYS_PER_MONTH

KEYS = ("parameters.blood_lysis_rate", "parameters.antibody_clearance", "patient.age", "course.1.dose")


@pytest.fixture(scope="module")
def base(configs, model):
    return read_base(configs / "one_course.toml", ["horizon=4 months"])


def recipe_of(base, vary, endpoints=(), readouts=(), at=()):
    factors = tuple(factor_of(base, key, values) for key, values in vary.items())
    return Recipe(RowPopulation(base, factors), outputs_of(base.problem, endpoints, readouts, at, None, False))


def test_elasticities_are_those_of_runs_with_a_little_more_and_less(base):
    endpoints = ["nadir of cd4", "peak of alemtuzumab_serum"]
    outputs = outputs_of(base.problem, endpoints, ["cd4", "lymphocytes"], [30.0, 90.0], None, False)
    found = elasticities(base, KEYS, outputs)
    step = 1e-3
    for i, key in enumerate(KEYS):
        recipe = Recipe(RowPopulation(base, (factor_of(base, key, f"x{1 - step}:x{1 + step}"),)), outputs)
        factor = recipe.factors[0]
        values = solve_rows(recipe, np.array([[factor.low], [factor.high]]))
        for name in ("cd4", "lymphocytes", "nadir_cd4", "peak_alemtuzumab_serum"):
            low, high = np.asarray(values[name][1])
            expected = np.log(high / low) / np.log(factor.high / factor.low)
            # Differences of runs at a relative tolerance of 1e-5 are good to 1e-5 / 2e-3 at worst, and to less here.
            np.testing.assert_allclose(found[name].values["elasticity"][i], expected, rtol=5e-3, atol=5e-4)


def test_events_that_never_come_count_with_the_end_of_their_window(base):
    vary = {"course.1.start": "0 days:20 days", "parameters.blood_lysis_rate": "x0.0003:x2:log"}
    endpoint = "first_below lymphocytes 0.1e9/L as fell"
    found = analyse(recipe_of(base, vary, [endpoint, "nadir of cd4"]), "pawn", 200, 1)
    fell, end = found["fell"], float(base.problem.segments.boundaries[-1])
    assert (found.n_patients_failed, fell.n_failed, fell.n_not_reached, fell.n_used) == (0, 0, 0, 200)
    assert 0 < fell.n_censored < 200
    assert fell.censoring == (
        f"{fell.n_censored} patients do not get there by day {end:g} and count with that day: "
        "indices are of the time restricted to it."
    )
    assert (found["nadir_cd4"].n_censored, found["nadir_cd4"].censoring) == (0, "")
    recipe, cube = recipe_of(base, vary, [endpoint]), cube_of("pawn", 2, 200, 1)
    values = np.stack([factor.at(cube.unit[:, j]) for j, factor in enumerate(recipe.factors)], axis=1)
    days = np.asarray(solve_rows(recipe, values)["fell"][1])
    assert np.isnan(days).sum() == fell.n_censored
    expected = estimate(cube, np.where(np.isnan(days), end, days), np.full(200, True), 0.95, 1)
    np.testing.assert_array_equal(fell.values["median"], expected.values["median"])


def test_blocks_with_refused_patients_are_counted_as_failed(configs, model):
    base = read_base(configs / "two_courses.toml", ["horizon=14 months"])
    vary = {"course.1.start": "0 days:200 days", "course.2.start": "100 days:300 days"}
    found = analyse(recipe_of(base, vary, ["nadir of cd4"]), "sobol", 64, 1)
    outcome = found["nadir_cd4"]
    assert found.n_patients_failed > 0
    assert outcome.n_used + outcome.n_failed == 64
    assert outcome.n_not_reached == 0


def test_indices_over_time_have_a_column_for_each_time_and_a_reason_where_there_is_none(base):
    found = analyse(recipe_of(base, {"course.1.dose": "6 mg:24 mg"}, readouts=["cd4"], at=[0.0, 30.0]), "sobol", 16, 1)
    values = found["cd4"].values["ST"]
    assert values.shape == (1, 2)
    assert np.isnan(values[0, 0])
    assert values[0, 1] == pytest.approx(1.0, abs=0.5)
    assert found["cd4"].remark == "the outcome is the same for all patients"


def test_the_screening_finds_what_moves_the_antibody(base):
    outputs = outputs_of(base.problem, ["peak of alemtuzumab_serum"], [], [], None, False)
    found = {factor.name: factor for factor in most_influential(base, outputs, 3)}
    assert {"central_volume", "antibody_clearance"} & set(found)
    for factor in found.values():
        assert factor.is_log
        assert factor.high / factor.low <= 4.0 + 1e-12


def test_results_are_labelled_and_round_trip(base, tmp_path):
    vary = {"parameters.blood_lysis_rate": "x0.5:x2:log", "patient.age": "20:60"}
    found = analyse(recipe_of(base, vary, ["nadir of cd4"], ["cd4"], [30.0, 60.0]), "sobol", 16, 1, second_order=True)
    dataset = found.to_dataset()
    assert dataset["cd4_ST"].dims == ("parameter", "time_of_cd4")
    assert dataset["nadir_cd4_S2"].dims == ("parameter", "other")
    assert list(dataset["parameter"].values) == ["blood_lysis_rate", "patient.age"]
    lines = found.to_csv().decode().splitlines()
    # Two results: one with two times; S1 and ST of two quantities and one pair each.
    assert len(lines) == 1 + 3 * (2 + 2 + 1)
    assert json.loads(json.dumps(found.as_dict()))["method"] == "sobol"


@pytest.mark.parametrize(
    ("keys", "endpoints", "message"),
    [
        (["patient.age"], ["time_below cd4 0.2e9/L"], "has no exact elasticity here, ask for a nadir or a peak"),
        (["mechanisms.thymopoiesis"], ["nadir of cd4"], "has no derivative"),
    ],
)
def test_what_has_no_derivative_is_said(base, keys, endpoints, message):
    with pytest.raises(DataError, match=message):
        elasticities(base, keys, outputs_of(base.problem, endpoints, [], [], None, False))


@pytest.mark.slow
def test_what_cd4_at_a_year_follows_is_sensible_and_the_same_for_two_seeds(configs, model):
    base = read_base(configs / "two_courses.toml")
    keys = (
        *("memory_cd4_from_naive_fraction", "cd4_scale", "il7_naive_share", "memory_cd4_count"),
        *("antibody_clearance", "blood_lysis_rate", "thymic_export_reference_age", "skin_entry_rate"),
    )
    keys = [key for key in keys if key in base.problem.parameters]
    vary = {f"parameters.{key}": "x0.7:x1.4:log" for key in keys}
    recipe = recipe_of(base, vary, readouts=["cd4"], at=[12 * DAYS_PER_MONTH])
    first, second = (analyse(recipe, "sobol", 2048, seed, n_threads=2)["cd4"] for seed in (1, 2))
    for name in ("S1", "ST"):
        width = np.hypot(first.half_widths[name], second.half_widths[name])[:, 0]
        # Eight quantities: the worst of as many 95 % intervals is seldom beyond 1.5 times its width.
        assert (np.abs(first.values[name] - second.values[name])[:, 0] <= 1.5 * width).all()
    alone, total = first.values["S1"][:, 0], first.values["ST"][:, 0]
    assert 0.8 < alone.sum() <= 1.0 + first.half_widths["S1"][:, 0].sum()
    assert (total >= alone - first.half_widths["S1"][:, 0]).all()
    assert set(np.array(keys)[np.argsort(-total)[:3]]) <= set(keys[:4])
    assert total[keys.index("blood_lysis_rate")] < 0.05
