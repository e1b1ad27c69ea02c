"""Functions whose sensitivities are known, and the estimates of them."""

import numpy as np
import pytest

from immunosim.sensitivity_analysis.designs import cube_of
from immunosim.sensitivity_analysis.indices import estimate

ISHIGAMI = {"S1": [0.3139, 0.4424, 0.0], "ST": [0.5576, 0.4424, 0.2437]}
"""Of a = 7, b = 0.1: Ishigami and Homma 1990; closed form in Saltelli et al. 2008, page 179."""

SLOPES = np.array([4.0, 2.0, 1.0, 0.0])


def ishigami(unit):
    x = np.pi * (2 * unit - 1)
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def linear(unit):
    return unit @ SLOPES + 3.0


@pytest.fixture
def estimated():
    """Return a function that estimates the indices of a function of the unit cube."""

    def estimated(function, method, n_factors, n, seed=1, known=None, confidence=0.95, second_order=False):
        cube = cube_of(method, n_factors, n, seed, second_order)
        y = function(cube.unit)
        return cube, estimate(cube, y, np.ones(len(y), bool) if known is None else known(len(y)), confidence, seed)

    return estimated
