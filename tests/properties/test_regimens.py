"""Regimens that mean the same give the same result, and more drug never leaves more cells."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from properties.strategies import numbers

from immunosim.scenario import build_scenario
from immunosim.simulation import simulate

SOME = settings(max_examples=25, deadline=None, derandomize=True)

# Another boundary is another sequence of steps, so two runs differ by the error of each: below 1e-6 of a pool's maximum
# at this tolerance.
TIGHT = {"rtol": 1e-8}
SAME = 1e-6


def states(**tables):
    tables = {"horizon": "60 days", "output": {"every": "1 day"}, "solver": TIGHT} | tables
    trajectory = simulate(build_scenario(tables))
    assert trajectory.is_complete
    days = np.isin(trajectory.time, np.arange(1, 61, dtype=float))
    return trajectory.solution.states[days], trajectory.problem.model.scales


def assert_same(one, other):
    (first, scales), (second, _) = states(**one), states(**other)
    size = np.maximum(np.abs(first).max(axis=0), 1e-3 * scales)
    assert np.abs(first - second).max(axis=0) / size == pytest.approx(0.0, abs=SAME)


ANY_DOSE = {"implausible": True}
"""Parts of a dose, and doses from which something follows, may be smaller than any that is given."""


@SOME
@given(dose=numbers(1, 2000), hours=numbers(0.5, 20), share=numbers(0.05, 0.95))
def test_an_infusion_is_two_infusions_one_after_the_other(dose, hours, share):
    def part(start, fraction):
        return {"start": f"{start} h", "dose": f"{dose * fraction} mg", "infusion": f"{hours * fraction} h"} | ANY_DOSE

    whole = {"methylprednisolone": [part(24, 1.0)]}
    parts = {"methylprednisolone": [part(24, share), part(24 + hours * share, 1 - share)]}
    assert_same(whole, parts)


@SOME
@given(dose=numbers(1, 30), doses=st.integers(2, 6), first=st.integers(1, 5))
def test_a_course_is_two_courses_of_its_infusions(dose, doses, first):
    first = min(first, doses - 1)

    def part(start, count):
        return {"start": f"{start} days", "dose": f"{dose} mg", "doses": count, "every": "24 h", "infusion": "4 h"}

    assert_same({"course": [part(1, doses)]}, {"course": [part(1, first), part(1 + first, doses - first)]})


@SOME
@given(dose=numbers(1, 100), doses=st.integers(2, 30), first=st.integers(1, 29))
def test_a_prescription_is_two_prescriptions_of_its_tablets(dose, doses, first):
    first = min(first, doses - 1)

    def part(start, count):
        return {"start": f"{start} days", "dose": f"{dose} mg", "doses": count, "every": "24 h"}

    assert_same({"prednisolone": [part(1, doses)]}, {"prednisolone": [part(1, first), part(1 + first, doses - first)]})


@SOME
@given(dose=numbers(1, 40), share=numbers(0.05, 0.95), day=numbers(0, 50))
def test_an_injection_is_two_injections_at_the_same_time(dose, share, day):
    def part(fraction):
        return {"start": f"{day} days", "dose": f"{dose * fraction} mg"} | ANY_DOSE

    assert_same({"triamcinolone": [part(1.0)]}, {"triamcinolone": [part(share), part(1 - share)]})


@SOME
@given(stop=numbers(1, 58))
def test_a_treatment_of_months_may_be_written_in_two_parts(stop):
    whole = {"dimethyl_fumarate": [{"start": "0 days", "stop": "59 days"}]}
    parts = {
        "dimethyl_fumarate": [{"start": "0 days", "stop": f"{stop} days"}, {"start": f"{stop} days", "stop": "59 days"}]
    }
    assert_same(whole, parts)


@SOME
@given(st.lists(numbers(0, 60), max_size=20))
def test_asking_for_more_times_changes_values_by_rounding_at_most(days):
    course = [{"start": "1 day", "dose": "12 mg", "doses": 3, "every": "24 h"}]
    few, _ = states(course=course)
    many, _ = states(course=course, output={"every": "1 day", "extra": [f"{day} days" for day in days]})
    # A step with one output time evaluates its polynomial in the vectors, one with several outside of them.
    peak = np.abs(many).max(axis=0) + 1e-300
    assert (np.abs(few - many) <= 1e-13 * peak).all()


@SOME
@given(doses=st.lists(numbers(0.05, 60), min_size=2, max_size=2, unique=True), count=st.integers(1, 5))
def test_more_drug_never_leaves_more_cd4_cells_at_day_7(doses, count):
    def cd4(dose):
        course = {
            "start": "0 days",
            "dose": f"{dose} mg",
            "doses": count,
            "every": "24 h",
            "premedication": True,
        } | ANY_DOSE
        return simulate(build_scenario({"horizon": "8 days", "course": [course]})).at("cd4", 7.0)

    less, more = (cd4(dose) for dose in sorted(doses))
    # 1e-4 of the count: doses that are almost equal differ by less than the integration's error.
    assert more <= less * (1 + 1e-4)


@SOME
@given(number=st.integers(1, 7))
def test_more_infusions_never_leave_more_cd4_cells_at_day_7(number):
    def cd4(count):
        course = {"start": "0 days", "dose": "12 mg", "doses": count, "every": "12 h"}
        return simulate(build_scenario({"horizon": "8 days", "course": [course]})).at("cd4", 7.0)

    assert cd4(number + 1) < cd4(number)
