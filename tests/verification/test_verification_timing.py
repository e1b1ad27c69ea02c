"""Every contender solves the same problem; how fast is left to the reader of the printed table."""

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from immunosim.errors import SolverError
from immunosim.trajectory import Trajectory
from immunosim.verification import Contender, Reference, Timing, time_against_lsoda


@pytest.fixture(scope="module")
def timing(every_drug: Trajectory, reference: Reference) -> Timing:
    return time_against_lsoda(every_drug.problem, rounds=2, reference=reference)


def test_every_contender_solves_the_problem(timing: Timing) -> None:
    assert [one.name for one in (timing.ours, timing.alone, *timing.lsoda)] == [
        "immunosim",
        "immunosim, one patient",
        "LSODA by solve_ivp",
        "LSODA by odeint",
    ]
    assert all(
        0.0 < one.error < 1e-2 for one in (timing.ours, timing.alone, *timing.lsoda)
    )  # a lost dose would be an error near 1
    assert timing.ours.error < 1e-4


def test_the_ratio_is_against_lsoda_at_its_fastest() -> None:
    slow, fast = Contender("a", 0.5, 1e-5), Contender("b", 0.2, 1e-5)
    ours = Contender("immunosim", 0.01, 1e-6), Contender("immunosim, one patient", 0.03, 1e-6)
    timing = Timing(*ours, (slow, fast), 1e-6, 5)
    assert timing.fastest == fast
    assert timing.ratio == pytest.approx(20.0)
    assert json.loads(json.dumps(timing.as_dict()))["fastest"] == "b"


def test_the_table_has_a_line_for_each(timing: Timing) -> None:
    header, *lines = str(timing).splitlines()
    assert header.split() == ["milliseconds", "largest", "error", "times", "ours"]
    assert [line[:24].strip() for line in lines] == [
        "immunosim",
        "immunosim, one patient",
        "LSODA by solve_ivp",
        "LSODA by odeint",
    ]


def test_each_round_is_announced(every_drug: Trajectory) -> None:
    told: list[str] = []
    time_against_lsoda(every_drug.problem, rounds=1, announce=told.append)
    assert told[0].startswith("SciPy Radau at 1e-09")
    assert told[-1] == "Timing against LSODA: round 1 of 1"


def test_our_own_failure_is_named(every_drug: Trajectory) -> None:
    options = replace(every_drug.problem.options, max_steps=3)
    with pytest.raises(SolverError, match="STEP_LIMIT"):
        time_against_lsoda(replace(every_drug.problem, options=options), rounds=1)


@pytest.mark.parametrize(
    ("interface", "answer"),
    [
        ("solve_ivp", SimpleNamespace(success=False, message="Excess work done on this call")),
        ("odeint", (None, {"message": "Excess work done on this call"})),
    ],
)
def test_an_lsoda_that_gives_up_is_named(
    interface: str, answer: Any, every_drug: Trajectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"scipy.integrate.{interface}", lambda *_, **__: answer)
    with pytest.raises(SolverError, match=f"LSODA by {interface} stopped after day -5: Excess work"):
        time_against_lsoda(every_drug.problem, rounds=1)
