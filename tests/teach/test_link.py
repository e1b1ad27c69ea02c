"""Links to scenarios: what differs from a base comes back as it was, and what is no link is refused."""

import base64
import json
import random
from pathlib import Path

import pytest
from typer.testing import CliRunner

from immunosim import load_scenario, to_toml
from immunosim.cli.application import app
from immunosim.errors import ImmunosimError
from immunosim.scenario.examples import shipped_names
from immunosim.teach.documents import json_document
from immunosim.teach.link import (
    LONGEST,
    LinkError,
    decoded,
    differences,
    encoded,
    laid_over,
    link_of,
    scenario_of_link,
)

NAMES = shipped_names()


def documents() -> dict[str, dict[str, object]]:
    return {name: json_document(load_scenario(name)) for name in NAMES}


def test_differences_of_all_shipped_scenarios_give_them_back() -> None:
    known = documents()
    for base in known.values():
        for document in known.values():
            assert laid_over(base, differences(base, document)) == document


def test_only_what_differs_is_told() -> None:
    base = json_document(load_scenario("two_courses"))
    other = json_document(load_scenario("two_courses", {"course.2.dose": "6 mg", "patient.age": "40 years"}))
    assert differences(base, base) == {}
    assert differences(base, other) == {"patient.age": "40.0 year", "course.2.dose": "6.0 mg"}


def test_a_base_is_not_changed_by_what_is_laid_over_it() -> None:
    base = json_document(load_scenario("two_courses"))
    before = json.dumps(base)
    laid_over(base, {"course.2.dose": "6.0 mg", "mechanisms": {"off": []}, "title": None})
    assert json.dumps(base) == before


@pytest.mark.parametrize("name", ["two_courses", "case_report", "teaching_course", "prednisolone_taper"])
def test_a_shipped_scenario_has_a_link_without_changes(name: str) -> None:
    assert decoded(link_of(name)) == (name, {})


def test_a_file_has_a_link_that_gives_its_scenario_back(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('extends = "two_courses"\nhorizon = "20 months"\n[mechanisms]\noff = ["thymopoiesis"]\n')
    found = load_scenario(path)
    link = link_of(path)
    assert len(link) < 250
    assert to_toml(scenario_of_link(link, load_scenario("one_course"))) == to_toml(found)


def test_the_command_prints_the_link() -> None:
    told = CliRunner().invoke(app, ["teach", "--link", "two_courses"])
    assert told.exit_code == 0
    assert decoded(told.stdout.strip()) == ("two_courses", {})


def test_a_link_without_a_base_refers_to_the_scenario_of_the_lesson() -> None:
    base = load_scenario("two_courses", {"horizon": "24 months"})
    found = scenario_of_link(encoded("", {"course.2.dose": "6.0 mg"}), base)
    assert (found.horizon, found.course[1].dose) == (730.5, 6.0)


def link_with(document: object) -> str:
    text = document if isinstance(document, str) else json.dumps(document)
    return "#v1." + base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "link",
    [
        "", "#", "#v1", "#v2.e30", "#v1.%%%", "javascript:alert(1)", "#v1." + "A" * LONGEST, link_with("["),
        link_with([]), link_with({}), link_with({"base": 1, "changes": {}}), link_with({"base": "", "changes": []}),
        link_with({"base": "", "changes": {"a..b": 1}}), link_with({"base": "", "changes": {"__proto__.x": 1, "": 2}}),
        link_with({"base": "", "changes": {"x" * 300: 1}}), link_with('{"base": "", "changes": {"a": NaN}}'),
        link_with({"base": "", "changes": {f"a{n}": 1 for n in range(500)}}), link_with("[" * 9000),
    ],
)  # fmt: skip
def test_what_is_no_link_is_refused(link: str) -> None:
    with pytest.raises(LinkError):
        decoded(link)


@pytest.mark.parametrize(
    "changes",
    [
        {"course.9.dose": "6.0 mg"}, {"course.0.dose": "6.0 mg"}, {"course.-1.dose": "6.0 mg"}, {"title.a.b": 1},
        {"horizon": "1 mg"}, {"patient": []}, {"extends": "case_report.toml"}, {"course": {}},
        {"course.1": None}, {"nothing.at.all": 1}, {"patient.age": {"a": {"b": []}}}, {"course.x": 1},
    ],
)  # fmt: skip
def test_a_link_to_no_scenario_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ImmunosimError):
        scenario_of_link(encoded("", changes), load_scenario("two_courses"))


def test_an_unknown_base_is_refused() -> None:
    with pytest.raises(LinkError, match="unknown base"):
        scenario_of_link(encoded("../two_courses", {}), load_scenario("two_courses"))


def test_a_thousand_random_texts_are_refused_or_read() -> None:
    draw = random.Random(20240601)
    sound = encoded("two_courses", {"course.2.dose": "6.0 mg"})
    n_read = 0
    for _ in range(1000):
        letters = list(sound)
        for _ in range(draw.randint(1, 4)):
            letters[draw.randrange(len(letters))] = chr(draw.randrange(32, 0x2FF))
        try:
            scenario_of_link("".join(letters), load_scenario("two_courses"))
        except ImmunosimError:
            continue
        n_read += 1
    assert n_read < 200
