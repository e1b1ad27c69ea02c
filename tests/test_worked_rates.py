"""The oracle of the present version checked against laws and closed forms, worked out by hand at round numbers."""

import numpy as np
import pytest
from oracle import Values, baseline, constants, process_rates, readouts, right_hand_side
from oracle_cases import ROUNDING, VERSIONS, switched_off

VERSION = VERSIONS["alemtuzumab"]
ALL_ON = switched_off(VERSION.oracle)
NO_INPUT = VERSION.untreated()
DAY_YEARS = 1 / 365.25


@pytest.fixture(scope="module")
def default():
    return VERSION.defaults()


@pytest.fixture
def diseased():
    return VERSION.diseased()


def gain(s, k):
    """A saturating gain that is 1 at s = 1 and 1 + k at most."""
    return (1 + k) / (1 + k / s)


def release(r, k):
    """A restraint lifted: 1 at r = 1 and 1 + k without any."""
    return (1 + k) / (1 + k * r)


# Process, what is changed (as a multiple of the untreated value), and the rate expected as a multiple of the untreated
# one: the laws of sections 4 and 5 worked out by hand, division capacities 0.5 (CD4) and 0.25 (CD8).
WORKED = [
    ("thymic export of recent CD4 emigrants", {"il7": 2}, lambda p: gain(2, p.thymic_rebound)),
    ("division of naive CD4 T cells", {"il7": 2}, lambda p: 0.5 + 0.5 * gain(4, p.naive_division_boost)),
    ("division of naive CD8 T cells", {"il7": 2}, lambda p: 0.75 + 0.25 * gain(4, p.naive_division_boost)),
    ("activation of naive CD4 T cells", {"il7": 2}, lambda p: 0.5 + 0.5 * gain(2, p.memory_cd4_division_boost)),
    ("division of memory CD8 T cells", {"il15": 2}, lambda p: 0.75 + 0.25 * gain(2, p.memory_cd8_division_boost)),
    ("division of other lymphocytes", {"il15": 2}, lambda p: 0.75 + 0.25 * gain(2, p.memory_cd8_division_boost)),
    ("clonal expansion of activated naive CD8 T cells", {"il7": 9}, lambda p: 1.0),
    ("division of regulatory T cells", {"memory_cd4_lymphoid": 0.5}, lambda p: gain(0.5, p.treg_division_boost)),
    ("maturation of transitional B cells", {"baff": 2}, lambda p: 2.0),
    ("death of naive B cells", {"baff": 2}, lambda p: 1 - 1 / (2 + p.baff_survival_half_effect)),
    ("activation of naive B cells", {"memory_cd4_lymphoid": 0.5}, lambda p: gain(0.5, p.b_help_half_saturation)),
    ("production of NK cells", {"il15": 2}, lambda p: gain(2, p.nk_production_boost)),
    (
        "egress of memory CD4 T cells",
        {"memory_cd4_lymphoid": 0.5},
        lambda p: 0.5 * gain(0.5, p.retention_half_saturation),
    ),
    (
        "clearance of IL-15",
        {"nk_cells": 0},
        lambda p: 1 - (1 - p.il15_nonspecific_fraction) * (1 - p.il15_memory_cd8_share),
    ),
    # The switch is half closed where IL-7 exceeds 1 by its half effect: 2 is four such steps, (4^2 / (1 + 4^2)).
    (
        "division of autoreactive CD4 cells",
        {"il7": 2, "treg_lymphoid": 0},
        lambda p: (1 + p.clone_il7_boost * 16 / 17) * (1 + p.treg_restraint),
    ),
    (
        "division of helpers of autoreactive B cells",
        {"il7": 2, "treg_lymphoid": 0.5},
        lambda p: (1 + p.helper_il7_boost * 16 / 17) * release(0.5, p.helper_treg_restraint),
    ),
    (
        "division of autoreactive CD4 cells",
        {"memory_cd4_lymphoid": 0},
        lambda p: release(1 - p.memory_cd4_competition_share, p.antigen_competition),
    ),
    ("recruitment of autoreactive CD4 cells", {"naive_cd4_lymphoid": 0.5, "recent_cd4": 0.5}, lambda p: 0.5),
    ("death of autoreactive CD4 cells", {"autoreactive_cd4": 2}, lambda p: 2 * (1 + 1 / (p.clone_capacity + 1))),
    (
        "seeding of effectors",
        {"autoreactive_cd4": 2, "il15": 2},
        lambda p: 2 * gain(2, p.clone_help_half_saturation) * gain(2, p.effector_il15_boost),
    ),
    (
        "proliferation of the thyroid B clone",
        {"naive_b_lymphoid": 2, "treg_lymphoid": 0, "autoreactive_helpers": 3},
        lambda p: (
            2
            * (1 + p.b_clone_overshoot_weight)
            * (1 + p.b_clone_release_weight * p.helper_treg_restraint)
            * gain(3, p.b_clone_help_boost)
        ),
    ),
    (
        "attack on anagen follicles",
        {"autoreactive_cd8_effector": 2},
        lambda p: 2 * (1 + p.follicle_clone_size) / (1 + 2 * p.follicle_clone_size),
    ),
]


@pytest.mark.parametrize(("name", "factors", "expected"), WORKED)
def test_a_rate_away_from_the_untreated_state_has_the_value_worked_out_by_hand(diseased, name, factors, expected):
    capacity = {"division_age_decline": 0.0, "cd4_division_capacity": 0.5, "cd8_division_capacity": 0.25}
    p = Values(diseased | capacity | {"clone_il7_half_effect": 0.25})
    state = baseline(p, ALL_ON)
    moved = state | {pool: factor * state[pool] for pool, factor in factors.items()}
    before, after = (process_rates(y, p, NO_INPUT, ALL_ON)[name] for y in (state, moved))
    assert after / before == pytest.approx(expected(p), rel=1e-12)


def test_a_titre_of_one_halves_the_free_antibody_but_not_the_level_that_is_read(default):
    p = default | {"anti_drug_antibody": 2.0}
    volume = constants(p, ALL_ON)["scaled_central_volume"]
    drug = {"antibody_central": 2 * p["lysis_ec50"] * volume, "ada_titre": 1 / (2 * p["neutralising_strength"])}
    half_free, all_free = (
        process_rates(baseline(p, ALL_ON) | pools, p, NO_INPUT, ALL_ON)["lysis of NK cells"]
        for pools in (drug, drug | {"ada_titre": 0.0})
    )
    assert half_free / all_free == pytest.approx(0.5 / 0.8, rel=1e-12)
    seen = readouts(baseline(p, ALL_ON) | drug, p, NO_INPUT, ALL_ON)
    assert seen["alemtuzumab_serum"] == pytest.approx(2 * p["lysis_ec50"])
    assert seen["neutralising_titre"] == pytest.approx(1.0)


def test_the_titre_settles_where_memory_boosts_secretion_and_keeps_antibody(default):
    p = Values(default)
    amount = p.ada_stimulation * constants(p, ALL_ON)["scaled_central_volume"]
    titre = p.ada_rate / p.ada_loss_rate * 0.25 * (1 + p.ada_boost) * (1 + p.ada_persistence)
    settled = {"antibody_central": amount, "ada_priming": 0.5, "ada_memory": 1.0, "ada_titre": titre}
    change = right_hand_side(baseline(p, ALL_ON) | settled, p, NO_INPUT, ALL_ON)
    for pool in ("ada_priming", "ada_memory", "ada_titre"):
        assert change[pool] == pytest.approx(0.0, abs=ROUNDING * (1 + titre))


def test_untreated_naive_counts_are_the_published_ones_with_their_recent_emigrants(default):
    p = default | {"age": default["reference_age"]}
    for on in (ALL_ON, switched_off(VERSION.oracle, "recent_emigrants")):
        seen = readouts(baseline(p, on), p, NO_INPUT, on)
        expected = sum(p[f"{x}_cd4_count"] for x in ("naive", "memory")) + p["treg_count"]
        assert seen["cd4"] == pytest.approx(p["cd4_scale"] * expected, rel=1e-12)
        assert seen["cd8"] == pytest.approx(p["cd8_scale"] * (p["naive_cd8_count"] + p["memory_cd8_count"]), rel=1e-12)


def test_a_receptor_at_saturating_ligand_settles_at_its_share_of_the_untreated(default):
    p = Values(default)
    settled = (1 + p.receptor_downregulation * p.cortisol_egress_weight / (1 + p.cortisol_egress_weight)) / (
        1 + p.receptor_downregulation
    )
    state = baseline(p, ALL_ON) | {"methylprednisolone": 1e12, "steroid_receptor": settled}
    change = right_hand_side(state, p, NO_INPUT, ALL_ON)["steroid_receptor"]
    assert change == pytest.approx(0.0, abs=1e-8 * p.receptor_turnover_rate)


def test_fumarate_divides_every_division_drive_by_its_sensitivity(default):
    state = baseline(default, ALL_ON)
    drug = state | {"fumarate_effect": 1.0, "fumarate_slow_effect": 1.0}
    before, after = (process_rates(y, default, NO_INPUT, ALL_ON) for y in (state, drug))
    for name, sensitivity in {
        "division of naive CD4 T cells": "naive", "division of naive CD8 T cells": "naive",
        "division of memory CD4 T cells": "memory_cd4", "activation of naive CD4 T cells": "memory_cd4",
        "division of memory CD8 T cells": "memory_cd8", "division of other lymphocytes": "memory_cd8",
        "marrow output of transitional B cells": "b",
    }.items():  # fmt: skip
        assert before[name] / after[name] == pytest.approx(1 + default[f"{sensitivity}_fumarate_sensitivity"])


def test_the_clone_at_rest_is_the_root_of_seeding_growth_and_crowding(diseased):
    c, p = constants(diseased, ALL_ON), diseased
    for organ in VERSION.oracle.ORGANS:
        clone = c[f"{organ}_b_clone_0"]
        terms = [p["b_clone_seed"], c[f"{organ}_avidity"] * clone, -clone, -(clone**2) / p["b_clone_capacity"]]
        assert sum(terms) == pytest.approx(0.0, abs=ROUNDING * max(np.abs(terms)))


def test_family_history_multiplies_the_odds_of_the_liability_and_spares_other_organs(default):
    relative = default | {"family_history": 1.0}
    before, after = constants(default, ALL_ON), constants(relative, ALL_ON)
    ratio = after["thyroid_avidity"] / before["thyroid_avidity"]
    assert np.log(ratio) / default["avidity_spread"] == pytest.approx(default["family_history_liability"])
    assert after["platelet_avidity"] == before["platelet_avidity"]


def test_an_antibody_above_the_titre_by_its_margin_is_half_a_year_of_illness_in_a_year(default):
    for organ in VERSION.oracle.ORGANS:
        ill = baseline(default, ALL_ON) | {f"{organ}_antibody": default["disease_titre"] + default["diagnosis_margin"]}
        change = right_hand_side(ill, default, NO_INPUT, ALL_ON)[f"{organ}_illness"]
        assert change == pytest.approx(0.5 * DAY_YEARS)
        hazard = readouts(ill, default, NO_INPUT, ALL_ON)[f"{organ}_hazard"]
        assert hazard == pytest.approx(0.5 * default["diagnosis_rate"])


def test_a_b_cell_overshoot_that_is_off_leaves_depletion_of_naive_b_cells(diseased):
    on, name = (
        switched_off(VERSION.oracle, "b_cell_overshoot"),
        "proliferation of the anti-GBM B clone",
    )
    state = baseline(diseased, on)
    at = {
        factor: process_rates(state | {"naive_b_lymphoid": factor * state["naive_b_lymphoid"]}, diseased, NO_INPUT, on)
        for factor in (0.5, 1, 2)
    }
    assert at[2][name] == at[1][name]
    assert at[0.5][name] / at[1][name] == pytest.approx(0.5 * (1 - 0.5 * diseased["b_clone_overshoot_weight"]))


@pytest.mark.parametrize(("millilitres", "coverage"), [(3, 0.1), (30, 1.0), (90, 1.0)])
def test_an_injection_covers_its_area_and_no_more_than_the_scalp_at_risk(default, millilitres, coverage):
    p = default | {"injected_volume": millilitres, "injected_volume_per_area": 0.1, "scalp_area": 600.0}
    p |= {"field_at_risk": 0.5}
    c = constants(p, ALL_ON)
    assert c["scalp_coverage"] == pytest.approx(coverage)
    # At the half density the covered share is half suppressed, and effectors there live half as long.
    state = baseline(p, ALL_ON) | {"triamcinolone_depot": p["triamcinolone_half_density"] * 10 * millilitres}
    seen = readouts(state, p, NO_INPUT, ALL_ON)["interferon_gamma"]
    assert seen == pytest.approx(p["follicle_clone_size"] * (1 - coverage / 2))
    lost = process_rates(state, p, NO_INPUT, ALL_ON)
    ratio = lost["loss of effectors to local steroid"] / lost["loss of effectors"]
    assert ratio == pytest.approx((coverage / 2) / (1 - coverage / 2))


def test_a_challenge_wakes_resident_memory_and_topical_immunotherapy_takes_its_share_of_amplification(diseased):
    state, treated = baseline(diseased, ALL_ON), NO_INPUT | {"immune_challenge": 0.5, "topical_immunotherapy": 0.25}
    before, after = (process_rates(state, diseased, u, ALL_ON) for u in (NO_INPUT, treated))
    woken = 0.5 * diseased["challenge_gain"] * diseased["follicle_clone_size"]
    assert after["awakening of resident memory"] == pytest.approx(woken)
    name = "amplification of effectors by antigen"
    assert after[name] / before[name] == pytest.approx(0.75)


def test_a_deficit_settles_at_its_lasting_share(default):
    left = default["lasting_deficit_fraction"] * 1.5
    state = baseline(default, ALL_ON) | {"relapse_deficit": 1.5}
    change = right_hand_side(state, default, NO_INPUT, ALL_ON)
    together = change["relapse_deficit"] - change["lasting_deficit"]
    assert together == pytest.approx(-1.5 / default["deficit_recovery_time"])
    # (1 - f) lasting + f deficit does not change, so both end at f times the severity.
    share = default["lasting_deficit_fraction"]
    assert (1 - share) * change["lasting_deficit"] + share * change["relapse_deficit"] == pytest.approx(0.0, abs=1e-15)
    settled = right_hand_side(state | {"relapse_deficit": left, "lasting_deficit": left}, default, NO_INPUT, ALL_ON)
    assert [settled[pool] for pool in ("relapse_deficit", "lasting_deficit")] == pytest.approx([0.0, 0.0], abs=1e-15)


def test_the_repertoire_loses_its_ratio_of_the_share_of_memory_cd4_cells_that_is_lysed(default):
    c, p = constants(default, ALL_ON), Values(default)
    state = baseline(default, ALL_ON) | {"antibody_central": p.lysis_ec50 * c["scaled_central_volume"]}
    blood, tissue = (state[f"memory_cd4_{where}"] for where in ("blood", "lymphoid"))
    rate = 0.5 * p.depletion_efficiency * p.blood_lysis_rate * p.memory_cd4_lysability * blood / (blood + tissue)
    change = right_hand_side(state, default, NO_INPUT, ALL_ON)["relapse_repertoire"]
    assert change == pytest.approx(-p.repertoire_deletion_ratio * rate, rel=1e-9)


def test_untreated_follicle_is_the_null_vector_of_its_cycle(diseased):
    c, p = constants(diseased, ALL_ON), diseased
    lost, privilege, size = c["privilege_loss_0"], 1 - c["privilege_loss_0"], p["follicle_clone_size"]
    attack = p["follicle_attack_rate"] * lost * size / (1 + size)
    dystrophic, catagen, telogen = (p[f"{k}_duration"] for k in ("dystrophic", "catagen", "telogen"))
    flows = [(0, 1, attack), (1, 0, privilege / dystrophic), (1, 2, 1 / dystrophic), (2, 3, 1 / catagen)]
    flows += [(3, 0, privilege / telogen), (3, 4, p["follicle_dormancy_rate"] * lost)]
    flows += [(4, 3, privilege / p["dormant_duration"])]
    cycle = np.zeros((5, 5))
    for source, target, rate in flows:
        cycle[source, source] -= rate
        cycle[target, source] += rate
    cycle[4] = 1.0  # conservation replaces the redundant row
    expected = np.linalg.solve(cycle, [0.0, 0.0, 0.0, 0.0, 1.0])
    state = baseline(p, ALL_ON)
    assert [state[pool] for pool in VERSION.follicles] == pytest.approx(list(expected), rel=1e-10)


def test_untreated_readouts_are_those_of_a_healthy_person(default):
    r = readouts(baseline(default, ALL_ON), default, NO_INPUT, ALL_ON)
    counts = sum(r[k] for k in ("cd4", "cd8", "cd19", "nk", "other_lymphocytes"))
    assert r["lymphocytes"] == pytest.approx(counts / 1000)
    assert r["tsh"] == pytest.approx(1.0)
    assert r["relapse_rate"] == default["untreated_relapse_rate"]
    absent = ("salt_score", "thyroid_hazard", "gbm_injury", "alemtuzumab_serum", "neutralising_titre")
    assert [r[k] for k in absent] == [0.0] * 5
    assert [r[k] for k in ("hair_pull", "white_hair")] == pytest.approx([0.0, 0.0], abs=1e-9)
