"""Every mistake in a population is refused with file, key, reason and cure."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from immunosim.cohorts import CohortRequest, bound_population, cohort_plan
from immunosim.cohorts.planning import section_of
from immunosim.scenario import build_scenario
from immunosim.scenario.population import Population
from immunosim.sweeps import Base

TRAIT: dict[str, Any] = {"name": "count", "multiplies": ["t_cell_count"], "sd": 0.3}
AGE: dict[str, Any] = {"name": "years", "distribution": "normal", "mean": 34, "sd": 8}


def with_strata(*shares: float, **further: Any) -> dict[str, Any]:
    return {"stratum": [{"name": f"s{number}", "share": share, **further} for number, share in enumerate(shares)]}


READ = {
    "a trait without effect": (
        {"trait": [{"name": "count", "sd": 0.3}]},
        "population.toml: trait[1].multiplies: has no effect, name the parameters that it multiplies",
    ),
    "a trait without spread": (
        {"trait": [{"name": "count", "multiplies": ["t_cell_count"]}]},
        "population.toml: trait[1].sd: a trait has either sd or components, give sd, or components with shares",
    ),
    "a trait whose name is a path": (
        {"trait": [TRAIT | {"name": "../count"}]},
        'population.toml: trait[1].name: "../count" names no variable, use letters, digits and underscores',
    ),
    "a negative spread": (
        {"trait": [TRAIT | {"sd": -0.3}]},
        "population.toml: trait[1].sd: -0.3 is out of range, must be at least 0",
    ),
    "a spread in quotes": (
        {"trait": [TRAIT | {"sd": "0.3"}]},
        'population.toml: trait[1].sd: "0.3" is not a number, write a number without quotes',
    ),
    "a mean of odds": (
        {"trait": [{"name": "a", "odds": ["t_cell_blood_fraction"], "sd": 0.3, "keeps_mean": True}]},
        "population.toml: trait[1].keeps_mean: applies to a log-normal factor of parameters, "
        "leave it out, or use multiplies and sd",
    ),
    "components that do not sum to 1": (
        {
            "trait": [
                {"name": "a", "multiplies": ["lysis_rate"], "component": [{"share": 0.5}, {"share": 0.4, "value": 2}]}
            ]
        },
        "population.toml: trait[1].component: the shares sum to 0.9, not 1, "
        "list every part of the population, its share included",
    ),
    "two traits of one name": (
        {"trait": [TRAIT, TRAIT]},
        'population.toml: trait: two entries are called "count", give each entry its own name',
    ),
    "a misspelt key": (
        {"trait": [{"name": "count", "multiply": ["t_cell_count"], "sd": 0.3}]},
        'population.toml: trait[1].multiply: unknown key, did you mean "multiplies"?',
    ),
    "a missing key of a distribution": (
        {"covariate": [{"name": "years", "distribution": "normal", "mean": 34}]},
        "population.toml: covariate[1].sd: is missing, normal needs mean, sd",
    ),
    "a key of another distribution": (
        {"covariate": [AGE | {"log_sd": 0.2}]},
        "population.toml: covariate[1].log_sd: belongs to another distribution, "
        "leave it out: normal has mean, sd, low, high",
    ),
    "an unknown distribution": (
        {"covariate": [AGE | {"distribution": "gauss"}]},
        'population.toml: covariate[1].distribution: "gauss" is not one of '
        '"normal", "lognormal", "logistic", "exponential", "share", "choice" or "column"',
    ),
    "choices that do not sum to 1": (
        {"covariate": [{"name": "colour", "distribution": "choice", "choices": {"red": 0.5, "blue": 0.6}}]},
        "population.toml: covariate[1].choices: the shares sum to 1.1, not 1, let the shares of all choices sum to 1",
    ),
    "strata that do not sum to 1": (
        with_strata(0.99, 0.1),
        "population.toml: stratum: the shares sum to 1.09, not 1, "
        "list every part of the population, its share included",
    ),
    "a sampled share of one stratum only": (
        {"stratum": [{"name": "a", "share": 0.9}, {"name": "b", "share": 0.1, "sampled": 0.5}]},
        "population.toml: stratum: sampled shares of 1 of 2 parts sum to 0.5, "
        "give sampled for every part, with a sum of 1, or for none",
    ),
    "a correlation with itself": (
        {"trait": [TRAIT], "correlation": [{"between": ["count", "count"], "value": 0.5}]},
        "population.toml: correlation[1].between: names the same variable twice, name two traits or covariates",
    ),
    "a correlation of 1": (
        {"correlation": [{"between": ["a", "b"], "value": 1}]},
        "population.toml: correlation[1].value: 1 is out of range, must be less than 1",
    ),
}

BOUND = {
    "an unknown parameter": (
        {"trait": [TRAIT | {"multiplies": ["t_cell_counts"]}]},
        'population.toml: trait[1].multiplies: "t_cell_counts" is not a parameter of the model teaching, '
        'did you mean "t_cell_count"?',
    ),
    "odds of what is no fraction": (
        {"trait": [{"name": "a", "odds": ["lysis_rate"], "sd": 0.3}]},
        "population.toml: trait[1].odds: lysis_rate is 20, not a fraction between 0 and 1, so it has no odds, "
        "multiply it instead",
    ),
    "a wrong unit": (
        {"covariate": [AGE | {"sets": "parameters.antibody_volume", "mean": "5 kg"}]},
        'population.toml: covariate[1].mean: "5 kg" is a mass, expected a quantity such as "1 L"',
    ),
    "a key that is not of a patient": (
        {"covariate": [AGE | {"sets": "course.1.dose"}]},
        'population.toml: covariate[1].sets: "course.1.dose" is not a key of a patient or a parameter',
    ),
    "cuts in the wrong order": (
        {"covariate": [AGE | {"low": 75, "high": 18}]},
        "population.toml: covariate[1].low: 75 is not below high, 18, let low be less than high",
    ),
    "a value out of bounds": (
        with_strata(1.0, parameters={"t_cell_blood_fraction": 3}),
        "population.toml: stratum[1].parameters.t_cell_blood_fraction: 3 is above its upper bound of",
    ),
    "an unknown cohort": (
        {"cohort": "older", "cohorts": [{"name": "old"}]},
        'population.toml: cohort: unknown cohort "older", did you mean "old"?',
    ),
    "a covariate of a cohort that replaces none": (
        {"cohorts": [{"name": "old", "covariate": [AGE]}]},
        "population.toml: cohorts[1].covariate[1].name: replaces no covariate of the population",
    ),
    "a correlation with an unknown name": (
        {"trait": [TRAIT], "correlation": [{"between": ["count", "years"], "value": 0.5}]},
        'population.toml: correlation[1].between: "years" is not a trait or a covariate',
    ),
    "an effect on an unknown parameter": (
        {"covariate": [AGE | {"effect": [{"parameter": "lysis", "slope": 0.1}]}]},
        'population.toml: covariate[1].effect[1].parameter: "lysis" is not a parameter of the model teaching',
    ),
    "a factor of an unknown value": (
        {
            "covariate": [
                {
                    "name": "smoker",
                    "distribution": "share",
                    "share": 0.3,
                    "effect": [{"parameter": "lysis_rate", "factors": {"true": 2}}],
                }
            ]
        },
        'population.toml: covariate[1].effect[1].factors: "true" is not a value of smoker',
    ),
}


@pytest.mark.parametrize(("tables", "message"), READ.values(), ids=READ)
def test_a_malformed_file_is_refused(
    described: Callable[..., Population], refusal: Callable[..., str], tables: dict[str, Any], message: str
) -> None:
    assert message in refusal(described, **tables)


@pytest.mark.parametrize(("tables", "message"), BOUND.values(), ids=BOUND)
def test_a_population_that_does_not_fit_the_model_is_refused(
    make: Callable[..., Any], refusal: Callable[..., str], tables: dict[str, Any], message: str
) -> None:
    assert message in refusal(make, **tables)


def test_correlations_without_a_joint_distribution_are_refused(
    make: Callable[..., Any], refusal: Callable[..., str]
) -> None:
    traits = [TRAIT | {"name": name} for name in "abc"]
    pairs = [("a", "b", 0.9), ("b", "c", 0.9), ("a", "c", -0.9)]
    correlation = [{"between": [one, other], "value": value} for one, other, value in pairs]
    assert refusal(make, trait=traits, correlation=correlation) == (
        "population.toml: correlation: the correlations of a, b, c contradict one another "
        "(no joint distribution has them), bring them closer to 0"
    )


def test_all_problems_are_told_at_once(make: Callable[..., Any], refusal: Callable[..., str]) -> None:
    message = refusal(make, trait=[TRAIT | {"multiplies": ["x"]}], covariate=[AGE | {"sets": "y"}], cohort="z")
    assert len(message.splitlines()) == 3


def test_a_trait_that_is_called_like_a_result_is_refused(
    base: Base, described: Callable[..., Population], refusal: Callable[..., str]
) -> None:
    section = described(trait=[TRAIT | {"name": "t_cells"}])
    message = refusal(cohort_plan, section, base, CohortRequest(readouts=("t_cells",)))
    assert message == (
        'population: t_cells: "t_cells" is also the name of a result, give the trait or covariate another name'
    )


def test_files_that_are_missing_are_named(
    base: Base, described: Callable[..., Population], refusal: Callable[..., str], tmp_path: Path
) -> None:
    here = replace(base, folder=tmp_path)
    assert refusal(bound_population, described(file="trials.toml"), here) == (
        "trials.toml: population: is neither a file nor a population of the model, give the path of a TOML file"
    )
    assert refusal(bound_population, described(**with_strata(1.0, regimen="a.toml")), here) == (
        f"teaching_course: population.stratum[1].regimen: {tmp_path / 'a.toml'} does not exist, "
        "name a scenario file relative to this one"
    )
    assert "does not exist" in refusal(bound_population, described(table="clinic.csv"), here)
    assert refusal(
        bound_population, described(covariate=[{"name": "a", "distribution": "column", "column": "b"}]), here
    )


def test_a_population_in_a_population_of_another_file_is_refused(
    base: Base, described: Callable[..., Population], refusal: Callable[..., str], tmp_path: Path
) -> None:
    (tmp_path / "a.toml").write_text('file = "b.toml"\n', encoding="utf-8")
    assert refusal(bound_population, described(file="a.toml"), replace(base, folder=tmp_path)) == (
        f'{tmp_path / "a.toml"}: file: itself starts from "b.toml", only one level is allowed'
    )


def test_a_scenario_without_population_is_refused(base: Base, refusal: Callable[..., str]) -> None:
    assert refusal(section_of, None, base, None) == (
        "teaching_course: there is no population, add [population] to the scenario, or name one: `population=FILE`"
    )


def test_a_scenario_reports_the_problems_of_its_population(refusal: Callable[..., str]) -> None:
    document = {"horizon": "1 day", "population": {"trait": [{"name": "count", "sd": 0.3}]}}
    assert refusal(build_scenario, document, "a.toml") == (
        "a.toml: population.trait[1].multiplies: has no effect, name the parameters that it multiplies"
    )


@pytest.mark.parametrize("name", ["status", "time", "n_steps", "sample"])
def test_a_trait_is_not_called_as_a_part_of_every_result(name, base: Base, described, refusal) -> None:
    population = described(trait=[TRAIT | {"name": name}])
    message = f'population: {name}: "{name}" is also the name of a result, give the trait or covariate another name'
    assert refusal(cohort_plan, population, base, CohortRequest(n=2)) == message


def test_an_empty_name_is_no_population(base: Base, refusal) -> None:
    assert refusal(section_of, "", base, None) == "population: is empty, name a file, or a population of the model"
