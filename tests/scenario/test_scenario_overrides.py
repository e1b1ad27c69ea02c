"""Overrides change single values of a scenario and refuse keys that do not exist."""

from pathlib import Path
from typing import Any

import pytest

from immunosim.errors import ScenarioError
from immunosim.scenario import apply_overrides, load_scenario

DOCUMENT: dict[str, Any] = {
    "patient": {"age": 31},
    "course": [{"dose": "12 mg", "premedication": True}, {"dose": "12 mg"}],
    "input": [{"steps": [{"rate": "1 mg/h"}, {"rate": "2 mg/h"}]}],
    "dose": [{"dose": "12 mg"}],
}


@pytest.mark.parametrize(
    ("override", "path", "value"),
    [
        ("patient.age=40", ("patient", "age"), 40),
        ("patient.weight=60 kg", ("patient", "weight"), "60 kg"),
        ("solver.rtol=1e-8", ("solver", "rtol"), 1e-8),
        ("course.1.dose='10 mg'", ("course", 0, "dose"), "10 mg"),
        ("course[2].dose=10 mg", ("course", 1, "dose"), "10 mg"),
        ("course.2.premedication=true", ("course", 1, "premedication"), True),
        ("course.1.premedication.dose=500 mg", ("course", 0, "premedication"), {"dose": "500 mg"}),
        ("parameters.central_volume=11", ("parameters", "central_volume"), 11),
        ('mechanisms.off=["relapse"]', ("mechanisms", "off"), ["relapse"]),
        ("methylprednisolone=[]", ("methylprednisolone",), []),
        (
            'course.1.changes=[{dose_number = 2, late = "6 h"}]',
            ("course", 0, "changes"),
            [{"dose_number": 2, "late": "6 h"}],
        ),
        ("output.visits_only=true", ("output", "visits_only"), True),
        ("input.1.steps.2.rate=3 mg/h", ("input", 0, "steps", 1, "rate"), "3 mg/h"),
        ("dose[1].dose=0.3 mg/kg", ("dose", 0, "dose"), "0.3 mg/kg"),
        ("title=a=b", ("title",), "a=b"),
        ("title=1\ntitle=2", ("title",), "1\ntitle=2"),
    ],
)
def test_an_override_sets_one_value(override: str, path: tuple[Any, ...], value: object) -> None:
    found: Any = apply_overrides(DOCUMENT, [override])
    for step in path:
        found = found[step]
    assert found == value


def test_the_document_itself_is_left_alone() -> None:
    apply_overrides(DOCUMENT, ["course.1.dose=1 mg", "patient.age=3"])
    assert DOCUMENT["course"][0]["dose"] == "12 mg"
    assert DOCUMENT["patient"] == {"age": 31}


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("patient.agee=4", 'patient.agee: unknown key "agee", did you mean "age"?'),
        ("patint.age=4", 'patint.age: unknown key "patint", did you mean "patient" or "population"?'),
        ("course.1.dos=4", 'course.1.dos: unknown key "dos", did you mean "dose" or "doses"?'),
        ("course.3.dose=4", 'course.3.dose: unknown entry "3" among 2 entries, entries are counted from 1'),
        ("course.dose=4", 'course.dose: unknown entry "dose" among 2 entries, entries are counted from 1'),
        ("note.1.text=4", 'note.1.text: unknown entry "1" among 0 entries, add the entry in the file'),
        (
            "course.1.changes.1.late=4 h",
            'course.1.changes.1.late: unknown entry "1" among 0 entries, add the entry in the file',
        ),
        ("output.rul.1.every=4", 'output.rul.1.every: unknown key "rul", did you mean "rule"?'),
        ("patient.age.x=4", "patient.age.x: goes deeper than a single value, shorten the path"),
        ("parameters.a.b=4", "parameters.a.b: goes deeper than a single value, shorten the path"),
        ("patient.age=", "patient.age: has no value, write patient.age=..."),
        ("patient.age", '"patient.age" is not an override, write for example "patient.age=40"'),
        ("=4", '"=4" is not an override, write for example "patient.age=40"'),
    ],
)
def test_a_wrong_override_gets_its_exact_message(override: str, message: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        apply_overrides(DOCUMENT, [override])
    assert str(caught.value) == f"overrides: {message}"


def test_overrides_come_after_the_base(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text('[[course]]\nstart = "0 days"\ndose = "12 mg"')
    (tmp_path / "own.toml").write_text('extends = "base.toml"')
    assert load_scenario(tmp_path / "own.toml", ["course.1.dose=10 mg"]).course[0].dose == 10.0
