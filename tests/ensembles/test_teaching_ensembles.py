"""Ensembles of the teaching model: any number of patients, in any order, alone or together, are the same patients."""

import numpy as np
import pytest

from immunosim.ensembles import Endpoint, load_ensemble, replay, simulate_ensemble, solving
from immunosim.errors import DataError
from immunosim.problem import prepare
from immunosim.scenario import build_scenario
from immunosim.simulation import simulate

READOUTS = ("t_cells", "antibody_serum")
ENDPOINTS = (
    Endpoint("nadir", "t_cells"),
    Endpoint("time_of_nadir", "t_cells"),
    Endpoint("peak", "antibody_serum"),
    Endpoint("time_below", "t_cells", "700 cells/uL", name="low"),
    Endpoint("first_below", "t_cells", "700 cells/uL", name="falls"),
    Endpoint("last_below", "t_cells", "700 cells/uL", name="recovers"),
    Endpoint("area", "antibody_serum", name="exposure"),
)


def build(**changes):
    document = {
        "model": "teaching",
        "horizon": "200 days",
        "output": {"every": "10 days"},
        "dose": [{"drug": "antibody", "start": "5 days", "dose": "30 mg"}],
    }
    return build_scenario(document | changes)


@pytest.fixture(scope="module")
def teaching():
    return build()


@pytest.fixture(scope="module")
def width(teaching):
    """Return the lanes of this machine; any number where there are none."""
    lanes = prepare(teaching).model.core.lanes
    return 4 if lanes is None else lanes.width


def patients(n):
    generator = np.random.default_rng(8)
    drawn = {
        "t_cell_count": generator.uniform(800.0, 2500.0, 40),
        "antibody_elimination_rate": generator.uniform(0.05, 0.5, 40),
    }
    return {name: column[:n] for name, column in drawn.items()}


def solve(scenario, columns, **others):
    return simulate_ensemble(scenario, columns, readouts=READOUTS, endpoints=ENDPOINTS, **others)


@pytest.fixture(scope="module")
def reference(teaching):
    return solve(teaching, patients(40))


VARIABLES = (*READOUTS, "nadir_t_cells", "low", "falls", "recovers", "exposure", "status", "n_steps", "n_rejected")


def assert_same(found, expected, rows):
    for name in VARIABLES:
        np.testing.assert_array_equal(found[name], expected[name][rows], err_msg=name)


@pytest.mark.parametrize("beside", [-1, 0, 1])
@pytest.mark.parametrize("vectors", [1, 2])
def test_a_number_of_patients_around_that_of_lanes_changes_no_bit(teaching, reference, width, vectors, beside):
    n = vectors * width + beside
    if n:
        assert_same(solve(teaching, patients(n)), reference, slice(0, n))


def test_one_patient_is_the_first_of_many(teaching, reference):
    found = solve(teaching, patients(1))
    assert_same(found, reference, slice(0, 1))
    assert len(found) == 1


def test_the_order_of_the_patients_is_that_of_the_result(teaching, reference):
    order = np.random.default_rng(2).permutation(40)
    found = solve(teaching, {name: column[order] for name, column in patients(40).items()})
    assert_same(found, reference, order)
    np.testing.assert_array_equal(found["t_cell_count"], patients(40)["t_cell_count"][order])


@pytest.mark.parametrize("chunk", [1, 3, 39, 40, 41])
def test_the_size_of_the_chunks_changes_no_bit(teaching, reference, monkeypatch, chunk):
    monkeypatch.setattr(solving, "ROWS_PER_CHUNK", chunk)
    told = []
    found = solve(teaching, patients(40), report=lambda *numbers: told.append(numbers))
    assert_same(found, reference, slice(None))
    assert len(told) == -(-40 // chunk)
    assert told[-1] == (40, 40, 0)


@pytest.mark.parametrize("n_threads", [1, 2, 5])
def test_the_number_of_threads_changes_no_bit(teaching, reference, n_threads):
    assert_same(solve(teaching, patients(40), n_threads=n_threads), reference, slice(None))


def test_what_else_is_asked_changes_no_bit(teaching, reference):
    found = simulate_ensemble(teaching, patients(40), readouts=READOUTS[::-1], states=True)
    np.testing.assert_array_equal(found["t_cells"], reference["t_cells"])
    assert found.dataset["t_cells_tissue"].dims == ("sample", "time")


def test_a_patient_who_cannot_be_leaves_the_others_alone(teaching, reference):
    columns = patients(40)
    impossible = [0, 7, 8, 39]
    columns["t_cell_count"] = columns["t_cell_count"].copy()
    columns["t_cell_count"][impossible] = np.nan, -5.0, 1e9, np.inf
    found = solve(teaching, columns)
    assert found.failed == impossible
    others = [i for i in range(40) if i not in impossible]
    for name in VARIABLES:
        np.testing.assert_array_equal(found[name][others], reference[name][others], err_msg=name)
    for name in (*READOUTS, "nadir_t_cells", "low"):
        assert np.isnan(found[name][impossible]).all()
    np.testing.assert_array_equal(found["n_steps"][impossible], 0)


def test_all_patients_may_be_impossible(teaching):
    found = solve(teaching, {"t_cell_count": [np.nan, -1.0]})
    assert found.counts() == {"REFUSED_INPUT": 2}
    assert np.isnan(found["low"]).all()
    about = found.summary()["nadir_t_cells"]
    assert about["n"] == 0
    assert np.isnan(about["median"])


def test_a_value_at_the_bounds_is_possible_and_beyond_them_is_not(teaching):
    # 100 to 10,000 cells/uL in the parameter set.
    found = solve(teaching, {"t_cell_count": [100.0, 10_000.0, np.nextafter(100.0, 0.0), np.nextafter(1e4, 1e5)]})
    assert found.failed == [2, 3]


# Endpoints against the trajectory of the patient alone


@pytest.mark.parametrize("sample", [0, 17])
def test_endpoints_are_those_of_the_dense_course(teaching, reference, sample):
    values = {name: float(column[sample]) for name, column in patients(40).items()}
    dense = build(parameters=values, output={"every": "0.02 days", "during_treatment": "0.005 days"})
    trajectory = simulate(dense)
    time, cells, level = trajectory.time, trajectory["t_cells"], trajectory["antibody_serum"]
    assert reference["nadir_t_cells"][sample] == pytest.approx(cells.min(), rel=1e-5)
    assert reference["time_of_nadir_t_cells"][sample] == pytest.approx(time[cells.argmin()], abs=0.05)
    assert reference["peak_antibody_serum"][sample] == pytest.approx(level.max(), rel=1e-4)
    assert reference["exposure"][sample] == pytest.approx(np.trapezoid(level, time), rel=1e-4)
    below = cells < 700.0
    assert reference["falls"][sample] == pytest.approx(time[below][0], abs=0.03)
    assert reference["recovers"][sample] == pytest.approx(time[below][-1], abs=0.03)
    halves = 0.5 * (below[1:].astype(float) + below[:-1])
    assert reference["low"][sample] == pytest.approx(np.sum(halves * np.diff(time)), abs=0.05)


def test_a_course_that_starts_at_the_level_is_below_it_at_once():
    # The untreated count itself is the threshold, and the antibody comes on day 5: nothing is below before it.
    untreated = build(dose=[{"drug": "antibody", "start": "5 days", "dose": "30 mg"}])
    found = simulate_ensemble(
        untreated,
        endpoints=[Endpoint("first_below", "t_cells", "1499.999 cells/uL", name="falls"),
                   Endpoint("first_below", "t_cells", "1500 cells/uL", start="5 days", name="at_once")],
    )  # fmt: skip
    assert found["falls"][0] == pytest.approx(5.0, abs=1e-3)
    assert found["at_once"][0] == pytest.approx(5.0, abs=1e-3)


def test_windows_cut_an_endpoint(teaching):
    windows = [("0 days", "50 days"), ("50 days", "200 days"), (None, None)]
    asked = [Endpoint("area", "t_cells", start=a, end=b, name=f"part_{k}") for k, (a, b) in enumerate(windows)]
    found = simulate_ensemble(teaching, endpoints=asked)
    assert found["part_0"][0] + found["part_1"][0] == pytest.approx(found["part_2"][0], rel=1e-9)


# Results


def test_a_result_comes_back_from_its_file_to_the_bit(reference, tmp_path):
    again = load_ensemble(reference.save(tmp_path / "patients.nc"))
    assert again.dataset.identical(reference.dataset)
    assert again.counts() == {"OK": 40}
    assert again.failed == []
    assert again.headline() == "40 patients, 0 failed"


def test_one_changed_byte_of_a_file_is_found(reference, tmp_path):
    path = reference.save(tmp_path / "patients.nc")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match="is not what was written"):
        load_ensemble(path)


def test_a_table_has_a_row_a_patient_or_a_row_a_patient_and_time(reference):
    plain, long = reference.to_dataframe(), reference.to_dataframe(over_time=True)
    assert len(plain) == 40
    assert {"sample", "t_cell_count", "nadir_t_cells", "status"} <= set(plain.columns)
    assert "t_cells" not in plain.columns
    n_times = reference.dataset.sizes["time"]
    assert len(long) == 40 * n_times
    np.testing.assert_array_equal(long["t_cells"].to_numpy().reshape(40, n_times), reference["t_cells"])


def test_a_summary_counts_those_who_have_the_number(teaching):
    asked = [Endpoint("first_below", "t_cells", "300 cells/uL", name="deep"), Endpoint("nadir", "t_cells")]
    found = simulate_ensemble(teaching, patients(40), endpoints=asked)
    about = found.summary()
    n_deep = int((found["nadir_t_cells"] < 300.0).sum())
    assert (about["deep"]["n_reached"], about["deep"]["n"]) == (n_deep, 40)
    assert about["nadir_t_cells"]["n"] == 40
    assert about["nadir_t_cells"]["p5"] <= about["nadir_t_cells"]["median"] <= about["nadir_t_cells"]["p95"]
    assert about["nadir_t_cells"]["unit"] == "cells/uL"


def test_a_result_says_what_varied_with_its_unit(reference):
    assert reference.varied_of(0)["antibody_elimination_rate"].endswith("1/day")
    assert reference.parameters_of(3) == {name: column[3] for name, column in patients(40).items()}
    assert reference.facts()["varied"] == "t_cell_count, antibody_elimination_rate"


def test_a_replay_ends_as_the_patient_did(reference):
    found = replay(reference, 5, n_trials=4)
    assert found.is_reproduced
    assert (found.status, found.stored) == ("OK", "OK")
    assert len(found.trials) == 4
    assert found.trials[-1].time + found.trials[-1].step == pytest.approx(200.0)
    assert found.refusal == ""
    assert len(found.pools) == 6


def test_a_replay_of_one_who_was_refused_says_why(teaching):
    found = replay(solve(teaching, {"t_cell_count": [1500.0, 5.0]}), 1)
    assert found.status == "REFUSED_INPUT"
    assert "t_cell_count" in found.refusal
    assert found.trials == found.pools == found.rates == ()
    assert found.is_reproduced


@pytest.mark.parametrize("sample", [-1, 40])
def test_a_replay_of_nobody_is_refused(reference, sample):
    with pytest.raises(DataError, match=f"no patient {sample} among 40"):
        replay(reference, sample)


# What is refused


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"parameters": {"t_cell_count": []}}, "there is no patient"),
        ({"parameters": {"t_cell_count": [1500.0 + 1j]}}, "not a number"),
        ({"parameters": {"t_cell_count": [[1500.0], [1.0, 2.0]]}}, "not a number"),
        ({"parameters": {"t_cell_count": 1500.0}}, "is not a vector"),
        ({"times": ["soon"]}, "times: holds something that is not a number"),
        ({"times": [np.nan]}, "does not decrease"),
        ({"times": [-1.0, 2.0]}, "outside the simulated time span"),
        ({"times": 3.0}, "must be a vector"),
        ({"readouts": ("t_cells", "t_cells")}, 'two results are called "t_cells"'),
        ({"endpoints": [Endpoint("nadir", "t_cells", name="status")]}, 'two results are called "status"'),
        ({"endpoints": [Endpoint("nadir", "t_cells", name="time")]}, 'two results are called "time"'),
        (
            {"parameters": {"t_cell_count": [1.5e3]}, "endpoints": [Endpoint("nadir", "t_cells", name="t_cell_count")]},
            'two results are called "t_cell_count"',
        ),
        ({"states": True, "endpoints": [Endpoint("nadir", "t_cells", name="cytokine")]}, 'are called "cytokine"'),
        ({"endpoints": [Endpoint("nadir", "t_cells", start=np.nan)]}, "not a finite number"),
        ({"endpoints": [Endpoint("nadir", "t_cells", start=-1.0)]}, "outside the simulated time span"),
        ({"endpoints": [Endpoint("nadir", "t_cells", start=9.0, end=9.0)]}, "outside the simulated time span"),
        ({"endpoints": [Endpoint("time_below", "t_cells", np.inf)]}, "not a finite number"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_name(teaching, arguments, complaint):
    with pytest.raises(DataError, match=complaint):
        simulate_ensemble(teaching, **arguments)


def test_times_may_be_none_at_all_and_then_only_endpoints_are_there(teaching):
    found = solve(teaching, patients(2), times=[])
    assert found.dataset.sizes["time"] == 0
    assert np.isfinite(found["nadir_t_cells"]).all()
