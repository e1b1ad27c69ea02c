"""A treatment that takes an effect: the scenario assumes it, and every page says so."""

import tomllib
from typing import Any

import pytest

from immunosim.door.checking import check
from immunosim.door.sweeping import sweep
from immunosim.errors import ScenarioError
from immunosim.plots.timeline import rows_of
from immunosim.problem import prepare
from immunosim.report.doses import dose_rows
from immunosim.scenario import Scenario, apply_overrides, build_scenario, dose_totals, events_of, to_toml
from immunosim.scenario.dose_slopes import find_treatment_number, moved_targets
from immunosim.simulation import simulate
from immunosim.verification.doses import check_dose_amounts

pytestmark = pytest.mark.usefixtures("skin")

ENTRY = {"start": "10 days", "stop": "20 days", "effect": 0.5}


def document(*entries: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"model": "skin", "horizon": "60 days", "calming": list(entries)} | more


def scenario(*entries: dict[str, Any], **more: Any) -> Scenario:
    return build_scenario(document(*entries, **more), "a.toml")


def test_its_input_is_the_effect_while_it_lasts() -> None:
    problem = prepare(scenario(ENTRY))
    row = problem.segments.inputs[:, problem.model.inputs.index("calming")]
    assert (problem.segments.boundaries.tolist(), row.tolist()) == ([0.0, 10.0, 20.0, 60.0], [0.0, 0.5, 0.0])
    assert dose_totals(events_of(problem.scenario)) == {}


def test_the_curve_follows() -> None:
    challenge = {"input": "challenge", "size": 1.0, "at": ["12 days"]}
    damped, whole = (
        float(simulate(scenario(*entries, challenge=[challenge])).at("alarm_now", 13.0)) for entries in ((ENTRY,), ())
    )
    assert damped == pytest.approx(0.5 * whole, rel=1e-4)


@pytest.mark.parametrize("entry", [ENTRY, {"start": "0 days", "effect": 1}, {"start": "0 days", "effect": 0}])
def test_it_is_written_and_read_back(entry: dict[str, Any]) -> None:
    given = scenario(entry)
    written = tomllib.loads(to_toml(given))
    assert "dose" not in written["calming"][0]
    assert build_scenario(written) == given
    assert check_dose_amounts(prepare(given)).value == 0.0


def test_any_dose_record_takes_it() -> None:
    by_name, by_drug = scenario(ENTRY), scenario(dose=[ENTRY | {"drug": "calming"}])
    assert events_of(by_name) == events_of(by_drug)


def test_check_and_the_time_line_say_that_it_is_assumed() -> None:
    understood = check(scenario(ENTRY))
    assert "Assumed by the scenario: an effect of 0.5 of calming treatment (calming[1])." in understood.sentences()
    (row,) = dose_rows(understood.scenario)
    assert row == ("calming treatment", "calming[1]", "10.00", "20.00", row[4], "effect 0.5, assumed", "-")
    (line,) = [row for row in rows_of(understood.scenario) if row.label == "calming treatment"]
    assert [mark.text for mark in line.marks] == ["effect 0.5 (assumed)"]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"start": "0 days"}, r"effect: no effect is built in, give effect = \.\.\. \(assumed\), a number from 0 to 1"),
        (ENTRY | {"effect": 1.5}, "effect: 1.5 is more than 1"),
        (ENTRY | {"effect": -0.5}, "effect: -0.5 is not positive"),
        (ENTRY | {"effect": True}, "effect: true is not a quantity, expected a plain number"),
        (ENTRY | {"effect": "0.5 mg"}, 'effect: "0.5 mg" is a mass'),
        (ENTRY | {"dose": "1 mg"}, "dose: calming treatment has no dose in this model, leave it out"),
        (ENTRY | {"times_per_day": 2}, "times_per_day: calming treatment has no daily dose"),
        (ENTRY | {"volume": "1 mL"}, "volume: calming covers no area in this model"),
        (ENTRY | {"doses": 2}, "doses: calming treatment is taken continuously"),
    ],
)
def test_what_is_wrong_is_refused(entry: dict[str, Any], message: str) -> None:
    with pytest.raises(ScenarioError, match=rf"a\.toml: calming\[1\]\.{message}"):
        scenario(entry)


def test_a_drug_with_doses_has_no_effect_and_an_effect_has_no_rates() -> None:
    with pytest.raises(ScenarioError, match=r"depot_steroid\[1\]\.effect: depot steroid is given by its dose"):
        scenario(depot_steroid=[{"start": "0 days", "dose": "15 mg", "effect": 0.5}])
    steps = [{"start": "0 days", "stop": "1 day", "rate": "1 mg/h"}]
    with pytest.raises(ScenarioError, match=r'input\[1\]\.drug: "calming": no drug of skin is given in this way'):
        scenario(input=[{"drug": "calming", "steps": steps}])


def test_changes_sweeps_and_slopes_go_by_the_effect() -> None:
    assert apply_overrides(document(ENTRY), ["calming.1.effect=0.8"])["calming"][0]["effect"] == 0.8
    given = scenario(ENTRY, challenge=[{"input": "challenge", "size": 1.0, "at": ["12 days"]}])
    assert find_treatment_number(given, "calming[1].effect").value == 0.5
    assert moved_targets(given, "calming[1].effect") == ({"calming"}, set())
    with pytest.raises(ScenarioError, match=r"calming\[1\]\.dose: is not given"):
        find_treatment_number(given, "calming[1].dose")
    swept = sweep(
        given, {"calming.1.effect": [0, 1]}, design="grid", readouts=("alarm_now",), at=("13 days",), endpoints=()
    )
    whole, none = swept.dataset["alarm_now"].to_numpy().ravel()
    assert whole > 0.9
    assert none == pytest.approx(0.0, abs=1e-6)
