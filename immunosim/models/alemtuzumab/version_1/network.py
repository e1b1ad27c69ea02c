"""The model's table of contents: its mechanisms, in reading order.

Equations on one page: docs/equations.md. Values: immunosim/models/alemtuzumab/version_1/parameters/default.toml.
"""

from collections.abc import Mapping

import sympy as sp

from immunosim.model.network import Network
from immunosim.models.alemtuzumab.mechanisms.autoreactive_escape import declare_clones
from immunosim.models.alemtuzumab.mechanisms.b_cell_repopulation import (
    add_b_cell_repopulation,
    declare_transitional_b,
)
from immunosim.models.alemtuzumab.mechanisms.corticosteroids import add_steroid_apoptosis
from immunosim.models.alemtuzumab.mechanisms.cytokines import add_cytokines, declare_cytokines
from immunosim.models.alemtuzumab.mechanisms.depletion import add_depletion
from immunosim.models.alemtuzumab.mechanisms.lymphocytes import declare_nk_cells, declare_subsets
from immunosim.models.alemtuzumab.mechanisms.nk_cells import add_nk_cells
from immunosim.models.alemtuzumab.mechanisms.other_lymphocytes import add_other_lymphocytes
from immunosim.models.alemtuzumab.mechanisms.regulatory_t_cells import add_regulatory_t_cells, derive_treg_conversion
from immunosim.models.alemtuzumab.mechanisms.trafficking import add_trafficking
from immunosim.models.alemtuzumab.network import declare_plan
from immunosim.models.alemtuzumab.readouts import add_blood_counts
from immunosim.models.alemtuzumab.version_1.diagram import LAYOUT
from immunosim.models.alemtuzumab.version_1.mechanisms.antibody_kinetics import add_antibody_kinetics
from immunosim.models.alemtuzumab.version_1.mechanisms.autoreactive_escape import add_autoreactive_escape
from immunosim.models.alemtuzumab.version_1.mechanisms.corticosteroids import add_steroid_kinetics
from immunosim.models.alemtuzumab.version_1.mechanisms.hair_follicle import add_hair_follicle, declare_follicles
from immunosim.models.alemtuzumab.version_1.mechanisms.humoral_autoimmunity import add_humoral_autoimmunity
from immunosim.models.alemtuzumab.version_1.mechanisms.prior_therapy import add_prior_therapy
from immunosim.models.alemtuzumab.version_1.mechanisms.relapse import add_relapse
from immunosim.models.alemtuzumab.version_1.mechanisms.t_cell_homeostasis import add_t_cell_homeostasis
from immunosim.models.alemtuzumab.version_1.mechanisms.thymopoiesis import add_thymopoiesis
from immunosim.models.alemtuzumab.version_1.scope import SCOPE

MECHANISMS = {
    "antibody_kinetics": ("kinetics of alemtuzumab", "alemtuzumab infusions have no effect"),
    "depletion": ("lysis by alemtuzumab", "the antibody kills nothing and nothing consumes it"),
    "trafficking": ("exchange between blood and tissue", "no cell moves between blood and tissue"),
    "thymopoiesis": ("output of the thymus", "no new naive T cells; peripheral division balances their death"),
    "t_cell_homeostasis": ("turnover of naive and memory T cells", "naive and memory T cells stay untreated"),
    "regulatory_t_cells": ("regulatory T cells", "regulatory T cells stay untreated"),
    "b_cell_repopulation": ("B cells", "B cells stay untreated"),
    "nk_cells": ("NK cells", "NK cells stay untreated"),
    "other_lymphocytes": ("other lymphocytes", "other lymphocytes stay untreated"),
    "cytokines": ("IL-7, IL-15 and BAFF", "cytokines stay untreated: lymphopenia drives no division"),
    "corticosteroids": ("corticosteroids and cortisol", "steroid doses have no effect"),
    "prior_therapy": ("dimethyl fumarate", "dimethyl fumarate has no effect"),
    "autoreactive_escape": ("autoreactive clones", "the clones stay untreated"),
    "hair_follicle": ("hair follicles", "follicles and hair stay untreated"),
    "humoral_autoimmunity": ("antibody-mediated autoimmunity", "no autoantibody, thyroid and platelets untreated"),
    "relapse": ("MS relapse hazard", "the relapse hazard stays untreated"),
}


def build_network(parameter_units: Mapping[str, str]) -> Network:
    """Declare the whole model over the parameters whose names and units are given."""
    net = Network("alemtuzumab", parameter_units)
    declare_plan(net, MECHANISMS)
    net.diagram = LAYOUT
    net.scope = SCOPE

    declare_subsets(net, {})
    declare_nk_cells(net)
    declare_transitional_b(net)
    declare_cytokines(net)
    declare_clones(net)
    add_blood_counts(net, *net.get("naive_cd4_blood", "naive_cd8_blood"))

    add_antibody_kinetics(net)
    add_steroid_kinetics(net)
    add_depletion(net, *net.get("antibody_concentration", "tissue_antibody_concentration"))
    add_trafficking(net)

    derive_treg_conversion(net)
    add_thymopoiesis(net)
    add_t_cell_homeostasis(net)
    add_regulatory_t_cells(net)
    add_b_cell_repopulation(net, sp.Integer(1))
    add_nk_cells(net)
    add_other_lymphocytes(net)
    add_cytokines(net)
    add_steroid_apoptosis(net)
    add_prior_therapy(net)

    declare_follicles(net)
    add_autoreactive_escape(net)
    add_hair_follicle(net)
    add_humoral_autoimmunity(net)
    add_relapse(net)
    return net
