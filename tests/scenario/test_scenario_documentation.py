"""The page on scenario files names every key, and its examples are scenarios."""

import re
import tomllib
from pathlib import Path

from immunosim.scenario import Scenario, build_scenario

PAGE = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


def test_the_example_is_a_scenario() -> None:
    scenario = build_scenario(tomllib.loads(EXAMPLES[0]))
    assert scenario.methylprednisolone[0].start == 18 * 30.4375


def test_the_example_of_challenges_is_a_scenario() -> None:
    scenario = build_scenario(tomllib.loads(EXAMPLES[1]))
    assert scenario.challenge[0].rate == 0.2 / 365.25


def test_the_examples_of_parts_fit_into_it() -> None:
    _, _, changes, rule = EXAMPLES
    document = tomllib.loads(EXAMPLES[0]) | tomllib.loads(rule)
    document["course"][0] |= tomllib.loads(changes)
    scenario = build_scenario(document)
    assert len(scenario.course[0].changes) == 3
    assert len(scenario.output.rule) == 1


def test_every_key_is_named() -> None:
    schema = Scenario.model_json_schema()
    keys = {key for record in [schema, *schema["$defs"].values()] for key in record["properties"]}
    prose = re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL)
    named = set(re.findall(r"[a-z][a-z0-9_]*", " ".join(re.findall(r"`[^`]+`", prose))))
    assert keys - named == set()
