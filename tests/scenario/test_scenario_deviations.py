"""What went differently from the plan, single doses and rates that change become the doses that were really given."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from immunosim.errors import ScenarioError
from immunosim.scenario import (
    Bolus,
    Change,
    Course,
    Dosing,
    Infusion,
    Scenario,
    build_scenario,
    dose_totals,
    events_of,
    start_of,
)
from immunosim.scenario.regimen import Event, keyed_events

COURSE: dict[str, Any] = {"start": "0 days", "dose": "12 mg", "doses": 5, "every": "24 h", "infusion": "4 h"}
PULSE: dict[str, Any] = {"start": "0 days", "dose": "1 g", "doses": 3, "every": "24 h", "infusion": "1 h"}
TABLETS: dict[str, Any] = {"start": "0 days", "dose": "60 mg", "doses": 3, "every": "24 h"}


def infusions(events: tuple[Event, ...], name: str = "alemtuzumab_infusion") -> list[tuple[float, float, float]]:
    """Return start, stop and amount of the infusions into an input."""
    return [(e.start, e.stop, e.amount) for e in events if isinstance(e, Infusion) and e.input == name]


def boluses(events: tuple[Event, ...]) -> list[tuple[float, float]]:
    return [(event.time, event.amount) for event in events if isinstance(event, Bolus)]


def with_changes(record: dict[str, Any], *changes: dict[str, Any]) -> dict[str, Any]:
    return record | {"changes": list(changes)}


# --- changes ------------------------------------------------------------------------------------------------------


def test_a_late_dose_does_not_move_the_following_ones() -> None:
    course = with_changes(COURSE, {"dose_number": 3, "late": "6 h"})
    starts = [start for start, _, _ in infusions(events_of(build_scenario({"course": [course]})))]
    assert starts == [0.0, 1.0, 2.25, 3.0, 4.0]


def test_an_infusion_cut_short_stops_early_at_the_planned_rate() -> None:
    course = with_changes(COURSE, {"dose_number": 2, "given": "3 mg"})
    _, short, *_ = [e for e in events_of(build_scenario({"course": [course]})) if isinstance(e, Infusion)]
    # 1e-13: the rate is the amount over the difference of two rounded times.
    assert short.rate == pytest.approx(72.0, rel=1e-13)
    assert (short.start, short.amount) == (1.0, 3.0)
    assert short.stop == pytest.approx(1 + 1 / 24, rel=1e-15)
    assert short.label == "course 1, infusion 2 of 5"


def test_a_skipped_dose_is_missing_with_its_premedication() -> None:
    course = with_changes(COURSE | {"premedication": True}, {"dose_number": 2, "skipped": True})
    scenario = build_scenario({"course": [course]})
    assert dose_totals(events_of(scenario)) == {"alemtuzumab": 48.0, "methylprednisolone": 2000.0}
    before = infusions(events_of(scenario), "methylprednisolone_infusion")
    assert [start for start, _, _ in before] == [0.0, 2.0]


def test_premedication_moves_with_a_late_infusion_and_is_whole_before_a_short_one() -> None:
    course = COURSE | {"premedication": True}
    course = with_changes(course, {"dose_number": 2, "late": "6 h", "given": "6 mg"})
    events = events_of(build_scenario({"course": [course]}))
    before = infusions(events, "methylprednisolone_infusion")[1]
    after = infusions(events)[1]
    assert (before[0], before[2]) == (1.25, 1000.0)
    assert (after[0], after[2]) == (before[1], 6.0)


def test_a_taper_of_infusions_follows_at_the_same_interval_and_duration() -> None:
    pulse = PULSE | {"taper": [{"dose": "500 mg", "doses": 2}]}
    pulse = with_changes(pulse, {"dose_number": 5, "given": "250 mg"})
    events = infusions(events_of(build_scenario({"methylprednisolone": [pulse]})), "methylprednisolone_infusion")
    assert [(start, amount) for start, _, amount in events] == [
        (0.0, 1000.0),
        (1.0, 1000.0),
        (2.0, 1000.0),
        (3.0, 500.0),
        (4.0, 250.0),
    ]
    lengths = [(stop - start) * 24 for start, stop, _ in events]
    # 1e-12: differences of times of order ten.
    assert lengths == pytest.approx([1.0, 1.0, 1.0, 1.0, 0.5], rel=1e-12)


def test_tablets_may_be_late_smaller_or_skipped() -> None:
    tablets = TABLETS | {"taper": [{"dose": "40 mg", "doses": 1}]}
    changes = [
        {"dose_number": 1, "late": "30 h"},
        {"dose_number": 2, "skipped": True},
        {"dose_number": 4, "given": "20 mg"},
    ]
    events = events_of(build_scenario({"prednisolone": [with_changes(tablets, *changes)]}))
    assert boluses(events) == [(1.25, 60.0), (2.0, 60.0), (3.0, 20.0)]


def test_a_dose_that_overtakes_another_keeps_its_number_in_the_plan() -> None:
    scenario = build_scenario({"course": [with_changes(COURSE, {"dose_number": 2, "late": "30 h"})]})
    assert [event.label.split()[3] for _, event in keyed_events(scenario)] == ["1", "3", "2", "4", "5"]


def test_the_planned_start_remains_the_start_of_the_course() -> None:
    course = with_changes(COURSE | {"start": "-9 days", "every": "3 days"}, {"dose_number": 1, "late": "2 days"})
    scenario = build_scenario({"course": [course], "triamcinolone": [{"start": "course 1 + 10 days", "dose": "9 mg"}]})
    assert scenario.triamcinolone[0].start == 1.0
    assert start_of(scenario) == -9.0


@pytest.mark.parametrize("drug", ["methylprednisolone", "prednisolone"])
def test_several_courses_of_a_steroid_are_given_in_full(drug: str) -> None:
    record = {"dose": "100 mg", "doses": 2, "every": "24 h", "taper": [{"dose": "50 mg", "doses": 2}]}
    scenario = build_scenario({drug: [record | {"start": f"{day} days"} for day in (0, 30, 60)]})
    assert len(events_of(scenario)) == 12
    assert dose_totals(events_of(scenario)) == {drug: 900.0}


@settings(deadline=None, max_examples=100)
@given(st.lists(st.sampled_from(["as planned", "late", "short", "skipped"]), min_size=1, max_size=8))
def test_what_is_given_is_what_is_planned_less_what_was_left_out(kinds: list[str]) -> None:
    differently = {"late": {"late": "5 h"}, "short": {"given": "3 mg"}, "skipped": {"skipped": True}}
    changes = [{"dose_number": n} | differently[kind] for n, kind in enumerate(kinds, 1) if kind in differently]
    course = COURSE | {"doses": len(kinds), "changes": changes}
    if set(kinds) == {"skipped"}:
        with pytest.raises(ScenarioError, match="skip every dose"):
            build_scenario({"course": [course]})
        return
    events = infusions(events_of(build_scenario({"course": [course]})))
    assert sum(amount for _, _, amount in events) == 12 * len(kinds) - 12 * kinds.count("skipped") - 9 * kinds.count(
        "short"
    )
    planned = [float(day) for day, kind in enumerate(kinds) if kind != "skipped"]
    late = [5 / 24 if kind == "late" else 0.0 for kind in kinds if kind != "skipped"]
    assert [start for start, _, _ in events] == [day + delay for day, delay in zip(planned, late, strict=True)]


# --- doses per body weight ----------------------------------------------------------------------------------------


def test_a_dose_per_body_weight_is_a_mass_wherever_a_dose_is_one() -> None:
    scenario = build_scenario(
        {
            "patient": {"weight": "50 kg"},
            "course": [with_changes(COURSE | {"dose": "0.2 mg/kg"}, {"dose_number": 1, "given": "100 ug/kg"})],
            "methylprednisolone": [PULSE | {"start": "9 days", "dose": "20 mg/kg"}],
            "prednisolone": [TABLETS | {"dose": "1 mg/kg", "taper": [{"dose": "0.5 mg / kg", "doses": 1}]}],
            "triamcinolone": [{"start": "1 day", "dose": "0.1 mg/kg"}],
            "dimethyl_fumarate": [{"start": "-3 days", "stop": "0 days", "dose": "4 mg/kg"}],
            "dose": [{"drug": "alemtuzumab", "start": "20 days", "dose": "0.1 mg/kg"}],
        }
    )
    assert scenario.course[0].dose == 10.0
    assert scenario.course[0].changes[0].given == 5.0
    assert scenario.methylprednisolone[0].dose == 1000.0
    assert (scenario.prednisolone[0].dose, scenario.prednisolone[0].taper[0].dose) == (50.0, 25.0)
    assert (scenario.triamcinolone[0].dose, scenario.dimethyl_fumarate[0].dose) == (5.0, 200.0)
    assert scenario.dose[0].dose == 5.0


def test_premedication_may_be_per_body_weight() -> None:
    course = COURSE | {"premedication": {"dose": "10 mg/kg"}}
    scenario = build_scenario({"patient": {"weight": "80 kg"}, "course": [course]})
    assert scenario.course[0].premedication is not None
    assert scenario.course[0].premedication.dose == 800.0


def test_without_a_weight_the_standard_patient_counts() -> None:
    assert build_scenario({"course": [COURSE | {"dose": "0.1 mg/kg"}]}).course[0].dose == 7.0


def test_a_record_built_in_code_waits_for_its_patient() -> None:
    course = Course(start="1 day", dose="0.2 mg/kg", changes=[Change(dose_number=1, given="0.1 mg/kg")])
    scenario = Scenario(patient={"weight": "100 kg"}, course=[course])
    assert (scenario.course[0].dose, scenario.course[0].changes[0].given) == (20.0, 10.0)


def test_a_scenario_built_in_code_of_records_takes_the_weight_of_its_patient() -> None:
    patient = Scenario(patient={"weight": 90.0}).patient
    assert (
        Scenario(patient=patient, prednisolone=[Dosing(drug="prednisolone", start=0.0, dose="1 mg/kg")])
        .prednisolone[0]
        .dose
        == 90
    )


# --- single doses and rates ---------------------------------------------------------------------------------------


def test_a_dose_is_given_as_its_drug_is_and_is_not_a_course() -> None:
    doses = [{"drug": "alemtuzumab", "start": "1 day", "dose": "12 mg"}]
    doses += [{"drug": "methylprednisolone", "start": "2 days", "dose": "1 g", "infusion": "2 h"}]
    doses += [{"drug": drug, "start": "3 days", "dose": "9 mg"} for drug in ("prednisolone", "triamcinolone")]
    scenario = build_scenario({"dose": doses})
    events = events_of(scenario)
    assert infusions(events) == [(1.0, 1 + 4 / 24, 12.0)]
    assert infusions(events, "methylprednisolone_infusion") == [(2.0, 2 + 2 / 24, 1000.0)]
    assert [event.pool for event in events if isinstance(event, Bolus)] == ["prednisolone_gut", "triamcinolone_depot"]
    assert scenario.course == ()


def test_a_dose_may_be_counted_from_a_course() -> None:
    dose = {"drug": "triamcinolone", "start": "course 1 + 1 week", "dose": "9 mg", "label": "after all"}
    (event,) = [e for e in events_of(build_scenario({"course": [COURSE], "dose": [dose]})) if isinstance(e, Bolus)]
    assert (event.time, event.label) == (7.0, "after all")


def test_steps_are_infusions_at_their_rates_and_gaps_and_zeros_give_nothing() -> None:
    steps = [
        {"start": "0 h", "stop": "2 h", "rate": "1.5 mg/h"},
        {"start": "2 h", "stop": "3 h", "rate": "0 mg/h"},
        {"start": "6 h", "stop": "12 h", "rate": "24 mg/day"},
    ]
    events = events_of(build_scenario({"input": [{"drug": "alemtuzumab", "steps": steps}]}))
    assert [(e.start, e.stop, e.rate) for e in events if isinstance(e, Infusion)] == [
        (0.0, 2 / 24, 36.0),
        (0.25, 0.5, 24.0),
    ]
    # 1e-14: a product of two rounded numbers.
    assert dose_totals(events)["alemtuzumab"] == pytest.approx(9.0, rel=1e-14)


def test_a_daily_dose_of_fumarate_is_a_fraction_of_the_full_one() -> None:
    steps = [
        {"start": "-30 days", "stop": "-23 days", "rate": "240 mg/day"},
        {"start": "-23 days", "stop": "-1 day", "rate": "480 mg/day"},
    ]
    scenario = build_scenario({"input": [{"drug": "dimethyl_fumarate", "steps": steps}]})
    events = events_of(scenario)
    assert [event.rate for event in events if isinstance(event, Infusion)] == [0.5, 1.0]
    assert dose_totals(events) == {"dimethyl_fumarate": 7 * 240 + 22 * 480}
    assert start_of(scenario) == -30.0


def test_a_step_is_named_by_its_place_in_the_table() -> None:
    steps = [{"start": f"{day} days", "stop": f"{day + 1} days", "rate": f"{day % 2} mg/h"} for day in range(4)]
    scenario = build_scenario({"input": [{"drug": "alemtuzumab", "steps": steps, "label": "pump"}]})
    assert [(key, event.label) for key, event in keyed_events(scenario)] == [
        ("input[1].steps[2]", "pump, step 2"),
        ("input[1].steps[4]", "pump, step 4"),
    ]
