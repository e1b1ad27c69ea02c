"""A drug that a model adds reaches everything that is said of drugs, or fails with a message; nothing drops it."""

import re
import tomllib
from typing import Any

import pytest

from immunosim.errors import ModelError, ScenarioError
from immunosim.model.drug import Drug
from immunosim.models import DEFAULT_MODEL, drugs_of
from immunosim.models.alemtuzumab import clinic
from immunosim.observations.doses import dose_drugs, drug_of, usual_duration
from immunosim.plots.timeline import Mark, rows_of
from immunosim.problem import Problem, prepare
from immunosim.report.courses import course_windows
from immunosim.report.doses import deviations, dose_rows
from immunosim.scenario import Scenario, apply_overrides, build_scenario, dose_totals, events_of, to_toml
from immunosim.scenario.dose_slopes import find_treatment_number, moved_targets
from immunosim.scenario.drug_names import known_drug
from immunosim.verification.doses import balances_of
from immunosim.verification.resolved import resolve

SECOND = Drug(
    name="anti_cd20",
    label="anti-CD20",
    route="intravenous",
    given="infusion",
    enters="anti_cd20_infusion",
    holds=("anti_cd20_blood",),
    usual="300 mg a day",
    plausible=(10.0, 1000.0),
    source=("assumed",),
    usual_infusion="3 h",
    depletes=True,
    premedication="methylprednisolone",
    synonyms=("ocrelizumab",),
    colour="#56B4E9",
    shape="circle",
)
DOCUMENT: dict[str, Any] = {
    "horizon": "12 months",
    "course": [
        {"start": "0 days", "dose": "12 mg"},
        {"drug": "anti_cd20", "start": "90 days", "dose": "300 mg", "doses": 2, "every": "14 days"}
        | {"premedication": {"dose": "100 mg", "days": 1}, "changes": [{"dose_number": 2, "late": "6 h"}]},
    ],
    "dose": [{"drug": "anti_cd20", "start": "course 1 of anti-CD20 + 5 months", "dose": "600 mg"}],
}


@pytest.fixture
def second(monkeypatch: pytest.MonkeyPatch) -> Drug:
    """Let the model have a second drug that depletes, of which its network knows nothing."""
    monkeypatch.setattr(
        "immunosim.scenario.drug_names.drugs_of", lambda model=DEFAULT_MODEL: (*drugs_of(model), SECOND)
    )
    return SECOND


@pytest.fixture
def scenario(second: Drug) -> Scenario:
    return build_scenario(DOCUMENT)


def test_its_doses_become_events(scenario: Scenario) -> None:
    assert dose_totals(events_of(scenario)) == {"alemtuzumab": 12.0, "methylprednisolone": 100.0, "anti_cd20": 1200.0}
    assert scenario.dose[0].start == 90.0 + 5 * 30.4375
    assert moved_targets(scenario, "course[2].dose") == ({"anti_cd20_infusion"}, set())
    assert find_treatment_number(scenario, "dose[1].infusion").value == 3 / 24


def test_it_has_a_line_of_the_time_line(scenario: Scenario) -> None:
    rows = {row.label: row for row in rows_of(scenario)}
    assert rows["anti-CD20"].colour == SECOND.colour
    assert [mark.text for mark in rows["anti-CD20"].marks] == ["300 mg × 2 (1 changed)", "600 mg"]
    assert rows["methylprednisolone"].marks == (Mark(90.0, "100 mg", is_hollow=True),)


def test_its_courses_are_courses(scenario: Scenario) -> None:
    first, later = course_windows(scenario)
    assert (first.end, first.is_last) == (90.0, False)
    assert (later.label, later.start, later.is_last) == ("course 2", 90.0, True)
    assert later.last_infusion_end == 104.0 + 0.25 + 3 / 24


def test_reports_list_it(scenario: Scenario) -> None:
    assert [row[:2] for row in dose_rows(scenario)] == [
        ("alemtuzumab", "course[1]"),
        ("anti-CD20", "course[2]"),
        ("methylprednisolone", "course[2].premedication"),
        ("anti-CD20", "dose[1]"),
    ]
    assert list(deviations(scenario)) == ["Not as planned in course[2]: dose 2 6 h late."]


@pytest.mark.usefixtures("second")
def test_tables_of_observations_know_it() -> None:
    assert dose_drugs()[-1] == "anti_cd20"
    assert drug_of("Ocrelizumab") == "anti_cd20"
    assert usual_duration("anti_cd20") == 3 / 24


@pytest.mark.usefixtures("second")
def test_its_doses_are_judged() -> None:
    with pytest.raises(ScenarioError, match=r"5000 mg of anti-CD20 is not plausible \(10 to 1000 mg; usually 300 mg"):
        build_scenario({"dose": [{"drug": "anti_cd20", "start": "0 days", "dose": "5 g"}]})


def test_the_table_of_a_drug_that_the_model_does_not_have_is_refused() -> None:
    entries = {"prednisolone": [{"start": "0 days", "dose": "50 mg"}]}
    assert build_scenario(entries).prednisolone
    with pytest.raises(ScenarioError, match=r"a.toml: prednisolone: unknown key"):
        build_scenario(entries | {"model": "teaching"}, "a.toml")


@pytest.mark.usefixtures("second")
def test_it_has_a_table_of_its_name() -> None:
    entry = {"start": "3 days", "dose": "300 mg", "doses": 2, "every": "14 days"}
    scenario = build_scenario({"anti_cd20": [entry | {"premedication": True}]})
    assert scenario.doses_of("anti_cd20")[0].infusion == 3 / 24
    assert dose_totals(events_of(scenario)) == {"methylprednisolone": 2000.0, "anti_cd20": 600.0}
    assert find_treatment_number(scenario, "anti_cd20[1].every").value == 14.0
    assert build_scenario(tomllib.loads(to_toml(scenario))) == scenario
    changed = apply_overrides({"anti_cd20": [entry]}, ["anti_cd20.1.dose=600 mg"])
    assert changed["anti_cd20"][0]["dose"] == "600 mg"
    with pytest.raises(ScenarioError, match=r"anti_cd20\[1\]\.dose: 5000 mg of anti-CD20 is not plausible"):
        build_scenario({"anti_cd20": [entry | {"dose": "5 g"}]})


def test_an_unknown_drug_is_refused_with_close_ones() -> None:
    with pytest.raises(ModelError, match='the model has no drug "prednisone"'):
        known_drug("prednisone")


@pytest.mark.usefixtures("model")
def test_a_model_without_its_input_refuses_its_doses(scenario: Scenario) -> None:
    with pytest.raises(ScenarioError, match="anti_cd20_infusion"):
        prepare(scenario)


def test_a_drug_whose_pool_the_model_does_not_have_is_not_left_out_of_the_balance(
    treated: Problem, second: Drug
) -> None:
    with pytest.raises(ModelError, match=re.escape('the model has no pool "anti_cd20_blood" to hold anti-CD20')):
        balances_of(treated, resolve(treated))


def test_a_dose_into_what_no_drug_declares_is_not_left_out_of_the_balance(
    treated: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("immunosim.verification.doses.known_drugs", lambda _: clinic.DRUGS[1:])
    with pytest.raises(ModelError, match='a dose enters "alemtuzumab_infusion", which no drug declares'):
        balances_of(treated, resolve(treated))


@pytest.fixture
def treated(model: object) -> Problem:
    return prepare(build_scenario({"horizon": "3 days", "course": [{"start": "0 days", "dose": "12 mg"}]}))
