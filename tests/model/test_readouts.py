"""Read-outs: the parts of a blood count add up to its total, in every state."""

import numpy as np
import pytest

PARTS = ("cd4", "cd8", "cd19", "nk", "other_lymphocytes")


@pytest.fixture(scope="module")
def counts(model, defaults):
    """Read-outs of the untreated state and of fifty random ones, by name."""
    vector = model.close(defaults)
    spread = np.random.default_rng(5).lognormal(sigma=2.0, size=(50, len(model.pools)))
    states = model.baseline(vector) * np.vstack([np.ones(len(model.pools)), spread])
    values = model.readouts_at(states, vector, np.zeros((len(states), len(model.inputs))))
    pools = dict(zip(model.pools, states.T, strict=True))
    return dict(zip(model.readouts, values.T, strict=True)), pools


def test_the_parts_add_up_to_the_lymphocytes(counts):
    readouts, _ = counts
    total = sum(readouts[part] for part in PARTS)
    np.testing.assert_allclose(1000.0 * readouts["lymphocytes"], total, rtol=1e-14)


def test_counts_are_those_of_the_pools_in_blood(counts):
    readouts, pools = counts
    # Recent emigrants in blood are the rest of the naive cells.
    mature = pools["naive_cd8_blood"] + pools["memory_cd8_blood"]
    assert (readouts["cd8"] > mature).all()
    assert readouts["cd8"][0] == pytest.approx(mature[0], rel=0.1)
    np.testing.assert_array_equal(readouts["nk"], pools["nk_cells"])
    np.testing.assert_array_equal(readouts["other_lymphocytes"], pools["other_blood"])
    shares = readouts["treg_fraction_of_cd4"] + readouts["naive_fraction_of_cd4"]
    memory = pools["memory_cd4_blood"] / readouts["cd4"]
    np.testing.assert_allclose(shares + memory, 1.0, rtol=1e-14)


def test_untreated_counts_are_those_of_the_evidence(counts):
    readouts, _ = counts
    # Untreated means of CARE-MS I, months 0 (Dubuisson 2018, table 1): CD4 973, CD8 501 cells/uL.
    assert readouts["cd4"][0] == pytest.approx(973, rel=1e-3)
    assert readouts["cd8"][0] == pytest.approx(501, rel=1e-3)
