"""No malformed scenario leaves a traceback or a file: the command line prints its message and exits with 2."""

from collections.abc import Callable
from pathlib import Path

import pytest
from scenario.test_scenario_malformed import MALFORMED, UNREADABLE
from typer.testing import Result

CASES = {name: (text.encode(), message) for name, (text, message) in MALFORMED.items()} | UNREADABLE


@pytest.mark.parametrize("case", CASES)
def test_a_malformed_scenario_is_refused_and_leaves_nothing(
    case: str, command: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    content, message = CASES[case]
    Path("scenario.toml").write_bytes(content)
    result = command("run", "scenario.toml")
    assert result.exit_code == 2
    assert result.output == f"scenario.toml: {message}\n"
    assert [path.name for path in tmp_path.rglob("*")] == ["scenario.toml"]
