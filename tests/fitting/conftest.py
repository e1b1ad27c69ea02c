"""A patient with synthetic counts whose parameters are known."""

import numpy as np
import pytest

from immunosim.fitting import ErrorModel, Posterior, coordinates_of, subject_of
from immunosim.fitting.likelihood.prediction import predict
from immunosim.observations import Measurement
from immunosim.problem import prepare
from immunosim.scenario import load_scenario
from tests.fitting.linear import patch

NAMES = ("blood_lysis_rate", "antibody_clearance", "memory_cd4_from_naive_fraction", "naive_b_turnover_rate")
ANALYTES = ("lymphocytes", "cd4", "cd8", "cd19")
DAYS = (30.0, 90.0, 180.0, 270.0, 360.0)


@pytest.fixture
def linear(monkeypatch):
    """Let predictions be those of the linear subjects of ``tests.fitting.linear``."""
    patch(monkeypatch)


@pytest.fixture(scope="session")
def problem(configs, model):
    return prepare(load_scenario(configs / "one_course.toml", ("horizon=13 months",)))


def values_of(problem, names=NAMES):
    return {name: float(problem.vector[problem.model.position[name]]) for name in names}


@pytest.fixture(scope="session")
def make_posterior(problem):
    """Return a function that makes the posterior of synthetic counts, and the true parameters."""

    def make_posterior(names=NAMES, seed=1, noise=None, blank=0.0, limit=0.0, priors=True, shift=0.2, factors=()):
        generator = np.random.default_rng(seed)
        noise = noise or dict.fromkeys(ANALYTES, ErrorModel())
        coordinates = coordinates_of(problem.parameters, values_of(problem, names), names, priors)
        asked = [Measurement("a", day, analyte, 1.0) for day in DAYS for analyte in ANALYTES]
        truth = np.array([one.value for one in coordinates.parameters])
        truth = truth * np.exp(shift * generator.normal(size=len(truth)))
        planned = subject_of("a", problem, coordinates.names, asked, noise)
        ((perfect,),) = predict((planned,), [truth[np.newaxis]])
        measured = []
        for one, value in zip(asked, perfect, strict=True):
            own = noise[one.analyte]
            seen = value * np.exp(own.relative * generator.normal())
            floor = limit if one.analyte == "cd19" else 0.0
            if generator.random() >= blank:
                is_below = seen < floor
                measured.append(Measurement("a", one.time, one.analyte, floor if is_below else seen, is_below))
        subject = subject_of("a", problem, coordinates.names, measured, noise, factors, shared=0.0)
        return Posterior((subject,), coordinates, tuple(factors), priors), truth

    return make_posterior
