"""Questions to a curve have known answers on curves of straight pieces."""

import numpy as np
import pytest

from immunosim.report.curves import fall_below, highest, lowest, mean, rise_to

TIME = np.array([0.0, 1.0, 2.0, 4.0, 5.0])
VALLEY = np.array([4.0, 2.0, 1.0, 3.0, 6.0])


def test_the_lowest_and_highest_values_come_with_their_times() -> None:
    assert lowest(TIME, VALLEY, 0.0, 5.0) == (1.0, 2.0)
    assert highest(TIME, VALLEY, 0.0, 5.0) == (6.0, 5.0)


def test_values_outside_the_window_do_not_count() -> None:
    assert lowest(TIME, VALLEY, 0.0, 1.5) == (2.0, 1.0)
    assert highest(TIME, VALLEY, 1.0, 4.0) == (3.0, 4.0)


def test_a_window_includes_both_its_ends() -> None:
    assert lowest(TIME, VALLEY, 2.0, 2.0) == (1.0, 2.0)


def test_a_level_is_reached_between_two_times_in_proportion() -> None:
    assert rise_to(TIME, VALLEY, 2.0, 2.0, 5.0) == pytest.approx(3.0, rel=1e-15)
    assert fall_below(TIME, VALLEY, 3.0, 0.0, 5.0) == pytest.approx(0.5, rel=1e-15)


def test_a_level_reached_exactly_at_a_time_is_reached_then() -> None:
    assert rise_to(TIME, VALLEY, 3.0, 2.0, 5.0) == 4.0


def test_a_level_that_is_never_reached_has_no_time() -> None:
    assert rise_to(TIME, VALLEY, 7.0, 0.0, 5.0) is None
    assert fall_below(TIME, VALLEY, 0.5, 0.0, 5.0) is None


def test_a_curve_that_starts_above_a_level_has_to_fall_before_it_rises() -> None:
    assert rise_to(TIME, VALLEY, 3.5, 0.0, 5.0) == pytest.approx(4.0 + 0.5 / 3.0, rel=1e-15)
    assert rise_to(TIME, np.full(5, 2.0), 1.0, 0.0, 5.0) is None


def test_the_mean_over_time_weighs_uneven_steps() -> None:
    assert mean(TIME, np.full(5, 3.0), 0.0, 5.0) == 3.0
    assert mean(np.array([0.0, 1.0, 3.0]), np.array([0.0, 2.0, 2.0]), 0.0, 3.0) == pytest.approx(5.0 / 3.0, rel=1e-15)
