"""Fits as PEtab tables pass the checks of the petab package, and say what PEtab cannot."""

import csv
import io
from dataclasses import replace

import numpy as np
import pytest
import scipy.stats

from immunosim.fitting import ErrorModel, FitOptions, case_of, estimate, fit_population
from immunosim.fitting.exchange.petab_tables import WIDEST_FACTOR, tables_of_each, tables_of_one, tables_of_population
from immunosim.fitting.likelihood.posterior import FACTOR_SD
from immunosim.fitting.likelihood.prediction import predict
from immunosim.observations import Measurement, PatientRecord
from tests.fitting.conftest import ANALYTES

NOISE = {
    "lymphocytes": ErrorModel("lognormal", 0.15),
    "cd4": ErrorModel("proportional", 0.15, is_estimated=True),
    "cd8": ErrorModel("additive", 0.0, 20.0),
    "cd19": ErrorModel("combined", 0.1, 5.0, is_estimated=True),
}
FREE = ("antibody_clearance", "memory_cd4_from_naive_fraction")


@pytest.fixture(scope="module")
def case(make_posterior, problem):
    """Return three patients with values below quantification."""
    patients = []
    for k in range(3):
        posterior, _ = make_posterior(seed=k, limit=60.0)
        (subject,) = posterior.subjects
        own = tuple(replace(one, patient=f"P {k}") for one in subject.measurements)
        patients.append(PatientRecord(f"P {k}", own, (), {"weight": 60.0 + 10.0 * k}))
    return case_of(problem, patients, FitOptions(FREE, ("others",), noise=NOISE))


def rows(text):
    return list(csv.DictReader(io.StringIO(text), delimiter="\t"))


@pytest.fixture
def checked(tmp_path):
    """Return a function that writes tables and has petab check them."""
    petab = pytest.importorskip("petab.v1", reason="petab is not installed: pip install 'immunosim[fit]'")

    def check(files):
        for name, text in files.items():
            (tmp_path / name).write_text(text, encoding="utf-8")
        observables = petab.get_observable_df(tmp_path / "observables.tsv")
        measurements = petab.get_measurement_df(tmp_path / "measurements.tsv")
        parameters = petab.get_parameter_df(tmp_path / "parameters.tsv")
        conditions = petab.get_condition_df(tmp_path / "conditions.tsv")
        petab.lint.check_observable_df(observables)
        petab.lint.check_measurement_df(measurements, observables)
        petab.lint.check_parameter_df(parameters)
        petab.lint.check_parameter_bounds(parameters)
        petab.lint.check_condition_df(conditions)
        petab.lint.assert_measurement_conditions_present_in_condition_table(measurements, conditions)
        petab.yaml.validate(str(tmp_path / "problem.yaml"))
        return petab.Problem.from_yaml(tmp_path / "problem.yaml")

    return check


@pytest.mark.filterwarnings("ignore")  # those of petab's own imports
def test_a_fit_of_one_value_for_all_passes_the_checks_with_every_kind_of_noise(case, checked):
    best = estimate(case.all_alike(), 1)
    files = tables_of_one(case, best)
    problem = checked(files)
    assert problem.x_free_ids == [*FREE, "noise_factor_cd19", "noise_factor_cd4"]
    np.testing.assert_allclose(problem.x_nominal, best.values)
    by_name = {row["observableId"]: row for row in rows(files["observables.tsv"])}
    assert by_name["observable_lymphocytes"]["noiseFormula"] == "0.15"
    assert by_name["observable_lymphocytes"]["observableTransformation"] == "log"
    assert by_name["observable_cd4"]["noiseFormula"] == "noise_factor_cd4 * 0.15 * cd4"
    assert by_name["observable_cd8"]["noiseFormula"] == "20.0"
    assert by_name["observable_cd19"]["noiseFormula"] == "noise_factor_cd19 * sqrt((0.1 * cd19)^2 + 5.0^2)"
    assert by_name["observable_cd8"]["observableTransformation"] == "lin"


@pytest.mark.filterwarnings("ignore")  # those of petab's own imports
def test_without_priors_only_the_factors_on_the_noise_have_one(case, problem, checked):
    noise = {"cd4": ErrorModel("lognormal", 0.15, is_estimated=True)}
    alone = case_of(problem, case.patients[:1], FitOptions(FREE, noise=noise, priors=False))
    files = tables_of_one(alone, estimate(alone.alone(), 1))
    assert checked(files).x_free_ids == [*FREE, "noise_factor_cd4"]
    *of_the_model, factor = rows(files["parameters.tsv"])
    assert {row["objectivePriorType"] for row in of_the_model} == {""}
    mean, sd = map(float, factor["objectivePriorParameters"].split(";"))
    assert (mean, sd * np.log(10)) == (0.0, pytest.approx(FACTOR_SD))
    by_name = {row["observableId"]: row for row in rows(files["observables.tsv"])}
    assert by_name["observable_cd4"]["noiseFormula"] == "noise_factor_cd4 * 0.15"
    assert by_name["observable_cd4"]["observableTransformation"] == "log"
    nothing = case_of(problem, case.patients[:1], FitOptions(FREE, priors=False))
    files = tables_of_one(nothing, estimate(nothing.alone(), 1))
    checked(files)
    assert "objectivePriorType" not in files["parameters.tsv"]


@pytest.mark.filterwarnings("ignore")  # those of petab's own imports
def test_limits_hold_a_factor_on_the_noise_however_large(case, problem, checked):
    noise = {"cd8": ErrorModel("additive", 0.0, 0.1, is_estimated=True)}
    alone = case_of(problem, case.patients[:1], FitOptions(FREE[:1], ("others",), noise=noise))
    best = estimate(alone.alone(), 1)
    assert best.values[-1] > WIDEST_FACTOR
    files = tables_of_one(alone, best)
    checked(files)
    row = rows(files["parameters.tsv"])[-1]
    assert float(row["lowerBound"]) < 1.0 < float(row["nominalValue"]) < float(row["upperBound"])


def objective(files, predictions):
    """Return minus the logarithm of the posterior as PEtab defines it, from the text of the tables and predictions."""
    parameters = {row["parameterId"]: row for row in rows(files["parameters.tsv"])}
    known = {name: float(row["nominalValue"]) for name, row in parameters.items()} | {"sqrt": np.sqrt}
    observables = {row["observableId"]: row for row in rows(files["observables.tsv"])}
    total = 0.0
    for row, predicted in zip(rows(files["measurements.tsv"]), predictions, strict=True):
        about, value = observables[row["observableId"]], float(row["measurement"])
        formula = about["noiseFormula"].replace("^", "**")
        sd = eval(formula, known | {about["observableFormula"]: predicted})
        if about["observableTransformation"] == "log":
            total -= scipy.stats.lognorm.logpdf(value, sd, scale=predicted)
        else:
            total -= scipy.stats.norm.logpdf(value, predicted, sd)
    for name, row in parameters.items():
        if row["objectivePriorParameters"]:
            mean, sd = map(float, row["objectivePriorParameters"].split(";"))
            total += 0.5 * ((np.log10(known[name]) - mean) / sd) ** 2
    return total


def test_tables_mean_what_the_fit_maximised(problem, make_posterior):
    """Without what PEtab cannot say: censoring and shared errors."""
    posterior, _ = make_posterior(seed=1)
    patient = PatientRecord("a", posterior.subjects[0].measurements)
    case = case_of(problem, [patient], FitOptions(FREE, ("others",), noise=NOISE, shared=0.0))
    best = estimate(case.alone(), 1)
    n = len(case.coordinates)
    files = tables_of_one(case, best)
    assert "censoring" not in files["measurements.tsv"]
    predictions = predict(case.subjects[:1], [best.values[np.newaxis, :n]])[0][0]
    np.testing.assert_allclose(objective(files, predictions), best.best.value, rtol=1e-9)  # the same arithmetic


def test_priors_and_limits_are_those_of_the_fit(case):
    best = estimate(case.alone(), 1)
    first = rows(tables_of_one(case, best)["parameters.tsv"])[0]
    one = case.coordinates.parameters[0]
    assert (float(first["lowerBound"]), float(first["upperBound"])) == (one.lower, one.upper)
    mean, sd = map(float, first["objectivePriorParameters"].split(";"))
    assert (10**mean, sd * np.log(10)) == (pytest.approx(one.prior_median), pytest.approx(one.prior_sd))


@pytest.mark.filterwarnings("ignore")  # those of petab's own imports
def test_patients_alone_have_parameters_of_their_own_in_the_conditions(case, checked):
    fits = {who.name: estimate(case.alone(k), 1) for k, who in enumerate(case.patients)}
    files = tables_of_each(case, fits)
    problem = checked(files)
    assert [row["antibody_clearance"] for row in rows(files["conditions.tsv"])] == [
        *("antibody_clearance_P_0", "antibody_clearance_P_1", "antibody_clearance_P_2"),
    ]
    assert "antibody_clearance_P_1" in problem.x_free_ids
    assert "nominal values are those of P 0" in files["README.md"]


@pytest.mark.filterwarnings("ignore")  # those of petab's own imports
def test_the_distribution_is_the_prior_of_patients_with_their_covariate(case, checked):
    alone = [estimate(case.alone(k), 1) for k in range(3)]
    arrangement = case.arranged(["memory_cd4_from_naive_fraction"], {"antibody_clearance": ["weight"]})
    population = fit_population(case.subjects, arrangement, alone, case.factors)
    files = tables_of_population(case, population)
    problem = checked(files)
    ids = ["memory_cd4_from_naive_fraction", *(f"antibody_clearance_P_{k}" for k in range(3))]
    assert problem.x_free_ids[:4] == ids
    row = rows(files["parameters.tsv"])[3]
    effect = population.estimate.values[1] ** arrangement.effects[0].scores[2]
    mean = float(row["objectivePriorParameters"].split(";")[0])
    assert 10**mean == pytest.approx(population.medians[0] * effect)
    assert float(row["nominalValue"]) == pytest.approx(population.of("P 2")[0])
    # As wide as without the covariate, and about the patient's own value: a factor may carry it past a limit.
    limits = np.array([case.coordinates.parameters[0].lower, case.coordinates.parameters[0].upper])
    np.testing.assert_allclose([float(row["lowerBound"]), float(row["upperBound"])], limits * effect)
    assert "Factors of antibody_clearance by weight" in files["README.md"]
    assert "Distribution" in files["README.md"]


def test_the_readme_says_what_petab_cannot(case, problem):
    text = tables_of_one(case, estimate(case.all_alike(), 1))["README.md"]
    assert "(50% of\n  a subset's variance)" in text
    assert "Ranges" not in text
    measured = (Measurement("a", 30.0, "cd4", 100.0, spread=0.1), Measurement("a", 60.0, "cd4", 150.0))
    other = case_of(problem, [PatientRecord("a", measured)], FitOptions(FREE[:1], ("others",)))
    text = tables_of_one(other, estimate(other.alone(), 1))["README.md"]
    assert "Ranges" in text
    assert "share an error" not in text
    assert len(ANALYTES) == 4


def test_what_was_measured_before_day_0_is_left_out_and_said(case):
    early = tuple(replace(one, time=-1.0) for one in case.patients[0].measurements[:2])
    patients = (replace(case.patients[0], measurements=early + case.patients[0].measurements), *case.patients[1:])
    best = estimate(case.all_alike(), 1)
    tables = tables_of_one(replace(case, patients=patients), best)
    assert tables["measurements.tsv"] == tables_of_one(case, best)["measurements.tsv"]
    assert "earlier measurements are left out" in tables["README.md"]
    nothing = tuple(replace(who, measurements=early) for who in patients)
    assert tables_of_one(replace(case, patients=nothing), best) == {}
