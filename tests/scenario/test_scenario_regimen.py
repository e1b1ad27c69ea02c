"""Treatments become dose events and events become segments, without losing a milligram."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from immunosim.errors import ScenarioError
from immunosim.scenario import (
    Bolus,
    Infusion,
    build_scenario,
    build_segments,
    dose_totals,
    events_of,
    output_times,
    start_of,
)
from immunosim.scenario.segments import SAME_TIME

INPUTS = ["alemtuzumab_infusion", "methylprednisolone_infusion", "dimethyl_fumarate"]
POOLS = ["antibody_central", "prednisolone_gut", "triamcinolone_depot"]
COURSE = {"start": "0 days", "dose": "12 mg", "doses": 5, "every": "24 h", "infusion": "4 h"}


def _infusion(start: float, stop: float, rate: float, name: str = INPUTS[0]) -> Infusion:
    return Infusion(name, start, stop, rate, rate * (stop - start))


def _given(segments: tuple[Any, Any, Any]) -> tuple[Any, Any]:
    boundaries, inputs, jumps = segments
    return np.diff(boundaries) @ inputs, jumps.sum(axis=0)


def test_a_course_is_one_infusion_per_dose() -> None:
    events = events_of(build_scenario({"course": [COURSE]}))
    assert [event.start for event in events if isinstance(event, Infusion)] == [0.0, 1.0, 2.0, 3.0, 4.0]
    first = events[0]
    assert isinstance(first, Infusion)
    assert (first.input, first.stop, first.rate, first.amount) == ("alemtuzumab_infusion", 4 / 24, 72.0, 12.0)
    assert first.label == "course 1, infusion 1 of 5"


def test_premedication_opens_the_first_three_days_and_the_infusion_follows_it() -> None:
    events = events_of(build_scenario({"course": [COURSE | {"premedication": True}]}))
    infusions = [event for event in events if isinstance(event, Infusion)]
    given_before = [event for event in infusions if event.input == INPUTS[1]]
    given_after = [event for event in infusions if event.input == INPUTS[0]]
    assert [event.start for event in given_before] == [0.0, 1.0, 2.0]
    assert [event.amount for event in given_before] == [1000.0] * 3
    assert [event.start for event in given_after] == [*(event.stop for event in given_before), 3.0, 4.0]


def test_premedication_is_not_given_on_days_without_an_infusion() -> None:
    course = COURSE | {"doses": 2, "premedication": {"days": 3}}
    assert dose_totals(events_of(build_scenario({"course": [course]})))["methylprednisolone"] == 2000.0


def test_a_taper_follows_at_the_same_interval() -> None:
    prescription = {"start": "10 days", "dose": "60 mg", "doses": 2, "every": "24 h"}
    prescription["taper"] = [{"dose": "40 mg", "doses": 1}, {"dose": "20 mg", "doses": 2}]
    events = events_of(build_scenario({"prednisolone": [prescription]}))
    assert [(event.time, event.amount) for event in events if isinstance(event, Bolus)] == [
        (10.0, 60.0),
        (11.0, 60.0),
        (12.0, 40.0),
        (13.0, 20.0),
        (14.0, 20.0),
    ]


def test_fumarate_is_a_fraction_of_the_full_dose_until_it_stops_or_the_horizon() -> None:
    therapy = [{"start": "-8 months", "stop": "-1 month"}, {"start": "0 days", "dose": "120 mg"}]
    events = events_of(build_scenario({"dimethyl_fumarate": therapy, "horizon": "10 days"}))
    assert [(event.stop, event.rate) for event in events if isinstance(event, Infusion)] == [
        (-30.4375, 1.0),
        (10.0, 0.5),
    ]


def test_dose_totals_are_milligrams_per_drug() -> None:
    scenario = build_scenario(
        {
            "horizon": "30 days",
            "course": [COURSE | {"premedication": True}],
            "methylprednisolone": [{"start": "20 days", "dose": "1 g", "doses": 5, "every": "24 h"}],
            "prednisolone": [{"start": "26 days", "dose": "60 mg"}],
            "triamcinolone": [{"start": "10 days", "dose": "15 mg"}],
            "dimethyl_fumarate": [{"start": "-10 days", "stop": "0 days"}],
        }
    )
    assert dose_totals(events_of(scenario)) == {
        "alemtuzumab": 60.0,
        "methylprednisolone": 8000.0,
        "prednisolone": 60.0,
        "triamcinolone": 15.0,
        "dimethyl_fumarate": 4800.0,
    }


def test_the_simulation_starts_at_the_earliest_of_treatment_observation_and_day_zero() -> None:
    assert start_of(build_scenario({})) == 0.0
    assert start_of(build_scenario({"course": [COURSE | {"start": "9 days"}]})) == 0.0
    assert start_of(build_scenario({"dimethyl_fumarate": [{"start": "-8 months"}]})) == -243.5
    point = {"time": "-3 days", "value": 1.0}
    series = {"readout": "lymphocytes", "unit": "1e9/L", "points": [point]}
    assert start_of(build_scenario({"observed": [series]})) == -3.0


def test_without_events_there_is_one_empty_segment() -> None:
    boundaries, inputs, jumps = build_segments((), INPUTS, POOLS, 0.0, 10.0)
    assert boundaries.tolist() == [0.0, 10.0]
    assert inputs.tolist() == [[0.0] * 3]
    assert jumps.tolist() == [[0.0] * 3]


def test_inputs_are_constant_between_boundaries_and_jumps_open_their_segment() -> None:
    events: list[Infusion | Bolus] = [
        _infusion(1.0, 3.0, 6.0),
        _infusion(2.0, 4.0, 5.0, INPUTS[1]),
        Bolus(POOLS[2], 2.0, 15.0),
    ]
    boundaries, inputs, jumps = build_segments(events, INPUTS, POOLS, 0.0, 10.0)
    assert boundaries.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0, 10.0]
    assert inputs[:, 0].tolist() == [0.0, 6.0, 6.0, 0.0, 0.0]
    assert inputs[:, 1].tolist() == [0.0, 0.0, 5.0, 5.0, 0.0]
    assert jumps[:, 2].tolist() == [0.0, 0.0, 15.0, 0.0, 0.0]


def test_boluses_at_the_same_time_add_up() -> None:
    events = [Bolus(POOLS[1], 0.0, 1.0), Bolus(POOLS[1], 0.0, 2.0), Bolus(POOLS[2], 0.0, 4.0)]
    assert build_segments(events, INPUTS, POOLS, 0.0, 1.0)[2].tolist() == [[0.0, 3.0, 4.0]]


def test_times_that_differ_by_rounding_are_one_boundary() -> None:
    stop = 365.25 - 1 / 24 + 1 / 24 + 1e-12
    events = [_infusion(365.25 - 1 / 24, stop, 24000.0, INPUTS[1]), _infusion(365.25, 365.5, 48.0)]
    boundaries, inputs, _ = build_segments(events, INPUTS, POOLS, 0.0, 400.0)
    assert len(boundaries) == 5
    assert np.count_nonzero(inputs, axis=1).max() == 1


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (Bolus("triamcinolon_depot", 1.0, 1.0), 'did you mean "triamcinolone_depot"?'),
        (_infusion(1.0, 2.0, 1.0, "alemtuzumab"), 'the model has no input or pool "alemtuzumab"'),
        (_infusion(-1.0, 2.0, 1.0), "lies outside the simulated days 0 to 10"),
        (_infusion(9.0, 11.0, 1.0), "lies outside the simulated days 0 to 10"),
        (Bolus(POOLS[1], 10.0, 1.0), "is given at the end of the simulation, day 10"),
        (Infusion(INPUTS[0], 1.0, 1.0, 1.0, 1.0), "is an infusion without a duration"),
    ],
)
def test_an_event_that_would_be_lost_is_refused(event: Infusion | Bolus, message: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        build_segments([event], INPUTS, POOLS, 0.0, 10.0)
    assert message in str(caught.value)


TIMES = st.floats(0, 100).map(lambda time: round(time, 6)) | st.sampled_from([0.0, 1.0, 1.0 + 4e-10, 50.0])


@st.composite
def regimens(draw: st.DrawFn) -> list[Infusion | Bolus]:
    events: list[Infusion | Bolus] = []
    for _ in range(draw(st.integers(0, 8))):
        start, length = draw(TIMES), draw(st.floats(1e-4, 10))
        amount = draw(st.floats(0.1, 1e3))
        stop = min(start + length, 120.0)
        events.append(Infusion(draw(st.sampled_from(INPUTS)), start, stop, amount / (stop - start), amount))
    for _ in range(draw(st.integers(0, 5))):
        events.append(Bolus(draw(st.sampled_from(POOLS)), draw(TIMES), draw(st.floats(0.1, 1e3))))
    return events


@settings(deadline=None, max_examples=200)
@given(regimens())
def test_segments_hold_exactly_what_was_dosed(events: Sequence[Infusion | Bolus]) -> None:
    boundaries, inputs, jumps = build_segments(events, INPUTS, POOLS, 0.0, 120.0)
    assert (np.diff(boundaries) > SAME_TIME * 0.99).all()
    assert (boundaries[0], boundaries[-1]) == (0.0, 120.0)
    assert inputs.shape == jumps.shape == (len(boundaries) - 1, 3)
    infused, injected = _given((boundaries, inputs, jumps))
    for name, amount in zip(INPUTS, infused, strict=True):
        wanted = sum(event.amount for event in events if isinstance(event, Infusion) and event.input == name)
        # 1e-9: a segment of 1e-4 day at day 100 has lost ten digits of its length.
        assert amount == pytest.approx(wanted, rel=1e-9, abs=1e-9)
    for name, amount in zip(POOLS, injected, strict=True):
        wanted = sum(event.amount for event in events if isinstance(event, Bolus) and event.pool == name)
        assert amount == pytest.approx(wanted, rel=1e-14)


@settings(deadline=None, max_examples=100)
@given(
    st.floats(0, 10).map(lambda time: round(time, 6)),
    st.floats(0.1, 10),
    st.lists(st.floats(0.01, 0.99), min_size=1, max_size=4),
)
def test_splitting_an_infusion_changes_nothing(start: float, length: float, shares: list[float]) -> None:
    stop = start + length
    cuts = [start, *sorted({start + share * length for share in shares}), stop]
    cuts = [cut for cut, before in zip(cuts, [-1.0, *cuts], strict=False) if cut - before > 1e-6]
    whole = build_segments([_infusion(start, cuts[-1], 7.0)], INPUTS, POOLS, 0.0, 30.0)
    parts = [_infusion(begin, end, 7.0) for begin, end in itertools.pairwise(cuts)]
    split = build_segments(parts, INPUTS, POOLS, 0.0, 30.0)
    # 1e-12: sums of at most six differences of times of order ten.
    np.testing.assert_allclose(_given(split)[0], _given(whole)[0], rtol=1e-12)
    middles = (split[0][:-1] + split[0][1:]) / 2
    np.testing.assert_allclose(split[1], whole[1][np.searchsorted(whole[0], middles) - 1], rtol=1e-12)


def test_thousands_of_doses_become_segments() -> None:
    events = [_infusion(float(day), day + 1 / 24, 240.0) for day in range(5000)]
    boundaries, inputs, jumps = build_segments(events, INPUTS, POOLS, 0.0, 5001.0)
    assert len(boundaries) == 10001
    assert _given((boundaries, inputs, jumps))[0][0] == pytest.approx(50_000.0, rel=1e-12)


def test_outputs_are_counted_from_day_zero_and_include_ends_extras_and_observations() -> None:
    series = {"readout": "lymphocytes", "unit": "1e9/L", "points": [{"time": "5.5 days", "value": 1.0}]}
    scenario = build_scenario(
        {
            "horizon": "7 days",
            "dimethyl_fumarate": [{"start": "-3 days", "stop": "0 days"}],
            "output": {"every": "2 days", "extra": ["4 h", "2 days"]},
            "observed": [series],
        }
    )
    assert output_times(scenario).tolist() == [-3.0, -2.0, 0.0, 4 / 24, 2.0, 4.0, 5.5, 6.0, 7.0]


def test_outputs_that_differ_by_rounding_are_one_and_the_horizon_stays() -> None:
    scenario = build_scenario(
        {"horizon": "0.3 days", "output": {"every": "0.1 days", "extra": [f"{0.3 - 1e-13!r} days"]}}
    )
    times = output_times(scenario)
    assert times[-1] == 0.3
    assert len(times) == 4


RULE = {"every": "1 week", "start": "course 1 + 1 day", "stop": "course 1 + 16 days"}


def test_a_rule_counts_from_its_start_and_ends_at_its_stop_at_the_latest() -> None:
    output = {"every": "1000 days", "during_treatment": "1000 days", "rule": [RULE]}
    scenario = build_scenario({"horizon": "20 days", "course": [COURSE | {"doses": 1}], "output": output})
    assert output_times(scenario).tolist() == [0.0, 4 / 24, 1.0, 8.0, 15.0, 20.0]


def test_a_rule_includes_its_stop_where_the_steps_meet_it_but_for_rounding() -> None:
    rule = {"every": "0.1 days", "start": "0.1 days", "stop": "0.3 days"}  # in binary 0.1 + 2 * 0.1 is more than 0.3
    scenario = build_scenario({"horizon": "1 day", "output": {"visits_only": True, "rule": [rule]}})
    # 1e-15: the sum of two rounded numbers.
    assert output_times(scenario) == pytest.approx([0.0, 0.1, 0.2, 0.3, 1.0], rel=1e-15)


def test_a_rule_before_day_zero_starts_the_simulation_earlier() -> None:
    rule = {"every": "1 day", "start": "-2 days", "stop": "1 day"}
    scenario = build_scenario({"horizon": "3 days", "output": {"visits_only": True, "rule": [rule]}})
    assert output_times(scenario).tolist() == [-2.0, -1.0, 0.0, 1.0, 3.0]


def test_visits_are_observed_points_extra_times_rules_and_both_ends() -> None:
    series = {"readout": "lymphocytes", "unit": "1e9/L", "points": [{"time": "5.5 days", "below": 1.0}]}
    output = {"visits_only": True, "extra": ["2 days"], "rule": [RULE]}
    tables = {"horizon": "20 days", "course": [COURSE], "output": output, "observed": [series]}
    assert output_times(build_scenario(tables)).tolist() == [0.0, 1.0, 2.0, 5.5, 8.0, 15.0, 20.0]


def test_too_many_regular_outputs_do_not_matter_where_only_visits_are_reported() -> None:
    output = {"every": "1 s", "during_treatment": "0.1 s", "visits_only": True}
    assert len(output_times(build_scenario({"course": [COURSE], "output": output}))) == 2
