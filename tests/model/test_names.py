"""The names of the model: the mechanisms that were promised, and the glossary's rules."""

import re

import pytest
import sympy as sp

from immunosim.models.alemtuzumab.network import MECHANISMS

PROMISED = {
    "antibody_kinetics",
    "depletion",
    "trafficking",
    "thymopoiesis",
    "t_cell_homeostasis",
    "regulatory_t_cells",
    "cytokines",
    "b_cell_repopulation",
    "nk_cells",
    "other_lymphocytes",
    "autoreactive_escape",
    "hair_follicle",
    "humoral_autoimmunity",
    "corticosteroids",
    "prior_therapy",
    "relapse",
    *("anti_drug_antibody", "recent_emigrants", "steroid_tolerance"),
    *("clone_lymphopenia_response", "self_antigen_competition", "b_cell_overshoot", "acquired_regulation"),
    *("immune_challenges", "topical_immunotherapy", "follicle_dormancy", "pigmentation"),
}

# Structures that change the rates of other mechanisms and have no process of their own.
MODIFIERS = {"clone_lymphopenia_response", "self_antigen_competition", "b_cell_overshoot", "topical_immunotherapy"}

# Names of cells, molecules and measures that are themselves short; the rest is words.
FIELD_TERMS = {
    *("cd4", "cd8", "cd19", "nk", "b", "t", "il2", "il7", "il15", "baff", "gbm", "tsh", "salt", "treg", "ec50", "ic50"),
    "ada",  # anti-drug antibody
    *("0", "of", "to", "in", "on", "by", "at", "per", "age", "gut", "and", "the", "end"),
}
GLOSSARY_POOLS = {
    *("antibody_central", "antibody_peripheral", "transitional_b", "nk_cells", "il7", "il15", "baff"),
    *(f"{x}_{place}" for x in ("naive_cd4", "memory_cd4", "treg", "naive_cd8") for place in ("blood", "lymphoid")),
    *(f"{x}_{place}" for x in ("memory_cd8", "naive_b", "memory_b") for place in ("blood", "lymphoid")),
    *("autoreactive_cd4", "anagen_follicles", "dystrophic_follicles", "hair_cover"),
    *("methylprednisolone", "glucocorticoid_effect", "triamcinolone_depot"),
}
GLOSSARY_READOUTS = {
    *("lymphocytes", "cd4", "cd8", "cd19", "nk", "treg_fraction_of_cd4", "naive_fraction_of_cd4"),
    *("alemtuzumab_serum", "salt_score"),
}


@pytest.fixture(scope="module")
def names(network):
    tables = (network.parameter_units, network.pools, network.inputs, network.derived, network.signals)
    tables += (network.processes, network.readouts, network.mechanisms)
    return sorted({name for table in tables for name in table})


def test_every_promised_mechanism_exists_and_says_what_off_means():
    assert set(MECHANISMS) == PROMISED
    assert all(label and off_means for label, off_means in MECHANISMS.values())


def test_every_mechanism_does_something(network):
    acting = {process.mechanism for process in network.processes.values()}
    assert PROMISED - acting == MODIFIERS


def test_every_switch_matters(network):
    read = set().union(*(process.rate.free_symbols for process in network.processes.values()))
    read |= set().union(*(item.expression.free_symbols for item in network.derived.values()))
    read |= set().union(*(item.expression.free_symbols for item in network.signals.values()))
    read |= set().union(*(item.expression.free_symbols for item in network.readouts.values()))
    assert {name for name in PROMISED if network.on(name) not in read} == set()


def test_names_are_lower_snake_case(names):
    assert [name for name in names if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name)] == []


def test_names_are_made_of_words_and_of_terms_of_the_field(names):
    def is_word(part):
        return len(part) > 3 and part.isalpha() and re.search(r"[aeiouy]", part)

    # The name of a process is its label spelt out, and labels write IL-7.
    parts = {part for name in names for part in re.sub(r"il_(7|15)$", r"il\1", name).split("_")}
    assert sorted(part for part in parts if not is_word(part) and part not in FIELD_TERMS) == []


def test_pools_and_readouts_bear_the_names_of_the_glossary(network):
    assert set(network.pools) >= GLOSSARY_POOLS
    assert set(network.readouts) >= GLOSSARY_READOUTS


def test_a_name_tells_its_unit(network):
    units = dict(network.parameter_units)
    units |= {name: item.unit for name, item in {**network.derived, **network.signals}.items()}
    for name, unit in units.items():
        if name.endswith("_rate"):
            assert unit in ("1/day", "1/year"), name
        elif name.endswith(("_fraction", "_share", "_exponent", "_scale")):
            assert unit == "1", name
        elif name.endswith("_count"):
            assert unit in ("cells/uL", "1e9/L"), name
        elif name.endswith(("_half_life", "_duration")):
            assert unit == "day", name
        elif name.endswith("_volume"):
            assert unit in ("L", "mL"), name


def test_everything_has_a_label(network):
    for table in (network.pools, network.inputs, network.signals, network.derived, network.readouts, network.processes):
        assert all(item.label.strip() for item in table.values())


def test_absolute_tolerances_have_a_positive_scale_to_stand_on(network):
    assert all(pool.scale > 0 for pool in network.pools.values())


def test_the_latex_of_every_rate_prints_its_laws_as_formulas(network):
    for name, expression in network.assignments().items():
        text = sp.latex(expression)
        assert "operatorname" not in text, name
        assert text.count("{") == text.count("}"), name
