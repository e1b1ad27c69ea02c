"""What scenarios of the present version give beside doses, which the first version does not have."""

import tomllib
from typing import Any

import pytest

from immunosim.errors import ScenarioError
from immunosim.models import find_model
from immunosim.scenario import build_scenario, to_toml
from immunosim.scenario.challenges import challenge_events
from immunosim.scenario.volumes import set_by_volumes

DOCUMENT: dict[str, Any] = {
    "triamcinolone": [{"start": "1 day", "concentration": "5 mg/mL", "volume": "3 mL"}],
    "topical_immunotherapy": [{"start": "0 days", "effect": 0.5}],
    "relapse": [{"time": "3 months", "severity": 1.5}],
    "challenge": [{"input": "immune_challenge", "size": 1, "at": ["6 months"]}],
}


def test_they_enter_what_the_network_has() -> None:
    model = find_model()
    network = model.declare(model.parameters().units(), is_validated=False)
    scenario = build_scenario(DOCUMENT)
    relapse, challenge = (event for _, event in challenge_events(scenario))
    assert relapse.pool in network.pools
    assert challenge.input in network.inputs
    assert set_by_volumes(scenario).keys() <= set(model.parameters())
    assert build_scenario(tomllib.loads(to_toml(scenario))) == scenario


@pytest.mark.parametrize("table", ["triamcinolone", "topical_immunotherapy", "relapse"])
def test_the_first_version_refuses_them(table: str) -> None:
    with pytest.raises(ScenarioError, match=rf"a\.toml: {table}"):
        build_scenario({"model_version": 1, table: DOCUMENT[table]}, "a.toml")


def test_the_drugs_of_the_first_version_fit_its_network() -> None:
    first = find_model("alemtuzumab_1")
    assert first.declare(first.parameters().units(), is_validated=False).pools
