"""Targets name cohorts; each is simulated in its trial, with what its targets need."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from immunosim.cohorts import CohortRequest
from immunosim.cohorts.targets import PublishedTarget, located_targets, read_targets
from immunosim.cohorts.trials import BETWEEN, HORIZON, trials_of
from immunosim.scenario.population import Population
from immunosim.sweeps import Base

TARGET = """
[[target]]
name = "{name}"
cohort = "{cohort}"
statistic = "mean"
readout = "t_cells"
time = "{time}"
value = 900
unit = "cells/uL"
sigma = 0.1
"""
RETURN = """
[[target]]
name = "return"
cohort = "early"
statistic = "median_time"
readout = "t_cells"
level = "500 cells/uL"
value = 3
unit = "month"
sigma = 0.1
"""
TRIAL = 'model = "teaching"\nhorizon = "2 months"\n'


@pytest.fixture
def targets(tmp_path: Path) -> Callable[..., list[PublishedTarget]]:
    """Return what reads targets: (name, cohort, time) of each."""

    def read(*entries: tuple[str, str, str], more: str = "") -> list[PublishedTarget]:
        text = "".join(TARGET.format(name=name, cohort=cohort, time=time) for name, cohort, time in entries)
        path = tmp_path / "targets.toml"
        path.write_text('[source]\ncitation = "Someone 2020"\n' + text + more, encoding="utf-8")
        return read_targets(path)

    return read


@pytest.fixture
def section(described: Callable[..., Population], tmp_path: Path) -> Population:
    """Return a population with a cohort that has a trial of its own and one that has none."""
    (tmp_path / "trial.toml").write_text(TRIAL, encoding="utf-8")
    return described(cohorts=[{"name": "early", "trial": "trial.toml"}, {"name": "late"}])


@pytest.fixture
def here(base: Base, tmp_path: Path) -> Base:
    """Return the scenario in the folder of the files."""
    return replace(base, folder=tmp_path)


def test_a_cohort_has_treatments_and_horizon_of_its_trial_and_all_else_of_the_scenario(targets, section, here):
    other = replace(here, document={**here.document, "parameters": {"t_cell_count": 900.0}})
    early, late = trials_of(targets(("a", "early", "1 month"), ("b", "late", "1 month")), section, other)
    assert (early.name, late.name, late.base) == ("early", "late", other)
    assert early.base.document[HORIZON] == "2 months"
    assert "course" in here.document
    assert "course" not in early.base.document
    assert early.base.document["parameters"] == {"t_cell_count": 900.0}


def test_a_cohort_that_is_asked_for_is_observed_in_the_scenario_itself(targets, section, here):
    (early,) = trials_of(targets(("a", "early", "1 month"), ("b", "late", "1 month")), section, here, "early")
    assert early.base is here
    assert [target.record.name for target in early.targets] == ["a"]


def test_targets_of_cohorts_that_the_population_does_not_have_are_left(targets, section, here):
    trials = trials_of(targets(("a", "late", "1 month"), ("b", "unknown", "1 month")), section, here)
    assert [trial.name for trial in trials] == ["late"]


def test_a_request_keeps_what_targets_need_beside_what_is_asked_for(targets, section, here):
    (trial,) = trials_of(targets(("a", "late", "1 month")), section, here)
    request = trial.request(CohortRequest(readouts=("antibody",), at=(5.0,)))
    assert (request.cohort, list(request.readouts), request.every) == ("late", ["antibody", "t_cells"], None)
    assert list(request.at) == [5.0, 30.4375]


def test_a_time_of_passage_keeps_whole_courses(targets, section, here):
    (trial,) = trials_of(targets(more=RETURN), section, here)
    assert trial.request(CohortRequest()).every == BETWEEN


def test_what_cannot_be_simulated_is_named(targets, section, here, refusal):
    late = targets(("a", "late", "1 month"), ("b", "early", "3 months"))
    (_, trial) = trials_of(late, section, here)
    assert "target[2]: is read on day 91.3125, after the horizon of" in refusal(trial.request, CohortRequest())
    unknown = targets(("a", "unknown", "1 month"))
    reason = "targets: no target is of a cohort of the population (early, late); they name unknown"
    assert reason in refusal(trials_of, unknown, section, here)


def test_a_cohort_follows_the_protocol_of_its_trial_and_another_one_that_of_the_population(
    targets, described, here, tmp_path
):
    (tmp_path / "trials").mkdir()
    population = '\n[population]\nprotocol = "monthly.toml"\n'
    (tmp_path / "trials" / "trial.toml").write_text(TRIAL + population, encoding="utf-8")
    (tmp_path / "untreated.toml").write_text(TRIAL, encoding="utf-8")
    for folder, every in ((tmp_path / "trials", "1 month"), (tmp_path, "2 weeks")):
        (folder / "monthly.toml").write_text(f'[visits]\nevery = "{every}"\n', encoding="utf-8")
    cohorts = [
        {"name": "early", "trial": "trials/trial.toml"},
        {"name": "late"},
        {"name": "unseen", "trial": "untreated.toml"},
    ]
    section = described(cohorts=cohorts, protocol="monthly.toml")
    names = [(name, name, "1 month") for name in ("early", "late", "unseen")]
    trials = trials_of(targets(*names), section, here)
    protocols = [trial.plan(CohortRequest(n=2)).recipe.population.protocol for trial in trials]
    assert protocols == [{"visits": {"every": "1 month"}}, {"visits": {"every": "2 weeks"}}, None]


def test_the_shipped_trial_of_retreated_patients_orders_courses(full_base):
    published = located_targets(["cmsc2018", "pactrims2018"], "alemtuzumab")
    (trial,) = trials_of(published, Population(file="trials"), full_base)
    source = trial.plan(CohortRequest(n=2)).recipe.population
    assert (trial.name, trial.base.scenario.horizon) == ("relapsing_retreated", pytest.approx(8 * 365.25))
    assert [(rule.name, rule.event) for rule in source.read_protocol.rule] == [("retreatment", True)]
