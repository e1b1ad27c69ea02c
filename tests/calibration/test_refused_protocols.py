"""A calibration refuses scenarios whose patients are treated by rule."""

from collections.abc import Callable
from pathlib import Path

import pytest

from immunosim.calibration.setup import read_calibration, set_up
from immunosim.errors import DataError


def test_a_scenario_under_a_protocol_is_refused_by_its_key(written: Callable[..., Path], tmp_path: Path) -> None:
    path = written(tmp_path)
    scenario = tmp_path / "short.toml"
    scenario.write_text(scenario.read_text() + '\n[population]\nprotocol = "visits.toml"\n', encoding="utf-8")
    with pytest.raises(DataError) as caught:
        set_up(read_calibration(path), path)
    reason = "doses by rule differ between populations, so that residuals would jump"
    messages = [
        f"{path}: cohort[{number}].scenario: follows visits.toml: {reason}, name another one" for number in (1, 2)
    ]
    assert str(caught.value).splitlines() == messages
