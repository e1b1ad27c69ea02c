"""A scenario is a path, a name or an object; overrides are a mapping or texts; times are days or text."""

import datetime

import numpy as np
import pytest

import immunosim as ims
from immunosim.errors import ScenarioError
from immunosim.scenario.overrides import override_texts


def test_a_path_a_name_and_an_object_give_one_course(configs, short, trajectory):
    overrides = {"horizon": "60 days"}
    for scenario in (configs / "one_course.toml", str(configs / "one_course.toml"), "one_course"):
        assert np.array_equal(ims.simulate(scenario, overrides)["cd4"], trajectory["cd4"])
    assert ims.simulate(short).scenario == trajectory.scenario


def test_a_mapping_changes_what_texts_change(short):
    changed = {
        "patient.age": 50,
        "patient.weight": "80 kg",
        "mechanisms.off": ["thymopoiesis"],
        "course.1.dose": "6 mg",
    }
    texts = ["patient.age=50", "patient.weight=80 kg", "course.1.dose=6 mg", 'mechanisms.off=["thymopoiesis"]']
    by_mapping, by_text = ims.load_scenario("one_course", changed), ims.load_scenario("one_course", texts)
    assert by_mapping == by_text
    assert ims.simulate(short, {"patient.age": 50}).scenario.patient.age == 50.0


def test_values_of_a_mapping_are_written_as_the_command_line_takes_them():
    values = {"a": True, "b": np.float64(0.1), "c": datetime.date(2020, 1, 2), "d": [1, 2], "e": "x", "f": np.int64(3)}
    assert override_texts(values) == ["a=true", "b=0.1", "c=2020-01-02", "d=[1, 2]", "e=x", "f=3"]
    assert override_texts("a=1") == ["a=1"]


def test_a_wrong_override_of_an_object_names_its_key(short):
    with pytest.raises(ScenarioError, match="unknown key"):
        ims.simulate(short, {"patient.wieght": "80 kg"})


def test_explanations_take_text_times_and_scenarios(trajectory, short):
    by_text = ims.explain(trajectory, "cd4", at="1 month", since="course 1 + 2 days", accounting=True)
    by_day = ims.explain(short, "cd4", at=30.4375, since=2.0, accounting=True)
    assert by_text.change == by_day.change


def test_comparisons_take_scenarios_trajectories_and_a_mapping(trajectory, short):
    found = ims.compare("one_course", trajectory, short, at=["20 days"], overrides={"horizon": "60 days"})
    assert found.names == ("one_course", "Standard patient, one course", "Standard patient, one course (2)")
    assert not found.differs("cd4")
    assert ims.compare({"a": trajectory, "b": short}).names == ("a", "b")
    with pytest.raises(TypeError, match="one mapping"):
        ims.compare({"a": trajectory}, short)


def test_derivatives_take_a_name_or_an_object(short):
    by_name = ims.differentiate("one_course", ["blood_lysis_rate"], overrides={"horizon": "60 days"})
    by_object = ims.differentiate(short, ["blood_lysis_rate"])
    assert np.array_equal(by_name["cd4"], by_object["cd4"])


def test_a_scenario_is_verified(short):
    assert ims.verify(short).passed
