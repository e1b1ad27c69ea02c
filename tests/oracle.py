"""An independent oracle: the model of docs/equations.md written out by hand, in plain numpy.

It is for tests only, and knows nothing of how the package declares, generates or solves the model: every line below was
written from docs/equations.md, section by section, and nothing here may import immunosim. Scalars may be float or
complex, so that derivatives can be taken with a complex step. Units: day, cells/uL, mg, L; years for ages and hazards.
The oracle of the first version of the model is tests/version_1/oracle.py.
"""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from oracle_words import Process, Row, Values, boost, excess, growth, hill, inhibited_by, restraint, saturating

T_SUBSETS = ("naive_cd4", "memory_cd4", "treg", "naive_cd8", "memory_cd8")
SUBSETS = (*T_SUBSETS, "naive_b", "memory_b", "other")
LABEL = {
    "naive_cd4": "naive CD4 T cells", "memory_cd4": "memory CD4 T cells", "treg": "regulatory T cells",
    "naive_cd8": "naive CD8 T cells", "memory_cd8": "memory CD8 T cells", "naive_b": "naive B cells",
    "memory_b": "memory B cells", "other": "other lymphocytes",
}  # fmt: skip
LINEAGES = {"cd4": "CD4", "cd8": "CD8"}
CYTOKINES = {"il7": "IL-7", "il15": "IL-15", "baff": "BAFF"}
ORGANS = {"thyroid": "thyroid", "platelet": "platelet", "gbm": "anti-GBM"}

POOLS = {
    "antibody_kinetics": ("antibody_central", "antibody_peripheral"),
    "anti_drug_antibody": ("ada_priming", "ada_memory", "ada_titre"),
    "t_cell_homeostasis": (
        "naive_cd4_blood", "naive_cd4_lymphoid", "memory_cd4_blood", "memory_cd4_lymphoid",
        "naive_cd8_blood", "naive_cd8_lymphoid", "memory_cd8_blood", "memory_cd8_lymphoid",
        "recent_cd4", "recent_cd8",
    ),
    "regulatory_t_cells": ("treg_blood", "treg_lymphoid"),
    "b_cell_repopulation": (
        "transitional_b", "naive_b_blood", "naive_b_lymphoid", "memory_b_blood", "memory_b_lymphoid",
    ),
    "nk_cells": ("nk_cells",),
    "other_lymphocytes": ("other_blood", "other_lymphoid"),
    "cytokines": ("il7", "il15", "baff"),
    "corticosteroids": (
        "methylprednisolone", "methylprednisolone_deep", "prednisolone_gut", "prednisolone", "triamcinolone_depot",
        "cortisol", "glucocorticoid_signal", "glucocorticoid_effect",
    ),
    "steroid_tolerance": ("steroid_receptor",),
    "prior_therapy": ("fumarate_effect", "fumarate_slow_effect"),
    "autoreactive_escape": ("autoreactive_cd4", "autoreactive_cd8_effector", "autoreactive_resident_memory"),
    "acquired_regulation": (
        "acquired_regulation", "thyroid_regulation", "platelet_regulation", "gbm_regulation",
    ),
    "hair_follicle": (
        "privilege_loss", "anagen_follicles", "dystrophic_follicles", "catagen_follicles", "resting_follicles",
        "hair_cover",
    ),
    "follicle_dormancy": ("dormant_follicles",),
    "pigmentation": ("melanocyte_function", "pigmented_hair"),
    "humoral_autoimmunity": (
        "autoreactive_helpers", "thyroid_b_clone", "platelet_b_clone", "gbm_b_clone", "thyroid_antibody",
        "platelet_antibody", "gbm_antibody", "thyroid_hormone", "platelets", "thyroid_illness", "platelet_illness",
        "gbm_illness",
    ),
    "relapse": ("relapse_repertoire", "relapse_deficit", "lasting_deficit"),
}  # fmt: skip
OWNER = {pool: mechanism for mechanism, pools in POOLS.items() for pool in pools}
INPUTS = (
    "alemtuzumab_infusion", "methylprednisolone_infusion", "dimethyl_fumarate", "immune_challenge",
    "topical_immunotherapy",
)  # fmt: skip


def constants(p: Mapping[str, float], on: Mapping[str, float]) -> dict[str, float]:
    """Section 2: everything that follows from the parameters and from which mechanisms are on, by name."""
    c = Values(p)
    patient_constants(c)
    count_constants(c, on)
    for x in SUBSETS:
        fraction = c[f"{x}_blood_fraction"]
        c[f"{x}_lymphoid_0"] = c[f"{x}_count_0"] * (1 - fraction) / fraction
        c[f"{x}_egress_rate"] = c.blood_exit_rate * fraction / (1 - fraction)
    t_cell_constants(c, on)
    b_nk_other_constants(c)
    clone_constants(c)
    follicle_constants(c, on)
    organ_constants(c)
    return {name: value for name, value in c.items() if name not in p}


def patient_constants(c: Values) -> None:
    """Volumes and clearances by weight, and what is injected into the scalp."""
    c.relative_weight = c.weight / c.reference_weight
    c.flow_scale = c.relative_weight**c.clearance_weight_exponent
    c.scaled_central_volume = c.central_volume * c.relative_weight
    c.scaled_peripheral_volume = c.peripheral_volume * c.relative_weight
    c.scaled_clearance = c.antibody_clearance * c.flow_scale
    c.scaled_intercompartmental_clearance = c.intercompartmental_clearance * c.flow_scale
    c.scaled_methylprednisolone_volume = c.methylprednisolone_volume * c.relative_weight
    c.scaled_prednisolone_volume = c.prednisolone_volume * c.relative_weight
    c.years_older = c.age - c.reference_age
    c.injected_area = c.injected_volume / c.injected_volume_per_area
    ratio = c.injected_area / (c.scalp_area * c.field_at_risk)
    c.scalp_coverage = ratio - excess(ratio, 1)
    c.triamcinolone_half_depot = c.triamcinolone_half_density * c.injected_area


def count_constants(c: Values, on: Mapping[str, float]) -> None:
    """Untreated counts by age and trait; naive cells share theirs with recent emigrants."""
    c.thymic_output = c.thymic_export_rate * growth(-c.thymic_decline_rate, c.age - c.thymus_reference_age)
    exported = on["thymopoiesis"] * on["recent_emigrants"] * c.thymic_output
    c.recent_per_naive = exported / c.recent_maturation_rate
    for k in LINEAGES:
        fraction = c[f"naive_{k}_blood_fraction"]
        together = 1 + c.recent_blood_fraction * c.recent_per_naive * (1 - fraction) / fraction
        of_age = c[f"naive_{k}_count"] * growth(-c[f"naive_{k}_age_decline"], c.years_older)
        c[f"naive_{k}_count_0"] = c[f"{k}_scale"] * of_age / together
        c[f"memory_{k}_count_0"] = c[f"{k}_scale"] * c[f"memory_{k}_count"]
    c.treg_count_0 = c.cd4_scale * c.treg_count
    for x in ("naive_b", "memory_b", "transitional_b"):
        c[f"{x}_count_0"] = c.b_scale * c[f"{x}_count"]
    c.nk_count_0 = c.nk_scale * c.nk_count
    c.other_count_0 = c.other_scale * c.other_count


def t_cell_constants(c: Values, on: Mapping[str, float]) -> None:
    """Export, and the death, burst and division rates that hold the untreated T-cell pools."""
    treg_turnover = c.treg_turnover_rate * c.treg_lymphoid_0
    c.treg_conversion_rate = c.treg_conversion_fraction * treg_turnover / c.memory_cd4_lymphoid_0
    lost_to_treg = on["regulatory_t_cells"] * c.treg_conversion_rate
    c.memory_cd4_production = (c.memory_cd4_turnover_rate + lost_to_treg) * c.memory_cd4_lymphoid_0
    c.memory_cd8_production = c.memory_cd8_turnover_rate * c.memory_cd8_lymphoid_0
    for k in LINEAGES:
        naive, memory = c[f"naive_{k}_lymphoid_0"], c[f"memory_{k}_lymphoid_0"]
        activation, production = c[f"naive_{k}_activation_rate"], c[f"memory_{k}_production"]
        from_naive = c[f"memory_{k}_from_naive_fraction"]
        c[f"recent_{k}_0"] = c.recent_per_naive * naive
        c[f"{k}_division"] = c[f"{k}_division_capacity"] * growth(-c.division_age_decline, c.years_older)
        c[f"naive_{k}_export"] = c.thymic_output * naive
        supply = on["thymopoiesis"] * c.thymic_output + c[f"naive_{k}_division_rate"]
        c[f"naive_{k}_death_rate"] = supply - activation
        c[f"memory_{k}_burst"] = from_naive * production / (activation * naive)
        c[f"memory_{k}_division_rate"] = (1 - from_naive) * production / memory
    c.treg_export = c.treg_thymic_fraction * treg_turnover
    converted = on["t_cell_homeostasis"] * c.treg_conversion_fraction
    c.treg_division_rate = (1 - c.treg_thymic_fraction - converted) * c.treg_turnover_rate


def b_nk_other_constants(c: Values) -> None:
    """The same for B cells, NK cells and other lymphocytes."""
    c.naive_b_death_rate = c.naive_b_turnover_rate * growth(-c.b_turnover_age_decline, c.years_older)
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


def clone_constants(c: Values) -> None:
    """Recruitment and division of the clone of the skin and of the helpers of autoreactive B cells."""
    for k in ("clone", "helper"):
        crowding, recruited = 1 + 1 / c[f"{k}_capacity"], c[f"{k}_recruitment_fraction"]
        c[f"{k}_recruitment_rate"] = recruited * crowding * c[f"{k}_turnover_rate"]
        c[f"{k}_division_rate"] = (1 - recruited) * crowding * c[f"{k}_turnover_rate"]


def follicle_constants(c: Values, on: Mapping[str, float]) -> None:
    """The hair follicle that the untreated size of the clone leaves slightly attacked, and its pigment."""
    size = c.follicle_clone_size
    c.acquired_regulation_0 = size / (1 + size)
    c.baseline_interferon = hill(size, 1, 3)
    collapse = c.privilege_collapse_rate * c.baseline_interferon
    c.privilege_loss_0 = collapse / (c.privilege_restoration_rate + collapse)
    lost, privilege = c.privilege_loss_0, 1 - c.privilege_loss_0
    attack = c.follicle_attack_rate * lost * saturating(size, 1)
    c.follicle_leak = attack / (1 / c.dystrophic_duration + privilege / c.dystrophic_duration)
    c.catagen_leak = c.follicle_leak * c.catagen_duration / c.dystrophic_duration
    c.resting_leak = c.follicle_leak * c.telogen_duration / (c.dystrophic_duration * privilege)
    dormancy = c.follicle_dormancy_rate * lost * c.dormant_duration / privilege
    c.dormant_leak = on["follicle_dormancy"] * c.resting_leak * dormancy
    c.anagen_0 = 1 / (1 + c.follicle_leak + c.catagen_leak + c.resting_leak + c.dormant_leak)
    c.melanocyte_function_0 = 1 / (1 + c.melanocyte_loss_rate * c.melanocyte_return_time * lost / privilege)
    c.baseline_antigen = c.antigen_without_anagen + (1 - c.antigen_without_anagen) * c.anagen_0
    regulated = on["acquired_regulation"] * c.acquired_regulation_effect * c.acquired_regulation_0
    amplification = c.antigen_amplification * (1 - regulated)
    amplified = amplification * c.baseline_antigen * lost * inhibited_by(size, c.effector_capacity)
    c.effector_seeding = size * (1 - c.resident_memory_reseeding * c.field_at_risk - amplified)


def organ_constants(c: Values) -> None:
    """Avidity by liability, and the clone and antibody that it keeps at rest."""
    liability = {organ: c[f"{organ}_liability"] for organ in ORGANS}
    liability["thyroid"] += c.family_history * c.family_history_liability + c.smoker * c.smoking_liability
    for organ in ORGANS:
        c[f"{organ}_avidity"] = c[f"{organ}_median_avidity"] * growth(c.avidity_spread, liability[organ])
        tolerance = c[f"{organ}_tolerance"] = 1 - c[f"{organ}_avidity"]
        c[f"{organ}_b_clone_rate"] = c.b_clone_turnover_rate * c[f"{organ}_tempo"]
        root = np.sqrt(tolerance**2 + 4 * c.b_clone_seed / c.b_clone_capacity)
        clone = c[f"{organ}_b_clone_0"] = 2 * c.b_clone_seed / (tolerance + root)
        c[f"{organ}_antibody_0"] = clone / (1 + clone)
        c[f"{organ}_health"] = c.disease_titre - c[f"{organ}_antibody_0"]


def baseline(p: Mapping[str, float], on: Mapping[str, float]) -> dict[str, float]:
    """Section 3: the untreated state of all 70 pools."""
    c = Values({**p, **constants(p, on)})
    y = Values(dict.fromkeys(OWNER, 0.0))
    for pool in (
        *(*CYTOKINES, "cortisol", "steroid_receptor", "autoreactive_cd4", "autoreactive_helpers"),
        *("thyroid_hormone", "platelets", "relapse_repertoire"),
    ):
        y[pool] = 1.0
    for organ in ORGANS:
        y[f"{organ}_b_clone"] = c[f"{organ}_b_clone_0"]
        y[f"{organ}_antibody"] = y[f"{organ}_regulation"] = c[f"{organ}_antibody_0"]
    y.acquired_regulation = c.acquired_regulation_0
    for x in SUBSETS:
        y[f"{x}_blood"] = c[f"{x}_count_0"]
        y[f"{x}_lymphoid"] = c[f"{x}_lymphoid_0"]
    y.recent_cd4, y.recent_cd8 = c.recent_cd4_0, c.recent_cd8_0
    y.transitional_b = c.transitional_b_0
    y.nk_cells = c.nk_count_0
    y.autoreactive_cd8_effector = y.autoreactive_resident_memory = c.follicle_clone_size
    y.privilege_loss = c.privilege_loss_0
    y.anagen_follicles = y.hair_cover = c.anagen_0
    for stage, leak in {"dystrophic": "follicle", "catagen": "catagen", "resting": "resting"}.items():
        y[f"{stage}_follicles"] = c[f"{leak}_leak"] * c.anagen_0
    y.dormant_follicles = c.dormant_leak * c.anagen_0
    y.melanocyte_function = c.melanocyte_function_0
    y.pigmented_hair = c.anagen_0 * c.melanocyte_function_0
    return dict(y)


def signals(y: Values, c: Values, u: Mapping[str, float], on: Mapping[str, float]) -> Values:
    """Section 4: what the pools tell each other."""
    s = Values()
    antibody_signals(s, y, c)
    steroid_signals(s, y, c)
    division_signals(s, y, c)
    demand_signals(s, y, c)
    clone_signals(s, y, c, on)
    skin_signals(s, y, c, Values(u), on)
    organ_signals(s, y, c, on)
    relapse_signals(s, y, c, on)
    return s


def fullness(y: Values, c: Values, x: str) -> float:
    """Lymphoid pool of subset x relative to its untreated value."""
    return y[f"{x}_lymphoid"] / c[f"{x}_lymphoid_0"]


def antibody_signals(s: Values, y: Values, c: Values) -> None:
    """Concentrations, what neutralising antibody leaves free of them, and occupancies."""
    s.antibody_concentration = y.antibody_central / c.scaled_central_volume
    s.tissue_antibody_concentration = y.antibody_peripheral / c.scaled_peripheral_volume
    s.neutralisation = c.neutralising_strength * c.anti_drug_antibody * y.ada_titre
    s.free_antibody = s.antibody_concentration * (1 - saturating(s.neutralisation, 1))
    s.free_tissue_antibody = s.tissue_antibody_concentration * (1 - saturating(s.neutralisation, 1))
    s.lytic_occupancy = hill(s.free_antibody, c.lysis_ec50, 2)
    s.tissue_occupancy = saturating(s.free_tissue_antibody, c.tissue_lysis_ec50)


def steroid_signals(s: Values, y: Values, c: Values) -> None:
    """Steroid in plasma and scalp, and what it and cortisol let leave the lymphoid tissue."""
    s.methylprednisolone_concentration = y.methylprednisolone / c.scaled_methylprednisolone_volume
    s.prednisolone_concentration = y.prednisolone / c.scaled_prednisolone_volume
    equivalents = c.prednisolone_relative_potency * s.prednisolone_concentration
    s.steroid_concentration = s.methylprednisolone_concentration + equivalents
    s.receptor_ligand = c.cortisol_egress_weight * y.cortisol + s.steroid_concentration / c.egress_ic50
    s.egress_permission = (1 + c.cortisol_egress_weight) / (1 + y.steroid_receptor * s.receptor_ligand)
    for k in ("cd4", "cd8", "b"):
        insensitive = c[f"{k}_egress_insensitive_fraction"]
        s[f"{k}_egress"] = insensitive + (1 - insensitive) * s.egress_permission
    s.receptor_occupancy = saturating(s.steroid_concentration, c.glucocorticoid_ec50)
    s.local_steroid = c.scalp_coverage * saturating(y.triamcinolone_depot, c.triamcinolone_half_depot)
    left = c.triamcinolone_half_depot + (1 - c.scalp_coverage) * y.triamcinolone_depot
    s.local_steroid_loss = c.scalp_coverage * y.triamcinolone_depot / left


def division_signals(s: Values, y: Values, c: Values) -> None:
    """Division drives under fumarate, and help."""
    fast, slow = (1 - c.fumarate_slow_share) * y.fumarate_effect, c.fumarate_slow_share * y.fumarate_slow_effect
    s.fumarate_inhibition = c.fumarate_sensitivity * (fast + slow)
    for x, cytokine in (
        *(("naive_cd4", y.il7**2), ("naive_cd8", y.il7**2)),
        *(("memory_cd4", y.il7), ("memory_cd8", y.il15)),
    ):
        kind, lineage = x.split("_")
        gain = c.naive_division_boost if kind == "naive" else c[f"{x}_division_boost"]
        sensitivity = c.naive_fumarate_sensitivity if kind == "naive" else c[f"{x}_fumarate_sensitivity"]
        driven = 1 + c[f"{lineage}_division"] * (boost(cytokine, gain) - 1)
        s[f"{x}_division_drive"] = driven / (1 + sensitivity * s.fumarate_inhibition)
    s.thymic_drive = boost(y.il7, c.thymic_rebound)
    consumption = c.il2_nonspecific_fraction + (1 - c.il2_nonspecific_fraction) * fullness(y, c, "treg")
    s.il2 = fullness(y, c, "memory_cd4") / consumption
    s.b_cell_help = boost(fullness(y, c, "memory_cd4"), c.b_help_half_saturation)
    s.baff_survival = (1 + c.baff_survival_half_effect) / (c.baff_survival_half_effect + y.baff)


def demand_signals(s: Values, y: Values, c: Values) -> None:
    """The demand of the lymphocytes for their cytokines."""
    naive, cd4, memory_cd8, memory_b = c.il7_naive_share, c.il7_cd4_share, c.il15_memory_cd8_share, c.baff_memory_share
    cd4_demand = naive * fullness(y, c, "naive_cd4") + (1 - naive) * fullness(y, c, "memory_cd4")
    cd8_demand = naive * fullness(y, c, "naive_cd8") + (1 - naive) * fullness(y, c, "memory_cd8")
    s.il7_demand = cd4 * cd4_demand + (1 - cd4) * cd8_demand
    s.il15_demand = memory_cd8 * fullness(y, c, "memory_cd8") + (1 - memory_cd8) * y.nk_cells / c.nk_count_0
    s.baff_demand = (1 - memory_b) * fullness(y, c, "naive_b") + memory_b * fullness(y, c, "memory_b")


def clone_signals(s: Values, y: Values, c: Values, on: Mapping[str, float]) -> None:
    """What lets autoreactive helper cells grow in an empty body."""
    for k in LINEAGES:
        now = y[f"naive_{k}_lymphoid"] + y[f"recent_{k}"]
        s[f"naive_{k}_in_tissue"] = now / (c[f"naive_{k}_lymphoid_0"] + c[f"recent_{k}_0"])
    m4, n4, m8 = c.memory_cd4_competition_share, c.naive_cd4_competition_share, c.memory_cd8_competition_share
    s.tissue_t_cells = (
        m4 * fullness(y, c, "memory_cd4")
        + n4 * s.naive_cd4_in_tissue
        + m8 * fullness(y, c, "memory_cd8")
        + (1 - m4 - n4 - m8) * s.naive_cd8_in_tissue
    )
    competing = on["self_antigen_competition"]
    s.antigen_access = 1 + competing * (restraint(s.tissue_t_cells, c.antigen_competition) - 1)
    switch = hill(excess(y.il7, 1), c.clone_il7_half_effect, 2)
    s.lymphopenia_switch = on["clone_lymphopenia_response"] * switch
    s.clone_il7_switch = 1 + c.clone_il7_boost * s.lymphopenia_switch
    s.helper_il7_switch = 1 + c.helper_il7_boost * s.lymphopenia_switch
    s.helper_treg_release = restraint(fullness(y, c, "treg"), c.helper_treg_restraint)
    s.treg_release = restraint(fullness(y, c, "treg"), c.treg_restraint)


def skin_signals(s: Values, y: Values, c: Values, u: Values, on: Mapping[str, float]) -> None:
    """What the clone does to the follicle, and what regulation and drugs leave of it."""
    s.effector_il15_drive = boost(y.il15, c.effector_il15_boost)
    s.clone_help = boost(y.autoreactive_cd4, c.clone_help_half_saturation)
    s.immune_privilege = 1 - y.privilege_loss
    s.follicle_antigen = c.antigen_without_anagen + (1 - c.antigen_without_anagen) * y.anagen_follicles
    s.clone_activation = saturating(c.antigen_amplification * s.follicle_antigen * y.privilege_loss, 1)
    regulated = on["acquired_regulation"] * c.acquired_regulation_effect * y.acquired_regulation
    treated = on["topical_immunotherapy"] * u.topical_immunotherapy
    s.effective_amplification = c.antigen_amplification * (1 - regulated) * (1 - treated)
    systemic = 1 - c.interferon_suppression_fraction * y.glucocorticoid_effect
    s.interferon_gamma = y.autoreactive_cd8_effector * systemic * (1 - on["corticosteroids"] * s.local_steroid)


def organ_signals(s: Values, y: Values, c: Values, on: Mapping[str, float]) -> None:
    """The pressure on B-cell tolerance, disease, and what the thyroid is told."""
    b = fullness(y, c, "naive_b")
    s.naive_b_excess = b - (1 - on["b_cell_overshoot"]) * excess(b, 1)
    overshoot = s.naive_b_excess * (1 + c.b_clone_overshoot_weight * (s.naive_b_excess - 1))
    release = 1 + c.b_clone_release_weight * (s.helper_treg_release - 1)
    s.tolerance_pressure = overshoot * release * boost(y.autoreactive_helpers, c.b_clone_help_boost)
    for organ in ORGANS:
        above = excess(y[f"{organ}_antibody"], c.disease_titre)
        s[f"{organ}_disease"] = hill(above, c.diagnosis_margin, 2)
    s.tsh = (1 + c.tsh_feedback) / (c.tsh_feedback + y.thyroid_hormone**3)
    above_rest = y.thyroid_antibody - c.thyroid_antibody_0
    s.thyroid_stimulation = s.tsh + c.thyroid_antibody_strength * above_rest


def relapse_signals(s: Values, y: Values, c: Values, on: Mapping[str, float]) -> None:
    """Lysis of memory CD4 cells as the repertoire of relapses feels it, and how fast a deficit passes."""
    lysed = sum(lysis_of(y, c, s, "memory_cd4")) * on["depletion"] * on["t_cell_homeostasis"]
    cells = y.memory_cd4_blood + y.memory_cd4_lymphoid + c.memory_cd4_lymphoid_0 / 1e12
    s.memory_cd4_lysis_per_cell = lysed / cells
    acting = hill(y.glucocorticoid_effect, c.recovery_steroid_half_effect, 2)
    faster = 1 + on["corticosteroids"] * (c.recovery_steroid_factor - 1) * acting
    s.deficit_recovery_rate = faster / c.deficit_recovery_time


def lysis_of(y: Values, c: Values, s: Values, x: str) -> tuple[float, float]:
    """Lysis of subset x in blood and in tissue, were depletion on."""
    strength = c.depletion_efficiency * c[f"{x}_lysability"]
    in_blood = strength * c.blood_lysis_rate * s.lytic_occupancy * y[f"{x}_blood"]
    return in_blood, strength * c.tissue_lysis_rate * s.tissue_occupancy * y[f"{x}_lymphoid"]


def antibody_kinetics(y: Values, c: Values, s: Values, u: Values, on: Values) -> Iterator[Row]:
    """Two compartments; saturable loss is in depletion."""
    central, peripheral = "antibody_central", "antibody_peripheral"
    slowed = 1 - c.ada_clearance_effect * saturating(s.neutralisation, 1)
    forth = c.scaled_intercompartmental_clearance * s.antibody_concentration
    back = c.scaled_intercompartmental_clearance * s.tissue_antibody_concentration
    yield "infusion of alemtuzumab", None, central, u.alemtuzumab_infusion
    yield "clearance of alemtuzumab", central, None, c.scaled_clearance * slowed * s.antibody_concentration
    yield "distribution of alemtuzumab to tissue", central, peripheral, forth
    yield "return of alemtuzumab from tissue", peripheral, central, back


def anti_drug_antibody(y: Values, c: Values, s: Values, u: Values, on: Values) -> Iterator[Row]:
    """Priming, a memory that does not fade, and a titre that memory raises and keeps."""
    priming, memory, titre = "ada_priming", "ada_memory", "ada_titre"
    formed = c.ada_memory_rate * y[priming]
    secreted = c.ada_rate * y[priming] ** 2 * (1 + c.ada_boost * y[memory] ** 2)
    lost = c.ada_loss_rate * y[titre] / (1 + c.ada_persistence * y[memory] ** 2)
    stimulated = saturating(s.antibody_concentration, c.ada_stimulation)
    yield "priming against alemtuzumab", None, priming, c.ada_rate * stimulated
    yield "end of priming against alemtuzumab", priming, None, c.ada_rate * y[priming]
    yield "formation of memory of alemtuzumab", None, memory, formed
    yield "saturation of memory of alemtuzumab", memory, None, formed * y[memory]
    yield "secretion of antibody against alemtuzumab", None, titre, secreted
    yield "loss of antibody against alemtuzumab", titre, None, lost


def depletion(y: Values, c: Values, s: Values, u: Values, on: Values) -> Iterator[Row]:
    """Lysis by the antibody; only cells that can be lysed (pools that are on) consume antibody."""
    lysed_in_blood = lysed_in_tissue = 0.0
    for x in SUBSETS:
        blood, lymphoid = f"{x}_blood", f"{x}_lymphoid"
        from_blood, from_tissue = lysis_of(y, c, s, x)
        yield f"lysis of {LABEL[x]} in blood", blood, None, from_blood
        yield f"lysis of {LABEL[x]} in tissue", lymphoid, None, from_tissue
        lysed_in_blood = lysed_in_blood + on[OWNER[blood]] * from_blood
        lysed_in_tissue = lysed_in_tissue + on[OWNER[lymphoid]] * from_tissue
    in_blood = c.blood_lysis_rate * s.lytic_occupancy
    exposed = c.transitional_b_lysability * c.transitional_b_blood_fraction * y.transitional_b
    yield "lysis of transitional B cells", "transitional_b", None, c.depletion_efficiency * in_blood * exposed
    everywhere = in_blood * c.recent_blood_fraction + c.tissue_lysis_rate * s.tissue_occupancy
    for k, label in LINEAGES.items():
        strength = c.depletion_efficiency * c[f"naive_{k}_lysability"] * c.recent_lysability
        yield f"lysis of recent {label} emigrants", f"recent_{k}", None, strength * everywhere * y[f"recent_{k}"]
    nk_lysis = c.depletion_efficiency * c.nk_lysis_rate * s.lytic_occupancy * y.nk_cells
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
    """Export of new naive T cells, raised by IL-7, where they are not followed as recent emigrants first."""
    direct = 1 - on.recent_emigrants**2
    for k, label in LINEAGES.items():
        export = c[f"naive_{k}_export"] * s.thymic_drive
        yield f"thymic export of naive {label} T cells", None, f"naive_{k}_lymphoid", direct * export


def recent_emigrants(y: Values, c: Values, s: Values, u: Values, on: Values) -> Iterator[Row]:
    """Cells that left the thymus within a month, and their maturation into naive cells."""
    for k, label in LINEAGES.items():
        recent, export = f"recent_{k}", c[f"naive_{k}_export"] * s.thymic_drive
        gated = on.recent_emigrants * on.thymopoiesis * export
        yield f"thymic export of recent {label} emigrants", None, recent, gated
        matured = c.recent_maturation_rate * y[recent]
        yield f"maturation of recent {label} emigrants", recent, f"naive_{k}_lymphoid", matured


def t_cell_homeostasis(y: Values, c: Values, s: Values, u: Values, on: Values) -> Iterator[Row]:
    """Division, death and activation of naive and memory T cells."""
    for k, label in LINEAGES.items():
        naive, memory = f"naive_{k}_lymphoid", f"memory_{k}_lymphoid"
        memory_drive = s[f"memory_{k}_division_drive"]
        naive_division = c[f"naive_{k}_division_rate"] * s[f"naive_{k}_division_drive"] * y[naive]
        activation = c[f"naive_{k}_activation_rate"] * memory_drive * y[naive]
        expansion = (c[f"memory_{k}_burst"] - 1) * activation
        memory_division = c[f"memory_{k}_division_rate"] * memory_drive * y[memory]
        yield f"division of naive {label} T cells", None, naive, naive_division
        yield f"death of naive {label} T cells", naive, None, c[f"naive_{k}_death_rate"] * y[naive]
        yield f"activation of naive {label} T cells", naive, memory, activation
        yield f"clonal expansion of activated naive {label} T cells", None, memory, expansion
        yield f"division of memory {label} T cells", None, memory, memory_division
        yield f"death of memory {label} T cells", memory, None, c[f"memory_{k}_turnover_rate"] * y[memory]


def regulatory_t_cells(y: Values, c: Values, s: Values, u: Values, on: Values) -> Iterator[Row]:
    """Treg come from thymus, from memory CD4 cells and from division on IL-2."""
    treg, memory = "treg_lymphoid", "memory_cd4_lymphoid"
    division = c.treg_division_rate * boost(s.il2, c.treg_division_boost) * y.treg_lymphoid
    yield "thymic export of regulatory T cells", None, treg, c.treg_export
    yield "conversion of memory CD4 T cells", memory, treg, c.treg_conversion_rate * y.memory_cd4_lymphoid
    yield "division of regulatory T cells", None, treg, division
    yield "death of regulatory T cells", treg, None, c.treg_turnover_rate * y.treg_lymphoid


def b_cell_repopulation(y: Values, c: Values, s: Values, u: Values, on: Values) -> Iterator[Row]:
    """Marrow to transitional to naive to memory B cells; fumarate slows the marrow."""
    transitional, naive, memory = "transitional_b", "naive_b_lymphoid", "memory_b_lymphoid"
    output = c.transitional_b_output / (1 + c.b_fumarate_sensitivity * s.fumarate_inhibition)
    maturation = c.transitional_b_maturation_rate * y.baff * y.transitional_b
    activation = c.naive_b_activation_rate * s.b_cell_help * y.naive_b_lymphoid
    naive_death = c.naive_b_death_rate * s.baff_survival * y.naive_b_lymphoid
    yield "marrow output of transitional B cells", None, transitional, output
    yield "maturation of transitional B cells", transitional, naive, maturation
    yield "death of transitional B cells", transitional, None, c.transitional_b_death_rate * y.transitional_b
    yield "death of naive B cells", naive, None, naive_death
    yield "activation of naive B cells", naive, memory, activation
    yield "clonal expansion of activated naive B cells", None, memory, (c.memory_b_burst - 1) * activation
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
    """Three drugs, the body's own cortisol, two effects with their own memory, and apoptosis."""
    yield from steroid_drugs(y, c, u)
    signal, effect = "glucocorticoid_signal", "glucocorticoid_effect"
    secretion = c.cortisol_turnover_rate * inhibited_by(s.steroid_concentration, c.cortisol_secretion_ic50)
    tissue_occupancy = saturating(s.steroid_concentration, c.tissue_steroid_ec50)
    yield "secretion of cortisol", None, "cortisol", secretion
    yield "clearance of cortisol", "cortisol", None, c.cortisol_turnover_rate * y.cortisol
    yield "onset of the genomic steroid signal", None, signal, c.glucocorticoid_signal_rate * s.receptor_occupancy
    yield "offset of the genomic steroid signal", signal, None, c.glucocorticoid_signal_rate * y[signal]
    onset = c.glucocorticoid_onset_rate * tissue_occupancy * (1 - y[effect])
    yield "onset of the tissue steroid effect", None, effect, onset
    yield "offset of the tissue steroid effect", effect, None, c.glucocorticoid_offset_rate * y[effect]
    rates = dict.fromkeys(T_SUBSETS, c.t_cell_steroid_apoptosis_rate)
    rates |= {"treg": c.treg_steroid_apoptosis_rate}
    rates |= dict.fromkeys(("naive_b", "memory_b"), c.b_cell_steroid_apoptosis_rate)
    for x, rate in rates.items():
        lymphoid = f"{x}_lymphoid"
        yield f"steroid apoptosis of {LABEL[x]}", lymphoid, None, rate * y[signal] * y[lymphoid]


def steroid_drugs(y: Values, c: Values, u: Values) -> Iterator[Row]:
    """Methylprednisolone in two compartments, prednisolone by mouth, triamcinolone in the scalp."""
    methyl, deep = "methylprednisolone", "methylprednisolone_deep"
    gut, oral, depot = "prednisolone_gut", "prednisolone", "triamcinolone_depot"
    flow = c.methylprednisolone_intercompartmental_clearance
    infused = c.methylprednisolone_available_fraction * u.methylprednisolone_infusion
    yield "infusion of methylprednisolone", None, methyl, infused
    yield "elimination of methylprednisolone", methyl, None, c.methylprednisolone_elimination_rate * y[methyl]
    yield "distribution of methylprednisolone", methyl, deep, flow / c.methylprednisolone_volume * y[methyl]
    yield "return of methylprednisolone", deep, methyl, flow / c.methylprednisolone_deep_volume * y[deep]
    yield "absorption of prednisolone", gut, oral, c.prednisolone_absorption_rate * y[gut]
    yield "elimination of prednisolone", oral, None, c.prednisolone_elimination_rate * y[oral]
    yield "dissolution of triamcinolone", depot, None, c.triamcinolone_dissolution_rate * y[depot]


def steroid_tolerance(y: Values, c: Values, s: Values, u: Values, on: Values) -> Iterator[Row]:
    """A receptor that falls where it is occupied more than by untreated cortisol."""
    depth = c.receptor_downregulation
    untreated, now = (1 + depth * saturating(ligand, 1) for ligand in (c.cortisol_egress_weight, s.receptor_ligand))
    yield "synthesis of steroid receptor", None, "steroid_receptor", c.receptor_turnover_rate * untreated / now
    yield "turnover of steroid receptor", "steroid_receptor", None, c.receptor_turnover_rate * y.steroid_receptor


def prior_therapy(y: Values, c: Values, s: Values, u: Values, on: Values) -> Iterator[Row]:
    """Dimethyl fumarate: an effect, and a slow one that follows it."""
    fast, slow = "fumarate_effect", "fumarate_slow_effect"
    yield "onset of the fumarate effect", None, fast, c.fumarate_effect_rate * u.dimethyl_fumarate
    yield "offset of the fumarate effect", fast, None, c.fumarate_effect_rate * y[fast]
    yield "onset of the slow fumarate effect", None, slow, c.fumarate_slow_rate * y[fast]
    yield "offset of the slow fumarate effect", slow, None, c.fumarate_slow_rate * y[slow]


def autoreactive_escape(y: Values, c: Values, s: Values, u: Values, on: Values) -> Iterator[Row]:
    """The helper clone of the skin, follicular effectors and resident memory."""
    yield from helper_clone(y, c, s, on)
    yield from follicular_effectors(y, c, s, on)


def helper_clone(y: Values, c: Values, s: Values, on: Values) -> Iterator[Row]:
    """Recruitment, crowded division and the losses of the autoreactive CD4 clone."""
    pool, label, clone = "autoreactive_cd4", "autoreactive CD4 cells", y.autoreactive_cd4
    division = c.clone_division_rate * s.clone_il7_switch * s.treg_release * s.antigen_access * clone
    death = c.clone_turnover_rate * (1 + clone / c.clone_capacity) * clone
    lysis = on.depletion * c.depletion_efficiency * c.clone_lysis_rate * s.lytic_occupancy * clone
    steroid_loss = c.helper_steroid_loss_rate * y.glucocorticoid_effect * s.clone_activation * clone
    yield f"recruitment of {label}", None, pool, c.clone_recruitment_rate * s.naive_cd4_in_tissue
    yield f"division of {label}", None, pool, division
    yield f"death of {label}", pool, None, death
    yield f"lysis of {label}", pool, None, lysis
    yield f"steroid loss of {label}", pool, None, steroid_loss


def follicular_effectors(y: Values, c: Values, s: Values, on: Values) -> Iterator[Row]:
    """Effectors seeded by the clone, amplified by exposed antigen, reseeded by resident memory."""
    pool, memory, effectors = "autoreactive_cd8_effector", "autoreactive_resident_memory", y.autoreactive_cd8_effector
    drive = s.treg_release * s.effector_il15_drive
    help_and_drug = y.autoreactive_cd4 * s.clone_help * (1 - y.glucocorticoid_effect)
    seeding = c.effector_loss_rate * c.effector_seeding * help_and_drug * drive
    reseeding = c.effector_loss_rate * c.resident_memory_reseeding * c.field_at_risk * y[memory]
    exposed = drive * s.follicle_antigen * y.privilege_loss
    growing = effectors * inhibited_by(effectors, c.effector_capacity)
    amplification = c.effector_loss_rate * s.effective_amplification * exposed * growing
    steroid_loss = c.effector_steroid_loss_rate * y.glucocorticoid_effect * effectors
    local_loss = on.corticosteroids * c.effector_loss_rate * s.local_steroid_loss * effectors
    yield "seeding of effectors", None, pool, seeding
    yield "reseeding of effectors from resident memory", None, pool, reseeding
    yield "amplification of effectors by antigen", None, pool, amplification
    yield "loss of effectors", pool, None, c.effector_loss_rate * effectors
    yield "steroid loss of effectors", pool, None, steroid_loss
    yield "loss of effectors to local steroid", pool, None, local_loss
    yield "settling of resident memory", None, memory, c.resident_memory_rate * effectors
    yield "loss of resident memory", memory, None, c.resident_memory_rate * y[memory]


def immune_challenges(y: Values, c: Values, s: Values, u: Values, on: Values) -> Iterator[Row]:
    """An infection or vaccination that wakes resident memory."""
    awakened = u.immune_challenge * c.challenge_gain * y.autoreactive_resident_memory
    yield "awakening of resident memory", None, "autoreactive_cd8_effector", awakened


def acquired_regulation(y: Values, c: Values, s: Values, u: Values, on: Values) -> Iterator[Row]:
    """Regulation that the attack itself calls up, in the skin and against each autoantibody."""
    skin, rate = "acquired_regulation", c.acquired_regulation_rate
    yield "rise of acquired regulation", None, skin, rate * saturating(y.autoreactive_cd8_effector, 1)
    yield "decay of acquired regulation", skin, None, rate * y[skin]
    for organ, name in ORGANS.items():
        clone, regulation, label = f"{organ}_b_clone", f"{organ}_regulation", f"regulation of the {name} B clone"
        strength = c[f"{organ}_b_clone_rate"] * c[f"{organ}_regulation_strength"] * y[clone]
        risen = c.humoral_regulation_rate * y[f"{organ}_antibody"]
        yield label, clone, None, strength * y[regulation]
        yield f"tolerated {label}", None, clone, strength * c[f"{organ}_antibody_0"]
        yield f"rise of the {label}", None, regulation, risen
        yield f"decay of the {label}", regulation, None, c.humoral_regulation_rate * y[regulation]


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


def follicle_dormancy(y: Values, c: Values, s: Values, u: Values, on: Values) -> Iterator[Row]:
    """Resting follicles that stop waiting, and wake where privilege is back."""
    resting, dormant = "resting_follicles", "dormant_follicles"
    onset = c.follicle_dormancy_rate * y.privilege_loss * y[resting]
    yield "onset of dormancy", resting, dormant, onset
    yield "end of dormancy", dormant, resting, s.immune_privilege * y[dormant] / c.dormant_duration


def pigmentation(y: Values, c: Values, s: Values, u: Values, on: Values) -> Iterator[Row]:
    """Melanocytes that are lost with privilege, and the pigment of hair that grows."""
    melanocytes, hair = "melanocyte_function", "pigmented_hair"
    returning = s.immune_privilege * (1 - y[melanocytes]) / c.melanocyte_return_time
    yield "return of melanocytes", None, melanocytes, returning
    yield "loss of melanocytes", melanocytes, None, c.melanocyte_loss_rate * y.privilege_loss * y[melanocytes]
    yield "growth of pigmented hair", None, hair, c.hair_growth_rate * y.anagen_follicles * y[melanocytes]
    yield "shedding of pigmented hair", hair, None, c.hair_growth_rate * y[hair]


def humoral_autoimmunity(y: Values, c: Values, s: Values, u: Values, on: Values) -> Iterator[Row]:
    """Helpers, the B clone and antibody of each organ, and the two organs whose function is followed."""
    pool, label, helpers = "autoreactive_helpers", "helpers of autoreactive B cells", y.autoreactive_helpers
    growing = c.helper_division_rate * s.helper_il7_switch * s.helper_treg_release * s.antigen_access * helpers
    dying = c.helper_turnover_rate * (1 + helpers / c.helper_capacity) * helpers
    yield f"recruitment of {label}", None, pool, c.helper_recruitment_rate * s.naive_cd4_in_tissue
    yield f"division of {label}", None, pool, growing
    yield f"death of {label}", pool, None, dying
    for organ, name in ORGANS.items():
        yield from b_clone(y, c, s, on, organ, name)
    hormone = c.thyroid_hormone_turnover_rate * boost(s.thyroid_stimulation, c.thyroid_reserve)
    production = c.platelet_turnover_rate + c.platelet_antibody_loss_rate * c.platelet_antibody_0
    destruction = c.platelet_antibody_loss_rate * y.platelet_antibody * y.platelets
    yield "secretion of thyroid hormone", None, "thyroid_hormone", hormone
    yield "clearance of thyroid hormone", "thyroid_hormone", None, c.thyroid_hormone_turnover_rate * y.thyroid_hormone
    yield "production of platelets", None, "platelets", production
    yield "ageing of platelets", "platelets", None, c.platelet_turnover_rate * y.platelets
    yield "destruction of opsonised platelets", "platelets", None, destruction


def b_clone(y: Values, c: Values, s: Values, on: Values, organ: str, name: str) -> Iterator[Row]:
    """The autoreactive B clone of an organ, its antibody, and the time for which that is illness."""
    pool, antibody, illness, label = f"{organ}_b_clone", f"{organ}_antibody", f"{organ}_illness", f"{name} B clone"
    rate, clone = c[f"{organ}_b_clone_rate"], y[pool]
    proliferation = rate * c[f"{organ}_avidity"] * s.tolerance_pressure * clone
    death = rate * (1 + clone / c.b_clone_capacity) * clone
    lysis = on.depletion * c.depletion_efficiency * c.b_clone_lysis_rate * s.lytic_occupancy * clone
    yield f"seeding of the {label}", None, pool, rate * c.b_clone_seed
    yield f"proliferation of the {label}", None, pool, proliferation
    yield f"death of the {label}", pool, None, death
    yield f"lysis of the {label}", pool, None, lysis
    yield f"secretion of {name} antibody", None, antibody, c.autoantibody_rate * saturating(clone, 1)
    yield f"clearance of {name} antibody", antibody, None, c.autoantibody_rate * y[antibody]
    yield f"time with {name} illness", None, illness, s[f"{organ}_disease"] / c.days_per_year


def relapse(y: Values, c: Values, s: Values, u: Values, on: Values) -> Iterator[Row]:
    """The repertoire that causes relapses, and the deficit that they leave."""
    repertoire, deficit, lasting = "relapse_repertoire", "relapse_deficit", "lasting_deficit"
    renewal, recovery = c.repertoire_renewal_rate, s.deficit_recovery_rate
    deletion = c.repertoire_deletion_ratio * s.memory_cd4_lysis_per_cell * y[repertoire]
    passing, staying = (1 - c.lasting_deficit_fraction) * recovery, c.lasting_deficit_fraction * recovery
    yield "renewal of the repertoire of relapses", None, repertoire, renewal
    yield "ageing of the repertoire of relapses", repertoire, None, renewal * y[repertoire]
    yield "deletion from the repertoire of relapses", repertoire, None, deletion
    yield "recovery from relapses", deficit, None, passing * y[deficit]
    yield "floor of the recovery from relapses", None, deficit, passing * y[lasting]
    yield "settling of the lasting deficit", None, lasting, staying * y[deficit]
    yield "completion of the lasting deficit", lasting, None, staying * y[lasting]


Mechanism = Callable[[Values, Values, Values, Values, Values], Iterator[Row]]
MECHANISMS: dict[str, Mechanism] = {
    mechanism.__name__: mechanism
    for mechanism in (
        antibody_kinetics, anti_drug_antibody, depletion, trafficking, thymopoiesis, recent_emigrants,
        t_cell_homeostasis, regulatory_t_cells, b_cell_repopulation, nk_cells, other_lymphocytes, cytokines,
        corticosteroids, steroid_tolerance, prior_therapy, autoreactive_escape, immune_challenges,
        acquired_regulation, hair_follicle, follicle_dormancy, pigmentation, humoral_autoimmunity, relapse,
    )
}  # fmt: skip
SWITCHES = (
    *MECHANISMS,
    *("clone_lymphopenia_response", "self_antigen_competition", "b_cell_overshoot", "topical_immunotherapy"),
)


def processes(
    y: Mapping[str, float], p: Mapping[str, float], u: Mapping[str, float], on: Mapping[str, float]
) -> list[Process]:
    """Section 5, mechanism by mechanism; a process that does not run is listed with rate 0."""
    c = Values({**p, **constants(p, on)})
    y_, u_, on_ = Values(y), Values(u), Values(on)
    s = signals(y_, c, u_, on_)
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
    """Rate of every process by its name on the page, X written out (`lysis of naive CD4 T cells in blood`)."""
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
    s = signals(y_, c, u, on)
    count_readouts(r, y_, c, s)
    r.alemtuzumab_serum, r.neutralising_titre = s.antibody_concentration, s.neutralisation
    r.methylprednisolone_plasma = s.methylprednisolone_concentration
    r.prednisolone_plasma = s.prednisolone_concentration
    r.salt_score = 100 * c.field_at_risk * (1 - y_.hair_cover / c.anagen_0)
    r.interferon_gamma, r.immune_privilege, r.tsh = s.interferon_gamma, s.immune_privilege, s.tsh
    r.clone_size = y_.autoreactive_cd4
    r.platelet_count = c.untreated_platelet_count * y_.platelets
    r.gbm_injury = saturating(excess(y_.gbm_antibody, c.gbm_antibody_0), c.gbm_injury_half_titre)
    r.hair_pull = y_.dystrophic_follicles / (y_.dystrophic_follicles + y_.anagen_follicles)
    r.white_hair = on["pigmentation"] * (1 - y_.pigmented_hair / y_.hair_cover)
    for organ in ORGANS:
        r[f"{organ}_hazard"] = c.diagnosis_rate * s[f"{organ}_disease"]
        r[f"{organ}_cumulative_hazard"] = c.diagnosis_rate * y_[f"{organ}_illness"]
        r[f"{organ}_diagnosis"] = hill(r[f"{organ}_cumulative_hazard"], c[f"{organ}_draw"], 3)
    r.relapse_rate = c.untreated_relapse_rate * y_.relapse_repertoire
    return dict(r)


def count_readouts(r: Values, y: Values, c: Values, s: Values) -> None:
    """The blood count and its shares; recent emigrants in blood count as naive cells."""
    naive_cd4 = y.naive_cd4_blood + c.recent_blood_fraction * s.cd4_egress * y.recent_cd4
    naive_cd8 = y.naive_cd8_blood + c.recent_blood_fraction * s.cd8_egress * y.recent_cd8
    r.cd4 = naive_cd4 + y.memory_cd4_blood + y.treg_blood
    r.cd8 = naive_cd8 + y.memory_cd8_blood
    r.cd19 = c.transitional_b_blood_fraction * y.transitional_b + y.naive_b_blood + y.memory_b_blood
    r.nk, r.other_lymphocytes = y.nk_cells, y.other_blood
    r.lymphocytes = (r.cd4 + r.cd8 + r.cd19 + r.nk + y.other_blood) / 1000
    r.treg_fraction_of_cd4 = y.treg_blood / r.cd4
    r.naive_fraction_of_cd4 = naive_cd4 / r.cd4
