"""Cohorts from Python: in memory or stored, with a population of the scenario, a file, or the model."""

import numpy as np
import pytest

import immunosim as ims
from immunosim.errors import DataError
from immunosim.scenario.population import Population

TRAIT = {"name": "lysis", "multiplies": ["blood_lysis_rate"], "sd": 0.3}
NADIR = ["nadir of cd4"]


@pytest.fixture(scope="module")
def people():
    return Population.model_validate({"trait": [TRAIT]})


def test_a_cohort_in_memory_has_the_numbers_of_a_stored_one(short, people, tmp_path):
    in_memory = ims.cohort(short, 8, population=people, endpoints=NADIR)
    stored = ims.cohort(short, 8, population=people, endpoints=NADIR, path=tmp_path / "a.zarr")
    assert np.array_equal(in_memory.dataset["nadir_cd4"], stored.dataset["nadir_cd4"])
    assert np.array_equal(ims.open_cohort(tmp_path / "a.zarr").dataset["nadir_cd4"], stored.dataset["nadir_cd4"])
    assert len(in_memory.to_dataframe()) == 8
    with pytest.raises(DataError, match="exists"):
        ims.cohort(short, 8, population=people, path=tmp_path / "a.zarr")


def test_the_seed_and_the_named_cohort_change_the_patients(short):
    few = {"population": "trials", "endpoints": NADIR}
    first = ims.cohort(short, 4, **few).dataset["age"].values
    assert np.array_equal(first, ims.cohort(short, 4, seed=0, **few).dataset["age"].values)
    assert not np.isin(first, ims.cohort(short, 4, seed=1, **few).dataset["age"].values).any()
    older = ims.cohort(short, 4, cohort="progressive", **few).dataset["age"].values
    assert (older > first).all()


def test_an_estimate_writes_nothing(short, people, tmp_path):
    estimate = ims.estimate_cohort(short, 1_000_000, population=people, path=tmp_path / "a.zarr", endpoints=NADIR)
    assert estimate.quote.n == 1_000_000
    assert estimate.quote.memory < 2 * 2**30
    assert list(tmp_path.iterdir()) == []


def test_the_result_of_a_sweep_is_not_a_cohort(short, tmp_path):
    ims.sweep(short, {"blood_lysis_rate": "x0.5:x2:log"}, n=2, endpoints=NADIR, path=tmp_path / "a.nc")
    with pytest.raises(DataError, match="holds no cohort"):
        ims.open_cohort(tmp_path / "a.nc")
