"""A resolved scenario is read back to an equal scenario, to the last bit."""

import tomllib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from immunosim.scenario import Scenario, build_scenario, events_of, to_toml

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
DAYS = st.floats(0, 100, allow_subnormal=False)
MASS = st.floats(1e-3, 1e4)
SHARE = st.floats(0, 1)


def _reread(scenario: Scenario) -> Scenario:
    return build_scenario(tomllib.loads(to_toml(scenario)))


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    courses: list[dict[str, Any]] = []
    start = draw(DAYS)
    for label in draw(st.lists(st.sampled_from(["a", "b", "second course"]), max_size=3, unique=True)):
        premedication = draw(
            st.one_of(st.booleans(), st.fixed_dictionaries({"dose": MASS, "implausible": st.just(True)}))
        )
        courses.append(
            {"label": label, "start": start, "dose": draw(MASS), "implausible": True, "premedication": premedication}
        )
        courses[-1] |= {"doses": draw(st.integers(1, 5)), "every": draw(st.floats(0.5, 2))}
        start += draw(st.floats(20, 100))
    taper = [{"dose": draw(MASS), "doses": draw(st.integers(1, 3))}]
    point: dict[str, Any] = {"time": draw(DAYS), draw(st.sampled_from(["value", "below"])): draw(MASS)}
    point["note"] = draw(TEXT)
    cuts = sorted(draw(st.lists(DAYS, min_size=4, max_size=4, unique_by=lambda day: round(day, 3))))
    steps = [{"start": start, "stop": stop, "rate": draw(MASS)} for start, stop in (cuts[:2], cuts[2:])]
    change = draw(st.sampled_from([{"late": draw(MASS)}, {"given": 1e-4}, {"skipped": True}]))
    return Scenario.model_validate(
        {
            "title": draw(TEXT),
            "patient": {
                "age": draw(st.floats(1, 99)),
                "anti_drug_antibody": draw(SHARE),
                "smoker": draw(st.booleans()),
                "draws": {"thyroid": draw(MASS)},
                "baseline": {"cd4": draw(MASS)},
            },
            "start_date": draw(st.none() | st.dates()),
            "course": courses,
            "prednisolone": [
                {
                    "start": draw(DAYS),
                    "dose": draw(MASS),
                    "implausible": True,
                    "doses": 2,
                    "every": 1.0,
                    "taper": taper,
                    "changes": [change | {"dose_number": 2}],
                }
            ],
            "input": [{"drug": "dimethyl_fumarate", "steps": steps, "implausible": True}],
            "dose": [
                {
                    "drug": draw(st.sampled_from(["prednisolone", "triamcinolone"])),
                    "start": draw(DAYS),
                    "dose": draw(MASS),
                    "implausible": True,
                    "followed": draw(st.booleans()),
                },
                {
                    "drug": "methylprednisolone",
                    "start": -draw(st.floats(1, 99)),
                    "dose": draw(MASS),
                    "implausible": True,
                    "label": "x",
                },
            ],
            "triamcinolone": [
                {"start": draw(DAYS), "dose": draw(MASS), "implausible": True, "label": draw(st.none() | TEXT)}
            ],
            "dimethyl_fumarate": [{"start": -draw(st.floats(1, 500)), "stop": -draw(st.floats(0, 0.5))}],
            "note": [{"time": draw(DAYS), "text": draw(TEXT)}],
            "observed": [{"readout": "lymphocytes", "unit": "1e9/L", "points": [point]}],
            "output": {
                "extra": draw(st.lists(DAYS, max_size=3)),
                "rule": [{"every": draw(MASS), "start": draw(DAYS), "stop": 200.0}],
                "visits_only": draw(st.booleans()),
            },
            "horizon": 20_000.0,
            "mechanisms": {"off": draw(st.lists(TEXT, max_size=2))},
            "parameters": draw(st.dictionaries(TEXT, st.floats(allow_nan=False, allow_infinity=False) | TEXT)),
        }
    )


@settings(deadline=None, max_examples=60)
@given(scenarios())
def test_a_resolved_scenario_is_read_back_to_an_equal_scenario(scenario: Scenario) -> None:
    again = _reread(scenario)
    assert again == scenario
    assert to_toml(again) == to_toml(scenario)
    assert events_of(again) == events_of(scenario)


def test_a_resolved_scenario_names_defaults_and_units_and_extends_nothing() -> None:
    document = tomllib.loads(to_toml(Scenario(course=[{"start": "12 months", "dose": "24 mg"}])))
    assert document["horizon"] == "1095.75 day"
    assert document["course"] == [
        {"start": "365.25 day", "dose": "24.0 mg", "doses": 1, "infusion": f"{1 / 6!r} day", "premedication": False}
    ]
    assert document["patient"]["weight"] == "70.0 kg"
    assert document["solver"]["method"] == "rodas5p"
    assert "extends" not in document


def test_a_resolved_scenario_names_masses_and_usual_infusions() -> None:
    single = {"drug": "alemtuzumab", "start": "1 day", "dose": "0.3 mg/kg", "followed": False}
    document = tomllib.loads(to_toml(build_scenario({"patient": {"weight": "55 kg"}, "dose": [single]})))
    assert document["dose"] == [
        {"drug": "alemtuzumab", "start": "1.0 day", "dose": "16.5 mg", "doses": 1, "infusion": f"{1 / 6!r} day"}
        | {"premedication": False, "followed": False}
    ]


def test_text_that_needs_escapes_is_kept() -> None:
    scenario = Scenario(title='a "b"\n\t\\ \x7f µ ', parameters={"a key": 1.0, 'b"c': "2 mg"})
    assert _reread(scenario) == scenario
