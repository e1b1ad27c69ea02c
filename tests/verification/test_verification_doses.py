"""Doses that are lost, moved or changed on their way from the scenario to the state are found."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.linalg import expm

from immunosim.numerics import Segments
from immunosim.problem import Problem
from immunosim.simulation import solve
from immunosim.trajectory import Trajectory
from immunosim.verification import Verification, verify
from immunosim.verification.doses import (
    balances_of,
    check_balances,
    check_boluses,
    check_dose_amounts,
    check_dose_times,
)
from immunosim.verification.reference import magnitudes_of
from immunosim.verification.resolved import _rule, resolve

MINUTE = 1 / 1440
UNTREATED: dict[str, Any] = {"title": "untreated", "horizon": "2 days"}


def _with_segments(problem: Problem, **changes: Any) -> Problem:
    parts = {name: getattr(problem.segments, name).copy() for name in ("boundaries", "inputs", "jumps")}
    return replace(problem, segments=Segments(**(parts | changes)))


def _boluses(problem: Problem) -> Any:
    resolved = resolve(problem)
    return check_boluses(problem, resolved, magnitudes_of(problem, resolved.states))


# --- dose times and amounts ---------------------------------------------------------------------------------------


def test_a_missing_boundary_is_found_with_its_dose(every_drug: Trajectory) -> None:
    segments = every_drug.problem.segments
    lost = int(np.searchsorted(segments.boundaries, 2.0))  # the second infusion starts, its premedication ends
    wrong = _with_segments(
        every_drug.problem,
        boundaries=np.delete(segments.boundaries, lost),
        inputs=np.delete(segments.inputs, lost, axis=0),
        jumps=np.delete(segments.jumps, lost, axis=0),
    )
    found = check_dose_times(wrong)
    assert not found.passed
    assert found.value == pytest.approx(1 / 24)  # to where the premedication starts
    assert "course 1" in found.where
    assert found.where.endswith("on day 2")


def test_a_dose_that_is_halved_is_found(every_drug: Trajectory) -> None:
    found = check_dose_amounts(_with_segments(every_drug.problem, inputs=every_drug.problem.segments.inputs / 2))
    assert found.value == pytest.approx(0.5)


def test_an_infusion_on_the_wrong_day_is_found_though_the_total_is_right(every_drug: Trajectory) -> None:
    segments = every_drug.problem.segments
    inputs, lengths = segments.inputs.copy(), np.diff(segments.boundaries)
    column = every_drug.problem.model.inputs.index("alemtuzumab_infusion")
    given, next_one = np.flatnonzero(inputs[:, column])[0], np.flatnonzero(inputs[:, column])[0] + 1
    inputs[next_one, column] = inputs[given, column] * lengths[given] / lengths[next_one]
    inputs[given, column] = 0.0
    found = check_dose_amounts(_with_segments(every_drug.problem, inputs=inputs))
    assert found.value == pytest.approx(0.5)  # the first of two infusions
    assert found.where.startswith("alemtuzumab_infusion")


def test_a_bolus_that_never_arrives_is_found(every_drug: Trajectory) -> None:
    problem = every_drug.problem
    assert _boluses(problem).passed
    jumps = problem.segments.jumps.copy()
    jumps[:, problem.model.pools.index("triamcinolone_depot")] = 0.0
    found = _boluses(_with_segments(problem, jumps=jumps))
    assert not found.passed
    assert found.where == "triamcinolone_depot on day 20"


def test_a_jump_that_nobody_ordered_is_found(every_drug: Trajectory) -> None:
    jumps = every_drug.problem.segments.jumps.copy()
    jumps[3, every_drug.problem.model.pools.index("nk_cells")] = 1.0
    found = _boluses(_with_segments(every_drug.problem, jumps=jumps))
    assert not found.passed
    assert found.where.startswith("nk_cells")


def test_without_doses_there_is_nothing_to_miss(problem_of: Callable[[dict[str, Any]], Problem]) -> None:
    found = verify(problem_of(UNTREATED))
    assert found.passed
    assert found.balances == ()
    assert found["mass balance"].where == "no drug given"


def test_a_drug_whose_mechanism_is_off_is_not_expected(problem_of: Callable[[dict[str, Any]], Problem]) -> None:
    tables = {
        "triamcinolone": [{"start": "0.5 days", "dose": "15 mg"}],
        "methylprednisolone": [{"start": "1 day", "dose": "1 g"}],
        "mechanisms": {"off": ["corticosteroids"]},
    }
    found = verify(problem_of(UNTREATED | tables))
    assert found.passed
    assert found.balances == ()


# --- mass balance -------------------------------------------------------------------------------------------------


def test_the_mass_of_every_drug_is_accounted_for(every_drug: Trajectory) -> None:
    problem = every_drug.problem
    balances = {balance.drug: balance for balance in balances_of(problem, resolve(problem))}
    available = problem.vector[problem.model.position["methylprednisolone_available_fraction"]]
    given = {drug: balance.given for drug, balance in balances.items()}
    expected = {
        "alemtuzumab": 24.0,
        "methylprednisolone": 4000.0 * available,
        "prednisolone": 140.0,
        "triamcinolone": 15.0,
    }
    assert given == pytest.approx(expected, rel=1e-12)  # roundings of a few products
    assert max(balance.error for balance in balances.values()) < 1e-6


DIFFERENTLY: dict[str, Any] = {
    "title": "nothing as planned",
    "horizon": "30 days",
    "patient": {"weight": "50 kg"},
    "course": [
        {"start": "1 day", "dose": "0.2 mg/kg", "doses": 3, "every": "24 h", "premedication": True}
        | {"changes": [{"dose_number": 1, "late": "6 h", "given": "5 mg"}, {"dose_number": 2, "skipped": True}]}
    ],
    "methylprednisolone": [
        {"start": "10 days", "dose": "1 g", "doses": 2, "every": "24 h", "taper": [{"dose": "500 mg", "doses": 2}]}
        | {"changes": [{"dose_number": 4, "given": "200 mg"}]}
    ],
    "dose": [
        {"drug": "alemtuzumab", "start": "6 days", "dose": "4 mg"},
        {"drug": "prednisolone", "start": "7 days", "dose": "1 mg/kg"},
        {"drug": "triamcinolone", "start": "7 days", "dose": "15 mg"},
    ],
    "input": [
        {
            "drug": "alemtuzumab",
            "steps": [
                {"start": "20 days", "stop": "20.25 days", "rate": "1 mg/h"},
                {"start": "20.25 days", "stop": "20.5 days", "rate": "0.5 mg/h"},
            ],
        },
        {"drug": "dimethyl_fumarate", "steps": [{"start": "-5 days", "stop": "3 days", "rate": "240 mg/day"}]},
    ],
}


def test_what_went_differently_from_the_plan_is_accounted_for(problem_of: Callable[[dict[str, Any]], Problem]) -> None:
    problem = problem_of(DIFFERENTLY)
    found = verify(problem)
    assert found.passed
    available = problem.vector[problem.model.position["methylprednisolone_available_fraction"]]
    expected = {
        "alemtuzumab": 5.0 + 10.0 + 4.0 + 6.0 + 3.0,
        "methylprednisolone": (2 * 1000.0 + 2 * 1000.0 + 500.0 + 200.0) * available,  # premedication of two infusions
        "prednisolone": 50.0,
        "triamcinolone": 15.0,
    }
    given = {balance.drug: balance.given for balance in found.balances}
    assert given == pytest.approx(expected, rel=1e-12)  # roundings of a few products


def test_alemtuzumab_is_cleared_and_consumed_after_one_course(shipped: Callable[[str], Problem]) -> None:
    problem = shipped("one_course")
    balances = balances_of(problem, resolve(problem))
    assert check_balances(balances).passed
    assert balances[0].drug == "alemtuzumab"
    assert balances[0].given == pytest.approx(60.0, rel=1e-12)
    assert balances[0].eliminated == pytest.approx(60.0, rel=1e-6)  # nothing is left after three years


def test_a_drug_that_vanishes_is_missed(every_drug: Trajectory) -> None:
    # Segments that claim a tenth less than was solved with: what is eliminated exceeds what was given.
    problem = every_drug.problem
    resolved = resolve(problem)
    wrong = _with_segments(problem, inputs=0.9 * problem.segments.inputs, jumps=0.9 * problem.segments.jumps)
    found = check_balances(balances_of(wrong, resolved))
    assert not found.passed
    assert found.value == pytest.approx(0.1 / 0.9, rel=0.01)


@pytest.mark.parametrize("rate", [1e-3, 0.1, 2.0, 30.0, 300.0])
def test_the_quadrature_integrates_a_decay_after_a_boundary(rate: float) -> None:
    nodes, weights = _rule(3.0, 731.0)
    # 1e-9: a thousandth of the limit on the mass balance.
    assert weights @ np.exp(-rate * (nodes - 3.0)) == pytest.approx(-np.expm1(-rate * 728.0) / rate, rel=1e-9)


# --- doses that are shorter than any output -----------------------------------------------------------------------


def test_an_infusion_of_one_minute_in_ten_years_is_not_stepped_over(
    problem_of: Callable[[dict[str, Any]], Problem],
) -> None:
    start, weight = 1234.567, 1000.0
    tables = {
        "title": "one minute in ten years",
        "horizon": "120 months",
        "output": {"every": "30 days", "extra": [f"{start + MINUTE!r} days", f"{start + 0.5!r} days"]},
        "methylprednisolone": [{"start": f"{start} days", "dose": "1 g", "infusion": "1 minute"}],
    }
    problem = problem_of(tables)
    trajectory = Trajectory.of(problem, solve(problem))
    position, vector = problem.model.position, problem.vector
    k = vector[position["methylprednisolone_elimination_rate"]]
    available = vector[position["methylprednisolone_available_fraction"]] * weight
    volume, deep, flow = (
        vector[position[f"methylprednisolone_{name}"]]
        for name in ("volume", "deep_volume", "intercompartmental_clearance")
    )
    exchange = np.array([[-k - flow / volume, flow / deep], [flow / volume, -flow / deep]])
    # Two compartments: the integral of their exchange at the end of the infusion, then the exchange alone.
    ended = np.linalg.solve(exchange, (expm(exchange * MINUTE) - np.eye(2)) @ [available / MINUTE, 0.0])
    left = expm(exchange * (0.5 - MINUTE)) @ ended
    rows = np.searchsorted(problem.times, [start + MINUTE - 1e-9, start + 0.5 - 1e-9])
    found = trajectory["methylprednisolone"][rows]
    # Ten times the solver's own tolerance.
    assert found == pytest.approx([ended[0], left[0]], rel=10 * problem.options.rtol)
    balance = balances_of(problem, resolve(problem))[0]
    assert balance.eliminated == pytest.approx(available, rel=1e-6)


def test_a_verification_says_what_became_of_every_drug(verification: Verification) -> None:
    assert [balance.drug for balance in verification.balances] == [
        "alemtuzumab",
        "methylprednisolone",
        "prednisolone",
        "triamcinolone",
    ]


# --- short infusions ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("infusion", "day"), [("1 s", 0.0), ("1 s", 913.125), ("0.11 s", 3287.25), ("0.13 s", 1000.0), ("2 s", -100.0)]
)
def test_what_flows_in_one_rounding_of_time_is_no_jump(
    problem_of: Callable[[dict[str, Any]], Problem], infusion: str, day: float
) -> None:
    pulse = {"start": f"{day} d", "dose": "1 g", "doses": 3, "every": "24 h", "infusion": infusion}
    problem = problem_of({"horizon": f"{max(day, 0) + 4} d", "methylprednisolone": [pulse]})
    assert check_dose_times(problem).passed
    assert check_dose_amounts(problem).passed
    assert _boluses(problem).value < 1e-12  # a rounding of the day times the rate would be 1e-9 to 4e-7


def test_a_bolus_within_an_infusion_of_a_second_is_still_missed(
    problem_of: Callable[[dict[str, Any]], Problem],
) -> None:
    problem = problem_of(
        {
            "horizon": "1000 d",
            "methylprednisolone": [{"start": "990 d", "dose": "1 g", "infusion": "1 s"}],
            "dose": [{"drug": "triamcinolone", "start": "990 d", "dose": "1 mg"}],
        }
    )
    assert _boluses(problem).passed
    jumps = problem.segments.jumps * (1.0 + 1e-6)
    assert not _boluses(_with_segments(problem, jumps=jumps)).passed


def test_challenges_and_onsets_are_jumps_that_were_ordered(problem_of: Callable[[dict[str, Any]], Problem]) -> None:
    challenge = {"pool": "autoreactive_cd8_effector", "size": 0.9, "at": ["1 month"]}
    since = {"alopecia_since": "1 month"}
    problem = problem_of({"horizon": "2 months", "patient": since, "challenge": [challenge]})
    assert _boluses(problem).passed
    assert not _boluses(_with_segments(problem, jumps=2.0 * problem.segments.jumps)).passed
