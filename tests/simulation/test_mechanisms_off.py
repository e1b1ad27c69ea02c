"""Each mechanism can be switched off by name, and off means what the model says it means."""

import numpy as np
import pytest

from immunosim.errors import ScenarioError
from immunosim.models.alemtuzumab.network import MECHANISMS

ROUNDING = 1e-14  # of each pool: interpolation between steps rounds though nothing changes

# A susceptible patient under every drug, so that every pool has something to do.
EVERY_DRUG = {
    "horizon": "60 days",
    "patient": {"draws": {"thyroid": 1e-6, "platelets": 1e-6, "glomerulus": 1e-9}},
    "parameters": {"follicle_clone_size": 0.1},
    "dimethyl_fumarate": [{"start": "0 days", "stop": "30 days"}],
    "course": [{"start": "0 days", "dose": "12 mg", "doses": 5, "every": "24 h", "premedication": True}],
    "prednisolone": [{"start": "12 days", "dose": "50 mg", "doses": 2, "every": "24 h"}],
    "triamcinolone": [{"start": "20 days", "dose": "15 mg"}],
}
ANTIBODY_ALONE = {"horizon": "60 days", "course": [{"start": "0 days", "dose": "12 mg", "doses": 5, "every": "24 h"}]}
STEROID_ALONE = {
    "horizon": "60 days",
    "methylprednisolone": [{"start": "0 days", "dose": "1 g", "doses": 3, "every": "24 h"}],
}


def change(trajectory):
    """Largest departure of each pool from its start, relative to its untreated value or scale."""
    start, scales = trajectory.problem.initial_state, trajectory.problem.model.scales
    departure = np.abs(trajectory.solution.states - start).max(axis=0)
    relative = departure / np.where(start > 0.0, start, scales)
    return dict(zip(trajectory.problem.model.pools, relative, strict=True))


def moving(rates, mechanism):
    return [name for name, rate in rates.items() if rate.attrs["mechanism"] == mechanism and np.any(rate.values)]


@pytest.fixture(scope="module")
def without(simulated):
    return lambda mechanism, scenario=EVERY_DRUG: simulated(**scenario, mechanisms={"off": [mechanism]})


def test_with_everything_on_every_mechanism_acts_and_every_pool_moves(simulated):
    trajectory = simulated(**EVERY_DRUG)
    rates = trajectory.rates()
    # Four change the rates of others; nothing challenged this patient, who is well and had no relapse. What the thymus
    # exports are recent emigrants, whose processes belong to them.
    modifiers = {"clone_lymphopenia_response", "self_antigen_competition", "b_cell_overshoot", "topical_immunotherapy"}
    assert {m for m in MECHANISMS if not moving(rates, m)} == {*modifiers, "immune_challenges", "thymopoiesis"}
    spared = {"thyroid_illness", "platelet_illness", "gbm_illness", "relapse_deficit", "lasting_deficit"}
    assert {pool for pool, size in change(trajectory).items() if size <= ROUNDING} == spared


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_a_mechanism_that_is_off_runs_no_process(without, mechanism):
    assert moving(without(mechanism).rates(), mechanism) == []


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_the_pools_of_a_mechanism_that_is_off_stay_at_their_untreated_value(without, mechanism):
    trajectory = without(mechanism)
    owned = [pool for pool, about in trajectory.problem.model.module.POOLS.items() if about[2] == mechanism]
    assert {pool: change(trajectory)[pool] for pool in owned if change(trajectory)[pool] > ROUNDING} == {}


def test_without_depletion_counts_fall_no_further_than_by_the_premedication(without, simulated):
    course = [ANTIBODY_ALONE["course"][0] | {"premedication": True}]
    spared = without("depletion", {"horizon": "60 days", "course": course})
    steroid = simulated(**STEROID_ALONE)
    for count in ("lymphocytes", "cd4", "cd8", "cd19"):
        # The same doses at the same times; each lowest count is as exact as the solver, 1e-5 a step.
        assert spared[count].min() == pytest.approx(steroid[count].min(), rel=1e-4)


def test_without_depletion_the_antibody_kills_nothing_and_nothing_consumes_it(without):
    trajectory = without("depletion", ANTIBODY_ALONE)
    moved = {pool for pool, size in change(trajectory).items() if size > 1e-9}
    response = {"ada_priming", "ada_memory", "ada_titre"}
    assert moved == {"antibody_central", "antibody_peripheral", *response}


@pytest.mark.parametrize(
    ("mechanism", "scenario"),
    [
        ("antibody_kinetics", ANTIBODY_ALONE),
        ("corticosteroids", STEROID_ALONE),
        ("prior_therapy", {"horizon": "60 days", "dimethyl_fumarate": [{"start": "0 days"}]}),
    ],
)
def test_a_drug_whose_mechanism_is_off_has_no_effect(without, mechanism, scenario):
    assert max(change(without(mechanism, scenario)).values()) <= 1e-9


def test_doses_into_frozen_pools_are_ignored(without):
    trajectory = without("corticosteroids")
    for pool in ("prednisolone_gut", "triamcinolone_depot", "prednisolone", "methylprednisolone"):
        assert not trajectory[pool].any(), pool


def test_without_trafficking_tissue_does_not_refill_the_blood(without, simulated):
    scenario = ANTIBODY_ALONE | {"parameters": {"tissue_lysis_rate": 0.0}}
    apart, joined = without("trafficking", scenario), simulated(**scenario)
    assert apart["naive_cd8_blood"][-1] < 1e-6 * joined["naive_cd8_blood"][-1]
    assert apart["naive_cd8_lymphoid"][-1] > joined["naive_cd8_lymphoid"][-1]


def test_without_the_thymus_naive_cells_return_by_division_alone(without, simulated):
    naive = "naive_cd4_lymphoid"
    assert without("thymopoiesis", ANTIBODY_ALONE)[naive][-1] < 0.99 * simulated(**ANTIBODY_ALONE)[naive][-1]


def test_without_cytokines_lymphopenia_drives_no_division(without):
    trajectory = without("cytokines", ANTIBODY_ALONE)
    rates = trajectory.rates()
    for lineage in ("cd4", "cd8"):
        per_cell = rates[f"division_of_memory_{lineage}_t_cells"].values / trajectory[f"memory_{lineage}_lymphoid"]
        assert per_cell == pytest.approx(per_cell[0], rel=1e-12)


def test_without_relapse_the_hazard_stays_and_nothing_else_changes(without, simulated):
    off, on = without("relapse"), simulated(**EVERY_DRUG)
    own = {"relapse_repertoire", "relapse_deficit", "lasting_deficit"}
    for pool in set(on.problem.model.pools) - own:
        # Not the same bits: the solver no longer looks at the repertoire when it chooses its steps.
        np.testing.assert_allclose(off[pool], on[pool], rtol=1e-3, atol=1e-6 * on[pool].max())
    assert off["relapse_rate"] == pytest.approx(off["relapse_rate"][0], rel=1e-15)
    assert on["relapse_rate"].min() < 0.5 * on["relapse_rate"][0]


def test_without_humoral_autoimmunity_there_is_no_hazard_and_antibody_stays_at_rest(without):
    trajectory = without("humoral_autoimmunity")
    for name in ("thyroid_hazard", "platelet_hazard", "gbm_hazard"):
        assert not trajectory[name].any(), name
    assert abs(trajectory["gbm_injury"]).max() < 1e-12
    assert np.ptp(trajectory["thyroid_antibody"]) < 1e-12


def test_several_mechanisms_can_be_off_at_once(simulated):
    trajectory = simulated(**EVERY_DRUG, mechanisms={"off": list(MECHANISMS)})
    assert max(change(trajectory).values()) <= ROUNDING


def test_an_unknown_mechanism_is_refused_with_close_matches(simulated):
    with pytest.raises(ScenarioError, match='unknown mechanism "depletoin"') as caught:
        simulated(horizon="1 day", mechanisms={"off": ["depletoin"]})
    assert caught.value.key == "mechanisms.off[1]"
    assert caught.value.cure == 'did you mean "depletion"?'
