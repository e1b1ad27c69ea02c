"""The atlas finds the region that fails by construction, and finds none where failures are spread by chance."""

import json
import sys

import numpy as np
import pytest
import xarray as xr

from immunosim.ensembles.atlas import failure_atlas
from immunosim.numerics import Status, advice

N = 4000


def population(has_failed, *, status=Status.STEP_LIMIT, is_computed=None):
    """Return patients with a rate from 0.1 to 10 (log), an age from 20 to 60 and a mechanism on or off."""
    draws = np.random.default_rng(1).random((N, 3))
    rate, age, thymus = 0.1 * 100 ** draws[:, 0], 20 + 40 * draws[:, 1], np.floor(2 * draws[:, 2])
    failed = has_failed(rate, age, thymus)
    codes = np.where(failed, int(status), 0)
    if is_computed is not None:
        codes = np.where(is_computed, codes, -1)
    variables = {
        "status": ("sample", codes),
        "fail_time": ("sample", np.where(codes > 0, 100.0 + age, np.nan)),
        "worst_pool": ("sample", np.where(codes > 0, 1, -1)),
    }
    coordinates = {
        "rate": ("sample", rate, {"units": "1/day", "scale": "log"}),
        "age": ("sample", age, {"units": "year"}),
        "mechanisms.thymus": ("sample", thymus, {"units": "1", "flag_meanings": "off on"}),
    }
    attributes = {"varied": json.dumps(list(coordinates)), "pools": json.dumps(["naive", "memory"])}
    return xr.Dataset(variables, coordinates, attributes), failed


def test_a_corner_that_fails_is_found_with_its_limits():
    dataset, failed = population(lambda rate, age, thymus: (rate > 3.0) & (age <= 40.0))
    atlas = failure_atlas(dataset)
    (region,) = atlas.regions
    assert region.n_failed == failed.sum() == atlas.n_failed
    assert region.share_of_failures == 1.0
    assert region.n_failed / region.n > 0.99
    limits = [float(word) for word in region.where.split() if word[0].isdigit() and "/" not in word]
    # Limits lie between neighbours of 4,000 patients: a thousandth of the range, here of its logarithm.
    assert sorted(limits) == [pytest.approx(3.0, rel=0.02), pytest.approx(40.0, abs=0.2)]
    assert "rate above" in region.where
    assert "1/day" in region.where
    assert "age at most" in region.where
    assert atlas.accuracy > 0.99


def test_a_choice_is_named_and_not_numbered():
    dataset, _ = population(lambda rate, age, thymus: (thymus == 0) & (rate > 1.0))
    (region,) = failure_atlas(dataset).regions
    assert 'mechanisms.thymus "off"' in region.where


def test_failures_by_chance_are_not_explained():
    chance = np.random.default_rng(2).random(N) < 0.05
    dataset, _ = population(lambda *_: chance)
    atlas = failure_atlas(dataset)
    assert atlas.regions == ()
    assert atlas.accuracy == pytest.approx(0.5, abs=0.1)
    assert atlas.remark.startswith("No region separates failures from the rest")


def test_failures_that_hold_everywhere_but_a_corner_are_still_a_region():
    dataset, _ = population(lambda rate, age, thymus: rate < 8.0)
    (region,) = failure_atlas(dataset).regions
    assert "rate at most" in region.where


def test_few_failures_are_counted_without_a_region():
    few = np.arange(N) < 4
    atlas = failure_atlas(population(lambda *_: few)[0])
    assert atlas.n_failed == 4
    assert atlas.regions == ()
    assert "too few" in atlas.remark


def test_endings_pools_and_missing_patients_are_counted():
    is_computed = np.arange(N) >= 100
    dataset, failed = population(lambda rate, age, _: age > 50.0, is_computed=is_computed)
    atlas = failure_atlas(dataset)
    (ending,) = atlas.endings
    assert atlas.n_missing == 100
    assert ending.status == "STEP_LIMIT"
    assert ending.n == atlas.n_failed == (failed & is_computed).sum() == atlas.pools["memory"]
    assert 150.0 < ending.earliest < ending.latest <= 160.0
    assert ending.first_sample == np.flatnonzero(failed & is_computed)[0]
    assert ending.advice == advice(Status.STEP_LIMIT)


def test_nothing_is_said_of_regions_where_nobody_failed():
    atlas = failure_atlas(population(lambda rate, *_: rate < 0.0)[0])
    assert (atlas.n_failed, atlas.regions, atlas.remark) == (0, (), "No patient failed.")


def test_a_missing_package_is_named_and_everything_else_is_there(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.model_selection", None)
    dataset, failed = population(lambda rate, age, thymus: rate > 3.0)
    atlas = failure_atlas(dataset)
    assert atlas.n_failed == failed.sum()
    assert "python -m pip install 'immunosim[sweep]'" in atlas.remark


def test_the_atlas_is_plain_data():
    dataset, _ = population(lambda rate, age, thymus: rate > 3.0)
    assert json.loads(json.dumps(failure_atlas(dataset).as_dict()))["regions"][0]["share_of_failures"] == 1.0
