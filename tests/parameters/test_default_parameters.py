"""The default parameter set is complete, sourced, graded and inside its bounds, and has what the equations ask for."""

import math
import re
from collections import Counter
from pathlib import Path

import pytest

from immunosim.models import available_sets, load_parameters, load_references
from immunosim.parameters import EVIDENCE

EQUATIONS = Path(__file__).parents[2] / "docs" / "equations.md"
UNITS = {
    "1", "1/day", "1/year", "1e9/L", "L", "L/day", "cells/uL", "day", "day/year", "kg", "mg", "mg/(cells/uL)", "mg/L",
    "cm2", "mL", "mL/cm2", "mg/cm2", "year",
}  # fmt: skip
KINDS = {
    "_rate": {"1/day", "1/year"},
    "_decline": {"1/year"},
    "_duration": {"day"},
    "_count": {"cells/uL", "1e9/L"},
    "_volume": {"L", "mL"},
    "_clearance": {"L/day"},
    "_fraction": {"1"},
    "_share": {"1"},
    "_boost": {"1"},
    "_scale": {"1"},
}
PARAMETERS = [load_parameters()[name] for name in load_parameters()]


def offenders(is_wrong):
    return [parameter.name for parameter in PARAMETERS if is_wrong(parameter)]


def test_every_value_lies_within_finite_bounds():
    assert offenders(lambda p: not -math.inf < p.lower <= p.value <= p.upper < math.inf) == []


def test_every_unit_is_one_the_model_uses():
    assert offenders(lambda p: p.unit not in UNITS) == []


def test_every_source_is_in_the_bibliography():
    assert offenders(lambda p: not set(p.source) <= load_references().keys()) == []


def test_measured_and_derived_values_name_a_source():
    assert offenders(lambda p: p.evidence in {"measured", "derived"} and not p.source) == []


def test_evidence_has_one_of_the_four_grades():
    assert set(EVIDENCE) == {"measured", "derived", "fitted", "assumed"}
    assert offenders(lambda p: p.evidence not in EVIDENCE) == []


def test_every_parameter_has_label_symbol_and_note():
    assert offenders(lambda p: not p.label or p.label[0].islower()) == []
    assert offenders(lambda p: not p.symbol or p.symbol.count("{") != p.symbol.count("}")) == []
    assert offenders(lambda p: not p.note.endswith(".") or len(p.note) > 200) == []


@pytest.mark.parametrize(("suffix", "units"), KINDS.items())
def test_name_says_what_kind_of_quantity_a_parameter_is(suffix, units):
    assert offenders(lambda p: p.name.endswith(suffix) and p.unit not in units) == []


def test_nothing_can_be_negative_and_no_fraction_exceed_one():
    # A liability is a quantile of a distribution around zero.
    assert offenders(lambda p: p.lower < 0.0 and p.group + p.name[-10:] != "patient_liability") == []
    assert offenders(lambda p: p.name.endswith(("_fraction", "_share")) and p.upper > 1.0) == []


def test_a_prior_belongs_to_a_fitted_value_or_an_untreated_count_and_lies_within_its_bounds():
    assert offenders(lambda p: p.prior and not p.scales and p.evidence != "fitted") == []
    assert offenders(lambda p: p.prior and not p.lower < p.prior.median < p.upper) == []


def test_fitted_values_are_near_their_priors():
    # The furthest is the share of memory CD8 cells in blood, 2.3 prior standard deviations down: see the note there.
    assert offenders(lambda p: p.prior and abs(math.log(p.value / p.prior.median)) > 2.4 * p.prior.sd) == []


def test_labels_and_symbols_are_unique():
    for texts in ([p.label for p in PARAMETERS], [p.symbol for p in PARAMETERS]):
        assert [text for text, times in Counter(texts).items() if times > 1] == []


def test_untreated_counts_add_up_to_the_published_means():
    count = load_parameters().values()
    cd4 = count["naive_cd4_count"] + count["memory_cd4_count"] + count["treg_count"]
    cd19 = count["transitional_b_count"] + count["naive_b_count"] + count["memory_b_count"]
    assert cd4 == 973.0  # CARE-MS I, Dubuisson 2018, Table 1, pooled
    assert count["naive_cd8_count"] + count["memory_cd8_count"] == 501.0
    assert cd19 == 240.0  # assumed, inside the reference ranges


def test_default_patient_has_the_median_threshold_of_each_autoimmune_disease():
    for name in ("thyroid_draw", "platelet_draw", "gbm_draw"):
        assert load_parameters().value(name) == math.log(2.0)


def test_every_set_of_the_package_loads():
    assert "default" in available_sets()
    for name in available_sets():
        assert load_parameters(name).name == name


def test_parameters_are_those_of_the_equations():
    asked, given = names_in_the_equations(EQUATIONS.read_text(encoding="utf-8")), set(load_parameters())
    assert sorted(asked - given) == [], "in the equations, but not in the parameter set"
    assert sorted(given - asked) == [], "in the parameter set, but not in the equations"


def names_in_the_equations(text: str) -> set[str]:
    """Return the names on right-hand sides that are neither pools, inputs, mechanisms nor defined by an equation."""
    sections = dict(re.findall(r"^## (\d)\. [^\n]*\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    blocks = "\n".join(re.findall(r"```\n(.*?)```", sections["2"] + sections["4"] + sections["6"], re.DOTALL))
    statements = re.split(r"\n(?=\S)(?!cd8_egress,)|;|(?<=\S) {3,}(?=[a-z])", re.sub(r"\[[^]]*\]", "", blocks))
    equations = [copy.partition("=") for text in statements for copy in copies(text, text)]
    rows = [row for row in sections["5"].splitlines() if row.startswith("|")]
    rates = [copy for row in rows for copy in copies(row.split("|")[5], row)]
    subsets = re.findall(r"`(\w+)`", re.search(r"subset\* `X` is one of (.*?);", text, re.DOTALL)[1])
    pools, inputs = sections["1"].split("Inputs,")
    pools = re.sub(r"^\| \w+ \|", "", pools.replace("days_per_year", ""), flags=re.MULTILINE)
    defined = names(pools) | names(inputs.partition("\n")[0])
    defined |= {name for left, _, _ in equations for name in names(left)} | {"X_blood", "X_lymphoid"}
    used = {name for right in [right for _, _, right in equations] + rates for name in names(right)}
    every = {name for name in used for name in expanded(name, subsets)}
    return every - {name for name in defined for name in expanded(name, subsets)} - set(subsets)


def copies(text: str, hint: str) -> list[str]:
    """Return an equation and those that the hint beside it says are alike, such as "(same for platelet, gbm)"."""
    likenesses = {
        r"same for (naive_)?cd8|naive_cd8: |CD4 \(CD8\)": ("cd4", ["cd8"]),
        r"same for platelet, gbm|thyroid \(platelet, anti-GBM\)": ("thyroid", ["platelet", "gbm"]),
        r"IL-7 \(IL-15, BAFF\)": ("il7", ["il15", "baff"]),
        r"the same with cd8_": ("cd4", ["cd8", "b"]),
    }
    found = [like for pattern, like in likenesses.items() if re.search(pattern, hint)]
    text = re.sub(r"\(same for[^)]*\)", "", text)
    return [text, *(text.replace(model, name) for model, others in found for name in others)]


def names(text: str) -> set[str]:
    """Return the identifiers of a formula without function calls; a word of prose has no underscore."""
    found = re.findall(r"\b[A-Za-z]\w*\b(?!\()", re.sub(r"\bon\(\w+\)", "", text))
    plain = {"age", "weight", "smoker"}
    return {name for name in found if ("_" in name or name in plain) and not name.endswith("_")}


def expanded(name: str, subsets: list[str]) -> set[str]:
    """Replace an X by the subsets it stands for."""
    return {name.replace("X_", f"{subset}_", 1) for subset in subsets} if name.startswith("X_") else {name}
