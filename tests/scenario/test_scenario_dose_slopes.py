"""How segments move with an amount, a rate or a time of a treatment: against differences of rebuilt segments."""

import numpy as np
import pytest

from immunosim.errors import ScenarioError
from immunosim.scenario import Scenario, build_segments, events_of, start_of
from immunosim.scenario.dose_slopes import Dual, find_treatment_number, moved_targets, segment_slopes

INPUTS = ("alemtuzumab_infusion", "methylprednisolone_infusion", "dimethyl_fumarate")
POOLS = ("prednisolone_gut", "triamcinolone_depot")

EVERYTHING = {
    "horizon": 700.0,
    "course": [
        {
            "start": 0.0,
            "dose": 12.0,
            "doses": 5,
            "every": 1.0,
            "infusion": 0.2,
            "premedication": {"dose": 900.0, "days": 2, "duration": 0.05},
            "changes": [{"dose_number": 4, "late": 0.25, "given": 7.0}, {"dose_number": 5, "skipped": True}],
        },
        {"start": 365.0, "dose": 12.0, "doses": 3, "every": 1.0},
    ],
    "methylprednisolone": [
        {"start": 100.0, "dose": 500.0, "doses": 2, "every": 1.0, "taper": [{"dose": 250.0, "doses": 1}]}
    ],
    "prednisolone": [{"start": 200.0, "dose": 30.0, "doses": 3, "every": 1.0}],
    "triamcinolone": [{"start": 300.0, "dose": 20.0}],
    "dimethyl_fumarate": [{"start": 400.0, "stop": 500.0, "dose": 240.0}],
    "dose": [{"drug": "alemtuzumab", "start": 600.0, "dose": 6.0, "infusion": 0.1}],
    "input": [{"drug": "methylprednisolone", "steps": [{"start": 640.0, "stop": 641.0, "rate": 60.0}]}],
}

KEYS = [
    *("course[1].start", "course[1].dose", "course[1].every", "course[1].infusion"),
    *("course[1].premedication.dose", "course[1].premedication.duration"),
    *("course[1].changes[1].late", "course[1].changes[1].given"),
    *("course[2].start", "course[2].dose"),
    *("methylprednisolone[1].start", "methylprednisolone[1].dose", "methylprednisolone[1].taper[1].dose"),
    *("prednisolone[1].start", "prednisolone[1].dose", "prednisolone[1].every"),
    *("triamcinolone[1].start", "triamcinolone[1].dose"),
    *("dimethyl_fumarate[1].start", "dimethyl_fumarate[1].stop", "dimethyl_fumarate[1].dose"),
    *("dose[1].start", "dose[1].dose", "dose[1].infusion"),
    *("input[1].steps[1].start", "input[1].steps[1].stop", "input[1].steps[1].rate"),
]


def segments_of(document):
    scenario = Scenario.model_validate(document)
    return build_segments(events_of(scenario), INPUTS, POOLS, start_of(scenario), scenario.horizon)


def moved(document, key, step):
    """Return a document with one number larger by a step."""
    head, _, rest = key.partition(".")
    name, _, number = head.partition("[")
    below = document[name][int(number[:-1]) - 1] if number else document[name]
    changed = moved(below, rest, step) if rest else below + step
    if not number:
        return {**document, name: changed}
    entries = list(document[name])
    entries[int(number[:-1]) - 1] = changed
    return {**document, name: entries}


@pytest.mark.parametrize("key", KEYS)
def test_slopes_are_those_of_rebuilt_segments(key):
    scenario = Scenario.model_validate(EVERYTHING)
    found = segment_slopes(scenario, key, segments_of(EVERYTHING)[0], INPUTS, POOLS)
    assert any(np.abs(slopes).max() > 0.0 for slopes in found)
    step = 1e-4 * max(find_treatment_number(scenario, key).value, 1e-3)
    here, there = segments_of(EVERYTHING), segments_of(moved(EVERYTHING, key, step))
    if key == "course[1].start":
        there = tuple(part[1:] for part in there)  # a segment of rest opens before the first dose
    inputs, jumps, times = ((after - before) / step for after, before in zip(rolled(there), rolled(here), strict=True))
    expected = {"inputs": (found[0], inputs), "jumps": (found[1], jumps), "times": (found[2], times)}
    for name, (slopes, differences) in expected.items():
        # Differences of first order, exact where a number enters linearly.
        size = max(np.abs(slopes).max(), 1.0)
        np.testing.assert_allclose(slopes, differences, rtol=1e-3, atol=1e-4 * size, err_msg=name)


def rolled(segments):
    boundaries, inputs, jumps = segments
    return inputs, jumps, boundaries


def test_units_are_those_of_the_fields():
    scenario = Scenario.model_validate(EVERYTHING)
    units = {key.rpartition(".")[2]: find_treatment_number(scenario, key).unit for key in KEYS}
    days = ("start", "every", "infusion", "duration", "late", "stop")
    assert units == {"dose": "mg", "given": "mg", "rate": "mg/day", **dict.fromkeys(days, "day")}


@pytest.mark.parametrize(
    ("key", "inputs", "pools"),
    [
        ("course[1].dose", {"alemtuzumab_infusion"}, set()),
        ("course[1].start", {"alemtuzumab_infusion", "methylprednisolone_infusion"}, set()),
        ("prednisolone[1].every", set(), {"prednisolone_gut"}),
    ],
)
def test_targets_are_what_the_doses_enter(key, inputs, pools):
    assert moved_targets(Scenario.model_validate(EVERYTHING), key) == (inputs, pools)


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("course[1].dosis", 'unknown key "dosis", did you mean'),
        ("courses[1].dose", 'unknown key "courses", did you mean "course"'),
        ("course[3].dose", "there are 2 of them"),
        ("course.dose", r"write course\[1\]"),
        ("triamcinolone[1].time", 'unknown key "time", its present name is start'),
        ("course[2].premedication.dose", "is not a single record"),
        ("course[1].premedication.dose.unit", "is not a single record"),
        ("course[1].label", "is not given"),
        ("course[1].doses", "is not an amount"),
        ("course[1]", "is a whole record"),
        ("course[first].dose", "is not a key path"),
    ],
)
def test_keys_that_name_no_number_are_refused(key, message):
    with pytest.raises(ScenarioError, match=message):
        find_treatment_number(Scenario.model_validate(EVERYTHING), key)


def test_doses_that_meet_cannot_part():
    document = {"triamcinolone": [{"start": 30.0, "dose": 20.0}, {"start": 30.0, "dose": 5.0}]}
    boundaries = segments_of(document)[0]
    with pytest.raises(ScenarioError, match="moves one dose on day 30 and not another"):
        segment_slopes(Scenario.model_validate(document), "triamcinolone[2].start", boundaries, INPUTS, POOLS)


def test_arithmetic_carries_the_derivative_along():
    x = Dual(3.0, 1.0)
    assert (x * x + 2.0 * x - 1.0, (x * x + 2.0 * x - 1.0).slope) == (14.0, 8.0)
    assert (1.0 / x).slope == pytest.approx(-1.0 / 9.0)
    assert (x / 2.0).slope == 0.5
    assert (5.0 - x).slope == -1.0
    assert (x - 5.0).slope == 1.0
    assert x < 4.0
