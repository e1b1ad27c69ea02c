"""Shipped scenarios are found by their names, and copied with their data."""

import pytest

from immunosim.errors import ScenarioError
from immunosim.files import OutputError
from immunosim.observations import read_observations
from immunosim.scenario import examples, load_scenario
from immunosim.scenario.examples import (
    copy_examples,
    located,
    located_data,
    shipped_data,
    shipped_folder,
    shipped_names,
)


def test_every_file_of_configs_is_a_shipped_scenario_with_a_title(configs):
    assert shipped_folder() == configs
    assert shipped_names() == sorted(path.stem for path in configs.glob("*.toml"))
    for one in examples.examples():
        assert one.title != one.name
        assert load_scenario(one.name).title == one.title


def test_a_name_gives_the_scenario_of_the_file(configs):
    assert load_scenario("case_report") == load_scenario(configs / "case_report.toml")


def test_a_file_wins_over_a_shipped_scenario_and_a_folder_does_not(tmp_path, monkeypatch, configs):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one_course").mkdir()
    assert located("one_course") == configs / "one_course.toml"
    (tmp_path / "two_courses").write_text('title = "mine"\nhorizon = "3 months"\n', encoding="utf-8")
    assert load_scenario("two_courses").title == "mine"


def test_an_unknown_name_is_neither_a_file_nor_shipped_and_close_names_are_listed():
    with pytest.raises(ScenarioError) as caught:
        load_scenario("case_reprot")
    assert str(caught.value).startswith("case_reprot: is neither a file nor a shipped scenario, did you mean ")
    assert '"case_report"' in str(caught.value)


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b", "two_courses.toml", "lost/case_report"])
def test_what_looks_like_a_path_or_cannot_be_one_is_refused(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ScenarioError, match=r"does not exist|is neither a file|cannot be read"):
        load_scenario(name)


def test_a_scenario_may_extend_a_shipped_one_by_its_name(tmp_path):
    (tmp_path / "mine.toml").write_text('extends = "two_courses"\n[patient]\nage = 50\n', encoding="utf-8")
    mine, base = load_scenario(tmp_path / "mine.toml"), load_scenario("two_courses")
    assert mine.patient.age == 50.0
    assert mine.course == base.course


def test_a_shipped_table_is_found_by_its_name(tmp_path, monkeypatch, configs):
    assert located_data("clinic.csv") == configs / "data" / "clinic.csv"
    assert shipped_data() == sorted(path.name for path in (configs / "data").iterdir())
    assert len(read_observations("clinic.csv", load_scenario("clinic"))[0]) == 12
    monkeypatch.chdir(tmp_path)
    (tmp_path / "clinic.csv").write_text("mine", encoding="utf-8")
    assert located_data("clinic.csv").read_text(encoding="utf-8") == "mine"


def test_copies_are_the_shipped_files_and_replace_nothing(tmp_path, bytes_below, configs):
    copy_examples(tmp_path / "mine")
    assert bytes_below(tmp_path / "mine") == bytes_below(configs)
    assert load_scenario(tmp_path / "mine/one_course.toml") == load_scenario("one_course")
    (tmp_path / "other/data").mkdir(parents=True)
    (tmp_path / "other/data/clinic.csv").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="already exists, choose another folder"):
        copy_examples(tmp_path / "other")
    assert bytes_below(tmp_path / "other") == {"data/clinic.csv": b"mine"}
