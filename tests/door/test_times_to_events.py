"""Times to an event from Python: the median counts those who do not get there, and tables survive a round trip."""

import json
import math

import pandas as pd
import pytest

import immunosim as ims
from immunosim.report import to_json

COURSE = """
title = "t"
horizon = "24 months"
start_date = 2020-02-01
[[course]]
start = "0 days"
dose = "12 mg"
doses = 5
every = "24 h"
infusion = "4 h"
"""
NAME = "first_above_cd4_400_cells_per_uL"


@pytest.fixture(scope="module")
def by_age(tmp_path_factory):
    path = tmp_path_factory.mktemp("ages") / "base.toml"
    path.write_text(COURSE)
    asked = ["first_above cd4 400 cells/uL from 30 days", "last_below cd4 100 cells/uL as low"]
    return ims.sweep(path, {"patient.age": "20:80"}, n=64, design="sobol", endpoints=asked)


def test_the_median_is_not_reached_where_37_of_64_patients_do_not_get_there(by_age):
    described = by_age.summary()[NAME]
    assert (described["n"], described["n_reached"], described["n_failed"]) == (64, 27, 0)
    assert (described["median"], described["median_high"], described["p95"]) == (math.inf,) * 3
    assert described["p5"] == pytest.approx(417.6, abs=0.5)  # the fourth of 64; of the 27 alone it would be 402.1


def test_a_median_that_is_reached_has_a_month_after_the_course_and_a_date(by_age):
    described = by_age.summary()["low"]
    assert described["n_reached"] == 64
    assert described["median_month"] == pytest.approx(described["median"] / 30.4375)
    day_zero = pd.Timestamp("2020-02-01")
    assert pd.Timestamp(described["median_date"]) == day_zero + pd.Timedelta(days=math.floor(described["median"]))


def test_what_is_not_reached_is_null_in_json_and_infinite_in_a_data_frame(by_age):
    plain = json.loads(to_json(by_age.summary()))[NAME]
    assert (plain["median"], plain["n_reached"]) == (None, 27)
    assert by_age.shown().set_index("endpoint").loc[NAME, "median"] == math.inf


def test_days_and_flags_survive_a_csv_file(by_age, tmp_path):
    times = by_age.event_times(NAME)
    times.to_dataframe().to_csv(tmp_path / "t.csv", index=False)
    table = pd.read_csv(tmp_path / "t.csv", float_precision="round_trip")
    assert table["day"].tolist() == times.days.tolist()
    assert (int(table["is_observed"].sum()), table["is_observed"].dtype) == (27, bool)
    assert (table["day"][~table["is_observed"]] == 24 * 30.4375).all()


def test_months_count_from_each_patients_own_last_course_where_its_start_varies(tmp_path):
    (tmp_path / "base.toml").write_text(COURSE)
    asked = ["first_above cd4 100 cells/uL from 75 days as back"]
    varied = ims.sweep(tmp_path / "base.toml", {"course.1.start": "0 days, 30 days, 60 days"}, n=9, endpoints=asked)
    starts = varied.last_courses
    assert (varied.reference, set(starts.tolist())) == (None, {0.0, 30.0, 60.0})
    assert starts.tolist() == pytest.approx([float(days) for days in varied["course.1.start"]])
    described = varied.summary()["back"]
    months = (varied.event_times("back").days - starts) / 30.4375
    assert described["median_month"] == pytest.approx(sorted(months)[4])  # the fifth of nine
    assert months.max() - months.min() < 0.1 < described["median_month"]
    assert "median_date" not in described
