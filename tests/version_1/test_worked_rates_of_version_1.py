"""The oracle of the first version checked against closed forms, worked out by hand."""

import numpy as np
import pytest
from oracle_cases import ROUNDING, VERSIONS, switched_off
from version_1 import oracle

VERSION = VERSIONS["alemtuzumab_1"]
ALL_ON = dict.fromkeys(oracle.SWITCHES, 1.0)
NO_INPUT = dict.fromkeys(oracle.INPUTS, 0.0)
FOLLICLES = VERSION.follicles


@pytest.fixture(scope="module")
def default():
    return VERSION.defaults()


@pytest.fixture
def diseased():
    return VERSION.diseased()


PUBLISHED_FIT = {
    "age": 34.0,
    "blood_exit_rate": 10.0,
    "naive_cd4_blood_fraction": 0.02146,
    "memory_cd4_blood_fraction": 0.01067,
    "memory_cd8_blood_fraction": 0.006337,
    "thymic_export_rate": 0.0001374,
    "naive_cd4_activation_rate": 0.0002194,
    "memory_cd4_from_naive_fraction": 0.3959,
    "memory_cd8_from_naive_fraction": 0.09264,
    "memory_cd4_turnover_rate": 0.008979,
    "memory_cd8_turnover_rate": 0.01236,
}


def test_constants_match_the_values_published_with_the_kinetic_fit(default):
    p = default | PUBLISHED_FIT
    c = oracle.constants(p, ALL_ON)
    production = c["thymic_output"] + p["naive_cd4_division_rate"]
    # Printed with two or three digits; half a unit of the last one.
    assert c["naive_cd4_egress_rate"] == pytest.approx(0.219, abs=5e-4)
    assert c["memory_cd4_egress_rate"] == pytest.approx(0.108, abs=5e-4)
    assert c["memory_cd8_egress_rate"] == pytest.approx(0.064, abs=5e-4)
    assert c["naive_cd4_death_rate"] == pytest.approx(3.0e-4, abs=5e-6)
    assert c["memory_cd4_burst"] == pytest.approx(44, abs=0.5)
    assert c["memory_cd8_burst"] == pytest.approx(51, abs=0.5)
    assert c["memory_cd4_division_rate"] == pytest.approx(0.0059, abs=5e-5)
    assert c["memory_cd8_division_rate"] == pytest.approx(0.0112, abs=5e-5)
    assert c["thymic_output"] / production == pytest.approx(0.22, abs=5e-3)


def test_volumes_scale_with_weight_and_clearance_with_its_power(default):
    p = default | {"weight": 2 * default["reference_weight"], "clearance_weight_exponent": 0.75}
    p |= {"anti_drug_antibody": 1.0, "anti_drug_antibody_effect": 0.15}
    c = oracle.constants(p, ALL_ON)
    assert c["scaled_central_volume"] == pytest.approx(2 * p["central_volume"])
    assert c["scaled_clearance"] == pytest.approx(2**0.75 * 0.85 * p["antibody_clearance"])


def test_antibody_without_cells_decays_along_its_two_exponentials(default):
    on, c = switched_off(oracle, "depletion"), oracle.constants(default, ALL_ON)
    central, peripheral = c["scaled_central_volume"], c["scaled_peripheral_volume"]
    flow = c["scaled_intercompartmental_clearance"]
    k10, k12, k21 = c["scaled_clearance"] / central, flow / central, flow / peripheral
    root = np.sqrt((k10 + k12 + k21) ** 2 - 4 * k10 * k21)
    for decay in ((k10 + k12 + k21 + root) / 2, (k10 + k12 + k21 - root) / 2):
        # An eigenvector has a negative entry for the fast exponential; the system is linear, so that is allowed.
        mode = {"antibody_central": 1.0, "antibody_peripheral": k12 / (k21 - decay)}
        change = oracle.right_hand_side(oracle.baseline(default, on) | mode, default, NO_INPUT, on)
        for pool, amount in mode.items():
            assert change[pool] == pytest.approx(-decay * amount, rel=1e-10)


def test_a_constant_infusion_settles_at_rate_over_clearance(default):
    on, c = switched_off(oracle, "depletion"), oracle.constants(default, ALL_ON)
    level = 12.0 / c["scaled_clearance"]
    state = oracle.baseline(default, on) | {
        "antibody_central": level * c["scaled_central_volume"],
        "antibody_peripheral": level * c["scaled_peripheral_volume"],
    }
    change = oracle.right_hand_side(state, default, NO_INPUT | {"alemtuzumab_infusion": 12.0}, on)
    assert abs(change["antibody_central"]) + abs(change["antibody_peripheral"]) <= ROUNDING * 12.0


def test_half_the_lysis_rate_at_the_ec50_and_one_antibody_share_per_cell(default):
    c = oracle.constants(default, ALL_ON)
    amount = default["lysis_ec50"] * c["scaled_central_volume"]
    state = oracle.baseline(default, ALL_ON) | {"antibody_central": amount}
    rates = oracle.process_rates(state, default, NO_INPUT, ALL_ON)
    killing = 0.5 * default["depletion_efficiency"] * default["blood_lysis_rate"]
    lysed = [killing * default[f"{x}_lysability"] * c[f"{x}_count_0"] for x in oracle.SUBSETS]
    assert rates["lysis of naive CD4 in blood"] == pytest.approx(lysed[0])
    assert rates["lysis of NK cells"] == pytest.approx(
        0.5 * default["depletion_efficiency"] * default["nk_lysis_rate"] * c["nk_count_0"]
    )
    assert rates["consumption of alemtuzumab in blood"] == pytest.approx(default["antibody_per_cell"] * sum(lysed))


def test_tissue_consumption_is_the_antibody_share_of_the_tissue_lysis(default):
    state = oracle.baseline(default, ALL_ON) | {"antibody_peripheral": 20.0}
    rates = oracle.process_rates(state, default, NO_INPUT, ALL_ON)
    lysed = sum(rate for name, rate in rates.items() if name.startswith("lysis of") and name.endswith("in tissue"))
    assert lysed > 0
    assert rates["consumption of alemtuzumab in tissue"] == pytest.approx(default["antibody_per_cell"] * lysed)


def test_both_steroids_occupy_the_receptor_by_their_potency(default):
    c, ec50 = oracle.constants(default, ALL_ON), default["glucocorticoid_ec50"]
    amount = 3 * ec50 / default["prednisolone_relative_potency"] * c["scaled_prednisolone_volume"]
    state = oracle.baseline(default, ALL_ON) | {"prednisolone": amount}
    signal = oracle.right_hand_side(state, default, NO_INPUT, ALL_ON)["glucocorticoid_signal"]
    assert signal == pytest.approx(0.75 * default["glucocorticoid_signal_rate"])
    plasma = oracle.readouts(state, default, NO_INPUT, ALL_ON)["prednisolone_plasma"]
    assert plasma == pytest.approx(amount / c["scaled_prednisolone_volume"])


def test_oral_prednisolone_follows_the_bateman_curve(default):
    absorption, elimination = default["prednisolone_absorption_rate"], default["prednisolone_elimination_rate"]
    t, dose = 0.1, 20.0
    gut, out = np.exp(-absorption * t), np.exp(-elimination * t)
    share = dose * absorption / (absorption - elimination)
    state = oracle.baseline(default, ALL_ON) | {"prednisolone_gut": dose * gut, "prednisolone": share * (out - gut)}
    slope = oracle.right_hand_side(state, default, NO_INPUT, ALL_ON)["prednisolone"]
    assert slope == pytest.approx(share * (absorption * gut - elimination * out), rel=1e-12)


def test_cells_leave_faster_than_untreated_while_cortisol_is_absent(default):
    state = oracle.baseline(default, ALL_ON)
    before = oracle.process_rates(state, default, NO_INPUT, ALL_ON)
    after = oracle.process_rates(state | {"cortisol": 0.0}, default, NO_INPUT, ALL_ON)
    lineages = {"naive_cd4": "cd4", "treg": "cd4", "other": "cd8", "naive_cd8": "cd8", "memory_b": "b"}
    for x, lineage in lineages.items():
        name, insensitive = f"egress of {oracle.LABEL[x]}", default[f"{lineage}_egress_insensitive_fraction"]
        expected = insensitive + (1 - insensitive) * (1 + default["cortisol_egress_weight"])
        assert after[name] / before[name] == pytest.approx(expected, rel=1e-12)


def test_saturating_steroid_holds_the_tissue_effect_at_onset_over_onset_plus_offset(default):
    onset, offset = default["glucocorticoid_onset_rate"], default["glucocorticoid_offset_rate"]
    occupied = oracle.constants(default, ALL_ON)["scaled_methylprednisolone_volume"] * default["glucocorticoid_ec50"]
    level = 0.5 * onset / (0.5 * onset + offset)
    state = oracle.baseline(default, ALL_ON)
    state |= {"methylprednisolone": occupied, "glucocorticoid_effect": level, "glucocorticoid_signal": 0.5}
    change = oracle.right_hand_side(state, default, NO_INPUT, ALL_ON)
    assert change["glucocorticoid_effect"] == pytest.approx(0.0, abs=ROUNDING * offset)
    assert change["glucocorticoid_signal"] == pytest.approx(0.0, abs=ROUNDING)


def test_cytokines_without_consumers_settle_at_one_over_the_nonspecific_share(default):
    state = oracle.baseline(default, ALL_ON) | {"nk_cells": 0.0}
    state |= {f"{x}_lymphoid": 0.0 for x in oracle.SUBSETS}
    state |= {k: 1 / default[f"{k}_nonspecific_fraction"] for k in oracle.CYTOKINES}
    change = oracle.right_hand_side(state, default, NO_INPUT, ALL_ON)
    for k in oracle.CYTOKINES:
        assert change[k] == pytest.approx(0.0, abs=ROUNDING * default[f"{k}_turnover_rate"])


def gain(s, k):
    """A saturating gain that is 1 at s = 1 and 1 + k at most."""
    return (1 + k) / (1 + k / s)


# Process, what is changed (as a multiple of the untreated value), and the rate expected as a multiple of the untreated
# one: the laws of sections 4 and 5 worked out by hand at round numbers, division capacities 0.5 (CD4) and 0.25 (CD8).
WORKED = [
    ("thymic export of naive CD4", {"il7": 2}, lambda p: gain(2, p.thymic_rebound)),
    ("thymic export of naive CD8", {"il7": 2}, lambda p: gain(2, p.thymic_rebound)),
    ("division of naive CD4", {"il7": 2}, lambda p: gain(4, 0.5 * p.naive_division_boost)),
    ("division of naive CD8", {"il7": 2}, lambda p: gain(4, 0.25 * p.naive_division_boost)),
    ("activation of naive CD4", {"il7": 2}, lambda p: gain(2, 0.5 * p.memory_cd4_division_boost)),
    ("division of memory CD8", {"il15": 2}, lambda p: gain(2, 0.25 * p.memory_cd8_division_boost)),
    ("clonal expansion of activated CD8", {"il7": 9}, lambda p: 1.0),
    ("division of other lymphocytes", {"il15": 2}, lambda p: gain(2, 0.25 * p.memory_cd8_division_boost)),
    ("division of regulatory T cells", {"memory_cd4_lymphoid": 0.5}, lambda p: gain(0.5, p.treg_division_boost)),
    (
        "division of regulatory T cells",
        {"treg_lymphoid": 0.5},
        lambda p: 0.5 * gain(2 / (1 + p.il2_nonspecific_fraction), p.treg_division_boost),
    ),
    ("maturation of transitional B cells", {"baff": 2}, lambda p: 2.0),
    ("death of naive B cells", {"baff": 2}, lambda p: 1 - 1 / (2 + p.baff_survival_half_effect)),
    ("activation of naive B cells", {"memory_cd4_lymphoid": 0.5}, lambda p: gain(0.5, p.b_help_half_saturation)),
    ("production of NK cells", {"il15": 2}, lambda p: gain(2, p.nk_production_boost)),
    ("egress of memory CD4", {"memory_cd4_lymphoid": 0.5}, lambda p: 0.5 * gain(0.5, p.retention_half_saturation)),
    ("egress of naive CD4", {"naive_cd4_lymphoid": 0.5}, lambda p: 0.5),
    (
        "clearance of IL-7",
        {"naive_cd8_lymphoid": 0},
        lambda p: 1 - (1 - p.il7_nonspecific_fraction) * (1 - p.il7_cd4_share) * p.il7_naive_share,
    ),
    (
        "clearance of IL-15",
        {"nk_cells": 0},
        lambda p: 1 - (1 - p.il15_nonspecific_fraction) * (1 - p.il15_memory_cd8_share),
    ),
    (
        "clearance of BAFF",
        {"memory_b_lymphoid": 0},
        lambda p: 1 - (1 - p.baff_nonspecific_fraction) * p.baff_memory_share,
    ),
    ("recruitment of autoreactive CD4 cells", {"naive_cd4_lymphoid": 0.5}, lambda p: 0.5),
    (
        "division of autoreactive CD4 cells",
        {"il7": 2, "treg_lymphoid": 0},
        lambda p: gain(4, p.clone_il7_boost) * (1 + p.treg_restraint),
    ),
    (
        "death of autoreactive CD4 cells",
        {"autoreactive_cd4": 2},
        lambda p: 2 * (1 + 1 / (p.clone_capacity + 1)),
    ),
    (
        "seeding of effectors",
        {"autoreactive_cd4": 2, "il15": 2},
        lambda p: 2 * gain(2, p.clone_help_half_saturation) * gain(2, p.effector_il15_boost),
    ),
    (
        "amplification of effectors by antigen",
        {"autoreactive_cd8_effector": 2},
        lambda p: 2 * (p.effector_capacity + p.follicle_clone_size) / (p.effector_capacity + 2 * p.follicle_clone_size),
    ),
    (
        "attack on anagen follicles",
        {"autoreactive_cd8_effector": 2},
        lambda p: 2 * (1 + p.follicle_clone_size) / (1 + 2 * p.follicle_clone_size),
    ),
    ("secretion of thyroid hormone", {"thyroid_hormone": 0}, lambda p: gain(1 + 1 / p.tsh_feedback, p.thyroid_reserve)),
]


@pytest.mark.parametrize(("name", "factors", "expected"), WORKED)
def test_a_rate_away_from_the_untreated_state_has_the_value_worked_out_by_hand(diseased, name, factors, expected):
    capacity = {"division_age_decline": 0.0, "cd4_division_capacity": 0.5, "cd8_division_capacity": 0.25}
    p = oracle.Values(diseased | capacity)
    state = oracle.baseline(p, ALL_ON)
    moved = state | {pool: factor * state[pool] for pool, factor in factors.items()}
    before, after = (oracle.process_rates(y, p, NO_INPUT, ALL_ON)[name] for y in (state, moved))
    assert after / before == pytest.approx(expected(p), rel=1e-12)


def test_tolerance_is_breached_by_half_a_year_in_a_year_when_the_clone_exceeds_one_by_its_half_size(default):
    state = oracle.baseline(default, ALL_ON) | {"autoreactive_cd4": 1 + default["breach_clone_size"]}
    assert oracle.right_hand_side(state, default, NO_INPUT, ALL_ON)["autoimmune_breach"] == pytest.approx(0.5 / 365.25)


def test_local_and_systemic_steroid_combine_like_independent_suppressors(diseased):
    half_effect = diseased["triamcinolone_half_effect"] * diseased["field_at_risk"]
    state = oracle.baseline(diseased, ALL_ON) | {"triamcinolone_depot": half_effect, "glucocorticoid_effect": 0.5}
    suppressed = 1 - 0.75 * diseased["interferon_suppression_fraction"]
    interferon = oracle.readouts(state, diseased, NO_INPUT, ALL_ON)["interferon_gamma"]
    assert interferon == pytest.approx(suppressed * diseased["follicle_clone_size"], rel=1e-12)


def test_platelets_settle_where_production_meets_ageing_and_destruction(default):
    ageing, destruction = default["platelet_turnover_rate"], 0.7 * default["platelet_antibody_loss_rate"]
    state = oracle.baseline(default, ALL_ON)
    state |= {"platelet_antibody": 0.7, "platelets": ageing / (ageing + destruction)}
    change = oracle.right_hand_side(state, default, NO_INPUT, ALL_ON)
    assert change["platelets"] == pytest.approx(0.0, abs=ROUNDING * ageing)


def test_half_the_antibody_is_made_at_the_threshold(default):
    c = oracle.constants(default, ALL_ON)
    for organ in oracle.ORGANS:
        state = oracle.baseline(default, ALL_ON) | {"autoimmune_breach": c[f"{organ}_threshold"]}
        change = oracle.right_hand_side(state, default, NO_INPUT, ALL_ON)[f"{organ}_antibody"]
        assert change == pytest.approx(0.5 * default["autoantibody_rate"])


def test_untreated_follicle_is_the_null_vector_of_its_cycle(diseased):
    c, p = oracle.constants(diseased, ALL_ON), diseased
    privilege, size = 1 - c["privilege_loss_0"], p["follicle_clone_size"]
    attack = p["follicle_attack_rate"] * c["privilege_loss_0"] * size / (1 + size)
    dystrophic, catagen, telogen = (p[f"{k}_duration"] for k in ("dystrophic", "catagen", "telogen"))
    cycle = np.zeros((4, 4))
    flows = [(0, 1, attack), (1, 0, privilege / dystrophic), (1, 2, 1 / dystrophic), (2, 3, 1 / catagen)]
    for source, target, rate in [*flows, (3, 0, privilege / telogen)]:
        cycle[source, source] -= rate
        cycle[target, source] += rate
    cycle[3] = 1.0  # conservation replaces the redundant row
    expected = np.linalg.solve(cycle, [0.0, 0.0, 0.0, 1.0])
    state = oracle.baseline(p, ALL_ON)
    assert [state[pool] for pool in FOLLICLES] == pytest.approx(list(expected), rel=1e-10)


def test_untreated_readouts_are_those_of_a_healthy_person(default):
    r = oracle.readouts(oracle.baseline(default, ALL_ON), default, NO_INPUT, ALL_ON)
    counts = sum(r[k] for k in ("cd4", "cd8", "cd19", "nk")) + oracle.constants(default, ALL_ON)["other_count_0"]
    assert r["lymphocytes"] == pytest.approx(counts / 1000)
    assert r["tsh"] == pytest.approx(1.0)
    assert r["relapse_rate"] == default["untreated_relapse_rate"]
    assert [r[k] for k in ("salt_score", "thyroid_hazard", "gbm_injury", "alemtuzumab_serum")] == [0.0] * 4


def test_the_relapse_rate_follows_memory_cd4_only_when_relapse_is_on(default):
    state = oracle.baseline(default, ALL_ON)
    state["memory_cd4_lymphoid"] *= 0.25
    untreated = default["untreated_relapse_rate"]
    assert oracle.readouts(state, default, NO_INPUT, ALL_ON)["relapse_rate"] == pytest.approx(0.25 * untreated)
    assert oracle.readouts(state, default, NO_INPUT, switched_off(oracle, "relapse"))["relapse_rate"] == untreated
