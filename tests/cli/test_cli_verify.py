"""``immunosim verify`` prints and stores the worst errors, and fails loudly."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from immunosim.verification import Check, Verification

Command = Callable[..., Result]

FAILING = Verification((Check("accuracy", "largest error", 1.0, 1e-4, "cd4 on day 3"),), {"cd4": 1.0}, (), "Radau")


@pytest.fixture
def unfaithful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the verification find a large error."""
    monkeypatch.setattr("immunosim.verification.verify", lambda problem, announce: FAILING)


def test_a_verification_prints_and_stores_its_checks_and_ends_with_their_verdict(command: Command, short: Path) -> None:
    result = command("verify", short)
    stored = json.loads((short.parent / "results/short_verify/verify.json").read_text(encoding="utf-8"))
    assert result.exit_code == (0 if stored["passed"] else 3), result.output
    assert all(name in result.stdout for name in stored["checks"])
    assert "results/short_verify/verify.json" in result.stdout


def test_json_is_the_record_alone_and_writes_nothing(
    command: Command, short: Path, contents: Callable[[], list[str]], unfaithful: None
) -> None:
    result = command("verify", short, "--json")
    assert json.loads(result.stdout)["checks"]["accuracy"]["value"] == 1.0
    assert contents() == ["short.toml"]


@pytest.mark.usefixtures("unfaithful")
def test_a_failed_check_ends_with_three_and_is_stored(command: Command, short: Path) -> None:
    result = command("verify", short, "--out", "here")
    assert result.exit_code == 3
    assert "1 of 1 checks failed" in result.stderr
    assert "FAILED" in result.stdout
    assert not json.loads((short.parent / "here/verify.json").read_text(encoding="utf-8"))["passed"]


def test_an_integration_that_fails_ends_with_three(command: Command, short: Path) -> None:
    result = command("verify", short, "--set", "solver.max_steps=3")
    assert result.exit_code == 3
    assert "the integration stopped" in result.stderr


def test_timing_stands_beside_the_checks(command: Command, short: Path, unfaithful: None) -> None:
    result = command("verify", short, "--timing", "--out", "here")
    assert "LSODA" in result.stdout
    timing = json.loads((short.parent / "here/verify.json").read_text(encoding="utf-8"))["timing"]
    assert timing["ratio"] > 0.0
