"""The process network: names are checked where they are used, switches gate processes, balances add up."""

import pytest
import sympy as sp

from immunosim.errors import ModelError
from immunosim.model.rate_laws import saturating


def test_a_misspelt_name_fails_on_its_own_line_with_close_matches(toy):
    with pytest.raises(ModelError, match='"decay_rat" is not a declared name') as caught:
        toy["decay_rat"]
    assert caught.value.cure == 'did you mean "decay_rate"?'
    with pytest.raises(ModelError) as caught:
        toy.get("volume", "drg")
    assert '"drug"' in caught.value.cure


def test_a_symbol_that_nobody_declared_is_refused_with_the_name_of_the_process(toy):
    with toy.mechanism("kinetics"), pytest.raises(ModelError, match="decay_raet is not declared") as caught:
        toy.loss("decay of the drug", toy["drug"], sp.Symbol("decay_raet") * toy["drug"])
    assert caught.value.key == "decay_of_the_drug"
    assert caught.value.cure == 'did you mean "decay_rate"?'


def test_a_symbol_with_other_assumptions_is_not_the_declared_one(toy):
    with pytest.raises(ModelError, match="is not declared"):
        toy.derive("twice", 2 * sp.Symbol("volume", positive=True), "L")


def test_an_undeclared_mechanism_is_refused_with_close_matches(toy):
    with pytest.raises(ModelError, match='"kinetic" is not a declared mechanism') as caught, toy.mechanism("kinetic"):
        pass
    assert caught.value.cure == 'did you mean "kinetics"?'
    with pytest.raises(ModelError, match='"respons" is not a declared mechanism'):
        toy.add_pool("late", "late effect", "1", 0.0, scale=1.0, owner="respons")
    with pytest.raises(ModelError, match='"on_kinetic" is not a declared name'):
        toy.on("kinetic")


@pytest.mark.parametrize(
    "declare",
    [
        lambda net: net.add_pool("volume", "volume", "L", 0.0, scale=1.0, owner="kinetics"),
        lambda net: net.add_input("drug", "drug", "mg/day"),
        lambda net: net.derive("age", 1, "1"),
        lambda net: net.signal("infusion", net["drug"], "mg"),
        lambda net: net.declare_mechanism("kinetics", "again", "nothing"),
        lambda net: net.readout("drug", net["drug"], "mg", "drug"),
    ],
)
def test_a_name_is_given_once(toy, declare):
    with pytest.raises(ModelError, match="the name is taken"):
        declare(toy)


def test_two_processes_or_two_readouts_of_one_name_are_refused(toy):
    with toy.mechanism("kinetics"):
        toy.loss("decay of the drug", toy["drug"], toy["decay_rate"] * toy["drug"])
        with pytest.raises(ModelError, match="decay_of_the_drug: the name is taken"):
            toy.loss("Decay of the drug!", toy["drug"], toy["decay_rate"] * toy["drug"])
        toy.readout("level", toy["drug"], "mg", "level")
        with pytest.raises(ModelError, match="level: the name is taken"):
            toy.readout("level", toy["drug"], "mg", "level")


def test_a_trailing_underscore_is_kept_for_the_arguments_of_kernels(toy):
    for name in ("y_", "p_", "out_", "lu_"):
        with pytest.raises(ModelError, match="trailing underscore"):
            toy.derive(name, 1, "1")


def test_a_process_is_gated_by_its_mechanism_and_by_the_owners_of_the_pools_it_changes(toy):
    with toy.mechanism("response"):
        symbol = toy.loss("uptake of the drug", toy["drug"], toy["decay_rate"] * toy["drug"])
        own = toy.loss("loss of the effect", toy["effect"], toy["decay_rate"] * toy["effect"])
    gate = toy["on_kinetics_and_response"]
    assert toy.processes[symbol.name].rate == gate * toy["decay_rate"] * toy["drug"]
    assert toy.derived[gate.name].expression == toy.on("kinetics") * toy.on("response")
    assert toy.processes[own.name].rate == toy.on("response") * toy["decay_rate"] * toy["effect"]


def test_a_gate_is_declared_once(toy):
    with toy.mechanism("response"):
        toy.loss("uptake of the drug", toy["drug"], toy["decay_rate"] * toy["drug"])
        toy.loss("uptake from the depot", toy["depot"], toy["decay_rate"] * toy["depot"])
    assert list(toy.derived) == ["on_kinetics_and_response"]


def test_a_mechanism_block_ends_where_it_ends(toy):
    with toy.mechanism("kinetics"):
        with toy.mechanism("response"):
            assert toy.signals[toy.signal("inner", toy["effect"]).name].mechanism == "response"
        assert toy.signals[toy.signal("outer", toy["drug"], "mg").name].mechanism == "kinetics"


def test_the_balance_of_a_pool_adds_what_comes_and_subtracts_what_goes(toy):
    drug, depot, rate = toy.get("drug", "depot", "decay_rate")
    with toy.mechanism("kinetics"):
        given = toy.gain("infusion of the drug", drug, toy["infusion"])
        moved = toy.transfer("release from the depot", depot, drug, rate * depot)
        lost = toy.loss("decay of the drug", drug, rate * drug)
    assert toy.balance("drug") == given + moved - lost
    assert toy.balance("depot") == -moved
    assert toy.balance("effect") == 0


def test_assignments_come_after_what_they_read(network):
    known = set(network.pools) | set(network.inputs) | set(network.derived) | set(network.parameter_units)
    known |= set(network.switches)
    for name, expression in network.assignments().items():
        assert {symbol.name for symbol in expression.free_symbols} <= known, name
        known.add(name)


def test_constants_come_after_what_they_read(network):
    known = set(network.parameter_units) | set(network.switches)
    for name, item in network.derived.items():
        assert {symbol.name for symbol in item.expression.free_symbols} <= known, name
        known.add(name)


def test_untreated_values_follow_from_constants_alone(network):
    known = set(network.parameter_units) | set(network.derived)
    for name, expression in network.baseline.items():
        assert {symbol.name for symbol in expression.free_symbols} <= known, name


def test_a_pool_relative_to_its_untreated_value_is_one_untreated(network):
    pool = network["treg_lymphoid"]
    assert network.relative(pool).subs(pool, network.baseline["treg_lymphoid"]) == 1


def test_a_law_of_a_pool_stays_whole_in_the_rate(toy):
    with toy.mechanism("kinetics"):
        name = toy.loss("saturable loss", toy["drug"], saturating(toy["drug"], toy["half_effect"])).name
    assert toy.processes[name].rate.has(saturating)


def test_a_mechanism_block_ends_where_it_fails(toy):
    with toy.mechanism("kinetics"):
        with pytest.raises(ModelError, match="is not a declared name"), toy.mechanism("response"):
            toy["drg"]
        assert toy.signals[toy.signal("later", toy["drug"], "mg").name].mechanism == "kinetics"


def test_a_requirement_is_kept_with_its_reason(toy):
    with toy.mechanism("kinetics"):
        fading = toy.derive("fading", toy["decline"] * toy["age"], "1")
    toy.require(fading, 0.0, "nothing fades backwards")
    (kept,) = toy.admissible
    assert (kept.symbol, kept.least, kept.reason) == (fading, 0.0, "nothing fades backwards")


def test_a_label_is_the_name_in_words_where_none_is_given(toy):
    with toy.mechanism("kinetics"):
        toy.derive("fading_rate", toy["decline"], "1/year")
        toy.derive("given", toy["decline"], "1/year", "a label")
    assert (toy.derived["fading_rate"].label, toy.derived["given"].label) == ("fading rate", "a label")


def test_switches_stand_in_the_order_of_the_mechanisms(toy):
    assert toy.switches == ("on_kinetics", "on_response")
    assert toy.on("response") == toy["on_response"]
