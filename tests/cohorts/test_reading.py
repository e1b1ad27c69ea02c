"""Populations are read from files, from the model and from the table of a clinic."""

import re
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from immunosim.cohorts import bound_population, draw, shipped_populations
from immunosim.cohorts.planning import population_of
from immunosim.cohorts.rows import CohortRows
from immunosim.models import load_references
from immunosim.scenario import build_scenario, to_toml
from immunosim.scenario.population import Population
from immunosim.sweeps import Base

PAGE = Path(__file__).parents[2] / "docs" / "cohorts.md"
CLINIC = """id,age,sex,cd4 [1e9/L],weight
A,30,female,0.9,60 kg
B,40,male,1.1,80 kg
C,50,male,0.7,70 kg
"""


def test_entries_of_a_section_replace_those_of_its_file(
    base: Base, described: Callable[..., Population], tmp_path: Path
) -> None:
    text = '[[trait]]\nname = "a"\nmultiplies = ["lysis_rate"]\nsd = 0.3\n'
    (tmp_path / "first.toml").write_text(text + text.replace('"a"', '"b"'), encoding="utf-8")
    trait = {"multiplies": ["division_rate"], "sd": 0.1}
    section = described(file="first.toml", n=7, trait=[trait | {"name": "b"}, trait | {"name": "c"}])
    merged = population_of(section, replace(base, folder=tmp_path))
    assert [(trait.name, trait.sd) for trait in merged.trait] == [("a", 0.3), ("b", 0.1), ("c", 0.1)]
    assert merged.n == 7


def test_the_example_of_the_documentation_is_a_population(full_base: Base, tmp_path: Path) -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "people.toml").write_text(text, encoding="utf-8")
    bound = bound_population(Population(file="people.toml", cohort="older"), replace(full_base, folder=tmp_path))
    assert bound.names == ("cd4_counts", "slow_clearance", "age", "smoking_years", "liability")
    drawn = draw(bound, np.arange(512))
    typical = full_base.problem.parameters.value("untreated_relapse_rate")
    # 1 / (1 - 0.02 * 10)
    assert drawn.columns["untreated_relapse_rate"].mean() == pytest.approx(1.25 * typical, rel=0.02)


def test_a_scenario_may_name_the_file_of_its_population() -> None:
    scenario = build_scenario({"horizon": "1 day", "population": "trials"})
    assert scenario.population is not None
    assert scenario.population.file == "trials"


def test_a_scenario_with_a_population_is_written_and_read_back() -> None:
    population = {
        "trait": [{"name": "a", "multiplies": ["cd4_scale"], "component": [{"share": 1.0, "sd": 0.1}]}],
        "covariate": [{"name": "years", "sets": "patient.age", "distribution": "normal", "mean": "34 years", "sd": 8}],
        "cohorts": [{"name": "old", "factors": {"thymic_export_rate": 0.5}}],
        "at": ["1 month"],
    }
    scenario = build_scenario({"horizon": "1 day", "population": population})
    assert build_scenario(tomllib.loads(to_toml(scenario))) == scenario


@pytest.fixture
def clinic(full_base: Base, tmp_path: Path) -> Base:
    """Return the full model beside the table of three patients."""
    text = CLINIC.replace("age,", "patient.age,").replace("sex", "patient.sex")
    text = text.replace("cd4 [", "patient.baseline.cd4 [").replace("weight", "patient.weight")
    (tmp_path / "clinic.csv").write_text(text, encoding="utf-8")
    return replace(full_base, folder=tmp_path)


def test_patients_of_a_clinic_are_drawn_whole_and_equally_often(
    clinic: Base, described: Callable[..., Population]
) -> None:
    bound = bound_population(described(table="clinic.csv"), clinic)
    drawn = draw(bound, np.arange(3000))
    rows = np.stack([drawn.columns["age"], drawn.columns["weight"], drawn.counts["cd4"]], axis=1)
    known, counts = np.unique(rows, axis=0, return_counts=True)
    assert known.tolist() == [[30.0, 60.0, 900.0], [40.0, 80.0, 1100.0], [50.0, 70.0, 700.0]]
    # A binomial count of 1,000 has a standard deviation of 26.
    assert abs(counts - 1000).max() < 120
    assert drawn.choices["sex"] == ("female", "male")
    assert np.array_equal(drawn.covariates["sex"] == 0.0, drawn.columns["age"] == 30.0)


def test_a_column_may_be_renamed_and_traits_add_to_it(clinic: Base, described: Callable[..., Population]) -> None:
    covariate = {"name": "years", "distribution": "column", "column": "age"}
    trait = {"name": "lysis", "multiplies": ["blood_lysis_rate"], "sd": 0.3}
    bound = bound_population(described(table="clinic.csv", covariate=[covariate], trait=[trait]), clinic)
    assert [factor.name for factor in CohortRows(bound).factors][4:] == [
        "years",
        "sex",
        "baseline_cd4",
        "patient_weight",
    ]


def test_a_count_of_the_table_beside_a_trait_of_its_scale_is_refused(
    clinic: Base, described: Callable[..., Population], refusal: Callable[..., str]
) -> None:
    section = described(table="clinic.csv", trait=[{"name": "a", "multiplies": ["cd4_scale"], "sd": 0.3}])
    assert "parameters.cd4_scale: follows from patient.baseline.cd4" in refusal(bound_population, section, clinic)


def test_the_populations_of_the_model_fit_it_and_say_where_their_numbers_come_from(full_base: Base) -> None:
    populations = shipped_populations(full_base.scenario.model)
    assert "trials" in populations
    for name in populations:
        bound = bound_population(Population(file=name), full_base)
        entries = (*bound.population.trait, *bound.population.covariate)
        # A hazard's threshold is exponential and a liability logistic by definition.
        graded = [entry for entry in entries if not entry.name.endswith(("_draw", "_liability"))]
        assert [entry.name for entry in graded if not entry.evidence] == []
        known = load_references(full_base.scenario.model)
        assert {entry.source for entry in entries} - {"", *known} == set()


def test_a_shipped_population_keeps_the_mean_counts_of_the_parameter_set(full_base: Base) -> None:
    bound = bound_population(Population(file="trials"), full_base)
    drawn = draw(bound, np.arange(2048))
    scales = [name for name in drawn.columns if name.endswith("_scale")]
    assert len(scales) == 5
    for name in scales:
        assert np.average(drawn.columns[name], weights=drawn.weight) == pytest.approx(1.0, abs=0.02)


def test_a_named_cohort_has_its_covariates_and_factors(full_base: Base) -> None:
    trial = draw(bound_population(Population(file="trials"), full_base), np.arange(512))
    older = draw(bound_population(Population(file="trials", cohort="progressive"), full_base), np.arange(512))
    assert older.columns["age"].mean() == pytest.approx(trial.columns["age"].mean() + 8.0, abs=0.2)
    ratio = older.columns["naive_b_turnover_rate"] / trial.columns["naive_b_turnover_rate"]
    assert ratio == pytest.approx(np.full(512, 0.2596), rel=1e-12)
