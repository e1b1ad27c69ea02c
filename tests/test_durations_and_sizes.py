"""Times and sizes are written as a person says them, and how far something has come follows from what is counted."""

import pytest

from immunosim.cli import counting
from immunosim.cli.counting import Count
from immunosim.formatting import duration, size


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        *((0.0, "0.0 s"), (0.96, "1.0 s"), (1.0, "1 s"), (59.4, "59 s"), (59.6, "1 min"), (61.0, "1 min 1 s")),
        *((280.0, "4 min 40 s"), (3599.7, "1 h"), (11100.0, "3 h 5 min"), (86399.0, "23 h 59 min")),
        *((86400.0, "1 day"), (90000.0, "1 day 1 h"), (187200.0, "2 days 4 h")),
    ],
)
def test_a_duration_has_two_units_at_most(seconds, words):
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("n_bytes", "words"),
    [
        *((0.0, "0 kB"), (500.0, "0.5 kB"), (620e3, "620 kB"), (999_400.0, "999 kB"), (999_999.0, "1 MB")),
        *((62.4e6, "62.4 MB"), (999_999_999.0, "1 GB"), (1.34e9, "1.34 GB"), (2e12, "2 TB"), (1.2e15, "1,200 TB")),
    ],
)
def test_a_size_has_three_digits_and_no_exponent(n_bytes, words):
    assert size(n_bytes) == words


def test_what_is_left_follows_from_the_rate_so_far(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(counting.time, "monotonic", lambda: now[0])
    count = Count(1000, "patients")
    now[0] += 2.0
    assert count.add(200, 0) == "200 of 1,000 patients, 100 a second, 8 s left"
    now[0] += 2.0
    assert count.add(600, 3) == "800 of 1,000 patients, 200 a second, 1 s left, 3 failed"
