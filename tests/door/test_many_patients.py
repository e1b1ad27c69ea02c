"""Ensembles and sweeps from Python: tables as rows, in memory or stored, refused in the order of the command line."""

import numpy as np
import pandas as pd
import pytest

import immunosim as ims
from immunosim.errors import DataError

VARY = {"blood_lysis_rate": "x0.5:x2:log"}
NADIR = ["nadir of cd4"]


def test_a_data_frame_of_parameters_gives_the_rows_of_a_mapping(short):
    columns = {"blood_lysis_rate": [10.0, 20.0], "thymic_export_rate": [1e-4, 2e-4]}
    by_mapping = ims.simulate_ensemble(short, columns, readouts=["cd4"])
    for function in (ims.simulate_ensemble, ims.ensemble):
        by_frame = function(short, pd.DataFrame(columns), readouts=["cd4"])
        assert np.array_equal(by_frame["cd4"], by_mapping["cd4"])


def test_columns_are_called_as_in_a_sweep_and_hold_numbers_or_text(short):
    frame = pd.DataFrame({"patient.age": [30, 50], "course.1.dose": ["12 mg", "6 mg"]})
    found = ims.ensemble(short, frame, readouts=["cd4"], times=["1 month", 50.0], endpoints=NADIR)
    for row, changes in enumerate(({"patient.age": 30}, {"patient.age": 50, "course.1.dose": "6 mg"})):
        alone = ims.ensemble([ims.load_scenario("one_course", {"horizon": "60 days", **changes})], endpoints=NADIR)
        assert found["nadir_cd4"][row] == pytest.approx(alone["nadir_cd4"][0], rel=1e-9)
    assert found["time"].tolist() == [30.4375, 50.0]


def test_several_scenarios_are_an_ensemble_with_changes_of_all(short):
    found = ims.ensemble([short, "one_course"], overrides={"horizon": "30 days"}, endpoints=NADIR)
    assert found["nadir_cd4"][0] == found["nadir_cd4"][1]


def test_a_column_that_nothing_is_called_is_named(short):
    with pytest.raises(DataError, match=r"patient\.wieght"):
        ims.ensemble(short, {"patient.wieght": [1.0, 2.0]})


def test_a_sweep_in_memory_has_the_numbers_of_a_stored_one(short, tmp_path):
    in_memory = ims.sweep(short, VARY, n=8, endpoints=NADIR)
    stored = ims.sweep(short, ["blood_lysis_rate=x0.5:x2:log"], n=8, endpoints=NADIR, path=tmp_path / "a.zarr")
    assert np.array_equal(in_memory["nadir_cd4"], stored["nadir_cd4"])
    assert ims.digest_of(tmp_path / "a.zarr")
    with pytest.raises(DataError, match="exists"):
        ims.sweep(short, VARY, n=8, path=tmp_path / "a.zarr")
    assert [path.name for path in tmp_path.iterdir()] == ["a.zarr"]


def test_a_sweep_takes_its_section_of_the_scenario_and_text_times(configs):
    overrides = {"horizon": "14 months"}
    found = ims.sweep("two_courses_dose_and_interval", n=2, overrides=overrides, readouts=["cd4"], at=["1 month"])
    assert 30.4375 in found["time"]
    assert len(found) == 4  # a grid of two quantities


def test_a_sweep_of_a_table_in_memory_has_a_patient_for_each_row(short):
    assert len(ims.sweep(short, rows={"patient.age": [20, 30, 40]}, endpoints=NADIR)) == 3


def test_a_sweep_that_memory_does_not_hold_is_refused_before_it_begins(short, tmp_path, monkeypatch):
    monkeypatch.setattr("immunosim.sweeps.quote.memory_available", lambda: 0)
    monkeypatch.setattr("immunosim.sweeps.quote.memory_used", lambda: 0)
    with pytest.raises(DataError, match="of memory"):
        ims.sweep(short, VARY, n=8, path=tmp_path / "a.nc")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("function", [ims.sweep, ims.sensitivity])
def test_a_misspelt_keyword_is_refused(function, short):
    with pytest.raises(TypeError, match=r'unexpected keyword argument .endpoint., did you mean "endpoints"'):
        function(short, endpoint=NADIR)


def test_sensitivities_take_text_times(short):
    found = ims.sensitivity(short, "local", ["blood_lysis_rate"], readouts=["cd4"], at=["1 month"])
    assert found["cd4"].times.tolist() == [30.4375]
    with pytest.raises(DataError, match="unknown method"):
        ims.sensitivity(short, "sobel")
