"""Times of a table are days after day 0, in whatever way people write dates, and what may be two dates is neither."""

import datetime

import pytest

from immunosim.errors import QuantityError
from immunosim.observations.times import Calendar, is_date, order_of

START = datetime.date(2017, 6, 15)


@pytest.fixture
def calendar(scenario) -> Calendar:
    """Return the calendar of a scenario whose day 0 is 15 June 2017, with one course."""
    return Calendar.of(scenario)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        *(("2017-06-15", 0.0), ("2017-6-5", -10.0), ("2018-06-15", 365.0), ("2016-02-29", -472.0)),
        *(("15.06.2017", 0.0), ("5.7.2017", 20.0), ("15-Jun-2017", 0.0), ("15 Jun 2017", 0.0), ("1 July 2017", 16.0)),
        *(("15-JUN-2017", 0.0), ("15 JUNE 2017", 0.0), ("15 june 2017", 0.0), ("15 Jun. 2017", 0.0)),
        *(("1 May 2017", -45.0), ("1 Sep 2017", 78.0), ("1 Sept 2017", 78.0), ("1 September 2017", 78.0)),
        *(("2017-06-15 12:00", 0.5), ("2017-06-15T06:00", 0.25), ("2017-06-15 00:00:30", 30 / 86400)),
        *(("16.06.2017 18:00", 1.75), ("16 Jun 2017 18:00", 1.75)),
    ],
)
def test_a_date_is_its_distance_from_day_0(calendar, text, day):
    assert is_date(text)
    assert calendar.day_of_date(text, "not known") == pytest.approx(day, abs=1e-12)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("15 Junk 2017", '"15 Junk 2017" is not a date'),
        ("12 Marzipan 2017", '"12 Marzipan 2017" is not a date'),
        ("12 Ma 2017", '"12 Ma 2017" is not a date'),
        ("30 Feb 2017", '"30 Feb 2017" is not a date'),
        ("2017-02-29", '"2017-02-29" is not a date'),
        ("2017-13-01", '"2017-13-01" is not a date'),
        ("31.04.2017", '"31.04.2017" is not a date'),
        ("15.06.17", '"15.06.17" has a year of two digits'),
        ("05/06/2017", '"05/06/2017" may have the day or the month first'),
        ("05-06-2017", '"05-06-2017" may have the day or the month first'),
        ("2017-06-15 24:00", '"2017-06-15 24:00" has no time of day'),
        ("2017-06-15 12:60", '"2017-06-15 12:60" has no time of day'),
        ("2017-06-15 12:00:60", '"2017-06-15 12:00:60" has no time of day'),
        ("June 15, 2017", '"June 15, 2017" is not a date'),
        ("", '"" is not a date'),
    ],
)
def test_what_is_no_date_or_may_be_two_is_refused(calendar, text, reason):
    with pytest.raises(QuantityError) as caught:
        calendar.day_of_date(text, "not known")
    assert caught.value.reason == reason
    assert caught.value.cure


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["01/02/2017", "13/02/2017"], "day first"),
        (["01/02/2017", "02/13/2017"], "month first"),
        (["01/02/2017", "12/12/2017"], "not known"),
        (["13.02.2017"], "not known"),  # points put the day first anyway
        (["2017-13-02", "soon", ""], "not known"),
        (["13-02-2017"], "day first"),
        ([], "not known"),
    ],
)
def test_whether_day_or_month_comes_first_is_told_from_all_dates(texts, order):
    assert order_of(texts) == order


def test_the_order_of_the_others_decides_a_date_that_may_be_two(calendar):
    assert calendar.day_of_date("05/07/2017", "day first") == 20.0
    assert calendar.day_of_date("07/05/2017", "month first") == 20.0
    assert calendar.day_of_date("05.07.2017", "month first") == 20.0  # points do not follow slashes


def test_dates_count_from_anywhere_where_only_differences_matter():
    anywhere = Calendar.of(None, any_origin=True)
    first, second = (anywhere.day_of_date(text, "not known") for text in ("2020-02-28", "2020-03-01"))
    assert second - first == 2.0
    with pytest.raises(QuantityError, match="is a date, but no date of day 0 is known"):
        Calendar.of(None).day_of_date("2020-02-28", "not known")


@pytest.mark.parametrize(
    ("text", "factor", "day"),
    [
        *(("30", 1.0, 30.0), ("-2", 7.0, -14.0), ("1.5", 7.0, 10.5), ("2e1", 1.0, 20.0), ("1e6", 1.0, 1e6)),
        *(("30 days", 7.0, 30.0), ("2 weeks", None, 14.0), ("course 1 + 3 days", 1.0, 3.0), ("2017-06-25", 1.0, 10.0)),
    ],
)
def test_a_plain_number_has_the_unit_of_its_column_and_a_text_its_own(calendar, text, factor, day):
    assert calendar.day_of_time(text, factor, float) == pytest.approx(day, abs=1e-12)


@pytest.mark.parametrize("text", ["1000001", "-1000001", "1e300"])
def test_a_time_that_nobody_lives_to_see_is_refused(calendar, text):
    with pytest.raises(QuantityError, match="lies more than a million days from day 0"):
        calendar.day_of_time(text, 1.0, float)


@pytest.mark.parametrize(
    "text", ["soon", "30", "2017", "15.06", "06/15", "2017-06", "15 June", "course 1 + 30 days", "12:30", "1.5"]
)
def test_what_is_written_otherwise_is_not_taken_for_a_date(text):
    assert not is_date(text)
