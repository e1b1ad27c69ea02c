"""Contributions add up to the change of the read-out: for every read-out, at every time, traced and direct."""

from dataclasses import replace

import numpy as np
import pytest

from immunosim.attribution import explain
from immunosim.attribution.accounts import accurate
from immunosim.attribution.engine import GUARANTEE
from immunosim.scenario import build_scenario
from immunosim.simulation import simulate

TWO_COURSES = {
    "horizon": "120 days",
    "course": [
        {"start": f"{day} days", "dose": "12 mg", "doses": 2, "every": "24 h", "premedication": True} for day in (0, 60)
    ],
    "methylprednisolone": [{"start": "90 days", "dose": "1 g", "doses": 2, "every": "24 h"}],
    "prednisolone": [{"start": "100 days", "dose": "50 mg", "doses": 3, "every": "24 h"}],
    "triamcinolone": [{"start": "30 days", "dose": "15 mg"}],
    "dimethyl_fumarate": [{"start": "-60 days", "stop": "-30 days"}],
    "parameters": {"follicle_clone_size": 0.05, "antigen_amplification": 1.5},
    "output": {"every": "5 days", "during_treatment": "6 h"},
}

READOUTS = (
    *("lymphocytes", "cd4", "cd8", "cd19", "nk", "other_lymphocytes", "treg_fraction_of_cd4", "naive_fraction_of_cd4"),
    *("alemtuzumab_serum", "neutralising_titre", "methylprednisolone_plasma", "prednisolone_plasma", "clone_size"),
    *(
        "salt_score",
        "interferon_gamma",
        "immune_privilege",
        "hair_pull",
        "white_hair",
        "thyroid_hazard",
        "thyroid_cumulative_hazard",
    ),
    *("thyroid_diagnosis", "platelet_hazard", "platelet_cumulative_hazard", "platelet_diagnosis", "gbm_hazard"),
    *("gbm_cumulative_hazard", "gbm_diagnosis", "tsh", "platelet_count", "gbm_injury", "relapse_rate"),
)


@pytest.fixture(scope="module")
def trajectory():
    return simulate(build_scenario(TWO_COURSES))


def added_up(explanation):
    return sum((item.series for item in explanation.contributions), np.zeros(explanation.times.size))


def assert_adds_up(explanation):
    missing = explanation.values - explanation.values[0] - added_up(explanation)
    assert np.abs(missing).max() <= explanation.tolerance
    # The residual that is told is the one that is there, but for the rounding of sums over some thousand panels.
    terms = sum(np.abs(item.series).max() for item in explanation.contributions)
    assert missing == pytest.approx(explanation.residual_series, abs=1e-12 * (terms + np.abs(explanation.values).max()))
    assert explanation.is_closed


def test_the_list_holds_every_readout(trajectory):
    assert trajectory.problem.model.readouts == READOUTS


def test_a_scenario_solved_by_the_lax_method_is_explained_as_accurately():
    lax = simulate(build_scenario(TWO_COURSES | {"solver": {"method": "rodas5", "rtol": 1e-4}}))
    assert_adds_up(explain(lax, "lymphocytes", 120.0))
    assert accurate(lax.problem).options.method == "rodas5p"


@pytest.mark.parametrize("readout", READOUTS)
def test_contributions_add_up_to_the_change_at_every_time(trajectory, readout):
    traced, direct = (explain(trajectory, readout, 120.0, direct=direct) for direct in (False, True))
    assert_adds_up(traced)
    assert_adds_up(direct)
    assert np.array_equal(traced.values, direct.values)
    assert traced.values == pytest.approx(trajectory[readout], rel=1e-3, abs=1e-4 * np.abs(traced.values).max())


@pytest.mark.parametrize("at", [0.0201, 0.1, 0.2, 30.0, 30.0001, 90.03, 100.0, 100.00001])
def test_contributions_add_up_inside_infusions_and_right_after_doses(trajectory, at):
    for readout in ("cd4", "alemtuzumab_serum", "interferon_gamma", "prednisolone_gut"):
        assert_adds_up(explain(trajectory, readout, at))


def test_the_tolerance_is_a_millionth_of_the_readout(trajectory):
    found = explain(trajectory, "cd4", 120.0)
    assert found.tolerance == pytest.approx(1e-6 * found.values.max(), rel=1e-5)
    assert GUARANTEE[0] == 1e-6


def test_an_explanation_with_a_residual_says_that_it_is_not_closed(trajectory):
    found = explain(trajectory, "cd4", 120.0)
    assert found.is_closed
    assert not replace(found, residual_series=found.residual_series + 1.01 * found.tolerance).is_closed


def test_two_intervals_add_up_to_the_whole(trajectory):
    """Contributions so far at day 60 and those since then are those of the whole time, process by process."""
    whole, first, second = (
        {item.name: item.value for item in explain(trajectory, "cd4", at, since).contributions}
        for since, at in ((None, 120.0), (None, 60.0), (60.0, 120.0))
    )
    for name, value in whole.items():
        assert first.get(name, 0.0) + second.get(name, 0.0) == pytest.approx(value, abs=1e-6), name


def test_the_course_over_time_holds_the_explanation_of_each_time(trajectory):
    whole, part = explain(trajectory, "cd19", 120.0), explain(trajectory, "cd19", 65.0)
    place = whole.times.tolist().index(65.0)
    so_far = {item.name: item.series[place] for item in whole.contributions}
    assert so_far == pytest.approx({item.name: item.value for item in part.contributions}, abs=1e-6)


def test_subtotals_of_mechanisms_and_a_shortened_list_add_up_to_the_same(trajectory):
    found = explain(trajectory, "lymphocytes", 120.0)
    everything = sum(item.value for item in found.contributions)
    assert sum(item.value for item in found.by_mechanism()) == pytest.approx(everything, rel=1e-12)
    assert sum(item.value for item in found.shortened(5)) == pytest.approx(everything, rel=1e-12)
    assert len(found.shortened(5)) == 6
    assert found.shortened(5)[-1].label == f"{len(found.contributions) - 5} others"
    assert sum(found.share(item) for item in found.contributions) == pytest.approx(1.0, abs=1e-6)


def test_gross_flows_add_up_as_well(trajectory):
    gross, excess = explain(trajectory, "cd4", 50.0, gross=True), explain(trajectory, "cd4", 50.0)
    assert_adds_up(gross)
    death = {found.is_gross: {c.name: c.value for c in found.contributions} for found in (gross, excess)}
    assert death[True]["death_of_memory_cd4_t_cells"] < 0.0 < death[False]["death_of_memory_cd4_t_cells"]
