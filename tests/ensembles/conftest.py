"""A scenario of a year, and patients around it."""

import numpy as np
import pytest

from immunosim.ensembles import Endpoint, EnsembleResult, simulate_ensemble
from immunosim.scenario import Scenario, load_scenario

N = 9


@pytest.fixture(scope="session")
def scenario(configs) -> Scenario:
    """Return two courses, reported every ten days for 14 months."""
    return load_scenario(configs / "two_courses.toml", ("horizon=14 months", "output.every=10 days"))


@pytest.fixture(scope="session")
def columns() -> dict[str, np.ndarray]:
    """Return parameters of nine patients, of which the fourth is impossible and the seventh is not a number."""
    generator = np.random.default_rng(4)
    columns = {
        "thymic_export_rate": 1e-4 * generator.lognormal(sigma=0.3, size=N),
        "il7_turnover_rate": generator.lognormal(sigma=0.3, size=N),
        "age": generator.uniform(20.0, 60.0, N),
    }
    columns["age"][3] = 500.0
    columns["il7_turnover_rate"][6] = np.nan
    return columns


ENDPOINTS = (
    Endpoint("nadir", "cd4"),
    Endpoint("time_of_nadir", "cd4", start=0, end="11 months"),
    Endpoint("peak", "alemtuzumab_serum", name="highest"),
    Endpoint("time_below", "cd4", "0.2e9/L"),
    Endpoint("first_above", "lymphocytes", 1.0, start="60 days"),
    Endpoint("area", "cd8"),
    Endpoint("mean", "cd8", end="100 days"),
    Endpoint("cumulative_hazard", "relapse_rate"),
    Endpoint("risk", "relapse_rate"),
)


@pytest.fixture(scope="session")
def result(scenario, columns) -> EnsembleResult:
    """Return the patients, with three read-outs, endpoints and pools."""
    return simulate_ensemble(
        scenario, columns, readouts=("cd4", "lymphocytes", "relapse_rate"), endpoints=ENDPOINTS, states=True
    )
