"""Times and durations as users give them: numbers in days, or text that the scenario understands."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from immunosim.scenario import Scenario

Time = float | str
"""A day, or text such as ``"6 months"``, ``"course 2 + 30 days"`` or a date."""


def day_of(scenario: Scenario, time: Time, key: str) -> float:
    """Return a time as the scenario itself would understand it, day.

    Parameters
    ----------
    scenario : Scenario
    time : float, day, or str
    key : str
        The argument or option that gave it, for messages.

    Raises
    ------
    ScenarioError
        If the text is not a time.
    """
    from immunosim.errors import QuantityError, ScenarioError
    from immunosim.scenario.clock import Clock

    if not isinstance(time, str):
        return float(time)
    try:
        return Clock.of(scenario).days(time)
    except QuantityError as error:
        raise ScenarioError(error.reason, key=key, cure=error.cure) from error


def simulated_day_of(scenario: Scenario, time: Time, key: str) -> float:
    """Return a time as ``day_of`` does, where it lies within the simulated time.

    Raises
    ------
    ScenarioError
        If it is not a time, or lies before or after what is simulated.
    """
    from immunosim.errors import ScenarioError
    from immunosim.scenario.regimen import start_of

    day, first, last = day_of(scenario, time, key), start_of(scenario), scenario.horizon
    if not first <= day <= last:
        cure = f"choose a time from day {first:g} to day {last:g}"
        raise ScenarioError(f"day {day:g} is outside the simulated time span", key=key, cure=cure)
    return day


def duration_of(duration: Time, key: str) -> float:
    """Return a duration, day.

    Raises
    ------
    ScenarioError
        If the text is not a duration.
    """
    from immunosim.errors import QuantityError, ScenarioError
    from immunosim.units import parse_quantity

    if not isinstance(duration, str):
        return float(duration)
    try:
        return parse_quantity(duration, "day", wanted='a duration such as "1 month"')
    except QuantityError as error:
        raise ScenarioError(error.reason, key=key, cure=error.cure) from error
