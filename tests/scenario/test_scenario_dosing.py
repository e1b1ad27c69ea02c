"""One dose record says what courses and the tables of single drugs say, to the last bit, and keeps rules of its own."""

from typing import Any

import pytest

from immunosim.errors import ScenarioError
from immunosim.models import drugs_of
from immunosim.scenario import Course, Dosing, Premedication, build_scenario, dose_totals, events_of, to_toml
from immunosim.scenario.base import Record
from immunosim.scenario.regimen import begin_of, courses_of, keyed_events, pulses_of

Table = dict[str, Any]
TAPER = [{"dose": "40 mg", "doses": 2}, {"dose": "20 mg", "doses": 1}]
CHANGES = [{"dose_number": 1, "late": "6 h", "given": "5 mg"}, {"dose_number": 3, "skipped": True}]
SAME: dict[str, tuple[str, Table, Table]] = {
    "a course": (
        "course",
        {"label": "a", "start": "3 days", "dose": "0.2 mg/kg", "doses": 4, "every": "24 h", "changes": CHANGES},
        {"drug": "alemtuzumab"},
    ),
    "a course with premedication": (
        "course",
        {"label": "a", "start": "3 days", "dose": "12 mg", "doses": 5, "every": "24 h", "premedication": True},
        {"drug": "alemtuzumab"},
    ),
    "a pulse": (
        "methylprednisolone",
        {"start": "3 days", "dose": "1 g", "doses": 3, "every": "24 h", "taper": [{"dose": "500 mg", "doses": 2}]},
        {"drug": "methylprednisolone"},
    ),
    "tablets": (
        "prednisolone",
        {"start": "3 days", "dose": "60 mg", "doses": 3, "every": "24 h", "taper": TAPER, "changes": CHANGES[1:]},
        {"drug": "prednisolone"},
    ),
    "a session": ("triamcinolone", {"start": "3 days", "dose": "15 mg"}, {"drug": "triamcinolone"}),
    "months of tablets": (
        "dimethyl_fumarate",
        {"start": "-8 months", "stop": "-1 month"},
        {"drug": "dimethyl_fumarate"},
    ),
    "tablets to the horizon": (
        "dimethyl_fumarate",
        {"start": "3 days", "dose": "120 mg", "times_per_day": 3},
        {"drug": "dimethyl_fumarate"},
    ),
    "an infusion beside the courses": ("alemtuzumab", {"start": "3 days", "dose": "12 mg"}, {"drug": "alemtuzumab"}),
}


@pytest.mark.parametrize("case", SAME)
def test_a_dose_gives_the_events_of_the_table_of_its_drug(case: str) -> None:
    table, entry, further = SAME[case]
    short = list(keyed_events(build_scenario({table: [entry]})))
    full = list(keyed_events(build_scenario({"dose": [entry | further]})))
    assert [key.replace(table, "dose") for key, _ in short] == [key for key, _ in full]
    # Whole events, labels included: equal floats are equal bits.
    assert [event for _, event in short] == [event for _, event in full]


def test_every_drug_is_compared() -> None:
    compared = {further["drug"] for *_, further in SAME.values()}
    assert compared == {drug.name for drug in drugs_of() if not drug.takes_effect}


def test_a_course_may_name_another_drug_and_only_depletion_is_followed() -> None:
    steroid = {"drug": "methylprednisolone", "start": "0 days", "dose": "1 g", "doses": 2, "every": "24 h"}
    scenario = build_scenario({"course": [steroid, {"start": "9 days", "dose": "12 mg"}]})
    assert dose_totals(events_of(scenario)) == {"methylprednisolone": 2000.0, "alemtuzumab": 12.0}
    assert scenario.course[0].infusion == 1 / 24
    assert [course.key for course in courses_of(scenario)] == ["course[2]"]
    assert [pulse.key for pulse in pulses_of(scenario)] == ["course[1]"]


def test_a_course_and_a_dose_are_written_as_they_were_meant() -> None:
    named = {"drug": "methylprednisolone", "start": "0 days", "dose": "1 g"}
    dose = {"drug": "dimethyl_fumarate", "start": "-9 days", "stop": "-2 days"}
    scenario = build_scenario({"course": [named, {"start": "9 days", "dose": "12 mg"}], "dose": [dose]})
    text = to_toml(scenario)
    assert text.count("drug = ") == 2  # the course that names none still names none
    assert 'infusion = "0.041666666666666664 day"' in text
    assert "times_per_day = 2" in text


def test_a_dose_takes_what_is_usual_for_its_drug() -> None:
    infused = Dosing(drug="alemtuzumab", start=0.0, dose=12.0)
    taken = Dosing(drug="dimethyl_fumarate", start=0.0)
    swallowed = Dosing(drug="prednisolone", start=0.0, dose=50.0, infusion=None)
    assert (infused.infusion, taken.dose, taken.times_per_day, swallowed.infusion) == (4 / 24, 240.0, 2, None)
    assert Dosing(drug="alemtuzumab", start=0.0, dose=12.0, infusion=None).infusion == 4 / 24


def test_a_dose_names_its_events_by_its_drug() -> None:
    doses = [{"drug": "prednisolone", "start": f"{day} days", "dose": "50 mg"} for day in (1, 2)]
    infused = {"drug": "methylprednisolone", "start": "0 days", "dose": "1 g", "doses": 2, "every": "24 h"}
    labels = [event.label for event in events_of(build_scenario({"dose": [doses[0], infused, doses[1]]}))]
    assert sorted(labels) == [
        "methylprednisolone 1, infusion 1 of 2",
        "methylprednisolone 1, infusion 2 of 2",
        "prednisolone 1",
        "prednisolone 2",
    ]


REFUSED: dict[str, tuple[Table, str]] = {
    "an unknown drug": (
        {"drug": "prednisone", "dose": "50 mg"},
        'dose[1].drug: "prednisone" is not one of "alemtuzumab", "methylprednisolone", "prednisolone", '
        '"triamcinolone", "dimethyl_fumarate" or "topical_immunotherapy", did you mean "prednisolone"?',
    ),
    "no drug": ({"dose": "50 mg"}, "dose[1].drug: is missing, add drug = ..."),
    "no dose": ({"drug": "alemtuzumab"}, 'dose[1].dose: is missing, write for example dose = "12 mg"'),
    "an infusion of what is swallowed": (
        {"drug": "prednisolone", "dose": "50 mg", "infusion": "1 h"},
        "dose[1].infusion: prednisolone is not infused but given at once, leave it out",
    ),
    "an infusion of months": (
        {"drug": "dimethyl_fumarate", "infusion": "1 h"},
        "dose[1].infusion: dimethyl_fumarate is not infused but taken continuously, leave it out",
    ),
    "premedication of what has none": (
        {"drug": "methylprednisolone", "dose": "1 g", "premedication": True},
        "dose[1].premedication: methylprednisolone has no premedication, leave it out",
    ),
    "single doses of what is taken continuously": (
        {"drug": "dimethyl_fumarate", "doses": 2, "every": "24 h"},
        "dose[1].doses: dimethyl fumarate is taken continuously, not in single doses, write stop and times_per_day\n"
        "a.toml: dose[1].every: dimethyl fumarate is taken continuously, not in single doses, "
        "write stop and times_per_day",
    ),
    "an end of single doses": (
        {"drug": "alemtuzumab", "dose": "12 mg", "stop": "3 days"},
        "dose[1].stop: alemtuzumab is given in single doses, write doses and every",
    ),
    "an end before the start": (
        {"drug": "dimethyl_fumarate", "stop": "-1 day"},
        "dose[1].stop: day -1 is not after the start, day 0, let stop come after start",
    ),
    "a slip of a thousand": (
        {"drug": "triamcinolone", "dose": "15 g"},
        "dose[1].dose: 15000 mg of triamcinolone is not plausible (0.5 to 80 mg; usually 15 mg in a session), correct "
        "the number or its unit, or insist with implausible = true in the entry of the drug",
    ),
    "more than one dose without an interval": (
        {"drug": "prednisolone", "dose": "50 mg", "doses": 3},
        'dose[1].every: is missing, 3 doses need an interval, write for example every = "24 h"',
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_a_dose_cannot_mean_is_refused(case: str) -> None:
    entry, message = REFUSED[case]
    with pytest.raises(ScenarioError) as caught:
        build_scenario({"dose": [{"start": "0 days"} | entry]}, "a.toml")
    assert str(caught.value) == f"a.toml: {message}"


def test_the_doses_of_all_tables_share_the_rule_against_overlap() -> None:
    dose = {"drug": "alemtuzumab", "start": "2 h", "dose": "12 mg"}
    with pytest.raises(ScenarioError, match=r"course\[1\] and dose\[1\] give the same drug"):
        build_scenario({"course": [{"start": "0 days", "dose": "12 mg"}], "dose": [dose]})


def test_a_record_without_rules_cannot_be_declared() -> None:
    with pytest.raises(TypeError, match="Forgetful has no rules"):
        type("Forgetful", (Record,), {"__module__": __name__})


def test_a_record_inherits_the_rules_of_its_base() -> None:
    class Brief(Course):
        pass

    with pytest.raises(ScenarioError, match="is missing, 2 doses need an interval"):
        Brief(start=0.0, dose=12.0, doses=2)


def test_premedication_is_judged_by_the_drug_of_its_course() -> None:
    assert Premedication(dose=1.0).dose == 1.0
    with pytest.raises(ScenarioError, match="1 mg of methylprednisolone is not plausible"):
        Course(start=0.0, dose=12.0, premedication=Premedication(dose=1.0))


def test_events_know_their_drugs() -> None:
    entries = {"course": [{"start": "3 days", "dose": "12 mg", "premedication": True}]}
    events = sorted(events_of(build_scenario(entries)), key=begin_of)
    assert [event.drug.name for event in events if event.drug] == ["methylprednisolone", "alemtuzumab"]
