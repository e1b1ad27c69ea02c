"""A drug that is declared incompletely fails where it is declared, or where it meets its network."""

from typing import Any

import pytest

from immunosim.errors import ModelError
from immunosim.model.drug import Drug, check_drugs
from immunosim.models import drugs_of, load_parameters
from immunosim.models.alemtuzumab.clinic import CHALLENGE_INPUTS
from immunosim.models.alemtuzumab.network import build_network

PLAIN: dict[str, Any] = {
    "name": "depletor",
    "label": "depletor",
    "route": "intravenous",
    "given": "infusion",
    "enters": "depletor_infusion",
    "holds": ("depletor_blood",),
    "usual": "10 mg a day",
    "plausible": (1.0, 50.0),
    "source": ("assumed",),
    "usual_infusion": "2 h",
    "colour": "#000000",
    "shape": "circle",
}
BOLUS = {"given": "bolus", "enters": "depletor_blood", "usual_infusion": ""}
TAKEN = {"given": "continuous", "usual_infusion": "", "usual_dose": "5 mg", "reference_dose": 10.0, "times_per_day": 2}


def test_a_complete_drug_is_taken() -> None:
    for further in ({}, BOLUS, TAKEN):
        check_drugs([Drug(**PLAIN | further)], ["depletor_infusion"][: further != BOLUS], ["depletor_blood"], [])


@pytest.mark.parametrize(
    ("further", "reason"),
    [
        ({"holds": ()}, 'drug "depletor" has no mass balance'),
        (BOLUS | {"enters": "gut"}, 'drug "depletor" enters "gut", which is not the first pool that holds it'),
        ({"usual_infusion": ""}, "is infused for a usual time exactly if it is infused"),
        (BOLUS | {"usual_infusion": "1 h"}, "is infused for a usual time exactly if it is infused"),
        (TAKEN | {"reference_dose": 0.0}, "is taken continuously without a daily dose to compare with"),
        (TAKEN | {"times_per_day": 0}, "is taken continuously without a daily dose to compare with"),
        (TAKEN | {"usual_dose": ""}, "is taken continuously without a daily dose to compare with"),
        (TAKEN | {"usual_infusion": "1 h"}, "is infused for a usual time exactly if it is infused"),
        ({"plausible": (5.0, 1.0)}, "has a plausible range that is none"),
        ({"plausible": (0.0, 1.0)}, "has a plausible range that is none"),
        ({"plausible": (1.0, 1.0)}, "has a plausible range that is none"),
        ({"given": "infuson"}, 'drug "depletor" is given as "infuson"'),
    ],
)
def test_a_declaration_that_contradicts_itself_is_refused(further: dict[str, Any], reason: str) -> None:
    with pytest.raises(ModelError) as caught:
        Drug(**PLAIN | further)
    assert reason in caught.value.reason
    assert caught.value.cure


def test_a_drug_without_a_mass_balance_must_say_why() -> None:
    assert Drug(**PLAIN | {"holds": (), "without_balance": "the model holds its effect"}).entered_pool == ""


@pytest.mark.parametrize(
    ("further", "reason"),
    [
        ({"holds": ("depletor_blod",)}, 'drug "depletor" names "depletor_blod"'),
        ({"enters": "depletor_infusio"}, 'drug "depletor" names "depletor_infusio"'),
        ({"available_fraction": "fraction"}, 'drug "depletor" names "fraction"'),
        ({"premedication": "prednisone"}, 'drug "depletor" names "prednisone"'),
    ],
)
def test_a_drug_names_only_what_the_network_has(further: dict[str, Any], reason: str) -> None:
    with pytest.raises(ModelError, match=reason):
        check_drugs([Drug(**PLAIN | further)], ["depletor_infusion"], ["depletor_blood"], [])


def test_how_a_drug_is_given_follows_from_its_declaration() -> None:
    infused, once, taken = (Drug(**PLAIN | further) for further in ({}, BOLUS, TAKEN))
    assert [drug.is_infused for drug in (infused, once, taken)] == [True, False, False]
    assert [drug.is_continuous for drug in (infused, once, taken)] == [False, False, True]
    assert infused.entered_pool == "depletor_blood"


def test_a_drug_may_bear_the_name_of_its_own_pool_but_not_that_of_another_drug() -> None:
    own = Drug(**PLAIN | BOLUS | {"name": "depletor_blood"})
    check_drugs([own], [], ["depletor_blood"], [])
    other = Drug(**PLAIN | {"name": "depletor_blood", "label": "second"})
    with pytest.raises(ModelError, match='two drugs are called or enter "depletor_blood"'):
        check_drugs([own, other], ["depletor_infusion"], ["depletor_blood"], [])


def test_what_a_drug_names_may_be_a_parameter_or_another_drug() -> None:
    premedication = Drug(**PLAIN | BOLUS | {"name": "steroid", "label": "steroid", "enters": "gut", "holds": ("gut",)})
    drug = Drug(**PLAIN | {"premedication": "steroid", "available_fraction": "fraction"})
    check_drugs([drug, premedication], ["depletor_infusion"], ["depletor_blood", "gut"], ["fraction"])


def test_an_input_that_no_drug_enters_is_refused() -> None:
    with pytest.raises(ModelError, match='no drug enters the input "other_infusion"'):
        check_drugs([Drug(**PLAIN)], ["depletor_infusion", "other_infusion"], ["depletor_blood"], [])


def test_two_drugs_do_not_share_an_input() -> None:
    with pytest.raises(ModelError, match='two drugs are called or enter "depletor_infusion"'):
        check_drugs(
            [Drug(**PLAIN), Drug(**PLAIN | {"name": "second", "label": "second"})],
            ["depletor_infusion"],
            ["depletor_blood"],
            [],
        )


def test_the_drugs_of_the_shipped_model_fit_its_network() -> None:
    units = load_parameters().units()
    net = build_network(units)
    check_drugs(drugs_of(), net.inputs, net.pools, units, CHALLENGE_INPUTS)


def test_an_input_that_challenges_enter_needs_no_drug_but_must_exist_and_be_free() -> None:
    inputs = ["depletor_infusion", "challenge"]
    check_drugs([Drug(**PLAIN)], inputs, ["depletor_blood"], [], ["challenge"])
    with pytest.raises(ModelError, match=r'challenge_inputs: unknown input "chalenge", did you mean "challenge"'):
        check_drugs([Drug(**PLAIN)], inputs, ["depletor_blood"], [], ["chalenge"])
    with pytest.raises(ModelError, match='"depletor_infusion" is entered by depletor, leave it to the drug'):
        check_drugs([Drug(**PLAIN)], inputs, ["depletor_blood"], [], ["depletor_infusion"])


def test_what_takes_an_effect_needs_no_dose_and_is_taken_continuously() -> None:
    without_doses = {"given": "continuous", "usual_infusion": "", "plausible": (0.0, 0.0), "takes_effect": True}
    assert Drug(**PLAIN | without_doses).is_continuous
    with pytest.raises(ModelError, match="takes an effect but is given in doses"):
        Drug(**PLAIN | {"takes_effect": True})
    with pytest.raises(ModelError, match="has a plausible range that is none"):
        Drug(**PLAIN | {"plausible": (0.0, 0.0)})


def test_the_volume_of_single_doses_sets_a_parameter_that_exists() -> None:
    drug = Drug(**PLAIN | {"volume_sets": "volume"})
    check_drugs([drug], ["depletor_infusion"], ["depletor_blood"], ["volume"])
    with pytest.raises(ModelError, match='drug "depletor" names "volume"'):
        check_drugs([drug], ["depletor_infusion"], ["depletor_blood"], [])
    with pytest.raises(ModelError, match="has volumes although it is taken continuously"):
        Drug(**PLAIN | TAKEN | {"volume_sets": "volume"})
