"""What lessons say in words, without a number that the check computes: the model has to do it.

Answers and placeholders are held by `immunosim teach check`. A sentence such as "the pulse works by killing the clone"
is not; it stands here with the run that shows it.
"""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from immunosim import simulate
from immunosim.trajectory import Trajectory
from immunosim.verification.reference import equations, pieces_of

MONTH = 30.4375
NO_STEROID = {"course.1.premedication": False, "course.2.premedication": False}
SUBSETS = ("naive_cd4", "memory_cd4", "treg", "naive_cd8", "memory_cd8", "naive_b", "memory_b", "other")
COUNTED_DAYS = (395.25, 426.1, 456.6, 544.8, 578.3)
"""Of the case report, as configs/data/case_report_counts.csv has them."""


@cache
def _run(scenario: str, changes: tuple[tuple[str, object], ...]) -> Trajectory:
    return simulate(scenario, {key: list(value) if isinstance(value, tuple) else value for key, value in changes})


def run(scenario: str, changes: dict[str, object] | None = None) -> Trajectory:
    return _run(scenario, tuple((changes or {}).items()))


def left(result: Trajectory, name: str, day: float) -> float:
    """Return what is there on a day as a fraction of what was there before treatment."""
    return result.at(name, day) / result.at(name, 0.0)


def lowest(result: Trajectory, name: str, start: float = 0.0, end: float = np.inf) -> tuple[float, float]:
    """Return the day and the value of the lowest point between two days."""
    times, values = np.asarray(result.time), np.asarray(result.variable(name))
    inside = np.flatnonzero((times >= start) & (times <= end))
    place = inside[np.argmin(values[inside])]
    return float(times[place]), float(values[place])


def highest(result: Trajectory, name: str, start: float = 0.0) -> float:
    """Return the largest value from a day on."""
    return float(np.max(np.asarray(result.variable(name))[np.asarray(result.time) >= start]))


def off(*mechanisms: str) -> dict[str, object]:
    return {"mechanisms.off": mechanisms}


def test_steady_state_three_people_have_the_same_count_before_treatment() -> None:
    counts = {run("one_course", {"parameters.naive_b_turnover_rate": rate}).at("cd19", 0.0) for rate in (0.008, 0.04)}
    assert max(counts) == pytest.approx(min(counts), rel=1e-9)


def test_steady_state_nk_cells_lose_the_fewest_and_more_cd8_than_cd4_memory_survives() -> None:
    usual = run("one_course")
    least = {name: lowest(usual, name)[1] / usual.at(name, 0.0) for name in ("nk", "cd19", "cd8", "cd4")}
    assert least["nk"] > 3.0 * max(least[name] for name in ("cd19", "cd8", "cd4"))
    assert left(usual, "memory_cd8_lymphoid", 35.0) > 1.5 * left(usual, "memory_cd4_lymphoid", 35.0)


def test_twice_the_dose_a_tenth_of_the_dose_spares_what_a_half_does_not() -> None:
    runs = {dose: run("one_course", {"course.1.dose": f"{dose} mg"}) for dose in (12, 6, 3, 1, 0.5)}
    year = {dose: left(result, "cd4", 365.25) for dose, result in runs.items()}
    assert year[3] / year[12] == pytest.approx(4 / 3, rel=0.05)
    assert year[1] == pytest.approx(2 / 3, rel=0.05)
    assert year[0.5] > 4 / 5
    assert 973 * year[6] < 600 < 973 * year[1]


def test_blood_and_tissue_one_or_two_cells_in_a_hundred_are_in_blood() -> None:
    usual = run("one_course")
    blood, tissue = (sum(usual.at(f"{name}_{place}", 0.0) for name in SUBSETS) for place in ("blood", "lymphoid"))
    blood += usual.at("nk", 0.0)
    assert 0.01 <= blood / (blood + tissue) < 0.02


def test_blood_and_tissue_naive_cells_are_lost_on_their_way_through_the_blood() -> None:
    usual, resting = run("one_course"), run("one_course", off("trafficking"))
    spared = run("one_course", {"parameters.tissue_lysis_rate": 0.0})
    name = "naive_cd4_lymphoid"
    assert left(usual, name, 35.0) < 0.002
    assert left(resting, name, 35.0) > 0.8
    assert left(spared, name, 35.0) == pytest.approx(left(usual, name, 35.0), rel=0.1)


def test_blood_and_tissue_the_steroid_moves_the_lowest_cd4_count_to_day_two() -> None:
    assert lowest(run("one_course"), "cd4")[0] == pytest.approx(2.1, abs=0.3)
    assert lowest(run("one_course", {"course.1.premedication": False}), "cd4")[0] > 14.0


def test_who_returns_first_b_and_nk_cells_are_complete_when_the_total_is_normal() -> None:
    usual = run("one_course")
    assert min(left(usual, name, 7.0 * MONTH) for name in ("cd19", "nk")) > 1.0
    no_memory_demand = run("one_course", {"parameters.baff_memory_share": 0.0})
    assert highest(no_memory_demand, "cd19", 30.0) < no_memory_demand.at("cd19", 0.0)


def test_empty_space_the_count_before_treatment_does_not_need_the_thymus() -> None:
    assert run("one_course", off("thymopoiesis")).at("cd4", 0.0) == pytest.approx(run("one_course").at("cd4", 0.0))


def test_age_acts_mostly_by_the_thymus_and_cd4_cells_need_it_more_than_cd8_cells() -> None:
    at_65 = {"patient.age": "65 years"}
    old = run("one_course", at_65).at("cd4", 365.25)
    kept = run("one_course", at_65 | {"parameters.thymic_decline_rate": 0.0}).at("cd4", 365.25)
    usual, none = run("one_course"), run("one_course", off("thymopoiesis"))
    assert kept > 0.95 * usual.at("cd4", 365.25) > 1.4 * old
    assert none.at("cd4", 365.25) / usual.at("cd4", 365.25) < 0.6 < none.at("cd8", 365.25) / usual.at("cd8", 365.25)


def test_second_course_the_lowest_readings_fall_on_the_third_day_because_of_the_steroid() -> None:
    for changes, day in (({}, 2.0), (NO_STEROID, 7.0)):
        result = run("two_courses", changes)
        days = [lowest(result, "cd4", start, start + 180.0)[0] - start for start in (0.0, 365.25)]
        assert all(2.0 <= found < 3.0 for found in days) if day == 2.0 else all(found > day for found in days)


def test_second_course_what_counts_is_the_time_since_it() -> None:
    counts = []
    for start in (12, 24, 36):
        result = run("two_courses", {"horizon": "60 months", "course.2.start": f"{start} months"})
        counts.append(result.at("cd4", (start + 24) * MONTH))
    assert max(counts) < 1.05 * min(counts)
    runs = [run("two_courses", {"course.2.doses": doses}) for doses in (1, 3, 5)]
    year = [result.at("cd4", 24 * MONTH) for result in runs]
    month = [result.at("cd4", 13 * MONTH) for result in runs]
    assert max(year) < 1.15 * min(year)
    assert all(more > 1.2 * fewer for more, fewer in pairwise(month))


def test_clone_left_hair_stays_without_its_answer_or_with_less_need_of_restraint() -> None:
    untreated = {"methylprednisolone": (), "horizon": "24 months"}
    assert highest(run("case_report", untreated | off("clone_lymphopenia_response")), "salt_score") < 1.0
    assert highest(run("case_report", untreated | {"parameters.treg_restraint": 1.0}), "salt_score") < 5.0


def test_case_puzzle_the_pulse_works_by_killing_the_clone_and_not_by_lowering_interferon() -> None:
    usual = run("case_report").at("salt_score", 670.0)
    killing, suppression = "parameters.helper_steroid_loss_rate", "parameters.interferon_suppression_fraction"
    assert run("case_report", {killing: 0.0}).at("salt_score", 670.0) > 3.0 * usual
    assert run("case_report", {suppression: 0.0}).at("salt_score", 670.0) == pytest.approx(usual, rel=0.05)


def test_gone_from_blood_tissue_has_what_the_blood_lost() -> None:
    pulse = run("healthy_steroid_pulse")
    day, total = lowest(pulse, "lymphocytes")
    lost = 1000.0 * (pulse.at("lymphocytes", 0.0) - total)
    gained = sum(pulse.at(f"{name}_lymphoid", day) - pulse.at(f"{name}_lymphoid", 0.0) for name in SUBSETS)
    assert gained == pytest.approx(lost, rel=0.2)


def test_gone_from_blood_a_gram_acts_longer_than_a_tenth_of_it() -> None:
    hours = []
    for dose in ("1 g", "100 mg"):
        result = run("healthy_steroid_pulse", {"methylprednisolone.1.dose": dose})
        counts = np.asarray(result.variable("lymphocytes"))  # one an hour
        hours.append(int((counts < 0.5 * counts[0]).sum()))
    assert hours[0] == pytest.approx(2.0 * hours[1], rel=0.25)


WITHOUT = ({"patient.smoker": False}, off("clone_lymphopenia_response"), off("b_cell_overshoot"))


@pytest.mark.parametrize("changes", WITHOUT, ids=["smoking", "answer to lymphopenia", "overshoot"])
def test_antibody_years_later_she_stays_well_without_any_of_its_conditions(changes: dict[str, object]) -> None:
    person: dict[str, object] = {"parameters.thyroid_liability": -0.5, "parameters.thyroid_tempo": 1.5}
    person |= {"horizon": "84 months", "patient.smoker": True}
    assert run("two_courses", person).at("thyroid_cumulative_hazard", 84 * MONTH) > 1.0
    assert run("two_courses", person | changes).at("thyroid_cumulative_hazard", 84 * MONTH) < 1e-6


def test_stiffness_an_explicit_method_steps_at_its_limit_of_stability_whatever_its_tolerance() -> None:
    taken = {tolerance: _explicit_times(tolerance) for tolerance in (1e-3, 1e-7)}
    rodas = run("one_course").solution.n_steps - run("one_course", {"horizon": "24 months"}).solution.n_steps
    for times in taken.values():
        third_year = np.diff(times[times > 24 * MONTH])
        assert third_year.size > 1000 > 50 * rodas
        # RK45 is stable to 3.3 over the fastest rate; that is the exit from blood and what goes with it, 12.2 a day.
        assert np.median(third_year) == pytest.approx(3.3 / 12.2, rel=0.05)
    assert taken[1e-3].size == pytest.approx(taken[1e-7].size, rel=0.05)


def _explicit_times(tolerance: float) -> np.ndarray:
    problem = run("one_course").problem
    state, times = problem.initial_state, []
    for piece in pieces_of(problem, problem.times):
        rhs, _ = equations(problem, piece.inputs)
        least = tolerance * problem.model.scales
        span = (piece.start, piece.end)
        solved = solve_ivp(rhs, span, state + piece.jumps, "RK45", rtol=tolerance, atol=least)
        assert solved.success
        state = solved.y[:, -1]
        times.append(solved.t[1:])
    return np.concatenate(times)


def test_five_counts_the_second_patient_has_the_same_count_at_every_visit() -> None:
    first = run("case_report")
    second = run("case_report", {"parameters.blood_lysis_rate": 250.0, "parameters.cd8_division_capacity": 3.0})
    for day in COUNTED_DAYS:
        assert second.at("lymphocytes", day) == pytest.approx(first.at("lymphocytes", day), rel=0.02)
    assert second.at("cd8", 578.3) > 1.2 * first.at("cd8", 578.3)
