"""Scenarios as the page reads them against the package: regimen, patient, tolerances, files and links."""

import base64
import json
import random
from pathlib import Path

import numpy as np
import pytest
from teach.in_node import in_node, needs_node

from immunosim import load_scenario, to_toml
from immunosim.problem import prepare
from immunosim.scenario.challenges import with_challenges_of
from immunosim.teach.documents import json_document

pytestmark = needs_node

BASE = "two_courses"
SCENARIOS = {path.stem: path for path in sorted((Path(__file__).parents[2] / "configs").glob("*.toml"))}

FAULTS = (
    ("course.1.dose", "12 furlong"),
    ("course.1.dose", "5000 mg"),
    ("course.1.dose", "-1 mg"),
    ("course.1.doses", 2.5),
    ("course.1.doses", 1e9),
    ("course.1.every", "0 day"),
    ("course.2.start", "9999 day"),
    ("course.9.dose", "1 mg"),
    ("course", "none"),
    ("patient.age", "old"),
    ("patient.age", "400 year"),
    ("patient.weight", "0 kg"),
    ("horizon", "0 day"),
    ("horizon", "1e9 day"),
    ("parameters.nothing", 1),
    ("parameters.thymic_export_rate", "fast"),
    ("parameters.thymic_export_rate", -1),
    ("parameters.age", 30),
    ("mechanisms.off", ["everything"]),
    ("solver.rtol", 0.5),
    ("solver.method", "euler"),
    ("model", "another"),
    ("parameter_set", "another"),
    ("__proto__.polluted", 1),
    ("patient.constructor.polluted", 1),
    ("patient.baseline.cd4", "1 cells/uL"),
    ("challenge", [{"pool": "il7", "size": 1.0, "rate": "0.2 1/year"}]),
)
FILES = (
    "",
    "title = [",
    'extends = "/etc/passwd"',
    "x" * 70_000,
    "a" * 1000,
    "[__proto__]\npolluted = 1",
    'patient = "me"',
    "[[course]]\nstart = 1",
    'unknown_key = "x"',
    "[patient]\nage = { a = { b = { c = { d = { e = 1 } } } } }",
    'horizon = "soon"',
    "horizon = nan",
)


def packed(value):
    text = value if isinstance(value, str) else json.dumps(value)
    return "#v1." + base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def broken_links():
    generator = random.Random(1)
    sound = packed({"base": BASE, "changes": {"course.1.dose": "24 mg"}})
    garbled = []
    for _ in range(300):
        letters = list(sound)
        for _ in range(generator.randint(1, 6)):
            letters[generator.randrange(4, len(letters))] = chr(generator.randrange(32, 127))
        garbled.append("".join(letters))
    return [
        *("", "#", "#v2.abc", "#v1.", "#v1.%%%", "#v1." + "A" * 30_000, packed("[]"), packed("null"), packed("{")),
        packed({"base": BASE, "changes": []}),
        packed({"base": 3, "changes": {}}),
        packed({"base": "constructor", "changes": {}}),
        packed({"base": BASE, "changes": {"__proto__.polluted": 1}}),
        packed({"base": BASE, "changes": {"course.7.dose": 1}}),
        packed({"base": BASE, "changes": {f"parameters.a{k}": 1 for k in range(500)}}),
        *garbled,
    ]


@pytest.fixture(scope="module")
def scenarios():
    return {name: load_scenario(path) for name, path in SCENARIOS.items()}


@pytest.fixture(scope="module")
def in_page(scenarios, tmp_path_factory):
    given = {
        name: {
            "model": scenario.model,
            "doc": json_document(scenario),
            "toml": to_toml(with_challenges_of(scenario, 0)),
        }
        for name, scenario in scenarios.items()
    }
    data = {"scenarios": given, "base": BASE, "faults": FAULTS, "files": FILES, "links": broken_links()}
    return in_node("port.mjs", data, tmp_path_factory.mktemp("port"))


def test_a_document_becomes_the_package_s_numbers(scenarios, in_page):
    for name, scenario in scenarios.items():
        found, problem = in_page["found"][name], prepare(scenario)
        assert "fault" not in found, (name, found)
        segments, options, shape = problem.segments, problem.options, problem.initial_state.shape
        expected = {
            "boundaries": segments.boundaries,
            "inputs": segments.inputs,
            "jumps": segments.jumps,
            "times": problem.times,
            "vector": problem.vector,
            "initial": problem.initial_state,
            "atol": np.broadcast_to(options.atol, shape),
            "negative": np.broadcast_to(options.negative_tolerance, shape),
        }
        for part, values in expected.items():
            # Exponentials of the browser's library and of numpy's may differ in the last digit.
            assert np.array(found[part]) == pytest.approx(values, rel=1e-14, abs=0.0), (name, part)


def test_files_and_links_hold_the_same_document(in_page):
    for name, found in in_page["found"].items():
        assert found["of_link"] == {}, name
        for part in ("of_file", "of_written"):  # sweeps and populations are for the command line
            assert set(found[part]) <= {"population", "sweep"}, (name, part)


def test_the_package_reads_what_the_page_writes(scenarios, in_page, tmp_path):
    for name, found in in_page["found"].items():
        path = tmp_path / f"{name}.toml"
        path.write_text(found["written"])
        again, problem = prepare(load_scenario(path)), prepare(scenarios[name])
        assert again.vector.tolist() == problem.vector.tolist(), name
        assert again.segments.jumps.tolist() == problem.segments.jumps.tolist(), name


@pytest.mark.parametrize("kind", ["faults", "files"])
def test_what_is_wrong_is_a_fault_with_a_reason(in_page, kind):
    given = {"faults": FAULTS, "files": FILES}[kind]
    for case, (name, _, reason) in zip(given, in_page[kind], strict=True):
        is_sound = kind == "files" and not case  # an empty file is the standard patient without any treatment
        assert (name == "ScenarioFault" and bool(reason)) != is_sound, (case, name, reason)
    assert not in_page["polluted"]


def test_a_garbled_link_is_a_fault_or_a_document(in_page):
    names = {name for name, _, _ in in_page["links"]}
    assert names <= {"", "ScenarioFault"}
    assert all(name == "ScenarioFault" for name, _, _ in in_page["links"][:15])
