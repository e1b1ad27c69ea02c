"""Random numbers that belong to a patient."""

import numpy as np
import pytest

from immunosim.cohorts.streams import SPAN, exponentials, uniforms
from immunosim.errors import DataError


def test_a_patients_number_depends_on_neither_order_nor_size_nor_block():
    whole = uniforms(3, "relapse", np.arange(1000))
    shuffled = np.random.default_rng(0).permutation(1000)
    assert (uniforms(3, "relapse", shuffled) == whole[shuffled]).all()
    assert (uniforms(3, "relapse", np.arange(517, 803)) == whole[517:803]).all()
    assert uniforms(3, "relapse", np.array([17]))[0] == whole[17]


def test_patients_of_a_large_cohort_are_those_of_small_blocks():
    around = np.arange(SPAN - 3, SPAN + 3)
    assert uniforms(0, "a", around).tolist() == [uniforms(0, "a", np.array([n]))[0] for n in around]


def test_another_seed_or_name_gives_independent_numbers():
    first, patients = uniforms(1, "a", np.arange(4000)), np.arange(4000)
    for other in (uniforms(2, "a", patients), uniforms(1, "b", patients)):
        assert abs(np.corrcoef(first, other)[0, 1]) < 0.06  # four standard errors of 1/sqrt(4000)


def test_numbers_are_uniform_and_their_logarithms_exponential():
    from scipy.stats import kstest

    patients = np.arange(20_000)
    assert kstest(uniforms(5, "x", patients), "uniform").pvalue > 0.01
    assert kstest(exponentials(5, "x", patients), "expon").pvalue > 0.01


def test_a_negative_patient_is_refused():
    with pytest.raises(DataError, match="negative"):
        uniforms(0, "a", np.array([-1]))
