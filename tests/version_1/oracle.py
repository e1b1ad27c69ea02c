"""An independent oracle of the first version: docs/version_1/equations.md written out by hand, in plain numpy.

It is for tests only, and knows nothing of how the package declares, generates or solves the model: every line below was
written from that page, section by section, and nothing here may import immunosim. Scalars may be float or complex, so
that derivatives can be taken with a complex step. Units: day, cells/uL, mg, L; years for ages and hazards.
"""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from oracle_words import Process, Row, Values, boost, excess, hill, inhibited_by, restraint, saturating

T_SUBSETS = ("naive_cd4", "memory_cd4", "treg", "naive_cd8", "memory_cd8")
SUBSETS = (*T_SUBSETS, "naive_b", "memory_b", "other")
LABEL = {
    "naive_cd4": "naive CD4", "memory_cd4": "memory CD4", "treg": "regulatory T cells", "naive_cd8": "naive CD8",
    "memory_cd8": "memory CD8", "naive_b": "naive B cells", "memory_b": "memory B cells", "other": "other lymphocytes",
}  # fmt: skip
CYTOKINES = {"il7": "IL-7", "il15": "IL-15", "baff": "BAFF"}
ORGANS = ("thyroid", "platelet", "gbm")

POOLS = {
    "antibody_kinetics": ("antibody_central", "antibody_peripheral"),
    "t_cell_homeostasis": (
        "naive_cd4_blood", "naive_cd4_lymphoid", "memory_cd4_blood", "memory_cd4_lymphoid",
        "naive_cd8_blood", "naive_cd8_lymphoid", "memory_cd8_blood", "memory_cd8_lymphoid",
    ),
    "regulatory_t_cells": ("treg_blood", "treg_lymphoid"),
    "b_cell_repopulation": (
        "transitional_b", "naive_b_blood", "naive_b_lymphoid", "memory_b_blood", "memory_b_lymphoid",
    ),
    "nk_cells": ("nk_cells",),
    "other_lymphocytes": ("other_blood", "other_lymphoid"),
    "cytokines": ("il7", "il15", "baff"),
    "corticosteroids": (
        "methylprednisolone", "prednisolone_gut", "prednisolone", "triamcinolone_depot", "cortisol",
        "glucocorticoid_signal", "glucocorticoid_effect",
    ),
    "prior_therapy": ("fumarate_effect",),
    "autoreactive_escape": ("autoreactive_cd4", "autoreactive_cd8_effector", "autoreactive_resident_memory"),
    "hair_follicle": (
        "privilege_loss", "anagen_follicles", "dystrophic_follicles", "catagen_follicles", "resting_follicles",
        "hair_cover",
    ),
    "humoral_autoimmunity": (
        "autoimmune_breach", "thyroid_antibody", "platelet_antibody", "gbm_antibody", "thyroid_hormone", "platelets",
    ),
}  # fmt: skip
OWNER = {pool: mechanism for mechanism, pools in POOLS.items() for pool in pools}
INPUTS = ("alemtuzumab_infusion", "methylprednisolone_infusion", "dimethyl_fumarate")


def constants(p: Mapping[str, float], on: Mapping[str, float]) -> dict[str, float]:
    """Section 2: everything that follows from the parameters and from which mechanisms are on, by name."""
    c = Values(p)
    patient_constants(c)
    for x in SUBSETS:
        c[f"{x}_lymphoid_0"] = c[f"{x}_count_0"] * (1 - c[f"{x}_blood_fraction"]) / c[f"{x}_blood_fraction"]
        c[f"{x}_egress_rate"] = c.blood_exit_rate * c[f"{x}_count_0"] / c[f"{x}_lymphoid_0"]
    t_cell_constants(c, on)
    b_nk_other_constants(c)
    follicle_constants(c)
    c.relative_hazard = (
        c.autoimmune_frailty
        * (1 + c.family_history * (c.family_history_hazard_ratio - 1))
        * (1 + c.smoker * (c.smoking_hazard_ratio - 1))
    )
    for organ in ORGANS:
        c[f"{organ}_threshold"] = c[f"{organ}_draw"] / (c[f"{organ}_event_rate"] * c.relative_hazard)
    return {name: value for name, value in c.items() if name not in p}


def patient_constants(c: Values) -> None:
    """Volumes and clearances by weight; untreated blood counts by age and trait."""
    c.relative_weight = c.weight / c.reference_weight
    c.flow_scale = c.relative_weight**c.clearance_weight_exponent
    c.scaled_central_volume = c.central_volume * c.relative_weight
    c.scaled_peripheral_volume = c.peripheral_volume * c.relative_weight
    antibody_positive_factor = 1 - c.anti_drug_antibody_effect * c.anti_drug_antibody
    c.scaled_clearance = c.antibody_clearance * c.flow_scale * antibody_positive_factor
    c.scaled_intercompartmental_clearance = c.intercompartmental_clearance * c.flow_scale
    c.scaled_methylprednisolone_volume = c.methylprednisolone_volume * c.relative_weight
    c.scaled_prednisolone_volume = c.prednisolone_volume * c.relative_weight
    c.years_older = c.age - c.reference_age
    for k in ("cd4", "cd8"):
        decline = np.exp(-c[f"naive_{k}_age_decline"] * c.years_older)
        c[f"naive_{k}_count_0"] = c[f"{k}_scale"] * c[f"naive_{k}_count"] * decline
        c[f"memory_{k}_count_0"] = c[f"{k}_scale"] * c[f"memory_{k}_count"]
        c[f"{k}_division"] = c[f"{k}_division_capacity"] * np.exp(-c.division_age_decline * c.years_older)
    c.treg_count_0 = c.cd4_scale * c.treg_count
    for x in ("naive_b", "memory_b", "transitional_b"):
        c[f"{x}_count_0"] = c.b_scale * c[f"{x}_count"]
    c.nk_count_0 = c.nk_scale * c.nk_count
    c.other_count_0 = c.other_scale * c.other_count


def t_cell_constants(c: Values, on: Mapping[str, float]) -> None:
    """Thymic export, and the death, burst and division rates that hold the untreated T-cell pools."""
    c.thymic_output = c.thymic_export_rate * np.exp(-c.thymic_decline_rate * (c.age - c.thymus_reference_age))
    converted = c.treg_conversion_fraction * c.treg_turnover_rate * c.treg_lymphoid_0
    c.treg_conversion_rate = converted / c.memory_cd4_lymphoid_0
    lost_to_treg = on["regulatory_t_cells"] * c.treg_conversion_rate
    c.memory_cd4_production = (c.memory_cd4_turnover_rate + lost_to_treg) * c.memory_cd4_lymphoid_0
    c.memory_cd8_production = c.memory_cd8_turnover_rate * c.memory_cd8_lymphoid_0
    for k in ("cd4", "cd8"):
        naive, memory = c[f"naive_{k}_lymphoid_0"], c[f"memory_{k}_lymphoid_0"]
        activation, production = c[f"naive_{k}_activation_rate"], c[f"memory_{k}_production"]
        from_naive = c[f"memory_{k}_from_naive_fraction"]
        c[f"naive_{k}_export"] = c.thymic_output * naive
        thymic_share = on["thymopoiesis"] * c.thymic_output
        c[f"naive_{k}_death_rate"] = thymic_share + c[f"naive_{k}_division_rate"] - activation
        c[f"memory_{k}_burst"] = from_naive * production / (activation * naive)
        c[f"memory_{k}_division_rate"] = (1 - from_naive) * production / memory
    c.treg_export = c.treg_thymic_fraction * c.treg_turnover_rate * c.treg_lymphoid_0
    conversion_share = on["t_cell_homeostasis"] * c.treg_conversion_fraction
    c.treg_division_rate = (1 - c.treg_thymic_fraction - conversion_share) * c.treg_turnover_rate


def b_nk_other_constants(c: Values) -> None:
    """The same for B cells, NK cells and other lymphocytes."""
    c.naive_b_death_rate = c.naive_b_turnover_rate * np.exp(-c.b_turnover_age_decline * c.years_older)
    naive_b_input = (c.naive_b_death_rate + c.naive_b_activation_rate) * c.naive_b_lymphoid_0
    c.transitional_b_0 = naive_b_input / c.transitional_b_maturation_rate
    c.transitional_b_blood_fraction = c.transitional_b_count_0 / c.transitional_b_0
    c.transitional_b_output = (c.transitional_b_maturation_rate + c.transitional_b_death_rate) * c.transitional_b_0
    from_naive = c.memory_b_from_naive_fraction * c.memory_b_turnover_rate * c.memory_b_lymphoid_0
    c.memory_b_burst = from_naive / (c.naive_b_activation_rate * c.naive_b_lymphoid_0)
    c.memory_b_division_rate = (1 - c.memory_b_from_naive_fraction) * c.memory_b_turnover_rate
    c.nk_production = c.nk_turnover_rate * c.nk_count_0
    c.other_source = c.other_precursor_fraction * c.other_turnover_rate * c.other_lymphoid_0
    c.other_division_rate = (1 - c.other_precursor_fraction) * c.other_turnover_rate


def follicle_constants(c: Values) -> None:
    """The autoreactive clone, and the hair follicle that its untreated size leaves slightly attacked."""
    crowding = 1 + 1 / c.clone_capacity
    c.clone_recruitment_rate = c.clone_recruitment_fraction * crowding * c.clone_turnover_rate
    c.clone_division_rate = (1 - c.clone_recruitment_fraction) * crowding * c.clone_turnover_rate
    c.baseline_interferon = hill(c.follicle_clone_size, 1, 3)
    collapse = c.privilege_collapse_rate * c.baseline_interferon
    c.privilege_loss_0 = collapse / (c.privilege_restoration_rate + collapse)
    privilege = 1 - c.privilege_loss_0
    attack = c.follicle_attack_rate * c.privilege_loss_0 * saturating(c.follicle_clone_size, 1)
    c.follicle_leak = attack / (1 / c.dystrophic_duration + privilege / c.dystrophic_duration)
    c.catagen_leak = c.follicle_leak * c.catagen_duration / c.dystrophic_duration
    c.resting_leak = c.follicle_leak * c.telogen_duration / (c.dystrophic_duration * privilege)
    c.anagen_0 = 1 / (1 + c.follicle_leak + c.catagen_leak + c.resting_leak)
    c.baseline_antigen = c.antigen_without_anagen + (1 - c.antigen_without_anagen) * c.anagen_0
    reseeded = c.resident_memory_reseeding * c.field_at_risk
    free_capacity = inhibited_by(c.follicle_clone_size, c.effector_capacity)
    amplified = c.antigen_amplification * c.baseline_antigen * c.privilege_loss_0 * free_capacity
    c.effector_seeding = c.follicle_clone_size * (1 - reseeded - amplified)


def baseline(p: Mapping[str, float], on: Mapping[str, float]) -> dict[str, float]:
    """Section 3: the untreated state of all 46 pools."""
    c = Values({**p, **constants(p, on)})
    y = Values(dict.fromkeys(OWNER, 0.0))
    for pool in (*CYTOKINES, "cortisol", "autoreactive_cd4", "thyroid_hormone", "platelets"):
        y[pool] = 1.0
    for x in SUBSETS:
        y[f"{x}_blood"] = c[f"{x}_count_0"]
        y[f"{x}_lymphoid"] = c[f"{x}_lymphoid_0"]
    y.transitional_b = c.transitional_b_0
    y.nk_cells = c.nk_count_0
    y.autoreactive_cd8_effector = y.autoreactive_resident_memory = c.follicle_clone_size
    y.privilege_loss = c.privilege_loss_0
    y.anagen_follicles = y.hair_cover = c.anagen_0
    y.dystrophic_follicles = c.follicle_leak * c.anagen_0
    y.catagen_follicles = c.catagen_leak * c.anagen_0
    y.resting_follicles = c.resting_leak * c.anagen_0
    return dict(y)


def signals(y: Values, c: Values) -> Values:
    """Section 4: what the pools tell each other, all of them 1 or 0 in the untreated state."""
    s = Values()
    drug_signals(s, y, c)
    lymphocyte_signals(s, y, c)
    autoimmune_signals(s, y, c)
    return s


def fullness(y: Values, c: Values, x: str) -> float:
    """Lymphoid pool of subset x relative to its untreated value."""
    return y[f"{x}_lymphoid"] / c[f"{x}_lymphoid_0"]


def drug_signals(s: Values, y: Values, c: Values) -> None:
    """Concentrations, occupancies, and what steroid and cortisol let leave the lymphoid tissue."""
    s.antibody_concentration = y.antibody_central / c.scaled_central_volume
    s.tissue_antibody_concentration = y.antibody_peripheral / c.scaled_peripheral_volume
    s.lytic_occupancy = hill(s.antibody_concentration, c.lysis_ec50, 2)
    s.tissue_occupancy = saturating(s.tissue_antibody_concentration, c.tissue_lysis_ec50)
    s.methylprednisolone_concentration = y.methylprednisolone / c.scaled_methylprednisolone_volume
    s.prednisolone_concentration = y.prednisolone / c.scaled_prednisolone_volume
    equivalents = c.prednisolone_relative_potency * s.prednisolone_concentration
    s.steroid_concentration = s.methylprednisolone_concentration + equivalents
    hold = 1 + c.cortisol_egress_weight * y.cortisol + s.steroid_concentration / c.egress_ic50
    s.egress_permission = (1 + c.cortisol_egress_weight) / hold
    for k in ("cd4", "cd8", "b"):
        insensitive = c[f"{k}_egress_insensitive_fraction"]
        s[f"{k}_egress"] = insensitive + (1 - insensitive) * s.egress_permission
    s.receptor_occupancy = saturating(s.steroid_concentration, c.glucocorticoid_ec50)
    s.local_steroid = saturating(y.triamcinolone_depot, c.triamcinolone_half_effect * c.field_at_risk)
    systemic, local = y.glucocorticoid_effect, s.local_steroid
    s.tissue_steroid = systemic + local - systemic * local


def lymphocyte_signals(s: Values, y: Values, c: Values) -> None:
    """Division drives, help, and the demand of the lymphocytes for their cytokines."""
    s.naive_cd4_division_drive = boost(y.il7**2, c.cd4_division * c.naive_division_boost)
    s.naive_cd8_division_drive = boost(y.il7**2, c.cd8_division * c.naive_division_boost)
    s.memory_cd4_division_drive = boost(y.il7, c.cd4_division * c.memory_cd4_division_boost)
    s.memory_cd8_division_drive = boost(y.il15, c.cd8_division * c.memory_cd8_division_boost)
    s.thymic_drive = boost(y.il7, c.thymic_rebound)
    consumption = c.il2_nonspecific_fraction + (1 - c.il2_nonspecific_fraction) * fullness(y, c, "treg")
    s.il2 = fullness(y, c, "memory_cd4") / consumption
    s.b_cell_help = boost(fullness(y, c, "memory_cd4"), c.b_help_half_saturation)
    s.baff_survival = (1 + c.baff_survival_half_effect) / (c.baff_survival_half_effect + y.baff)
    naive, cd4, memory_cd8, memory_b = c.il7_naive_share, c.il7_cd4_share, c.il15_memory_cd8_share, c.baff_memory_share
    cd4_demand = naive * fullness(y, c, "naive_cd4") + (1 - naive) * fullness(y, c, "memory_cd4")
    cd8_demand = naive * fullness(y, c, "naive_cd8") + (1 - naive) * fullness(y, c, "memory_cd8")
    s.il7_demand = cd4 * cd4_demand + (1 - cd4) * cd8_demand
    s.il15_demand = memory_cd8 * fullness(y, c, "memory_cd8") + (1 - memory_cd8) * y.nk_cells / c.nk_count_0
    s.baff_demand = (1 - memory_b) * fullness(y, c, "naive_b") + memory_b * fullness(y, c, "memory_b")


def autoimmune_signals(s: Values, y: Values, c: Values) -> None:
    """What lets the escaped clone grow, and what it does to follicle, B-cell tolerance and thyroid."""
    s.clone_il7_drive = boost(y.il7**2, c.clone_il7_boost)
    s.treg_release = restraint(fullness(y, c, "treg"), c.treg_restraint)
    s.effector_il15_drive = boost(y.il15, c.effector_il15_boost)
    s.clone_help = boost(y.autoreactive_cd4, c.clone_help_half_saturation)
    s.immune_privilege = 1 - y.privilege_loss
    s.interferon_gamma = y.autoreactive_cd8_effector * (1 - c.interferon_suppression_fraction * s.tissue_steroid)
    s.follicle_antigen = c.antigen_without_anagen + (1 - c.antigen_without_anagen) * y.anagen_follicles
    clone_excess = hill(excess(y.autoreactive_cd4, 1), c.breach_clone_size, 2)
    s.breach_pressure = fullness(y, c, "naive_b") * s.treg_release * clone_excess
    s.tsh = (1 + c.tsh_feedback) / (c.tsh_feedback + y.thyroid_hormone**3)
    s.thyroid_stimulation = s.tsh + c.thyroid_antibody_strength * y.thyroid_antibody


def antibody_kinetics(y: Values, c: Values, s: Values, u: Values, on: Values) -> Iterator[Row]:
    """Two compartments; saturable loss is in depletion."""
    central, peripheral = "antibody_central", "antibody_peripheral"
    forth = c.scaled_intercompartmental_clearance * s.antibody_concentration
    back = c.scaled_intercompartmental_clearance * s.tissue_antibody_concentration
    yield "infusion of alemtuzumab", None, central, u.alemtuzumab_infusion
    yield "clearance of alemtuzumab", central, None, c.scaled_clearance * s.antibody_concentration
    yield "distribution of alemtuzumab to tissue", central, peripheral, forth
    yield "return of alemtuzumab from tissue", peripheral, central, back


def depletion(y: Values, c: Values, s: Values, u: Values, on: Values) -> Iterator[Row]:
    """Lysis by the antibody; only cells that can be lysed (pools that are on) consume antibody."""
    in_blood = c.depletion_efficiency * c.blood_lysis_rate * s.lytic_occupancy
    in_tissue = c.depletion_efficiency * c.tissue_lysis_rate * s.tissue_occupancy
    lysed_in_blood = lysed_in_tissue = 0.0
    for x in SUBSETS:
        blood, lymphoid = f"{x}_blood", f"{x}_lymphoid"
        from_blood = in_blood * c[f"{x}_lysability"] * y[blood]
        from_tissue = in_tissue * c[f"{x}_lysability"] * y[lymphoid]
        yield f"lysis of {LABEL[x]} in blood", blood, None, from_blood
        yield f"lysis of {LABEL[x]} in tissue", lymphoid, None, from_tissue
        lysed_in_blood = lysed_in_blood + on[OWNER[blood]] * from_blood
        lysed_in_tissue = lysed_in_tissue + on[OWNER[lymphoid]] * from_tissue
    exposed = c.transitional_b_blood_fraction * y.transitional_b
    nk_lysis = c.depletion_efficiency * c.nk_lysis_rate * s.lytic_occupancy * y.nk_cells
    yield "lysis of transitional B cells", "transitional_b", None, in_blood * c.transitional_b_lysability * exposed
    yield "lysis of NK cells", "nk_cells", None, nk_lysis
    used_in_blood, used_in_tissue = c.antibody_per_cell * lysed_in_blood, c.antibody_per_cell * lysed_in_tissue
    yield "consumption of alemtuzumab in blood", "antibody_central", None, used_in_blood
    yield "consumption of alemtuzumab in tissue", "antibody_peripheral", None, used_in_tissue


def trafficking(y: Values, c: Values, s: Values, u: Values, on: Values) -> Iterator[Row]:
    """Exchange of blood and lymphoid tissue; memory T cells and Treg are retained as their niche empties."""
    signal = {"cd4": s.cd4_egress, "treg": s.cd4_egress, "cd8": s.cd8_egress, "other": s.cd8_egress, "b": s.b_egress}
    for x in SUBSETS:
        blood, lymphoid = f"{x}_blood", f"{x}_lymphoid"
        egress = c[f"{x}_egress_rate"] * signal[x.split("_")[-1]] * y[lymphoid]
        if x in ("memory_cd4", "memory_cd8", "treg"):
            egress = egress * boost(fullness(y, c, x), c.retention_half_saturation)
        yield f"egress of {LABEL[x]}", lymphoid, blood, egress
        yield f"homing of {LABEL[x]}", blood, lymphoid, c.blood_exit_rate * y[blood]


def thymopoiesis(y: Values, c: Values, s: Values, u: Values, on: Values) -> Iterator[Row]:
    """Export of new naive T cells, raised by IL-7."""
    yield "thymic export of naive CD4", None, "naive_cd4_lymphoid", c.naive_cd4_export * s.thymic_drive
    yield "thymic export of naive CD8", None, "naive_cd8_lymphoid", c.naive_cd8_export * s.thymic_drive


def t_cell_homeostasis(y: Values, c: Values, s: Values, u: Values, on: Values) -> Iterator[Row]:
    """Division, death and activation of naive and memory T cells."""
    for k, label in (("cd4", "CD4"), ("cd8", "CD8")):
        naive, memory = f"naive_{k}_lymphoid", f"memory_{k}_lymphoid"
        memory_drive = s[f"memory_{k}_division_drive"]
        naive_division = c[f"naive_{k}_division_rate"] * s[f"naive_{k}_division_drive"] * y[naive]
        activation = c[f"naive_{k}_activation_rate"] * memory_drive * y[naive]
        expansion = (c[f"memory_{k}_burst"] - 1) * activation
        memory_division = c[f"memory_{k}_division_rate"] * memory_drive * y[memory]
        yield f"division of naive {label}", None, naive, naive_division
        yield f"death of naive {label}", naive, None, c[f"naive_{k}_death_rate"] * y[naive]
        yield f"activation of naive {label}", naive, memory, activation
        yield f"clonal expansion of activated {label}", None, memory, expansion
        yield f"division of memory {label}", None, memory, memory_division
        yield f"death of memory {label}", memory, None, c[f"memory_{k}_turnover_rate"] * y[memory]


def regulatory_t_cells(y: Values, c: Values, s: Values, u: Values, on: Values) -> Iterator[Row]:
    """Treg come from thymus, from memory CD4 cells and from division on IL-2."""
    treg, memory = "treg_lymphoid", "memory_cd4_lymphoid"
    division = c.treg_division_rate * boost(s.il2, c.treg_division_boost) * y.treg_lymphoid
    yield "thymic export of regulatory T cells", None, treg, c.treg_export
    yield "conversion of memory CD4", memory, treg, c.treg_conversion_rate * y.memory_cd4_lymphoid
    yield "division of regulatory T cells", None, treg, division
    yield "death of regulatory T cells", treg, None, c.treg_turnover_rate * y.treg_lymphoid


def b_cell_repopulation(y: Values, c: Values, s: Values, u: Values, on: Values) -> Iterator[Row]:
    """Marrow to transitional to naive to memory B cells."""
    transitional, naive, memory = "transitional_b", "naive_b_lymphoid", "memory_b_lymphoid"
    maturation = c.transitional_b_maturation_rate * y.baff * y.transitional_b
    activation = c.naive_b_activation_rate * s.b_cell_help * y.naive_b_lymphoid
    naive_death = c.naive_b_death_rate * s.baff_survival * y.naive_b_lymphoid
    yield "marrow output of transitional B cells", None, transitional, c.transitional_b_output
    yield "maturation of transitional B cells", transitional, naive, maturation
    yield "death of transitional B cells", transitional, None, c.transitional_b_death_rate * y.transitional_b
    yield "death of naive B cells", naive, None, naive_death
    yield "activation of naive B cells", naive, memory, activation
    yield "clonal expansion of activated B cells", None, memory, (c.memory_b_burst - 1) * activation
    yield "division of memory B cells", None, memory, c.memory_b_division_rate * y.memory_b_lymphoid
    yield "death of memory B cells", memory, None, c.memory_b_turnover_rate * y.memory_b_lymphoid


def nk_cells(y: Values, c: Values, s: Values, u: Values, on: Values) -> Iterator[Row]:
    """Constant production, boosted by IL-15."""
    yield "production of NK cells", None, "nk_cells", c.nk_production * boost(y.il15, c.nk_production_boost)
    yield "death of NK cells", "nk_cells", None, c.nk_turnover_rate * y.nk_cells


def other_lymphocytes(y: Values, c: Values, s: Values, u: Values, on: Values) -> Iterator[Row]:
    """Gamma-delta, double-negative and NK-like T cells."""
    division = c.other_division_rate * s.memory_cd8_division_drive * y.other_lymphoid
    yield "source of other lymphocytes", None, "other_lymphoid", c.other_source
    yield "division of other lymphocytes", None, "other_lymphoid", division
    yield "death of other lymphocytes", "other_lymphoid", None, c.other_turnover_rate * y.other_lymphoid


def cytokines(y: Values, c: Values, s: Values, u: Values, on: Values) -> Iterator[Row]:
    """Made at a constant rate, cleared by the cells that use them."""
    for k, label in CYTOKINES.items():
        turnover, nonspecific = c[f"{k}_turnover_rate"], c[f"{k}_nonspecific_fraction"]
        clearance = turnover * (nonspecific + (1 - nonspecific) * s[f"{k}_demand"]) * y[k]
        yield f"production of {label}", None, k, turnover
        yield f"clearance of {label}", k, None, clearance


def corticosteroids(y: Values, c: Values, s: Values, u: Values, on: Values) -> Iterator[Row]:
    """Three drugs, the body's own cortisol, and two effects with their own memory."""
    methyl, gut, oral, depot = "methylprednisolone", "prednisolone_gut", "prednisolone", "triamcinolone_depot"
    signal, effect = "glucocorticoid_signal", "glucocorticoid_effect"
    secretion = c.cortisol_turnover_rate * inhibited_by(s.steroid_concentration, c.cortisol_secretion_ic50)
    onset = c.glucocorticoid_onset_rate * s.receptor_occupancy * (1 - y[effect])
    infused = c.methylprednisolone_available_fraction * u.methylprednisolone_infusion
    yield "infusion of methylprednisolone", None, methyl, infused
    yield "elimination of methylprednisolone", methyl, None, c.methylprednisolone_elimination_rate * y[methyl]
    yield "absorption of prednisolone", gut, oral, c.prednisolone_absorption_rate * y[gut]
    yield "elimination of prednisolone", oral, None, c.prednisolone_elimination_rate * y[oral]
    yield "secretion of cortisol", None, "cortisol", secretion
    yield "clearance of cortisol", "cortisol", None, c.cortisol_turnover_rate * y.cortisol
    yield "onset of the genomic signal", None, signal, c.glucocorticoid_signal_rate * s.receptor_occupancy
    yield "offset of the genomic signal", signal, None, c.glucocorticoid_signal_rate * y[signal]
    yield "onset of the tissue effect", None, effect, onset
    yield "offset of the tissue effect", effect, None, c.glucocorticoid_offset_rate * y[effect]
    yield "dissolution of triamcinolone", depot, None, c.triamcinolone_dissolution_rate * y[depot]
    rates = dict.fromkeys(T_SUBSETS, c.t_cell_steroid_apoptosis_rate)
    rates |= {"treg": c.treg_steroid_apoptosis_rate}
    rates |= dict.fromkeys(("naive_b", "memory_b"), c.b_cell_steroid_apoptosis_rate)
    for x, rate in rates.items():
        lymphoid = f"{x}_lymphoid"
        yield f"steroid apoptosis of {LABEL[x]}", lymphoid, None, rate * y[signal] * y[lymphoid]


def prior_therapy(y: Values, c: Values, s: Values, u: Values, on: Values) -> Iterator[Row]:
    """Dimethyl fumarate before alemtuzumab: a slow effect and the deaths it adds."""
    effect = "fumarate_effect"
    yield "onset of the fumarate effect", None, effect, c.fumarate_effect_rate * u.dimethyl_fumarate
    yield "offset of the fumarate effect", effect, None, c.fumarate_effect_rate * y[effect]
    for x in ("memory_cd4", "memory_cd8", "naive_b", "other"):
        lymphoid = f"{x}_lymphoid"
        death = c[f"{x}_fumarate_death_rate"] * y[effect] * y[lymphoid]
        yield f"fumarate death of {LABEL[x]}", lymphoid, None, death


def autoreactive_escape(y: Values, c: Values, s: Values, u: Values, on: Values) -> Iterator[Row]:
    """The escaped helper clone, follicular effectors and resident memory."""
    yield from helper_clone(y, c, s, on)
    yield from follicular_effectors(y, c, s)


def helper_clone(y: Values, c: Values, s: Values, on: Values) -> Iterator[Row]:
    """Recruitment, crowded division and the losses of the autoreactive CD4 clone."""
    pool, label, clone = "autoreactive_cd4", "autoreactive CD4 cells", y.autoreactive_cd4
    division = c.clone_division_rate * s.clone_il7_drive * s.treg_release * clone
    death = c.clone_turnover_rate * (1 + clone / c.clone_capacity) * clone
    lysis = on["depletion"] * c.depletion_efficiency * c.clone_lysis_rate * s.lytic_occupancy * clone
    steroid_loss = c.helper_steroid_loss_rate * y.glucocorticoid_effect * y.privilege_loss * clone
    yield f"recruitment of {label}", None, pool, c.clone_recruitment_rate * fullness(y, c, "naive_cd4")
    yield f"division of {label}", None, pool, division
    yield f"death of {label}", pool, None, death
    yield f"lysis of {label}", pool, None, lysis
    yield f"steroid loss of {label}", pool, None, steroid_loss


def follicular_effectors(y: Values, c: Values, s: Values) -> Iterator[Row]:
    """Effectors seeded by the clone, amplified by exposed antigen, reseeded by resident memory."""
    pool, memory, effectors = "autoreactive_cd8_effector", "autoreactive_resident_memory", y.autoreactive_cd8_effector
    drive = s.treg_release * s.effector_il15_drive
    help_and_drug = y.autoreactive_cd4 * s.clone_help * (1 - y.glucocorticoid_effect)
    seeding = c.effector_loss_rate * c.effector_seeding * help_and_drug * drive
    reseeding = c.effector_loss_rate * c.resident_memory_reseeding * c.field_at_risk * y[memory]
    exposed = drive * s.follicle_antigen * y.privilege_loss
    growing = effectors * inhibited_by(effectors, c.effector_capacity)
    steroid_loss = c.effector_steroid_loss_rate * s.tissue_steroid * y.privilege_loss * effectors
    amplification = c.effector_loss_rate * c.antigen_amplification * exposed * growing
    yield "seeding of effectors", None, pool, seeding
    yield "reseeding from resident memory", None, pool, reseeding
    yield "amplification of effectors by antigen", None, pool, amplification
    yield "loss of effectors", pool, None, c.effector_loss_rate * effectors
    yield "steroid loss of effectors", pool, None, steroid_loss
    yield "settling of resident memory", None, memory, c.resident_memory_rate * effectors
    yield "loss of resident memory", memory, None, c.resident_memory_rate * y[memory]


def hair_follicle(y: Values, c: Values, s: Values, u: Values, on: Values) -> Iterator[Row]:
    """Privilege, the cycle of attacked follicles, and the hair one sees."""
    lost, cover = "privilege_loss", "hair_cover"
    anagen, dystrophic, catagen, resting = (f"{k}_follicles" for k in ("anagen", "dystrophic", "catagen", "resting"))
    privilege = s.immune_privilege
    collapse = c.privilege_collapse_rate * hill(s.interferon_gamma, 1, 3) * privilege
    attack = c.follicle_attack_rate * y.privilege_loss * saturating(s.interferon_gamma, 1) * y[anagen]
    yield "collapse of immune privilege", None, lost, collapse
    yield "restoration of immune privilege", lost, None, c.privilege_restoration_rate * y[lost]
    yield "attack on anagen follicles", anagen, dystrophic, attack
    yield "repair of dystrophic follicles", dystrophic, anagen, privilege * y[dystrophic] / c.dystrophic_duration
    yield "regression of dystrophic follicles", dystrophic, catagen, y[dystrophic] / c.dystrophic_duration
    yield "end of catagen", catagen, resting, y[catagen] / c.catagen_duration
    yield "return to anagen", resting, anagen, privilege * y[resting] / c.telogen_duration
    yield "growth of visible hair", None, cover, c.hair_growth_rate * y[anagen]
    yield "shedding of visible hair", cover, None, c.hair_growth_rate * y[cover]


def humoral_autoimmunity(y: Values, c: Values, s: Values, u: Values, on: Values) -> Iterator[Row]:
    """Breach of tolerance, three antibodies, and the two organs whose function is followed."""
    breach = s.breach_pressure / c.days_per_year
    yield "breach of B-cell tolerance", None, "autoimmune_breach", breach
    for organ in ORGANS:
        antibody = f"{organ}_antibody"
        secretion = c.autoantibody_rate * hill(y.autoimmune_breach, c[f"{organ}_threshold"], 3)
        yield f"secretion of {organ} antibody", None, antibody, secretion
        yield f"clearance of {organ} antibody", antibody, None, c.autoantibody_rate * y[antibody]
    hormone = c.thyroid_hormone_turnover_rate * boost(s.thyroid_stimulation, c.thyroid_reserve)
    destruction = c.platelet_antibody_loss_rate * y.platelet_antibody * y.platelets
    yield "secretion of thyroid hormone", None, "thyroid_hormone", hormone
    yield "clearance of thyroid hormone", "thyroid_hormone", None, c.thyroid_hormone_turnover_rate * y.thyroid_hormone
    yield "production of platelets", None, "platelets", c.platelet_turnover_rate
    yield "ageing of platelets", "platelets", None, c.platelet_turnover_rate * y.platelets
    yield "destruction of opsonised platelets", "platelets", None, destruction


Mechanism = Callable[[Values, Values, Values, Values, Values], Iterator[Row]]
MECHANISMS: dict[str, Mechanism] = {
    mechanism.__name__: mechanism
    for mechanism in (
        antibody_kinetics, depletion, trafficking, thymopoiesis, t_cell_homeostasis, regulatory_t_cells,
        b_cell_repopulation, nk_cells, other_lymphocytes, cytokines, corticosteroids, prior_therapy,
        autoreactive_escape, hair_follicle, humoral_autoimmunity,
    )
}  # fmt: skip
SWITCHES = (*MECHANISMS, "relapse")


def processes(
    y: Mapping[str, float], p: Mapping[str, float], u: Mapping[str, float], on: Mapping[str, float]
) -> list[Process]:
    """Section 5 in the order of the page; a process that does not run is listed with rate 0."""
    c = Values({**p, **constants(p, on)})
    y_, u_, on_ = Values(y), Values(u), Values(on)
    s = signals(y_, c)
    table = []
    for mechanism, rows in MECHANISMS.items():
        for name, reactant, product, rate in rows(y_, c, s, u_, on_):
            owners = [OWNER[pool] for pool in (reactant, product) if pool is not None]
            runs = all(on[m] for m in (mechanism, *owners))
            table.append(Process(mechanism, name, reactant, product, rate if runs else 0.0))
    return table


def process_rates(
    y: Mapping[str, float], p: Mapping[str, float], u: Mapping[str, float], on: Mapping[str, float]
) -> dict[str, float]:
    """Rate of every process by its name on the page, X written out (`lysis of naive CD4 in blood`)."""
    return {process.name: process.rate for process in processes(y, p, u, on)}


def right_hand_side(
    y: Mapping[str, float], p: Mapping[str, float], u: Mapping[str, float], on: Mapping[str, float]
) -> dict[str, float]:
    """dy/dt of every pool [its unit per day]."""
    change = dict.fromkeys(OWNER, 0.0)
    for process in processes(y, p, u, on):
        if process.reactant is not None:
            change[process.reactant] = change[process.reactant] - process.rate
        if process.product is not None:
            change[process.product] = change[process.product] + process.rate
    return change


def readouts(
    y: Mapping[str, float], p: Mapping[str, float], u: Mapping[str, float], on: Mapping[str, float]
) -> dict[str, float]:
    """Section 6: what a laboratory or a clinic reports."""
    c, y_, r = Values({**p, **constants(p, on)}), Values(y), Values()
    s = signals(y_, c)
    r.cd4 = y_.naive_cd4_blood + y_.memory_cd4_blood + y_.treg_blood
    r.cd8 = y_.naive_cd8_blood + y_.memory_cd8_blood
    r.cd19 = c.transitional_b_blood_fraction * y_.transitional_b + y_.naive_b_blood + y_.memory_b_blood
    r.nk = y_.nk_cells
    r.lymphocytes = (r.cd4 + r.cd8 + r.cd19 + r.nk + y_.other_blood) / 1000
    r.treg_fraction_of_cd4 = y_.treg_blood / r.cd4
    r.naive_fraction_of_cd4 = y_.naive_cd4_blood / r.cd4
    r.alemtuzumab_serum = s.antibody_concentration
    r.methylprednisolone_plasma = s.methylprednisolone_concentration
    r.prednisolone_plasma = s.prednisolone_concentration
    r.salt_score = 100 * c.field_at_risk * (1 - y_.hair_cover / c.anagen_0)
    r.interferon_gamma, r.immune_privilege, r.tsh = s.interferon_gamma, s.immune_privilege, s.tsh
    r.clone_size = y_.autoreactive_cd4
    r.platelet_count = c.untreated_platelet_count * y_.platelets
    r.gbm_injury = saturating(y_.gbm_antibody, c.gbm_injury_half_titre)
    for organ in ORGANS:
        event_rate = c[f"{organ}_event_rate"] * c.relative_hazard
        r[f"{organ}_hazard"] = on["humoral_autoimmunity"] * event_rate * s.breach_pressure
        r[f"{organ}_cumulative_hazard"] = event_rate * y_.autoimmune_breach
    r.relapse_rate = c.untreated_relapse_rate * (fullness(y_, c, "memory_cd4") if on["relapse"] else 1)
    return dict(r)
