"""One patient: what a scenario says of them becomes parameters, and their traits act the way the clinic knows."""

import numpy as np
import pytest

from immunosim.errors import ImmunosimError, ParameterError, ScenarioError
from immunosim.patient_parameters import individual_differences, individual_vector
from immunosim.problem import prepare
from immunosim.scenario import build_scenario
from immunosim.units import DAYS_PER_MONTH as MONTH

PATIENT = {
    "age": "47 years",
    "weight": "92 kg",
    "anti_drug_antibody": 0.5,
    "family_history": True,
    "smoker": True,
    "depletion_efficiency": 0.4,
    "draws": {"thyroid": 0.11, "platelets": 0.22, "glomerulus": 0.33},
}


def prepared(**tables):
    return prepare(build_scenario({"horizon": "1 day"} | tables))


def parameter(problem, name):
    return float(problem.vector[problem.model.position[name]])


def untreated(problem):
    """Read-outs of the untreated state by name."""
    model = problem.model
    values = model.readouts_at(problem.initial_state[np.newaxis], problem.vector, np.zeros((1, len(model.inputs))))[0]
    return dict(zip(model.readouts, values, strict=True))


def test_what_is_said_of_the_patient_becomes_parameters():
    problem = prepared(patient=PATIENT)
    expected = {name: float(value) for name, value in PATIENT.items() if not isinstance(value, (str, dict))}
    expected |= {"age": 47.0, "weight": 92.0, "thyroid_draw": 0.11, "platelet_draw": 0.22, "gbm_draw": 0.33}
    known = problem.parameters
    assert expected.keys() == {name for name in known if known[name].belongs_to_patient}
    assert {name: parameter(problem, name) for name in expected} == expected


def test_the_differences_of_a_patient_are_what_the_scenario_changed():
    problem = prepared(patient={"age": "47 years"}, parameters={"antibody_clearance": 3.0})
    found = individual_differences(problem.parameters, problem.model, problem.vector)
    assert found == {"age": 47.0, "antibody_clearance": 3.0}
    standard = prepared()
    assert individual_differences(standard.parameters, standard.model, standard.vector) == {}


@pytest.mark.parametrize("count", ["cd4", "cd8", "cd19", "nk"])
def test_an_untreated_count_is_met_exactly_and_leaves_the_others_alone(count):
    standard, patient = untreated(prepared()), untreated(prepared(patient={"baseline": {count: "123 cells/uL"}}))
    assert patient[count] == pytest.approx(123.0, rel=1e-13)
    for other in {"cd4", "cd8", "cd19", "nk", "other_lymphocytes"} - {count}:
        assert patient[other] == standard[other]


def test_an_untreated_total_scales_every_subset_alike():
    standard, patient = untreated(prepared()), untreated(prepared(patient={"baseline": {"lymphocytes": "1.3e9/L"}}))
    assert patient["lymphocytes"] == pytest.approx(1.3, rel=1e-13)
    for count in ("cd4", "cd8", "cd19", "nk", "other_lymphocytes"):
        assert patient[count] / standard[count] == pytest.approx(1.3 / standard["lymphocytes"], rel=1e-13)


def test_a_count_is_met_at_any_age_and_after_other_overrides():
    given = {"age": "61 years", "baseline": {"cd4": "700 cells/uL", "cd8": "0.35e9/L"}}
    counts = untreated(prepared(patient=given, parameters={"naive_cd4_count": 200.0}))
    assert counts["cd4"] == pytest.approx(700.0, rel=1e-13)
    assert counts["cd8"] == pytest.approx(350.0, rel=1e-13)


@pytest.mark.parametrize(
    "tables",
    [
        {"patient": {"baseline": {"cd4": "700 cells/uL"}}, "parameters": {"cd4_scale": 0.9}},
        {"patient": {"baseline": {"lymphocytes": "1.3e9/L"}}, "parameters": {"nk_scale": 1.1}},
    ],
)
def test_a_count_that_is_given_twice_is_refused(tables):
    with pytest.raises(ParameterError, match="given twice") as caught:
        prepared(**tables)
    assert caught.value.key.startswith("patient.baseline.")
    assert "parameters." in caught.value.cure


def test_a_total_and_a_subset_together_are_refused():
    with pytest.raises(ScenarioError, match="given together with cd4"):
        prepared(patient={"baseline": {"lymphocytes": "1.3e9/L", "cd4": "700 cells/uL"}})


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("antibody_clearance", "0.1 L/h", 2.4),
        ("central_volume", "12000 mL", 12.0),
        ("lysis_ec50", "300 ng/mL", 0.3),
        ("telogen_duration", "2 months", 2 * MONTH),
        ("clone_turnover_rate", "0.36525 1/year", 0.001),
        ("treg_count", "0.05e9/L", 50.0),
        ("antibody_clearance", 2.5, 2.5),
    ],
)
def test_a_parameter_is_converted_to_its_own_unit(name, given, value):
    assert parameter(prepared(parameters={name: given}), name) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"antibody_clearance": "12 mg/L"}, "is a concentration"),
        ({"antibody_clearance": 1e9}, "above its upper bound of 50 L/day"),
        ({"antibody_clearance": "0.01 mL/h"}, "below its lower bound"),
        ({"antibody_clearanse": 2.0}, 'did you mean "antibody_clearance"'),
        ({"age": 40.0}, "set patient.age instead"),
        ({"thyroid_draw": 1.0}, "set patient.draws.thyroid instead"),
    ],
)
def test_a_parameter_that_cannot_be_is_refused_with_its_key(parameters, reason):
    with pytest.raises(ImmunosimError) as caught:
        prepared(parameters=parameters)
    assert isinstance(caught.value, (ParameterError, ScenarioError))
    assert f"parameters.{next(iter(parameters))}" in str(caught.value)
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("given", "reason"),
    [({"antibody_clearanse": 2.0}, "is not a parameter"), ({"antibody_clearance": "12 mg/L"}, "is a concentration")],
)
def test_a_scenario_that_nobody_checked_is_refused_as_well(model, parameters, given, reason):
    with pytest.raises(ParameterError, match=reason) as caught:
        individual_vector(build_scenario({"horizon": "1 day", "parameters": given}), parameters, model, "mine.toml")
    assert str(caught.value).startswith(f"mine.toml: parameters.{next(iter(given))}")


@pytest.mark.parametrize(
    ("parameters", "constant"),
    [
        ({"naive_cd4_activation_rate": 0.01}, "naive_cd4_death_rate"),
        ({"naive_cd8_activation_rate": 0.01}, "naive_cd8_death_rate"),
        ({"memory_cd4_from_naive_fraction": 0.001}, "memory_cd4_burst"),
        ({"memory_cd8_from_naive_fraction": 0.0}, "memory_cd8_burst"),
        ({"memory_b_turnover_rate": 1e-5}, "memory_b_burst"),
        ({"treg_thymic_fraction": 0.95}, "treg_division_rate"),
        ({"resident_memory_reseeding": 0.99, "field_at_risk": 1.0, "follicle_clone_size": 0.5}, "effector_seeding"),
    ],
)
def test_parameters_that_contradict_a_healthy_untreated_state_name_the_constant_at_fault(parameters, constant):
    with pytest.raises(ParameterError, match="but must be at least") as caught:
        prepared(parameters=parameters)
    assert constant in caught.value.key
    assert caught.value.cure


def test_a_heavier_patient_has_a_lower_peak_and_the_same_depletion(treated):
    """Volume goes with weight (label); counts hardly depend on it: the dose is the same for all."""
    light, heavy = (treated(patient={"weight": weight}) for weight in ("50 kg", "100 kg"))
    assert heavy["alemtuzumab_serum"].max() < 0.65 * light["alemtuzumab_serum"].max()
    # Twice the weight, and CD4 at month 12 within 5 % (measured: 2 %).
    assert heavy.at("cd4", 12 * MONTH) == pytest.approx(light.at("cd4", 12 * MONTH), rel=0.05)


def test_a_poor_depleter_keeps_cd4_cells(treated):
    """About 1 % of patients are not depleted; it is they who spread the counts at month 1 (Dubuisson 2018)."""
    lowest = [
        treated(patient={"depletion_efficiency": efficiency})["cd4"].min() for efficiency in (1.0, 0.3, 0.1, 0.01, 0.0)
    ]
    assert lowest == sorted(lowest)
    assert lowest[3] > 20 * lowest[0]
    assert treated(patient={"depletion_efficiency": 0.01}).at("cd4", MONTH) > 0.5 * 973
    assert treated(patient={"depletion_efficiency": 0.0}).at("cd4", 12 * MONTH) == pytest.approx(973, rel=0.03)


def test_anti_drug_antibody_slows_clearance(treated):
    """Antibody-positive patients clear alemtuzumab more slowly (Li 2018); their counts fall less."""
    without, with_antibody = treated(patient={"anti_drug_antibody": 0.0}), treated(patient={"anti_drug_antibody": 10.0})
    peak = [t["alemtuzumab_serum"].max() for t in (without, with_antibody)]
    assert peak[1] == pytest.approx(peak[0], rel=0.02)
    for day in (20, 30):
        assert with_antibody.at("alemtuzumab_serum", day) > 1.1 * without.at("alemtuzumab_serum", day)
    assert with_antibody.at("cd4", MONTH) > 2 * without.at("cd4", MONTH)


def test_an_older_patient_has_fewer_naive_cells_and_regains_fewer(treated):
    young, old = (treated(patient={"age": age}) for age in ("25 years", "55 years"))
    for count in ("naive_cd4_blood", "naive_cd8_blood"):
        assert old[count][0] < young[count][0]
    assert old.at("cd4", 12 * MONTH) < young.at("cd4", 12 * MONTH)


def test_a_count_that_no_patient_has_is_refused_by_its_own_key():
    with pytest.raises(ParameterError, match=r"is 0\.00719 times the typical count") as caught:
        prepared(patient={"baseline": {"cd4": "7 cells/uL"}})
    assert caught.value.key == "patient.baseline.cd4"
    assert "typical is 973 cells/uL" in caught.value.cure


def test_an_untreated_count_that_a_model_does_not_scale_is_refused():
    with pytest.raises(ScenarioError, match=r"patient\.baseline\.cd4: unknown key"):
        prepared(model="teaching", patient={"baseline": {"cd4": "700 cells/uL"}})
