"""The standard patient of the trials under two courses, against what was published.

Sources. Concentrations: labels of alemtuzumab (EU, US) and Li 2018. CD4 and CD8 counts: CARE-MS I as pooled by
Dubuisson 2018, table 1 (means, n about 360). B cells: Thompson 2010. Total counts: US label, and Coles 1999 for the
first days. Relapses: extension of the trials, 0.18-0.26 a year.
"""

import numpy as np
import pytest

from immunosim.units import DAYS_PER_MONTH as MONTH

SECOND_COURSE = 12 * MONTH
QUANTIFICATION_LIMIT = 0.06  # ug/mL, Li 2018


@pytest.fixture(scope="module")
def standard(shipped):
    return shipped("two_courses")


def during(trajectory, name, start, end):
    inside = (trajectory.time >= start) & (trajectory.time <= end)
    return trajectory.time[inside], trajectory[name][inside]


def test_the_simulation_reaches_its_horizon(standard):
    assert standard.is_complete
    assert standard.time[-1] == 36 * MONTH


@pytest.mark.parametrize(("start", "published"), [(0.0, 3.01), (SECOND_COURSE, 2.28)])
def test_the_peak_concentration_of_each_course_is_the_published_mean(standard, start, published):
    """Mean Cmax 3014 ng/mL after dose 5 of course 1 and 2276 ng/mL after dose 3 of course 2 (label)."""
    days, serum = during(standard, "alemtuzumab_serum", start, start + 30)
    assert serum.max() == pytest.approx(published, rel=0.05)
    last_dose = start + (4 if start == 0.0 else 2)
    assert last_dose < days[serum.argmax()] <= last_dose + 0.5


@pytest.mark.parametrize("start", [0.0, SECOND_COURSE])
def test_the_antibody_is_below_quantification_by_about_day_30(standard, start):
    """Below 0.06 ug/mL in most patients by day 30 after each course (Li 2018)."""
    days, serum = during(standard, "alemtuzumab_serum", start + 10, start + 60)
    assert 25 <= days[serum < QUANTIFICATION_LIMIT][0] - start <= 40


@pytest.mark.parametrize(
    ("count", "month", "published"),
    [
        ("cd4", 12, 279),
        ("cd4", 24, 315),
        ("cd8", 12, 248),
        ("cd8", 21, 198),
    ],
)
def test_t_cells_follow_the_trial(standard, count, month, published):
    """Dubuisson 2018, table 1; the sample at month 12 is drawn just before the second course."""
    assert SECOND_COURSE in standard.time  # a sample, not an interpolation into the infusion
    assert standard.at(count, month * MONTH) == pytest.approx(published, rel=0.25)


@pytest.mark.parametrize(("count", "month", "mean"), [("cd4", 1, 42), ("cd4", 13, 60), ("cd8", 1, 71), ("cd8", 13, 62)])
def test_a_month_after_a_course_the_typical_patient_is_below_the_mean(standard, count, month, mean):
    """High titres of anti-drug antibody and poor depleters make the mean (SD 63 at a mean of 42, Dubuisson 2018)."""
    assert 0.4 * mean < standard.at(count, month * MONTH) < 1.05 * mean


@pytest.mark.parametrize("count", ["cd4", "cd8"])
def test_t_cells_do_not_regain_their_untreated_number_in_a_year(standard, count):
    """Recovery is slow: 35 months to the lower limit of normal for CD4 after one course (Hill-Cawthorne 2012)."""
    assert during(standard, count, 5, SECOND_COURSE)[1].max() < 0.5 * standard[count][0]


def test_b_cells_return_between_months_3_and_6_and_overshoot(standard):
    """Untreated level by 3-6 months, 120-165 % at 12 months (Thompson 2010; other cohorts 110-130 %)."""
    days, b_cells = during(standard, "cd19", 20, SECOND_COURSE)
    assert 3 <= days[b_cells >= standard["cd19"][0]][0] / MONTH <= 6
    assert 1.10 <= standard.at("cd19", SECOND_COURSE) / standard["cd19"][0] <= 1.70


def test_transitional_b_cells_are_first_and_memory_b_cells_last(standard):
    subsets = ("transitional_b", "naive_b_blood", "memory_b_blood")
    returned = [standard.at(name, MONTH) / standard[name][0] for name in subsets]
    assert returned == sorted(returned, reverse=True)
    assert standard.at("memory_b_blood", SECOND_COURSE) < 0.5 * standard["memory_b_blood"][0]


@pytest.mark.parametrize("month", [1, 13])
def test_the_total_count_a_month_after_each_course_is_that_of_the_label(standard, month):
    """Mean 0.25 and 0.32e9/L at months 1 and 13 (US label)."""
    assert 0.15 <= standard.at("lymphocytes", month * MONTH) <= 0.40


def test_the_total_count_is_lowest_in_the_first_week(standard):
    """Nearly all CD4 cells are gone within days of the first infusions (Coles 1999, Li 2018)."""
    days, total = during(standard, "lymphocytes", 0, SECOND_COURSE)
    assert total[days <= 7].min() <= 2 * total.min()
    assert days[total.argmin()] <= 21


def test_regulatory_cells_are_a_larger_share_after_a_month_and_the_share_fades(standard):
    share = [standard.at("treg_fraction_of_cd4", month * MONTH) for month in (0, 1, 12)]
    assert share[1] > 1.5 * share[0]
    assert abs(share[2] - share[0]) < 0.5 * abs(share[1] - share[0])


def test_nk_cells_are_spared_relatively_and_return_first(standard):
    at_month_one = {name: standard.at(name, MONTH) / standard[name][0] for name in ("nk", "cd8", "cd19", "cd4")}
    assert min(at_month_one, key=at_month_one.get) == "cd4"
    assert max(at_month_one, key=at_month_one.get) == "nk"


def test_the_relapse_hazard_falls_to_what_the_trials_saw(standard):
    """0.18-0.26 relapses a year in the two years after treatment; the model's hazard follows a repertoire of clones."""
    untreated = standard["relapse_rate"][0]
    days, hazard = during(standard, "relapse_rate", 0, 2 * SECOND_COURSE)
    assert 0.13 <= np.trapezoid(hazard, days) / (days[-1] - days[0]) <= 0.26
    assert standard["relapse_rate"].min() < 0.25 * untreated


def test_one_course_is_two_courses_until_the_second(standard, shipped):
    one = shipped("one_course")
    for name in ("lymphocytes", "cd4", "alemtuzumab_serum"):
        assert one.at(name, 11 * MONTH) == pytest.approx(standard.at(name, 11 * MONTH), rel=1e-5)
    assert one.at("cd4", 13 * MONTH) > 4 * standard.at("cd4", 13 * MONTH)


def test_no_pool_is_negative_beyond_rounding(shipped):
    for name in ("two_courses", "one_course", "case_report", "case_report_no_methylprednisolone"):
        trajectory = shipped(name)
        lowest = trajectory.solution.states.min(axis=0) / trajectory.problem.model.scales
        assert lowest.min() >= -1e-9, name
