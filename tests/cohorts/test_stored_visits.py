"""What was measured at visits is stored: the values that the rules looked at, of each patient, in any chunk."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from immunosim.cohorts import CohortRequest, cohort_plan, open_cohort
from immunosim.scenario.population import Population
from immunosim.sweeps import Base, Plan, RunOptions, digest_of, run_sweep
from immunosim.sweeps.blocks import bytes_per_row, template_of

N, MONTH, LEVEL, LIMIT = 24, 30.4375, 75.0, 60.0
DAYS = [MONTH * k for k in range(1, 6)]
KEPT = CohortRequest(n=N, readouts=("t_cells",), at=DAYS)
PLAIN = """
[visits]
every = "1 month"
stop = "5 months"
stored = true
"""
NOISY = """
[visits]
every = "1 month"
jitter = "5 days"
missed = 0.2
stored = true

[dropout]
rate = "0.5/year"

[[assay]]
readout = "t_cells"
cv = 0.2
lloq = "60 cells/uL"
"""
RULE = """
[[rule]]
name = "again"
readout = "t_cells"
above = "75 cells/uL"
after = "2 months"
since_last = "1 month"

[[rule.dose]]
drug = "antibody"
dose = "30 mg"
"""


@pytest.fixture
def plan(base: Base, described: Callable[..., Population], tmp_path: Path) -> Callable[[str], Plan]:
    """Return what plans a cohort under a protocol."""

    def planned(text: str) -> Plan:
        (tmp_path / "protocol.toml").write_text(text, encoding="utf-8")
        trait = {"name": "count", "multiplies": ["t_cell_count"], "sd": 0.3}
        return cohort_plan(described(protocol="protocol.toml", trait=[trait]), replace(base, folder=tmp_path), KEPT)

    return planned


@pytest.fixture
def run(plan: Callable[[str], Plan], tmp_path: Path) -> Callable[[str], xr.Dataset]:
    """Return what runs a cohort under a protocol."""

    def dataset(text: str) -> xr.Dataset:
        run_sweep(plan(text), tmp_path / "cohort.nc", RunOptions(1))
        return open_cohort(tmp_path / "cohort.nc").dataset

    return dataset


def test_without_noise_the_values_are_those_of_the_course(run):
    visits = run(PLAIN + RULE)
    assert visits["measured_t_cells"].dims == ("patient", "visit")
    assert visits["measured_t_cells"].attrs["units"] == "cells/uL"
    assert 0 < (visits["again_orders"].values > 0).sum() < N
    assert visits["visit_day"].values.tolist() == [DAYS] * N
    assert visits["measured_t_cells"].values.tobytes() == visits["t_cells"].values.tobytes()


def test_the_values_are_those_that_the_rules_looked_at(run):
    visits = run(NOISY + RULE)
    values, days = visits["measured_t_cells"].values, visits["visit_day"].values
    may_apply = (days >= 2 * MONTH - 1e-6) & (days <= visits["dropout_day"].fillna(np.inf).values[:, np.newaxis])
    is_due = may_apply & (values > LEVEL)
    first = np.where(is_due.any(axis=1), np.where(is_due, days, np.inf).min(axis=1), np.nan)
    assert 3 < np.isfinite(first).sum() < N
    assert visits["again_day"].values.tobytes() == first.tobytes()


def test_a_visit_that_did_not_take_place_has_no_value_and_a_low_one_half_of_the_limit(run):
    visits = run(NOISY)
    values, days = visits["measured_t_cells"].values, visits["visit_day"].values
    flags, left = visits["censored_t_cells"].values, visits["dropout_day"].values[:, np.newaxis]
    assert (np.isnan(values) == np.isnan(days)).all()
    assert (np.isnan(flags) == np.isnan(days)).all()
    assert not (days > left).any()
    assert 0.1 < np.isnan(days).mean() < 0.5
    assert (flags == 1).any()
    assert (values[flags == 1] == LIMIT / 2).all()
    assert (values[flags == 0] >= LIMIT).all()


def test_chunks_leave_the_digest_and_patients_are_the_same_alone(plan, tmp_path):
    whole = plan(NOISY + RULE)
    run_sweep(whole, tmp_path / "whole.zarr", RunOptions(1, N))
    run_sweep(whole, tmp_path / "parts.zarr", RunOptions(2, 5))
    assert digest_of(tmp_path / "parts.zarr") == digest_of(tmp_path / "whole.zarr")
    source, values, asked = whole.recipe.population, whole.design.rows(0, N), whole.recipe.question
    _, columns = source.simulate(values, source.rows(values), asked, 1)
    for patient in (3, 17):
        line = values[patient : patient + 1]
        _, own = source.simulate(line, source.rows(line), asked, 1)
        assert own["measured_t_cells"][1][0].tobytes() == columns["measured_t_cells"][1][patient].tobytes()


def test_the_memory_of_a_block_counts_the_visits(plan):
    stored, unstored = plan(NOISY), plan(NOISY.replace("stored = true", ""))
    assert set(template_of(stored.recipe)) - set(template_of(unstored.recipe)) == {
        "visit_day",
        "measured_t_cells",
        "censored_t_cells",
    }
    difference = bytes_per_row(template_of(stored.recipe)) - bytes_per_row(template_of(unstored.recipe))
    assert difference == 8 * 3 * 6  # days, values and flags of six visits


def test_visits_are_stored_only_where_something_is_measured(plan, refusal):
    event = RULE.replace('above = "75 cells/uL"', "event = true")
    for text in (PLAIN, PLAIN + event):
        message = "visits.stored: nothing is measured at the visits, add an [[assay]], or leave stored out"
        assert message in refusal(plan, text)
