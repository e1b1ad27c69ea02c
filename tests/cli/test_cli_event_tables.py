"""Times to events on the terminal: not reached, counts, months after the last course, dates where they are known."""

import datetime
import math

import numpy as np
import pytest

from immunosim.cli.event_tables import month_text, reached, reached_interval, show_events, show_returns, show_updates
from immunosim.ensembles.event_times import described_events
from immunosim.ensembles.survival import EventTimes
from immunosim.fitting.conclusions.recovery import Return
from immunosim.fitting.conclusions.recovery_by_visit import Update
from immunosim.scenario.time_reference import TimeReference
from immunosim.units import DAYS_PER_MONTH as MONTH

DATED = TimeReference(2 * MONTH, datetime.date(2020, 1, 1))
UNDATED = TimeReference(2 * MONTH)
TIMES = EventTimes(np.array([3.0, 4.0, 12.0, 12.0, 12.0]) * MONTH, np.array([True, True, False, False, False]))


def back(reference: TimeReference, **changes) -> Return:
    times = EventTimes(TIMES.days, TIMES.is_observed, start=3 * MONTH, n_failed=7)
    return Return("cd4", "0.2e9/L", 3 * MONTH, math.inf, math.inf, 0.4, reference=reference, times=times, **changes)


@pytest.mark.parametrize(
    ("reference", "headers"),
    [
        (None, ["endpoint", "reached", "median day", "90 % CI", "5 %", "95 %"]),
        (UNDATED, ["endpoint", "reached", "median day", "90 % CI", "5 %", "95 %", "month"]),
        (DATED, ["endpoint", "reached", "median day", "90 % CI", "5 %", "95 %", "month", "date"]),
    ],
)
def test_endpoints_have_the_columns_whose_origin_is_known(capsys, reference, headers):
    show_events({"back": described_events(TIMES, reference), "nadir": {"median": 3.0, "n": 5}}, reference)
    _, title, head, row, *remarks = capsys.readouterr().out.splitlines()
    assert title == "Times to events (Kaplan-Meier, day)"
    assert [cell.strip() for cell in head.split("  ") if cell] == headers
    assert row.split()[:4] == ["back", "2", "of", "5"]
    assert "not reached" in row
    assert remarks[0] == "Not reached: fewer than half of the patients get there by the end of the window."
    assert any("start of the last course" in remark for remark in remarks) is (reference is not None)


def test_events_of_a_cohort_have_their_weighted_incidence_censored_and_failed(capsys):
    numbers = {"n": 10, "n_reached": 3, "n_censored": 7, "n_failed": 2, "n_at_start": 0, "by_day": 730.5}
    incidence = {"incidence": 0.2515, "incidence_low": 0.1, "incidence_high": math.nan}
    median = {"median": math.nan, "median_low": math.nan, "median_high": math.nan, "p5": math.nan, "p95": math.nan}
    later = {"median": math.inf, "median_low": 700.0, "median_high": math.inf, "incidence_low": math.nan}
    show_events({"a": numbers | incidence | median, "b": numbers | incidence | median | later}, None)
    _, title, head, *rows = capsys.readouterr().out.splitlines()
    assert title == "Times to events (Kaplan-Meier, weighted)"
    assert head.split()[:7] == ["event", "reached", "censored", "by", "day", "incidence", "90"]
    assert rows[0].split() == ["a", "3", "of", "10", "7", "730.5", "25.1", "%", "10", "%", "to", "-", "-", "-"]
    assert rows[1].endswith("25.1 %               -  not reached  700 to not reached")
    assert rows[2:] == [
        "Not reached: fewer than half of the patients get there by the end of the window.",
        "2 failed patients do not count.",
        "No median where the cumulative hazard is kept only at the end of the window: keep it over time.",
    ]


def test_without_times_to_events_nothing_is_printed(capsys):
    show_events({"nadir": {"median": 3.0, "n": 5}}, None)
    assert capsys.readouterr().out == ""


def test_events_at_the_start_are_said(capsys):
    show_events({"back": described_events(EventTimes(np.zeros(1), np.array([True])), None)}, None)
    assert "back: 1 was there at the start of the window and counts from it." in capsys.readouterr().out


def test_recovery_has_month_day_dates_and_numbers_of_draws(capsys):
    show_returns("Predicted recovery", [back(DATED, share_of_uninformed=0.25)], confidence=0.8)
    printed = capsys.readouterr().out
    _, _, head, row, *remarks = printed.splitlines()
    assert "date, 80 %" in head
    assert "1.0 to not reached" in row
    assert "2020-04-01 to not reached" in row
    assert row.endswith("40% (2 of 5)                      25%")
    assert remarks == [
        "Months count from the start of the last course (day 60.875, 2020-03-01).",
        "Not reached: too few of the draws recover before the horizon, at which the others are censored.",
        "cd4: never below 0.2e9/L after the last course in 1 draw, recovered at once.",
        "7 further draws could not be simulated and do not count.",
    ]


def test_recovery_without_a_date_of_day_0_has_no_columns_of_dates(capsys):
    show_returns("Predicted recovery", [back(UNDATED)])
    assert "date" not in capsys.readouterr().out


def test_visits_count_from_the_last_course_too(capsys):
    show_updates("Patient a", [Update(0.0, 0, 0, (back(DATED),)), Update(3 * MONTH, 1, 2, (back(DATED),))])
    _, _, head, prior, visit, _ = capsys.readouterr().out.splitlines()
    assert head.startswith("visit, day  visit, month  visit, date  visits ")
    assert prior.split()[:2] == ["none", "0"]
    assert visit.split()[:4] == ["91.31", "1.0", "2020-04-01", "1"]


def test_open_and_missing_times_have_words():
    assert [reached(day) for day in (math.nan, math.inf, 515.13)] == ["-", "not reached", "515.1"]
    assert reached_interval(math.inf, math.inf) == "not reached"
    assert reached_interval(3.0, math.inf) == "3 to not reached"
    assert reached_interval(math.nan, math.nan) == "-"
    assert [month_text(month) for month in (-1e-12, 2.04, math.inf)] == ["0.0", "2.0", "not reached"]
