"""Samples go on where they were interrupted, with the same draws, and are read by ArviZ."""

import numpy as np
import pytest

from immunosim.errors import DataError
from immunosim.fitting import estimate, sample
from immunosim.locks import held

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
    path = tmp_path / "chain.steps"
    with pytest.raises(KeyboardInterrupt):
        sample(found, **HOW, chain=path, report=interrupted_at(step))
    steps = []
    again = sample(found, **HOW, chain=path, report=lambda done, of: steps.append((done, of)))
    assert steps == [(done, 30) for done in range(step + 1, 31)]
    np.testing.assert_array_equal(again.draws, whole.draws)
    np.testing.assert_array_equal(again.log_density, whole.log_density)
    assert again.acceptance == whole.acceptance


def test_a_finished_chain_is_not_computed_again(found, tmp_path):
    path, steps = tmp_path / "chain.steps", []
    whole = sample(found, **HOW, chain=path)
    again = sample(found, **HOW, chain=path, report=lambda done, of: steps.append(done))
    assert steps == []
    np.testing.assert_array_equal(again.draws, whole.draws)


@pytest.mark.parametrize("change", [{"fingerprint": "y"}, {"seed": 4}, {"n_walkers": 18}, {"n_warm_up": 11}])
def test_steps_of_another_sample_are_refused(found, tmp_path, change):
    path = tmp_path / "chain.steps"
    sample(found, **HOW, chain=path)
    with pytest.raises(DataError, match="holds the steps of another sample, remove it, or leave out `resume`"):
        sample(found, **(HOW | change), chain=path)


def test_too_few_walkers_are_said(found):
    with pytest.raises(DataError, match="walkers: 3 walkers are too few for 2 unknowns, give 4 or more"):
        sample(found, **(HOW | {"n_walkers": 3}))


def test_a_file_that_is_no_chain_is_said(found, tmp_path):
    path = tmp_path / "chain.steps"
    path.write_text("no chain")
    with pytest.raises(DataError, match=r"chain.steps: cannot be read"):
        sample(found, **HOW, chain=path)


def cut(content):
    return content[:20000]


def flipped(content):
    place = len(content) // 2
    return content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :]


def longer(content):
    return content + b"x" * 100


def swapped(content):
    """Return the records of two steps in the place of each other."""
    head, body = content[: content.index(b"\n") + 1], content[content.index(b"\n") + 1 :]
    size = len(body) // 30
    return head + body[size : 2 * size] + body[:size] + body[2 * size :]


@pytest.mark.parametrize(("harm", "is_left"), [(cut, True), (flipped, True), (longer, True), (swapped, False)])
def test_damaged_steps_are_said_and_made_again(found, tmp_path, harm, is_left):
    path, notes, steps = tmp_path / "chain.steps", [], []
    whole = sample(found, **HOW, chain=path)
    content = path.read_bytes()
    path.write_bytes(harm(content))
    again = sample(found, **HOW, chain=path, note=notes.append, report=lambda done, of: steps.append(done))
    np.testing.assert_array_equal(again.draws, whole.draws)
    assert (len(steps) < 30) is is_left
    assert notes == [f"{path}: the steps after the {30 - len(steps)}th are truncated or damaged; they are repeated"]
    assert path.read_bytes() == content


def test_a_chain_is_held_while_it_grows(found, tmp_path):
    path = tmp_path / "chain.steps"
    with held(path), pytest.raises(DataError, match="is in use"):
        sample(found, **HOW, chain=path)


@pytest.mark.filterwarnings("ignore:Estimated shape parameter")  # twenty steps are too few for loo itself
def test_arviz_reads_parameters_new_measurements_and_likelihoods(found, tmp_path):
    from immunosim.fitting.exchange.inference_data import inference_data
    from immunosim.fitting.search.sampling import load_arviz

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
    n_below = sum(seen.is_below for seen in found.posterior.subjects[0].measurements)
    assert data.constant_data["is_below"].values.sum() == n_below
    assert np.isfinite(arviz.loo(data).elpd_loo)
