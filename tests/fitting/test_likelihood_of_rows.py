"""The likelihood over rows is that of each row alone, whatever was measured and however it scatters."""

import numpy as np
import pytest

from immunosim.fitting import ErrorModel
from immunosim.fitting.likelihood.of_rows import log_likelihoods
from immunosim.fitting.likelihood.posterior import log_likelihood
from immunosim.fitting.likelihood.subject import subject_of
from immunosim.observations import Measurement
from immunosim.problem import prepare
from immunosim.scenario import build_scenario

FIRST = {"lymphocytes": 2000.0, "cd4": 100.0, "cd8": 60.0}

BELOW, ABOVE, BETWEEN = {"is_below": True}, {"is_above": True}, {"is_below": True, "lower": 40.0}


def patient(kinds, noise, shared=0.5, factors=()):
    problem = prepare(build_scenario({"horizon": "100 days"}))
    values = [*((0.0, analyte, value) for analyte, value in FIRST.items()), (30.0, "cd4", 50.0), (30.0, "cd8", 80.0)]
    seen = [
        Measurement("P", day, analyte, value, **limits)
        for (day, analyte, value), limits in zip(values, kinds, strict=True)
    ]
    names = ("lymphocytes", "cd4", "cd8")
    return subject_of("P", problem, ["antibody_clearance"], seen, dict.fromkeys(names, noise), factors, shared)


@pytest.mark.parametrize("shared", [0.0, 0.5])
@pytest.mark.parametrize(
    "noise",
    [
        ErrorModel(),
        ErrorModel("combined", 0.2, 15.0),
        ErrorModel("additive", 0.0, 20.0),
        ErrorModel("lognormal", 0.2, degrees=4.0),
    ],
)
@pytest.mark.parametrize(
    "kinds",
    [
        ({},) * 5,
        ({}, BELOW, {}, BELOW, BELOW),
        (BELOW, {}, BETWEEN, {}, ABOVE),
        (ABOVE, BELOW, {}, BETWEEN, {}),
        (BETWEEN, {}, ABOVE, {}, BELOW),
        ({}, BETWEEN, BELOW, ABOVE, ABOVE),
    ],
)
def test_rows_have_the_likelihood_of_each_alone(kinds, noise, shared):
    factors = ("cd4", "cd8")
    subject = patient(kinds, noise, shared, factors)
    generator = np.random.default_rng(2)
    predicted = subject.values * np.exp(0.4 * generator.normal(size=(12, 5)))
    predicted[3, 1] = 0.0
    predicted[4, 2] = np.nan
    predicted[5, 0] = -1.0
    log_factors = np.array([0.2, -0.3])
    with np.errstate(invalid="ignore"):
        alone = [log_likelihood(subject, row, log_factors)[0] for row in predicted]
    np.testing.assert_allclose(log_likelihoods(subject, predicted, log_factors), alone, rtol=1e-9, atol=1e-9)
