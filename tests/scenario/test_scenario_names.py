"""Names that only the model knows are checked against the model's lists."""

from typing import Any

import pytest

from immunosim.errors import ScenarioError
from immunosim.scenario import build_scenario, check_names

KNOWN: dict[str, Any] = {
    "mechanisms": ["thymopoiesis", "relapse"],
    "parameters": {"central_volume": "L", "thymic_output_rate": "1/day"},
    "readouts": {"lymphocytes": "1e9/L", "salt_score": "1"},
}
POINTS = [{"time": "1 day", "value": 1.0}]


def test_known_names_and_fitting_units_pass() -> None:
    scenario = build_scenario(
        {
            "mechanisms": {"off": ["relapse"]},
            "parameters": {"central_volume": "11000 mL", "thymic_output_rate": 0.1},
            "observed": [
                {"readout": "lymphocytes", "unit": "cells/uL", "points": POINTS},
                {"readout": "salt_score", "unit": "1", "points": POINTS},
            ],
        }
    )
    check_names(scenario, **KNOWN, methods=["rodas5p"])
    names: dict[str, Any] = {kind: list(known) for kind, known in KNOWN.items()}
    check_names(scenario, **names)


def test_every_unknown_name_is_listed_with_its_close_matches() -> None:
    scenario = build_scenario(
        {
            "mechanisms": {"off": ["thymopoesis"]},
            "parameters": {"central_volum": 11, "thymic_output_rate": "3 mg"},
            "observed": [
                {"readout": "lymphocyte", "unit": "1e9/L", "points": POINTS},
                {"readout": "lymphocytes", "unit": "mg/L", "points": POINTS},
            ],
            "solver": {"method": "rodas5"},
        }
    )
    with pytest.raises(ScenarioError) as caught:
        check_names(scenario, **KNOWN, methods=["rodas5p"], file="a.toml")
    assert str(caught.value).splitlines() == [
        'a.toml: mechanisms.off[1]: unknown mechanism "thymopoesis", did you mean "thymopoiesis"?',
        'a.toml: parameters.central_volum: unknown parameter "central_volum", did you mean "central_volume"?',
        'a.toml: parameters.thymic_output_rate: "3 mg" is a mass, expected a quantity such as "1 1/day"',
        'a.toml: observed[1].readout: unknown read-out "lymphocyte", did you mean "lymphocytes"?',
        'a.toml: observed[2].unit: "mg/L" does not fit lymphocytes, give values in "1e9/L"',
        'a.toml: solver.method: unknown method "rodas5", did you mean "rodas5p"?',
    ]


def test_a_limit_in_a_unit_that_does_not_fit_is_refused() -> None:
    series = {"readout": "lymphocytes", "unit": "mg/L", "points": [{"time": "1 day", "below": 0.02}]}
    with pytest.raises(ScenarioError) as caught:
        check_names(build_scenario({"observed": [series]}), **KNOWN, file="a.toml")
    assert str(caught.value) == ('a.toml: observed[1].unit: "mg/L" does not fit lymphocytes, give values in "1e9/L"')


def test_a_misspelt_word_of_a_longer_name_finds_it() -> None:
    scenario = build_scenario({"parameters": {"volum": 3}})
    with pytest.raises(ScenarioError, match='did you mean "central_volume"'):
        check_names(scenario, **KNOWN)
