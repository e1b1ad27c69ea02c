"""Random numbers that belong to a patient."""

import numpy as np
import pytest

from immunosim.cohorts.keyed import MOST_SKIPPED, exponential, uniform
from immunosim.errors import DataError


def test_a_patients_number_depends_on_neither_order_nor_size_nor_block():
    whole = uniform(3, "relapse", np.arange(1000))
    shuffled = np.random.default_rng(0).permutation(1000)
    assert (uniform(3, "relapse", shuffled) == whole[shuffled]).all()
    assert (uniform(3, "relapse", np.arange(517, 803)) == whole[517:803]).all()
    assert uniform(3, "relapse", np.array([17]))[0] == whole[17]


def test_patients_who_lie_apart_have_the_numbers_of_small_blocks():
    apart = 100_000 + np.cumsum([0, 1, MOST_SKIPPED, 1, MOST_SKIPPED + 1, 10_000])
    assert uniform(0, "a", apart).tolist() == [uniform(0, "a", np.array([n]))[0] for n in apart]


def test_another_seed_or_name_gives_independent_numbers():
    first, patients = uniform(1, "a", np.arange(4000)), np.arange(4000)
    for other in (uniform(2, "a", patients), uniform(1, "b", patients)):
        assert abs(np.corrcoef(first, other)[0, 1]) < 0.06  # four standard errors of 1/sqrt(4000)


def test_numbers_are_uniform_and_their_logarithms_exponential():
    from scipy.stats import kstest

    patients = np.arange(20_000)
    assert kstest(uniform(5, "x", patients), "uniform").pvalue > 0.01
    assert kstest(exponential(5, "x", patients), "expon").pvalue > 0.01


def test_a_negative_patient_is_refused():
    with pytest.raises(DataError, match="numbered from 0"):
        uniform(0, "a", np.array([-1]))
