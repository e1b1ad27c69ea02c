"""The scenarios to start from are valid as they are, and so is every example in their comments."""

import tomllib
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest

from immunosim.problem import prepare
from immunosim.scenario import Patient, Scenario, load_scenario
from immunosim.scenario.template import starting_scenario, what_if_scenario
from immunosim.simulation import simulate

CONFIGS = Path(__file__).parents[2] / "configs"
FULL = starting_scenario("mine.toml")
WHAT_IF = what_if_scenario("mine.toml", "two_courses.toml")


def is_example(line: str) -> bool:
    return line.startswith("#") and line[1:2] not in ("", " ")


def with_examples(text: str, chosen: set[int]) -> str:
    """Return a text in which the example lines of these numbers are no comments."""
    lines = text.splitlines()
    return "\n".join(line[1:] if number in chosen else line for number, line in enumerate(lines))


def blocks(text: str) -> Iterator[set[int]]:
    """Yield the numbers of the lines of every block of examples, a block being lines without a gap."""
    for wanted, lines in groupby(enumerate(text.splitlines()), key=lambda item: is_example(item[1])):
        if wanted:
            yield {number for number, _ in lines}


def single_examples(text: str) -> Iterator[set[int]]:
    """Yield every example that can stand alone: an entry of an array whole, else a key below its header."""
    lines = text.splitlines()
    for block in blocks(text):
        headers = {number for number in block if lines[number].startswith("#[")}
        if any(lines[number].startswith("#[[") for number in headers):
            yield block
        else:
            yield from ({number, *headers} for number in sorted(block - headers))


def read(text: str, folder: Path) -> Scenario:
    file = folder / "mine.toml"
    file.write_text(text, encoding="utf-8")
    (folder / "two_courses.toml").write_bytes((CONFIGS / "two_courses.toml").read_bytes())
    return prepare(load_scenario(file), str(file)).scenario


@pytest.mark.parametrize("text", [FULL, WHAT_IF], ids=["full", "what if"])
def test_every_example_alone_makes_another_valid_scenario(text: str, tmp_path: Path) -> None:
    plain = read(text, tmp_path)
    changed = [read(with_examples(text, chosen), tmp_path) for chosen in single_examples(text)]
    # These are the defaults, and stand there to show how they are written; so does an empty list
    # where the base has no entries.
    same = [chosen for chosen, scenario in zip(single_examples(text), changed, strict=True) if scenario == plain]
    shown = {text.splitlines()[min(chosen - _headers(text))] for chosen in same}
    assert shown <= {
        '#platelets = "median"',
        '#glomerulus = "median"',
        '#method = "rodas5p"',
        '#model = "alemtuzumab"  # immunosim model --model NAME shows another',
        "#model_version = 2  # immunosim model lists the versions; a result keeps to the one that it names",
        '#parameter_set = "default"  # immunosim params lists its values',
        "#methylprednisolone = []",
    }


def _headers(text: str) -> set[int]:
    return {number for number, line in enumerate(text.splitlines()) if line.startswith("#[")}


@pytest.mark.parametrize("text", [FULL, WHAT_IF], ids=["full", "what if"])
def test_all_examples_together_make_a_valid_scenario_that_simulates(text: str, tmp_path: Path) -> None:
    scenario = read(with_examples(text, set().union(*blocks(text))), tmp_path)
    assert scenario.parameters
    assert simulate(scenario).is_complete


def test_the_examples_of_the_full_scenario_show_every_table_and_nearly_every_key() -> None:
    document = tomllib.loads(with_examples(FULL, set().union(*blocks(FULL))))
    assert set(Scenario.known_keys()) - set(document) == {"alemtuzumab"}  # whose doses are courses
    given = {key for name in document for key in _keys(document[name])}
    known = {key for field in ("patient", "output", "solver", "mechanisms") for key in _keys(document[field])}
    assert known <= given
    assert set(document["patient"]) == set(Patient.known_keys())


def _keys(value: object) -> set[str]:
    if isinstance(value, list):
        return set().union(*map(_keys, value))
    return set(value) if isinstance(value, dict) else set()


def test_the_full_scenario_reproduces_its_own_counts_of_months_6_and_12_within_a_fifth(tmp_path: Path) -> None:
    scenario = read(FULL, tmp_path)
    trajectory = simulate(scenario)
    (series,) = scenario.observed
    simulated = np.interp([point.time for point in series.points], trajectory.time, trajectory[series.readout])
    observed = [point.value for point in series.points]
    # A month after a course the mean is above the typical patient: poor depleters and high titres make it.
    assert simulated[1:3] == pytest.approx(observed[1:3], rel=0.2)
    assert (simulated < observed)[[0, 3]].all()


def test_the_minimal_scenario_is_short_and_has_two_courses(tmp_path: Path) -> None:
    text = starting_scenario("mine.toml", minimal=True)
    scenario = read(text, tmp_path)
    assert len(scenario.course) == 2
    assert len(text.splitlines()) < 20
    assert "#" not in text


def test_a_minimal_change_says_only_what_it_extends() -> None:
    text = what_if_scenario("mine.toml", 'a "quoted"/base.toml', minimal=True)
    assert tomllib.loads(text) == {"extends": 'a "quoted"/base.toml', "title": "What if"}
    assert len(text.splitlines()) == 2


@pytest.mark.parametrize("text", [FULL, WHAT_IF], ids=["full", "what if"])
def test_the_comments_name_the_file_and_fit_a_page(text: str) -> None:
    assert "immunosim run mine.toml" in text
    assert "my_scenario" not in text
    assert max(map(len, text.splitlines())) <= 120
