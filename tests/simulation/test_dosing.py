"""Doses: exact curves where the model is linear, nothing stepped over, nothing lost, the schedule of no consequence."""

import numpy as np
import pytest
from scipy.linalg import expm

# Tighter than the default, so that what is compared is the model and not the tolerance. Over some tens of steps their
# errors add up to ten or so tolerances, which is what the comparisons below allow.
TIGHT = {"solver": {"rtol": 1e-7}}

ONE_DOSE = [{"start": "0 days", "dose": "12 mg", "infusion": "4 h"}]


def value(trajectory, name):
    problem = trajectory.problem
    return float(problem.vector[problem.model.position[name]])


def two_compartments(trajectory, dose, infusion, times):
    """Amounts in both compartments during and after one infusion, by the matrix exponential."""
    central, peripheral, clearance, exchange = (
        value(trajectory, f"scaled_{name}")
        for name in ("central_volume", "peripheral_volume", "clearance", "intercompartmental_clearance")
    )
    # The third state carries the infusion.
    rates = np.array(
        [
            [-(clearance + exchange) / central, exchange / peripheral, dose / infusion],
            [exchange / central, -exchange / peripheral, 0.0],
            [0.0, 0.0, 0.0],
        ]
    )
    end = expm(rates * infusion) @ [0.0, 0.0, 1.0]
    amounts = [
        expm(rates * t) @ [0.0, 0.0, 1.0] if t <= infusion else expm(rates * (t - infusion)) @ [*end[:2], 0.0]
        for t in times
    ]
    return np.array(amounts)[:, :2]


def test_antibody_that_binds_nothing_follows_the_two_compartments_exactly(simulated):
    trajectory = simulated(
        course=ONE_DOSE, horizon="30 days", mechanisms={"off": ["depletion", "anti_drug_antibody"]}, **TIGHT
    )
    expected = two_compartments(trajectory, 12.0, 4 / 24, trajectory.time)
    np.testing.assert_allclose(trajectory["antibody_central"], expected[:, 0], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(trajectory["antibody_peripheral"], expected[:, 1], rtol=1e-6, atol=1e-6)


def test_oral_prednisolone_follows_the_bateman_curve(simulated):
    trajectory = simulated(prednisolone=[{"start": "1 day", "dose": "50 mg"}], horizon="3 days", **TIGHT)
    absorbed, eliminated = (value(trajectory, f"prednisolone_{k}_rate") for k in ("absorption", "elimination"))
    t = np.clip(trajectory.time - 1.0, 0.0, None)
    share = 50.0 * absorbed / (absorbed - eliminated)
    expected = share * (np.exp(-eliminated * t) - np.exp(-absorbed * t))
    np.testing.assert_allclose(trajectory["prednisolone"], expected, rtol=1e-6, atol=1e-5)


def test_methylprednisolone_rises_to_the_plateau_of_its_infusion_and_decays(simulated):
    trajectory = simulated(
        methylprednisolone=[{"start": "0 days", "dose": "1 g", "infusion": "2 h"}], horizon="2 days", **TIGHT
    )
    names = ("elimination_rate", "available_fraction", "intercompartmental_clearance", "volume", "deep_volume")
    rate, available, flow, volume, deep = (value(trajectory, f"methylprednisolone_{name}") for name in names)
    exchange = np.array([[-rate - flow / volume, flow / deep], [flow / volume, -flow / deep]])
    end = 2 / 24
    plateau = np.linalg.solve(exchange, [available * 1000.0 / end, 0.0])
    amounts = [
        expm(exchange * max(t - end, 0.0)) @ (expm(exchange * min(t, end)) - np.eye(2)) @ plateau
        for t in trajectory.time
    ]
    held = np.column_stack([trajectory["methylprednisolone"], trajectory["methylprednisolone_deep"]])
    np.testing.assert_allclose(held, amounts, rtol=1e-6, atol=1e-4)


def test_triamcinolone_dissolves_from_its_depot_and_reaches_no_blood(simulated):
    trajectory = simulated(triamcinolone=[{"start": "1 day", "dose": "15 mg"}], horizon="60 days", **TIGHT)
    t = np.clip(trajectory.time - 1.0, 0.0, None)
    expected = np.where(
        trajectory.time > 1.0, 15.0 * np.exp(-value(trajectory, "triamcinolone_dissolution_rate") * t), 0
    )
    np.testing.assert_allclose(trajectory["triamcinolone_depot"], expected, rtol=1e-6, atol=1e-6)
    assert trajectory["lymphocytes"] == pytest.approx(trajectory["lymphocytes"][0], rel=1e-9)


def test_a_sample_at_the_time_of_a_dose_is_drawn_before_it(simulated):
    trajectory = simulated(triamcinolone=[{"start": "1 day", "dose": "15 mg"}], horizon="2 days")
    assert trajectory.at("triamcinolone_depot", 1.0) == 0.0
    assert trajectory.problem.inputs_at(np.array([0.0, 1.0, 2.0])).shape == (3, 5)


def test_a_rate_at_the_time_of_a_change_is_that_before_it(simulated):
    trajectory = simulated(course=[ONE_DOSE[0] | {"start": "1 day"}], horizon="3 days")
    infused = trajectory.problem.inputs_at(np.array([1.0, 1.0 + 2 / 24, 1.0 + 4 / 24, 1.0 + 5 / 24]))
    position = trajectory.problem.model.inputs.index("alemtuzumab_infusion")
    assert infused[:, position] == pytest.approx([0.0, 72.0, 72.0, 0.0])


def test_an_infusion_split_in_two_halves_changes_nothing(simulated):
    two_halves = {"start": "0 days", "dose": "6 mg", "doses": 2, "every": "2 h", "infusion": "2 h"}
    whole, halves = (simulated(course=[c], horizon="60 days", **TIGHT) for c in (ONE_DOSE[0], two_halves))
    shared = np.intersect1d(whole.time, halves.time)
    assert shared.size > 60
    for name in whole.problem.model.pools:
        one, two = (t[name][np.isin(t.time, shared)] for t in (whole, halves))
        assert np.abs(one - two).max() <= 1e-6 * max(np.abs(one).max(), 1e-12), name


@pytest.mark.parametrize("day", [1800, 3000.5])
def test_a_one_minute_infusion_in_ten_years_is_not_stepped_over(simulated, day):
    trajectory = simulated(
        course=[{"start": f"{day} days", "dose": "12 mg", "infusion": "1 min"}],
        horizon="3652.5 days",
        output={"every": "30 days", "extra": [f"{day + 1 / 1440} days"]},
    )
    # Within a minute 0.1 % are cleared, distributed or consumed at most.
    given = 12.0 / value(trajectory, "scaled_central_volume")
    assert trajectory["alemtuzumab_serum"].max() == pytest.approx(given, rel=2e-3)
    assert trajectory["cd4"].min() < 0.2 * trajectory["cd4"][0]
    assert trajectory["cd4"][trajectory.time <= day] == pytest.approx(trajectory["cd4"][0], rel=1e-9)


def test_what_was_infused_is_in_the_body_cleared_or_consumed(simulated):
    """Mass balance over a course: what left, integrated from the rates, and what stays make up what was given."""
    trajectory = simulated(
        course=[ONE_DOSE[0] | {"doses": 3, "every": "24 h"}],
        horizon="10 days",
        output={"every": "5 min", "during_treatment": "5 min"},
    )
    rates = trajectory.rates()
    out = sum(
        rates[name].values
        for name in (
            "clearance_of_alemtuzumab",
            "consumption_of_alemtuzumab_in_blood",
            "consumption_of_alemtuzumab_in_tissue",
        )
    )
    left = np.trapezoid(out, trajectory.time)
    stays = trajectory["antibody_central"][-1] + trajectory["antibody_peripheral"][-1]
    # The trapezoid over 5 min, and the corners where infusions start and end, are good to about 1e-4.
    assert left + stays == pytest.approx(36.0, rel=3e-4)


def test_the_clearance_falls_as_the_cells_go(treated):
    """Consumption by CD52: less than 20 % of clearance between courses (Li 2018)."""
    rates = treated().rates()
    removed = {place: rates[f"consumption_of_alemtuzumab_in_{place}"].values.max() for place in ("blood", "tissue")}
    assert removed["blood"] > 0
    assert removed["tissue"] > 0
    first, second = (
        float(rates["consumption_of_alemtuzumab_in_blood"].sel(time=slice(start, start + 1.0)).max())
        for start in (0.0, 365.25)
    )
    assert second < first
