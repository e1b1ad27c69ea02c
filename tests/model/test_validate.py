"""Validation: units of every expression work out and losses vanish with their pool, in the model and where broken."""

import pytest
import sympy as sp

from immunosim.errors import ModelError
from immunosim.model.rate_laws import above, boost, excess, growth, hill, power, restraint, saturating
from immunosim.model.validate import check_losses, check_units, parse_unit, unit_of, validate
from immunosim.models.alemtuzumab.network import build_network


def test_the_model_is_valid(network):
    validate(network)


@pytest.mark.parametrize("label", ["leak", "flow"])
def test_a_loss_that_does_not_vanish_with_its_pool_is_refused(toy, label):
    with toy.mechanism("kinetics"):
        rate = toy["decay_rate"] * toy["half_effect"]
        if label == "leak":
            toy.loss(label, toy["drug"], rate)
        else:
            toy.transfer(label, toy["drug"], toy["depot"], rate)
    with pytest.raises(ModelError, match="does not vanish when drug is empty") as caught:
        validate(toy)
    assert caught.value.key == label
    assert caught.value.cure == "make it a gain"


def test_a_loss_whose_signal_does_not_vanish_is_refused(toy):
    with toy.mechanism("kinetics"):
        load = toy.signal("load", toy["drug"] + toy["depot"], "mg")
        toy.loss("overflow", toy["drug"], toy["decay_rate"] * load)
    with pytest.raises(ModelError, match="does not vanish when drug is empty"):
        check_losses(toy)


def test_a_loss_that_vanishes_only_through_a_signal_is_accepted(toy):
    with toy.mechanism("kinetics"):
        share = toy.signal("share", saturating(toy["drug"], toy["half_effect"]))
        toy.loss("saturable loss", toy["drug"], toy["decay_rate"] * toy["half_effect"] * share)
    validate(toy)


@pytest.mark.parametrize(
    ("rate", "reason"),
    [
        (lambda net: net["drug"], "expected mg/day"),
        (lambda net: net["decay_rate"], "expected mg/day"),
        (lambda net: net["decline"] * net["drug"], "expected mg/day"),
        (lambda net: net["decay_rate"] * net["drug"] / net["volume"], "expected mg/day"),
        (lambda net: net["decay_rate"] * (net["drug"] + net["volume"]), "adds"),
        (lambda net: net["infusion"] * saturating(net["drug"], net["volume"]), "expected the same"),
        (lambda net: net["infusion"] * hill(net["drug"], net["age"], 2), "expected the same"),
        (lambda net: net["infusion"] * boost(net["drug"], 1), "expected a pure number"),
        (lambda net: net["infusion"] * restraint(net["drug"], 1), "expected a pure number"),
        (lambda net: net["infusion"] * growth(net["decay_rate"], net["age"]), "expected a pure number"),
        (lambda net: net["infusion"] * power(net["volume"], 2), "expected a pure number"),
        (lambda net: net["decay_rate"] * excess(net["drug"], net["volume"]), "expected the same"),
        (lambda net: net["infusion"] * above(net["drug"], net["volume"]), "expected the same"),
        (lambda net: net["infusion"] * sp.exp(net["effect"]), "the unit of exp is not known"),
        (lambda net: net["infusion"] * 2 ** net["drug"], "has an exponent in mg"),
        (lambda net: net["infusion"] * net["effect"] ** net["volume"], "has an exponent in L"),
        (lambda net: net["infusion"] * sp.pi, "the unit of Pi is not known"),
    ],
)
def test_a_rate_whose_units_do_not_work_out_is_refused(toy, rate, reason):
    with toy.mechanism("kinetics"):
        toy.gain("production of the drug", toy["drug"], rate(toy))
    with pytest.raises(ModelError) as caught:
        check_units(toy)
    assert reason in str(caught.value)
    assert caught.value.key == "production_of_the_drug"


def test_a_transfer_between_pools_of_different_units_is_refused(toy):
    with toy.mechanism("kinetics"):
        cells = toy.add_pool("cells_reached", "cells reached", "cells/uL", 0.0, 1.0)
        toy.transfer("binding to cells", toy["drug"], cells, toy["decay_rate"] * toy["drug"])
    with pytest.raises(ModelError, match="has unit mg/day, expected cells"):
        check_units(toy)


def test_years_and_days_do_not_mix_unless_converted(toy):
    with toy.mechanism("kinetics"):
        toy.derive("fading", growth(-toy["decline"], toy["age"]), "1")
        toy.derive("rate_of_fading", toy["decline"], "1/day")
    with pytest.raises(ModelError, match="has unit 1/year, expected 1/day"):
        check_units(toy)


@pytest.mark.parametrize("unit", ["mg", "1"])
def test_an_untreated_value_a_constant_and_a_readout_have_the_unit_they_declare(toy, unit):
    with toy.mechanism("kinetics"):
        toy.readout("level", toy["drug"] / toy["volume"], unit, "level")
    with pytest.raises(ModelError, match=f"has unit mg/L, expected {unit}"):
        check_units(toy)


def test_a_readout_that_bears_the_name_of_its_signal_does_not_hide_the_signal(toy):
    with toy.mechanism("kinetics"):
        toy.readout("level", toy.signal("level", toy["drug"] / toy["volume"], "mg"), "mg", "level")
    with pytest.raises(ModelError, match="has unit mg/L, expected mg"):
        check_units(toy)


def test_micrograms_per_millilitre_are_milligrams_per_litre(toy):
    with toy.mechanism("kinetics"):
        toy.readout("level", toy["drug"] / toy["volume"], "ug/mL", "level")
    check_units(toy)


def test_the_laws_give_units_back():
    a, b = sp.symbols("a b")
    units = {"a": parse_unit("mg"), "b": parse_unit("mg")}
    assert unit_of(excess(a, b), units) == parse_unit("mg")
    assert unit_of(above(a, b) * a**2 / b, units) == parse_unit("mg")
    assert unit_of(hill(a, b, 3), units) == 1


@pytest.mark.parametrize("text", ["1/(day", "", "mg/", "mg(2)", "N", "S/L", "True", "None", "mg = 2", "[mg]"])
def test_a_unit_that_cannot_be_read_is_refused(text):
    with pytest.raises(ModelError, match="is not a unit"):
        parse_unit(text)


def test_a_sum_is_checked_in_every_term(toy):
    drug, volume, rate = toy.get("drug", "volume", "decay_rate")
    units = {"drug": parse_unit("mg"), "volume": parse_unit("L"), "decay_rate": parse_unit("1/day")}
    assert unit_of(drug + 2 * drug, units) == parse_unit("mg")
    for wrong in (drug + drug**2 + 1, drug + rate * drug, rate * (drug + drug * volume)):
        with pytest.raises(ModelError, match="adds"):
            unit_of(wrong, units)


def test_a_number_may_stand_for_any_unit(toy):
    """Untreated values such as 0 and constants of a set carry no symbol from which a unit could follow."""
    with toy.mechanism("kinetics"):
        toy.derive("threshold", 3.5, "mg/L")
    check_units(toy)


def test_an_exponent_may_be_a_pure_quantity(toy):
    with toy.mechanism("response"):
        toy.derive("doubled", 2 ** toy["effect"], "1")
    check_units(toy)


@pytest.mark.parametrize("place", ["derived", "signal", "baseline", "readout"])
def test_every_declaration_is_checked_and_named(toy, place):
    with toy.mechanism("kinetics"):
        if place == "derived":
            toy.derive("level", toy["half_effect"] / toy["volume"], "mg")
        elif place == "signal":
            toy.signal("level", toy["drug"] / toy["volume"], "mg")
        elif place == "readout":
            toy.readout("level", toy["drug"] / toy["volume"], "mg", "level")
        else:
            toy.add_pool("level", "level", "mg", toy["half_effect"] / toy["volume"], 1.0)
    with pytest.raises(ModelError, match="has unit mg/L, expected mg") as caught:
        check_units(toy)
    assert caught.value.key == ("untreated level" if place == "baseline" else "level")


def test_a_loss_through_a_law_that_vanishes_at_zero_is_accepted(toy):
    with toy.mechanism("kinetics"):
        for name, law in (("hill", hill(toy["drug"], toy["half_effect"], 2)), ("excess", excess(toy["drug"], 0))):
            unit = toy["half_effect"] if name == "hill" else 1
            toy.loss(f"loss by {name}", toy["drug"], toy["decay_rate"] * unit * law)
    check_losses(toy)


def test_a_loss_through_a_law_that_does_not_vanish_is_refused(toy):
    with toy.mechanism("kinetics"):
        toy.loss("loss", toy["drug"], toy["decay_rate"] * toy["half_effect"] * restraint(toy["effect"], 2))
    with pytest.raises(ModelError, match="does not vanish when drug is empty"):
        check_losses(toy)


def test_a_wrong_unit_of_any_parameter_is_refused(parameters):
    """Every parameter stands in an expression whose units check: no unit in the set is a mere remark."""
    units = dict(parameters.units())
    net = build_network(units)
    accepted = []
    for name, unit in parameters.units().items():
        units[name] = f"{unit}*kg**7"
        try:
            check_units(net)
        except ModelError:
            pass
        else:
            accepted.append(name)
        units[name] = unit
    assert accepted == []


def test_a_rate_per_year_in_place_of_a_rate_per_day_is_refused(parameters):
    units = dict(parameters.units())
    net = build_network(units)
    for name in [name for name, unit in units.items() if unit == "1/day"]:
        units[name] = "1/year"
        with pytest.raises(ModelError):
            check_units(net)
        units[name] = "1/day"
