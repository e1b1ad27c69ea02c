"""The statistics that target files name, each on a cohort whose answer is known."""

import math
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from cohorts.hand_made import MONTHS, cohort

from immunosim.cohorts.events import events_from_hazard
from immunosim.cohorts.followed_events import passage_after
from immunosim.cohorts.incidence import kaplan_meier
from immunosim.cohorts.keyed import exponential
from immunosim.cohorts.registry import STATISTICS
from immunosim.cohorts.request import StatisticRequest
from immunosim.cohorts.sample import CohortSample
from immunosim.errors import DataError
from immunosim.units import DAYS_PER_MONTH as MONTH

N, WELL = 40, slice(0, 39)
COHORT = cohort(N)
WEIGHT = COHORT["weight"].values[WELL]
UNTREATED = COHORT["cd4"].values[WELL, 0]
SMOKER = COHORT["smoker"].values[WELL] == 1.0
PASSAGE = {"readout": "cd4", "start": "1 month"}


def computed(statistic: str, dataset=COHORT, group: str = "", **keys) -> float:
    """Return a statistic by the name that a file gives it."""
    request = StatisticRequest.model_validate({"statistic": statistic, **keys}, context={"file": "targets.toml"})
    sample = CohortSample.of(dataset, group)
    prepared = STATISTICS[statistic].prepare(sample, request)
    return prepared.value(sample.weight)


def unit(statistic: str, **keys) -> str:
    request = StatisticRequest.model_validate({"statistic": statistic, **keys}, context={"file": "targets.toml"})
    return STATISTICS[statistic].prepare(CohortSample.of(COHORT), request).unit


def average(values, weight=WEIGHT) -> float:
    return float(np.average(values, weights=weight))


def test_the_patient_who_failed_does_not_count():
    assert computed("mean", readout="cd4", time="0 days") == pytest.approx(average(UNTREATED))


def test_a_mean_is_of_a_readout_an_endpoint_or_a_column():
    assert computed("mean", readout="cd4", time="1 month") == pytest.approx(0.1 * average(UNTREATED))
    assert computed("mean", endpoint="peak") == pytest.approx(average(np.linspace(1.0, 2.0, N)[WELL]))
    assert computed("mean", readout="age") == pytest.approx(average(np.linspace(20.0, 60.0, N)[WELL]))
    assert (unit("mean", endpoint="peak"), unit("mean", readout="age")) == ("ug/mL", "year")


def test_a_group_is_apart():
    assert computed("mean", group="smoker = true", readout="cd4", time="0 days") == pytest.approx(
        average(UNTREATED[SMOKER], WEIGHT[SMOKER])
    )


def test_noise_enters_spreads_and_shares():
    variance = average(UNTREATED**2) - average(UNTREATED) ** 2
    spread = computed("sd", readout="cd4", time="0 days", noise="10 %")
    assert spread == pytest.approx(math.sqrt(variance + 0.01 * average(UNTREATED**2)))
    assert computed("cv", readout="cd4", time="0 days", noise="10 %") == pytest.approx(spread / average(UNTREATED))
    exact = computed("share_at_or_above", readout="cd4", time="0 days", level="0.9e9/L")
    assert exact == pytest.approx(average(UNTREATED >= 900.0))
    assert computed("share_at_or_above", readout="cd4", time="0 days", level="0.9e9/L", noise="10 %") != exact
    assert computed("share_below", readout="cd4", time="0 days", level="0.9e9/L") == pytest.approx(1.0 - exact)


def test_a_level_may_be_relative_to_baseline():
    assert computed("share_at_or_above", readout="cd4", time="6 months", level="20 % of baseline") == 1.0
    assert computed("share_at_or_above", readout="cd4", time="6 months", level="40 % of baseline") == 0.0


def test_a_share_is_of_those_ever_measured_above_at_visits():
    visits = ["6 months", "24 months"]
    assert computed("share_ever_at_or_above", readout="cd4", level="100 % of baseline", visits=visits) == 1.0
    noisy = {"readout": "cd4", "level": "100 % of baseline", "noise": "10 %"}
    # Back at its value, a measured count is above a measured one in half of the patients.
    assert computed("share_ever_at_or_above", **noisy, visits=["24 months"]) == pytest.approx(0.5)
    assert computed("share_ever_at_or_above", **noisy, visits=["6 months"]) < 1e-6


def test_quantiles_and_geometric_means():
    from immunosim.cohorts.statistics import weighted_quantile

    assert computed("median", readout="cd4", time="0 days") == weighted_quantile(UNTREATED, 0.5, WEIGHT)
    assert computed("quantile", readout="cd4", time="0 days", fraction=0.9) == weighted_quantile(UNTREATED, 0.9, WEIGHT)
    assert computed("geometric_mean", readout="cd4", time="0 days") == pytest.approx(
        math.exp(average(np.log(UNTREATED)))
    )


def test_ratios_to_baseline_and_of_groups():
    assert computed("ratio_to_baseline", readout="cd4", time="1 month") == pytest.approx(0.1)
    assert computed("median_ratio_to_baseline", readout="cd4", time="1 month") == pytest.approx(0.1)
    ratio = computed("ratio_of_groups", readout="cd4", time="0 days", exposure="smoker = yes", reference="smoker = no")
    means = [average(UNTREATED[rows], WEIGHT[rows]) for rows in (SMOKER, ~SMOKER)]
    assert ratio == pytest.approx(means[0] / means[1])


def test_a_share_is_of_those_who_meet_a_condition():
    assert computed("share", condition="smoker = true") == pytest.approx(average(SMOKER))


def test_a_passage_is_on_the_line_between_times():
    # From 10 % at month 1 to 100 % at month 24: 50 % at month 1 + 23 * 4/9.
    expected = (1.0 + 23.0 * 4.0 / 9.0) * MONTH
    assert computed("median_time", **PASSAGE, level="50 % of baseline") == pytest.approx(expected)
    assert computed("geometric_mean_time", **PASSAGE, level="50 % of baseline") == pytest.approx(expected)
    assert computed("quantile_time", **PASSAGE, level="50 % of baseline", fraction=0.9) == pytest.approx(expected)
    assert computed("median_time", **PASSAGE, level="50 % of baseline", since="1 month") == pytest.approx(
        expected - MONTH
    )


def test_visits_show_a_passage_late():
    visits = ["0 days", "1 month", "6 months", "11.75 months", "24 months"]
    assert computed("median_time", **PASSAGE, level="50 % of baseline", visits=visits) == pytest.approx(11.75 * MONTH)
    delay = [{"until": "6 months", "add": "1 month"}, {"add": "3 months"}]
    seen = computed("median_time", **PASSAGE, level="50 % of baseline", delay=delay)
    assert seen == pytest.approx((1.0 + 23.0 * 4.0 / 9.0 + 3.0) * MONTH)


def test_an_incidence_counts_who_passed_by_a_time():
    assert computed("incidence", **PASSAGE, level="100 % of baseline", time="23 months") == 0.0
    assert computed("incidence", **PASSAGE, level="100 % of baseline") == 1.0
    assert computed("incidence", **PASSAGE, level="101 % of baseline") == 0.0


def test_an_incidence_since_a_day_leaves_out_earlier_events():
    whole, before = (computed("incidence", hazard="hazard", time=time) for time in ("24 months", "6 months"))
    later = computed("incidence_since", hazard="hazard", since="6 months", time="18 months")
    assert later == pytest.approx(whole - before)
    assert 0.0 < later < whole


def test_an_incidence_of_an_endpoint_is_that_of_kaplan_meier():
    reached = COHORT["back"].values[WELL]
    days = np.where(np.isnan(reached), 24.0 * MONTH, reached)
    curve = kaplan_meier(days, ~np.isnan(reached), WEIGHT)
    assert computed("incidence", endpoint="back", time="120 days") == pytest.approx(curve.at(120.0))


def test_events_are_drawn_from_a_hazard_and_the_number_of_the_patient():
    hazard = COHORT["hazard"].values[WELL]
    events = events_from_hazard(MONTHS * MONTH, hazard, exponential(0, "event of hazard", np.arange(39)))
    expected = kaplan_meier(events.days, events.is_observed, WEIGHT).at(12 * MONTH)
    assert computed("incidence", hazard="hazard", time="12 months") == pytest.approx(expected)
    shuffled = COHORT.isel(patient=np.random.default_rng(1).permutation(N))
    assert computed("incidence", shuffled, hazard="hazard", time="12 months") == pytest.approx(expected)


def test_the_draw_by_which_the_model_decided_may_be_a_column():
    decided = COHORT.assign(drawn=("patient", np.full(N, 0.1)))
    # Hazard 1 per 1,000 days, twice as much of smokers.
    assert computed("median_time_of_events", decided, group="smoker = no", hazard="hazard", draw="drawn") == (
        pytest.approx(100.0)
    )
    assert computed("median_time_of_events", decided, group="smoker = yes", hazard="hazard", draw="drawn") == (
        pytest.approx(50.0)
    )


def test_a_hazard_of_nobody_may_fall_by_the_error_of_the_integrator():
    safe = COHORT.assign(hazard=COHORT["hazard"] * 0.0)
    safe["hazard"][:, 2] = 1e-9
    assert computed("incidence", safe, hazard="hazard", time="12 months") == 0.0


def test_a_competing_event_lowers_the_incidence():
    alone = computed("incidence", hazard="hazard", time="12 months")
    with_other = computed("incidence", hazard="hazard", time="12 months", competing=["back"])
    assert 0.0 < with_other < alone


def test_a_risk_is_the_mean_probability():
    hazard = COHORT["hazard"].sel(time=6.0 * MONTH).values[WELL]
    assert computed("risk", hazard="hazard", time="6 months") == pytest.approx(average(1.0 - np.exp(-hazard)))
    before = COHORT["hazard"].sel(time=MONTH).values[WELL]
    expected = average(1.0 - np.exp(before - hazard))
    assert computed("risk", hazard="hazard", time="6 months", start="1 month") == pytest.approx(expected)


def test_odds_of_a_hazard_are_those_of_the_mean_probabilities():
    low, high = (1.0 - math.exp(-factor * 6.0 * MONTH / 1000.0) for factor in (1.0, 2.0))
    found = computed("odds_ratio", hazard="hazard", time="6 months", exposure="smoker = true")
    assert found == pytest.approx(high / (1.0 - high) / (low / (1.0 - low)))


def test_ratios_of_a_doubled_hazard_are_near_two():
    large = cohort(4000)
    assert computed("hazard_ratio", large, hazard="hazard", exposure="smoker = true") == pytest.approx(2.0, rel=0.15)
    assert computed("odds_ratio", endpoint="back", exposure="smoker = true") == 0.0  # even patients had no event


def test_times_of_events_leave_out_who_had_none():
    reached = COHORT["back"].values[WELL]
    assert computed("median_time_of_events", endpoint="back") == pytest.approx(
        np.nanquantile(reached[4:], 0.5), abs=1.0
    )
    assert computed("share_of_events_by", endpoint="back", time="2000 days") == 1.0
    assert computed("share_of_events_by", endpoint="back", time="120 days") == pytest.approx(
        average(reached[~np.isnan(reached)] <= 120.0, WEIGHT[~np.isnan(reached)])
    )


def followed(n: int = 6):
    """Return patients with an event on a day or none, after which a titre falls from 2 to 0 in 400 days."""
    one, times = ("patient",), np.arange(0.0, 1001.0, 50.0)
    day = np.array([100.0, 200.0, 300.0, np.nan, np.nan, 900.0])
    about = {"measure": "first_above", "window_start": 0.0, "window_end": 1000.0, "kind": "endpoint"}
    since = times - np.nan_to_num(day, nan=0.0)[:, None]
    titre = np.clip(2.0 - np.maximum(since, 0.0) / 200.0, 0.0, 2.0)
    return xr.Dataset(
        {
            "ill": (one, day, about),
            "titre": (("patient", "time"), titre, {"units": "1"}),
            "weight": (one, np.array([1.0, 1.0, 1.0, 5.0, 5.0, 2.0])),
            "status": (one, np.zeros(n, np.int64)),
        },
        coords={"patient": np.arange(n), "time": times},
    )


def test_a_passage_follows_an_event_within_a_time():
    event = {"endpoint": "ill", "other": "titre"}
    # From 2 to 0.5 takes 300 days; of the patient of day 900 only 100 days are seen.
    assert computed("share_followed", followed(), **event, other_level="0.5", within="299 days") == 0.0
    assert computed("share_followed", followed(), **event, other_level="0.5", within="301 days") == 1.0
    assert computed("median_time_to_follow", followed(), **event, other_level="0.5") == pytest.approx(300.0)
    # All but the weight 2 of 5 at risk have the half of it seen: 1.6 after 80 days.
    assert computed("median_time_to_follow", followed(), **event, other_level="1.6") == pytest.approx(80.0)
    assert computed("share_followed", followed(), **event, other_level="3", within="1 day") == 1.0
    assert computed("mean_time_to_follow", followed(), **event, other_level="0.5") == pytest.approx(300.0)
    assert math.isnan(computed("mean_time_to_follow", followed(), **event, other_level="0.5", within="200 days"))


def test_a_passage_that_follows_may_be_upwards_and_relative():
    rising = followed()
    rising["titre"] = 2.0 - rising["titre"]
    event = {"endpoint": "ill", "other": "titre", "other_direction": "above", "other_level": "1"}
    assert computed("median_time_to_follow", rising, **event) == pytest.approx(200.0)
    relative = {"endpoint": "ill", "other": "titre", "other_level": "50 % of baseline"}
    assert computed("median_time_to_follow", followed(), **relative) == pytest.approx(200.0)


def test_a_passage_on_the_day_of_the_event_counts_and_an_earlier_one_does_not():
    times, courses = np.array([0.0, 10.0, 20.0, 30.0]), np.array([[0.0, 2.0, 2.0, 0.0]] * 3)
    day = np.array([2.0, 15.0, np.nan])
    found = passage_after(times, courses, np.full(3, 1.0), day, above=False)
    assert found[:2].tolist() == [2.0, 25.0]
    assert math.isnan(found[2])
    assert passage_after(times, courses[:1] + 5.0, np.ones(1), day[:1], above=False).tolist() == [math.inf]


def test_a_group_may_be_of_those_with_a_level_at_a_time():
    group = "cd4 >= 900 cells/uL at 0 days"
    chosen = UNTREATED >= 900.0
    assert computed("mean", group=group, readout="cd4", time="1 month") == pytest.approx(
        0.1 * average(UNTREATED[chosen], WEIGHT[chosen])
    )
    assert computed("share", condition=group) == pytest.approx(average(chosen))


def test_a_mean_over_time_is_that_of_the_lines_between_times():
    found = computed("mean_over_time", readout="hazard", start="1 month", end="24 months")
    assert found == pytest.approx(12.5 * MONTH / 1000.0 * average(1.0 + SMOKER))
    assert unit("mean_over_time", endpoint="peak", start="0 days", end="2 years") == "1/year"


def test_a_rank_correlation_is_of_two_variables():
    assert computed("rank_correlation", readout="cd4", time="1 month", other="cd4", other_time="24 months") == 1.0
    assert abs(computed("rank_correlation", endpoint="peak", other="age") - 1.0) < 1e-12


@pytest.mark.parametrize(
    ("statistic", "keys", "message"),
    [
        ("mean", {"readout": "cd5", "time": "1 month"}, 'unknown read-out "cd5"'),
        ("mean", {"readout": "cd4"}, "has a course"),
        ("mean", {"readout": "cd4", "time": "2 months"}, "was not read at day 60.875 (month 2)"),
        ("mean", {"endpoint": "pea"}, 'unknown endpoint "pea"'),
        ("median_time", {"readout": "cd4"}, "needs a level"),
        ("median_time", {"readout": "cd4", "level": "1 mg"}, "mass"),
        ("median_time", {"readout": "cd4", "level": "1 cells/uL", "start": "2 months"}, "was not read at day 60.875"),
        ("median_time", {"readout": "age", "level": "1 year"}, "has no course"),
        ("median_time", {"endpoint": "peak"}, "is not a time to an event"),
        ("incidence", {"hazard": "hazard", "end": "9 years"}, "outside the cohort's times"),
        ("mean_over_time", {"readout": "cd4", "start": "2 months", "end": "3 months"}, "read at 0 times"),
    ],
)
def test_what_a_cohort_does_not_have_is_named_with_a_cure(statistic, keys, message):
    with pytest.raises(DataError) as caught:
        computed(statistic, **keys)
    assert message in str(caught.value)
    assert caught.value.cure
    assert caught.value.key


def test_every_statistic_is_described_and_takes_keys_that_requests_have():
    for name, statistic in STATISTICS.items():
        assert statistic.description, name
        assert statistic.keys <= set(StatisticRequest.model_fields), name


def test_the_page_of_targets_lists_every_statistic_with_its_keys():
    page = (Path(__file__).parents[2] / "docs" / "targets.md").read_text(encoding="utf-8")
    for name, statistic in STATISTICS.items():
        required = ", ".join(" or ".join(f"`{key}`" for key in keys.split("|")) for keys in statistic.needs)
        row = (
            f"| `{name}` | {statistic.description} | {required} | {', '.join(f'`{key}`' for key in statistic.takes)} |"
        )
        assert row in page, name
