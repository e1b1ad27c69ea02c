"""The worst of a scattered population stays within ten tolerances of a reference by another method."""

from dataclasses import replace

import numpy as np

FLOOR = 1e-4  # as `immunosim verify`: below this share of its maximum a pool need not be known


def test_the_worst_of_the_population_is_within_ten_tolerances(population, host_width):
    rtol = population.options.rtol
    tight = replace(population.options, rtol=1e-12, atol=population.options.atol * 1e-12 / rtol, method="rodas6p")
    found = population.solve(width=host_width).states
    reference = replace(population, options=tight).solve(width=host_width).states
    sizes = np.abs(reference) + FLOOR * np.abs(reference).max(axis=1, keepdims=True)
    errors = np.divide(np.abs(found - reference), sizes, where=found != reference, out=np.zeros_like(found))
    assert errors.max() < 10.0 * rtol
