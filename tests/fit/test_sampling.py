"""Samples go on where they were interrupted, with the same draws, and are read by ArviZ."""

import numpy as np
import pytest

from immunosim.errors import DataError
from immunosim.fit import estimate, sample

pytest.importorskip("emcee")

HOW = {"n_draws": 20, "n_warm_up": 10, "n_walkers": 16, "seed": 3, "fingerprint": "x"}


@pytest.fixture(scope="module")
def found(make_posterior):
    posterior, _ = make_posterior(names=("antibody_clearance", "blood_lysis_rate"), limit=60.0)
    return estimate(posterior, 2)


def interrupted_at(step):
    def report(done, _):
        if done == step:
            raise KeyboardInterrupt

    return report


@pytest.mark.parametrize("step", [1, 7, 29])
def test_an_interrupted_sample_goes_on_with_the_same_draws(found, tmp_path, step):
    whole = sample(found, **HOW)
    path = tmp_path / "chain.h5"
    with pytest.raises(KeyboardInterrupt):
        sample(found, **HOW, chain=path, report=interrupted_at(step))
    steps = []
    again = sample(found, **HOW, chain=path, report=lambda done, of: steps.append((done, of)))
    assert steps == [(done, 30) for done in range(step + 1, 31)]
    np.testing.assert_array_equal(again.draws, whole.draws)
    np.testing.assert_array_equal(again.log_density, whole.log_density)
    assert again.acceptance == whole.acceptance


def test_a_finished_chain_is_not_computed_again(found, tmp_path):
    path, steps = tmp_path / "chain.h5", []
    whole = sample(found, **HOW, chain=path)
    again = sample(found, **HOW, chain=path, report=lambda done, of: steps.append(done))
    assert steps == []
    np.testing.assert_array_equal(again.draws, whole.draws)


@pytest.mark.parametrize("change", [{"fingerprint": "y"}, {"seed": 4}, {"n_walkers": 18}, {"n_warm_up": 11}])
def test_steps_of_another_sample_are_refused(found, tmp_path, change):
    path = tmp_path / "chain.h5"
    sample(found, **HOW, chain=path)
    with pytest.raises(DataError, match="holds the steps of another sample, remove it, or leave --resume out"):
        sample(found, **(HOW | change), chain=path)


def test_too_few_walkers_are_said(found):
    with pytest.raises(DataError, match="--walkers: 3 walkers are too few for 2 unknowns, give 4 or more"):
        sample(found, **(HOW | {"n_walkers": 3}))


def test_a_file_that_is_no_chain_is_said(found, tmp_path):
    path = tmp_path / "chain.h5"
    path.write_text("no chain")
    with pytest.raises(DataError, match=r"chain.h5: cannot be read"):
        sample(found, **HOW, chain=path)


def test_a_truncated_chain_is_said(found, tmp_path):
    path = tmp_path / "chain.h5"
    sample(found, **HOW, chain=path)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(DataError, match=r"chain.h5: cannot be read"):
        sample(found, **HOW, chain=path)


@pytest.mark.filterwarnings("ignore:Estimated shape parameter")  # twenty steps are too few for loo itself
def test_arviz_reads_parameters_new_measurements_and_likelihoods(found, tmp_path):
    from immunosim.fit.groups import inference_data
    from immunosim.fit.sampling import load_arviz

    arviz = load_arviz()
    drawn = sample(found, **HOW)
    inference_data(drawn, found.posterior).to_netcdf(str(tmp_path / "posterior.nc"))
    data = arviz.from_netcdf(str(tmp_path / "posterior.nc"))
    n = found.posterior.n_measurements
    assert data.posterior["antibody_clearance"].attrs["units"] == "L/day"
    assert data.posterior_predictive["value"].shape == (16, 20, n)
    np.testing.assert_allclose(data.posterior["antibody_clearance"].values, drawn.draws[:, :, 0])
    likelihoods = data.log_likelihood["value"].values.reshape(-1, n).sum(axis=1)
    unknowns = found.posterior.coordinates.of(drawn.flat)
    np.testing.assert_allclose(likelihoods, found.posterior.log_likelihoods(unknowns)[:, 0], rtol=1e-6)
    assert data.constant_data["is_below"].values.sum() == found.posterior.subjects[0].is_below.sum()
    assert np.isfinite(arviz.loo(data).elpd_loo)
