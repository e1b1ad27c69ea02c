"""Parameter sets look up, change and refuse values; the loader refuses damaged files and says what is wrong."""

import numpy as np
import pytest

from immunosim.errors import ParameterError
from immunosim.models import load_parameters, load_references
from immunosim.parameters import Parameter, ParameterSet, parse_parameters

TABLE = """
[depletion.lysis_rate]
value = 2
unit = "1/day"
bounds = [0.5, 10]
source = ["hu2009", "marsh2016"]
evidence = "derived"
label = "Lysis rate"
symbol = "k"
note = "A rate."
"""


def refusal(text: str) -> str:
    with pytest.raises(ParameterError) as caught:
        parse_parameters(text, "mine")
    return str(caught.value)


def test_an_empty_file_is_an_empty_set():
    assert len(parse_parameters("", "empty")) == 0


def test_a_table_becomes_a_parameter():
    parameters = parse_parameters(TABLE, "mine")
    assert parameters["lysis_rate"] == Parameter(
        name="lysis_rate",
        group="depletion",
        value=2.0,
        unit="1/day",
        lower=0.5,
        upper=10.0,
        source=("hu2009", "marsh2016"),
        evidence="derived",
        label="Lysis rate",
        symbol="k",
        note="A rate.",
        prior=None,
    )
    assert parameters["lysis_rate"].citation == "hu2009, marsh2016"


def test_a_prior_is_read():
    text = TABLE + 'prior = "lognormal"\nprior_median = 3\nprior_sd = 0.5\n'
    prior = parse_parameters(text, "mine")["lysis_rate"].prior
    assert prior is not None
    assert (prior.kind, prior.median, prior.sd) == ("lognormal", 3.0, 0.5)


def test_a_set_is_a_collection_of_names_in_the_order_of_the_file():
    parameters = load_parameters()
    assert "lysis_ec50" in parameters
    assert "lysis_ec5" not in parameters
    assert list(parameters) == list(parameters.values()) == list(parameters.units())
    assert [p.name for group in parameters.groups().values() for p in group] == list(parameters)
    assert next(iter(parameters.groups())) == "patient"


def test_values_are_numbers_and_units_are_texts():
    parameters = load_parameters()
    assert parameters.values()["central_volume"] == parameters.value("central_volume") > 0.0
    assert parameters.units()["central_volume"] == parameters["central_volume"].unit == "L"


def test_an_unknown_name_is_refused_with_close_matches():
    with pytest.raises(ParameterError, match=r'lysis_ec5: is not a parameter, did you mean "lysis_ec50"'):
        load_parameters()["lysis_ec5"]


def test_changed_values_make_a_new_set_and_leave_the_old_one_alone():
    old = load_parameters()
    before = old.value("lysis_ec50")
    new = old.with_values({"age": 52, "lysis_ec50": 0.1})
    assert (new.value("age"), new.value("lysis_ec50")) == (52.0, 0.1)
    assert (old.value("age"), old.value("lysis_ec50")) == (34.0, before)
    assert list(new) == list(old)


def test_no_change_gives_the_same_values():
    assert load_parameters().with_values({}).values() == load_parameters().values()


def test_a_value_on_its_bound_is_admissible():
    for parameter in (load_parameters()[name] for name in load_parameters()):
        for bound in (parameter.lower, parameter.upper):
            assert load_parameters().with_values({parameter.name: bound}).value(parameter.name) == bound


def test_a_value_out_of_bounds_is_refused_with_bound_and_source():
    message = r"lysis_ec50: 500 mg/L is above its upper bound of 100 mg/L \(source: marsh2016\), choose from 0.001 to"
    with pytest.raises(ParameterError, match=message):
        load_parameters().with_values({"lysis_ec50": 500.0})
    with pytest.raises(ParameterError, match=r"-1 is below its lower bound of 0 \(source: assumed\)"):
        load_parameters().with_values({"smoker": -1})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), True, None, "12 mg"])
def test_what_is_not_a_finite_number_is_refused(value):
    with pytest.raises(ParameterError, match=r"age: .* is not a finite number, its unit is year"):
        load_parameters().with_values({"age": value})


def test_all_problems_of_a_change_are_named_at_once():
    with pytest.raises(ParameterError) as caught:
        load_parameters().with_values({"age": -1.0, "wieght": 70.0, "weight": 80.0})
    assert [problem.key for problem in caught.value.problems] == ["age", "wieght"]


def test_a_set_cites_only_the_entries_of_its_own_sources():
    assert sorted(parse_parameters(TABLE, "mine", load_references()).references()) == ["hu2009", "marsh2016"]


def test_an_unknown_set_is_refused_with_close_matches():
    with pytest.raises(ParameterError, match=r'unknown parameter set "defualt", did you mean "default"\?'):
        load_parameters("defualt")


def test_a_name_may_not_occur_in_two_groups():
    again = TABLE.replace("depletion", "nk_cells")
    assert refusal(TABLE + again) == "mine.toml: lysis_rate: occurs under depletion and nk_cells, rename one"


def test_a_default_outside_its_bounds_is_refused_with_its_file():
    assert refusal(TABLE.replace("= 2", "= 20")).startswith("mine.toml: lysis_rate: 20 1/day is above its upper bound")


def test_text_that_is_not_toml_is_refused_with_its_file():
    assert refusal("[depletion").startswith("mine.toml: is not valid TOML")


def test_a_value_outside_any_table_is_refused():
    assert "mine.toml: depletion.value: is not a table" in refusal("[depletion]\nvalue = 2\n")


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('unit = "1/day"', 'unti = "1/day"', 'unknown key "unti", did you mean "unit"?'),
        ('unit = "1/day"\n', "", 'key "unit" is missing'),
        ("value = 2", 'value = "2"', "value = '2' has a wrong type"),
        ("value = 2", "value = true", "value = True has a wrong type"),
        ("bounds = [0.5, 10]", "bounds = [10, 0.5]", "not two rising numbers"),
        ("bounds = [0.5, 10]", "bounds = [1]", "not two rising numbers"),
        ('"derived"', '"guessed"', 'evidence = "guessed" is not a grade'),
        ('["hu2009", "marsh2016"]', '"hu2009"', "not a list of bibliography keys"),
        ('["hu2009", "marsh2016"]', "[]", "not a list of bibliography keys"),
        ('["hu2009", "marsh2016"]', '"assumed"', "is derived but has no source"),
        ("value = 2", 'value = 2\nprior = "lognormal"', "the prior is incomplete"),
        ("value = 2", 'value = 2\nprior = "lognormal"\nprior_median = 1\nprior_sd = 0', "prior_sd = 0 is not positive"),
        (
            "value = 2",
            'value = 2\nprior = "lognormal"\nprior_median = 1\nprior_sd = -1',
            "prior_sd = -1 is not positive",
        ),
        ("value = 2", 'value = 2\nprior = "lognormal"\nprior_median = 0.0\nprior_sd = 1', "prior_median = 0.0 is not"),
        (
            "value = 2",
            'value = 2\nprior = "lognormal"\nprior_median = inf\nprior_sd = 1',
            "prior_median is not a finite",
        ),
        ("value = 2", "value = nan", "value is not a finite number"),
        ("bounds = [0.5, 10]", "bounds = [0.5, inf]", "not two rising numbers"),
        ("bounds = [0.5, 10]", "bounds = [1, 1]", "not two rising numbers"),
        ("bounds = [0.5, 10]", "bounds = [true, 10]", "not two rising numbers"),
        ("bounds = [0.5, 10]", 'bounds = "0.5 to 10"', "bounds = '0.5 to 10' has a wrong type"),
        ("value = 2", "value = 2\nset_by = 'weight'", 'set_by = "weight" is not a key of a scenario'),
        ("value = 2", "value = 2\nset_by = 'patient.Weight'", 'set_by = "patient.Weight" is not a key'),
        ("value = 2", "value = 2\nscales = [1]", "scales = [1] are no names of counts"),
        ("value = 2", 'value = 2\nprior = "flat"\nprior_median = 1\nprior_sd = 1', 'prior = "flat" is not a known'),
    ],
)
def test_a_damaged_table_is_refused_with_its_key(old, new, reason):
    message = refusal(TABLE.replace(old, new))
    assert "mine.toml: depletion.lysis_rate: " in message
    assert reason in message


def test_a_set_built_by_hand_is_checked_too():
    parameter = load_parameters()["age"]
    with pytest.raises(ParameterError, match="occurs under patient and patient"):
        ParameterSet("twice", [parameter, parameter])


def test_every_damaged_table_is_named_at_once():
    other = TABLE.replace("lysis_rate", "other_rate").replace("= 2", "= true")
    with pytest.raises(ParameterError) as caught:
        parse_parameters(TABLE.replace('"1/day"', "1") + other, "mine")
    assert sorted(problem.key for problem in caught.value.problems) == ["depletion.lysis_rate", "depletion.other_rate"]


@pytest.mark.parametrize("text", ["[a]\nb = [" + "[" * 5000, "a = " + "1" * 5000, "[a\n", "x = 1\nx = 2\n"])
def test_text_that_no_reader_takes_is_refused_without_a_traceback(text):
    assert refusal(text).startswith("mine.toml: is ")


def test_a_parameter_is_found_by_the_key_that_sets_it():
    parameters = parse_parameters(TABLE.replace("= 2", "= 2\nset_by = 'patient.draws.own'"), "mine")
    assert parameters.set_by("patient.draws.own") == "lysis_rate"
    assert parameters.set_by("parameters.lysis_rate") == ""
    assert parse_parameters(TABLE, "mine").set_by("parameters.lysis_rate") == "lysis_rate"


def test_parameters_that_follow_from_a_count_are_found_by_it():
    scaled = TABLE.replace("= 2", '= 2\nscales = ["cd4", "lymphocytes"]')
    parameters = parse_parameters(scaled + TABLE.replace("lysis_rate", "other_rate"), "mine")
    assert parameters.scales_of("cd4") == parameters.scales_of("lymphocytes") == ("lysis_rate",)
    assert parameters.scales_of("cd8") == ()


def test_a_value_is_shown_with_its_unit_and_a_pure_number_without():
    parameters = parse_parameters(TABLE + TABLE.replace("lysis_rate", "share").replace('"1/day"', '"1"'), "mine")
    rate, share = (parameters[name].problem_with(100.0) for name in ("lysis_rate", "share"))
    assert str(rate).endswith("(source: hu2009, marsh2016), choose from 0.5 to 10 1/day")
    assert str(share) == "share: 100 is above its upper bound of 10 (source: hu2009, marsh2016), choose from 0.5 to 10"


def test_a_set_says_its_name_and_size():
    assert repr(parse_parameters(TABLE, "mine")) == "ParameterSet('mine', 1 parameters)"


def test_the_prior_of_patients_has_the_moments_of_a_mixture_about_the_value_and_the_median():
    text = TABLE + 'prior = "lognormal"\nprior_median = 1.0\nprior_sd = 0.5\n'
    prior = parse_parameters(text, "mine")["lysis_rate"].prior_of_patients
    logs = np.random.default_rng(1).normal(np.repeat(np.log([2.0, 1.0]), 400_000), 0.5)
    assert prior is not None
    assert np.log(prior.median) == pytest.approx(logs.mean(), abs=2e-3)
    assert prior.sd == pytest.approx(logs.std(), rel=2e-3)


def test_the_prior_of_patients_is_the_prior_itself_where_the_set_agrees_with_it():
    text = TABLE + 'prior = "lognormal"\nprior_median = 2.0\nprior_sd = 0.5\n'
    parameter = parse_parameters(text, "mine")["lysis_rate"]
    assert parameter.prior_of_patients == parameter.prior
    assert parse_parameters(TABLE, "mine")["lysis_rate"].prior_of_patients is None
