"""A short scenario, for what the door does with it."""

import pytest

import immunosim as ims

SHORT = {"horizon": "60 days"}


@pytest.fixture(scope="session")
def short() -> ims.Scenario:
    """Return one course, followed for two months."""
    return ims.load_scenario("one_course", SHORT)


@pytest.fixture(scope="session")
def trajectory(short: ims.Scenario) -> ims.Trajectory:
    """Return its course."""
    return ims.simulate(short)
