"""Older scenario files run as they did, with one warning for each kind of key that has another name now."""

import warnings
from pathlib import Path
from typing import Any

import pytest

from immunosim.errors import ScenarioError
from immunosim.scenario import (
    Scenario,
    SupersededKeyWarning,
    apply_overrides,
    build_scenario,
    load_scenario,
    output_times,
)
from immunosim.scenario.regimen import courses_of, keyed_events, pulses_of

OLD: dict[str, Any] = {
    "triamcinolone": [{"time": "5 days", "dose": "15 mg"}, {"time": "course 1 + 9 days", "dose": "0.2 mg/kg"}],
    "course": [{"start": "1 day", "dose": "12 mg"}],
    "additional_dose": [
        {"drug": "methylprednisolone", "time": "last dose of triamcinolone + 1 week", "dose": "1 g", "infusion": "2 h"},
        {"drug": "alemtuzumab", "time": "4 weeks", "dose": "6 mg", "label": "once more"},
    ],
    "relapse": [{"time": "course 2 of alemtuzumab"}],
}
NEW: dict[str, Any] = {
    "triamcinolone": [{"start": "5 days", "dose": "15 mg"}, {"start": "course 1 + 9 days", "dose": "0.2 mg/kg"}],
    "course": [{"start": "1 day", "dose": "12 mg"}],
    "dose": [
        {"drug": "methylprednisolone", "start": "last dose of triamcinolone + 1 week", "dose": "1 g", "infusion": "2 h"}
        | {"followed": False, "label": "additional dose 1"},
        {"drug": "alemtuzumab", "start": "4 weeks", "dose": "6 mg", "label": "once more", "followed": False},
    ],
    "relapse": [{"time": "course 2 of alemtuzumab"}],
}


def build_old(changes: dict[str, Any] | None = None) -> Scenario:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SupersededKeyWarning)
        return build_scenario(OLD | (changes or {}), "old.toml")


def test_older_names_give_the_same_scenario_to_the_last_bit() -> None:
    old, new = build_old(), build_scenario(NEW)
    assert old == new
    assert list(keyed_events(old)) == list(keyed_events(new))
    assert output_times(old).tobytes() == output_times(new).tobytes()
    assert old.relapse[0].time == 28.0
    assert [order.key for order in (*courses_of(old), *pulses_of(old))] == ["course[1]"]


def test_each_kind_of_key_is_warned_of_once_at_the_line_that_built_the_scenario() -> None:
    with pytest.warns(SupersededKeyWarning) as caught:
        build_scenario(OLD, "old.toml")
    cure = "rename it, with start for time, and add followed = false to each entry"
    assert [str(warning.message) for warning in caught] == [
        f"old.toml: additional_dose: is now dose, {cure}",
        "old.toml: triamcinolone[1].time: is now start, rename it",
    ]
    assert {Path(warning.filename).name for warning in caught} == {Path(__file__).name}


def test_code_is_warned_too() -> None:
    with pytest.warns(SupersededKeyWarning, match=r"^triamcinolone\[1\].time: is now start") as caught:
        scenario = Scenario(triamcinolone=[{"time": "5 days", "dose": "15 mg"}])
    assert scenario.triamcinolone[0].start == 5.0
    assert Path(caught[0].filename).name == Path(__file__).name


def test_present_names_are_not_warned_of() -> None:
    build_scenario(NEW)  # a warning would be an error


def test_overrides_of_an_older_file_name_its_keys(tmp_path: Path) -> None:
    file = tmp_path / "old.toml"
    file.write_text('[[additional_dose]]\ndrug = "prednisolone"\ntime = "3 days"\ndose = "50 mg"\n')
    with pytest.warns(SupersededKeyWarning, match="additional_dose: is now dose"):
        scenario = load_scenario(file, {"additional_dose.1.time": "5 days"})
    assert scenario.dose[0].start == 5.0


def test_an_override_by_an_older_name_changes_a_present_file() -> None:
    document = {"triamcinolone": [{"start": "5 days", "dose": "15 mg"}]}
    changed = apply_overrides(document, {"triamcinolone.1.time": "7 days"})
    assert changed == {"triamcinolone": [{"start": "7 days", "dose": "15 mg"}]}


def test_a_change_by_an_option_is_not_warned_of_again() -> None:
    assert build_scenario(OLD, "--vary x=1").dose  # a warning would be an error


def test_a_problem_of_an_older_file_is_told_by_the_key_that_the_file_has() -> None:
    wrong = [{"drug": "prednisolone", "time": "soon", "dose": "50 mg"}, {"drug": "prednisone", "dose": "1 mg"}]
    with pytest.raises(ScenarioError) as caught:
        build_old({"dose": [{"drug": "prednisolone", "start": "3 days", "dose": "1 mg"}], "additional_dose": wrong})
    keys = [problem.key for problem in caught.value.problems]
    assert keys[:2] == ["additional_dose[1].time", "additional_dose[2].drug"]


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        (
            {"dose": [{"drug": "prednisolone", "time": "3 days", "dose": "50 mg"}]},
            "dose[1].time: unknown key, its present name is start",
        ),
        (
            {"prednisolone": [{"time": "3 days", "start": "3 days", "dose": "50 mg"}]},
            "prednisolone[1].time: unknown key",
        ),
        ({"additional_dose": 3}, "additional_dose: unknown key"),
    ],
)
def test_an_older_name_is_known_only_where_it_was(tables: dict[str, Any], message: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SupersededKeyWarning)
        with pytest.raises(ScenarioError) as caught:
            build_scenario(tables, "a.toml")
    assert f"a.toml: {message}" in str(caught.value)
