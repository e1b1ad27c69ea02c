"""The events that the result of a cohort shows: its summary, its facts, its table and incidences by name."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from immunosim.cohorts import CohortRequest, CohortResult, cohort_plan, open_cohort
from immunosim.cohorts.incidence import kaplan_meier
from immunosim.errors import DataError
from immunosim.scenario.population import Population
from immunosim.sweeps import Base, RunOptions, run_sweep

DRAW = {"name": "threshold", "sets": "patient.draws.thyroid", "distribution": "exponential", "mean": 1}
KEPT = CohortRequest(
    n=32,
    endpoints=("first_above cd4 0.15e9/L from 1 month as back", "risk relapse_rate", "nadir of cd4"),
    readouts=("thyroid_cumulative_hazard",),
)


@pytest.fixture(scope="module")
def result(full_base: Base, described: Callable[..., Population], tmp_path_factory) -> CohortResult:
    """Return patients of two strata, one simulated more often than it occurs."""
    strata = [{"name": "usual", "share": 0.9, "sampled": 0.5}, {"name": "few", "share": 0.1, "sampled": 0.5}]
    traits = [{"name": "division", "multiplies": ["cd4_scale"], "sd": 0.4}]
    plan = cohort_plan(described(trait=traits, covariate=[DRAW], stratum=strata), full_base, KEPT)
    path: Path = tmp_path_factory.mktemp("events") / "a.nc"
    run_sweep(plan, path, RunOptions(2))
    return open_cohort(path)


def test_its_summary_has_times_to_events_as_survival_data(result: CohortResult) -> None:
    summary = result.summary()
    drawn = {"event of thyroid_cumulative_hazard", "event of risk_relapse_rate"}
    assert set(summary) == {"back", "risk_relapse_rate", "nadir_cd4"} | drawn
    values = result.stored["back"]
    is_observed, end = np.isfinite(values), result.stored.dataset["back"].attrs["window_end"]
    curve = kaplan_meier(np.where(is_observed, values, end), is_observed, result.weight)
    back = summary["back"]
    assert back["n_reached"] == is_observed.sum()
    assert back["incidence"] == curve.at(end)
    assert back["median"] == curve.quantile(0.5)
    assert "n_reached" not in summary["nadir_cd4"]
    assert summary["risk_relapse_rate"]["unit"] == "1"


def test_the_draws_of_the_population_decide_on_the_event(result: CohortResult) -> None:
    hazard = result.dataset["thyroid_cumulative_hazard"].values[:, -1]
    had_it = result.stored["threshold"] <= hazard
    found = result.incidence("thyroid_cumulative_hazard", bootstrap=None)
    assert found.value == pytest.approx(np.average(had_it, weights=result.weight))
    assert result.events().set_index("event").loc["thyroid_cumulative_hazard", "events"] == had_it.sum()


def test_incidences_are_by_a_time_in_words_and_of_a_group(result: CohortResult) -> None:
    at_six = result.incidence("back", "6 months")
    assert at_six.low <= at_six.value <= at_six.high <= result.incidence("back").high
    of_usual = result.incidence("back", group="stratum = usual")
    is_usual = result.stratum == "usual"
    reached = np.isfinite(result.stored["back"][is_usual])
    assert of_usual.value == pytest.approx(np.average(reached, weights=result.weight[is_usual]))
    with pytest.raises(DataError, match='keeps no event "nadir_cd4"'):
        result.incidence("nadir_cd4")


def test_competing_events_lower_the_incidence(result: CohortResult) -> None:
    alone, competing = (result.events(names).set_index("event") for names in ((), ("back",)))
    name = "thyroid_cumulative_hazard"
    assert competing.loc[name, "incidence"] <= alone.loc[name, "incidence"]
    assert competing.loc[name, "competing"] > 0
    assert math.isnan(alone.loc["risk_relapse_rate", "median"])


def test_its_facts_say_how_many_had_each_event(result: CohortResult) -> None:
    facts = result.facts()
    assert {"event: back", "event: thyroid_cumulative_hazard", "event: risk_relapse_rate"} <= set(facts)
    assert "of 32 patients" in str(facts["event: back"])
