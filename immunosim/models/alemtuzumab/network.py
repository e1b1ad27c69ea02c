"""The model's table of contents: its mechanisms, in reading order.

Equations on one page: docs/equations.md. Values: immunosim/models/alemtuzumab/parameters/default.toml.
"""

from collections.abc import Mapping

from immunosim.model.network import Network
from immunosim.model.readout_info import DefaultQuestions, DisplayGroup
from immunosim.models.alemtuzumab.diagram import LAYOUT
from immunosim.models.alemtuzumab.mechanisms.anti_drug_antibody import (
    add_anti_drug_antibody,
    declare_anti_drug_antibody,
    show_neutralising_titre,
)
from immunosim.models.alemtuzumab.mechanisms.antibody_kinetics import add_antibody_kinetics, show_alemtuzumab
from immunosim.models.alemtuzumab.mechanisms.autoimmune_organs import add_autoimmune_organs
from immunosim.models.alemtuzumab.mechanisms.autoreactive_escape import (
    add_autoreactive_escape,
    declare_acquired_regulation,
    declare_clones,
)
from immunosim.models.alemtuzumab.mechanisms.b_cell_repopulation import add_b_cell_repopulation, declare_transitional_b
from immunosim.models.alemtuzumab.mechanisms.clone_growth import add_tissue_t_cells
from immunosim.models.alemtuzumab.mechanisms.corticosteroids import (
    add_steroid_apoptosis,
    add_steroid_kinetics,
    show_steroids,
)
from immunosim.models.alemtuzumab.mechanisms.cytokines import add_cytokines, declare_cytokines
from immunosim.models.alemtuzumab.mechanisms.depletion import add_depletion, add_depletion_of_emigrants
from immunosim.models.alemtuzumab.mechanisms.hair_follicle import add_hair_follicle, declare_follicles
from immunosim.models.alemtuzumab.mechanisms.humoral_autoimmunity import add_humoral_autoimmunity
from immunosim.models.alemtuzumab.mechanisms.lymphocytes import declare_nk_cells, declare_subsets
from immunosim.models.alemtuzumab.mechanisms.nk_cells import add_nk_cells
from immunosim.models.alemtuzumab.mechanisms.other_lymphocytes import add_other_lymphocytes
from immunosim.models.alemtuzumab.mechanisms.prior_therapy import declare_prior_therapy, inhibition
from immunosim.models.alemtuzumab.mechanisms.regulatory_t_cells import add_regulatory_t_cells, derive_treg_conversion
from immunosim.models.alemtuzumab.mechanisms.relapse import add_relapse
from immunosim.models.alemtuzumab.mechanisms.t_cell_homeostasis import add_t_cell_homeostasis
from immunosim.models.alemtuzumab.mechanisms.thymopoiesis import (
    add_naive_counts,
    add_thymopoiesis,
    declare_recent_emigrants,
    derive_thymic_output,
    mature_shares,
)
from immunosim.models.alemtuzumab.mechanisms.trafficking import add_trafficking
from immunosim.models.alemtuzumab.readouts import add_blood_counts
from immunosim.models.alemtuzumab.scope import SCOPE
from immunosim.models.alemtuzumab.symbols import latex_symbols

MECHANISMS = {
    "antibody_kinetics": ("kinetics of alemtuzumab", "alemtuzumab infusions have no effect"),
    "anti_drug_antibody": ("antibody against alemtuzumab", "no antibody forms; all alemtuzumab stays free"),
    "depletion": ("lysis by alemtuzumab", "the antibody kills nothing and nothing consumes it"),
    "trafficking": ("exchange between blood and tissue", "no cell moves between blood and tissue"),
    "thymopoiesis": ("output of the thymus", "no new naive T cells; peripheral division balances their death"),
    "recent_emigrants": ("recent emigrants of the thymus", "new T cells are naive at once and rarely in blood"),
    "t_cell_homeostasis": ("turnover of naive and memory T cells", "naive and memory T cells stay untreated"),
    "regulatory_t_cells": ("regulatory T cells", "regulatory T cells stay untreated"),
    "b_cell_repopulation": ("B cells", "B cells stay untreated"),
    "nk_cells": ("NK cells", "NK cells stay untreated"),
    "other_lymphocytes": ("other lymphocytes", "other lymphocytes stay untreated"),
    "cytokines": ("IL-7, IL-15 and BAFF", "cytokines stay untreated: lymphopenia drives no division"),
    "corticosteroids": ("corticosteroids and cortisol", "steroid doses have no effect"),
    "steroid_tolerance": ("fall of the occupied steroid receptor", "the receptor stays untreated: no tolerance"),
    "prior_therapy": ("dimethyl fumarate", "dimethyl fumarate has no effect"),
    "autoreactive_escape": ("autoreactive clones", "the clones stay untreated"),
    "clone_lymphopenia_response": ("answer of clones to IL-7", "IL-7 drives no division of autoreactive clones"),
    "self_antigen_competition": ("competition for self-antigen", "other T cells do not hold clones back"),
    "acquired_regulation": ("regulation called up by an attack", "an attack calls up no regulation"),
    "immune_challenges": ("challenges that wake resident memory", "infections and stress wake no resident memory"),
    "topical_immunotherapy": ("topical immunotherapy", "topical immunotherapy has no effect"),
    "hair_follicle": ("hair follicles", "follicles and hair stay untreated"),
    "follicle_dormancy": ("dormant follicles", "no follicle falls dormant"),
    "pigmentation": ("pigment of hair", "hair keeps its colour"),
    "humoral_autoimmunity": ("antibody-mediated autoimmunity", "autoantibody, thyroid and platelets stay untreated"),
    "b_cell_overshoot": ("overshoot of B cells as pressure on tolerance", "B cells above normal add no pressure"),
    "relapse": ("MS relapses", "the relapse hazard stays untreated, a deficit stays"),
}

GROUPS = {
    "lymphocytes": DisplayGroup("Lymphocytes", "count"),
    "t_cells": DisplayGroup("CD4 and CD8 T cells", "count"),
    "b_and_nk_cells": DisplayGroup("B cells and NK cells", "count"),
    "antibody": DisplayGroup("Alemtuzumab in serum", "level"),
    "hair": DisplayGroup("Hair loss (SALT score)", "score"),
    "autoreactivity": DisplayGroup(
        "Autoreactive cells and immune privilege of the hair follicle",
        "relative",
        "In {letter} the clone is relative to untreated, effectors to half-maximal attack, privilege to intact.",
    ),
    "autoimmunity": DisplayGroup(
        "Secondary autoimmunity, hazard of the median patient (not a risk)", "cumulative_hazard"
    ),
    "relapse": DisplayGroup("Relapse hazard of multiple sclerosis", "hazard"),
}
"""Read-outs that stand together, in the order of the page."""

QUESTIONS = DefaultQuestions(
    endpoints=(
        "nadir of lymphocytes",
        "nadir of cd4",
        "time_below cd4 0.2e9/L",
        "time_below lymphocytes 1e9/L",
        "peak of salt_score",
        "risk relapse_rate",
    ),
    # The count below which prophylaxis is usual, and the lower limits of normal.
    recovery=(("cd4", "0.2e9/L"), ("cd4", "400 cells/uL"), ("lymphocytes", "1e9/L")),
    elasticities=("lymphocytes", "cd4"),
    samples=("lymphocytes", "cd4", "cd8", "cd19"),
    explained="lymphocytes",
)


def declare_plan(net: Network, mechanisms: Mapping[str, tuple[str, str]]) -> None:
    """Declare the mechanisms (label, and what the model does without it) and how read-outs are shown and asked for."""
    for name, (label, off_means) in mechanisms.items():
        net.declare_mechanism(name, label, off_means)
    for name, group in GROUPS.items():
        net.declare_group(name, group)
    net.questions = QUESTIONS
    net.latex_symbols.update(latex_symbols())


def build_network(parameter_units: Mapping[str, str]) -> Network:
    """Declare the whole model over the parameters whose names and units are given."""
    net = Network("alemtuzumab", parameter_units)
    declare_plan(net, MECHANISMS)
    net.diagram = LAYOUT
    net.scope = SCOPE

    declare_anti_drug_antibody(net)
    add_antibody_kinetics(net)
    add_anti_drug_antibody(net)
    derive_thymic_output(net)
    declare_subsets(net, mature_shares(net))
    declare_recent_emigrants(net)
    declare_nk_cells(net)
    declare_transitional_b(net)
    declare_cytokines(net)
    declare_clones(net)
    declare_acquired_regulation(net)
    add_steroid_kinetics(net)
    add_blood_counts(net, *add_naive_counts(net))
    show_alemtuzumab(net)
    show_neutralising_titre(net)
    show_steroids(net)
    declare_prior_therapy(net)
    add_depletion(net, *net.get("free_antibody", "free_tissue_antibody"))
    add_depletion_of_emigrants(net)
    add_trafficking(net)

    derive_treg_conversion(net)
    add_thymopoiesis(net)
    add_t_cell_homeostasis(net)
    add_regulatory_t_cells(net)
    add_b_cell_repopulation(net, inhibition(net, "b"))
    add_nk_cells(net)
    add_other_lymphocytes(net)
    add_cytokines(net)
    add_steroid_apoptosis(net)

    declare_follicles(net)
    add_tissue_t_cells(net)
    add_autoreactive_escape(net)
    add_hair_follicle(net)
    add_humoral_autoimmunity(net)
    add_autoimmune_organs(net)
    add_relapse(net)
    return net
